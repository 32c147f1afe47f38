"""trevsnn_lite: T-RevSNN (Hu et al., ICML 2024), its reversible training over time, and what it is
compared with. Needs torch and numpy alone."""

from trevsnn_lite import losses
from trevsnn_lite.config import PRESETS, TRevSNNConfig, preset
from trevsnn_lite.released.config import ReleasedConfig
from trevsnn_lite.presets import build, presets_table
from trevsnn_lite.released.network import ReleasedTRevSNN
from trevsnn_lite.trevsnn import TRevSNN

__all__ = [
    "PRESETS",
    "ReleasedConfig",
    "ReleasedTRevSNN",
    "TRevSNN",
    "TRevSNNConfig",
    "build",
    "losses",
    "preset",
    "presets_table",
]
__version__ = "0.1.0"
