"""Measure your own: one entry for environments, weights and tables."""

import os

from ._arena import Plan
from ._gym import measure_agent
from ._measurement import Measurement
from ._tables import measure_table
from ._weights import measure_weights

OF_AGENTS = (
    "name",
    "utility",
    "score",
    "max_steps",
    "sample",
    "mask",
    "greedy",
    "wipe_memory",
    "reference_env",
    "progress",
)


def measure(
    env=None,
    policy=None,
    *,
    weights: str | os.PathLike | None = None,
    table=None,
    reference: str = "random",
    **options,
) -> Measurement:
    """The optimization power of an agent from elsewhere, in bits against a named reference.

    Give one of three things: an environment and a policy, saved weights of this project, or a table of outcomes.

    Args:
        env: a Gymnasium environment, its id, or a function that makes it.
        policy: a callable (observation, key) -> action probabilities, a Stable-Baselines3 model, or a PyTorch module.
        weights: `weights.safetensors` of a trial's folder, or weights of a reflex level; see `measure_weights`.
        table: CSV or parquet with columns instance, policy, utility; see `measure_table`.
        reference: `random`; of a table, the policy whose rows are the reference.
        **options: of an environment, the fields of `Plan` (episodes, seed, draws, repeats, method, ties, thinking,
            particles) and the arguments of `measure_agent` (utility, score, max_steps, sample, mask, greedy,
            wipe_memory, reference_env, name, progress); of weights, thinking and signs; of a table, ties.

    Returns:
        A `Measurement`; `str` of it is a table, `as_dict` is for JSON.

    Raises:
        ValueError: the culprit and the remedy.

    Example:
        >>> import mesascope
        >>> uniform = lambda observation, key: [0.5, 0.5]
        >>> mesascope.measure("CartPole-v1", uniform, episodes=4, draws=100)  # doctest: +SKIP
    """
    given = [name for name, value in (("env", env), ("weights", weights), ("table", table)) if value is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        raise ValueError(f"measure: give one of env with a policy, weights, or table; given: {found}.")
    if (policy is None) == (env is not None):
        raise ValueError("measure: an environment needs a policy, and weights or a table take none.")
    if table is not None:
        return measure_table(table, reference=reference, **_only(options, "a table", ("ties", "tolerance")))
    if reference != "random":
        raise ValueError(f"measure(reference={reference!r}): the reference here is random; others are for tables.")
    if weights is not None:
        return measure_weights(weights, **_only(options, "weights", ("thinking", "signs")))
    own = {name: value for name, value in options.items() if name in OF_AGENTS}
    settings = {name: value for name, value in options.items() if name not in OF_AGENTS}
    return measure_agent(env, policy, Plan(**_only(settings, "an environment", Plan.__match_args__)), **own)


def _only(options: dict, what: str, known: tuple[str, ...]) -> dict:
    for name in options:
        if name not in known:
            raise ValueError(f"measure({name}=...): is no option of {what}; known: {', '.join(known)}.")
    return options
