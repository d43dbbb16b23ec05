"""Linear probes with controls: what can be read off a representation that a label or a place alone does not give."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ..outcomes import Estimate
from ..stats import mean_interval

PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Ridge penalties to choose from, in units of the mean squared standardized feature."""

HELD_OUT = 0.5
"""Share of the instances on which a probe is judged."""

VALIDATION = 0.25
"""Share of the other instances on which the penalty is chosen."""

MIN_INSTANCES = 8


class Split(NamedTuple):
    """Which instances do what; every place of an instance goes with it.

    Fields:
        fitted: indices of those that weights are fitted on.
        validation: of those that the penalty is chosen on; the final weights are fitted on these too.
        held_out: of those that the probe is judged on.
    """

    fitted: Int[np.ndarray, " fitted"]
    validation: Int[np.ndarray, " validation"]
    held_out: Int[np.ndarray, " held_out"]


class LinearProbe(NamedTuple):
    """An affine map from the features of one place to the scores of its labels.

    Fields:
        center, scale: `(channels,)`, by which features are standardized.
        weights: `(channels, outputs)` on standardized features; zero where a channel does not vary.
        bias: `(outputs,)`.
        penalty: the ridge penalty chosen.
    """

    center: Float[np.ndarray, " channels"]
    scale: Float[np.ndarray, " channels"]
    weights: Float[np.ndarray, "channels outputs"]
    bias: Float[np.ndarray, " outputs"]
    penalty: float

    def scores(self, features: Float[np.ndarray, "*batch channels"]) -> Float[np.ndarray, "*batch outputs"]:
        """What the probe says, float64."""
        return (np.asarray(features, np.float64) - self.center) / self.scale @ self.weights + self.bias


class Probing(NamedTuple):
    """What a probe found on held-out instances: shares of right answers, or R^2, with intervals over instances.

    Fields:
        score: of the probe.
        control: of the same probe on labels that belong to the place and not to the instance.
        selectivity: score - control, paired by instance.
        baselines: of the same probe on other features, by name; `nothing` has no features, only the labels'
            frequencies or mean.
        gains: score - baseline, paired by instance, by the same names.
        penalty: the ridge penalty chosen.
    """

    score: Estimate
    control: Estimate
    selectivity: Estimate
    baselines: dict[str, Estimate]
    gains: dict[str, Estimate]
    penalty: float


def plan_probe(
    features: Float[Array, "instances *places channels"],
    best: Bool[Array, "instances *places actions"],
    baselines: Mapping[str, Float[Array, "instances *places _"]] | None = None,
    types: Int[Array, "instances *places"] | None = None,
    seed: int = 0,
) -> Probing:
    """How often a linear probe names a best next move on instances that it was not fitted on.

    One-hot ridge regression, the largest score being the answer; where several moves are best any of them is right.
    Places without a best move are left out. A high share alone says little, since a move can often be guessed from
    the walls around it: read `gains` over the observation and over a fresh network of the same architecture, and
    `selectivity`, which is small for features that merely tell places apart. What a probe reads need not be used:
    `intervene` asks that.

    Args:
        features: one stage of a representation, such as one of `power.stage_features`.
        best: which moves are best, such as `task.demonstrate(...) > 0`.
        baselines: other features of the same instances and places, with any number of channels.
        types: what the control's labels belong to; the place itself by default.
        seed: of the split and of the control's labels.

    Returns:
        Shares from 0 to 1, each the mean over held-out instances of the share of their places.

    Raises:
        ValueError: shapes disagree, a feature is not finite, or there are fewer than 8 instances that ask for
            something.

    References:
        Alain and Bengio (2016), Understanding intermediate layers using linear classifier probes; Hewitt and Liang
        (2019), Designing and interpreting probes with control tasks.

    Example:
        >>> import numpy as np
        >>> from mesascope.evidence import plan_probe
        >>> best = np.random.default_rng(0).permuted(np.tile([True, False, False, False], (64, 5, 1)), axis=-1)
        >>> probing = plan_probe(best @ np.ones((4, 6)) + best @ np.eye(4, 6), best)
        >>> float(probing.score.value)
        1.0
    """
    best = np.asarray(best, bool)
    asked = np.any(best, axis=-1)
    targets = best / np.maximum(np.sum(best, axis=-1, keepdims=True), 1)
    return _probing("plan_probe", _right, features, targets, asked, baselines, types, seed)


def value_probe(
    features: Float[Array, "instances *places channels"],
    value: Float[Array, "instances *places"],
    baselines: Mapping[str, Float[Array, "instances *places _"]] | None = None,
    types: Int[Array, "instances *places"] | None = None,
    seed: int = 0,
) -> Probing:
    """R^2 of a linear probe for a number at each place, such as the distance to the goal, on held-out instances.

        R^2 = 1 - sum of squared errors / sum of squared deviations from the held-out mean

    An instance contributes 1 - its share of the errors over the mean deviation, so that their mean is R^2 and their
    spread gives the interval. Below 0 the probe is worse than the mean.

    Args:
        features: one stage of a representation, such as one of `power.stage_features`.
        value: the number; nan at places to leave out.
        baselines, types, seed: as in `plan_probe`.

    Raises:
        ValueError: as in `plan_probe`, or all values are equal.
    """
    value = np.asarray(value, np.float64)
    asked = np.isfinite(value)
    targets = np.where(asked, value, 0.0)[..., None]
    if len(np.unique(value[asked])) == 1:
        raise ValueError(f"value_probe(features, value): all values are {value[asked][0]}; R^2 needs some that differ.")
    return _probing("value_probe", _explained, features, targets, asked, baselines, types, seed)


def split_instances(num_instances: int, seed: int = 0) -> Split:
    """Half of the instances to judge on, and of the others a quarter to choose the penalty on.

    Raises:
        ValueError: there are fewer than 8 instances.
    """
    if num_instances < MIN_INSTANCES:
        raise ValueError(
            f"split_instances({num_instances}): a probe is fitted, tuned and judged on separate instances, at least "
            f"{MIN_INSTANCES} in all; pass more instances that ask for something."
        )
    order = np.random.default_rng(seed).permutation(num_instances)
    judged = round(HELD_OUT * num_instances)
    tuned = judged + max(1, round(VALIDATION * (num_instances - judged)))
    return Split(fitted=order[tuned:], validation=order[judged:tuned], held_out=order[:judged])


def fit_probe(
    features: Float[np.ndarray, "instances places channels"],
    targets: Float[np.ndarray, "instances places outputs"],
    asked: Bool[np.ndarray, "instances places"],
    split: Split,
) -> LinearProbe:
    """The ridge regression of targets on features, in closed form, in float64; one for all places.

    The penalty has the least squared error on the validation instances; the weights are then fitted again on those
    and the fitted ones together. Held-out instances are not looked at.

    Args:
        features: `(instances, places, channels)`.
        targets: `(instances, places, outputs)`.
        asked: `(instances, places)`, which places count.
        split: who does what.
    """

    def rows(instances):
        chosen = asked[instances]
        return features[instances][chosen], targets[instances][chosen]

    seen, wanted = rows(split.validation)

    def error(probe):
        return np.mean((probe.scores(seen) - wanted) ** 2)

    penalty = min(_ridges(*rows(split.fitted), PENALTIES), key=error).penalty
    return next(_ridges(*rows(np.concatenate([split.fitted, split.validation])), (penalty,)))


def _ridges(features, targets, penalties):
    center, spread = np.mean(features, axis=0), np.std(features, axis=0)
    # rounding alone makes a constant channel vary by a few units in the last place
    varies = spread > 1e-7 * np.maximum(np.abs(center), 1e-30)
    scale = np.where(varies, spread, 1.0)
    standard = np.where(varies, (features - center) / scale, 0.0)
    bias = np.mean(targets, axis=0)
    sizes, axes = np.linalg.eigh(standard.T @ standard / len(standard))
    moments = axes.T @ (standard.T @ (targets - bias) / len(standard))
    for penalty in penalties:
        weights = axes @ (moments / (sizes + penalty)[:, None])
        yield LinearProbe(center, scale, np.where(varies[:, None], weights, 0.0), bias, penalty)


def _probing(call: str, judge: Callable, features, targets, asked, baselines, types, seed) -> Probing:
    others = {"nothing": np.zeros((*asked.shape, 0))} | dict(baselines or {})
    types = _places(asked) if types is None else types
    _check(call, {"features": features} | others | {"types": np.asarray(types)[..., None]}, asked.shape)
    # an instance that asks for nothing can be neither right nor wrong
    kept = np.any(asked.reshape(len(asked), -1), axis=-1)
    split = split_instances(int(np.sum(kept)), seed)
    targets, types = _flat(targets, kept), _flat(np.asarray(types)[..., None], kept)[..., 0]
    asked = _flat(asked[..., None], kept)[..., 0]

    def judged(values, wanted=targets):
        values = _flat(values, kept).astype(np.float64)
        probe = fit_probe(values, wanted, asked, split)
        held = split.held_out
        return judge(probe.scores(values[held]), wanted[held], asked[held]), probe.penalty

    score, penalty = judged(features)
    control, _ = judged(features, _control(targets, asked, types, seed))
    found = {name: judged(values)[0] for name, values in others.items()}
    return Probing(
        score=mean_interval(score),
        control=mean_interval(control),
        selectivity=mean_interval(score - control),
        baselines={name: mean_interval(values) for name, values in found.items()},
        gains={name: mean_interval(score - values) for name, values in found.items()},
        penalty=penalty,
    )


def _places(asked) -> Int[np.ndarray, "instances *places"]:
    return np.broadcast_to(np.arange(asked[0].size).reshape(asked.shape[1:]), asked.shape)


def _flat(values, kept) -> Float[np.ndarray, "kept places channels"]:
    values = np.asarray(values)[kept]
    return values.reshape(len(values), math.prod(values.shape[1:-1]), values.shape[-1])


def _control(targets, asked, types, seed) -> Float[np.ndarray, "instances places outputs"]:
    """Each type of place gets the label of a random place: the labels' own distribution, nothing of the instance."""
    _, kinds = np.unique(types, return_inverse=True)
    drawn = np.random.default_rng((seed, 1)).integers(np.sum(asked), size=kinds.max() + 1)
    return targets[asked][drawn][kinds.reshape(types.shape)]


def _right(scores, targets, asked) -> Float[np.ndarray, " instances"]:
    right = np.take_along_axis(targets, np.argmax(scores, axis=-1)[..., None], axis=-1)[..., 0] > 0
    return np.sum(right & asked, axis=-1) / np.sum(asked, axis=-1)


def _explained(scores, targets, asked) -> Float[np.ndarray, " instances"]:
    error = np.sum((scores - targets)[..., 0] ** 2 * asked, axis=-1)
    deviation = np.sum((targets[..., 0] - np.mean(targets[asked])) ** 2 * asked, axis=-1)
    # a control may draw one label for all places: constant, and no more is explained than was there
    mean = np.mean(deviation)
    return 1 - error / mean if mean > 0 else np.zeros(len(error))


def _check(call: str, arrays: Mapping, places: tuple[int, ...]):
    for name, values in arrays.items():
        shape = np.shape(values)
        if shape[:-1] != places:
            raise ValueError(
                f"{call}(...): {name} has the shape {shape}; the labels have {places}, and an axis of channels "
                "follows; pass the same instances and places."
            )
        if not np.all(np.isfinite(values)):
            raise ValueError(f"{call}(...): {name} has values that are not finite; leave diverged networks out.")
