"""Trainings that begin with another one's network: by hand the same, parts that stay frozen, waves, refusals."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from executors import Listener

from mesascope.base import BASES
from mesascope.lab import (
    Local,
    Population,
    Store,
    Training,
    advance,
    describe,
    from_arrays,
    from_description,
    member_of,
    pool,
    train,
    trial_id,
)
from mesascope.lab._weights import to_arrays
from mesascope.lab.executors._base import _waves
from mesascope.models import MODELS, weights_of
from mesascope.tasks import TASKS
from mesascope.tasks.maze import Maze

TASK = Maze(4, 4, horizon=40)
GRIDLOOP = MODELS.build("gridloop", {"channels": 4, "thinking": 3})


def of(name: str = "policy-gradient", steps: int = 12, **fields):
    return BASES.build(name, {"steps": steps, "batch": 4, **fields})


BODY = Training(TASK, GRIDLOOP, of(), 8, 0)
NEXT = Training(TASK, GRIDLOOP, of(learning_rate=0.02), 20, 1, start=BODY)


def equal(one, other) -> bool:
    pairs = zip(*(jax.tree.leaves(eqx.filter(tree, eqx.is_array)) for tree in (one, other)), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.fixture(scope="module")
def body():
    return train(BODY).checkpoints[-1].model


def test_the_id_of_the_start_is_in_the_id_and_other_ids_stay():
    others = [
        NEXT,
        dataclasses.replace(NEXT, start=dataclasses.replace(BODY, seed=5)),
        dataclasses.replace(NEXT, start=None),
        dataclasses.replace(NEXT, thaw="inputs"),
        dataclasses.replace(NEXT, fresh_readout=True),
        dataclasses.replace(NEXT, start=None, thaw="readout"),
    ]
    assert len({trial_id(one) for one in others}) == len(others)
    for one in others:
        assert from_description(describe(one)) == one
    assert NEXT.requires == (BODY,) and BODY.requires == ()


def test_a_start_is_continuing_by_hand_with_a_fresh_optimizer(body):
    given = []

    def network(trial):
        given.append(trial)
        return body

    found = train(NEXT, given=network).checkpoints
    assert given == [BODY]
    state = NEXT.base.init(body, member_of(NEXT))
    bank = jax.tree.map(lambda leaf: np.resize(leaf, (4096, *leaf.shape[1:])), pool(TASK, 1, 20))
    plain = dataclasses.replace(NEXT, start=None)
    state = advance(state, plain, bank, member_of(plain, until=12), 12)
    assert equal(found[-1].model, state.model) and not equal(found[-1].model, body)


@pytest.mark.parametrize("base", ["policy-gradient", "evolution", "noisy-weights"])
@pytest.mark.parametrize("thaw", ["inputs", "readout"])
def test_what_is_not_thawed_keeps_every_bit(body, base, thaw):
    extra = {"decay": 0.1} if base == "policy-gradient" else {}
    trial = dataclasses.replace(NEXT, base=of(base, **extra), thaw=thaw)
    after = train(trial, given=lambda _: body).checkpoints[-1].model
    if thaw == "readout":
        assert equal(after.update, body.update)
        assert not equal(after.readout, body.readout)
    else:
        # the memories of the cell and its four neighbours come before the observation
        assert equal(after.readout, body.readout) and np.array_equal(after.update.bias, body.update.bias)
        assert np.array_equal(after.update.kernel[:20], body.update.kernel[:20])
        assert np.all(after.update.kernel[20:] != body.update.kernel[20:])


def test_a_read_out_is_fresh_where_that_is_asked(body):
    trial = dataclasses.replace(NEXT, base=of(steps=0), fresh_readout=True)
    after = train(trial, given=lambda _: body).checkpoints[-1].model
    drawn = train(dataclasses.replace(trial, start=None, fresh_readout=False)).checkpoints[-1].model
    assert equal(after.update, body.update) and equal(after.readout, drawn.readout)


def test_weights_on_what_is_observed_are_found_in_every_network():
    seen = jnp.zeros((4, 4, 7))
    lstm = MODELS.build("lstm", {"channels": 3, "embedding": 2}).init(jax.random.key(1), seen[None], 4)
    chosen = dict(zip(["embed", "bias", *range(4)], weights_of(lstm, "inputs", seen, 2)))
    assert np.all(chosen["embed"]) and not any(np.any(mask) for name, mask in chosen.items() if name != "embed")
    deep = MODELS.build("feedforward", {"depth": 3, "channels": 5}).init(jax.random.key(1), seen[None], 4)
    first, *others = weights_of(deep, "inputs", seen, 0)
    # corners of the square never lie beyond the border for all cells, so that each weight sees something
    assert np.all(first) and not any(np.any(mask) for mask in others)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"model": MODELS.build("gridloop", {"channels": 5})}, "update.kernel has the shape"),
        ({"model": MODELS.build("feedforward", {"depth": 2})}, "start from an architecture of the same sizes"),
        ({"task": TASKS.build("labels", {}), "base": of("supervised")}, "start from an architecture of the same sizes"),
        ({"start": None, "fresh_readout": True}, "without a start"),
        ({"model": MODELS.build("tabular", {}), "start": None, "thaw": "inputs"}, "a table is one part"),
        (
            {
                "model": MODELS.build("tabular", {}),
                "start": Training(TASK, MODELS.build("tabular", {}), of(), 20, 0),
            },
            "rows for the instances of its own pool",
        ),
    ],
)
def test_starts_that_cannot_be_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(NEXT, **changes)


def test_what_is_required_comes_first_and_is_run_though_nobody_asked(tmp_path, body):
    third = dataclasses.replace(BODY, seed=2, start=NEXT)
    assert _waves([third, BODY], Store(tmp_path / "none")) == [[BODY], [NEXT], [third]]
    store, listener = Store(tmp_path / "some"), Listener()
    Local(1).run([third], store, listener)
    assert listener.trials == [BODY, NEXT, third] and listener.total == 3
    assert equal(from_arrays(BODY, store.weights(BODY))[-1].model, body)
    # by its weights in the store or trained again: the same network
    again = to_arrays(train(third).checkpoints)
    assert all(np.array_equal(value, again[name], equal_nan=True) for name, value in store.weights(third).items())
    Local(1).run([third, NEXT], store, later := Listener())
    assert (later.total, later.known, later.count) == (2, 2, 0)


def test_a_population_begins_with_their_networks(tmp_path, body):
    store = Store(tmp_path)
    trials = [dataclasses.replace(NEXT, seed=seed, thaw="readout") for seed in (1, 2)]
    Population().run(trials, store, Listener())
    for trial in trials:
        after = from_arrays(trial, store.weights(trial))[-1].model
        np.testing.assert_allclose(after.update.kernel, body.update.kernel, atol=1e-6)
        alone = train(trial).checkpoints[-1].model
        np.testing.assert_allclose(after.readout.kernel, alone.readout.kernel, atol=1e-4)
    assert {record.values["population"] for record in store.records(trials)} == {2}
