"""Many trials on a Slurm cluster: a sweep is a job array, and the store is where its tasks and the driver meet."""

import dataclasses
import functools
import math
import os
import pathlib
import shutil
import subprocess
import threading
import time
import uuid

import msgspec

from .._programs import remember_programs
from .._run import run
from .._store import Store
from .._train import program
from .._trial import Trial, cost, describe, from_description
from ._agenda import Unit
from ._base import AbstractExecutor, Progress, SweepError
from ._local import compute_alone
from ._population import populations, results_together

POLL = 2.0
"""Seconds between looks at the queue and the store."""

MOST_TASKS = 1000
"""Of an array: what Slurm allows unless told otherwise."""

SLOWEST = 2e8
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
        """Units dealt out to tasks, the costliest first, each to the task that has least; a program's stay together."""
        units = populations(left) if self.on_gpu else [(trial,) for trial in left]
        count = min(self.workers or MOST_TASKS, len(units), MOST_TASKS)
        shares: list[list[Unit]] = [[] for _ in range(count)]
        loads = [0.0] * count
        for unit in sorted(units, key=lambda unit: -_cost(unit)):
            least = loads.index(min(loads))
            shares[least].append(unit)
            loads[least] += _cost(unit)
        return [sorted(share, key=lambda unit: hash(program(unit[0]))) for share in shares]

    def _submit(self, plan: pathlib.Path, shares: list[list[Unit]]) -> list:
        import submitit

        executor = submitit.SlurmExecutor(folder=plan.parent, max_num_timeout=MOST_TIMEOUTS)
        minutes = min(math.ceil(max(sum(map(_cost, share)) for share in shares) / SLOWEST / 60) + 10, LONGEST)
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
    remember_programs()
    store = Store(plan["store"])
    for descriptions in plan["shares"][number]:
        unit = tuple(from_description(values) for values in descriptions)
        if plan["on_gpu"]:
            for trial, found in results_together(tuple(trial for trial in unit if trial not in store) or unit):
                store.publish(trial, *found)
        else:
            run(unit[0], store)


def _write_plan(store: Store, shares: list[list[Unit]], on_gpu: bool) -> pathlib.Path:
    folder = store.path.absolute() / "slurm" / uuid.uuid4().hex[:12]
    folder.mkdir(parents=True)
    described = [[[describe(trial) for trial in unit] for unit in share] for share in shares]
    values = {"store": os.fspath(store.path.absolute()), "on_gpu": on_gpu, "shares": described}
    path = folder / "plan.json"
    path.write_bytes(msgspec.json.encode(values))
    return path


def _watch(left: list[Trial], store: Store, jobs: list, progress: Progress) -> list[Trial]:
    """Waits until all is published or the queue has nothing of it any more; what is missing then."""
    identity, ran = jobs[0].job_id.partition("_")[0], time.monotonic()
    try:
        while True:
            # in this order, what a task published with its last breath is seen
            queue = _queue(identity)
            left = _tell(left, store, progress)
            if not left or not queue:
                return left
            if any(state != "PENDING" for state, _ in queue):
                ran = time.monotonic()
            elif time.monotonic() - ran > WAIT:
                reasons = ", ".join(sorted({reason for _, reason in queue}))
                progress.note(f"Slurm: all tasks of job {identity} wait in the queue ({reasons})")
                ran = time.monotonic()
            time.sleep(POLL)
    finally:
        if left:
            subprocess.run(["scancel", "--quiet", identity], check=False, capture_output=True)


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


def _cost(unit: Unit) -> float:
    return sum(map(cost, unit))
