"""Estimates of work from counts of the operations in a program: of use for estimates of time only."""

import equinox as eqx
import jax
import numpy as np

from ...models import AbstractModel, Work, answer_after, work
from ...power import READOUT_BATCH, SIZES, TEMPERATURES, WIDE, ReadoutSize, draw_readout, fit_readout
from ...tasks import NUM_NOVEL, AbstractAnswered, AbstractTaught
from ._shapes import shape, shapes

OTHER = 7.0
"""Multiplications of a matrix product in the time of one other operation, on a core of a current CPU."""

SETS = 8
"""Sets of instances that are answered at each checkpoint: own, siblings, novel, and those that choose temperatures."""

EACH = 1e11
"""What each network costs besides: its share of compiling, of drawing pools, of writing the record."""


def weighed(counted: Work) -> float:
    """Operations as if all were multiplications of matrix products."""
    return counted.products + OTHER * counted.others


def measuring_cost(
    task: AbstractAnswered, model: AbstractModel, thinking: int, wide: bool = False
) -> tuple[float, float]:
    """Work of measuring a network at one checkpoint, and of what is measured at the last one alone.

    Args:
        task: what is measured on.
        model: a network, its arrays as shapes.
        thinking: units of thinking.
        wide: whether wide read-outs are fitted, too.
    """
    one = shape(task)

    def answered(network, instance):
        return answer_after(network, task.observe(instance), thinking)

    answer = weighed(work(answered, model, one))
    # in float64, which takes twice as long
    worth = 2 * weighed(work(task.outcomes, one, eqx.filter_eval_shape(answered, model, one)))
    # a climb looks at about half of them
    choices = len(TEMPERATURES) / 2
    at_each = NUM_NOVEL * (SETS * answer + (SETS + choices) * worth)
    depths = min(2 * thinking, 20) + 1
    # hidden and ceiling of two sets; the thinking curve goes up to twice the thoughts
    at_last = NUM_NOVEL * (4 * answer + (4 + depths) * worth)
    if isinstance(task, AbstractTaught):
        stages = eqx.filter_eval_shape(lambda m, i: m.stages(task.observe(i), thinking), model, one)
        for size in (*SIZES, WIDE) if wide else SIZES:
            reads = _reading_cost(task, stages, size) + NUM_NOVEL * (choices + 1) * worth
            at_last += len(size.stages(stages.shape[0])) * reads + (size.instances + 2 * NUM_NOVEL) * answer
    return at_each, at_last


def _reading_cost(task: AbstractTaught, stages, size: ReadoutSize) -> float:
    """Work of fitting a read-out after one stage."""
    # a step looks at a batch, whatever it is drawn from
    features = np.zeros((READOUT_BATCH, *stages.shape[1:]), np.float32)
    shown = eqx.filter_eval_shape(jax.vmap(task.demonstrate), shapes(task, READOUT_BATCH))
    readout = draw_readout(np.random.default_rng(0), size, features, shown.shape[-1])
    rows = np.zeros((size.steps, READOUT_BATCH), np.int32)
    return weighed(work(lambda r, s, f: fit_readout(r, size, task, s, f, rows), readout, shown, features))
