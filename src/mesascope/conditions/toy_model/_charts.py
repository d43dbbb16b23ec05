"""Prediction and measurement together."""

import numpy as np

from ...findings import Chart, Field
from ...theory import EXPLANATIONS, fit
from ._surface import Surface

SIZE = Field("N", "N, instances trained on", "log")
BITS = Field("bits", "bits")
MEASURE = Field("measure", "measure", "category")


def charts(surface: Surface) -> tuple[Chart, ...]:
    """The equation against all cells; then every explanation at the last checkpoint."""
    return _equation(surface), _explanations(surface)


def _equation(surface: Surface) -> Chart:
    return Chart(
        "prediction",
        "What the equation predicts from two measured curves (dashed), and what training does",
        "Novel and tuned bits over N after the steps that the colour names. Points are training seeds, bands 95% "
        "intervals over seeds. Dashed: the equation with nothing fitted, from novel bits at unlimited N and tuned bits "
        "at N = 1; where many divisions are equally good it is drawn at the one that stores most.",
        "curves",
        tuple(
            {"N": int(size), "steps": str(step), "measure": measure, "bits": float(bits), "seed": seed}
            for measure, values in _measured(surface)
            for i, size in enumerate(surface.grid.instances)
            for j, step in enumerate(surface.steps)
            for seed, bits in zip(surface.seeds, values[:, i, j])
        ),
        SIZE,
        BITS,
        Field("steps", "steps of training", "category"),
        facet=MEASURE,
        lines=tuple(
            {"N": int(size), "steps": str(step), "measure": measure, "bits": float(values[i, j])}
            for measure, values in (("novel", surface.predicted.novel), ("tuned", surface.predicted.tuned))
            for i, size in enumerate(surface.grid.instances)
            for j, step in enumerate(surface.steps)
        ),
    )


def _explanations(surface: Surface) -> Chart:
    grid = surface.grid
    curves = grid.curves(list(range(grid.num_seeds)))
    lines = []
    for name, kind in EXPLANATIONS.items():
        novel, tuned = grid.predicted(fit(grid, kind), curves)
        lines += [
            {"N": int(size), "explanation": name, "measure": measure, "bits": float(bits)}
            for measure, values in (("novel", novel), ("tuned", tuned))
            for size, bits in zip(grid.instances, values[:, -1])
        ]
    return Chart(
        "explanations",
        "The equation and its rivals at the end of training",
        f"Novel and tuned bits over N after {surface.steps[-1]} steps; dashed, each explanation with its numbers "
        f"fitted to the scored cells of all steps. Of the {len(grid.scored)} N shown, "
        f"{np.sum(grid.scored[:, -1])} are scored at this P; in the others the seen instances are solved or the "
        "equation leaves many divisions open.",
        "curves",
        tuple(
            {"N": int(size), "explanation": "measured", "measure": measure, "bits": float(bits), "seed": seed}
            for measure, values in _measured(surface)
            for i, size in enumerate(grid.instances)
            for seed, bits in zip(surface.seeds, values[:, i, -1])
        ),
        SIZE,
        BITS,
        Field("explanation", "", "category"),
        facet=MEASURE,
        lines=tuple(lines),
    )


def _measured(surface: Surface) -> list[tuple[str, np.ndarray]]:
    return [("novel", surface.grid.novel), ("tuned", surface.grid.tuned)]
