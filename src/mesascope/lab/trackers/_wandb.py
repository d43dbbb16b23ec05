"""Records as runs of Weights & Biases."""

import dataclasses
import os
import pathlib
import shutil
from typing import ClassVar

from .._records import Record
from ._base import AbstractTracker, curves


@dataclasses.dataclass(frozen=True)
class WeightsAndBiases(AbstractTracker):
    """Runs of the project `mesascope` under `wandb/`, offline unless WANDB_MODE says otherwise.

    `wandb sync` sends them; the id of the trial is that of the run.
    """

    package: ClassVar = "wandb"

    folder: str

    def show(self, record: Record) -> None:
        import wandb

        folder = pathlib.Path(self.folder) / "wandb"
        folder.mkdir(exist_ok=True)
        name = record.values["id"]
        for shown_before in folder.glob(f"offline-run-*-{name}"):
            shutil.rmtree(shown_before, ignore_errors=True)
        with wandb.init(
            project="mesascope",
            id=name,
            config=record.values["trial"],
            dir=self.folder,
            mode=os.environ.get("WANDB_MODE", "offline"),
            settings=wandb.Settings(silent=True, x_disable_stats=True, disable_git=True, console="off"),
        ) as run:
            for step, numbers in curves(record):
                run.log(numbers, step=step)
            run.summary["status"] = record.values["status"]
