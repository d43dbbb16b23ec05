"""Estimates of time: operations are counted, and published sweeps took as long as is said of them."""

import json
import pathlib
import re

import jax
import jax.numpy as jnp
import pytest

from mesascope.cli._progress import NOMINAL_RATE
from mesascope.conditions import CONDITIONS, settings
from mesascope.lab import cost
from mesascope.models import work

RESULTS = pathlib.Path(__file__).parents[1] / "results"


def test_operations_are_counted_in_loops_and_branches():
    square = jnp.ones((3, 3))

    def looped(x):
        turned = jax.lax.fori_loop(0, 5, lambda _, y: y @ square, x)
        return jax.lax.cond(x[0] > 0, lambda y: y @ square, lambda y: y, turned)

    # six products of a vector of 3 with a matrix: 9 multiplications each
    assert work(looped, jnp.ones(3)).products == 6 * 9
    assert work(lambda x: jnp.sin(x) + x, jnp.ones((4, 5))).others == 2 * 20
    assert work(jax.grad(lambda x: jnp.sum(x @ square)), jnp.ones(3)).products == 2 * 9


def _published_minutes(name: str) -> float:
    facts = json.loads((RESULTS / name / "finding.json").read_text(encoding="utf-8"))["facts"]
    number, unit = re.match(r"([\d.]+) (s|min|h)", facts["compute"]).groups()
    return float(number) * {"s": 1 / 60, "min": 1, "h": 60}[unit]


@pytest.mark.parametrize("name", ["lower-bound", "compression"])
def test_what_a_published_sweep_took_is_estimated_within_a_factor_of_two(name):
    sweep = dict.fromkeys(settings(CONDITIONS[name], "standard", {}).sweep())
    minutes = sum(map(cost, sweep)) / NOMINAL_RATE / 60
    assert 0.5 < minutes / _published_minutes(name) < 2
