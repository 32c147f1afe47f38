"""The rows of the paper's Tables 2 and 3 (arXiv v1), as printed, to stand beside ours."""

from typing import NamedTuple

SOURCE_2 = "arXiv v1, Table 2: ImageNet-1K; memory and time of all rows measured by its authors"
SOURCE_3 = "arXiv v1, Table 3"


class OnImages(NamedTuple):
    """A row of Table 2; None where the table has a dash."""

    method: str
    architecture: str
    parameters: float
    """Millions."""
    time_steps: int
    minutes: float
    """An epoch, on 6 A100-40GB in float16."""
    megabytes: float
    """An image: the peak of a GPU's memory."""
    millijoules: float | None
    estimated: bool
    """Whether the energy is that of the spiking ResNet of the same shape (a star in the table)."""
    top_1: float | None
    """Per cent."""

    @property
    def name(self) -> str:
        return f"{self.method}, {self.architecture}"


TABLE_2 = (
    OnImages("STBP-tdBN", "ResNet-34", 21.8, 6, 29.6, 186.1, 6.4, False, 63.7),
    OnImages("SEW ResNet", "SEW-ResNet-50", 25.6, 4, 10.0, 596.9, 4.9, False, 67.8),
    OnImages("MS ResNet", "MS-ResNet-34", 21.8, 6, 11.2, 267.1, 5.1, False, 69.4),
    OnImages("TEBN", "ResNet-34", 21.8, 4, 16.3, 260.1, 6.4, True, 64.3),
    OnImages("TET", "SEW-ResNet-34", 21.8, 4, 12.5, 221.0, 4.0, True, 68.0),
    OnImages("Spikformer", "8-384", 16.8, 4, 14.2, 580.8, 7.7, False, 70.2),
    OnImages("Spikformer", "8-512", 29.7, 4, 16.7, 767.8, 11.6, False, 73.4),
    OnImages("Spike-driven Transformer", "8-384", 16.8, 4, 15.4, 548.9, 3.9, False, 72.3),
    OnImages("Spike-driven Transformer", "8-512", 29.7, 4, 18.8, 730.0, 4.5, False, 74.6),
    OnImages("OTTT", "ResNet-34", 21.8, 6, 24.2, 84.1, 6.0, True, 64.2),
    OnImages("SLTT", "ResNet-34", 21.8, 6, 18.1, 71.7, 6.0, True, 66.2),
    OnImages("SLTT", "ResNet-50", 25.6, 6, 23.4, 117.3, 7.2, True, 67.0),
    OnImages("S-RevSNN", "Rev-ResNet-37", 24.4, 4, 7.9, 127.1, None, False, None),
    OnImages("S-RevSNN", "Rev-SFormer-8-384", 17.2, 4, 16.3, 389.6, None, False, None),
    OnImages("T-RevSNN", "ResNet-18 (384)", 15.2, 4, 6.1, 57.5, 1.7, False, 69.8),
    OnImages("T-RevSNN", "ResNet-18 (512)", 29.8, 4, 9.1, 85.7, 2.8, False, 73.2),
)


class OnEvents(NamedTuple):
    """A row of Table 3: T and top-1 accuracy in per cent on CIFAR10-DVS and on DVS128 Gesture, and
    megabytes a recording of the latter; None where the table has a dash."""

    method: str
    cifar_steps: int | None
    cifar: float | None
    gesture_steps: int | None
    gesture: float | None
    megabytes: float | None


TABLE_3 = (
    OnEvents("LIAF-Net", 10, 70.4, 60, 97.6, None),
    OnEvents("Rollout", 48, 66.8, 240, 97.1, None),
    OnEvents("tdBN", 10, 67.8, 40, 96.9, None),
    OnEvents("PLIF", 20, 74.8, 20, 97.6, None),
    OnEvents("SEW ResNet", 16, 74.4, 16, 97.9, 81.5),
    OnEvents("MS ResNet", 10, 76.0, 10, 94.8, 79.4),
    OnEvents("Dspike", 10, 75.4, None, None, None),
    OnEvents("She et al. (2021)", None, None, 20, 98.0, None),
    OnEvents("DSR", 10, 77.3, None, None, None),
    OnEvents("Spikformer", 16, 80.6, 16, 97.9, 51.8),
    OnEvents("Spike-driven Transformer", 16, 80.0, 16, 99.3, 51.4),
    OnEvents("OTTT", 10, 76.6, 20, 96.9, None),
    OnEvents("SLTT", 10, 77.2, 20, 97.9, None),
    OnEvents("S-RevSNN", 10, 75.5, 10, 94.4, 25.0),
    OnEvents("T-RevSNN", 10, 77.4, 10, 94.4, 10.3),
    OnEvents("T-RevSNN", 16, 79.2, 16, 97.9, 18.9),
)

NOT_IN_TABLE_3 = {"TET": 83.17, "TEBN": 84.90}
"""Accuracies on CIFAR10-DVS, in per cent, that their own papers report: above every row."""
