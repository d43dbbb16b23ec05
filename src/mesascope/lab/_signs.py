"""Signs that run-time power is search, as numbers of a record; and the worth of played games."""

import functools

import jax
import jax.random as jr
import numpy as np
from jaxtyping import Array, PyTree

from ..evidence import (
    MovedGoals,
    goal_directedness,
    inner_retargeting,
    intervene,
    move_goals,
    other_moves,
    plan_probe,
    remembers_places,
    retargeting,
    thinking_gain,
    value_probe,
)
from ..models import AbstractModel
from ..outcomes import AbstractTail, Estimate, bits
from ..power import Scores, answer_all, play_all, score, stage_features
from ..stats import mean_interval
from ..tasks import GENERATOR, AbstractNavigated, AbstractTaught, novel
from .trials import Trial

SIGNS_SEED = 3_000_000
"""The stream of random numbers of the signs."""

LEFT = 1
"""Thoughts left after an intervention."""

FEW = 3
"""Thoughts after which a plan may not be in memory yet."""


def signs(
    trial: Trial, model: AbstractModel, instances: PyTree[Array], tails: AbstractTail, temperature: float
) -> dict[str, list[float | None]]:
    """Value, low and high of each sign that the task and the model allow, on the evaluation set and its tails.

    `retarget`: success of moving the goal. `inner-retarget`, `inner-control`: of editing its representation, and of a
    random edit. `thinking-gain`, `best-of`, `noise`: bits. `plan`, `value`: of linear probes on the last stage, with
    `-gain` over the observation, and `plan-selectivity`. `intervention`, `intervention-control`: of rewriting the plan
    at the start. `goal-directedness`: bits; `goal-share`: of the maximum.
    """
    found: dict[str, Estimate] = {}
    if isinstance(trial.task, AbstractNavigated):
        found |= _goals(trial, model, instances, temperature)
    # where a place has one action, the places are what is chosen from, and a probe of each has nothing to tell apart
    if isinstance(trial.task, AbstractTaught) and trial.task.num_actions > 1:
        found |= _representations(trial, model, instances)
    found |= _behaviour(trial, model, instances, tails, temperature)
    return {name: [_plain(part) for part in estimate] for name, estimate in found.items()}


def play_scores(trial: Trial, model: AbstractModel, instances: PyTree[Array], tails: AbstractTail) -> Scores:
    """The worth of a planted algorithm's play on each of a set of instances, from drawn games."""
    organism = trial.organism
    outcomes = play_all(
        _key(trial, 0),
        trial.task,
        model,
        instances,
        num_draws=organism.num_draws,
        thinking=organism.thinking,
        first=organism.first,
    )
    with jax.enable_x64(True):
        power = jax.vmap(lambda one, tail: bits(one, tail).value)(outcomes, tails)
    columns = (power, trial.task.succeeded(outcomes), outcomes.mean_utility())
    return Scores(*(np.asarray(column, float) for column in columns))


def _goals(trial, model, instances, temperature) -> dict[str, Estimate]:
    task, thinking = trial.task, trial.thinking
    goals = moved_goals(task)
    found = {"retarget": retargeting(model, task, goals, thinking, temperature).success}
    if thinking > 1 and remembers_places(model, task, instances):
        edited, control = inner_retargeting(_key(trial, 1), model, task, goals, thinking)
        found |= {"inner-retarget": edited, "inner-control": control}
    return found


def _representations(trial, model, instances) -> dict[str, Estimate]:
    task = trial.task
    stages = stage_features(model, task, instances, trial.thinking)
    seen = {"input": jax.vmap(task.observe)(instances)}
    best = np.asarray(jax.vmap(task.demonstrate)(instances)) > 0
    plan = plan_probe(stages[-1], best, seen)
    value = value_probe(stages[-1], np.asarray(jax.vmap(task.value)(instances)), seen)
    found = {
        "plan": plan.score,
        "plan-gain": plan.gains["input"],
        "plan-selectivity": plan.selectivity,
        "value": value.score,
        "value-gain": value.gains["input"],
    }
    plans = trial.thinking > FEW and isinstance(task, AbstractNavigated)
    if plans and remembers_places(model, task, instances):
        places = np.argmax(np.asarray(jax.vmap(task.at_start)(instances)).reshape(len(best), -1), axis=1)
        targets = other_moves(np.asarray(jax.vmap(task.ways)(instances)), best, places)
        after = trial.thinking - LEFT
        done = intervene(model, seen["input"], best, places, targets, after, trial.thinking)
        found |= {"intervention": done.success, "intervention-control": done.random}
    return found


def _behaviour(trial, model, instances, tails, temperature) -> dict[str, Estimate]:
    task = trial.task
    gain = thinking_gain(_key(trial, 2), model, task, instances, tails, trial.thinking, temperature=temperature)
    logits = answer_all(task, trial.thinking, model, instances)
    directed = goal_directedness(score(task, instances, tails, logits, temperature).utility, tails)
    return {
        "thinking-gain": gain.gain,
        "best-of": gain.best_of,
        "noise": gain.noise,
        "goal-directedness": mean_interval(directed.sign * directed.bits),
        "goal-share": mean_interval(directed.sign * directed.share),
    }


@functools.lru_cache(maxsize=4)
def moved_goals(task: AbstractNavigated) -> MovedGoals:
    """The evaluation set with its goals moved."""
    return move_goals(jr.key(SIGNS_SEED, impl=GENERATOR), task, novel(task))


def _key(trial: Trial, stream: int):
    return jr.fold_in(jr.fold_in(jr.key(SIGNS_SEED, impl=GENERATOR), trial.seed), stream)


def _plain(value) -> float | None:
    """A number for JSON; None for nan and infinities."""
    return float(value) if np.isfinite(value) else None
