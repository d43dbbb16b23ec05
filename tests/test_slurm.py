"""A sweep on a real Slurm of one node on loopback: the records of one process, through a requeue too."""

import getpass
import os
import shutil
import socket
import subprocess
import threading
import time

import pytest
from executors import Listener, assert_same, trainings

from mesascope.lab import Local, SlurmArray, Store, SweepError
from mesascope.lab.executors import _slurm

pytest.importorskip("submitit", reason="needs the extra `slurm`")
NEEDED = ("slurmctld", "slurmd", "munged", "mungekey")
PATH = os.environ["PATH"] + ":/usr/sbin"
WITHOUT = [name for name in NEEDED if shutil.which(name, path=PATH) is None]
with_slurm = pytest.mark.skipif(bool(WITHOUT), reason=f"needs Slurm and munge; missing: {', '.join(WITHOUT)}")

CONFIGURATION = """\
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldPort={controller}
SlurmdPort={daemon}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES State=UP
"""


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """Slurm and munge in the foreground, in a folder of their own."""
    # the names of sockets must be short
    folder = tmp_path_factory.mktemp("slurm", numbered=True)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    folder.chmod(0o755)
    host = socket.gethostname().partition(".")[0]
    ports = {"controller": _free_port(), "daemon": _free_port()}
    text = CONFIGURATION.format(host=host, user=getpass.getuser(), folder=folder, **ports)
    (folder / "slurm.conf").write_text(text)
    patch = pytest.MonkeyPatch()
    patch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
    patch.setenv("PATH", PATH)
    key, munge = folder / "munge.key", folder / "munge"
    subprocess.run(["mungekey", "--create", f"--keyfile={key}"], check=True)
    files = [f"--{name}-file={munge}.{name}" for name in ("pid", "log", "seed")]
    daemons = [["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={munge}.socket", *files]]
    daemons += [["slurmctld", "-D"], ["slurmd", "-D", "-N", host]]
    running = []
    try:
        with open(folder / "log", "w") as log:
            for command in daemons:
                running.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))
                time.sleep(1)
            _await_idle(folder)
            yield folder
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()
        patch.undo()


def _await_idle(folder) -> None:
    for _ in range(60):
        if "idle" in subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True).stdout:
            return
        time.sleep(0.5)
    raise RuntimeError((folder / "log").read_text())


@with_slurm
def test_an_array_that_is_requeued_makes_what_one_process_makes(slurm, tmp_path):
    alone, store = Store(tmp_path / "alone"), Store(tmp_path / "slurm")
    Local(1).run(trainings(), alone, Listener())
    requeued = threading.Event()

    def requeue(count: int) -> None:
        if count == 1:
            (job,) = {line.split()[0] for line in _squeue("%A").splitlines() if line}
            subprocess.run(["scontrol", "requeue", job], check=True)
            threading.Thread(target=_hurry, args=(job, requeued)).start()

    listener = Listener(requeue)
    SlurmArray(1).run(trainings(), store, listener)
    assert requeued.is_set() and listener.count == len(set(listener.trials)) == 10
    assert_same(alone, store)
    again = Listener()
    SlurmArray(2).run(trainings(), store, again)
    assert (again.known, again.count, again.notes) == (10, 0, [])


def _squeue(form: str) -> str:
    return subprocess.run(["squeue", "-h", "-o", form], capture_output=True, text=True, check=True).stdout


def _hurry(job: str, requeued: threading.Event) -> None:
    """Slurm lets a requeued job wait for two minutes; not here."""
    for _ in range(100):
        time.sleep(0.5)
        if "PENDING" in _squeue("%T"):
            requeued.set()
            subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now"], check=False)
            return


@with_slurm
def test_two_tasks_share_a_sweep_and_one_that_fails_is_tried_again_and_quoted(slurm, tmp_path, monkeypatch):
    store, listener = Store(tmp_path / "runs"), Listener()
    SlurmArray(2).run(trainings()[7:9], store, listener)
    assert listener.count == 2 and "2 tasks" in listener.notes[0]
    monkeypatch.setattr(_slurm, "QUEUE_POLL", 1.0)
    monkeypatch.setattr(_slurm, "GRACE", 3.0)
    monkeypatch.setenv("XLA_FLAGS", "--nonsense")
    with pytest.raises(SweepError, match=r"its task ended twice before it was done. The end of .*nonsense"):
        SlurmArray(1).run(trainings()[:1], store, listener)
    assert "1 trials were lost with their tasks and are submitted once more" in listener.notes[2]


@with_slurm
def test_what_sbatch_refuses_is_quoted(slurm, tmp_path, monkeypatch):
    monkeypatch.setenv("SBATCH_PARTITION", "nowhere")
    with pytest.raises(SweepError, match=r"sbatch refused the job: .*invalid partition"):
        SlurmArray(1).run(trainings()[:1], Store(tmp_path), Listener())


def test_without_slurm_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SweepError, match=r"--executor slurm: sbatch, squeue, scancel not found"):
        SlurmArray(1).run(trainings()[:1], Store(tmp_path / "runs"), Listener())


def test_a_task_that_comes_back_does_only_what_is_missing(tmp_path, monkeypatch):
    """As on a node with a GPU: of the first population all is there, of the second one network."""
    store, asked = Store(tmp_path), []
    units = [tuple(trainings()[:3]), tuple(trainings()[7:9])]
    for trial in (*units[0], units[1][0]):
        store.publish(trial, {}, {"bits": [0.0]}, {})
    plan = _slurm._write_plan(store, [units], on_gpu=True)
    monkeypatch.setattr(_slurm.jax, "default_backend", lambda: "gpu")
    monkeypatch.setattr(_slurm, "remember_programs", lambda: None)
    monkeypatch.setattr(_slurm, "results_together", lambda unit, given: asked.append(unit) or [])
    _slurm._work(str(plan), 0)
    assert asked == [units[1][1:]]
