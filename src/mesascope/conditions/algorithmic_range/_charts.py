"""Run-time bits over range and over capacity; answers over the length of strings."""

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
    over_range = tuple(row | {"range": known.range()} for known in networks for row in _rows(known))
    over_capacity = tuple(
        row | {"capacity": round(max(known.capacity(), 1))} for known in networks for row in _rows(known)
    )
    caption = (
        "Internal bits on novel mazes beyond those of the answer-shown twin. Small points are seeds, large ones means "
        "with 95% intervals."
    )
    return (
        Chart(
            "range",
            "What architectures compute at run time, over their range",
            f"{caption} Range is measured on other tasks: how far from chance to all answers right on strings longer "
            "than those trained on.",
            "curves",
            over_range,
            Field("range", "range"),
            BITS,
            ARCHITECTURE,
        ),
        Chart(
            "capacity",
            "What architectures compute at run time, over what they can store",
            f"{caption} Capacity is the number of random labels stored.",
            "curves",
            over_capacity,
            Field("capacity", "capacity (labels)", "log"),
            BITS,
            ARCHITECTURE,
        ),
        Chart(
            "lengths",
            "How answers fall off on strings longer than those trained on",
            "Of the way from chance to all answers right, mean over rules and seeds; each seed stands in the table. "
            "Trained on were lengths of 8 to 12; range is the mean over longer strings.",
            "curves",
            tuple(row for known in networks for row in by_length(known)),
            Field("length", "symbols"),
            Field("way", "of the way"),
            ARCHITECTURE,
        ),
    )


def _rows(known: Known) -> list[dict]:
    return [{"architecture": known.name, "bits": bits, "seed": seed} for seed, bits in known.serial(BOUNDARY).items()]
