"""The network of the authors' released code: its configuration, the network, the names of its
weights, its verification."""

from trevsnn_lite.released.network import ReleasedTRevSNN

__all__ = ["ReleasedTRevSNN"]
