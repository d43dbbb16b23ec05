"""The rule by which an interval becomes a verdict."""

from typing import Literal

from ..outcomes import Estimate

Verdict = Literal["supported", "contradicted", "no effect", "inconclusive"]


def verdict(effect: Estimate, smallest_effect: float, sign: Literal[1, -1] = 1) -> Verdict:
    """What an effect's interval says of a prediction.

    *Supported* when the interval lies wholly beyond `smallest_effect` in the predicted direction, *contradicted* when
    wholly beyond it in the other, *no effect* when wholly inside, *inconclusive* otherwise.

    Args:
        effect: value and limits, in the unit of `smallest_effect`.
        smallest_effect: the smallest effect that matters, above 0.
        sign: the predicted direction.
    """
    if not smallest_effect > 0:
        raise ValueError(f"verdict(smallest_effect={smallest_effect}): the smallest effect that matters is above 0.")
    low, high = sorted((sign * effect.low, sign * effect.high))
    if low > smallest_effect:
        return "supported"
    if high < -smallest_effect:
        return "contradicted"
    if -smallest_effect < low and high < smallest_effect:
        return "no effect"
    return "inconclusive"
