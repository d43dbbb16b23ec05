"""Steps on one novel instance: against a loop written by hand, streams, refusals, records."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from executors import Listener

from mesascope.base import BASES, Member
from mesascope.lab import (
    Local,
    Planted,
    Relearning,
    Store,
    Training,
    describe,
    from_description,
    novel,
    remeasure,
    train,
    trial_id,
)
from mesascope.lab._measure import novel_set
from mesascope.models import MODELS, answer_after
from mesascope.organisms import ORGANISMS
from mesascope.power import ceiling, score
from mesascope.tasks.maze import Maze

TASK = Maze(3, 3, horizon=20, min_distance=2)
GRIDLOOP = MODELS.build("gridloop", {"channels": 4, "thinking": 3})
BODY = Training(TASK, GRIDLOOP, BASES.build("policy-gradient", {"steps": 12, "batch": 4}), 8, 0)
BASE = BASES.build("policy-gradient", {"steps": 5, "learning_rate": 0.05, "warmup": 2})
TRIAL = Relearning(BODY, BASE, 3, 0, stay=(1, 4))

TOLERANCE = 1e-3
"""Bits: several instances are stepped at once, which adds float32 numbers in another order."""


@pytest.fixture(scope="module")
def body():
    return train(BODY).checkpoints[-1].model


@pytest.fixture(scope="module")
def columns(body):
    return TRIAL.columns(train(TRIAL, given=lambda _: body).checkpoints)


def bits(model, number: int) -> float:
    instances, thinking = novel(TASK), GRIDLOOP.thinking
    one = jax.tree.map(lambda leaf: leaf[number : number + 1], instances)
    tails = jax.tree.map(lambda leaf: leaf[number : number + 1], novel_set(TASK).tails)
    answer = answer_after(model, TASK.observe(jax.tree.map(lambda leaf: leaf[0], one)), thinking)
    return float(score(TASK, one, tails, answer[None]).bits[0])


def by_hand(model, order: list[int], base=BASE, rates=None) -> list[float]:
    """Bits on the instance that comes next before each step of one network, and after the last one on the last."""
    rates = base.rates() | (rates or {})
    step = eqx.filter_jit(lambda s, b, m, u: base.advance(s, TASK, b, m, u, 1, GRIDLOOP.thinking))

    def member(row):
        return Member(jax.random.key(0), jnp.int32(row), jnp.int32(1), jnp.array(False), rates)

    state, found = base.init(model, member(0)), []
    for number, row in enumerate(order):
        found.append(bits(state.model, row))
        state = step(state, novel(TASK), member(row), jnp.int32(number + 1))
    return [*found, bits(state.model, order[-1])]


def chosen(columns, **values):
    keep = np.all([columns[name] == value for name, value in values.items()], axis=0)
    return columns["bits"][keep]


def test_each_instance_is_learned_alone_from_the_same_start(columns, body):
    for number in range(3):
        found = chosen(columns, stay=0, instance=number)
        np.testing.assert_allclose(found, by_hand(body, [number] * 5), atol=TOLERANCE)
        frozen = columns["frozen"][columns["instance"] == number]
        assert np.all(frozen == frozen[0]) and abs(frozen[0] - bits(body, number)) < TOLERANCE
        assert found[-1] > found[0]
    unseen = novel_set(TASK)
    best = ceiling(TASK, unseen.instances, unseen.tails).bits[:3]
    np.testing.assert_allclose(columns["ceiling"], best[columns["instance"]])


def test_in_a_stream_one_network_goes_on_at_the_highest_rate(columns, body):
    for stay in (1, 4):
        order = [number for number in range(3) for _ in range(stay)]
        # hand-set schedule without an end
        expected = by_hand(body, order, rates={"steps": jnp.float32(1e9)})[:-1]
        found = [bits for number in range(3) for bits in chosen(columns, stay=stay, instance=number)]
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_a_table_gets_a_row_for_what_it_has_not_seen():
    start = Training(TASK, MODELS.build("tabular", {}), dataclasses.replace(BODY.base, steps=0), 8, 0)
    base = BASES.build("policy-gradient", {"steps": 20, "learning_rate": 0.3})
    trial = Relearning(start, base, 2, 0, stay=(20,))
    columns = trial.columns(train(trial).checkpoints)
    assert np.all(columns["bits"][columns["step"] == 0] == columns["frozen"][columns["step"] == 0])
    last = columns["step"] == 20
    assert np.all(columns["bits"][last] > columns["frozen"][last] + 1)
    # what is learned of one instance does nothing for the next
    assert chosen(columns, stay=20, instance=1, step=0) == chosen(columns, stay=0, instance=1, step=0)


def test_its_record_has_its_columns_after_the_start_is_finished(tmp_path):
    store, listener = Store(tmp_path), Listener()
    Local(1).run([TRIAL], store, listener)
    assert listener.trials == [BODY, TRIAL]
    record = store.record(TRIAL)
    found = record.metrics()
    again = TRIAL.columns(train(TRIAL).checkpoints)
    assert found.keys() == again.keys() and all(np.array_equal(found[name], again[name]) for name in found)
    assert record.values["summary"] == [] and record.values["steps"] == 0
    assert set(store.all_trials()) == {BODY, TRIAL}
    assert not remeasure(TRIAL, store)


def test_ids_and_descriptions_hold_what_it_starts_from():
    others = [
        TRIAL,
        dataclasses.replace(TRIAL, stay=()),
        dataclasses.replace(TRIAL, start=dataclasses.replace(BODY, seed=1)),
        dataclasses.replace(TRIAL, seed=1),
        dataclasses.replace(TRIAL, num_instances=2),
    ]
    assert len({trial_id(one) for one in others}) == len(others)
    assert all(from_description(describe(one)) == one for one in others)
    with pytest.raises(ValueError, match="relearning has no field 'stays'. Did you mean 'stay'"):
        from_description(describe(TRIAL) | {"stays": [3]})


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"num_instances": 0}, "choose 1 to 256"),
        ({"num_instances": 257}, "choose 1 to 256"),
        ({"base": BASES.build("policy-gradient", {"steps": -1})}, "steps are at least 0"),
        ({"stay": (4, 0)}, "at least 1 step"),
        ({"start": Planted(TASK, ORGANISMS.build("greedy-reflex", {}), 1, 0)}, "start from a Training"),
        ({"base": BASES.build("policy-gradient", {"learning_rate": np.inf})}, "finite"),
    ],
)
def test_relearnings_that_cannot_be_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TRIAL, **changes)
