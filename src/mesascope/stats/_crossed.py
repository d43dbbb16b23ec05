"""Intervals where training seeds and instances are crossed: every seed is read on the same evaluation set."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..outcomes import Estimate

RESAMPLES = 2000
"""Draws of seeds and of instances; the standard error is then known to some 1.6%."""


class Spread(NamedTuple):
    """A value whose error has Student's law.

    Fields:
        value: the estimate.
        error: its standard error.
        freedom: degrees of freedom of the error; infinite where it is known.
    """

    value: float
    error: float
    freedom: float

    def interval(self, level: float = 0.95) -> Estimate:
        """The value with Student's interval of a coverage; infinite limits where nothing is known of the error."""
        from scipy.stats import t as student

        if not np.isfinite(self.error):
            return Estimate(self.value, -np.inf, np.inf)
        margin = float(student.ppf((1 + level) / 2, self.freedom)) * self.error
        return Estimate(self.value, self.value - margin, self.value + margin)

    def p_value(self, threshold: float, above: bool) -> float:
        """Student's one-sided p of the null that the true value lies at a threshold, or on its other side.

        Args:
            threshold: what the value is held against.
            above: whether the alternative is a value above it.
        """
        from scipy.stats import t as student

        gap = (self.value - threshold) * (1 if above else -1)
        return float(student.sf(gap / self.error, self.freedom)) if self.error > 0 else float(gap <= 0)


def crossed_bootstrap(
    cells: Sequence[Float[np.ndarray, "seeds instances"]],
    weights: Sequence[float] = (1.0,),
    paired: bool = True,
    num_resamples: int = RESAMPLES,
    seed: int = 0,
) -> Spread:
    """Weighted sum of the cells' means, with its error over seeds and instances, which are both resampled.

        value  = sum_c w_c mean(cell_c)
        error^2 = max(A, E) + max(B, E) - E
        A, B, E: variances of the value where seeds alone, instances alone are resampled, and of what the two together
                 do beyond either, each times n / (n - 1) for every factor of n that is resampled

    Resampling all pairs at once counts E three times (Owen 2007), and with few seeds A falls short by (n - 1) / n;
    here every part is counted once and in full. Of the intervals tried in a simulation, Student's with Satterthwaite's
    degrees of freedom covers nearest 0.95: 0.93 to 0.96 at 3, 5 and 8 seeds, whether seeds or instances vary more
    (more where neither does, but only the two together). The percentiles of the draws cover 0.73 of three seeds that
    alone vary, and with as many degrees of freedom as seeds have, 0.98 and more where instances vary. Where each seed
    has instances of its own, B is E, and the error is that over seeds.

    Args:
        cells: one, two arms, or the levels of a trend, all read on the same instances.
        weights: of the cells: 1 for a mean, 1 and -1 for a difference.
        paired: whether the seeds of all cells are the same ones, as where they share pools and first weights; else each
            cell's seeds are resampled for themselves.
        num_resamples: draws.
        seed: of the draws.

    Raises:
        ValueError: a cell has fewer than two seeds or instances, or cells do not fit together.

    References:
        Owen (2007), the pigeonhole bootstrap; Owen & Eckles (2012); Satterthwaite (1946).
    """
    groups = _groups(cells, weights, paired)
    generator, num = np.random.default_rng(seed), groups[0].shape[1]
    value = float(sum(group.mean() for group in groups))
    of_instances = generator.multinomial(num, np.full(num, 1 / num), num_resamples) / num - 1 / num
    # a table of seeds and instances is its margins and what is left: each part is moved by draws of its own
    b = _variance(sum(of_instances @ group.mean(axis=0) for group in groups)) * num / (num - 1)
    parts = []
    for group in groups:
        seeds = len(group)
        of_seeds = generator.multinomial(seeds, np.full(seeds, 1 / seeds), num_resamples) / seeds - 1 / seeds
        more = seeds / (seeds - 1)
        a = _variance(of_seeds @ group.mean(axis=1)) * more
        e = _variance(np.einsum("ds,di,si->d", of_seeds, of_instances, group, optimize=True)) * more * num / (num - 1)
        parts.append((a, e, seeds - 1))
    return _together(value, b, num - 1, parts)


def _groups(cells, weights, paired: bool) -> list[Float[np.ndarray, "seeds instances"]]:
    """Cells times their weights; those of the same seeds as one."""
    tables = [weight * np.asarray(cell, float) for cell, weight in zip(cells, weights)]
    shapes = [table.shape for table in tables]
    alike = len({shape if paired else shape[1:] for shape in shapes}) == 1
    if len(cells) != len(weights) or not alike or any(len(shape) != 2 or min(shape) < 2 for shape in shapes):
        raise ValueError(
            f"crossed_bootstrap(cells of {shapes}, {len(weights)} weights, paired={paired}): needs a weight for each "
            "cell, two seeds and two instances or more, the same instances in all cells"
            f"{' and the same seeds' if paired else ''}."
        )
    return [sum(tables[1:], tables[0])] if paired else tables


def _variance(draws: Float[np.ndarray, " draws"]) -> float:
    # around what was measured, which is what the draws are off from
    return float(np.mean(np.square(draws)))


def _together(value: float, b: float, freedom: int, parts: Sequence[tuple[float, float, int]]) -> Spread:
    """The error and Satterthwaite's degrees of freedom from the parts of every group of seeds."""
    rest = sum(e for _, e, _ in parts)
    variance, spread = max(b, rest) - rest, max(b, rest) ** 2 / freedom
    for a, e, of_seeds in parts:
        variance += max(a, e)
        spread += max(a, e) ** 2 / of_seeds + e**2 / (of_seeds * freedom)
    return Spread(value, variance**0.5, variance**2 / spread if spread > 0 else np.inf)
