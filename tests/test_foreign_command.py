"""mesascope measure on the command line."""

import json
import subprocess
import sys

import pytest

from mesascope.cli import main

pytest.importorskip("gymnasium")


def run(*arguments: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "mesascope", "measure", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


def test_the_command_line_measures_and_prints_one_object(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nprint('hello')\n"
        "def left(observation, key):\n    return np.array([1.0, 0.0])\n"
        "def upright(env):\n    return -abs(env.unwrapped.state[2])\n"
    )
    options = ["--episodes", "2", "--draws", "50", "--max-steps", "30", "--score", "mine:upright", "--json"]
    found = run("--gym", "CartPole-v1", "--agent", "mine:left", *options, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    result = json.loads(found.stdout)
    assert [row["instance"] for row in result["instances"]] == [0, 1]
    assert result["summaries"][0]["policy"] == "mine:left" and result["reference"] == "random"
    assert result["source"] == "gym" and result["summaries"][0]["utility"] < 15


WRONG = {
    "give one of --gym": ["--gym", "CartPole-v1", "--agent", "m:n", "--table", "t.csv"],
    "given: none": [],
    "math:sqrt: cannot be called as a policy": ["--gym", "CartPole-v1", "--agent", "math:sqrt"],
    "--wrap math:sqrt: does not fit": ["--gym", "CartPole-v1", "--agent", "math:pow", "--wrap", "math:sqrt"],
    "say who plays with --agent": ["--gym", "CartPole-v1"],
    "Environment `Nope` doesn't exist": ["--gym", "Nope-v0", "--agent", "math:sqrt"],
    "No module named 'nopackage'": ["--gym", "nopackage:X-v0", "--agent", "math:sqrt"],
    "there is no such file, and it is not MODULE:NAME": ["--gym", "CartPole-v1", "--agent", "nothing"],
    "--agent gone.zip: there is no such file": ["--gym", "CartPole-v1", "--agent", "gone.zip"],
    "No module named 'nowhere'": ["--gym", "CartPole-v1", "--agent", "nowhere:policy"],
    "--agent math:pi: pi is not callable": ["--gym", "CartPole-v1", "--agent", "math:pi"],
    "executes code when it is opened": ["--gym", "CartPole-v1", "--agent", "model.pt"],
    "--draws: is for --gym": ["--table", "t.csv", "--draws", "5"],
    "others are for --table": ["--gym", "CartPole-v1", "--agent", "math:sqrt", "--reference", "me"],
    "--thinking a,b: give whole numbers": ["--gym", "CartPole-v1", "--agent", "math:sqrt", "--thinking", "a,b"],
    "there is no such file; give the weights": ["--weights", "gone.safetensors"],
    "there is no such file; give a CSV": ["--table", "gone.csv"],
}


@pytest.mark.parametrize("message", WRONG)
def test_the_command_line_refuses_in_one_line(message, capsys):
    assert main(["measure", *WRONG[message]]) == 2
    captured = capsys.readouterr()
    assert message in captured.err and len(captured.err.strip().splitlines()) == 1 and not captured.out


def test_options_of_agents_reach_the_measurement_and_mean_nothing_elsewhere(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "counts.py").write_text(
        "def first(observation, key, state=None):\n    return [1.0, 0.0] if not state else [0.0, 1.0], 1\n",
        encoding="utf-8",
    )
    measured = {}
    for more in ([], ["--wipe-memory"]):
        arguments = ["--gym", "CartPole-v1", "--agent", "counts:first", "--episodes", "2", "--draws", "50", *more]
        assert main(["measure", *arguments, "--max-steps", "12", "--method", "monte-carlo", "--json"]) == 0
        measured[tuple(more)] = json.loads(capsys.readouterr().out)
    # left once and then right is another walk than left for ever
    assert measured[()] != measured[("--wipe-memory",)]
    (tmp_path / "t.csv").write_text("instance,policy,utility\n1,random,0\n1,mine,1\n", encoding="utf-8")
    assert main(["measure", "--table", "t.csv", "--greedy"]) == 2
    assert "--greedy: is for --gym" in capsys.readouterr().err
