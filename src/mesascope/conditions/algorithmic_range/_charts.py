"""Run-time bits over range, and over capacity."""

from ...findings import Chart, Field
from ...lab import BOUNDARY
from ._read import Known

ARCHITECTURE = Field("architecture", "architecture", "category")


def charts(networks: list[Known]) -> tuple[Chart, ...]:
    """Internal bits over what was measured beforehand."""
    if not networks:
        return ()
    over_range = tuple(row | {"range": known.range()} for known in networks for row in _rows(known))
    over_capacity = tuple(row | {"capacity": max(known.capacity(), 1)} for known in networks for row in _rows(known))
    caption = (
        "Internal bits on novel mazes beyond those of the answer-shown twin. Small points are seeds, large ones means "
        "with 95% intervals."
    )
    return (
        Chart(
            "range",
            "What architectures compute at run time, over their range",
            f"{caption} Range is measured on five other tasks: how far from chance to all answers right on strings "
            "longer than those trained on.",
            "curves",
            over_range,
            Field("range", "range"),
            Field("bits", "internal bits"),
            ARCHITECTURE,
        ),
        Chart(
            "capacity",
            "What architectures compute at run time, over what they can store",
            f"{caption} Capacity is the number of random labels stored.",
            "curves",
            over_capacity,
            Field("capacity", "capacity (labels)", "log"),
            Field("bits", "internal bits"),
            ARCHITECTURE,
        ),
    )


def _rows(known: Known) -> list[dict]:
    return [{"architecture": known.name, "bits": bits, "seed": seed} for seed, bits in known.internal(BOUNDARY).items()]
