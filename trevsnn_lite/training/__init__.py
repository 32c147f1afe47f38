"""Training: `train` (loop, run, scale_out), `evaluate` (evaluation), settings and the recipe of
each preset (recipes), checkpoints, the CSV log (log)."""

from .checkpoints import load_checkpoint, save_checkpoint
from .evaluation import evaluate, load_network
from .loop import TrainResult, train
from .recipes import RECIPES, Recipe, TrainConfig, learning_rate, make_optimizer

__all__ = [
    "RECIPES",
    "Recipe",
    "TrainConfig",
    "TrainResult",
    "evaluate",
    "learning_rate",
    "load_checkpoint",
    "load_network",
    "make_optimizer",
    "save_checkpoint",
    "train",
]
