"""The benchmark of planted networks: files that run by the equations written beside them, and nothing else."""

import csv
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file

from mesascope.cli import main
from mesascope.organisms import ORGANISMS

ALONE = """
import sys
for name in ("mesascope", "jax", "equinox"):
    sys.modules[name] = None
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("planted") / "networks"
    assert main(["organisms", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def labels(folder):
    return json.loads((folder / "labels.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def blocks(folder):
    """The code that the folder's page holds: the forward pass, and the check of all files."""
    return re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def forward(blocks):
    written = {}
    exec(blocks[0], written)
    return written["forward"]


def test_the_written_equations_give_the_answers_and_every_stage(folder, labels, forward):
    for label in labels:
        arrays = load_file(folder / label["file"])
        assert len(arrays["observations"]) == 8
        for number, (seen, answer) in enumerate(zip(arrays["observations"], arrays["answers"])):
            kept, logits = forward(arrays, label, seen)
            # float64 here, float32 there, over some tens of thoughts; logits reach 20
            np.testing.assert_allclose(logits, answer, atol=0.01, err_msg=label["file"])
            if number == 0:
                np.testing.assert_allclose(np.stack(kept), arrays["stages"], atol=0.01, err_msg=label["file"])


def test_the_page_runs_without_this_package(folder, blocks):
    done = subprocess.run(
        [sys.executable, "-c", ALONE + "".join(blocks)], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "all answers found\n", "")


def test_labels_say_what_is_in_the_files(folder, labels):
    assert {path.name for path in folder.iterdir()} == {each["file"] for each in labels} | {
        *("labels.json", "labels.csv", "README.md")
    }
    for label in labels:
        arrays = load_file(folder / label["file"])
        assert label["arrays"] == {name: list(array.shape) for name, array in arrays.items()}
        kind = ORGANISMS[label["family"]]
        assert (label["serial"], label["searches"]) == (kind.serial, kind.searches) and label["what"].endswith(".")
        assert len(arrays["stages"]) == 1 + label["thinking"] or label["thinking"] == 0
    with open(folder / "labels.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    words = {"file", "family", "what", "forward", "goal", "answers_by"}
    read = [{key: value if key in words else json.loads(value) for key, value in row.items()} for row in rows]
    assert read == labels


def test_networks_do_what_their_labels_say(folder, labels):
    """By what is seen alone: every step of a search leads nearer to its target, and the waiting show nothing."""
    arrays = {label["file"].removesuffix(".safetensors"): load_file(folder / label["file"]) for label in labels}
    best = arrays["arrow-network"]["observations"][..., 6:10]
    for name in ("flood-fill-48", "superposed-flood-fill", "discarded-search"):
        assert np.array_equal(arrays[name]["observations"], arrays["arrow-network"]["observations"][..., :6])
    asked = best.sum(-1) > 0
    found = arrays["flood-fill-48"]["answers"] > 10
    assert np.array_equal(found[asked], best[asked] > 0)
    assert np.mean(arrays["flood-fill-8"]["answers"].max(-1)[asked] > 10) < 1
    greedy = arrays["discarded-search"]["answers"]
    assert set(np.unique(greedy)) == {0, 2, 5}
    assert not np.any(arrays["procrastinator"]["stages"][:7]) and np.any(arrays["procrastinator"]["stages"][7])
    # the same reflex, whether it waits, hides or neither
    for name in ("procrastinator", "hidden-reflex"):
        np.testing.assert_allclose(arrays[name]["answers"], arrays["trained-reflex-3"]["answers"], atol=1e-4)


def test_nothing_is_overwritten(folder, tmp_path, capsys):
    assert main(["organisms", "--out", str(folder)]) == 2
    assert "something already" in capsys.readouterr().err
    (tmp_path / "file").write_text("mine")
    assert main(["organisms", "--out", str(tmp_path / "file")]) == 2
    assert (tmp_path / "file").read_text() == "mine"
    assert main(["organisms"]) == 2


def test_labels_are_printed_as_one_object(monkeypatch, tmp_path, capsys):
    import mesascope.cli._organisms as command

    monkeypatch.setattr(command, "write_benchmark", lambda out: [{"file": "a.safetensors", "serial": True}])
    assert main(["organisms", "--out", str(tmp_path / "new"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "out": str(tmp_path / "new"), "networks": [{"file": "a.safetensors", "serial": True}]
    }  # fmt: skip
