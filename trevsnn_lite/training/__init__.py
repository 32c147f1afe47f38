"""Training: `train` and `evaluate` (loop), settings and the recipe of each preset (recipes), checkpoints, the CSV log (log)."""

from .checkpoints import load_checkpoint, save_checkpoint
from .loop import TrainResult, evaluate, load_network, train
from .recipes import RECIPES, Recipe, TrainConfig, learning_rate, make_optimizer

__all__ = [
    "RECIPES", "Recipe", "TrainConfig", "TrainResult", "evaluate", "learning_rate", "load_checkpoint", "load_network", "make_optimizer",
    "save_checkpoint", "train",
]  # fmt: skip
