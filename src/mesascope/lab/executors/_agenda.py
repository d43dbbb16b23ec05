"""Who does what next."""

from collections.abc import Iterable

from .._train import program
from .._trial import Trial, cost
from ._base import SweepError

Unit = tuple[Trial, ...]
"""Trials of one program that are handed out together: one of them on a CPU, a population on a GPU."""


class Agenda:
    """The units that nobody has begun.

    Args:
        units: all that is to be done.
    """

    def __init__(self, units: Iterable[Unit]):
        self._left = list(units)

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
        wanted = program(previous[0]) if previous else None
        taken = {program(unit[0]) for unit in busy}
        same = [i for i, unit in enumerate(self._left) if program(unit[0]) == wanted]
        free = [i for i, unit in enumerate(self._left) if program(unit[0]) not in taken]
        candidates = same or free or range(len(self._left))
        return self._left.pop(max(candidates, key=lambda i: sum(map(cost, self._left[i]))))

    def put_back(self, unit: Unit) -> None:
        """Its worker was lost."""
        self._left.append(unit)


def died_twice(unit: Unit, why: str) -> SweepError:
    """The error of a unit that cannot be at fault for nothing."""
    return SweepError(
        f"{unit[0]}: its worker died twice ({why}), most likely for want of memory; run with fewer --workers. Finished "
        "trials are safe; the same command resumes."
    )
