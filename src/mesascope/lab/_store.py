"""A folder of finished trials that survives being killed at any moment.

    DIR/mesascope-store.json            format version
    DIR/trials/ab/<id>/                 trial.json  record.json  metrics.parquet  weights.safetensors
    DIR/tmp/                            trials being written

A trial's folder is written whole under `tmp/`, flushed, and published by one rename. A target that exists already means
that somebody else was first with the same trial. There is no lock, and no index that would be believed against the
folders.
"""

import contextlib
import errno
import os
import pathlib
import shutil
import socket
import tempfile
from collections.abc import Mapping

import msgspec
import numpy as np
from jaxtyping import Array

from ._contents import read_json, read_record
from ._parquet import read_parquet, write_parquet
from ._records import AbstractRecords, StoreError
from .trials import Trial, describe, from_description, trial_id

FORMAT = 1
MARKER = "mesascope-store.json"


class Store(AbstractRecords):
    """A store at a folder, which is made if it does not exist.

    Args:
        path: the folder.

    Raises:
        StoreError: the folder holds something else, is of another format, or cannot be written.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path)
        with _explained(self.path):
            _open(self.path)
            self._sweep_out()

    def folder(self, trial: Trial) -> pathlib.Path:
        """Where a trial's folder is, or would be."""
        name = trial_id(trial)
        return self.path / "trials" / name[:2] / name

    def __contains__(self, trial: Trial) -> bool:
        return (self.folder(trial) / "record.json").is_file()

    def values(self, trial: Trial) -> dict:
        """Contents of record.json."""
        return read_record(self.folder(trial) / "record.json")

    def metrics(self, trial: Trial) -> dict[str, np.ndarray]:
        """Columns of metrics.parquet."""
        return read_parquet(self.folder(trial) / "metrics.parquet")

    def check(self, trials: list[Trial]) -> None:
        """Raises a StoreError for a trial whose folder is there and holds no whole record: it can neither be used nor
        made anew before it is moved away."""
        for trial in trials:
            folder = self.folder(trial)
            if not folder.exists():
                continue
            for name in ("record.json", "metrics.parquet"):
                file = folder / name
                if not file.is_file() or file.stat().st_size == 0:
                    raise StoreError(
                        f"{folder} holds no whole record: {name} is missing or empty. Move the folder away, and the "
                        "same command makes it anew."
                    )
            self.values(trial)

    def all_trials(self) -> list[Trial]:
        """Every finished trial of the store. Folders without a whole record are passed over: see `sorted_out`."""
        return self.sorted_out()[0]

    def sorted_out(self) -> tuple[list[Trial], list[str]]:
        """Every finished trial, and the names of folders that hold no whole record or another trial's."""
        trials, others = [], []
        for folder in sorted((self.path / "trials").glob("??/*")):
            try:
                read_record(folder / "record.json")
                trial = from_description(read_json(folder / "trial.json"))
            except (StoreError, ValueError):
                trial = None
            if trial is None or trial_id(trial) != folder.name:
                others.append(folder.name)
            else:
                trials.append(trial)
        return trials, others

    def publish(
        self, trial: Trial, values: dict, metrics: Mapping[str, np.ndarray], weights: Mapping[str, Array]
    ) -> None:
        """Adds a finished trial, or does nothing if it is there already."""
        from safetensors.numpy import save

        target = self.folder(trial)
        with _explained(self.path):
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = self._draft()
            try:
                _write(draft / "trial.json", _encode(describe(trial)))
                _write(draft / "weights.safetensors", save({k: np.asarray(v) for k, v in weights.items()}))
                write_parquet(draft / "metrics.parquet", metrics)
                _write(draft / "record.json", _encode(values))
                _flush(draft)
                _rename(draft, target)
                _flush(target.parent)
            finally:
                shutil.rmtree(draft, ignore_errors=True)

    def amend(self, trial: Trial, values: dict, metrics: Mapping[str, np.ndarray]) -> None:
        """Replaces the measurements of a finished trial; its weights stay."""
        target = self.folder(trial)
        with _explained(self.path):
            draft = self._draft()
            try:
                write_parquet(draft / "metrics.parquet", metrics)
                _write(draft / "record.json", _encode(values))
                # the record goes last: it says which version of the measure the metrics are of
                os.replace(draft / "metrics.parquet", target / "metrics.parquet")
                os.replace(draft / "record.json", target / "record.json")
                _flush(target)
            finally:
                shutil.rmtree(draft, ignore_errors=True)

    def weights(self, trial: Trial) -> dict[str, np.ndarray]:
        """The arrays of a finished trial by name."""
        from safetensors.numpy import load_file

        return load_file(self.folder(trial) / "weights.safetensors")

    def _draft(self) -> pathlib.Path:
        prefix = f"{socket.gethostname()}-{os.getpid()}-"
        return pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=self.path / "tmp"))

    def _sweep_out(self) -> None:
        """Removes drafts that a dead process of this machine left behind."""
        for draft in (self.path / "tmp").iterdir():
            host, _, rest = draft.name.rpartition("-")[0].rpartition("-")
            if host == socket.gethostname() and rest.isdigit() and not _lives(int(rest)):
                shutil.rmtree(draft, ignore_errors=True)


def is_store(path: pathlib.Path) -> bool:
    """Whether a folder is a store, of whatever format."""
    return (path / MARKER).is_file()


def _holds_something_else(path: pathlib.Path) -> bool:
    # a marker that was being written when its process died is ours
    return any(not found.name.startswith(f".{MARKER}.") for found in path.iterdir())


def _open(path: pathlib.Path) -> None:
    marker = path / MARKER
    if marker.is_file():
        found = _format(marker)
        if found != FORMAT:
            raise StoreError(
                f"{path} is a store of format {found}; this version of mesascope reads and writes format {FORMAT}. "
                "Nothing was changed: choose another --out, or use the version that wrote it."
            )
    elif path.exists() and (not path.is_dir() or _holds_something_else(path)):
        lost = f" If its records are yours, make that file anew: {_MARKED}." if (path / "trials").is_dir() else ""
        raise StoreError(
            f"{path} exists and is not a mesascope store (it has no {MARKER}). Nothing was changed: choose an empty or "
            f"new folder for --out.{lost}"
        )
    else:
        path.mkdir(parents=True, exist_ok=True)
        draft = path / f".{MARKER}.{os.getpid()}"
        _write(draft, _encode({"format": FORMAT}))
        os.replace(draft, marker)
    (path / "trials").mkdir(exist_ok=True)
    (path / "tmp").mkdir(exist_ok=True)


_MARKED = f'it holds {{"format": {FORMAT}}}'


class _Marker(msgspec.Struct):
    format: int


def _format(marker: pathlib.Path) -> int:
    try:
        return msgspec.json.decode(marker.read_bytes(), type=_Marker).format
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(
            f"{marker} cannot be read ({error}). The records beside it are untouched: make that file anew, {_MARKED}."
        ) from error


def _rename(draft: pathlib.Path, target: pathlib.Path) -> None:
    try:
        os.rename(draft, target)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@contextlib.contextmanager
def _explained(path: pathlib.Path):
    """Turns the operating system's refusals into errors with a remedy."""
    remedies = {
        errno.ENOSPC: "the disk is full; make room",
        errno.EDQUOT: "the disk quota is used up; make room",
        errno.EROFS: "the file system is read-only; choose another --out",
        errno.EACCES: "writing is not allowed; choose another --out or change its permissions",
        errno.EPERM: "writing is not allowed; choose another --out or change its permissions",
    }
    try:
        yield
    except OSError as error:
        remedy = remedies.get(error.errno or 0, error.strerror or str(error))
        raise StoreError(
            f"the store {path} cannot be written: {remedy}. Finished trials are safe; the same command resumes."
        ) from error


def _encode(values: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(values), indent=1) + b"\n"


def _write(path: pathlib.Path, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(path: pathlib.Path) -> None:
    """Makes a file's content, or a folder's list of names, outlast a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
