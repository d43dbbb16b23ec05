"""What an experiment says, as plain values: the only thing that passes from conditions to reports."""

import dataclasses
from typing import Literal

from .outcomes import Estimate
from .stats import Verdict


def effect_text(value: float, low: float, high: float, unit: str) -> str:
    """An effect with its limits as people read it, all with the same number of decimals."""
    numbers = value, low, high
    decimals = 1 if max(map(abs, numbers)) >= 2 else 3
    # adding zero takes the sign of a rounded -0.0
    value, low, high = (f"{round(float(number), decimals) + 0.0:.{decimals}f}" for number in numbers)
    return f"{value} [{low}, {high}] {unit}"


def power_text(detectable: float | None, unit: str) -> str:
    """How small an effect a design would have found, as a sentence."""
    if detectable is None:
        return "Power: not known; the units do not vary, or their error has no law of Student's."
    decimals = 1 if abs(detectable) >= 2 else 3
    number = f"{round(float(detectable), decimals) + 0.0:.{decimals}f} {unit}"
    return f"Power: had the true effect been {number}, the rule would have said “supported” with a probability of 80%."


@dataclasses.dataclass(frozen=True)
class Field:
    """A column of a chart's rows, and how people read it.

    Fields:
        name: key in each row.
        title: axis or legend title, with the unit.
        scale: `log` for numbers that span octaves, `category` for names in the order in which they first appear.
    """

    name: str
    title: str
    scale: Literal["linear", "log", "category"] = "linear"


@dataclasses.dataclass(frozen=True)
class Chart:
    """A figure described by its data.

    Fields:
        name: file name without ending.
        title: what the figure shows, as a sentence.
        caption: how to read it.
        kind: `curves`: means with intervals over seeds, every seed as a point; `bars`: stacked means; `field`: a value
            over x and y as colour.
        rows: for curves one row a seed and x; for bars one row an x and part, means already; for a field one row a
            cell, which reaches from x and y to what the names with `_to` say.
        x: horizontal axis.
        y: vertical axis.
        color: what separates lines, or the parts of a bar; the value of a field.
        facet: what separates panels, if anything does.
        reference: a horizontal line, if any.
        lines: without points and intervals: of curves what a model predicts, one row an x, dashed beside what was
            measured; of a field the lines on it, told apart by `line`.
        labels: of a field: `text` at x and y.
    """

    name: str
    title: str
    caption: str
    kind: Literal["curves", "bars", "field"]
    rows: tuple[dict, ...]
    x: Field
    y: Field
    color: Field
    facet: Field | None = None
    reference: tuple[str, float] | None = None
    lines: tuple[dict, ...] = ()
    labels: tuple[dict, ...] = ()


@dataclasses.dataclass(frozen=True)
class Table:
    """A table: a title, column heads, and rows of text or numbers (None where there is nothing to say)."""

    name: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]


@dataclasses.dataclass(frozen=True)
class Film:
    """Mazes seen by networks as their thinking proceeds.

    Fields:
        name: of the film.
        title: what it shows.
        caption: how to read it.
        mazes: each with `rows`, `columns`, `passages` (flat 0/1, four a cell), `start`, `goal`.
        networks: each with a `label` and `frames[maze][thought]`: flat action probabilities in percent, four a cell.
        thoughts: number of thoughts of each frame.
    """

    name: str
    title: str
    caption: str
    mazes: tuple[dict, ...]
    networks: tuple[dict, ...]
    thoughts: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Filming:
    """A film that is made where the networks' weights are at hand: an analysis reads records alone.

    Fields:
        name: of the film.
        title: what it shows.
        caption: how to read it.
        networks: label and trial of each.
    """

    name: str
    title: str
    caption: str
    networks: tuple[tuple[str, object], ...]


@dataclasses.dataclass(frozen=True)
class Finding:
    """The outcome of a condition.

    Fields:
        condition: its name.
        section: where in the post the claim stands.
        claim: the claim, quoted.
        prediction: what the claim predicts of the primary measure, in words.
        effect: the primary measure with its interval over seeds; None where cells are missing.
        unit: of the effect.
        smallest_effect: the smallest effect that matters, in that unit.
        verdict: None where no verdict may be given.
        reason: one sentence: how the rule leads to the verdict, or why there is none.
        remarks: what a reader must know beside the verdict.
        tables, charts: what is shown.
        films: what can be shown with the networks at hand.
        p_value: one-sided, of the smallest effect against the side that the verdict speaks of.
        answer: what the verdict says to people.
        detectable: the smallest true effect that the rule would have called supported with 80% probability, errors
            being as measured; None where the error has no law of Student's, or units do not vary.
    """

    condition: str
    section: str
    claim: str
    prediction: str
    effect: Estimate | None
    unit: str
    smallest_effect: float
    verdict: Verdict | None
    reason: str
    remarks: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    films: tuple[Filming, ...] = ()
    p_value: float | None = None
    answer: str | None = None
    detectable: float | None = None
