"""What a policy brings about, and how rare that is under a reference: the two halves of every number in bits."""

import abc
from typing import Literal, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float


class Estimate(NamedTuple):
    """A value with its limits; `low == value == high` where it is exact."""

    value: Float[Array, "*batch"]
    low: Float[Array, "*batch"]
    high: Float[Array, "*batch"]


class Outcomes(eqx.Module):
    """The outcomes of one policy on one episode: weighted atoms of utility.

    Fields:
        utility: `(*batch, atoms)`, higher is better; atoms need not be sorted or distinct.
        weight: `(*batch, atoms)` probabilities that sum to 1 over the atoms; differentiable where the task is.
        exact: whether the atoms were enumerated; drawn otherwise.
    """

    utility: Float[Array, "*batch atoms"]
    weight: Float[Array, "*batch atoms"]
    exact: bool = eqx.field(static=True, default=True)

    def mean_utility(self) -> Float[Array, "*batch"]:
        """The expected utility."""
        return jnp.sum(self.weight * self.utility, axis=-1)


class AbstractTail(eqx.Module):
    """How rare a utility is under a reference."""

    @abc.abstractmethod
    def log2_survival(self, utility: Float[Array, "*batch atoms"], strict: bool = False) -> Estimate:
        """log2 P_ref(U >= u) at each atom, ties inside; -inf where the reference never does as well.

        Args:
            utility: `(*batch, atoms)`.
            strict: log2 P_ref(U > u) instead, ties outside.
        """


class EnumeratedTail(AbstractTail):
    """The tail of a reference whose support is known.

    Fields:
        support: `(atoms,)` utilities in ascending order.
        log2_tail: `(atoms,)`, log2 P_ref(U >= support[k]), so that log2_tail[0] is 0.
    """

    support: Float[Array, " atoms"]
    log2_tail: Float[Array, " atoms"]

    def log2_survival(self, utility: Float[Array, "*batch atoms"], strict: bool = False) -> Estimate:
        beyond = jnp.append(self.log2_tail, -jnp.inf)
        side = "right" if strict else "left"
        value = beyond[jnp.searchsorted(self.support, utility, side=side, method="compare_all")]
        return Estimate(value, value, value)


def enumerated_tail(outcomes: Outcomes) -> EnumeratedTail:
    """The tail of a reference given by its own enumerated outcomes, one episode."""
    order = jnp.argsort(outcomes.utility)
    survival = jnp.cumsum(outcomes.weight[order][::-1])[::-1]
    # of equal utilities the first in ascending order carries the weight of all
    return EnumeratedTail(outcomes.utility[order], jnp.minimum(jnp.log2(survival), 0))


Ties = Literal["conservative", "mid"]


def bits(outcomes: Outcomes, reference: AbstractTail, ties: Ties = "conservative") -> Estimate:
    """The optimization power behind the outcomes, in bits: sum_k weight_k * -log2 P_ref(U >= utility_k).

    2^-bits of a single outcome is a p-value, so that the reference itself scores up to log2 e = 1.4427 bits, less with
    ties; compare with that and not with 0. Not to be confused with a logarithm of the expected utility.

    Args:
        outcomes: `(*batch, atoms)` atoms of the policy.
        reference: the tail of the reference on the same episode.
        ties: `conservative` counts all references that do equally well as doing as well; `mid` counts half of them
            (the mid-p value), which is fairer where most outcomes are tied, and no longer a guarantee.

    Returns:
        `(*batch)` bits. Infinite where the policy does what the reference never does.
    """
    survival = reference.log2_survival(outcomes.utility)
    if ties == "mid":
        above = reference.log2_survival(outcomes.utility, strict=True)
        survival = Estimate(*(jnp.logaddexp2(some, more) - 1 for some, more in zip(survival, above)))
    present = outcomes.weight > 0

    def expected(log2_survival):
        # where the weight is 0 the survival may be -inf; the inner where keeps 0 * inf out of gradients too
        return jnp.sum(outcomes.weight * jnp.where(present, -log2_survival, 0), axis=-1)

    return Estimate(expected(survival.value), expected(survival.high), expected(survival.low))
