"""The numbers of instances at which run-time optimization sets in, is half of the total, and is all there can be."""

import dataclasses
from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ._costs import AbstractCost, Exponential, FixedPlusLinear, Linear, Power
from ._inversion import last_true
from ._model import ToyModel

LOWEST, HIGHEST, PER_OCTAVE = -40, 80, 8  # octaves of instances that the search looks at


@dataclasses.dataclass(frozen=True)
class Transition:
    """Numbers of instances, arrays of the shape of power; NaN where there is none.

    They are the model's own, in numbers above 0 that need not be whole: a value below 1 says that one instance is past
    it. Where x* jumps the three are one.

    Fields:
        onset: above it x* is more than 0; none where x* is so for any number.
        half: from it on x* is at least half of the total.
        saturation: from it on x* is the most that can be paid for, performed or used.
    """

    onset: Float[np.ndarray, "..."]
    half: Float[np.ndarray, "..."]
    saturation: Float[np.ndarray, "..."]


def transition(model: ToyModel, power: ArrayLike, method: Literal["auto", "closed", "numeric"] = "auto") -> Transition:
    """Where the model's allocation turns, for each power.

    Args:
        model: closed forms exist for built-in formulas without extensions.
        power: P in base bits, 0 or more.
        method: closed form where there is one, else search by eighths of an octave; or one of the two.

    Raises:
        ValueError: power below 0 or not finite; no closed form where one is demanded.

    Example:
        >>> float(transition(ToyModel(Linear(a=8)), power=1000).onset)
        8.0
    """
    power = np.asarray(power, float)
    if not np.all(np.isfinite(power) & (power >= 0)):
        raise ValueError(f"transition(power={power}): power is finite and 0 or more; give the base optimizer's bits.")
    if method not in ("auto", "closed", "numeric"):
        raise ValueError(f"transition(method={method!r}): method is 'auto', 'closed' or 'numeric'.")
    form = FORMS.get(type(model.cost)) if model == ToyModel(model.cost) else None
    if method == "numeric" or (form is None and method != "closed"):
        return _searched(model, power)
    if form is None:
        raise ValueError(
            f"transition(method='closed'): closed forms exist for {', '.join(kind.__name__ for kind in FORMS)} without "
            "extensions; use method='auto'."
        )
    points = np.broadcast_arrays(*form(model.cost, np.where(power > 0, power, np.nan)), power)[:3]
    return Transition(*(np.where((power > 0) & np.isfinite(point), point, np.nan) for point in points))


def _linear(cost: Linear, power):
    """A jump at N = a, whatever P."""
    return (cost.a,) * 3


def _fixed_plus_linear(cost: FixedPlusLinear, power):
    """A jump at N = a P / (P - c), and none for P <= c."""
    return (np.divide(cost.a * power, power - cost.c, out=np.full(power.shape, np.nan), where=power > cost.c),) * 3


def _power(cost: Power, power):
    """Saturation at N = k a^(1/k) P^((k-1)/k), half at that times (k+1)^(-(k-1)/k); for k <= 1 a jump."""
    k = cost.k
    with np.errstate(over="ignore", under="ignore"):
        jump = power * (cost.a / power) ** (1 / k)  # a^(1/k) P^((k-1)/k)
    if k <= 1:
        return (jump,) * 3
    return np.nan, k * jump * (k + 1) ** (1 / k - 1), k * jump


def _exponential(cost: Exponential, power):
    """Onset at N = a b, saturation at N = b (P + a); half where N = a b e^(b x) and (1 + b x) e^(b x) = (P + a) / a."""
    from scipy.special import lambertw

    exponent = lambertw(np.e * (power + cost.a) / cost.a).real - 1
    return cost.a * cost.b, cost.a * cost.b * np.exp(exponent), cost.b * (power + cost.a)


FORMS: dict[type[AbstractCost], Callable] = {
    Linear: _linear,
    FixedPlusLinear: _fixed_plus_linear,
    Power: _power,
    Exponential: _exponential,
}


def _searched(model: ToyModel, power: Float[np.ndarray, "..."]) -> Transition:
    flat = power.ravel()
    octaves = np.arange(LOWEST * PER_OCTAVE, HIGHEST * PER_OCTAVE + 1) / PER_OCTAVE
    return Transition(
        *(_first(model, flat, 2.0**octaves, is_past).reshape(power.shape) for is_past in (_begun, _half, _whole))
    )


def _first(model: ToyModel, power, instances, is_past) -> Float[np.ndarray, " powers"]:
    """The least number of instances past which something is so; NaN where it always or never is."""
    past = is_past(model, power[:, None], instances)
    index = np.argmax(past, axis=1)
    found = np.full(power.shape, np.nan)
    turns = past.any(axis=1) & (index > 0)
    low, high = instances[index[turns] - 1], instances[index[turns]]
    found[turns] = last_true(lambda n: ~is_past(model, power[turns], n), low, high)
    return found


def _begun(model: ToyModel, power, instances):
    return model.solve_anywhere(power, instances).x > 0


def _half(model: ToyModel, power, instances):
    found = model.solve_anywhere(power, instances)
    return (found.x > 0) & (2 * found.x >= found.total)


def _whole(model: ToyModel, power, instances):
    shape = np.broadcast_shapes(power.shape, instances.shape)
    limit = model.limit(np.broadcast_to(power, shape), np.broadcast_to(instances, shape))
    return (limit > 0) & (model.solve_anywhere(power, instances).x >= limit)
