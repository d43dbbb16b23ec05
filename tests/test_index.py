"""The index of a store is a cache: whatever happens to it or to the folders, the folders win."""

import errno
import json

import numpy as np
import pytest

from mesascope.base import BASES
from mesascope.cli import main
from mesascope.lab import Store, Training, _index, describe, listing, trial_id
from mesascope.models import MODELS
from mesascope.tasks import TASKS

METRICS = {
    "view": np.array(["own"], object),
    "step": np.array([12], np.int32),
    "index": np.zeros(1, np.int32),
    "instance": np.zeros(1, np.int32),
    "bits": np.array([1.5]),
    "success": np.ones(1),
    "utility": -np.ones(1),
}


def trial(seed: int, size: int | None = 8) -> Training:
    base = BASES.build("policy-gradient", {"steps": 12})
    return Training(TASKS.build("maze", {}), MODELS.build("tabular", {}), base, size, seed)


def values(one: Training, novel: float) -> dict:
    views = {"own": 7.0, "novel": novel / 2, "novel-tempered": novel, "own-ceiling": 9.0}
    ends = [(view, 12, 0, bits) for view, bits in views.items()]
    rest = {"instances": 1, "bits_5": 0.0, "success": 1.0, "utility": -1.0}
    rows = [
        {"view": view, "step": step, "index": index, "bits": bits} | rest
        for view, step, index, bits in [*ends, ("own", 6, 0, 100.0), ("own", 12, 3, 100.0)]
    ]
    known = {"id": trial_id(one), "status": "finished", "trial": describe(one), "steps": 12, "visits": 96}
    known |= {"device": "cpu", "versions": {"mesascope": "0"}}
    return known | {"summary": rows, "power_bits": None, "seconds": {"train": 1.5, "measure": 0.5}}


@pytest.fixture
def store(tmp_path) -> Store:
    made = Store(tmp_path / "runs")
    for seed in range(5):
        publish(made, seed)
    return made


def publish(store: Store, seed: int, size: int | None = 8) -> None:
    one = trial(seed, size)
    store.publish(one, values(one, float(seed)), METRICS, {})


def by_seed(store: Store) -> dict[int, float]:
    columns = listing(store).columns
    return dict(zip(columns["seed"].tolist(), columns["novel_bits"].tolist()))


def test_a_listing_says_what_the_records_say(store):
    publish(store, 7, None)
    found = listing(store)
    assert found.unreadable == ()
    columns = found.columns
    assert columns["id"].tolist() == sorted(trial_id(t) for t in store.all_trials())
    unlimited = columns["seed"] == 7
    assert columns["num_instances"][unlimited] == -1 and np.all(columns["num_instances"][~unlimited] == 8)
    assert np.all(columns["own_bits"] == 7) and np.all(columns["own_ceiling"] == 9)
    assert columns["novel_bits"].tolist() == columns["seed"].tolist()
    assert np.all(np.isnan(columns["power_bits"])) and np.all(np.isnan(columns["novel_ceiling"]))
    assert np.all(columns["train_seconds"] == 1.5)
    assert {json.loads(text)["name"] for text in columns["model"]} == {"tabular"} and set(columns["organism"]) == {""}


def test_what_was_read_once_is_not_read_again(store, monkeypatch):
    first = by_seed(store)
    read = []
    plain = _index._row
    monkeypatch.setattr(_index, "_row", lambda folder, stamp: read.append(folder.name) or plain(folder, stamp))
    assert by_seed(store) == first and read == []
    publish(store, 9)
    assert by_seed(store) == first | {9: 9.0}
    assert read == [trial_id(trial(9))]


def test_folders_win(store):
    listing(store)
    changed, gone = trial(1), trial(2)
    store.amend(changed, values(changed, 50.0), METRICS)
    for file in store.folder(gone).iterdir():
        file.unlink()
    store.folder(gone).rmdir()
    assert by_seed(store) == {0: 0.0, 1: 50.0, 3: 3.0, 4: 4.0}
    # and again, from the index alone
    assert by_seed(store) == {0: 0.0, 1: 50.0, 3: 3.0, 4: 4.0}


def test_half_written_and_foreign_things_are_named_and_nothing_else(store, capsys):
    shelf = store.path / "trials" / "ab"
    shelf.mkdir(exist_ok=True)
    (shelf / "notes.txt").write_text("mine")
    (shelf / "half").mkdir()
    torn = store.folder(trial(3)) / "record.json"
    torn.write_bytes(torn.read_bytes()[:40])
    (shelf / "odd").mkdir()
    (shelf / "odd" / "record.json").write_text("[1, 2]")
    (store.path / "trials" / "stray").write_text("")
    found = listing(store)
    assert found.unreadable == tuple(sorted(["notes.txt", "half", "odd", trial_id(trial(3))]))
    assert sorted(found.columns["seed"]) == [0, 1, 2, 4]
    assert sorted(t.seed for t in store.all_trials()) == [0, 1, 2, 4]
    assert main(["export", str(store.path), "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["rows"] == 4 * 6 and "4 folders" in shown.err


def test_an_index_that_is_torn_or_of_another_version_is_made_anew(store):
    first = by_seed(store)
    (file,) = (store.path / "index").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert by_seed(store) == first and by_seed(store) == first
    for file in (store.path / "index").iterdir():
        file.unlink()
    _index.write_parquet(store.path / "index" / "old.parquet", {"id": np.array(["x"], object), "stamp": np.zeros(1)})
    assert by_seed(store) == first


def test_many_files_become_one_and_rows_that_stand_twice_count_once(store):
    for seed in range(10, 10 + _index.MOST_FILES + 1):
        publish(store, seed)
        listing(store)
    files = list((store.path / "index").iterdir())
    assert len(files) <= _index.MOST_FILES
    # as two processes leave it that list a new store at the same time
    twin = files[0].with_name("0twin.parquet")
    twin.write_bytes(files[0].read_bytes())
    columns = listing(store).columns
    assert len(columns["id"]) == len(set(columns["id"])) == 5 + _index.MOST_FILES + 1
    assert len(list((store.path / "index").iterdir())) == 1


def test_a_store_that_cannot_be_written_is_listed_all_the_same(store, monkeypatch):
    listing(store)
    (known,) = (store.path / "index").iterdir()
    publish(store, 9)

    def refuse(path, columns):
        raise OSError(errno.EROFS, "read-only file system")

    monkeypatch.setattr(_index, "write_parquet", refuse)
    assert sorted(by_seed(store)) == [0, 1, 2, 3, 4, 9]
    # nor is the old index given up for one that could not be written
    store.amend(trial(1), values(trial(1), 50.0), METRICS)
    assert by_seed(store)[1] == 50 and list((store.path / "index").iterdir()) == [known]


def test_an_index_that_cannot_be_made_is_done_without(store):
    (store.path / "index").write_text("a file where the folder would be")
    assert sorted(by_seed(store)) == [0, 1, 2, 3, 4]


def test_the_command_lists_records_and_groups(store, capsys):
    publish(store, 7, None)
    assert main(["list", "records", "--out", str(store.path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    (one,) = [row for row in rows if row["seed"] == 3]
    assert (one["num_instances"], one["novel_bits"], one["power_bits"]) == (8, 3, None)
    assert one["model"] == {"name": "tabular", "thinking": 0} or one["model"]["name"] == "tabular"
    assert main(["list", "records", "--out", str(store.path)]) == 0
    shown = capsys.readouterr().out.splitlines()
    # five records of N = 8 with novel bits 0 to 4, and one of unlimited instances
    assert shown[1].split()[-5:] == ["8", "5", "0", "7.0", "2.0"]
    assert shown[2].split()[-5:] == ["unlimited", "1", "0", "7.0", "7.0"]
    assert shown[3].startswith("6 records")
    assert main(["list", "records", "--out", str(store.path / "nothing")]) == 1
    assert "does not exist" in capsys.readouterr().err
