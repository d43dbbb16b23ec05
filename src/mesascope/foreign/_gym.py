"""A policy in a Gymnasium environment against uniformly random actions."""

import contextlib
import copy
import dataclasses
from collections.abc import Callable, Sequence
from typing import Literal

import jax
import numpy as np

from ..outcomes import Outcomes, Ties
from ..power import SplitTail, sampled_tail, split_tail
from ._agents import AbstractAgent, agent_of, step_key
from ._measurement import Measurement, Row, row_of
from ._replay import ReplaySource
from ._world import Episode, RandomActions, World, replay_fault

ENOUGH = 10
"""Reference draws that must do as well as the policy before plain draws are trusted."""

REPEATS = 10
"""Episodes of a policy that leaves something to chance."""

CHECKED = 3
"""Random episodes that are replayed before an environment counts as deterministic."""

Progress = Callable[[float, int], None]
"""Is told how many instances are done, and of how many."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a policy is measured.

    Fields:
        episodes: number of instances: the reset seeds `seed`, `seed + 1`, ...
        seed: the first of them, and of all random numbers.
        draws: plain reference episodes of each instance.
        repeats: episodes of the policy on each instance; 1 where nothing is left to chance, else 10, unless given.
        method: `monte-carlo` draws only; `splitting` always splits; `auto` splits where fewer than 10 draws do as well
            as the policy and the environment can be replayed.
        ties: `conservative` counts references that do equally well as doing as well, `mid` half of them.
        thinking: amounts of thinking; none unless given.
        particles: episodes that splitting keeps at once, in each of its 10 replicates.
    """

    episodes: int = 16
    seed: int = 0
    draws: int = 1000
    repeats: int | None = None
    method: Literal["auto", "monte-carlo", "splitting"] = "auto"
    ties: Ties = "conservative"
    thinking: tuple[int, ...] = ()
    particles: int = 200

    def __post_init__(self):
        least = {"episodes": 1, "seed": 0, "draws": 1, "repeats": 1, "particles": 2}
        for name, bound in least.items():
            value = getattr(self, name)
            if value is not None and value < bound:
                raise ValueError(f"measure({name}={value}): at least {bound} is needed.")
        for name, known in (("method", ("auto", "monte-carlo", "splitting")), ("ties", ("conservative", "mid"))):
            if getattr(self, name) not in known:
                raise ValueError(f"measure({name}={getattr(self, name)!r}): choose one of {', '.join(known)}.")
        if any(depth < 0 for depth in self.thinking) or len(set(self.thinking)) < len(self.thinking):
            raise ValueError(f"measure(thinking={self.thinking}): give distinct numbers that are not negative.")


def measure_agent(
    env,
    policy,
    plan: Plan = Plan(),
    *,
    name: str | None = None,
    utility: Callable | None = None,
    score: Callable | None = None,
    max_steps: int | None = None,
    sample: bool = False,
    reference_env=None,
    progress: Progress | None = None,
) -> Measurement:
    """The bits of a policy against uniformly random actions, instance by instance.

    An instance is a reset seed: policy and reference play against the same dice of nature.

    Args:
        env: a Gymnasium environment, its id, or a function that makes it.
        policy: a callable (observation, key) -> action probabilities (an action where they are not discrete), a
            Stable-Baselines3 model, or a PyTorch module that returns logits.
        plan: how it is measured.
        name: of the policy, for rows and messages.
        utility: `utility(env, rewards) -> number` of a finished episode; the return unless given.
        score: `score(env) -> number`, how near to a good outcome the environment is; guides splitting only, and a bad
            one costs precision, never correctness. The return so far unless given.
        max_steps: episodes are cut there; the environment's own limit unless given.
        sample: draw a Stable-Baselines3 model's actions from its distribution; its best action otherwise.
        reference_env: an environment of the same dynamics that may show less, for the reference's many episodes: random
            actions need no observation. Held against `env` before it is used.
        progress: is told how many instances are done.

    Raises:
        ValueError: the policy returns something else than legal actions or probabilities, the environment does not end
            or cannot be replayed where it must, or all utilities are equal.
    """
    if max_steps is not None and max_steps < 1:
        raise ValueError(f"measure(max_steps={max_steps}): at least 1 is needed.")
    with contextlib.ExitStack() as stack:

        def world(which):
            return World(_opened(which, stack), utility, score, max_steps)

        played = world(env)
        agent = agent_of(policy, played.env.action_space, name, sample)
        if plan.thinking and not agent.thinks:
            raise ValueError(f"{agent.name}: takes no keyword `thinking`; add it to the policy, or leave out thinking.")
        arena = _Arena(played, world(reference_env) if reference_env is not None else played, agent, plan)
        arena.fault = _fault(arena, lambda: world(_second(env)), reference_env is not None)
        return _measurement(arena, progress or (lambda done, total: None))


class _Arena:
    """Who plays where, and how."""

    def __init__(self, world: World, reference: World, agent: AbstractAgent, plan: Plan):
        self.world, self.reference, self.agent, self.plan = world, reference, agent, plan
        self.actions = RandomActions(world.env.action_space)
        self.fault = ""

    def policy_episodes(self, seed: int, thinking: int | None) -> list[Episode]:
        first = self._policy_episode(seed, 0, thinking)
        repeats = self.plan.repeats or (1 if first.sure and not self.fault else REPEATS)
        return [first, *(self._policy_episode(seed, i, thinking) for i in range(1, repeats))]

    def _policy_episode(self, seed: int, number: int, thinking: int | None) -> Episode:
        # the same dice for every amount of thinking: the curve is paired
        generator = np.random.default_rng([self.plan.seed, seed, 1, number])
        key = jax.random.key(int(generator.integers(2**32)))
        agent = self.agent
        return self.world.play(seed, lambda o, m, step: agent.act(o, m, step_key(key, step), generator, thinking))


def _measurement(arena: _Arena, progress: Progress) -> Measurement:
    plan, rows, seen = arena.plan, [], set()
    for number in range(plan.episodes):
        found, utilities = _instance(
            arena, plan.seed + number, lambda share, n=number: progress(n + share, plan.episodes)
        )
        rows += found
        seen |= utilities
    progress(plan.episodes, plan.episodes)
    if len(seen) < 2:
        raise ValueError(
            f"{arena.world.name}: every episode of {arena.agent.name} and of the reference had utility {seen.pop():g}; "
            "with fewer than two distinct utilities there is nothing to measure: give another utility, longer episodes "
            "or more draws."
        )
    rows.sort(key=lambda row: plan.thinking.index(row.thinking) if plan.thinking else 0)
    notes = tuple(_notes(arena, rows))
    return Measurement("gym", arena.world.name, "random", plan.ties, plan.seed, notes, tuple(rows))


def _instance(arena: _Arena, seed: int, progress: Callable[[float], None]) -> tuple[list[Row], set[float]]:
    """The rows of one reset seed, and the utilities seen."""
    plan = arena.plan
    played = {depth: arena.policy_episodes(seed, depth) for depth in plan.thinking or (None,)}
    draws = _draws(arena, seed, progress)
    tail, outcomes = sampled_tail(draws), Outcomes(draws, np.full(len(draws), 1 / len(draws)), exact=False)
    rows = {}
    for depth, episodes in played.items():
        utilities = np.array([episode.utility for episode in episodes])
        matched = int(np.sum(draws >= np.max(utilities)))
        options = dict(ties=plan.ties, thinking=depth)
        rows[depth] = row_of(
            seed, arena.agent.name, utilities, tail, outcomes, method="monte-carlo", draws=len(draws), matched=matched,
            **options,
        )  # fmt: skip
    rare = [depth for depth, row in rows.items() if _wants_splitting(arena, row)]
    if rare:
        rows |= _split_rows(arena, seed, {depth: played[depth] for depth in rare}, rows, progress)
    utilities = {episode.utility for episodes in played.values() for episode in episodes}
    return list(rows.values()), utilities | set(draws.tolist())


def _draws(arena: _Arena, seed: int, progress: Callable[[float], None]) -> np.ndarray:
    """Utilities of plain reference episodes."""
    choose = arena.actions.chooser(np.random.default_rng([arena.plan.seed, seed, 0]))
    utilities = []
    for number in range(arena.plan.draws):
        utilities.append(arena.reference.play(seed, choose, scored=False).utility)
        progress(number / arena.plan.draws / 2)
    return np.array(utilities)


def _wants_splitting(arena: _Arena, row: Row) -> bool:
    if arena.plan.method == "auto":
        return row.matched < ENOUGH and not arena.fault
    return arena.plan.method == "splitting"


def _split_rows(arena: _Arena, seed: int, played, plain: dict, progress: Callable[[float], None]) -> dict:
    """Rows by splitting; where that finds nothing either, the bound of the plain draws stays."""
    plan, begun = arena.plan, []

    def heard():
        begun.append(None)
        progress(0.5 + (len(begun) - 1) / 20)

    source = ReplaySource(arena.reference, arena.actions, seed, heard)
    # beyond the best score on the policy's own way there is nothing to be found
    target = max(max(episode.scores) for episodes in played.values() for episode in episodes)
    tail = split_tail(source, target, np.random.default_rng([plan.seed, seed, 2]), plan.particles)
    rows = {}
    for depth, episodes in played.items():
        utilities = np.array([episode.utility for episode in episodes])
        row = row_of(
            seed, arena.agent.name, utilities, tail, _atoms(tail), method="splitting", ties=plan.ties,
            draws=source.played, matched=None, thinking=depth,
        )  # fmt: skip
        rows[depth] = plain[depth] if row.bits is None else row
    return rows


def _atoms(tail: SplitTail) -> Outcomes:
    """The reference's outcomes of all replicates together."""
    weight = np.asarray(tail.weight, float)
    held = weight > 0
    return Outcomes(np.asarray(tail.utility, float)[held], weight[held] / len(weight), exact=False)


def _fault(arena: _Arena, second: Callable[[], World], other_reference: bool) -> str:
    """Why the reference's episodes cannot be replayed; empty if they can."""
    plan = arena.plan
    other = arena.reference if other_reference else _or_none(second)
    seeds = range(plan.seed, plan.seed + CHECKED)
    faults = (replay_fault(arena.world, other, arena.actions, seed, not other_reference) for seed in seeds)
    fault = next(filter(None, faults), "")
    if other_reference and fault.endswith("a second copy"):
        raise ValueError(f"reference_env: {fault}, so that it is another environment than env; leave it out.")
    if fault and plan.method == "splitting":
        raise ValueError(
            f"{arena.world.name}: splitting needs an environment that can be replayed, and {fault}; use method "
            "monte-carlo, or make all its dice depend on the reset seed."
        )
    return fault


def _notes(arena: _Arena, rows: Sequence[Row]):
    plan = arena.plan
    if arena.fault:
        yield f"The environment is not deterministic: {arena.fault}. Plain draws only."
    censored = sum(row.bits is None for row in rows)
    if censored:
        remedy = "more draws" if arena.fault or plan.method == "monte-carlo" else "a better score, or more particles"
        yield f"{censored} of {len(rows)} rows are lower bounds (>=): the reference never did as well; give {remedy}."
    few = sum(row.matched is not None and 0 < row.matched < ENOUGH for row in rows)
    if few:
        yield f"{few} of {len(rows)} rows rest on fewer than {ENOUGH} reference episodes that did as well."
    split = sum(row.method == "splitting" for row in rows)
    if split:
        yield f"{split} of {len(rows)} rows by multilevel splitting, others by {plan.draws} plain draws an instance."


def _opened(env, stack: contextlib.ExitStack):
    """An environment from itself, its id or its maker; closed at the end if it was made here."""
    if isinstance(env, str):
        env = make(env)
    elif callable(env):
        env = env()
    else:
        return _checked(env)
    return stack.enter_context(contextlib.closing(_checked(env)))


def _checked(env):
    import gymnasium

    if not isinstance(env, gymnasium.Env):
        raise ValueError(f"env {env!r}: is no Gymnasium environment; give one, its id, or a function that makes it.")
    return env


def _second(env):
    """Another copy of an environment, or a way to one."""
    return env if isinstance(env, str) or callable(env) else copy.deepcopy(env)


def _or_none(second: Callable[[], World]) -> World | None:
    try:
        return second()
    except (TypeError, RecursionError, copy.Error, NotImplementedError):
        # what holds a window or a socket cannot be copied: the same environment was replayed already
        return None


def make(name: str):
    """The Gymnasium environment of an id; `MODULE:ID` imports the module that registers it.

    Raises:
        ValueError: Gymnasium is missing, or no such environment is registered.
    """
    try:
        import gymnasium
    except ImportError:
        raise ValueError(f"--gym {name}: Gymnasium is not installed; pip install 'mesascope[gym]'.") from None
    if name.startswith(("MiniGrid-", "BabyAI-")):
        # MiniGrid registers its environments when it is imported
        name = f"minigrid:{name}"
    try:
        return gymnasium.make(name)
    except (gymnasium.error.Error, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"--gym {name}: {reason} Environments of a package are named MODULE:ID.") from None
