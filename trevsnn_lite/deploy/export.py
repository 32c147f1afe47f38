"""ONNX export of a folded network (Fig. 4's block after re-parameterisation): one file, which runs
without torch."""

import os
import warnings
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from trevsnn_lite.deploy.fold import Folded, fold

LARGEST_FILE = 2**31  # bytes, of one protobuf message


def export_onnx(net: nn.Module, path: str | os.PathLike, batch: int | None = None) -> Path:
    """Write a T-RevSNN, folded (as it is, or by `fold`), as ONNX: input "images" [B, C, H, W]
    float32 (frames: [T, B, C, H, W]), output
    "logits" [T, B, K] (the released network: [1, B, K]). Their mean over the first axis is the
    prediction. Returns the path.

    batch: None leaves B open, a number fixes it. Thresholds, resets and the potentials' grid
    (rounded half to
    even in float64) are in the file, so that runtime and torch differ by their convolutions'
    rounding alone: about 1e-6 in the logits, more
    only if it moves a potential over its threshold. Needs the packages onnx and onnxscript;
    onnxruntime runs the file.
    A failed export leaves what stood at `path`. Raises FileNotFoundError for a missing folder,
    ImportError for a missing package,
    TypeError for another network, ValueError for a batch below 1, a network that is not float32, or
    one above 2 GB."""
    folded, path = net if isinstance(net, Folded) else fold(net), Path(path)
    _check(folded, path, batch)
    config, partial = folded.config, path.with_name(f"{path.name}.partial")
    frames = [config.time_steps] if getattr(config, "inputs", "") == "frames" else []
    shape = [*frames, batch or 2, config.in_channels, config.image_size, config.image_size]
    images = torch.zeros(shape, device=next(folded.parameters()).device)
    axes = {"images": {len(frames): torch.export.Dim("batch")}} if batch is None else None
    names = {"input_names": ["images"], "output_names": ["logits"]}
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", category=FutureWarning
            )  # from within torch's exporter
            program = torch.onnx.export(
                _Logits(folded).eval(),
                (images,),
                dynamo=True,
                dynamic_shapes=axes,
                verbose=False,
                **names,
            )
        for node in program.model.graph.all_nodes():
            # a third of a small file, and it names folders of this machine
            node.metadata_props.clear()
        program.save(str(partial), external_data=False)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path


class _Logits(nn.Module):
    """images -> logits, without the checks that read the data."""

    def __init__(self, folded: Folded):
        super().__init__()
        self.folded = folded

    def forward(self, images: Tensor) -> Tensor:
        return self.folded.run(images)[0]


def _check(folded: Folded, path: Path, batch: int | None) -> None:
    if batch is not None and (not isinstance(batch, int) or batch < 1):
        raise ValueError(
            f"batch is {batch!r}, expected None for any batch, or an integer of at least 1."
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"path is {str(path)!r}, whose folder does not exist: expected a file name in "
            "an existing folder."
        )
    parameters = list(folded.parameters())
    if any(parameter.dtype != torch.float32 for parameter in parameters):
        raise ValueError(
            f"net computes in {parameters[0].dtype}, expected torch.float32: runtimes "
            "have no other convolution on CPUs."
        )
    size = sum(4 * parameter.numel() for parameter in parameters)
    if size >= LARGEST_FILE:
        raise ValueError(
            f"net holds {size / 2**30:.1f} GiB of weights, expected less than the 2 GiB "
            "of one ONNX file: fold it without merge_pairs."
        )
    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"export_onnx needs {' and '.join(missing)}: python -m pip install {' '.join(missing)}"
        )
