"""Every published finding and table follows from its published records, to the byte."""

import pathlib
import shutil

import numpy as np
import pytest

from mesascope.cli import main
from mesascope.cli._stores import rebuilt
from mesascope.conditions import CONDITIONS, settings
from mesascope.conditions.frame import Ledger
from mesascope.lab import Published, Store, StoreError, read_parquet, trial_id, write_parquet

ROOT = pathlib.Path(__file__).parent.parent / "results"
FOLDERS = sorted(path.parent for path in ROOT.glob("*/finding.json"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_published_finding_follows_from_its_records(folder):
    found = rebuilt(folder)
    assert found.content() == (folder / "finding.json").read_bytes()
    tables = {path.name: path.read_bytes() for path in (folder / "tables").glob("*.csv")}
    assert found.tables() == tables


@pytest.fixture
def copy(tmp_path) -> pathlib.Path:
    """A published folder that may be spoilt."""
    shutil.copytree(ROOT / "diversity", tmp_path / "published")
    return tmp_path / "published"


def _rewrite(path: pathlib.Path, change) -> None:
    columns = read_parquet(path)
    path.unlink()
    write_parquet(path, change(columns))


def test_a_folder_that_lacks_a_trial_names_it(copy):
    lost = read_parquet(copy / "trials.parquet")["id"][5]
    _rewrite(copy / "trials.parquet", lambda c: {k: v[c["id"] != lost] for k, v in c.items()})
    with pytest.raises(StoreError, match=f"lacks 1 of the 140 trials .* for one {lost}"):
        rebuilt(copy)


def test_a_trial_without_rows_is_named(copy):
    lost = read_parquet(copy / "records.parquet")["id"][0]
    _rewrite(copy / "records.parquet", lambda c: {k: v[c["id"] != lost] for k, v in c.items()})
    with pytest.raises(StoreError, match=f"names the trial {lost} and holds no row"):
        rebuilt(copy)


def test_a_lacking_column_is_named(copy):
    _rewrite(copy / "records.parquet", lambda c: {k: v for k, v in c.items() if k != "bits_5"})
    with pytest.raises(StoreError, match=r"records\.parquet lacks the columns bits_5"):
        rebuilt(copy)


@pytest.mark.parametrize("view", ["own", "readout", "thinking", "novel-ceiling"])
def test_a_lacking_view_is_named(copy, view):
    _rewrite(copy / "records.parquet", lambda c: {k: v[c["view"] != view] for k, v in c.items()})
    with pytest.raises(StoreError, match=rf"published holds no means of the view {view} \(index 0, step \d+\)"):
        rebuilt(copy)


def test_a_lacking_file_is_named(copy):
    (copy / "records.parquet").unlink()
    with pytest.raises(StoreError, match=r"records\.parquet is missing"):
        rebuilt(copy)


def test_another_version_of_the_measure_is_refused(copy):
    _rewrite(copy / "trials.parquet", lambda c: c | {"measure_version": c["measure_version"] * 0 + 99})
    with pytest.raises(StoreError, match="140 records .* another version of the measures"):
        rebuilt(copy)


def test_a_control_that_is_not_finished_is_none(tmp_path):
    folder = shutil.copytree(ROOT / "evolution", tmp_path / "published")
    claim = settings(CONDITIONS["evolution"], "standard", {})
    for arm, gone in (("no feedback", claim.sizes[-1:]), ("too dear", claim.sizes)):
        lost = [trial_id(t) for size in gone for trials in claim.plan()[arm, size].values() for t in trials]
        _rewrite(folder / "trials.parquet", lambda c, lost=lost: {k: v[~np.isin(c["id"], lost)] for k, v in c.items()})
        finding = claim.analyse(Published(folder))
        assert finding.verdict == "inconclusive" and f"“{arm}” is not known, where at most 0.1" in finding.reason


def test_rows_by_instance_that_were_not_published_are_named():
    records = Published(ROOT / "diversity")
    trial = settings(CONDITIONS["diversity"], "standard", {}).sweep()[0]
    with pytest.raises(StoreError, match=r"results/diversity holds no rows by instance of the view own \(index 0"):
        Ledger(records.record(trial)).instances("own")


def test_a_table_that_was_changed_by_hand_is_found(copy, capsys):
    table = copy / "tables" / "trends.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("25.2", "35.2"), encoding="utf-8")
    assert main(["report", str(copy)]) == 1
    said = capsys.readouterr()
    assert "the records do not bear out tables/trends.csv" in said.err
    assert (copy / "report" / "report.html").is_file()


def test_a_table_that_no_record_leads_to_is_found(copy, capsys):
    (copy / "tables" / "best.csv").write_text("arm\r\nmine\r\n", encoding="utf-8")
    assert main(["report", str(copy)]) == 1
    assert "do not bear out tables/best.csv" in capsys.readouterr().err


def test_what_cannot_be_published_is_named(tmp_path, capsys):
    store, other = tmp_path / "runs", tmp_path / "other"
    Store(store)
    assert main(["publish", "diversty", "--out", str(store), "--to", str(other)]) == 2
    assert "Did you mean 'diversity'" in capsys.readouterr().err
    assert main(["publish", "diversity", "--out", str(store), "--to", str(other)]) == 1
    assert "has no finding of diversity" in capsys.readouterr().err
    assert not other.exists()
    other.mkdir()
    assert main(["report", str(other)]) == 1
    assert "neither a store" in capsys.readouterr().err


def test_a_sweep_is_published_whole_or_not_at_all_and_follows_from_its_records(tmp_path, capsys):
    out, to = tmp_path / "runs", tmp_path / "published"
    changes = ["--set", "sizes=1,8", "--set", "lasting=1", "--set", "cues=1", "--set", "generations=60"]
    run = ["run", "evolution", "--profile", "smoke", "--out", str(out), "--workers", "1", *changes]
    assert main(run) == 0
    assert main(["publish", "evolution", "--out", str(out), "--to", str(to)]) == 0
    assert rebuilt(to).content() == (out / "reports" / "evolution" / "finding.json").read_bytes()
    store = Store(out)
    lost = store.all_trials()[0]
    shutil.rmtree(store.folder(lost))
    capsys.readouterr()
    assert main(["publish", "evolution", "--out", str(out), "--to", str(tmp_path / "part")]) == 1
    assert trial_id(lost) in capsys.readouterr().err and not (tmp_path / "part").exists()
    # one's own folder is written anew, somebody else's is left alone
    other = shutil.copytree(ROOT / "adaptation", tmp_path / "adaptation")
    assert main(["run", *run[1:]]) == 0
    capsys.readouterr()
    assert main(["publish", "evolution", "--out", str(out), "--to", str(other)]) == 1
    assert "published records of adaptation, not of evolution" in capsys.readouterr().err
    assert rebuilt(other).content() == (ROOT / "adaptation" / "finding.json").read_bytes()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "file").write_text("mine", encoding="utf-8")
    assert main(["publish", "evolution", "--out", str(out), "--to", str(tmp_path / "foreign")]) == 1
    assert main(["publish", "evolution", "--out", str(out), "--to", str(to)]) == 0
