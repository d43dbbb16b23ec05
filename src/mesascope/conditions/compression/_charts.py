"""The finding's figures."""

from ...findings import Chart, Field
from ._networks import Arm
from ._programs import Cell

LENGTHS = {
    "bits": "shortest program",
    "literal": "path, turn by turn in words",
    "bound": "path, turn by turn, ways alike",
}


def charts(condition, cells: dict[str, list[Cell]], labels: list[Arm]) -> tuple[Chart, ...]:
    """Lengths over sizes, what the shortest programs do on other mazes, and descriptions of random labels."""
    return _lengths(condition, cells), _others(cells), _descriptions(labels)


def _lengths(condition, cells: dict[str, list[Cell]]) -> Chart:
    rows = [
        {"size": cell.size, "bits": float(value), "what": name, "seed": maze}
        for cell in cells.get("with a frontier", ())
        for column, name in LENGTHS.items()
        for maze, value in enumerate(cell.columns[column])
        if value == value
    ]
    bits = condition.bits_of("breadth-first search")
    return Chart(
        "lengths",
        "The shortest program that solves one maze, and its path spelled out, over the size of the maze",
        "Bits of programs that solve one braided maze within the limit. Lines: means over mazes with intervals; "
        "points: mazes. Dashed: breadth-first search, with a frontier.",
        "curves",
        tuple(rows),
        Field("size", "rows and columns", "log"),
        Field("bits", "bits"),
        Field("what", "program", "category"),
        reference=(f"breadth-first search, {bits} bits", float(bits)),
    )


def _others(cells: dict[str, list[Cell]]) -> Chart:
    rows = [
        {"size": cell.size, "share": float(value), "arm": arm, "panel": panel, "seed": maze}
        for panel, shares in (("solved", "found"), ("solved by search", "searched"))
        for arm, found in cells.items()
        for cell in found
        for maze, value in enumerate(getattr(cell, shares))
    ]
    return Chart(
        "others",
        "What the shortest program of one maze does on others",
        "Share of other mazes of the same size that the shortest programs of one maze solve, and the part of it that "
        "is lost when the words of the frontier are struck out. Lines: means over mazes with intervals; points: mazes.",
        "curves",
        tuple(rows),
        Field("size", "rows and columns", "log"),
        Field("share", "share of other mazes"),
        Field("arm", "selected with", "category"),
        facet=Field("panel", "", "category"),
    )


def _descriptions(labels: list[Arm]) -> Chart:
    rows = [
        {"labels": arm.size, "bits": float(g.record.values["power_bits"]), "what": arm.pressure, "seed": g.seed}
        for arm in labels
        if arm.description() is not None
        for g in arm.ledgers
    ]
    sizes = sorted({arm.size for arm in labels})
    spelled = [{"labels": size, "bits": 2.0 * size, "what": "one by one", "seed": 0} for size in sizes]
    return Chart(
        "labels",
        "The description of weights that were trained on random labels, over their number",
        "Bits of the weights, under the pressure that is named; dashed, the labels one by one.",
        "curves",
        tuple(rows),
        Field("labels", "labels", "log"),
        Field("bits", "bits"),
        Field("what", "pressure", "category"),
        lines=tuple(spelled),
    )
