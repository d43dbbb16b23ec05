"""Run-time bits over range and over capacity; answers over the length of strings."""

from collections.abc import Callable

from ...findings import Chart, Field
from ...lab import BOUNDARY
from ._read import Known
from ._strings import by_length

ARCHITECTURE = Field("architecture", "architecture", "category")
BITS = Field("bits", "internal bits beyond the twin's")


def charts(networks: list[Known]) -> tuple[Chart, ...]:
    """Internal bits over what was measured beforehand, and what range is measured from."""
    if not networks:
        return ()
    over_range = _over(
        networks,
        Field("range", "range"),
        Known.range,
        "What architectures compute at run time, over their range",
        "Range is measured on other tasks: how far from chance to all answers right on strings longer than those "
        "trained on.",
    )
    over_capacity = _over(
        networks,
        Field("capacity", "capacity (labels)", "log"),
        lambda known: round(max(known.capacity(), 1)),
        "What architectures compute at run time, over what they can store",
        "Capacity is the number of random labels stored.",
    )
    return over_range, over_capacity, _lengths(networks)


def _over(networks: list[Known], x: Field, of: Callable[[Known], float], title: str, said: str) -> Chart:
    """Internal bits over one number of each architecture."""
    caption = (
        "Internal bits on novel mazes beyond those of the answer-shown twin. Small points are seeds, large ones means "
        f"with 95% intervals. {said}"
    )
    rows = tuple(row | {x.name: of(known)} for known in networks for row in _rows(known))
    return Chart(x.name, title, caption, "curves", rows, x, BITS, ARCHITECTURE)


def _lengths(networks: list[Known]) -> Chart:
    return Chart(
        "lengths",
        "How answers fall off on strings longer than those trained on",
        "Of the way from chance to all answers right, mean over rules and seeds; each seed stands in the table. "
        "Trained on were lengths of 8 to 12; range is the mean over longer strings.",
        "curves",
        tuple(row for known in networks for row in by_length(known)),
        Field("length", "symbols"),
        Field("way", "of the way"),
        ARCHITECTURE,
    )


def _rows(known: Known) -> list[dict]:
    return [{"architecture": known.name, "bits": bits, "seed": seed} for seed, bits in known.serial(BOUNDARY).items()]
