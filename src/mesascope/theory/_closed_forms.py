"""x* in closed form: the largest of price x - f(x) over 0 <= x <= limit, the smallest such x where several tie."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

from ._costs import AbstractCost, Exponential, FixedPlusLinear, Linear, Power
from ._problem import TIE, Problem

Cells = Float[np.ndarray, " cells"]
Optimum = tuple[Cells, Bool[np.ndarray, " cells"]]


def closed_optimum(problem: Problem) -> Optimum | None:
    """x* and whether it is one of several, or None where there is no closed form."""
    form = FORMS.get(type(problem.cost))
    if form is None or np.isfinite(problem.need):
        return None
    worthless = np.where(problem.gain > 0, np.inf, 0.0)
    price = np.divide(problem.gain, problem.thrift, out=worthless, where=problem.thrift > 0)
    return form(problem.cost, price[problem.row], problem.limit)


def _linear(cost: Linear, price: Cells, limit: Cells) -> Optimum:
    """All or nothing: `limit` where price > a, else 0."""
    return np.where(price > cost.a, limit, 0.0), (price == cost.a) & (limit > 0)


def _fixed_plus_linear(cost: FixedPlusLinear, price: Cells, limit: Cells) -> Optimum:
    """All or nothing: `limit` where price limit > c + a limit, else 0."""
    return _all_or_nothing(cost, price, limit)


def _power(cost: Power, price: Cells, limit: Cells) -> Optimum:
    """(price / (a k))^(1 / (k - 1)) up to `limit` for k > 1; all or nothing for k <= 1."""
    if cost.k <= 1:
        return _all_or_nothing(cost, price, limit)
    with np.errstate(over="ignore"):
        return np.minimum((price / (cost.a * cost.k)) ** (1 / (cost.k - 1)), limit), np.zeros(price.shape, bool)


def _exponential(cost: Exponential, price: Cells, limit: Cells) -> Optimum:
    """log(price / (a b)) / b between 0 and `limit`."""
    inside = np.log(np.maximum(price / (cost.a * cost.b), 1.0)) / cost.b
    return np.minimum(inside, limit), np.zeros(price.shape, bool)


def _all_or_nothing(cost: AbstractCost, price: Cells, limit: Cells) -> Optimum:
    """Where a further bit is never dearer than the one before, x* is 0 or `limit`."""
    gained = np.where(limit > 0, price, 0.0) * limit
    spent = cost.value(limit)
    margin = TIE * np.where(np.isfinite(gained), gained + spent, 0.0)
    whole = gained > spent + margin
    return np.where(whole, limit, 0.0), ~whole & (limit > 0) & (gained >= spent - margin)


FORMS: dict[type, Callable[..., Optimum]] = {
    Linear: _linear,
    FixedPlusLinear: _fixed_plus_linear,
    Power: _power,
    Exponential: _exponential,
}
