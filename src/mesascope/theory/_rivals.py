"""The equation and its rivals, each as a prediction of novel and tuned bits from the same two measured curves.

Their numbers may be arrays: predictions then have the broadcast shape of numbers, visits and instances, so that all
values that a fit chooses among are one computation.
"""

import abc
import dataclasses
from typing import ClassVar, Self

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ._prediction import Curves, Prediction, check_cells, divide, predict

Numbers = float | Float[np.ndarray, "candidates 1 1"]
"""One value, or all that a fit chooses among."""


class AbstractExplanation(abc.ABC):
    """Why training stores here and generalizes there. Fields are the numbers that are fitted; most have none or one."""

    says: ClassVar[str]
    """The explanation in a few words."""

    @classmethod
    @abc.abstractmethod
    def candidates(cls) -> Self:
        """All values that a fit chooses among: fields of shape `(candidates, 1, 1)`."""

    @abc.abstractmethod
    def predict(self, visits: ArrayLike, instances: ArrayLike, curves: Curves) -> Prediction:
        """Novel and tuned bits for every pair of visits and N, broadcast against each other and the fields."""


@dataclasses.dataclass(frozen=True)
class Allocating(AbstractExplanation):
    """The equation as written: the best division of all visits. Nothing is fitted."""

    says: ClassVar[str] = "the equation as written"

    @classmethod
    def candidates(cls) -> Self:
        return cls()

    def predict(self, visits: ArrayLike, instances: ArrayLike, curves: Curves) -> Prediction:
        return predict(visits, instances, curves)


@dataclasses.dataclass(frozen=True)
class Saturating(AbstractExplanation):
    """Training stops paying once the seen instances are solved; of equally good divisions, the one that stores most.

    Fields:
        solved: share of the ceiling at which an instance counts as solved.
    """

    says: ClassVar[str] = "training stops paying once the seen instances are solved"

    solved: Numbers

    @classmethod
    def candidates(cls) -> Self:
        return cls(_first_axis(np.linspace(0.05, 1, 20)))

    def predict(self, visits: ArrayLike, instances: ArrayLike, curves: Curves) -> Prediction:
        divisor = np.asarray(instances, float)
        return divide(visits, instances, curves, divisor, need=self.solved * curves.ceiling)


@dataclasses.dataclass(frozen=True)
class Sharing(AbstractExplanation):
    """Policies are shared: N is replaced by 1 / (rho + (1 - rho) / N). (SoerenMind, in the post's discussion.)

    Fields:
        rho: share of tuning that serves every instance.
    """

    says: ClassVar[str] = "instances share policies"

    rho: Numbers

    @classmethod
    def candidates(cls) -> Self:
        return cls(_first_axis(np.append(0.0, np.geomspace(1e-4, 1, 25))))

    def predict(self, visits: ArrayLike, instances: ArrayLike, curves: Curves) -> Prediction:
        return divide(visits, instances, curves, divisor=1 / _visited(self.rho, instances))


@dataclasses.dataclass(frozen=True)
class Growing(AbstractExplanation):
    """Run-time power costs more where instances are more: f_N = (N / M)^alpha f. (rohinmshah, in the discussion.)

    Fields:
        alpha: exponent.
        base: M, the N at which the cost is that of unlimited instances, as measured.
    """

    says: ClassVar[str] = "the cost of run-time power grows with N"

    alpha: Numbers
    base: Numbers

    @classmethod
    def candidates(cls) -> Self:
        alphas, bases = np.meshgrid(np.linspace(0.1, 1.5, 8), 2.0 ** np.arange(4, 17, 2))
        return cls(_first_axis(alphas.ravel()), _first_axis(bases.ravel()))

    def predict(self, visits: ArrayLike, instances: ArrayLike, curves: Curves) -> Prediction:
        divisor = np.asarray(instances, float)
        return divide(visits, instances, curves, divisor, slowness=(divisor / self.base) ** self.alpha)


@dataclasses.dataclass(frozen=True)
class Racing(AbstractExplanation):
    """Kinetic: storing and generalizing both go on with every visit, and the loser of the race is locked out.

    The race ends at the visits T at which X(T) + g(T / N) reaches a share of the ceiling. Whichever has more bits then
    goes on along its own curve; the other stays where it is. Nothing is divided, so there is no optimum.

    Fields:
        end: share of the ceiling at which the race is over.
    """

    says: ClassVar[str] = "storing and generalizing race, and the loser is locked out"

    end: Numbers

    @classmethod
    def candidates(cls) -> Self:
        return cls(_first_axis(np.linspace(0.05, 1, 20)))

    def predict(self, visits: ArrayLike, instances: ArrayLike, curves: Curves) -> Prediction:
        check_cells(visits, instances, curves)
        t, n = np.asarray(visits, float), np.asarray(instances, float)
        over = np.minimum(self._end(n, curves), t)
        found, stored = curves.run_time.at(over), curves.tuning.at(over / n)
        storing_won = stored > found
        novel = np.where(storing_won, found, curves.run_time.at(t))
        tuned = np.where(storing_won, curves.tuning.at(t / n), stored)
        tuned = np.minimum(tuned, np.maximum(curves.ceiling - novel, 0))
        beyond = (t > curves.run_time.visits[-1]) | (t / n > curves.tuning.visits[-1])
        return _definite(novel, tuned, beyond)

    def _end(self, instances: Float[np.ndarray, "..."], curves: Curves) -> Float[np.ndarray, "..."]:
        """T for each N and end: infinite where the race goes on for as long as the curves were measured."""
        goals, sizes = np.broadcast_arrays(np.asarray(self.end) * curves.ceiling, instances)
        ends = np.empty(goals.shape)
        for size in np.unique(sizes):
            kinks = np.union1d(curves.run_time.visits, size * curves.tuning.visits)
            total = curves.run_time.at(kinks) + curves.tuning.at(kinks / size)
            # the total is linear between kinks and never falls
            ends[sizes == size] = np.interp(goals[sizes == size], total, kinks, right=np.inf)
        return ends


@dataclasses.dataclass(frozen=True)
class Untraded(AbstractExplanation):
    """No trade-off: every visit stores as if nothing else were learned and generalizes as if N were unlimited.

    Novel bits are X(t) whatever N is, tuned ones g(t / N) up to the ceiling. Nothing is fitted.
    """

    says: ClassVar[str] = "no trade-off: novel bits do not depend on N"

    @classmethod
    def candidates(cls) -> Self:
        return cls()

    def predict(self, visits: ArrayLike, instances: ArrayLike, curves: Curves) -> Prediction:
        return Racing(np.inf).predict(visits, instances, curves)


@dataclasses.dataclass(frozen=True)
class Storing(AbstractExplanation):
    """No run-time part: everything is tuning, and novel bits are what tuning shares with instances never seen.

    Fields:
        rho: share of tuning that serves every instance, seen or not.
    """

    says: ClassVar[str] = "no run-time part: only storing, some of it shared"

    rho: Numbers

    @classmethod
    def candidates(cls) -> Self:
        return cls(_first_axis(np.append(0.0, np.geomspace(1e-5, 1, 31))))

    def predict(self, visits: ArrayLike, instances: ArrayLike, curves: Curves) -> Prediction:
        check_cells(visits, instances, curves)
        t = np.asarray(visits, float)
        own = np.minimum(curves.tuning.at(t * _visited(self.rho, instances)), curves.ceiling)
        novel = np.minimum(curves.tuning.at(t * self.rho + 0 * own), own)
        beyond = t * _visited(self.rho, instances) > curves.tuning.visits[-1]
        return _definite(novel, own - novel, beyond)


EXPLANATIONS: dict[str, type[AbstractExplanation]] = {
    "equation": Allocating,
    "saturating": Saturating,
    "shared policies": Sharing,
    "environment-dependent cost": Growing,
    "kinetic": Racing,
    "no run-time part": Storing,
    "no trade-off": Untraded,
}
"""Every explanation that is put to the test, by the name that tables give it."""


def candidate(many: AbstractExplanation, number: int) -> AbstractExplanation:
    """One of the candidates of an explanation."""
    values = {field.name: float(np.ravel(getattr(many, field.name))[number]) for field in dataclasses.fields(many)}
    return dataclasses.replace(many, **values)


def num_candidates(many: AbstractExplanation) -> int:
    """How many values a fit chooses among; 1 where nothing is fitted."""
    return max([np.size(getattr(many, field.name)) for field in dataclasses.fields(many)], default=1)


def _first_axis(values: Float[np.ndarray, " candidates"]) -> Float[np.ndarray, "candidates 1 1"]:
    return values[:, None, None]


def _visited(rho: Numbers, instances: ArrayLike) -> Float[np.ndarray, "..."]:
    """Visits of one instance for one visit in all, where a share of each serves every instance."""
    return rho + (1 - rho) / np.asarray(instances, float)


def _definite(novel, tuned, beyond) -> Prediction:
    """A prediction that leaves nothing open."""
    novel, tuned, beyond = np.broadcast_arrays(novel, tuned, beyond)
    return Prediction(novel, tuned, novel, novel, np.zeros_like(beyond), beyond)
