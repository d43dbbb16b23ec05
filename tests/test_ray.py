"""A sweep on a Ray cluster of several nodes on loopback: the records of one process, whatever becomes of a node."""

import contextlib
import os
import signal
import subprocess
import types

import pytest
from executors import Listener, assert_same, trainings

from mesascope.lab import Local, RayCluster, Store, SweepError
from mesascope.lab.executors import _ray
from mesascope.lab.executors._agenda import Agenda

os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
pytest.importorskip("ray", reason="needs the extra `cluster`")
from ray.cluster_utils import Cluster  # noqa: E402

NODE = {"object_store_memory": 80 * 2**20}

pytestmark = pytest.mark.filterwarnings("default")  # Ray's own


@pytest.fixture
def cluster():
    """A head that computes nothing."""
    head = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **NODE})
    yield head
    head.shutdown()


class Frozen:
    """A node whose processes stand still: it neither answers nor hangs up."""

    def __init__(self, node):
        raylet = node.all_processes["raylet"][0].process.pid
        children = subprocess.run(["pgrep", "-P", str(raylet)], capture_output=True, text=True).stdout.split()
        self.processes = [raylet, *map(int, children)]
        for process in self.processes:
            os.kill(process, signal.SIGSTOP)

    def end(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def test_nodes_that_are_killed_or_fall_silent_cost_only_what_they_had_in_hand(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("mesascope.lab.executors._ray.SILENCE", 6.0)
    alone, store = Store(tmp_path / "alone"), Store(tmp_path / "ray")
    Local(1).run(trainings(4), alone, Listener())
    nodes, frozen = [cluster.add_node(num_cpus=1, **NODE) for _ in range(3)], []

    def disturb(count: int) -> None:
        # once every node has an actor at work
        if len(listener.workers) == 3 and nodes[1] in cluster.worker_nodes:
            cluster.remove_node(nodes[1], allow_graceful=False)
        elif len(listener.workers) == 3 and not frozen:
            frozen.append(Frozen(nodes[2]))

    listener = Listener(disturb)
    try:
        RayCluster(cluster.address).run(trainings(4), store, listener)
    finally:
        for node in frozen:
            node.end()
    assert frozen and nodes[1] not in cluster.worker_nodes
    assert listener.count == len(set(listener.trials)) == 16
    assert listener.notes[0].startswith("Ray: 4 nodes, 3 actors")
    assert any("lost its worker" in note for note in listener.notes)
    assert any("has not answered for 6 s" in note for note in listener.notes)
    assert_same(alone, store)

    again = Listener()
    RayCluster(cluster.address).run(trainings(4), store, again)
    assert (again.known, again.count, again.notes) == (16, 0, [])


def test_a_node_without_the_package_is_told_what_to_install(cluster, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, importlib.abc\n"
        "class Lacking(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'mesascope':\n"
        "            raise ModuleNotFoundError(\"No module named 'mesascope'\")\n"
        "sys.meta_path.insert(0, Lacking())\n"
    )
    cluster.add_node(num_cpus=1, env_vars={"PYTHONPATH": str(tmp_path)}, **NODE)
    with pytest.raises(SweepError, match=r"lacks the package: .*No module named 'mesascope'.*pip install 'mesascope\["):
        RayCluster(cluster.address).run(trainings()[:1], Store(tmp_path / "runs"), Listener())
    assert not Store(tmp_path / "runs").all_trials()


def test_a_cluster_without_a_gpu_says_so(cluster, tmp_path):
    cluster.add_node(num_cpus=1, **NODE)
    with pytest.raises(SweepError, match=r"--device gpu: no node of the Ray cluster has a GPU"):
        RayCluster(cluster.address, on_gpu=True).run(trainings()[:1], Store(tmp_path), Listener())


def test_gpus_are_packed_by_fraction(cluster, tmp_path, monkeypatch):
    """On a processor that Ray is told has a GPU: two actors share it, each with a whole population."""
    cluster.add_node(num_cpus=4, num_gpus=1, **NODE)
    store, listener, on_gpu = Store(tmp_path), Listener(), RayCluster(cluster.address, on_gpu=True, gpu_share=0.5)
    with pytest.raises(SweepError, match=r"JAX sees no GPU on node .*, only cpu; install jax\[cuda13\] there"):
        on_gpu.run(trainings()[6:9], store, listener)
    monkeypatch.setattr("mesascope.lab.executors._ray._check_backend", lambda answer: None)
    on_gpu.run([*trainings()[6:9], *trainings(4)[:12]], store, listener)
    assert listener.notes[0].startswith("Ray: 2 nodes, 2 actors")
    # whoever took a whole GPU would have kept the other out
    assert listener.workers == {0, 1}
    assert [record.values["population"] for record in store.records(trainings()[7:9])] == [2, 2]


def test_actors_start_on_nodes_that_join(cluster, tmp_path):
    cluster.add_node(num_cpus=1, **NODE)
    joined = []
    listener = Listener(lambda count: joined or joined.append(cluster.add_node(num_cpus=1, **NODE)))
    RayCluster(cluster.address).run(trainings(8)[:24], Store(tmp_path), listener)
    assert listener.notes[0].startswith("Ray: 2 nodes, 1 actors")
    assert listener.workers == {0, 1}


class Fake:
    """Just enough of Ray for a driver whose only actor dies after a long time."""

    class exceptions:  # noqa: N801
        class RayError(Exception):
            pass

        class RayTaskError(RayError):
            pass

    def __init__(self, answers):
        self.answers = answers

    def wait(self, references, num_returns, timeout):
        return references[:num_returns], []

    def get(self, reference):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def nodes(self):
        return []

    def kill(self, handle):
        pass


def test_an_only_actor_that_dies_late_is_replaced_and_not_given_up(tmp_path, monkeypatch):
    """The time in which the first actor must start begins anew when the last one is lost."""
    clock = iter(range(0, 100_000, 60))
    monkeypatch.setattr(_ray, "CLUSTER_TIME", 150.0)
    monkeypatch.setattr(_ray.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(_ray._Sweep, "_ask", lambda *_: None)
    me = {"id": "n", "node": "here", "backend": "cpu", **_ray._versions()}
    unit, found = trainings()[:1], _ray.Result({"id": "x"}, {"bits": [0.0]}, {})
    fake = Fake([me, Fake.exceptions.RayError("gone"), me, [(found, 1.0)]])
    handle = lambda: types.SimpleNamespace(  # noqa: E731
        introduce=types.SimpleNamespace(remote=object), run=types.SimpleNamespace(remote=lambda *_: object())
    )
    listener, store = Listener(), Store(tmp_path)
    _ray._Sweep(fake, Agenda([tuple(unit)]), handle, lambda: 1, False, store, listener).run()
    assert listener.trials == unit and unit[0] in store


def test_an_address_nobody_answers_is_named_at_once(tmp_path):
    with pytest.raises(SweepError, match=r"Ray cluster 127.0.0.1:9: nobody answers there.*`ray start --head` printed"):
        RayCluster("127.0.0.1:9").run(trainings()[:1], Store(tmp_path), Listener())
