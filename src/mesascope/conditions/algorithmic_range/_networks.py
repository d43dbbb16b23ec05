"""The architectures, and how they are brought to the same number of parameters."""

import dataclasses
import functools
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from ...models import MODELS, AbstractArchitecture, multiplications, num_parameters
from ...tasks import AbstractAnswered

LOOP, TABLE, LINEAR = "grid loop", "table", "linear map"
TIED, APART = "unrolled, started tied", "unrolled, started apart"

TOLERANCE = 0.05


@dataclasses.dataclass(frozen=True)
class Family:
    """Architectures of one kind, of which one is chosen by its number of parameters.

    Fields:
        learning_rate: on mazes; chosen on pilot seed 1000 by the bits on seen mazes: see `docs/algorithmic-range.md`.
        places_rate: on strings and labels; chosen on pilot seed 1000 by the answers on seen ones. None: not measured.
        of_size: the architecture of a size, for a number of units of thinking.
        smallest: the least size to choose; None where there is nothing to choose.
    """

    learning_rate: float
    places_rate: float | None
    of_size: Callable[[int, int], AbstractArchitecture]
    smallest: int | None = None


def _of(name: str, knob: str = "", thinks: bool = True, **fields) -> Callable[[int, int], AbstractArchitecture]:
    """Architectures of a registered name whose size is the field `knob`."""

    def of_size(size: int, thinking: int) -> AbstractArchitecture:
        thoughts = {"thinking": thinking} if thinks else {}
        return MODELS.build(name, {**fields, **thoughts, **({knob: size} if knob else {})})

    return of_size


def _unrolled(start: str) -> Callable[[int, int], AbstractArchitecture]:
    return lambda size, thinking: MODELS.build("unrolled", {"channels": size, "depth": thinking, "start": start})


FAMILIES = {
    LINEAR: Family(0.03, 0.1, _of("feedforward", kind="perceptron", depth=0, channels=1, thinks=False)),
    "perceptron": Family(0.003, 0.03, _of("feedforward", "channels", kind="perceptron", depth=4, thinks=False), 2),
    "convolution": Family(
        0.03, 0.03, _of("feedforward", "depth", kind="convolution", channels=7, width=3, thinks=False), 4
    ),
    "LSTM": Family(0.03, 0.1, _of("lstm", "embedding", channels=12), 1),
    "transformer": Family(0.03, 0.03, _of("transformer", "hidden", channels=16, heads=4, depth=3, thinks=False), 4),
    "looped transformer": Family(0.03, 0.01, _of("transformer", "hidden", channels=24, heads=4), 4),
    "external memory": Family(0.01, 0.03, _of("memory", "channels", slot=12, heads=4), 2),
    LOOP: Family(0.03, 0.03, _of("gridloop", "channels")),
    TABLE: Family(2.0, 2.0, _of("tabular", thinks=False)),
}
"""By name, as tables show them."""

EXEMPT = (LINEAR, TABLE)
"""Have as many parameters as the task asks for."""

UNTIED = {TIED: Family(0.03, None, _unrolled("tied")), APART: Family(0.03, None, _unrolled("apart"))}
"""The steps of the grid loop with weights of their own: they can compute all that it can, and more."""


def matched(name: str, task: AbstractAnswered, channels: int, thinking: int) -> AbstractArchitecture:
    """The architecture of that name with the parameters of a grid loop of so many channels.

    Raises:
        ValueError: none comes within 5%.
    """
    family = (FAMILIES | UNTIED)[name]
    if family.smallest is None:
        return family.of_size(channels, thinking)
    wanted = parameters(FAMILIES[LOOP].of_size(channels, thinking), task)

    def count_of(size: int) -> int:
        return parameters(family.of_size(size, thinking), task)

    # parameters are a quadratic of the size, which three sizes tell
    first, second, third = (count_of(family.smallest + more) for more in range(3))
    bend = (third - 2 * second + first) / 2
    roots = np.roots([bend, second - first - bend, first - wanted])
    over = max(0, int(max(roots.real)))
    nearest = min(over, over + 1, key=lambda more: abs(count_of(family.smallest + more) - wanted))
    found = family.of_size(family.smallest + nearest, thinking)
    count = parameters(found, task)
    if abs(count - wanted) > TOLERANCE * wanted:
        raise ValueError(
            f"algorithmic-range: no {name} has the {wanted:,} parameters of a grid loop of {channels} channels within "
            f"{TOLERANCE:.0%} on {type(task).__name__}; the nearest has {count:,}. Choose other channels."
        )
    return found


def parameters(architecture: AbstractArchitecture, task: AbstractAnswered) -> int:
    """The number of parameters that an architecture has on a task; of a table, those of one row."""
    return _count(architecture, _seen(task).shape, task.num_actions)


def work(architecture: AbstractArchitecture, task: AbstractAnswered) -> int:
    """Multiplications of one answer."""
    seen = jnp.zeros(_seen(task).shape, jnp.float32)
    model = architecture.init(jr.key(0), seen[None], task.num_actions)
    return multiplications(model, seen, architecture.thinking)


@functools.lru_cache(maxsize=4096)
def _count(architecture: AbstractArchitecture, seen: tuple[int, ...], num_actions: int) -> int:
    one = jax.ShapeDtypeStruct((1, *seen), jnp.float32)
    return num_parameters(
        eqx.filter_eval_shape(lambda key, rows: architecture.init(key, rows, num_actions), jr.key(0), one)
    )


@functools.lru_cache(maxsize=64)
def _seen(task: AbstractAnswered):
    return jax.eval_shape(lambda key: task.observe(task.draw(key)), jr.key(0))
