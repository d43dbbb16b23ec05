"""The toy model and the extensions that the discussion asks for."""

import dataclasses
import math
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike

from ._checks import check_not_negative
from ._closed_forms import closed_optimum
from ._costs import AbstractCost
from ._problem import Problem
from ._solver import numeric_optimum


@dataclasses.dataclass(frozen=True)
class Allocation:
    """How power is divided, in bits for each instance; arrays of the broadcast shape of power and instances.

    Fields:
        x: performed at run time by the learned algorithm; the smallest best one where several are.
        tuned: stored about the instance by the base optimizer.
        total: x and tuned, and hard-coded bits where the model has some.
        share: x / total; 0 where the total is 0.
        tied: another x is exactly as good.
        extrapolated: x lies where the cost was not measured.
    """

    x: Float[np.ndarray, "..."]
    tuned: Float[np.ndarray, "..."]
    total: Float[np.ndarray, "..."]
    share: Float[np.ndarray, "..."]
    tied: Bool[np.ndarray, "..."]
    extrapolated: Bool[np.ndarray, "..."]


@dataclasses.dataclass(frozen=True)
class ToyModel:
    """x* = argmax over x of (P - f(x)) / N + x subject to P - f(x) >= 0, from section 2.1, with extensions.

    In full, for one instance, with D = 1 / (shared + (1 - shared) / N) and f_N = N^growth f:

        tuned <= (P - f_N(x)) / D        x <= cap        f_N(x) <= P
        maximize min(need, tuned + x + hard_coded) - length_penalty D tuned - time_penalty x

    Where several x are best, as for a linear cost at N = a, the smallest is taken.

    Fields:
        cost: f.
        cap: most bits that can be performed at run time (footnote 6).
        need: bits that solve an instance; more count for nothing.
        hard_coded: bits that built-in optimization supplies at run time for nothing (section 2.2).
        shared: share of tuning that serves all instances at once, 0 to 1 (SoerenMind's objection).
        growth: exponent by which f grows with the number of instances (rohinmshah's objection to footnote 5).
        time_penalty: what a run-time bit costs the learned algorithm, in bits of performance.
        length_penalty: what a stored bit of tuning costs it, over all instances, in bits of performance.

    Raises:
        ValueError: a field outside its range; in `solve`, power below 0 or fewer than one instance.

    Example:
        >>> ToyModel(Linear(a=8)).solve(power=1000, instances=[5, 20]).x.tolist()
        [0.0, 125.0]

    References:
        Hubinger et al. (2019), arXiv 1906.01820, section 2.1.
    """

    cost: AbstractCost
    cap: float = math.inf
    need: float = math.inf
    hard_coded: float = 0.0
    shared: float = 0.0
    growth: float = 0.0
    time_penalty: float = 0.0
    length_penalty: float = 0.0

    def __post_init__(self):
        if not isinstance(self.cost, AbstractCost):
            raise ValueError(f"ToyModel(cost={self.cost!r}): cost is an AbstractCost; wrap a callable as Custom(f).")
        check_not_negative("ToyModel", limit=True, cap=self.cap, need=self.need)
        check_not_negative("ToyModel", hard_coded=self.hard_coded, growth=self.growth)
        check_not_negative("ToyModel", time_penalty=self.time_penalty, length_penalty=self.length_penalty)
        check_not_negative("ToyModel", upper=1.0, shared=self.shared)

    def solve(
        self, power: ArrayLike, instances: ArrayLike, method: Literal["auto", "closed", "numeric"] = "auto"
    ) -> Allocation:
        """The best allocation for every pair of power and number of instances, broadcast against each other.

        Args:
            power: P in base bits, 0 or more.
            instances: N, 1 or more; need not be whole.
            method: closed form where there is one, else search, whose time goes with the number of distinct instances;
                or one of the two.
        """
        power, instances = np.asarray(power, float), np.asarray(instances, float)
        _check_inputs(power, instances)
        if method not in ("auto", "closed", "numeric"):
            raise ValueError(f"ToyModel.solve(method={method!r}): method is 'auto', 'closed' or 'numeric'.")
        return self.solve_anywhere(power, instances, method)

    def solve_anywhere(self, power, instances, method: str = "auto") -> Allocation:
        """As `solve`, for any number of instances above 0: transitions may lie below one instance."""
        shape = np.broadcast_shapes(np.shape(power), np.shape(instances))
        problem = self.problem(
            np.broadcast_to(power, shape).ravel(), *np.unique(np.broadcast_to(instances, shape), return_inverse=True)
        )
        found = None if method == "numeric" else closed_optimum(problem)
        if found is None and method == "closed":
            raise ValueError(
                f"ToyModel.solve(method='closed'): no closed form for {type(self.cost).__name__}"
                f"{' with need' if math.isfinite(self.need) else ''}; use method='auto'."
            )
        return self._allocation(problem, *(found or numeric_optimum(problem)), shape)

    def divisor(self, instances: ArrayLike) -> Float[np.ndarray, "..."]:
        """Base bits for one tuned bit on every instance: N, or fewer where policies are shared."""
        return 1 / (self.shared + (1 - self.shared) / np.asarray(instances, float))

    def problem(self, power: Float[np.ndarray, " cells"], instances: Float[np.ndarray, " rows"], row) -> Problem:
        """The model as one equation in x, with `row` saying which of the instances belongs to each cell."""
        row = row.ravel()
        scale = instances**self.growth
        divisor = self.divisor(instances)
        worth = np.maximum(1 - self.length_penalty * divisor, 0.0)
        gain = divisor / scale * max(1 - self.time_penalty, 0.0)
        limit = self.limit(power, instances[row])
        return Problem(self.cost, divisor / scale, gain, worth, row, power / scale[row], limit, self.missing)

    def limit(self, power: ArrayLike, instances: ArrayLike) -> Float[np.ndarray, "..."]:
        """The most bits that can be paid for, performed and used at run time."""
        payable = self.cost.inverse(np.asarray(power, float) / np.asarray(instances, float) ** self.growth)
        limit = np.minimum(payable, min(self.cap, self.missing))
        if not np.all(np.isfinite(limit)):
            raise ValueError(
                "ToyModel.solve: power pays for any x whatever, so that none is best; give the model a cap."
            )
        return limit

    @property
    def missing(self) -> float:
        """Bits that an instance needs beyond the hard-coded ones."""
        return max(self.need - self.hard_coded, 0.0)

    def _allocation(self, problem: Problem, x, tied, shape) -> Allocation:
        left = problem.power - self.cost.value(x)
        # what is left of a power that was meant to be spent whole is rounding
        left = np.where(left > 1e-12 * problem.power, left, 0.0)
        tuned = np.minimum(left / problem.divisor[problem.row], problem.need - x)
        tuned = np.where(problem.thrift[problem.row] > 0, tuned, 0.0)
        total = tuned + x + min(self.hard_coded, self.need)
        share = np.divide(x, total, out=np.zeros_like(x), where=total > 0)
        fields = (x, tuned, total, share, tied, self.cost.extrapolates(x))
        return Allocation(*(np.reshape(field, shape) for field in fields))


def _check_inputs(power: np.ndarray, instances: np.ndarray) -> None:
    for name, values, least in (("power", power, 0), ("instances", instances, 1)):
        bad = ~np.isfinite(values) | (values < least)
        if bad.any():
            raise ValueError(
                f"ToyModel.solve({name}={values[bad].ravel()[0]:g}): {name} is finite and {least} or more; "
                f"{'give bits spent by the base optimizer' if name == 'power' else 'one instance is the fewest'}."
            )
