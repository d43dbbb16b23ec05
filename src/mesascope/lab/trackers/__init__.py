"""Where records are shown beside those of other experiments: TensorBoard, Weights & Biases."""

from ..._registry import Registry
from ._base import AbstractTracker as AbstractTracker, curves as curves
from ._tensorboard import TensorBoard
from ._wandb import WeightsAndBiases

TRACKERS = Registry("trackers", {"tensorboard": TensorBoard, "wandb": WeightsAndBiases})
