"""Records as runs of TensorBoard."""

import dataclasses
import json
import pathlib
import shutil
from typing import ClassVar

from .._records import Record
from ._base import AbstractTracker, curves


@dataclasses.dataclass(frozen=True)
class TensorBoard(AbstractTracker):
    """Event files under `tensorboard/<id>`, one run a trial, for `tensorboard --logdir`."""

    package: ClassVar = "tensorboardX"

    folder: str

    def show(self, record: Record) -> None:
        from tensorboardX import SummaryWriter

        target = pathlib.Path(self.folder) / "tensorboard" / record.values["id"]
        shutil.rmtree(target, ignore_errors=True)
        with SummaryWriter(str(target)) as writer:
            writer.add_text("trial", f"```\n{json.dumps(record.values['trial'], indent=1)}\n```")
            for step, numbers in curves(record):
                for name, value in numbers.items():
                    writer.add_scalar(name, value, step)
