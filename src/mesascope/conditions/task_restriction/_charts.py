"""Run-time and stored bits over the number of services."""

from collections.abc import Callable

from ...findings import Chart, Field
from ...lab import BOUNDARY
from .._ledger import Ledger
from ._read import Services, novel_share, own_share
from ._services import RANDOM
from ._switch import Switch
from ._tables import GENERAL

COUNT = Field("K", "K, services that divide mazes and training", "log")
ARM = Field("arm", "arm", "category")


def charts(arms: dict[str, Services], shorter: Services, switch: Switch | None) -> tuple[Chart, ...]:
    """Internal bits of every arm; competitiveness; what the equation predicts."""
    lines = {**arms, GENERAL: shorter}
    internal = Chart(
        "internal",
        "What services compute at run time, as more of them divide the mazes and the training",
        "Internal bits on novel mazes of the own slice. Points are seeds, bands 95% intervals over seeds. Dividing "
        "shortens training too: “general, as few steps” sees all mazes for as few steps as one service.",
        "curves",
        _rows(lines, lambda ledger: ledger.internal(BOUNDARY), "bits"),
        COUNT,
        Field("bits", "internal bits"),
        ARM,
    )
    competitive = Chart(
        "competitive",
        "Whether services stay competitive",
        "Bits on the mazes trained on, and on novel ones of the same slice, as a share of the ceiling.",
        "curves",
        tuple(
            row | {"view": view}
            for view, measure in (("own mazes", own_share), ("novel mazes of the slice", novel_share))
            for row in _rows(lines, measure, "share")
        ),
        COUNT,
        Field("share", "share of the ceiling"),
        ARM,
        facet=Field("view", "mazes", "category"),
    )
    return internal, competitive, *_switch(arms[RANDOM], switch)


def _switch(services: Services, switch: Switch | None) -> tuple[Chart, ...]:
    if switch is None or not services.cells:
        return ()
    lines = tuple(
        {"K": count, "bits": float(bits), "arm": RANDOM} for count, bits in zip(switch.counts, switch.predicted.novel)
    )
    return (
        Chart(
            "switch",
            "Where the equation says that services stop computing at run time (dashed), and what they do",
            "Novel bits of services on random slices. Dashed: the equation with nothing fitted, from novel bits at "
            "unlimited N and tuned bits at N = 1.",
            "curves",
            _rows({RANDOM: services}, lambda ledger: ledger.mean("novel-tempered"), "bits"),
            COUNT,
            Field("bits", "novel bits"),
            ARM,
            lines=lines,
        ),
    )


def _rows(arms: dict[str, Services], measure: Callable[[Ledger], float], name: str) -> tuple[dict, ...]:
    return tuple(
        {"K": count, name: value, "arm": arm, "seed": seed}
        for arm, services in arms.items()
        for count in services.cells
        for seed, value in services.by_seed(count, measure).items()
    )
