"""The same sweep by processes, as a population, over several devices: the same records."""

import multiprocessing
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from executors import Listener, assert_same, contents, trainings

from mesascope.lab import Local, Population, Store, SweepError
from mesascope.lab._together import TooLittleMemory, TrainingPopulation, train_together
from mesascope.lab.executors._agenda import Agenda

TOLERANCE = 1e-3
"""Bits: mapped programs add float32 numbers in another order, and twelve or twenty-four steps amplify that."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Store:
    store = Store(tmp_path_factory.mktemp("alone"))
    listener = Listener()
    Local(1).run(trainings(), store, listener)
    assert (listener.total, listener.count) == (10, 10)
    return store


def assert_close(one: Store, other: Store) -> None:
    a, b = (contents(store, ("seconds", "host", "time", "population", "summary")) for store in (one, other))
    for values in (*a.values(), *b.values()):
        # numbers that come of read-outs and of best temperatures may move by a grid step
        for name in ("temperatures", "signs", "expected"):
            values.pop(name)
    assert a == b
    for trial in one.all_trials():
        x, y = (
            {(r["view"], r["step"], r["index"]): r["bits"] for r in store.record(trial).values["summary"]}
            for store in (one, other)
        )
        assert x.keys() == y.keys()
        # a difference in the last digit of a weight grows while a read-out is fitted, to some hundredths of a bit; a
        # tenth of the smallest effect that matters is the limit
        apart = {key: abs(x[key] - y[key]) for key in x}
        far = {key: by for key, by in apart.items() if by >= (0.2 if "readout" in key[0] else TOLERANCE)}
        assert not far


def _kill_worker(count: int) -> None:
    if count == 2:
        os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)


def test_two_processes_of_which_one_is_killed_make_what_one_makes(alone, tmp_path):
    store, listener = Store(tmp_path), Listener(_kill_worker)
    Local(2).run(trainings(), store, listener)
    assert listener.count == 10
    assert_same(alone, store)


def test_a_population_makes_what_they_make_alone(alone, tmp_path):
    together = Store(tmp_path)
    Population().run(trainings(), together, Listener())
    assert_close(alone, together)
    found = {r.trial: r.values for r in together.records(trainings())}
    # of a program and a number of steps: networks of 12 steps, tables, the network of 24
    assert [found[trial]["population"] for trial in trainings()] == [7] * 7 + [2, 2, 1]
    # the one that diverges disturbs nobody
    assert [values["status"] for values in found.values()] == ["finished"] * 6 + ["diverged"] + ["finished"] * 3


def test_what_comes_next_is_of_the_program_at_hand_else_the_costliest_that_is_free():
    agenda = Agenda((trial,) for trial in trainings())
    network, longer, table = (trainings()[0],), (trainings()[9],), (trainings()[7],)
    first = agenda.take(None, [])
    assert first == longer  # 24 steps; of the networks' program, and the costliest
    assert agenda.take(table, [first])[0].program == table[0].program
    assert agenda.take(None, [table])[0].program == network[0].program
    agenda.put_back(table)
    left = []
    while agenda:
        left.append(agenda.take(None, []))
    assert len(left) == 8 and table in left and agenda.take(None, []) is None


def test_a_worker_that_dies_before_it_is_given_work_is_replaced(tmp_path):
    def kill(count: int) -> None:
        # the one that has just said that it is done, some time before the next trial is handed over
        for child in multiprocessing.active_children() if count == 2 else ():
            child.kill()
            child.join()

    store, listener = Store(tmp_path), Listener(kill)
    Local(1).run(trainings()[:4], store, listener)
    assert listener.count == 4


class _Deadly(Listener):
    def working(self, worker, trial, share):
        for child in multiprocessing.active_children():
            child.kill()


def test_a_trial_that_kills_its_worker_twice_is_named(tmp_path):
    with pytest.raises(SweepError, match=r"Gridloop.*died twice \(exit code -9\).*fewer --workers"):
        Local(1).run(trainings()[-1:], Store(tmp_path), _Deadly())


def test_a_population_is_halved_until_it_fits_and_one_that_never_fits_is_refused():
    trials = trainings()[:6]

    def parts(memory):
        return [len(part) for part, _ in train_together(trials, memory, lambda share: None)]

    assert parts(None) == [6]
    needed = TrainingPopulation(trials).memory()
    assert parts(needed) == [6] and parts(needed - 1) == [3, 3]
    with pytest.raises(TooLittleMemory, match=r"needs .* MiB to train and the device has 0 MiB left; .*--device cpu"):
        parts(1000)


def test_too_little_memory_names_the_trial(tmp_path):
    with pytest.raises(SweepError, match=r"Gridloop.*one network needs .*Finished trials are safe"):
        Population(memory=1000).run(trainings()[:2], Store(tmp_path), Listener())


OVER_DEVICES = """
import sys
import jax
from executors import trainings
from mesascope.lab import Store
from mesascope.lab.executors._agenda import Agenda
from mesascope.lab._together import train_together
from mesascope.lab._weights import to_arrays

assert len(jax.local_devices()) == 4
trials, store = trainings()[:7], Store(sys.argv[1])
((part, networks),) = train_together(trials, None, lambda share: None)
for trial, trained in zip(part, networks):
    store.publish(trial, {}, {"none": [0]}, to_arrays(trained.checkpoints))
"""


def test_a_population_is_spread_over_several_devices(alone, tmp_path):
    """Seven members on four devices: the last has one of its own and a copy."""
    flags = "--xla_force_host_platform_device_count=4"
    environment = os.environ | {"XLA_FLAGS": flags, "PYTHONPATH": os.path.dirname(__file__)}
    subprocess.run([sys.executable, "-c", OVER_DEVICES, str(tmp_path / "spread")], env=environment, check=True)
    spread = Store(tmp_path / "spread")
    for trial in trainings()[:7]:
        there, here = spread.weights(trial), alone.weights(trial)
        assert there.keys() == here.keys()
        for name, value in there.items():
            np.testing.assert_allclose(value, here[name], atol=1e-5)


def test_numbers_that_no_record_can_hold_are_refused():
    wild = trainings()[6]
    with pytest.raises(ValueError, match=r"Training\(learning_rate=inf\): give a finite number"):
        type(wild)(wild.task, wild.model, type(wild.base)(learning_rate=np.inf), 8, 0)
