"""Many trials on one machine: one process a core, one compute thread each."""

import contextlib
import dataclasses
import multiprocessing
import os
import queue
import signal
import threading
import time
import traceback
from typing import Protocol

import jax

from ._programs import remember_programs
from ._run import run
from ._store import Store
from ._train import program
from ._trial import Trial, cost

THREADS = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

PATIENCE = 0.2
"""Seconds between looks at whether the workers live."""


class Progress(Protocol):
    """What is told of a running sweep."""

    def begin(self, total: int, done: int, left: float) -> None:
        """`done` of `total` trials were there already; `left` is the cost of the others."""

    def working(self, worker: int, trial: Trial, share: float) -> None:
        """A worker has done a share of a trial's training."""

    def finished(self, worker: int, trial: Trial, seconds: float) -> None:
        """A worker has published a trial."""

    def end(self) -> None:
        """All is done, or was given up."""


class SweepError(Exception):
    """A trial could not be run: a fault of the machine or of the code, not a diverged training."""


@dataclasses.dataclass
class _Worker:
    process: multiprocessing.process.BaseProcess
    orders: object
    trial: Trial | None = None
    began: float = 0.0


def run_all(trials: list[Trial], store: Store, workers: int, progress: Progress) -> None:
    """Runs the trials that the store does not have yet.

    Trials that share a compiled program follow each other on the same worker. A worker that dies takes nothing with it
    but the trial in its hands, which is tried once more.

    Args:
        trials: what to run; repeated ones count once.
        store: where the records go.
        workers: number of processes.
        progress: is told what happens.

    Raises:
        SweepError: a trial failed with an exception, or killed its worker twice.
    """
    wanted = list(dict.fromkeys(trials))
    left = [trial for trial in wanted if trial not in store]
    progress.begin(len(wanted), len(wanted) - len(left), sum(map(cost, left)))
    try:
        if left:
            _Sweep(left, store, min(workers, len(left)), progress).run()
    finally:
        progress.end()


class _Sweep:
    def __init__(self, left: list[Trial], store: Store, workers: int, progress: Progress):
        self.left = sorted(left, key=lambda trial: -cost(trial))
        self.store, self.progress = store, progress
        self.context = multiprocessing.get_context("spawn")
        self.news = self.context.Queue()
        self.retried: set[Trial] = set()
        with _single_threaded():
            self.workers = [self._hire(number) for number in range(workers)]

    def run(self) -> None:
        try:
            for number in range(len(self.workers)):
                self._give(number)
            while any(worker.trial for worker in self.workers):
                self._hear()
        finally:
            for worker in self.workers:
                worker.process.kill()
                worker.process.join()

    def _hire(self, number: int) -> _Worker:
        orders = self.context.SimpleQueue()
        arguments = (number, str(self.store.path), orders, self.news)
        process = self.context.Process(target=_work, args=arguments, daemon=True)
        with _uninterrupted():
            process.start()
        return _Worker(process, orders)

    def _give(self, number: int) -> None:
        """Hands over the next trial: of the program this worker has compiled, else the costliest program left."""
        worker = self.workers[number]
        previous, worker.trial = worker.trial, None
        if not self.left:
            return
        same = [i for i, trial in enumerate(self.left) if previous and program(trial) == program(previous)]
        busy = {program(other.trial) for other in self.workers if other.trial}
        free = [i for i, trial in enumerate(self.left) if program(trial) not in busy]
        candidates = same or free or range(len(self.left))
        worker.trial = self.left.pop(max(candidates, key=lambda i: cost(self.left[i])))
        worker.began = time.monotonic()
        worker.orders.put(worker.trial)

    def _hear(self) -> None:
        try:
            kind, number, content = self.news.get(timeout=PATIENCE)
        except queue.Empty:
            self._check_alive()
            return
        worker = self.workers[number]
        if kind == "error":
            raise SweepError(f"{worker.trial}: {content}")
        if kind == "share" and worker.trial:
            self.progress.working(number, worker.trial, content)
        if kind == "done" and worker.trial:
            self.progress.finished(number, worker.trial, time.monotonic() - worker.began)
            self._give(number)

    def _check_alive(self) -> None:
        for number, worker in enumerate(self.workers):
            if worker.process.is_alive() or worker.trial is None:
                continue
            trial = worker.trial
            if trial in self.retried:
                raise SweepError(
                    f"{trial}: its worker died twice (exit code {worker.process.exitcode}), most likely for want of "
                    "memory; run with fewer --workers. Finished trials are safe; the same command resumes."
                )
            self.retried.add(trial)
            self.left.append(trial)
            with _single_threaded():
                self.workers[number] = self._hire(number)
            self._give(number)


@contextlib.contextmanager
def _single_threaded():
    """Children started inside this block compute with one thread of the processor, even where there is a GPU."""
    before = {name: os.environ.get(name) for name in ("XLA_FLAGS", "JAX_PLATFORMS")}
    os.environ["XLA_FLAGS"] = f"{before['XLA_FLAGS'] or ''} {THREADS}".strip()
    os.environ["JAX_PLATFORMS"] = "cpu"
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


def _work(number: int, path: str, orders, news) -> None:
    """The life of a worker: one trial after another until its parent kills it or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with, args=(multiprocessing.parent_process().pid,), daemon=True).start()
    remember_programs()
    store, compiled = Store(path), None
    while True:
        trial = orders.get()
        if program(trial) != compiled:
            # programs of finished populations would pile up to over a gigabyte
            jax.clear_caches()
            compiled = program(trial)
        try:
            run(trial, store, lambda share: news.put(("share", number, share)))
            news.put(("done", number, None))
        except Exception as error:
            news.put(("error", number, f"{type(error).__name__}: {error}\n{traceback.format_exc()}"))


def _die_with(parent: int) -> None:
    """Ends this process soon after its parent is gone, however that ended."""
    while os.getppid() == parent:
        time.sleep(PATIENCE)
    os._exit(1)
