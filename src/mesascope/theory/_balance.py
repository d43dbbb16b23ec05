"""What selection keeps right against mutation, when it is spread over many environments."""

import math

from ._checks import check_positive


def right_share(selection: float, mutation: float) -> float:
    """Share of a population whose act at one locus is right, at the balance of mutation and selection.

    Solves `selection` q (1 - q) = `mutation` (1 - 2 q) for the share q that is wrong. Mutation goes either way, the
    population is infinite and other loci do not interfere. In a finite population without recombination, selection on
    one row is disturbed by that on all others, and less is kept.

    Args:
        selection: by how much the right act raises relative fitness, mean over lives: in a row that is read in one life
            of N it is the advantage in that life, divided by N.
        mutation: chance that an act changes, in a birth; below 1/2.

    Returns:
        The share, above 1/2 and at most 1.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> round(right_share(0.4, 0.002), 3)
        0.995
    """
    check_positive("right_share", selection=selection, mutation=mutation)
    ratio = selection / mutation
    # the smaller root of ratio q^2 - (ratio + 2) q + 1 = 0, in the form that loses no digits where q is small
    return 1 - 2 / (ratio + 2 + math.sqrt(ratio**2 + 4))


def lost_beyond(selection: float, mutation: float, share: float) -> float:
    """Number of environments beyond which less than `share` of what is inherited is right, at that balance.

    N = `selection` q (1 - q) / (`mutation` (1 - 2 q)) with q = 1 - `share`: the N at which
    `right_share(selection / N, mutation)` is `share`. What is as good as `share` without being inherited wins beyond.

    Args:
        selection: by how much the right act raises relative fitness in the one life of N in which its row is read.
        mutation: chance that an act changes, in a birth.
        share: of acts that must be right, below 1.

    Returns:
        N, not a whole number; infinite where `share` is 1/2 or less, since guessing is as good.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> round(lost_beyond(0.45, 0.002, 0.66))
        158
    """
    check_positive("lost_beyond", selection=selection, mutation=mutation, share=share)
    if share >= 1:
        raise ValueError(f"lost_beyond(share={share!r}): mutation leaves no share of 1; give one below 1.")
    return selection * share * (1 - share) / (mutation * (2 * share - 1)) if share > 0.5 else math.inf
