"""Outcomes from elsewhere as a table, and saved weights: known answers, and every refusal."""

import gzip
import json
import pathlib
import pickle
import re

import numpy as np
import pytest

import mesascope
from mesascope.base import BASES
from mesascope.cli import main
from mesascope.lab import Store, Training, run, write_parquet
from mesascope.models import MODELS
from mesascope.tasks import TASKS

LEVELS = pathlib.Path(mesascope.__file__).parent / "levels"
SHIPPED = sorted(LEVELS.glob("*-depth-1.safetensors"))[0]

ROWS = [("a", "random", u) for u in (0.0, 1.0, 2.0, 3.0)] + [("b", "random", u) for u in (5.0, 5.0)]
ROWS += [("a", "mine", 3.0), ("a", "mine", 1.0), ("b", "mine", 5.0), ("b", "theirs", 6.0), ("a", "theirs", 0.0)]


def write_csv(path, rows, head="instance,policy,utility"):
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


def test_a_table_by_hand(tmp_path):
    found = mesascope.measure(table=write_csv(tmp_path / "t.csv", ROWS))
    rows = {(row.policy, row.instance): row for row in found.rows}
    mine = rows["mine", "a"]
    assert mine.bits == pytest.approx((2 + np.log2(4 / 3)) / 2)  # 1 in 4 reaches 3, 3 in 4 reach 1
    assert mine.null == pytest.approx((0 + np.log2(4 / 3) + 1 + 2) / 4)
    assert (mine.utility, mine.reference_utility, mine.draws, mine.outcomes) == (2, 1.5, 4, 2)
    assert rows["mine", "b"].bits == 0
    assert rows["theirs", "b"].bits is None and rows["theirs", "b"].at_least == pytest.approx(-np.log2(1 - 0.025**0.5))
    mine, theirs = found.summaries
    assert mine.bits == pytest.approx((2 + np.log2(4 / 3)) / 4) and mine.censored == 0
    assert mine.low == 0 and mine.high > mine.bits  # Student's own limit is below 0 bits
    assert theirs.bits is None and theirs.censored == 1


def test_parquet_and_csv_say_the_same(tmp_path):
    instance, policy, utility = zip(*ROWS)
    columns = {"utility": np.array(utility), "instance": np.array(instance, object), "policy": np.array(policy, object)}
    # brackets and stars in a path are no pattern
    write_parquet(tmp_path / "t[1]*.parquet", columns)
    one = mesascope.measure(table=write_csv(tmp_path / "t.csv", ROWS), ties="mid")
    two = mesascope.measure(table=tmp_path / "t[1]*.parquet", ties="mid")
    assert one.rows == two.rows
    assert {row.instance: row.bits for row in one.rows if row.policy == "mine"}["b"] == 1  # all tied: half of 1


def test_spaces_around_names_do_not_count(tmp_path):
    spaced = [(f" {instance}", f"{policy} ", f" {utility} ") for instance, policy, utility in ROWS]
    columns = {" utility": np.array([u for *_, u in ROWS]), "instance ": np.array([i for i, *_ in spaced], object)}
    write_parquet(tmp_path / "t.parquet", columns | {"policy": np.array([p for _, p, _ in spaced], object)})
    plain = mesascope.measure(table=write_csv(tmp_path / "plain.csv", ROWS))
    for table in (write_csv(tmp_path / "t.csv", spaced, "instance, policy ,utility "), tmp_path / "t.parquet"):
        assert mesascope.measure(table=table).rows == plain.rows


def test_the_reference_may_have_another_name(tmp_path):
    table = write_csv(tmp_path / "t.csv", ROWS)
    found = mesascope.measure(table=table, reference="mine")
    assert found.reference == "mine" and {row.policy for row in found.rows} == {"random", "theirs"}
    with pytest.raises(ValueError, match="no row has policy 'nobody'.*random, mine, theirs"):
        mesascope.measure(table=table, reference="nobody")


BAD = {
    "no column utility; a table has instance, policy, utility, this one has instance, policy, reward": (
        "instance,policy,reward\na,random,1\n"
    ),
    "no column instance, policy, utility": "",
    "column utility is there twice": "instance,policy,utility, utility\na,random,1,2\n",
    "line 3: instance or policy is empty": "instance,policy,utility\na,random,1\n ,me,2\n",
    "the table has no rows": "instance,policy,utility\n",
    "line 3: utility 'good' is not a finite number": "instance,policy,utility\na,random,1\na,me,good\n",
    "line 2: utility 'nan' is not a finite number": "instance,policy,utility\na,random,nan\n",
    "line 2: utility 'inf'": "instance,policy,utility\na,random,inf\n",
    "line 2: 2 fields under 3 names": "instance,policy,utility\na,random\n",
    "line 2: instance or policy is empty": "instance,policy,utility\n,random,1\n",
    "instance 'b' has no row of the reference 'random' (1 such in all)": (
        "instance,policy,utility\na,random,1\na,me,2\nb,me,2\n"
    ),
    "every row is of the reference 'random'": "instance,policy,utility\na,random,1\na,random,2\n",
    "no row has policy 'random'": "instance,policy,utility\na,me,1\na,me,2\n",
    "every utility is 1; with fewer than two distinct utilities": "instance,policy,utility\na,random,1\na,me,1\n",
}


@pytest.mark.parametrize("message", BAD)
def test_bad_tables_are_refused_in_one_line(message, tmp_path, capsys):
    (tmp_path / "t.csv").write_text(BAD[message], encoding="utf-8")
    assert main(["measure", "--table", str(tmp_path / "t.csv"), "--json"]) == 2
    captured = capsys.readouterr()
    assert message in captured.err and len(captured.err.strip().splitlines()) == 1 and not captured.out


def test_files_that_are_no_tables_are_refused(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"no parquet")
    with pytest.raises(ValueError, match="cannot be read as parquet"):
        mesascope.measure(table=tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00 not text")
    with pytest.raises(ValueError, match="cannot be read as CSV"):
        mesascope.measure(table=tmp_path / "t.csv")
    (tmp_path / "t.xlsx").write_bytes(b"")
    with pytest.raises(ValueError, match="ends in .csv, .csv.gz or .parquet"):
        mesascope.measure(table=tmp_path / "t.xlsx")


def test_a_table_on_the_command_line(tmp_path, capsys):
    write_csv(tmp_path / "t.csv", ROWS)
    assert main(["measure", "--table", str(tmp_path / "t.csv"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["source"] == "table" and len(result["instances"]) == 4 and result["seed"] is None
    assert main(["measure", "--table", str(tmp_path / "t.csv")]) == 0
    assert ">= " in capsys.readouterr().out


def test_shipped_weights_measure_as_they_were_recorded():
    level = json.loads((LEVELS / f"{SHIPPED.name.partition('-')[0]}.json").read_text(encoding="utf-8"))
    recorded = {depth["depth"]: depth["seeds"][0] for depth in level["depths"]}
    found = mesascope.measure(weights=SHIPPED)
    plain, chosen = found.summaries
    assert plain.policy == "network" and plain.instances == 256
    # recorded on another machine perhaps, where programs may be fused differently
    assert chosen.bits == pytest.approx(recorded[1], abs=1e-3)
    assert 0 < plain.null < 1.4427 and found.rows[0].method == "exact" and found.rows[0].draws is None


def test_weights_of_a_store_measure_as_its_record_says(tmp_path):
    parts = TASKS.build("maze", {"rows": 4, "columns": 4, "horizon": 40}), MODELS.build("gridloop", {"channels": 4})
    trial = Training(*parts, BASES.build("supervised", {"steps": 12}), 32, 0)
    record = run(trial, Store(tmp_path))
    found = mesascope.measure(weights=record.source.folder(trial) / "weights.safetensors", thinking=(0, trial.thinking))
    recorded = {
        "network": record.summary("novel")[0]["bits"],
        "tempered": record.summary("novel-tempered")[0]["bits"],
        "blank": next(row["bits"] for row in record.summary("thinking") if row["index"] == 0),
    }
    _, plain, blank, chosen = (summary.bits for summary in found.summaries)
    # the same float64 sums, perhaps fused in another order
    assert {"network": plain, "tempered": chosen, "blank": blank} == pytest.approx(recorded, rel=1e-6)
    assert found.summaries[3].gain == pytest.approx(chosen - blank)


def test_bad_weights_are_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return pathlib.Path.touch, (tmp_path / "sprung",)

    (tmp_path / "w.safetensors").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="is not a safetensors file"):
        mesascope.measure(weights=tmp_path / "w.safetensors")
    (tmp_path / "w.pt").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="safetensors files only, since other formats may execute code"):
        mesascope.measure(weights=tmp_path / "w.pt")
    assert not (tmp_path / "sprung").exists()
    (tmp_path / "w.safetensors").write_bytes(SHIPPED.read_bytes())
    with pytest.raises(ValueError, match="neither a trial.json nor a level beside it"):
        mesascope.measure(weights=tmp_path / "w.safetensors")
    (tmp_path / "trial.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="not weights that this version of mesascope can read"):
        mesascope.measure(weights=tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match="has no thinking knob"):
        mesascope.measure(weights=SHIPPED, thinking=(1, 2))


def test_signs_of_saved_weights_are_those_of_the_calibration(capsys):
    """A shallow network has no internal bits and no thinking gain, and lies at the level that it helped to make."""
    found = mesascope.measure(weights=SHIPPED, signs=True)
    assert found.signs["internal"] == [0, 0, 0] and found.signs["thinking-gain"] == [0, 0, 0]
    level = json.loads((LEVELS / f"{SHIPPED.stem.partition('-')[0]}.json").read_text(encoding="utf-8"))
    reflex = np.mean(next(depth["seeds"] for depth in level["depths"] if depth["depth"] == 3))
    assert found.signs["surplus"][0] == pytest.approx(found.summaries[1].bits - reflex, abs=1e-3)
    assert 0 < found.signs["retarget"][0] < 1 and "plan-selectivity" in str(found)
    assert main(["measure", "--gym", "CartPole-v1", "--agent", "a:b", "--signs"]) == 2
    assert "--signs: is for --weights" in capsys.readouterr().err


ROW_BY_ROW = {
    "line 2: 4 fields under 3 names": "1,random,0,5\n1,mine,1,8\n",
    "line 3: 4 fields under 3 names": "1,random,0\n1,mine,1,8\n",
    "line 3: 2 fields under 3 names": "1,random,0\n1,mine\n1,mine,2\n",
    "line 3: instance or policy is empty; every row names both (instance is written as nan": (
        "1,random,0\nnan,random,1\n1,mine,2\n"
    ),
    "line 2: instance or policy is empty; every row names both (policy is written as None": "1,None,0\n1,mine,2\n",
    "line 3: utility '1_000' is not a finite number": "1,random,0\n1,mine,1_000\n",
    "line 3: utility '\u0661\u0662' is not a finite number": "1,random,0\n1,mine,\u0661\u0662\n",
    "line 3: utility '0x10' is not a finite number": "1,random,0\n1,mine,0x10\n",
    "line 2: utility 'yes' is not a finite number": "1,random,yes\n1,mine,2\n",
}


@pytest.mark.parametrize("message", ROW_BY_ROW)
@pytest.mark.parametrize("zipped", [False, True])
def test_rows_that_mean_something_else_are_refused_by_line(message, zipped, tmp_path):
    path = tmp_path / ("t.csv.gz" if zipped else "t.csv")
    content = f"instance,policy,utility\n{ROW_BY_ROW[message]}".encode()
    path.write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(ValueError, match=re.escape(message)):
        mesascope.measure(table=path)


def test_numbers_in_every_usual_form(tmp_path):
    forms = [("1", "random", form) for form in ("-1", "+.5", "2.", "1e1", "2.5E-1", " 3 ")]
    (row,) = mesascope.measure(table=write_csv(tmp_path / "t.csv", [*forms, ("1", "mine", "3")])).rows
    assert row.reference_utility == pytest.approx((-1 + 0.5 + 2 + 10 + 0.25 + 3) / 6)
    assert row.bits == pytest.approx(np.log2(3))


SUCCESSES = [("1", "random", False), ("1", "random", True), ("1", "mine", True)]


def columns_of(rows):
    return dict(zip(("instance", "policy", "utility"), map(list, zip(*rows))))


def test_success_as_true_and_false_is_one_and_zero(tmp_path):
    columns = columns_of(SUCCESSES)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(write_csv(tmp_path / "t.csv", SUCCESSES).read_bytes()))
    write_parquet(tmp_path / "t.parquet", {name: np.array(values, object) for name, values in columns.items()})
    for name in ("t.csv", "t.csv.gz", "t.parquet"):
        (row,) = mesascope.measure(table=tmp_path / name).rows
        assert (row.bits, row.utility, row.reference_utility) == (1, 1, 0.5)


def test_data_frames_are_tables():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    columns = columns_of(SUCCESSES)
    for table in (pandas.DataFrame(columns), polars.DataFrame(columns), pandas.DataFrame(columns).convert_dtypes()):
        (row,) = mesascope.measure(table=table).rows
        assert (row.bits, row.utility, row.reference_utility) == (1, 1, 0.5)


def test_other_objects_are_no_tables():
    with pytest.raises(ValueError, match="table=list.*DataFrame of pandas or polars"):
        mesascope.measure(table=[1, 2])


def test_what_is_missing_in_a_data_frame_is_named(tmp_path):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    columns = {"instance": [1, None], "policy": ["random", "mine"], "utility": [0.0, 1.0]}
    for frame in (pandas.DataFrame(columns), pandas.DataFrame(columns).convert_dtypes(), polars.DataFrame(columns)):
        with pytest.raises(ValueError, match="the data frame, row 2: instance or policy is empty"):
            mesascope.measure(table=frame)
    with pytest.raises(ValueError, match="the data frame: no column utility"):
        mesascope.measure(table=pandas.DataFrame(columns)[["instance", "policy"]])
    missing = {"instance": [1, 1], "policy": ["random", "mine"], "utility": [0.0, None]}
    for frame in (pandas.DataFrame(missing), pandas.DataFrame(missing).convert_dtypes(), polars.DataFrame(missing)):
        with pytest.raises(ValueError, match="row 2: utility .* is not a finite number"):
            mesascope.measure(table=frame)
