"""The table of views: names that published records have, and what each kind of trial is measured by."""

import numpy as np
import pytest

from mesascope import power
from mesascope.base import BASES
from mesascope.lab import Planted, Training, train, views
from mesascope.lab._measure import measure
from mesascope.lab._subject import Subject
from mesascope.lab.trials import Checkpoint
from mesascope.models import MODELS
from mesascope.organisms import ORGANISMS
from mesascope.tasks import TASKS, Maze, Strings

LOOP = MODELS.build("gridloop", {"channels": 4, "thinking": 2})
PLACES = {"rows": 4, "columns": 4}

EVERY = {"own", "sibling", "novel", "novel-tempered"}
LAST = {"own-thinking", "own-hidden", "novel-hidden", "own-ceiling", "novel-ceiling", "thinking"}


def training(task, base, **asked) -> Training:
    return Training(task, LOOP, BASES.build(base, {"steps": 24}), 8, 1, **asked)


EXTENDED = training(Strings("parity", 6, 7, 10), "supervised")
TAUGHT = Maze(4, 4, horizon=40)
WALK = TASKS.build("maze-walk", PLACES | {"horizon": 20})
SIZES = {f"readout/{size.name}" for size in power.SIZES}
READ = {"readout"} | SIZES
OWN_READ = {"own-readout"}


def names_due(trial, last: bool) -> set[str]:
    subject = Subject(trial, trial.task, Checkpoint(12, None, np.nan, True), last)
    return {view.name for view in views.VIEWS if view.due(subject)}


@pytest.mark.parametrize(
    "trial, on_the_way, at_the_end",
    [
        (training(TAUGHT, "policy-gradient"), EVERY, EVERY | LAST | READ | OWN_READ),
        (training(TAUGHT, "policy-gradient", read_every=True), EVERY | READ, EVERY | LAST | READ | OWN_READ),
        (
            training(TAUGHT, "policy-gradient", wide_readouts=True),
            EVERY,
            EVERY | LAST | READ | OWN_READ | {"readout/wide"},
        ),
        (training(TASKS.build("maze-progress", PLACES), "evolution"), EVERY, EVERY | LAST),
        (EXTENDED, EVERY, EVERY | LAST | READ | OWN_READ | {"beyond", "beyond-ceiling"}),
        (Planted(TAUGHT, ORGANISMS["greedy-reflex"](), 4, 0), EVERY, EVERY | LAST | READ | OWN_READ),
        (Planted(WALK, ORGANISMS["wall-follower"](), 4, 0), {"novel"}, {"novel", "novel-ceiling"}),
    ],
)
def test_a_network_has_the_views_that_its_task_allows_when_they_are_due(trial, on_the_way, at_the_end):
    assert names_due(trial, last=False) == on_the_way
    assert names_due(trial, last=True) == at_the_end


def test_a_probe_has_no_views_of_pools():
    trial = training(TAUGHT, "policy-gradient", probed=(TAUGHT,))
    subject = Subject(trial, trial.task, Checkpoint(24, None, np.nan, True), last=True).on(TAUGHT, 0)
    due = {view.name for view in views.VIEWS if view.due(subject)}
    assert due == {"novel", "novel-tempered", "novel-ceiling", "thinking"} | READ


def test_views_have_one_name_each():
    names = [view.name for view in views.VIEWS]
    assert len(set(names)) == len(names)
    # a colon parts the name of a view from the number of a probe
    assert not any(":" in name for name in names)
    assert views.READOUT.of_probe(2) == "readout:2"


@pytest.fixture(scope="module")
def metrics():
    return measure(EXTENDED, train(EXTENDED).checkpoints).metrics


def column(metrics, view: str, name: str, step: int = 24) -> np.ndarray:
    return metrics[name][(metrics["view"] == view) & (metrics["step"] == step)]


def test_indices_are_seeds_thoughts_and_stages(metrics):
    indices = {view: set(metrics["index"][metrics["view"] == view].tolist()) for view in set(metrics["view"])}
    assert indices.pop("sibling") == {0, 2, 3, 4}, "the own pool is that of seed 1"
    assert indices.pop("thinking") == {0, 1, 2, 3, 4}
    assert indices.pop("own-thinking") == {0, 1, 2}
    # the last of two thoughts is a reflex, too: there is no boundary below it to begin from
    assert indices.pop("own-readout") == {2}
    assert all(indices.pop(view) == {0, 1, 2} for view in READ - {"readout/place-256", "readout/near", "readout"})
    assert all(indices.pop(view) == {0, 2} for view in ("readout/place-256", "readout/near", "readout"))
    assert all(found == {0} for found in indices.values())
    assert set(column(metrics, "own", "instance")) == set(range(8))


def test_no_view_is_worth_more_than_its_ceiling(metrics):
    """Of expected utility, that is: the bits of a gamble can lie above those of a policy of highest utility."""
    parts = {
        "own": ["own-hidden", "own-thinking", "own-readout"],
        "novel": ["novel-hidden", "thinking", "readout"],
        "beyond": [],
    }
    for view, others in parts.items():
        best = column(metrics, f"{view}-ceiling", "utility")
        for name in (view, *others):
            assert np.all(column(metrics, name, "utility").reshape(-1, len(best)) <= best + 1e-9), name


def test_the_thinking_curve_passes_through_the_tempered_view(metrics):
    """After as many thoughts as in training, and at the same temperature, the answer is the same."""
    thoughts = column(metrics, "thinking", "index")
    found = column(metrics, "thinking", "bits")[thoughts == LOOP.thinking]
    # two programs add the same float32 numbers in different orders
    np.testing.assert_allclose(found, column(metrics, "novel-tempered", "bits"), rtol=1e-4)
