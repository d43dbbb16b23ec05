"""A policy in a Gymnasium environment against uniformly random actions."""

import contextlib
import copy
from collections.abc import Callable, Sequence

from ._agents import WipedAgent, agent_of
from ._arena import Arena, Plan
from ._dice import dice_kept
from ._instance import ENOUGH, ENOUGH_REPLICATES, REPLICATES, measured_instance
from ._measurement import Measurement, Row, near_notes
from ._world import World, replay_fault

CHECKED = 3
"""Random episodes that are replayed before an environment counts as deterministic."""

Progress = Callable[[float, int], None]
"""Is told how many instances are done, and of how many."""


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
    mask: str = "auto",
    greedy: bool = False,
    wipe_memory: bool = False,
    reference_env=None,
    progress: Progress | None = None,
) -> Measurement:
    """The bits of a policy against uniformly random actions, instance by instance.

    An instance is a reset seed: policy and reference play against the same dice of nature.

    Args:
        env: a Gymnasium environment, its id, or a function that makes it.
        policy: a callable (observation, key) -> action probabilities (an action where they are not discrete), a
            Stable-Baselines3 model, or a PyTorch module that returns logits. A policy with memory takes a keyword
            `state`, None at the first step, and returns (answer, state); or it has a method `reset()`.
        plan: how it is measured.
        name: of the policy, for rows and messages.
        utility: `utility(env, rewards) -> number` of a finished episode; the return unless given.
        score: `score(env) -> number`, how near to a good outcome the environment is; guides splitting only. The
            estimate of the probability is unbiased for every score, but bits are reported only if the outcome was
            reached: a bad score, by which few replicates reach it, biases the bits among those reported downwards. The
            return so far unless given; where every step costs, that cannot rise, so that nothing is split.
        max_steps: episodes are cut there; they end by themselves unless given.
        sample: draw a Stable-Baselines3 model's actions from its distribution; its best action otherwise.
        mask: where legal actions are read: none, info, attribute, observation, or the name under which the environment
            keeps them; auto takes the first of these that has an action_mask or action_masks.
        greedy: take the best action of a module or callable, as of Q-values; drawn by its logits otherwise.
        wipe_memory: tell the policy at every step that an episode begins: a control for what its memory adds.
        reference_env: an environment of the same dynamics that may show less, for the reference's many episodes: random
            actions need no observation. Held against `env` before it is used.
        progress: is told how many instances are done.

    Raises:
        ValueError: the policy returns something else than legal actions or probabilities, the environment does not end
            or cannot be replayed where it must, the score cannot rise where it must, or all utilities are equal.
    """
    if max_steps is not None and max_steps < 1:
        raise ValueError(f"measure(max_steps={max_steps}): at least 1 is needed.")
    with dice_kept(), contextlib.ExitStack() as stack:

        def world(which):
            return World(_opened(which, stack), utility, score, max_steps, mask)

        played = world(env)
        agent = agent_of(policy, played.env.action_space, name, sample, greedy)
        agent = WipedAgent(agent) if wipe_memory else agent
        if plan.thinking and not agent.thinks:
            raise ValueError(f"{agent.name}: takes no keyword `thinking`; add it to the policy, or leave out thinking.")
        arena = Arena(played, world(reference_env) if reference_env is not None else played, agent, plan)
        arena.fault = _fault(arena, lambda: world(_second(env)), reference_env is not None)
        return _measurement(arena, progress or (lambda done, total: None))


def _measurement(arena: Arena, progress: Progress) -> Measurement:
    plan, rows, seen, num_flat = arena.plan, [], set(), 0
    for number in range(plan.episodes):
        found = measured_instance(arena, plan.seed + number, lambda share, n=number: progress(n + share, plan.episodes))
        rows += found.rows
        seen |= found.utilities
        num_flat += found.flat
    progress(plan.episodes, plan.episodes)
    if max(seen) - min(seen) <= max(row.tolerance for row in rows):
        raise ValueError(
            f"{arena.world.name}: every episode of {arena.agent.name} and of the reference had utility {seen.pop():g}; "
            "with fewer than two distinct utilities there is nothing to measure: give another utility, longer episodes "
            "or more draws."
        )
    rows.sort(key=lambda row: plan.thinking.index(row.thinking) if plan.thinking else 0)
    notes = tuple(_notes(arena, rows, num_flat))
    return Measurement("gym", arena.world.name, "random", plan.ties, plan.seed, notes, tuple(rows))


def _fault(arena: Arena, second: Callable[[], World], other_reference: bool) -> str:
    """Why the reference's episodes cannot be replayed; empty if they can."""
    plan = arena.plan
    other = arena.reference if other_reference else _or_none(second)
    seeds = range(plan.seed, plan.seed + CHECKED)

    def found(other: World | None) -> str:
        faults = (replay_fault(arena.world, other, arena.actions, seed, not other_reference) for seed in seeds)
        return next(filter(None, faults), "")

    try:
        fault = found(other)
    except Exception:
        if other is None or other_reference:
            raise
        # a copy may be made and still be broken; if it is not the copy that raises, this raises again
        fault = found(None)
    if other_reference and fault.endswith("a second copy"):
        raise ValueError(f"reference_env: {fault}, so that it is another environment than env; leave it out.")
    if fault and plan.method == "splitting":
        raise ValueError(
            f"{arena.world.name}: splitting needs an environment that can be replayed, and {fault}; use method "
            "monte-carlo, or make all its dice depend on the reset seed."
        )
    return fault


def _notes(arena: Arena, rows: Sequence[Row], num_flat: int):
    plan = arena.plan
    yield from near_notes(rows)
    if arena.fault:
        yield f"The environment is not deterministic: {arena.fault}. Plain draws only."
    if arena.reference.masked:
        yield f"Random actions are uniform over the legal ones, as read from {arena.reference.masked}."
    if num_flat:
        yield (
            f"{num_flat} of {plan.episodes} instances were not split: this score is at its highest when the episode "
            "begins, so that it cannot rise to the agent's utility; give score(env) that shows progress."
        )
    censored = sum(row.bits is None for row in rows)
    if censored:
        remedy = "more draws" if arena.fault or plan.method == "monte-carlo" else "a better score, or more particles"
        yield f"{censored} of {len(rows)} rows are lower bounds (>=): the reference never did as well; give {remedy}."
    few = sum(row.method == "monte-carlo" and 0 < row.matched < ENOUGH for row in rows)
    if few:
        yield f"{few} of {len(rows)} rows rest on fewer than {ENOUGH} reference episodes that did as well: wide limits."
    sparse = sum(row.method == "splitting" and row.matched < ENOUGH_REPLICATES for row in rows)
    if sparse:
        yield (
            f"In {sparse} of {len(rows)} rows fewer than {ENOUGH_REPLICATES} of the {REPLICATES} replicates of "
            "splitting did as well: their limits are wide, and miss more often than they say."
        )
    if arena.answers_otherwise():
        told = "though it is told that an episode begins" if arena.agent.is_told else "and has no reset() and no state"
        yield (
            f"{arena.agent.name} answered its first episode otherwise when that was played again: it draws from dice "
            f"of its own, or remembers earlier episodes, {told}: these numbers depend on the order of episodes. Let it "
            "take and return a state, or give it reset()."
        )
    split = sum(row.method == "splitting" for row in rows)
    if split:
        yield f"{split} of {len(rows)} rows by multilevel splitting, others by at least {plan.draws} plain draws."


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
    except Exception:
        # what holds a window, a socket or a network cannot be copied: the same environment was replayed already
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
