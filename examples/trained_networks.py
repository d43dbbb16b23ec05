"""The calibrated measures on trained networks: what the standard mazes make of a `gridloop`.

    python examples/trained_networks.py [FOLDER]

Trains the network of `mesascope run diversity` on 16 to 4096 mazes, three seeds each, and measures everything that
`mesascope calibrate` measures on planted algorithms. Writes the table to FOLDER/tables/vector.csv (results/trained
unless given). About twenty minutes on one core; what is trained already is not trained again.
"""

import csv
import pathlib
import sys

import numpy as np

from mesascope.conditions import CONDITIONS, settings
from mesascope.foreign import measure_weights
from mesascope.lab import Store, run
from mesascope.stats import mean_interval

SIZES, SEEDS = (16, 64, 256, 1024, 4096), (0, 1, 2)
NAMES = (
    "surplus", "internal", "certified", "thinking-gain", "best-of", "noise", "retarget", "inner-retarget",
    "inner-control", "plan-gain", "plan-selectivity", "intervention", "intervention-control", "goal-share",
)  # fmt: skip


def main(folder: pathlib.Path) -> None:
    """Trains, measures, and writes the mean over seeds with every seed beside it."""
    store = Store(folder / "store")
    condition = settings(CONDITIONS["diversity"], "standard", {})
    rows = []
    for size in SIZES:
        vectors = []
        for trial in condition.sweep():
            plain = not trial.task.show_answer and type(trial.model).__name__ == "Gridloop"
            if plain and trial.num_instances == size and trial.seed in SEEDS:
                run(trial, store)
                vectors.append(measure_weights(store.folder(trial) / "weights.safetensors", signs=True).signs)
                print(f"N={size} seed={trial.seed}: {len(vectors)} of {len(SEEDS)}", file=sys.stderr, flush=True)
        for name in NAMES:
            values = [vector[name][0] for vector in vectors]
            mean = mean_interval(np.array(values))
            each = "; ".join(f"{value:.2f}" for value in values)
            rows.append((name, size, *(round(float(part), 2) for part in mean), each))
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    with open(folder / "tables" / "vector.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("measure", "N", "mean", "low", "high", "every seed"), *rows])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path("results/trained"))
