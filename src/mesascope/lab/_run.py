"""One trial from its values to its published record."""

import os
import platform
import time
from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

from .. import __version__
from ..models import AbstractModel, num_parameters
from ._measure import MEASURE_VERSION, Measured, measure
from ._records import Record
from ._store import Store
from ._train import Trained, retrained, train
from ._weights import from_arrays, to_arrays
from .trials import Checkpoint, Given, Trial, describe, trial_id


def run(trial: Trial, store: Store, report: Callable[[float], None] = lambda share: None) -> Record:
    """Trains, measures and publishes a trial, unless the store has it already.

    Args:
        trial: what to run.
        store: where its record goes.
        report: called with the share of the training that is done.
    """
    if trial not in store:
        store.publish(trial, *result(trial, train(trial, report, given_by(store))))
    return store.record(trial)


def given_by(store: Store) -> Given:
    """Networks that trials require, from their weights in a store; what it lacks is trained again."""

    def given(trial: Trial) -> AbstractModel:
        return from_arrays(trial, store.weights(trial))[-1].model if trial in store else retrained(trial)

    return given


class Result(NamedTuple):
    """A trained and measured trial on its way to a store.

    Fields:
        values: contents of record.json.
        metrics: columns of metrics.parquet.
        weights: arrays of weights.safetensors by name.
    """

    values: dict
    metrics: dict[str, np.ndarray]
    weights: dict[str, np.ndarray]


def result(trial: Trial, trained: Trained, members: int = 1) -> Result:
    """What a store keeps of a trained trial; this is where it is measured.

    Args:
        trial: what was trained.
        trained: its networks.
        members: how many trials were trained at once.
    """
    began = time.perf_counter()
    measured = measure(trial, trained.checkpoints)
    values = record_values(trial, trained.checkpoints, measured)
    values["population"] = members
    values["seconds"] = {"train": trained.seconds, "measure": time.perf_counter() - began}
    return Result(values, measured.metrics, to_arrays(trained.checkpoints))


def remeasure(trial: Trial, store: Store) -> bool:
    """Measures a finished trial again from its weights if the measure has changed; whether it had."""
    old = store.record(trial)
    if old.values.get("measure_version") == MEASURE_VERSION:
        return False
    checkpoints = from_arrays(trial, store.weights(trial))
    began = time.perf_counter()
    measured = measure(trial, checkpoints)
    values = record_values(trial, checkpoints, measured)
    values["population"] = old.values.get("population")
    values["seconds"] = {
        "train": (old.values.get("seconds") or {}).get("train"),
        "measure": time.perf_counter() - began,
    }
    store.amend(trial, values, measured.metrics)
    return True


def record_values(trial: Trial, checkpoints: list[Checkpoint], measured: Measured) -> dict:
    """The contents of record.json, but for the seconds."""
    last = checkpoints[-1]
    return {
        "id": trial_id(trial),
        "status": "finished" if last.finite else "diverged",
        "trial": describe(trial),
        "steps": last.step,
        "visits": last.step * trial.batch,
        "parameters": num_parameters(last.model),
        "power_bits": last.power_bits if np.isfinite(last.power_bits) else None,
        "temperatures": {str(step): value for step, value in measured.temperatures.items()},
        "signs": measured.signs,
        "expected": measured.expected,
        "summary": _summary(measured.metrics),
        "measure_version": MEASURE_VERSION,
        "versions": {"mesascope": __version__, "jax": jax.__version__, "python": platform.python_version()},
        "device": jax.devices()[0].device_kind,
        "host": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _summary(metrics: dict[str, np.ndarray]) -> list[dict]:
    """Mean and 5% quantile over the instances of each view, step and index; none of columns without views."""
    rows = []
    if "view" not in metrics:
        return rows
    keys = np.stack([np.unique(metrics["view"], return_inverse=True)[1], metrics["step"], metrics["index"]], axis=1)
    for key in np.unique(keys, axis=0):
        chosen = np.flatnonzero(np.all(keys == key, axis=1))
        first = chosen[0]
        rows.append(
            {
                "view": str(metrics["view"][first]),
                "step": int(metrics["step"][first]),
                "index": int(metrics["index"][first]),
                "instances": len(chosen),
                "bits": float(np.mean(metrics["bits"][chosen])),
                "bits_5": float(np.quantile(metrics["bits"][chosen], 0.05)),
                "success": float(np.mean(metrics["success"][chosen])),
                "utility": float(np.mean(metrics["utility"][chosen])),
            }
        )
    return rows
