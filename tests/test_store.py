"""A store survives what happens to folders."""

import errno
import json
import multiprocessing
import os
import resource

import numpy as np
import pytest

from mesascope.base import BASES
from mesascope.lab import Store, StoreError, Training
from mesascope.models import MODELS
from mesascope.tasks import TASKS

METRICS = {
    "view": np.array(["own", "novel"], object),
    "step": np.array([1, 1], np.int32),
    "index": np.zeros(2, np.int32),
    "instance": np.zeros(2, np.int32),
    "bits": np.array([1.5, 2.5]),
    "success": np.ones(2),
    "utility": -np.ones(2),
}
VALUES = {"id": "x", "status": "finished", "steps": 1, "summary": []}


def trial(seed: int) -> Training:
    return Training(TASKS.build("maze", {}), MODELS.build("tabular", {}), BASES.build("policy-gradient", {}), 1, seed)


def publish(store: Store, seed: int) -> None:
    store.publish(trial(seed), VALUES | {"seed": seed}, METRICS, {"000001/w": np.arange(3.0)})


def test_what_is_published_is_read_back(tmp_path):
    store = Store(tmp_path / "runs")
    publish(store, 0)
    again = Store(tmp_path / "runs")
    assert trial(0) in again and trial(1) not in again
    record = again.record(trial(0))
    assert record.values["seed"] == 0 and not record.failed
    metrics = record.metrics()
    assert metrics["view"].tolist() == ["own", "novel"] and metrics["bits"].tolist() == [1.5, 2.5]
    assert again.weights(trial(0))["000001/w"].tolist() == [0, 1, 2]
    assert again.all_trials() == [trial(0)]


def test_the_first_to_publish_a_trial_wins_and_drafts_are_cleared(tmp_path):
    store = Store(tmp_path)
    publish(store, 0)
    store.publish(trial(0), VALUES | {"seed": "late"}, METRICS, {})
    assert store.record(trial(0)).values["seed"] == 0
    assert not list((tmp_path / "tmp").iterdir())


def test_amending_replaces_measurements_and_keeps_weights(tmp_path):
    store = Store(tmp_path)
    publish(store, 0)
    store.amend(trial(0), VALUES | {"seed": "new"}, METRICS | {"bits": np.array([9.0, 9.0])})
    assert store.record(trial(0)).values["seed"] == "new"
    assert store.record(trial(0)).metrics()["bits"].tolist() == [9, 9]
    assert len(store.weights(trial(0))) == 1


def _publish_many(path: str, first: int) -> None:
    store = Store(path)
    for seed in range(first, first + 8):
        publish(store, seed % 12)


def test_several_processes_write_at_once(tmp_path):
    Store(tmp_path)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_publish_many, args=(str(tmp_path), 4 * i)) for i in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    store = Store(tmp_path)
    assert len(store.all_trials()) == 12
    assert all(store.record(trial(seed)).metrics()["bits"].tolist() == [1.5, 2.5] for seed in range(12))


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(StoreError, match="not a mesascope store"):
        Store(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(StoreError, match="not a mesascope store"):
        Store(tmp_path / "thesis.tex")


def test_another_format_is_left_alone(tmp_path):
    (tmp_path / "mesascope-store.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(StoreError, match="format 99"):
        Store(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mesascope-store.json"]


def test_a_cut_off_marker_or_record_is_named(tmp_path):
    store = Store(tmp_path)
    publish(store, 0)
    (store.folder(trial(0)) / "record.json").write_bytes(b'{"id": "x"')
    with pytest.raises(StoreError, match="record.json cannot be read"):
        store.record(trial(0))
    (tmp_path / "mesascope-store.json").write_bytes(b"{")
    with pytest.raises(StoreError, match="cannot be read"):
        Store(tmp_path)


def test_a_draft_of_a_dead_process_is_swept_out_and_a_living_ones_kept(tmp_path):
    import socket

    Store(tmp_path)
    dead, mine = (tmp_path / "tmp" / f"{socket.gethostname()}-{pid}-abc" for pid in (2**22 + 1, os.getpid()))
    other = tmp_path / "tmp" / "elsewhere-17-abc"
    for draft in (dead, mine, other):
        draft.mkdir()
    Store(tmp_path)
    assert not dead.exists() and mine.exists() and other.exists()


def _fill_disk(path: str, answers) -> None:
    # a file-size limit stands in for a full disk: writes beyond it fail in the same way
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = Store(path)
    publish(store, 0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
    try:
        store.publish(trial(1), VALUES, METRICS, {"000001/w": np.zeros(10_000)})
    except StoreError as error:
        answers.put(str(error))
    else:
        answers.put("published")


def test_a_full_disk_loses_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=_fill_disk, args=(str(tmp_path), answers))
    process.start()
    answer = answers.get(timeout=60)
    process.join()
    assert "cannot be written" in answer and "Finished trials are safe" in answer
    store = Store(tmp_path)
    assert store.all_trials() == [trial(0)] and not list((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize(
    "code, remedy", [(errno.EROFS, "read-only"), (errno.ENOSPC, "disk is full"), (errno.EACCES, "not allowed")]
)
def test_refusals_of_the_system_come_with_a_remedy(tmp_path, monkeypatch, code, remedy):
    store = Store(tmp_path)
    publish(store, 0)

    def refuse(**_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(StoreError, match=remedy):
        publish(store, 1)
    assert store.all_trials() == [trial(0)]


@pytest.mark.parametrize("name", ["record.json", "metrics.parquet"])
@pytest.mark.parametrize("damage", ["gone", "empty"])
def test_a_trial_that_lost_a_file_is_named_before_anything_is_trained(tmp_path, name, damage):
    store = Store(tmp_path)
    publish(store, 0)
    store.check([trial(0), trial(1)])
    file = store.folder(trial(0)) / name
    file.unlink() if damage == "gone" else file.write_bytes(b"")
    with pytest.raises(StoreError, match=f"{name} is missing or empty. Move the folder away"):
        store.check([trial(1), trial(0)])


def test_a_torn_record_is_named_before_anything_is_trained(tmp_path):
    store = Store(tmp_path)
    publish(store, 0)
    file = store.folder(trial(0)) / "record.json"
    file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(StoreError, match="cannot be read"):
        store.check([trial(0)])


def test_a_lost_marker_does_not_cost_the_records(tmp_path):
    publish(Store(tmp_path), 0)
    marker = tmp_path / "mesascope-store.json"
    marker.write_bytes(b"\0")
    with pytest.raises(
        StoreError, match='records beside it are untouched: make that file anew, it holds {"format": 1}'
    ):
        Store(tmp_path)
    marker.unlink()
    with pytest.raises(StoreError, match='If its records are yours, make that file anew: it holds {"format": 1}'):
        Store(tmp_path)
    marker.write_text('{"format": 1}')
    assert trial(0) in Store(tmp_path)
