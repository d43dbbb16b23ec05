"""What trackers show is read back by their own formats."""

import json
import struct

import numpy as np
import pytest
from executors import Listener

from mesascope.base import BASES
from mesascope.cli import main
from mesascope.cli._tracking import Tracked
from mesascope.lab import Store, Training
from mesascope.models import MODELS
from mesascope.tasks import TASKS

METRICS = {name: np.zeros(1) for name in ("step", "index", "instance", "bits", "success", "utility")}


def _row(view: str, step: int, index: int, bits: float) -> dict:
    numbers = {"instances": 1, "bits": bits, "bits_5": bits, "success": bits / 10, "utility": 0.0}
    return {"view": view, "step": step, "index": index, **numbers}


@pytest.fixture
def store(tmp_path) -> Store:
    store = Store(tmp_path)
    trial = Training(TASKS.build("maze", {}), MODELS.build("tabular", {}), BASES.build("policy-gradient", {}), 1, 7)
    rows = [_row("own", 12, 0, 1.5), _row("own", 24, 0, 2.5), _row("novel", 24, 0, 0.5), _row("novel", 24, 3, 9.0)]
    values = {"status": "finished", "steps": 24, "summary": rows, "device": "cpu", "versions": {}}
    from mesascope.lab import describe, trial_id

    store.publish(trial, {"id": trial_id(trial), "trial": describe(trial), **values}, METRICS, {"w": np.zeros(1)})
    return store


SHOWN = {
    (12, "own/bits"): 1.5,
    (12, "own/success"): 0.15,
    (24, "own/bits"): 2.5,
    (24, "own/success"): 0.25,
    (24, "novel/bits"): 0.5,
    (24, "novel/success"): 0.05,
}


def test_tensorboard_has_the_curves_once_even_if_shown_twice(store, capsys):
    events = pytest.importorskip("tensorboardX.proto.event_pb2", reason="needs the extra `track`")
    assert main(["export", str(store.path), "--track", "tensorboard"]) == 0
    assert main(["export", str(store.path), "--track", "tensorboard"]) == 0
    (folder,) = (store.path / "tensorboard").iterdir()
    (file,) = folder.iterdir()
    content, found = file.read_bytes(), {}
    while content:
        # a record is its length, a checksum, the event, a checksum
        (length,) = struct.unpack("<Q", content[:8])
        event = events.Event.FromString(content[12 : 12 + length])
        content = content[16 + length :]
        found |= {(event.step, v.tag): v.simple_value for v in event.summary.value if v.HasField("simple_value")}
    assert found == pytest.approx(SHOWN)


def _logged(content: bytes, block: int = 1 << 15, header: int = 7):
    """The entries of a log of LevelDB's kind: pieces of (checksum, length, kind) and data that cross no block."""
    place, entry = header, b""
    while place + header <= len(content):
        if block - place % block < header:
            place += block - place % block
            continue
        length, kind = struct.unpack("<HB", content[place + 4 : place + header])
        entry += content[place + header : place + header + length]
        place += header + length
        if kind in (1, 4):  # the whole of an entry, or its last piece
            yield entry
            entry = b""


def test_weights_and_biases_has_the_curves_offline_once(store, monkeypatch, capsys):
    pytest.importorskip("wandb", reason="needs the extra `track`")
    from wandb.proto import wandb_internal_pb2

    monkeypatch.delenv("WANDB_MODE", raising=False)
    assert main(["export", str(store.path), "--track", "wandb"]) == 0
    assert main(["export", str(store.path), "--track", "wandb"]) == 0
    (file,) = (store.path / "wandb").glob("offline-run-*/*.wandb")
    assert store.all_trials()[0].seed == 7
    found, config = {}, {}
    for data in _logged(file.read_bytes()):
        record = wandb_internal_pb2.Record.FromString(data)
        if record.WhichOneof("record_type") == "history":
            items = {"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in record.history.item}
            found |= {(items["_step"], name): value for name, value in items.items() if not name.startswith("_")}
        if record.WhichOneof("record_type") == "run":
            config |= {i.key: json.loads(i.value_json) for i in record.run.config.update}
    assert found == pytest.approx(SHOWN)
    assert config["seed"] == 7 and config["task"]["name"] == "maze"


def test_an_unknown_or_missing_tracker_is_named(store, monkeypatch, capsys):
    assert main(["export", str(store.path), "--track", "mlflow"]) == 2
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["export", str(store.path), "--track", "wandb"]) == 2
    assert "needs wandb: pip install 'mesascope[track]'" in capsys.readouterr().err


def test_a_tracker_that_fails_does_not_end_a_sweep(store):
    class Broken:
        def show(self, record):
            raise OSError("no space")

    told = Listener()
    tracked = Tracked(told, store, Broken())
    for _ in range(2):
        tracked.finished(0, store.all_trials()[0], 1.0)
    assert told.count == 2 and told.notes == ["the tracker fails (OSError: no space); the sweep goes on"]
