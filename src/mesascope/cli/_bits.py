"""mesascope bits: the exact power of a policy on mazes drawn as text."""

import inspect
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np

from ..outcomes import Outcomes, bits
from ..tasks import TASKS, AbstractAnswered
from ..tasks.maze import Maze, MazeInstance, policy_reference, read_mazes
from ._load import load

OTHERWISE = "give uniform, optimal, or a callable (observation, key) -> probabilities as MODULE:NAME."

TASKS_AS_TEXT = ("maze",)


def bits_of_file(
    task: str, path: pathlib.Path, horizon: int | None, by: int | None, policy: str, reference: str, as_json: bool
) -> None:
    """Prints the bits of a policy on each maze of a file."""
    TASKS[task]
    if task not in TASKS_AS_TEXT:
        raise ValueError(f"{task!r} has no text form; tasks that can be read from a file: {', '.join(TASKS_AS_TEXT)}.")
    if horizon is not None and by is not None:
        raise ValueError("--horizon and --by exclude each other: --by T is the event of arriving within T moves.")
    with jax.enable_x64(True):
        rows = [_row(maze, horizon, by, policy, reference) for maze in read_mazes(_text(path))]
    values = [row["bits"] for row in rows]
    known = [value for value in values if value is not None]
    result = {
        "task": task,
        "reference": reference,
        "horizon": by or horizon,
        "instances": rows,
        "mean_bits": float(np.mean(known)) if known else None,
        "min_bits": float(np.min(known)) if known else None,
    }
    if as_json:
        print(json.dumps(result))
    else:
        _say(result)


def _row(maze: MazeInstance, horizon: int | None, by: int | None, policy: str, reference: str) -> dict:
    rows, columns, _ = maze.passages.shape
    limit = by or horizon or 2 * rows * columns
    maze = MazeInstance(jnp.asarray(maze.passages), jnp.asarray(maze.start), jnp.asarray(maze.goal))
    task = Maze(rows, columns, min_distance=1, horizon=limit)
    tail = task.reference(maze, jnp.float64) if reference == "action" else policy_reference(maze, limit)
    best = task.optimum(maze, jnp.float64)
    ceiling = float(bits(best, tail).value)
    if by is not None:
        arrived = Outcomes(-jnp.array([float(by)]), jnp.ones(1))
        power, success = float(bits(arrived, tail).value), float(task.succeeded(best))
    else:
        outcomes = task.outcomes(maze, _logits(policy, task, maze))
        power, success = float(bits(outcomes, tail).value), float(task.succeeded(outcomes))
    finite = np.isfinite(power)
    return {
        "bits": power if finite else None,
        "max_bits": ceiling,
        "success": success,
        "probability": 2.0**-power if finite else 0.0,
    }


def _logits(policy: str, task: AbstractAnswered, maze: MazeInstance):
    """The policy of a name or of a module, as logits."""
    if policy == "uniform":
        return jnp.zeros((task.rows, task.columns, 4))
    if policy == "optimal":
        return jnp.log(task.demonstrate(maze).astype(jnp.float64) + _at_goal(task, maze))
    chosen = load(policy, "--policy", OTHERWISE)
    try:
        inspect.signature(chosen).bind("observation", "key")
    except (TypeError, ValueError) as error:
        raise ValueError(f"--policy {policy} cannot be called with (observation, key): {error}.") from None
    probabilities = np.asarray(chosen(task.observe(maze), jax.random.key(0)), float)
    _check_probabilities(policy, probabilities, (task.rows, task.columns, 4))
    return jnp.log(jnp.asarray(probabilities))


def _at_goal(task, maze):
    """Equal chances in cells that a shortest path never asks about, which would have none."""
    asked = jnp.any(task.demonstrate(maze) > 0, axis=-1)
    return jnp.where(asked[..., None], 0.0, 0.25)


def _check_probabilities(policy: str, found: np.ndarray, shape: tuple[int, ...]) -> None:
    if found.shape != shape:
        raise ValueError(f"--policy {policy}: returned shape {found.shape}; (rows, columns, actions) is {shape}.")
    if not np.all(np.isfinite(found)) or np.any(found < 0):
        raise ValueError(f"--policy {policy}: returned numbers that are no probabilities (negative or not finite).")
    sums = found.sum(axis=-1)
    if np.any(np.abs(sums - 1) > 1e-4):
        row, column = np.argwhere(np.abs(sums - 1) > 1e-4)[0]
        raise ValueError(
            f"--policy {policy}: probabilities of row {row}, column {column} sum to {sums[row, column]:.6g}, not 1; "
            "normalize over the last axis."
        )


def _text(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"--instances {path}: {error}.") from None


def _say(result: dict) -> None:
    print(f"{result['task']}, {result['reference']} reference")
    print(f"{'instance':>8} {'bits':>10} {'max bits':>10} {'success':>8} {'probability':>12}")
    for number, row in enumerate(result["instances"], start=1):
        shown = "never" if row["bits"] is None else f"{row['bits']:.4f}"
        print(f"{number:>8} {shown:>10} {row['max_bits']:>10.4f} {row['success']:>8.4f} {row['probability']:>12.6g}")
    if result["mean_bits"] is not None:
        print(f"mean {result['mean_bits']:.4f} bits, least {result['min_bits']:.4f} bits")
