"""Perfect tic-tac-toe by a few rules (after Newell and Simon 1972)."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ._base import DECIDED

LINES = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))
CENTRE, CORNERS = 4, (0, 2, 6, 8)


def by_rules(observation: Float[Array, "3 3 features"]) -> Float[Array, "3 3 1"]:
    """Logits that settle on the cells of the first rule that applies, each alike.

        win        complete a line
        block      where the other would
        fork       threaten to complete two lines at once
        prepare    force a reply after which there is a fork
        deny       leave the other no fork, not even after the reply that is forced
        force      force a reply that is no fork for the other, from the centre if that does
        centre, then a corner

    Newell and Simon's rules begin with an empty board; `prepare` is for positions that only weaker play leads to, as
    most are. Their last two, the corner opposite to the other's and a side, are never come to where there is
    something to decide. No rule looks further than a forced reply; `prepare`, `deny` and `force` look as far, at all
    free cells at once.

    Args:
        observation: of a 3 x 3 board, as `Mnk` shows it.
    """
    rules = _rules(observation)
    chosen = rules[_first(rules)]
    return DECIDED * chosen.reshape(3, 3, 1).astype(jnp.float32)


RULES = ("win", "block", "fork", "prepare", "deny", "force", "centre", "corner")


def rule_that_applies(observation: Float[Array, "3 3 features"]) -> Int[Array, ""]:
    """The number, in `RULES`, of the first rule that applies to a position of tic-tac-toe."""
    return _first(_rules(observation))


def _first(rules: Bool[Array, "rules 9"]) -> Int[Array, ""]:
    return jnp.argmax(jnp.any(rules, axis=1))


def _rules(observation: Float[Array, "3 3 features"]) -> Bool[Array, "rules 9"]:
    """The cells that each rule names."""
    own, other = (observation[..., i].reshape(-1) > 0 for i in range(2))
    free = ~own & ~other
    prepared, denied, forced = jax.vmap(lambda cell: _replied(own | cell, other))(jnp.eye(9, dtype=bool))
    danger = _forks(other, own)
    harmless = free & jnp.any(danger) & jax.vmap(lambda reply: jnp.any(reply & ~danger))(forced)
    centre = jnp.arange(9) == CENTRE
    rules = (
        _completing(own, other),
        _completing(other, own),
        _forks(own, other),
        free & prepared,
        free & jnp.any(danger) & denied,
        harmless & (centre | ~harmless[CENTRE]),
        free & centre,
        free & jnp.isin(jnp.arange(9), jnp.array(CORNERS)),
    )
    return jnp.stack(rules)


def _replied(own: Bool[Array, " 9"], other: Bool[Array, " 9"]):
    """Of a move just made: whether its forced reply leaves a fork; whether neither it nor that reply leaves the other
    one; and the cells of that reply."""
    reply = _completing(own, other)
    theirs = other | reply
    threats, forks = _completing(theirs, own), _forks(own, theirs)
    stopped = jnp.any(forks & jnp.where(jnp.any(threats), threats, True))
    prepared = jnp.any(reply) & (jnp.sum(threats) < 2) & stopped
    return prepared, ~jnp.any(_forks(other, own)) & ~jnp.any(_forks(theirs, own)), reply


def _completing(own: Bool[Array, " 9"], other: Bool[Array, " 9"]) -> Bool[Array, " 9"]:
    """The free cells that complete a line."""
    return _cells(own, other, stones=2) > 0


def _forks(own: Bool[Array, " 9"], other: Bool[Array, " 9"]) -> Bool[Array, " 9"]:
    """The free cells that make two lines of two at once."""
    return _cells(own, other, stones=1) > 1


def _cells(own, other, stones: int):
    """For each free cell the number of its lines that hold so many own stones and none of the other."""
    lines = jnp.asarray(np.array([np.isin(np.arange(9), line) for line in LINES]))
    open_ = (jnp.sum(lines & own, axis=1) == stones) & ~jnp.any(lines & other, axis=1)
    return jnp.where(own | other, 0, jnp.sum(lines & open_[:, None], axis=0))
