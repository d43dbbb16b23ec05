"""Outcomes from elsewhere: a table of instance, policy, utility."""

import dataclasses

import numpy as np

from ..outcomes import Outcomes, Ties
from ..power import sampled_tail
from ._measurement import Measurement, near_notes, row_of
from ._rows import Outcome, read_outcomes, some
from ._ties import rounding_of_table


def measure_table(
    table,
    *,
    reference: str = "random",
    ties: Ties = "conservative",
    tolerance: float | None = None,
) -> Measurement:
    """The bits of every policy of a table, by instance, against the reference's rows of the same instance.

    Args:
        table: path of CSV with a line of names (.csv, .csv.gz) or of parquet; or a data frame of pandas or polars; one
            row an episode with columns instance, policy, utility. Spaces around names of columns, instances and
            policies do not count. True and False are the utilities 1 and 0.
        reference: the policy whose rows are the reference.
        ties: `conservative` counts references that do equally well as doing as well, `mid` half of them.
        tolerance: utilities that differ by no more are tied; what rounding alone may do unless given, from the digits
            of all utilities and the size of those of an instance.

    Returns:
        A measurement with the instances as named in the table, and limits from the number of reference rows.

    Raises:
        ValueError: the table cannot be read, a column is missing, a row has too many or too few fields, a name is
            missing, a utility is no number, an instance has no row of the reference, no policy is left, or all
            utilities are equal.
    """
    if tolerance is not None and not tolerance >= 0:
        raise ValueError(f"measure(tolerance={tolerance}): at least 0 is needed.")
    reference = reference.strip()
    name, outcomes = read_outcomes(table)
    utilities = _grouped(name, outcomes, reference)
    whole, rows = rounding_of_table([utility for *_, utility in outcomes]), []
    _check_spread(name, [utility for *_, utility in outcomes], whole.tolerance if tolerance is None else tolerance)
    for (instance, policy), values in utilities.items():
        if policy == reference:
            continue
        draws = np.array(utilities[instance, reference])
        size = max(np.max(np.abs(draws)), *map(abs, values))
        tied = dataclasses.replace(whole, size=size).tolerance if tolerance is None else float(tolerance)
        rows.append(
            row_of(
                instance,
                policy,
                np.array(values),
                sampled_tail(draws),
                Outcomes(draws, np.full(len(draws), 1 / len(draws)), exact=False),
                method="monte-carlo",
                ties=ties,
                draws=len(draws),
                matched=int(np.sum(draws >= max(values) - tied)),
                tolerance=tied,
            )
        )
    rows.sort(key=lambda row: row.policy)
    return Measurement("table", name, reference, ties, None, _notes(rows), tuple(rows))


def _notes(rows) -> tuple[str, ...]:
    few = sum(row.matched < 10 for row in rows)
    note = f"{few} of {len(rows)} rows rest on fewer than 10 reference rows that did as well: their limits are wide."
    return (*near_notes(rows), *((note,) if few else ()))


def _grouped(path: str, outcomes: list[Outcome], reference: str) -> dict[tuple[str, str], list[float]]:
    """Utilities by instance and policy."""
    utilities: dict[tuple[str, str], list[float]] = {}
    for instance, policy, utility in outcomes:
        utilities.setdefault((instance, policy), []).append(utility)
    policies = dict.fromkeys(policy for _, policy in utilities)
    if reference not in policies:
        raise ValueError(
            f"{path}: no row has policy {reference!r}, the reference; name another with --reference, one of "
            f"{some(policies)}."
        )
    if len(policies) == 1:
        raise ValueError(f"{path}: every row is of the reference {reference!r}; add rows of a policy to be measured.")
    alone = [i for i in dict.fromkeys(i for i, _ in utilities) if (i, reference) not in utilities]
    if alone:
        raise ValueError(
            f"{path}: instance {alone[0]!r} has no row of the reference {reference!r} ({len(alone)} such in all); add "
            "reference episodes of it, or leave it out."
        )
    return utilities


def _check_spread(name: str, utilities: list[float], tolerance: float) -> None:
    if max(utilities) - min(utilities) <= tolerance:
        within = f", within {tolerance:.2g}" if tolerance else ""
        raise ValueError(
            f"{name}: every utility is {utilities[0]:g}{within}; with fewer than two distinct utilities there is "
            "nothing to measure, so give one that tells outcomes apart."
        )
