"""trevsnn_lite: T-RevSNN (Hu et al., ICML 2024), its reversible training over time, and what it is
compared with. Needs torch and numpy alone."""

from trevsnn_lite import losses, reversible
from trevsnn_lite.config import PRESETS, TRevSNNConfig, preset
from trevsnn_lite.presets import account, build, presets_table
from trevsnn_lite.pretrained import load_pretrained
from trevsnn_lite.released.config import ReleasedConfig
from trevsnn_lite.released.network import ReleasedTRevSNN
from trevsnn_lite.spike_conv import SpikeConv2d
from trevsnn_lite.spikes import spike
from trevsnn_lite.trevsnn import TRevSNN

__all__ = [
    "PRESETS",
    "ReleasedConfig",
    "ReleasedTRevSNN",
    "SpikeConv2d",
    "TRevSNN",
    "TRevSNNConfig",
    "account",
    "build",
    "load_pretrained",
    "losses",
    "preset",
    "presets_table",
    "reversible",
    "spike",
]
__version__ = "0.1.0"
