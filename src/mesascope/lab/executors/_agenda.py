"""Who does what next."""

from collections.abc import Hashable, Iterable

from ..trials import Trial, cost
from ._base import SweepError

Unit = tuple[Trial, ...]
"""Trials of one program that are handed out together: one of them on a CPU, a population on a GPU."""


class Agenda:
    """The units that nobody has begun, by program, the costliest of each last.

    Args:
        units: all that is to be done.
    """

    def __init__(self, units: Iterable[Unit]):
        self._left: dict[Hashable, list[Unit]] = {}
        for unit in sorted(units, key=unit_cost):
            self._left.setdefault(unit[0].program, []).append(unit)

    def __bool__(self) -> bool:
        return bool(self._left)

    def take(self, previous: Unit | None, busy: Iterable[Unit]) -> Unit | None:
        """The next unit of a worker: of the program that it has compiled, else the costliest that nobody works on.

        Args:
            previous: what the worker did before.
            busy: what other workers do now.
        """
        if not self._left:
            return None
        chosen = previous[0].program if previous else None
        if chosen not in self._left:
            taken = {unit[0].program for unit in busy}
            free = [kind for kind in self._left if kind not in taken]
            chosen = max(free or self._left, key=lambda kind: unit_cost(self._left[kind][-1]))
        unit = self._left[chosen].pop()
        if not self._left[chosen]:
            del self._left[chosen]
        return unit

    def put_back(self, unit: Unit) -> None:
        """Its worker was lost."""
        self._left.setdefault(unit[0].program, []).append(unit)


def unit_cost(unit: Unit) -> float:
    """The sum of the trials' costs."""
    return sum(map(cost, unit))


def died_twice(unit: Unit, why: str) -> SweepError:
    """The error of a unit that costs one worker after another."""
    return SweepError(
        f"{unit[0]}: its worker died twice ({why}), most likely for want of memory; run with fewer --workers. Finished "
        "trials are safe; the same command resumes."
    )
