"""The equation and its rivals, each as a prediction of novel and tuned bits from the same two measured curves."""

import abc
import dataclasses
from typing import ClassVar, Self

import numpy as np
from jaxtyping import Float

from ._prediction import Curves, Prediction, check_cells, divide, predict


class AbstractExplanation(abc.ABC):
    """Why training stores here and generalizes there. Fields are the numbers that are fitted; most have none or one."""

    says: ClassVar[str]
    """The explanation in a few words."""

    @classmethod
    @abc.abstractmethod
    def candidates(cls) -> list[Self]:
        """The values of the fields that a fit chooses among."""

    @abc.abstractmethod
    def predict(
        self, visits: Float[np.ndarray, "..."], instances: Float[np.ndarray, "..."], curves: Curves
    ) -> Prediction:
        """Novel and tuned bits for every pair of visits and N, broadcast against each other."""


@dataclasses.dataclass(frozen=True)
class Allocating(AbstractExplanation):
    """The equation as written: the best division of all visits. Nothing is fitted."""

    says: ClassVar[str] = "the equation as written"

    @classmethod
    def candidates(cls):
        return [cls()]

    def predict(self, visits, instances, curves):
        return predict(visits, instances, curves)


@dataclasses.dataclass(frozen=True)
class Saturating(AbstractExplanation):
    """Training stops paying once the seen instances are solved; of equally good divisions, the one that stores most.

    Fields:
        solved: share of the ceiling at which an instance counts as solved.
    """

    says: ClassVar[str] = "training stops paying once the seen instances are solved"

    solved: float

    @classmethod
    def candidates(cls):
        return [cls(float(solved)) for solved in np.linspace(0.05, 1, 20)]

    def predict(self, visits, instances, curves):
        divisor = np.asarray(instances, float)
        return divide(visits, instances, curves, divisor, need=self.solved * curves.ceiling)


@dataclasses.dataclass(frozen=True)
class Sharing(AbstractExplanation):
    """Policies are shared: N is replaced by 1 / (rho + (1 - rho) / N). (SoerenMind, in the post's discussion.)

    Fields:
        rho: share of tuning that serves every instance.
    """

    says: ClassVar[str] = "instances share policies"

    rho: float

    @classmethod
    def candidates(cls):
        return [cls(0.0), *(cls(float(rho)) for rho in np.geomspace(1e-4, 1, 25))]

    def predict(self, visits, instances, curves):
        return divide(visits, instances, curves, divisor=1 / _visited(self.rho, instances))


@dataclasses.dataclass(frozen=True)
class Growing(AbstractExplanation):
    """Run-time power costs more where instances are more: f_N = (N / M)^alpha f. (rohinmshah, in the discussion.)

    Fields:
        alpha: exponent.
        base: M, the N at which the cost is that of unlimited instances, as measured.
    """

    says: ClassVar[str] = "the cost of run-time power grows with N"

    alpha: float
    base: float

    @classmethod
    def candidates(cls):
        bases = [float(2**k) for k in range(4, 17, 2)]
        return [cls(float(alpha), base) for alpha in np.linspace(0.1, 1.5, 8) for base in bases]

    def predict(self, visits, instances, curves):
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

    end: float

    @classmethod
    def candidates(cls):
        return [cls(float(end)) for end in np.linspace(0.05, 1, 20)]

    def predict(self, visits, instances, curves):
        check_cells(visits, instances, curves)
        t, n = np.asarray(visits, float), np.asarray(instances, float)
        over = np.minimum(self._end(n, curves), t)
        found, stored = curves.run_time.at(over), curves.tuning.at(over / n)
        storing_won = stored > found
        novel = np.where(storing_won, found, curves.run_time.at(t))
        tuned = np.where(storing_won, curves.tuning.at(t / n), stored)
        tuned = np.minimum(tuned, np.maximum(curves.ceiling - novel, 0))
        beyond = (t > curves.run_time.visits[-1]) | (t / n > curves.tuning.visits[-1])
        return Prediction(novel, tuned, novel, novel, np.zeros_like(beyond), beyond)

    def _end(self, instances: Float[np.ndarray, "..."], curves: Curves) -> Float[np.ndarray, "..."]:
        """T for each N: infinite where the race goes on for as long as the curves were measured."""
        flat = instances.reshape(-1, 1)
        run_visits = np.broadcast_to(curves.run_time.visits, (len(flat), len(curves.run_time.visits)))
        kinks = np.sort(np.concatenate([run_visits, flat * curves.tuning.visits], axis=1), axis=1)
        total = curves.run_time.at(kinks) + curves.tuning.at(kinks / flat)
        goal = self.end * curves.ceiling
        # the total is linear between kinks and never falls
        ends = [np.interp(goal, values, at, right=np.inf) for values, at in zip(total, kinks)]
        return np.reshape(ends, instances.shape)


@dataclasses.dataclass(frozen=True)
class Storing(AbstractExplanation):
    """No run-time part: everything is tuning, and novel bits are what tuning shares with instances never seen.

    Fields:
        rho: share of tuning that serves every instance, seen or not.
    """

    says: ClassVar[str] = "no run-time part: only storing, some of it shared"

    rho: float

    @classmethod
    def candidates(cls):
        return [cls(0.0), *(cls(float(rho)) for rho in np.geomspace(1e-5, 1, 31))]

    def predict(self, visits, instances, curves):
        check_cells(visits, instances, curves)
        t = np.asarray(visits, float)
        own = np.minimum(curves.tuning.at(t * _visited(self.rho, instances)), curves.ceiling)
        novel = np.minimum(curves.tuning.at(t * self.rho + 0 * own), own)
        beyond = t * _visited(self.rho, instances) > curves.tuning.visits[-1]
        return Prediction(novel, own - novel, novel, novel, np.zeros_like(beyond), beyond)


EXPLANATIONS: dict[str, type[AbstractExplanation]] = {
    "equation": Allocating,
    "saturating": Saturating,
    "shared policies": Sharing,
    "environment-dependent cost": Growing,
    "kinetic": Racing,
    "no run-time part": Storing,
}
"""Every explanation that is put to the test, by the name that tables give it."""


def _visited(rho: float, instances) -> Float[np.ndarray, "..."]:
    """Visits of one instance for one visit in all, where a share of each serves every instance."""
    return rho + (1 - rho) / np.asarray(instances, float)
