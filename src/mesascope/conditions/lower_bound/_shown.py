"""The bound as a table and a figure."""

import numpy as np

from ...findings import Chart, Field, Table
from ._bound import THRESHOLDS, Held, best_of_bits


def bound_table(held: list[Held], level: float) -> Table:
    """Every arm: spent, reached, and how often it went beyond."""
    heads = (
        "arm",
        "runs",
        "P (bits)",
        "bits reached",
        "best of 2^P draws, on average",
        "upper 95% limit of the neutral tail, above by (bits)",
        *(f"runs beyond P + {bits} (allowed)" for bits in THRESHOLDS),
        *(f"log2 of share over allowed, t = {bits}" for bits in THRESHOLDS),
    )
    rows = [
        (
            arm.name,
            len(arm.reached),
            round(arm.spent, 1),
            f"{np.mean(arm.reached):.1f} (from {np.min(arm.reached):.1f} to {np.max(arm.reached):.1f})",
            round(best_of_bits(arm.spent), 1),
            round(arm.margin, 2),
            *(f"{arm.exceeding(bits)} ({len(arm.reached) * 2**-bits:g})" for bits in THRESHOLDS),
            *(_limits(arm, bits, level) for bits in THRESHOLDS),
        )
        for arm in held
    ]
    return Table("bound", "Bits reached against bits spent", heads, tuple(rows))


def beyond_table(held: list[Held], level: float) -> Table:
    """Every arm at every half bit, the two of the rule among them."""
    rows = [
        (
            arm.name,
            f"{bits:g}",
            arm.exceeding(bits),
            f"{len(arm.reached) * 2**-bits:.1f}",
            _limits(arm, bits, level) if arm.exceeding(bits) else f"none; at most {arm.excess(bits, level).high:.2f}",
        )
        for arm in held
        for bits in np.arange(0.5, 4.01, 0.5)
    ]
    heads = ("arm", "t (bits)", "runs beyond P + t", "allowed", "log2 of share over allowed")
    return Table("beyond", "Runs beyond P + t at every half bit; the rule looks at 1 and 2 alone", heads, tuple(rows))


def _limits(arm: Held, bits: float, level: float) -> str:
    excess = arm.excess(bits, level)
    return f"{excess.value:.2f} [{excess.low:.2f}, {excess.high:.2f}]"


def bound_chart(held: list[Held]) -> Chart:
    """How often each arm went so far beyond what it spent."""
    beyond = np.arange(0, 4.01, 0.25)
    return Chart(
        "bound",
        "How often selection reaches more than it spends (dashed: what the guarantee allows)",
        "Share of the runs that reach P + t bits or more. Dashed: 2^-t.",
        "curves",
        tuple(
            {"t": float(t), "share": arm.exceeding(t) / len(arm.reached), "arm": arm.name, "seed": 0}
            for arm in held
            for t in beyond
        ),
        Field("t", "t, bits beyond P"),
        Field("share", "share of the runs"),
        Field("arm", "arm", "category"),
        lines=tuple({"t": float(t), "share": float(2**-t), "arm": arm.name} for arm in held for t in beyond),
    )
