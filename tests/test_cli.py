"""The command line as a person and a program use it."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mesascope.cli import main
from mesascope.lab import Store

TINY = [
    "--profile",
    "smoke",
    "--set",
    "sizes=8,16",
    "--set",
    "seeds=2",
    "--set",
    "steps=12",
    "--set",
    "thinking=4",
    "--set",
    "channels=4",
    "--set",
    "arms=gridloop",
]


def mesascope(*arguments: str, **kwargs) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "mesascope", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=500, **kwargs)


def open_grid(n: int) -> str:
    cells = [["."] * n for _ in range(n)]
    cells[0][0], cells[-1][-1] = "S", "G"
    return "\n".join("".join(row) for row in cells)


def test_bits_reproduces_every_published_grid(goldens, tmp_path, capsys):
    for name, expected in goldens["grid_action_reference"].items():
        n, by = name.split(",")
        (tmp_path / "maze.txt").write_text(open_grid(int(n)))
        assert main(["bits", "maze", "--instances", str(tmp_path / "maze.txt"), "--by", by, "--json"]) == 0
        result = json.loads(capsys.readouterr().out)
        assert result["instances"][0]["probability"] == pytest.approx(expected, rel=1e-6)
        assert result["instances"][0]["bits"] == pytest.approx(-np.log2(expected), rel=1e-6)
    for n in ("2", "3"):
        (tmp_path / "maze.txt").write_text(open_grid(int(n)))
        arguments = ["--by", "20", "--reference", "policy", "--json"]
        assert main(["bits", "maze", "--instances", str(tmp_path / "maze.txt"), *arguments]) == 0
        result = json.loads(capsys.readouterr().out)
        assert result["instances"][0]["probability"] == pytest.approx(goldens["grid_policy_reference"][n], rel=1e-6)


def test_bits_of_policies(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mazes.txt").write_text("S.#\n#.#\n#.G\n\nSG\n")
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "def uniform(observation, key):\n    return np.full((*observation.shape[:2], 4), 0.25)\n"
        "def wrong_shape(observation, key):\n    return np.ones(4) / 4\n"
        "def wrong_sum(observation, key):\n    return np.full((*observation.shape[:2], 4), 0.2)\n"
        "def not_finite(observation, key):\n    return np.full((*observation.shape[:2], 4), np.nan)\n"
        "number = 3\n"
    )
    results = {}
    for policy in ("optimal", "uniform", "mine:uniform"):
        assert main(["bits", "maze", "--instances", "mazes.txt", "--policy", policy, "--json"]) == 0
        results[policy] = json.loads(capsys.readouterr().out)
    best = results["optimal"]
    # the only way is right, down, down, right: 4^-4; in the second maze one of four actions arrives
    assert [row["bits"] for row in best["instances"]] == pytest.approx([8.0, 2.0])
    assert (best["mean_bits"], best["min_bits"]) == pytest.approx((5.0, 2.0))
    assert best["reference"] == "action" and best["task"] == "maze"
    for mine, named in zip(results["mine:uniform"]["instances"], results["uniform"]["instances"]):
        assert mine == pytest.approx(named)
    for policy, message in (
        ("mine:wrong_shape", "shape"),
        ("mine:wrong_sum", "sum to 0.8"),
        ("mine:not_finite", "no probabilities"),
        ("mine:absent", "absent"),
        ("mine:number", "not callable"),
        ("nowhere:f", "nowhere"),
        ("best", "MODULE:NAME"),
    ):
        assert main(["bits", "maze", "--instances", "mazes.txt", "--policy", policy]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["run", "divrsity"], "Did you mean 'diversity'"),
        (["run", "diversity", "--profile", "quik"], "Did you mean 'quick'"),
        (["run", "diversity", "--set", "sead=3"], "Did you mean 'seeds'"),
        (["run", "diversity", "--set", "seeds"], "key=value"),
        (["run", "diversity", "--workers", "0"], "--workers 0"),
        (["run", "diversity", "--wrkers", "1"], "workers"),
        (["bits", "mase", "--instances", "x"], "Did you mean 'maze'"),
        (["bits", "maze", "--instances", "absent.txt"], "absent.txt"),
        (["bits", "maze", "--instances", "absent.txt", "--by", "0"], "--by 0"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_usage_errors_name_the_culprit_and_exit_with_2(arguments, message, capsys):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err + captured.out


def test_a_folder_of_something_else_exits_with_1(tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("years of work")
    assert main(["run", "diversity", "--profile", "smoke", "--out", str(tmp_path)]) == 1
    assert "not a mesascope store" in capsys.readouterr().err


def test_help_and_version_are_quick_and_name_an_example():
    began = time.monotonic()
    result = mesascope("--help")
    assert result.returncode == 0 and "run" in result.stdout
    assert (
        "jax"
        not in subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "mesascope", "--version"], capture_output=True, text=True
        ).stderr
    )
    assert time.monotonic() - began < 20
    for command in ("run", "list", "bits", "report", "remeasure"):
        assert "Example" in mesascope(command, "--help").stdout


def test_a_dry_run_says_what_it_would_cost_and_makes_nothing(tmp_path, capsys):
    out = tmp_path / "runs"
    assert main(["run", "diversity", "--profile", "standard", "--out", str(out), "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["trials"] == plan["left"] > 100 and plan["seconds"] > 0
    assert not out.exists()


def test_lists(capsys, tmp_path):
    assert main(["list", "--json", "--out", str(tmp_path / "none")]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert set(rows[0]) == {"name", "section", "claim", "prediction", "verdict"}
    for room in ("tasks", "models", "bases"):
        assert main(["list", room]) == 0
        assert len(capsys.readouterr().out.splitlines()) >= 1


def records(path) -> dict:
    """Everything in a store that must not depend on when and where it was made."""
    store = Store(path)
    found = {}
    for trial in store.all_trials():
        record = store.record(trial)
        values = {k: v for k, v in record.values.items() if k not in ("seconds", "host", "time")}
        metrics = {name: column.tolist() for name, column in record.metrics().items()}
        weights = {name: array.tobytes() for name, array in store.weights(trial).items()}
        found[record.values["id"]] = (values, metrics, weights)
    return found


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    out = tmp_path_factory.mktemp("unbroken") / "runs"
    return out, mesascope("run", "diversity", *TINY, "--out", str(out), "--json")


def test_a_run_prints_one_object_and_writes_a_page(unbroken):
    out, result = unbroken
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["condition"] == "diversity" and said["verdict"] is None and said["failed"] == 0
    assert said["trials"] == len(Store(out).all_trials()) == 10
    assert said["overrides"]["sizes"] == "8,16" and said["effect"]["low"] <= said["effect"]["value"]
    page = (out / "reports" / "diversity" / "report.html").read_text()
    assert "<svg" in page and "http://" not in page.replace("http://www.w3.org", "")
    assert (out / "reports" / "diversity" / "figures" / "ledger.pdf").read_bytes()[:4] == b"%PDF"
    assert "10/10" in result.stderr, "a log gets plain lines"


def test_the_same_command_again_repeats_nothing(unbroken):
    out, _ = unbroken
    before = {p: p.stat().st_mtime_ns for p in (out / "trials").rglob("record.json")}
    again = mesascope("run", "diversity", *TINY, "--out", str(out), "--json")
    assert again.returncode == 0 and "10 of them finished before" in again.stderr
    assert before == {p: p.stat().st_mtime_ns for p in (out / "trials").rglob("record.json")}


def test_a_killed_run_resumes_to_the_same_records(unbroken, tmp_path):
    out = tmp_path / "runs"
    command = [sys.executable, "-m", "mesascope", "run", "diversity", *TINY, "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 300
    while len(list((out / "trials").glob("??/*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 20
    while _group_lives(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _group_lives(process.pid), "workers outlive their parent"
    assert 2 <= len(Store(out).all_trials()) < 10
    assert mesascope("run", "diversity", *TINY, "--out", str(out)).returncode == 0
    assert records(out) == records(unbroken[0])


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_interrupt_ends_with_130_and_one_line(tmp_path):
    out = tmp_path / "runs"
    # as from a terminal, also where the tests themselves were started in the background and ignore interrupts
    listening = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    begin = listening + "from mesascope.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", begin, "run", "diversity", *TINY, "--out", str(out)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 300
    while not list((out / "trials").glob("??/*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; the same command resumes" in errors and "Traceback" not in errors


def test_report_and_remeasure_work_on_a_finished_store(unbroken, capsys):
    out, _ = unbroken
    page = out / "reports" / "diversity" / "report.html"
    page.unlink()
    assert main(["report", str(out)]) == 0 and page.is_file()
    assert main(["remeasure", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"trials": 10, "changed": 0}
    assert main(["report", str(out / "absent")]) == 1
