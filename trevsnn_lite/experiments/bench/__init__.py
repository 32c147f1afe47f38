"""Speed and memory side by side in one run: our memory strategies, SpikingJelly's methods and
networks, inference. `python -m trevsnn_lite bench`."""

from .record import bench, table

__all__ = ["bench", "table"]
