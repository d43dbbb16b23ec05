"""Settings that cannot be, refused before anything is trained."""

from collections.abc import Set

from ._rule import BOUNDARIES


def check_powers_of_two(claim, name: str) -> None:
    """Raises unless levels begin at 1 and rise by powers of two."""
    levels = getattr(claim, name)
    if len(levels) < 2 or levels[0] != 1 or any(b <= a or b & (b - 1) for a, b in zip(levels, levels[1:])):
        raise ValueError(f"{claim.name}: {name}={levels} should begin at 1 and rise; give powers of 2.")


def check_rising(claim, name: str, least: float, num: int = 2) -> None:
    """Raises unless levels are different, rise, and begin at `least` or above."""
    levels = getattr(claim, name)
    if len(levels) < num or list(levels) != sorted(set(levels)) or (levels and levels[0] < least):
        many = {0: "", 1: "one or more "}.get(num, f"{num} or more ")
        raise ValueError(f"{claim.name}: {name}={levels} should be {many}different numbers, rising from {least:g}.")


def check_divides(claim, count: int, least_steps: int, **totals: int) -> None:
    """Raises unless `count` learners can divide totals evenly, with enough steps for each of them."""
    for name, total in totals.items():
        least = least_steps if name == "steps" else 1
        if total % count or total // count < least:
            raise ValueError(
                f"{claim.name}: {count} learners cannot divide {name}={total} evenly, with {least} or more for each; "
                f"choose a multiple of {count}, at least {least * count}."
            )


def check_needed(claim, name: str, needed: Set[str], least: int = 1) -> None:
    """Raises unless names are different, `least` or more, those that the verdict needs among them."""
    chosen = getattr(claim, name)
    if not needed <= set(chosen) or len(set(chosen)) < max(len(chosen), least):
        wanted = ", ".join(sorted(needed)) or "one at least"
        raise ValueError(f"{claim.name}: {name}={chosen} should be different ones, with {wanted}.")


def check_least(claim, **least: float) -> None:
    """Raises unless settings are numbers of at least so much."""
    for name, bound in least.items():
        if not getattr(claim, name) >= bound:
            raise ValueError(f"{claim.name}: {name}={getattr(claim, name)}: choose {bound:g} or more.")


def check_thinks(claim) -> None:
    """Raises unless the claim's network thinks beyond every depth at which a reflex may end."""
    if claim.network.thinking <= max(BOUNDARIES):
        raise ValueError(
            f"{claim.name}: thinking={claim.network.thinking}: internal bits are those beyond stage {max(BOUNDARIES)} "
            f"too; choose {max(BOUNDARIES) + 1} or more thoughts."
        )


def check_seeds(claim, most: int | None = None) -> None:
    """Raises unless there is a seed, and none beyond those on whose pools networks are compared."""
    if claim.seeds < 1 or (most and claim.seeds > most):
        raise ValueError(f"{claim.name}: seeds={claim.seeds}: choose 1 to {most or 'any number'}.")
