"""Goal-directedness: how much better a policy is predicted by pursuing a utility than by acting at random."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Bool, Float

from ..outcomes import EnumeratedTail

TIE = 1e-12
"""Differences of utility below this share of its whole range are rounding: random behaviour, or equally good moves."""


class GoalDirectedness(NamedTuple):
    """Goal-directedness towards one utility, float64.

    Fields:
        bits: `(*batch)`, never negative: 0 for behaviour whose mean utility is that of random actions.
        sign: `(*batch)`, 1 towards high utility, -1 towards low utility, 0 where there are no bits.
        share: `(*batch)` in [0, 1], of the most that any policy of that sign has; nan where random actions always
            lead to the same utility, so that nothing can be pursued.
        inverse_temperature: `(*batch)`, the beta that predicts best, with its sign; in nats per unit of utility,
            infinite for a policy that is best or worst.
    """

    bits: Float[np.ndarray, "*batch"]
    sign: Float[np.ndarray, "*batch"]
    share: Float[np.ndarray, "*batch"]
    inverse_temperature: Float[np.ndarray, "*batch"]


class DecisionProcess(NamedTuple):
    """A tabulated world of finitely many decisions. Utility is the sum of the rewards and of the final one.

    Fields:
        transitions: `(states, actions, states)` probabilities of the next state.
        rewards: `(states, actions)` expected rewards of a decision.
        start: `(states,)` probabilities of the first state.
        horizon: number of decisions, at least 1.
        absorbing: `(states,)`, where the episode is over: nothing is decided or earned there any more, whatever
            `transitions` and `rewards` say.
        final: `(states,)` reward for being in a state at the end, absorbing or not; none by default.
    """

    transitions: Float[np.ndarray, "states actions states"]
    rewards: Float[np.ndarray, "states actions"]
    start: Float[np.ndarray, " states"]
    horizon: int
    absorbing: Bool[np.ndarray, " states"]
    final: Float[np.ndarray, " states"] | None = None


def goal_directedness(
    mean_utility: Float[Array, "*batch"] | float, reference: EnumeratedTail, tolerance: float = 1e-9
) -> GoalDirectedness:
    """Maximum-entropy goal-directedness in a deterministic world, from two things alone:

        MEG = max_beta  beta E_pi[U] - ln E_ref[exp(beta U)],    in bits: divided by ln 2

    the Legendre transform of what random actions lead to. That equals `tabulated_goal_directedness` wherever an
    action has one consequence, since then exp(beta U) reweights whole action sequences. It never exceeds
    -log2 P_ref(U >= E_pi[U]) (Chernoff's bound) and reaches it for the best policy. Bits of optimization power average
    over outcomes, this looks at their mean: a policy that is at times excellent and mostly bad has many of those bits
    and few of these.

    Args:
        mean_utility: `(*batch)`, the policy's expected utility, such as `power.score(...).utility`.
        reference: tails of random actions with leaves `(*batch, atoms)`, such as `power.references(...)`.
        tolerance: share of the range of utilities by which rounding may carry a mean beyond it.

    Returns:
        Leaves `(*batch)`. The lowest utility's probability is a difference of tails: where it is below 1e-13, bits of
        sign -1 lose their last digits.

    Raises:
        ValueError: a mean is beyond what random actions can lead to: policy and reference are of different worlds.

    References:
        MacDermott, Fox, Belardinelli and Everitt (2024), Measuring Goal-Directedness, arXiv:2412.04758.

    Example:
        >>> from mesascope.evidence import goal_directedness
        >>> from mesascope.outcomes import EnumeratedTail
        >>> import jax.numpy as jnp
        >>> fair_coin = EnumeratedTail(jnp.array([0.0, 1.0]), jnp.array([0.0, -1.0]))
        >>> float(goal_directedness(1.0, fair_coin).bits)
        1.0
    """
    mean, support = np.asarray(mean_utility, np.float64), np.asarray(reference.support, np.float64)
    log_weight = _log_weights(np.asarray(reference.log2_tail, np.float64))
    possible = np.isfinite(log_weight)
    highest = np.max(np.where(possible, support, -np.inf), axis=-1)
    lowest = np.min(np.where(possible, support, np.inf), axis=-1)
    _check_within(mean, lowest, highest, tolerance)
    at_random = np.sum(np.exp(log_weight) * support, axis=-1)
    sign = _sign(mean - at_random, highest - lowest)
    regret = np.maximum(np.where(sign < 0, mean - lowest, highest - mean), 0)
    end = np.where(sign < 0, lowest, highest)
    gap = np.where(possible, np.abs(end[..., None] - support), np.inf)

    def soft(beta):
        logits = log_weight - _times(beta[..., None], gap)
        log_mean = _log_sum_exp(logits)
        chances = np.exp(logits - log_mean[..., None])
        return log_mean, np.sum(chances * np.where(possible, gap, 0), axis=-1)

    return _legendre(sign, regret, highest - lowest, soft)


def tabulated_goal_directedness(
    policy: Float[np.ndarray, "states actions"], process: DecisionProcess
) -> GoalDirectedness:
    """Maximum-entropy goal-directedness of a tabulated policy, in any world:

        MEG = max_beta  E_pi[ sum_t  log2 pi_beta(a_t | s_t) - log2 pi_0(a_t | s_t) ]

    pi_beta solves the soft Bellman equation of beta U, pi_0 is uniform over the actions. The expectation is
    beta E_pi[U] - E[V_beta(s_0)], concave in beta, with derivative E_pi[U] - E_pi_beta[U]: at the maximum the mean
    utilities agree, and bisection finds it. pi_beta may depend on the time, the policy does not.

    Args:
        policy: `(states, actions)` probabilities.
        process: the world and the utility.

    Returns:
        Leaves without axes. 49 states, 4 actions and 100 decisions take about half a second.

    Raises:
        ValueError: shapes disagree, probabilities do not sum to 1, or there is no decision.

    References:
        MacDermott et al. (2024), arXiv:2412.04758; the soft Bellman equation is Ziebart's (2010).

    Example:
        >>> import numpy as np
        >>> from mesascope.evidence import DecisionProcess, tabulated_goal_directedness
        >>> arms = DecisionProcess(np.ones((1, 2, 1)), np.array([[0.0, 1.0]]), np.ones(1), 1, np.array([False]))
        >>> float(tabulated_goal_directedness(np.array([[0.0, 1.0]]), arms).bits)
        1.0
    """
    policy = np.asarray(policy, np.float64)
    process = _checked(policy, process)
    gaps = [_advantage_gaps(process, direction) for direction in (1, -1)]
    uniform = np.full_like(policy, 1 / policy.shape[1])
    found, at_random = ([_regret(process, gap, played) for gap in gaps] for played in (policy, uniform))
    span = at_random[0] + at_random[1]
    sign = _sign(at_random[0] - found[0], span)
    side = 1 if sign < 0 else 0
    # an action that is as good as the best but for rounding is best: at large beta the difference would show
    gap = np.where(gaps[side] > TIE * span, gaps[side], 0)
    return _legendre(sign, found[side], span, lambda beta: _soft_bellman(process, gap, float(beta)))


def _legendre(sign, regret, span, soft: Callable) -> GoalDirectedness:
    """max over beta > 0 of -beta regret - ln E_ref[exp(-beta gap)], where soft(beta) gives that ln and the regret."""
    unit = np.where(span > 0, span, 1.0)
    low, high = np.full_like(unit, -60), np.full_like(unit, 60)
    for _ in range(64):
        middle = (low + high) / 2
        too_soft = soft(np.exp2(middle) / unit)[1] > regret
        low, high = np.where(too_soft, middle, low), np.where(too_soft, high, middle)
    beta = np.exp2(high) / unit
    pursued = sign != 0
    bits = np.where(pursued, (-beta * regret - soft(beta)[0]) / np.log(2), 0.0)
    most = -soft(np.full_like(unit, np.inf))[0] / np.log(2)
    share = np.where(span > 0, bits / np.where(span > 0, most, 1.0), np.nan)
    beta = np.where(regret > 0, beta, np.inf)
    return GoalDirectedness(np.maximum(bits, 0.0), sign, share, np.where(pursued, np.copysign(beta, sign), 0.0))


def _sign(above_random, span):
    return np.where(np.abs(above_random) > TIE * span, np.sign(above_random), 0.0)


def _log_weights(log2_tail):
    """ln P_ref(U = support[k]), without leaving logarithms: tails may be as small as 2^-200."""
    beyond = np.concatenate([log2_tail[..., 1:], np.full_like(log2_tail[..., :1], -np.inf)], axis=-1)
    alive = np.isfinite(log2_tail)
    drop = np.minimum(np.where(alive, beyond, 0) - np.where(alive, log2_tail, 1), 0) * np.log(2)
    present = alive & (drop < 0)
    share = np.where(present, -np.expm1(drop), 1.0)
    return np.where(present, np.where(alive, log2_tail, 0) * np.log(2) + np.log(share), -np.inf)


def _times(beta, gap):
    # an infinite beta times no gap is nothing
    return np.multiply(beta, gap, where=gap > 0, out=np.zeros_like(gap))


def _log_sum_exp(logits):
    top = np.max(logits, axis=-1, keepdims=True)
    return top[..., 0] + np.log(np.sum(np.exp(logits - top), axis=-1))


def _advantage_gaps(process, direction) -> Float[np.ndarray, "horizon states actions"]:
    """V*_t(s) - Q*_t(s, a) for the utility times `direction`: what a decision gives away at once, never negative."""
    value, gaps = direction * process.final, []
    for _ in range(process.horizon):
        action_value = direction * process.rewards + process.transitions @ value
        value = np.max(action_value, axis=-1)
        gaps.append(value[:, None] - action_value)
    return np.stack(gaps[::-1])


def _regret(process, gaps, policy) -> float:
    """V* less the policy's expected utility, as the expected sum of its gaps: exact where it is 0."""
    regret = np.zeros(len(policy))
    for gap in gaps[::-1]:
        regret = np.sum(policy * (gap + process.transitions @ regret), axis=-1)
    return process.start @ regret


def _soft_bellman(process, gaps, beta: float) -> tuple[float, float]:
    """E[V_beta - beta V*] at the start, with V relative to uniform actions, and the regret of pi_beta."""
    value = regret = np.zeros(len(process.start))
    for gap in gaps[::-1]:
        logits = process.transitions @ value - _times(beta, gap)
        log_sum = _log_sum_exp(logits)
        value = log_sum - np.log(gap.shape[-1])
        regret = np.sum(np.exp(logits - log_sum[:, None]) * (gap + process.transitions @ regret), axis=-1)
    return process.start @ value, process.start @ regret


def _check_within(mean, lowest, highest, tolerance):
    slack = tolerance * np.maximum(highest - lowest, np.abs(highest))
    outside = ~((mean >= lowest - slack) & (mean <= highest + slack))
    if np.any(outside):
        row = np.unravel_index(np.argmax(outside), outside.shape)
        limits = [np.broadcast_to(limit, outside.shape)[row] for limit in (lowest, highest)]
        raise ValueError(
            f"goal_directedness(mean_utility, reference): mean utility {np.broadcast_to(mean, outside.shape)[row]} at "
            f"index {tuple(map(int, row))} is not between {limits[0]} and {limits[1]}, which is all that random "
            "actions lead to; pass the reference of the same instances."
        )


def _checked(policy, process: DecisionProcess) -> DecisionProcess:
    """The process as float64 arrays, absorbing states made to stay where they are."""
    states, actions = policy.shape
    final = np.zeros(states) if process.final is None else process.final
    shapes = dict(
        transitions=(states, actions, states),
        rewards=policy.shape,
        start=(states,),
        absorbing=(states,),
        final=(states,),
    )
    arrays = {name: np.array(process._replace(final=final)._asdict()[name], np.float64) for name in shapes}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise _refusal(f"{name} has the shape {shape} for that policy, not {arrays[name].shape}.")
    for name, chances in dict(policy=policy, transitions=arrays["transitions"], start=arrays["start"]).items():
        if np.any(chances < 0) or not np.allclose(np.sum(chances, axis=-1), 1, rtol=0, atol=1e-9):
            raise _refusal(f"{name} holds probabilities: none below 0, sums of 1 over the last axis; normalize it.")
    if process.horizon < 1:
        raise _refusal(f"horizon={process.horizon} leaves no decision; it is at least 1.")
    over = arrays["absorbing"].astype(bool)
    arrays["transitions"][over] = np.eye(states)[over][:, None]
    arrays["rewards"][over] = 0
    return DecisionProcess(**arrays | {"absorbing": over, "horizon": process.horizon})


def _refusal(reason: str) -> ValueError:
    return ValueError(f"tabulated_goal_directedness(policy, process): {reason}")
