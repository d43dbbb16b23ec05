"""Many trials on one machine: one process a core, one compute thread each."""

import contextlib
import dataclasses
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
import traceback

import jax

from .._programs import OneProgram, remember_programs
from .._run import run
from .._store import Store
from ..trials import Trial
from ._agenda import Agenda, Unit, died_twice
from ._base import PATIENCE, AbstractExecutor, Progress, SweepError

THREADS = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


@dataclasses.dataclass
class _Worker:
    process: multiprocessing.process.BaseProcess
    line: multiprocessing.connection.Connection
    unit: Unit | None = None
    began: float = 0.0


@dataclasses.dataclass(frozen=True)
class Local(AbstractExecutor):
    """Processes of this machine, each with one trial at a time.

    Trials that share a compiled program follow each other in the same process. A process that dies takes nothing with
    it but the trial in its hands, which is tried once more.

    Fields:
        workers: number of processes.
    """

    workers: int

    def _run(self, left: list[Trial], store: Store, progress: Progress) -> None:
        _Sweep(left, store, min(self.workers, len(left)), progress).run()


class _Sweep:
    def __init__(self, left: list[Trial], store: Store, workers: int, progress: Progress):
        self.agenda = Agenda((trial,) for trial in left)
        self.deaths: set[Unit] = set()
        self.store, self.progress = store, progress
        self.context = multiprocessing.get_context("spawn")
        with _single_threaded():
            self.workers = [self._hire() for _ in range(workers)]

    def run(self) -> None:
        try:
            for number in range(len(self.workers)):
                self._give(number)
            while any(worker.unit for worker in self.workers):
                self._hear()
        finally:
            for worker in self.workers:
                worker.process.kill()
                worker.process.join()

    def _hire(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_work, args=(str(self.store.path), theirs), daemon=True)
        with _uninterrupted():
            process.start()
        # ours is told of the other end's death only if no end of it is left here
        theirs.close()
        return _Worker(process, ours)

    def _give(self, number: int) -> None:
        worker = self.workers[number]
        previous, worker.unit = worker.unit, None
        worker.unit = self.agenda.take(previous, [other.unit for other in self.workers if other.unit])
        if worker.unit:
            worker.began = time.monotonic()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                # that the worker is dead is heard where its answer is waited for
                worker.line.send(worker.unit[0])

    def _hear(self) -> None:
        lines = {worker.line: number for number, worker in enumerate(self.workers) if worker.unit}
        for line in multiprocessing.connection.wait(list(lines), timeout=PATIENCE):
            try:
                self._take_in(lines[line], *line.recv())
            except (EOFError, ConnectionResetError):
                self._replace(lines[line])

    def _take_in(self, number: int, kind: str, content: object) -> None:
        worker = self.workers[number]
        if kind == "error":
            raise SweepError(f"{worker.unit[0]}: {content}")
        if kind == "share":
            self.progress.working(number, worker.unit[0], content)
        if kind == "done":
            self.progress.finished(number, worker.unit[0], time.monotonic() - worker.began)
            self._give(number)

    def _replace(self, number: int) -> None:
        worker = self.workers[number]
        worker.process.join()
        if worker.unit in self.deaths:
            raise died_twice(worker.unit, f"exit code {worker.process.exitcode}")
        self.deaths.add(worker.unit)
        self.agenda.put_back(worker.unit)
        with _single_threaded():
            self.workers[number] = self._hire()
        self._give(number)


def single_threaded() -> dict[str, str]:
    """Environment of a process that computes with one thread of the processor, even where there is a GPU."""
    return {"XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {THREADS}".strip(), "JAX_PLATFORMS": "cpu"}


def compute_alone() -> None:
    """Makes this process such a one, if it has not computed anything yet."""
    os.environ.update(single_threaded())
    jax.config.update("jax_platforms", "cpu")


@contextlib.contextmanager
def _single_threaded():
    """Children started inside this block compute with one thread of the processor, even where there is a GPU."""
    wanted = single_threaded()
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _uninterrupted():
    """Children started inside this block ignore interrupts from their first moment, before they can say so themselves.

    An interrupt from the keyboard reaches the whole group; the parent alone answers it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(path: str, line: multiprocessing.connection.Connection) -> None:
    """The life of a worker: one trial after another until its parent kills it or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with, args=(multiprocessing.parent_process().pid,), daemon=True).start()
    remember_programs()
    store, programs = Store(path), OneProgram()
    while True:
        trial = line.recv()
        programs.turn_to(trial)
        try:
            run(trial, store, lambda share: line.send(("share", share)))
            line.send(("done", None))
        except Exception as error:
            line.send(("error", f"{type(error).__name__}: {error}\n{traceback.format_exc()}"))


def _die_with(parent: int) -> None:
    """Ends this process soon after its parent is gone, however that ended."""
    while os.getppid() == parent:
        time.sleep(PATIENCE)
    os._exit(1)
