"""Many trials on a Slurm cluster: a sweep is a job array, and the store is where its tasks and the driver meet."""

import dataclasses
import functools
import math
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time
import uuid

import jax
import msgspec

from .._programs import OneProgram, remember_programs
from .._run import given_by, run
from .._store import Store
from ..trials import Trial, describe, from_description
from ._agenda import Unit, unit_cost
from ._base import AbstractExecutor, Progress, SweepError
from ._local import compute_alone
from ._population import results_together, units_of

POLL = 2.0
"""Seconds between looks at the store."""

QUEUE_POLL = 15.0
"""Seconds between questions to Slurm's controller, which serves everybody."""

GRACE = 60.0
"""Seconds that a network file system may take to show what a node has written."""

MOST_TASKS = 1000
"""Of an array: what Slurm allows unless told otherwise."""

SLOWEST = 8e8
"""Units of cost a second below which no core is expected to fall; decides how much time is asked for."""

LONGEST = 24 * 60
"""Minutes asked for at most; a task that needs more goes back into the queue."""

MOST_TIMEOUTS = 100
"""How often it may."""

WAIT = 60.0
"""Seconds in the queue after which it is said what the sweep waits for."""

HOLLOW = ("srun:", "slurmstepd", "----", "For simplicity, JAX has removed")

ROUNDS = 2
"""How often a share is submitted: a task that ends before its work is done is tried once more."""


@dataclasses.dataclass(frozen=True)
class SlurmArray(AbstractExecutor):
    """A job array on a Slurm cluster, with the store on a file system that all nodes see.

    A task does its share of the trials one after another and publishes each. When it is preempted, or its time is up,
    it goes back into the queue and resumes where it was. What else `sbatch` should know (partition, account, time
    limit, memory) is said by its environment variables, SBATCH_PARTITION and so on, which take precedence.

    Fields:
        workers: number of tasks; None for one a trial, or with `on_gpu` one a population, up to `MOST_TASKS`.
        on_gpu: whether each task trains populations on a GPU of its own.
    """

    workers: int | None = None
    on_gpu: bool = False

    def _run(self, left: list[Trial], store: Store, progress: Progress) -> None:
        _check_installed()
        for number in range(ROUNDS):
            shares = self._shares(left)
            plan = _write_plan(store, shares, self.on_gpu)
            if number:
                progress.note(f"Slurm: {len(left)} trials were lost with their tasks and are submitted once more")
            jobs = self._submit(plan, shares)
            progress.note(f"Slurm: job {jobs[0].job_id.partition('_')[0]}, {len(jobs)} tasks; logs in {plan.parent}")
            left = _watch(left, store, jobs, progress)
            if not left:
                return
        raise SweepError(f"{left[0]}: its task ended twice before it was done. {_last_words(jobs, left, shares)}")

    def _shares(self, left: list[Trial]) -> list[list[Unit]]:
        """Units dealt out to tasks, the costliest first, each to the task that has least."""
        units = units_of(left, self.on_gpu)
        count = min(self.workers or MOST_TASKS, len(units), MOST_TASKS)
        shares: list[list[Unit]] = [[] for _ in range(count)]
        loads = [0.0] * count
        for unit in sorted(units, key=lambda unit: -unit_cost(unit)):
            least = loads.index(min(loads))
            shares[least].append(unit)
            loads[least] += unit_cost(unit)
        return [sorted(share, key=lambda unit: hash(unit[0].program)) for share in shares]

    def _submit(self, plan: pathlib.Path, shares: list[list[Unit]]) -> list:
        import submitit

        executor = submitit.SlurmExecutor(folder=plan.parent, max_num_timeout=MOST_TIMEOUTS)
        minutes = min(math.ceil(max(sum(map(unit_cost, share)) for share in shares) / SLOWEST / 60) + 10, LONGEST)
        gpus = {"gpus_per_node": 1} if self.on_gpu else {}
        executor.update_parameters(
            job_name="mesascope", time=minutes, cpus_per_task=1, array_parallelism=MOST_TASKS, **gpus
        )
        try:
            return executor.map_array(Share(os.fspath(plan)), range(len(shares)))
        except (submitit.core.utils.FailedJobError, subprocess.CalledProcessError, OSError) as error:
            said = getattr(error, "stderr", None) or error
            raise SweepError(f"sbatch refused the job: {str(said).strip()}") from error


@dataclasses.dataclass(frozen=True)
class Share:
    """What a task of the array calls: it runs one share of a plan, but for what the store has by now.

    Fields:
        plan: path of the plan, JSON.
    """

    plan: str

    def __call__(self, number: int) -> None:
        # compiled code hears no signals, and Slurm announces preemption and the end of time by one
        worker = _Thread(functools.partial(_work, self.plan, number))
        worker.start()
        while worker.is_alive():
            worker.join(timeout=1.0)
        if worker.error is not None:
            raise worker.error

    def checkpoint(self, number: int):
        """What Slurm's queue takes back: the same call, since what is published is not done again."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, number)


class _Thread(threading.Thread):
    """A thread that keeps the exception that ended it."""

    def __init__(self, work):
        threading.Thread.__init__(self, daemon=True)
        self.work, self.error = work, None

    def run(self) -> None:
        try:
            self.work()
        except Exception as error:
            self.error = error


def _work(path: str, number: int) -> None:
    plan = msgspec.json.decode(pathlib.Path(path).read_bytes())
    if not plan["on_gpu"]:
        compute_alone()
    elif jax.default_backend() != "gpu":
        raise SweepError(f"--device gpu: JAX sees no GPU on node {socket.gethostname()}; install jax[cuda13] there.")
    remember_programs()
    store = Store(plan["store"])
    programs = OneProgram()
    for descriptions in plan["shares"][number]:
        trials = [from_description(values) for values in descriptions]
        missing = tuple(trial for trial in trials if trial not in store)
        programs.turn_to(trials[0])
        if missing and plan["on_gpu"]:
            for trial, found in results_together(missing, given=given_by(store)):
                store.publish(trial, *found)
        elif missing:
            run(missing[0], store)


def _write_plan(store: Store, shares: list[list[Unit]], on_gpu: bool) -> pathlib.Path:
    folder = store.path.absolute() / "slurm" / uuid.uuid4().hex[:12]
    folder.mkdir(parents=True)
    described = [[[describe(trial) for trial in unit] for unit in share] for share in shares]
    values = {"store": os.fspath(store.path.absolute()), "on_gpu": on_gpu, "shares": described}
    path = folder / "plan.json"
    path.write_bytes(msgspec.json.encode(values))
    return path


def _watch(left: list[Trial], store: Store, jobs: list, progress: Progress) -> list[Trial]:
    """Waits until all is published, or the queue has had nothing of it for a while; what is missing then."""
    identity = jobs[0].job_id.partition("_")[0]
    queue = _Queue(identity, progress)
    try:
        while left and not queue.gone():
            time.sleep(POLL)
            left = _tell(left, store, progress)
        return left
    finally:
        if left:
            subprocess.run(["scancel", "--quiet", identity], check=False, capture_output=True)


class _Queue:
    """What Slurm's queue has of an array, asked now and then."""

    def __init__(self, identity: str, progress: Progress):
        self.identity, self.progress = identity, progress
        self.asked, self.ran = -math.inf, time.monotonic()
        self.empty_since: float | None = None

    def gone(self) -> bool:
        """Whether the queue has had nothing of the array for longer than a file system needs."""
        now = time.monotonic()
        if now - self.asked > QUEUE_POLL:
            self.asked = now
            self._look(now)
        return self.empty_since is not None and now - self.empty_since > GRACE

    def _look(self, now: float) -> None:
        found = _queue(self.identity)
        if found:
            self.empty_since = None
        elif self.empty_since is None:
            self.empty_since = now
        if not found or any(state != "PENDING" for state, _ in found):
            self.ran = now
        elif now - self.ran > WAIT:
            reasons = ", ".join(sorted({reason for _, reason in found}))
            self.progress.note(f"Slurm: all tasks of job {self.identity} wait in the queue ({reasons})")
            self.ran = now


def _tell(left: list[Trial], store: Store, progress: Progress) -> list[Trial]:
    """Reports the trials that have been published; those that have not."""
    missing = []
    for trial in left:
        if trial in store:
            progress.finished(0, trial, sum(store.record(trial).values["seconds"].values()))
        else:
            missing.append(trial)
    return missing


def _queue(identity: str) -> list[tuple[str, str]]:
    """State and reason of what Slurm's queue has of an array; one that does not answer counts as having it."""
    command = ["squeue", "--noheader", "--jobs", identity, "--format", "%T %r"]
    asked = subprocess.run(command, check=False, capture_output=True, text=True)
    if asked.returncode:
        # a job that has left the controller's memory is an invalid one
        return [] if "Invalid job id" in asked.stderr else [("UNKNOWN", asked.stderr.strip())]
    return [tuple(line.split(maxsplit=1)) for line in asked.stdout.splitlines() if line.strip()]


def _last_words(jobs: list, left: list[Trial], shares: list[list[Unit]]) -> str:
    """The end of the log of the task that had the first of the trials."""
    number = next(i for i, share in enumerate(shares) if any(left[0] in unit for unit in share))
    log = jobs[number].paths.stderr
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return f"It left no log at {log}: did its node see the folder of the store?"
    # what Slurm and JAX add to every end says nothing of this one
    said = [line.strip() for line in lines if line.strip() and not line.startswith(HOLLOW)]
    return f"The end of {log}: {' / '.join(said[-3:])}"


def _check_installed() -> None:
    try:
        import submitit  # noqa: F401
    except ModuleNotFoundError as error:
        raise SweepError("--executor slurm needs submitit: pip install 'mesascope[slurm]'.") from error
    missing = [name for name in ("sbatch", "squeue", "scancel") if shutil.which(name) is None]
    if missing:
        raise SweepError(
            f"--executor slurm: {', '.join(missing)} not found; run it where jobs are submitted, or leave it out."
        )
