"""Tables and figures of what the post's equation says."""

import pathlib

import numpy as np

from ..findings import Chart, Field, Table
from ..theory import Allocation, ToyModel, transition
from ._write import write_charts, write_tables

OCTAVES = 8
"""How far the figures reach to both sides of N and P."""

CELLS = 60
"""Of the phase diagram, along each axis."""

UNMEASURED = ", beyond the measured x"
"""Added to the name of whatever rests on a cost beyond the points from which it is read off."""

REGIONS = (("tuning alone", 0.0, 0.02), ("both", 0.02, 0.98), ("run time alone", 0.98, 1.0))
"""Names of regions by the share of run-time bits."""


def write_theory(folder: pathlib.Path, model: ToyModel, cost: str, power: float, instances: float) -> None:
    """Writes what a model says around one point: `tables/*.csv`, `figures/*.svg` and `figures/*.pdf`.

    Args:
        folder: where to.
        model: the equation with its cost.
        cost: what the titles call it.
        power: P, in the middle of the phase diagram.
        instances: N, in the middle of both figures.
    """
    low, high = max(instances / 2**OCTAVES, 1.0), instances * 2**OCTAVES
    over = np.geomspace(low, high, 16 * OCTAVES + 1)
    powers = max(power, 1.0) * 2.0 ** np.linspace(-OCTAVES, OCTAVES, CELLS + 1)
    edges = np.geomspace(low, high, CELLS + 1)
    write_charts(folder, (_curves(model, cost, power, over), _phases(model, cost, powers, edges)))
    write_tables(folder, (_allocation_table(model, power, over), _transition_table(model, powers)))


def _curves(model: ToyModel, cost: str, power: float, over: np.ndarray) -> Chart:
    found = model.solve(power, over)
    parts = (("total", found.total), ("tuned", found.tuned), ("run time", found.x))
    return Chart(
        "bits-over-n",
        f"Bits for each instance over N: f = {cost}, P = {power:g}",
        "What the base optimizer stores about each instance, what the learned algorithm performs, and both.",
        "curves",
        (),
        Field("N", "N, distinct instances", "log"),
        Field("bits", "bits for each instance"),
        Field("part", "", "category"),
        lines=tuple(
            {"N": float(n), "bits": float(value), "part": f"{name}{UNMEASURED}" if beyond else name}
            for name, values in parts
            for n, value, beyond in zip(over, values, found.extrapolated)
        ),
    )


def _phases(model: ToyModel, cost: str, powers: np.ndarray, over: np.ndarray) -> Chart:
    middle_n, middle_p = np.sqrt(over[:-1] * over[1:]), np.sqrt(powers[:-1] * powers[1:])
    found = model.solve(middle_p[:, None], middle_n)
    return Chart(
        "phases",
        f"Where optimization power goes: f = {cost}",
        "Share of run-time bits in the total, over N and P. Lines: where x* begins, where it is half of the total, and "
        "where it is all that can be paid for; or where it jumps at once.",
        "field",
        tuple(
            {"N": float(over[j]), "N_to": float(over[j + 1]), "P": float(powers[i]), "P_to": float(powers[i + 1])}
            | {"share": float(found.share[i, j])}
            for i in range(len(middle_p))
            for j in range(len(middle_n))
        ),
        Field("N", "N, distinct instances", "log"),
        Field("P", "P, bits of the base optimizer", "log"),
        Field("share", "share of run-time bits"),
        lines=tuple(
            {"N": float(n), "P": float(p), "line": name}
            for name, numbers in _turns(model, powers).items()
            for n, p in zip(numbers, powers)
            if over[0] <= n <= over[-1]
        ),
        labels=tuple(_labels(found, middle_n, middle_p)),
    )


def _turns(model: ToyModel, powers: np.ndarray) -> dict[str, np.ndarray]:
    found = transition(model, powers)
    if np.array_equal(found.onset, found.saturation, equal_nan=True):
        return {"jump": found.half}
    return {"onset": found.onset, "half": found.half, "saturation": found.saturation}


def _labels(found: Allocation, over: np.ndarray, powers: np.ndarray):
    """The name of each region that is large enough, in the cell of it that is farthest from all others."""
    from scipy.ndimage import distance_transform_edt

    regions = {
        name + suffix: (found.share >= low) & (found.share <= high) & (found.extrapolated == beyond)
        for name, low, high in REGIONS
        for suffix, beyond in (("", False), (UNMEASURED, True))
    }
    for name, inside in regions.items():
        depth = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
        row, column = np.unravel_index(np.argmax(depth), depth.shape)
        if depth[row, column] >= CELLS / 20:
            yield {"N": float(over[column]), "P": float(powers[row]), "text": name}


def _allocation_table(model: ToyModel, power: float, over: np.ndarray) -> Table:
    found = model.solve(power, over)
    columns = (over, found.x, found.tuned, found.total, found.share)
    rows = tuple(
        (*(float(f"{value:.6g}") for value in row), "beyond the measured x" if beyond else None)
        for row, beyond in zip(zip(*columns), found.extrapolated)
    )
    heads = ("N", "x", "tuned", "total", "share", "remark")
    return Table("over-n", f"Bits for each instance at P = {power:g}", heads, rows)


def _transition_table(model: ToyModel, powers: np.ndarray) -> Table:
    turns = transition(model, powers)
    columns = (powers, turns.onset, turns.half, turns.saturation)
    rows = tuple(tuple(None if np.isnan(v) else float(f"{v:.6g}") for v in row) for row in zip(*columns))
    return Table("transitions", "N at which x* turns, by P", ("P", "onset", "half", "saturation"), rows)
