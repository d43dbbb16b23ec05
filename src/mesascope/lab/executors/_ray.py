"""Many trials on a Ray cluster: one actor a core, or a share of a GPU, each with one unit of trials at a time."""

import collections
import contextlib
import dataclasses
import logging
import os
import platform
import socket
import time
import warnings
from collections.abc import Callable

import jax

from ... import __version__
from ...models import AbstractModel
from .._programs import OneProgram, remember_programs
from .._run import Result, result
from .._store import Store
from .._train import train
from .._weights import from_arrays
from ..trials import Trial, describe, from_description, trial_id
from ._agenda import Agenda, Unit, died_twice
from ._base import AbstractExecutor, Progress, SweepError
from ._local import single_threaded
from ._population import results_together, units_of

POLL = 1.0
"""Seconds between looks at how far the actors are."""

ANSWER_TIME = 5.0
"""Seconds in which somebody must answer at the address."""

LOG = "ray.log"

SILENCE = 20.0
"""Seconds without an answer after which an actor is given up; Ray itself waits for over a minute."""

MOST_SILENCES = 3
"""Actors that may fall silent over one unit."""

MOST_FAILED_STARTS = 5
"""Actors in a row that may die before they have said who they are."""

CLUSTER_TIME = 90.0
"""Seconds in which the first actor must start."""


@dataclasses.dataclass(frozen=True)
class RayCluster(AbstractExecutor):
    """A Ray cluster, or this machine through Ray.

    Every actor hands its results to the driver, which publishes them: the nodes need no common file system. With a node
    the trials in the hands of its actors are lost, and nothing else; other actors do them, and actors start on nodes
    that join later.

    Fields:
        address: HOST:PORT of a cluster that this machine is a node of, ray://HOST:PORT of any, or auto; None for what
            the variable RAY_ADDRESS names, or else a cluster of this machine alone.
        workers: number of actors; None for one a core, or with `on_gpu` one a share of a GPU.
        on_gpu: whether the actors train populations on GPUs.
        gpu_share: GPUs an actor takes; below 1 several share one.
    """

    address: str | None = None
    workers: int | None = None
    on_gpu: bool = False
    gpu_share: float = 1.0

    def _run(self, left: list[Trial], store: Store, progress: Progress) -> None:
        ray = _ray()
        # Ray tells of lost nodes on standard output, which is not its own
        with (
            open(store.path / LOG, "a", encoding="utf-8") as log,
            contextlib.redirect_stdout(log),
            _connected(ray, self.address, self.workers),
        ):
            units = units_of(left, self.on_gpu)
            sweep = _Sweep(
                ray, Agenda(units), self._actor(ray), self._room(ray, len(units)), self.on_gpu, store, progress
            )
            nodes = sum(node["Alive"] for node in ray.nodes())
            said = f"what Ray itself says goes to {store.path / LOG}"
            progress.note(f"Ray: {nodes} nodes, {len(sweep.workers)} actors; {said}")
            sweep.run()

    def _room(self, ray, most: int) -> Callable[[], int]:
        """A function that tells how many actors there should be now, at least one."""

        def room() -> int:
            resources = ray.cluster_resources()
            slots = resources.get("GPU", 0) / self.gpu_share if self.on_gpu else resources.get("CPU", 0)
            return max(min(self.workers or int(slots), most), 1)

        if self.on_gpu and not ray.cluster_resources().get("GPU"):
            raise SweepError(
                "--device gpu: no node of the Ray cluster has a GPU; start one with `ray start --num-gpus=...` on a "
                "machine that has, or leave the option out."
            )
        return room

    def _actor(self, ray) -> Callable:
        """A function that starts one actor."""
        share = {"XLA_PYTHON_CLIENT_MEM_FRACTION": f"{0.9 * min(self.gpu_share, 1):.3f}"}
        options = {
            "num_cpus": 1,
            "num_gpus": self.gpu_share if self.on_gpu else 0,
            "runtime_env": {"env_vars": share if self.on_gpu else single_threaded()},
            # one runs a unit while the other answers how far it is
            "max_concurrency": 2,
        }
        kind = ray.remote(_Actor).options(**options)
        return lambda: kind.remote(self.on_gpu)


class _Actor:
    """What lives on a node."""

    def __init__(self, on_gpu: bool):
        remember_programs()
        self.on_gpu, self.share, self.programs = on_gpu, 0.0, OneProgram()

    def introduce(self) -> dict[str, str]:
        """Where it lives and what it is made of."""
        import ray

        where = {"id": ray.get_runtime_context().get_node_id(), "node": socket.gethostname()}
        return where | {"backend": jax.default_backend()} | _versions()

    def run(self, descriptions: list[dict], weights: dict[str, dict]) -> list[tuple[Result, float]]:
        """Trains and measures a unit; results with their seconds, in the order of the descriptions.

        Args:
            descriptions: of its trials.
            weights: arrays of the trials that these require, by id.
        """
        unit = tuple(from_description(values) for values in descriptions)
        self.programs.turn_to(unit[0])
        self.share, began = 0.0, time.monotonic()

        def given(trial: Trial) -> AbstractModel:
            return from_arrays(trial, weights[trial_id(trial)])[-1].model

        if self.on_gpu:
            found = dict(results_together(unit, self._hear, given=given))
            seconds = (time.monotonic() - began) / len(unit)
            return [(found[trial], seconds) for trial in unit]
        return [(result(unit[0], train(unit[0], self._hear, given)), time.monotonic() - began)]

    def share_done(self) -> float:
        """The share of the training of the unit at work that is done."""
        return self.share

    def _hear(self, share: float) -> None:
        self.share = share


@dataclasses.dataclass
class _Worker:
    handle: object
    waits_for: object
    unit: Unit | None = None
    previous: Unit | None = None
    node: str | None = None
    name: str | None = None
    telling: object = None
    asked: float = 0.0


class _Sweep:
    """The driver's side: which actor has which unit, and what becomes of it."""

    def __init__(self, ray, agenda: Agenda, actor, room, on_gpu: bool, store: Store, progress: Progress):
        self.ray, self.agenda, self.actor, self.room, self.on_gpu = ray, agenda, actor, room, on_gpu
        self.store, self.progress = store, progress
        self.last_look = self.last_start = time.monotonic()
        self.deaths: dict[Unit, list[str]] = collections.defaultdict(list)
        self.silences: collections.Counter[Unit] = collections.Counter()
        self.failed_starts = 0
        self.workers: dict[int, _Worker] = {}
        self._grow()

    def run(self) -> None:
        while self.agenda or any(worker.unit for worker in self.workers.values()):
            waiting = {worker.waits_for: number for number, worker in self.workers.items() if worker.waits_for}
            self.ray.wait(list(waiting), num_returns=1, timeout=POLL)
            ready, _ = self.ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
            for reference in ready:
                # the loss of one actor may have given another something else to do
                if self.workers[waiting[reference]].waits_for == reference:
                    self._take_in(waiting[reference], reference)
            self._look()

    def _grow(self) -> None:
        """Starts the actors for which there is room by now."""
        while self.agenda and len(self.workers) < self.room():
            self.workers[len(self.workers)] = self._hire()

    def _hire(self) -> _Worker:
        handle = self.actor()
        return _Worker(handle, handle.introduce.remote())

    def _take_in(self, number: int, reference) -> None:
        worker = self.workers[number]
        try:
            answer = self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:
            raise SweepError(f"{worker.unit and worker.unit[0]}: {error}") from error
        except self.ray.exceptions.RayError as error:
            self._lose(number, error)
            return
        if worker.unit is None:
            self._welcome(worker, answer)
        else:
            for trial, (found, seconds) in zip(worker.unit, answer):
                self.store.publish(trial, *found)
                self.progress.finished(number, trial, seconds)
        self._give(worker)

    def _welcome(self, worker: _Worker, answer: dict[str, str]) -> None:
        """An actor has said where it lives and what it is made of."""
        _check_versions(answer)
        if self.on_gpu:
            _check_backend(answer)
        worker.node, worker.name = answer["id"], answer["node"]
        self.failed_starts, self.last_start = 0, time.monotonic()

    def _give(self, worker: _Worker) -> None:
        worker.previous, worker.unit = worker.unit or worker.previous, None
        worker.unit = self.agenda.take(worker.previous, [other.unit for other in self.workers.values() if other.unit])
        descriptions = [describe(trial) for trial in worker.unit or ()]
        # the nodes need not see the store
        required = dict.fromkeys(one for trial in worker.unit or () for one in trial.requires)
        weights = {trial_id(one): self.store.weights(one) for one in required}
        worker.waits_for = worker.handle.run.remote(descriptions, weights) if worker.unit else None
        worker.telling = None

    def _lose(self, number: int, error: Exception | None) -> None:
        """An actor or its node is gone, or says nothing any more: what it had in hand goes back, and another actor
        starts where there is room."""
        worker = self.workers[number]
        if worker.unit is None:
            self._check_start(error)
        else:
            how = "lost its worker" if error else f"has not answered for {SILENCE:.0f} s"
            self.progress.note(f"node {worker.name} {how}; others do again what it had in hand")
            self._count(worker, died=error is not None)
            self.agenda.put_back(worker.unit)
        self.ray.kill(worker.handle)
        self.workers[number] = self._hire()
        for idle in self.workers.values():
            if idle.node and idle.unit is None:
                self._give(idle)

    def _count(self, worker: _Worker, died: bool) -> None:
        """A unit whose workers died twice on nodes that live, or fell silent again and again, is at fault itself."""
        if died:
            self.deaths[worker.unit].append(worker.node)
            living = {node["NodeID"] for node in self.ray.nodes() if node["Alive"]}
            if sum(node in living for node in self.deaths[worker.unit]) > 1:
                raise died_twice(worker.unit, f"on {worker.name}")
            return
        self.silences[worker.unit] += 1
        if self.silences[worker.unit] == MOST_SILENCES:
            raise SweepError(
                f"{worker.unit[0]}: {MOST_SILENCES} workers fell silent over it, the last on {worker.name}, most "
                "likely because nodes are short of memory. Finished trials are safe; the same command resumes."
            )

    def _check_start(self, error: Exception) -> None:
        self.failed_starts += 1
        if "No module named" in str(error):
            raise SweepError(
                f"a node of the Ray cluster lacks the package: {str(error).strip().splitlines()[-1]}. Every node needs "
                f"it: pip install 'mesascope[cluster]=={__version__}'. Finished trials are safe; the same command "
                "resumes."
            ) from error
        if self.failed_starts > MOST_FAILED_STARTS:
            raise SweepError(f"actors fail to start on the Ray cluster: {error}") from error

    def _look(self) -> None:
        """Asks busy actors how far they are, and gives up on a cluster on which none starts."""
        now = time.monotonic()
        if now - self.last_look < POLL:
            return
        if any(worker.node for worker in self.workers.values()):
            self.last_start = now
        elif now - self.last_start > CLUSTER_TIME:
            raise SweepError(
                f"no actor has started on the Ray cluster in {CLUSTER_TIME:.0f} s: no node has a free core (or GPU); "
                "`ray status` says who holds them. Finished trials are safe; the same command resumes."
            )
        for number, worker in list(self.workers.items()):
            if worker.unit is not None:
                self._ask(number, worker, now)
        self._grow()
        self.last_look = time.monotonic()

    def _ask(self, number: int, worker: _Worker, now: float) -> None:
        if worker.telling is not None:
            if not self.ray.wait([worker.telling], timeout=0)[0]:
                if now - worker.asked > SILENCE:
                    self._lose(number, None)
                return
            with contextlib.suppress(self.ray.exceptions.RayError):
                # its loss is noticed where its result is waited for
                self.progress.working(number, worker.unit[0], self.ray.get(worker.telling))
        worker.telling, worker.asked = worker.handle.share_done.remote(), now


def _versions() -> dict[str, str]:
    return {"mesascope": __version__, "jax": jax.__version__, "python": platform.python_version()}


def _check_backend(answer: dict[str, str]) -> None:
    """A node may have a GPU that JAX does not see."""
    if answer["backend"] != "gpu":
        raise SweepError(
            f"--device gpu: JAX sees no GPU on node {answer['node']} of the Ray cluster, only {answer['backend']}; "
            "install jax[cuda13] there."
        )


def _check_versions(answer: dict[str, str]) -> None:
    """Records of one sweep are by one version of everything."""
    ours = _versions()
    other = {part: answer[part] for part in ours if answer[part] != ours[part]}
    if other:
        theirs = ", ".join(f"{part} {version}" for part, version in other.items())
        needed = ", ".join(f"{part} {ours[part]}" for part in other)
        raise SweepError(
            f"node {answer['node']} of the Ray cluster has {theirs} where this machine has {needed}; install the same "
            "versions everywhere. Finished trials are safe; the same command resumes."
        )


def _ray():
    """The library, with its reports home and its rebuilding of environments off."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    # what becomes the default of a later version, said here so that no warning is
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise SweepError("--executor ray needs Ray: pip install 'mesascope[cluster]'.") from error
    return ray


@contextlib.contextmanager
def _connected(ray, address: str | None, workers: int | None):
    """Within this block the process is a driver of the cluster; a connection of the caller's own is used and kept."""
    if ray.is_initialized():
        yield
        return
    address = address or os.environ.get("RAY_ADDRESS")
    try:
        # Ray starts its processes by fork and exec at once, which JAX's warning is not about
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
            _init(ray, address, workers)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise SweepError(f"no connection to the Ray cluster {address or 'of this machine'}: {error}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _init(ray, address: str | None, workers: int | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        ray.init("local", num_cpus=workers, include_dashboard=False, object_store_memory=100 * 2**20, **quiet)
    else:
        _check_answer(address)
        ray.init(address=address, **quiet)


def _check_answer(address: str) -> None:
    """Raises an OSError at once where nobody listens, which Ray would find out in minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER_TIME).close()
    except OSError as error:
        raise ConnectionError(
            f"nobody answers there ({error.strerror or error}); give the address that `ray start --head` printed"
        ) from error
