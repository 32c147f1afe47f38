"""Checkpoints: one nested state, in one safetensors file or in a shard a process, written so that a
kill or a full disk leaves the old one whole.

Tensors lie in the file as tensors, everything else as JSON in its header; nothing is pickled, so
that a checkpoint
from elsewhere runs no code.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from trevsnn_lite.files import write_atomically

FORMAT = 1  # raised when the layout changes, so that an old file is refused by a sentence
_TENSOR = "tensor:"  # in the JSON, "tensor:NAME" stands for the tensor of that name


def save_checkpoint(path: str | Path, state: dict) -> None:
    """Write `state`, nested dicts and lists of tensors and JSON values, to `path`; all keys are
    strings.

    Raises OSError when the disk does not take it; an earlier checkpoint at `path` is then still
    whole.
    """
    tensors: dict[str, torch.Tensor] = {}
    _write(path, tensors, state=json.dumps(_take_tensors(state, "", tensors)))


def save_shards(path: str | Path, state: dict, tag: str, group) -> None:
    """The same by all processes of `group` together, each called with the same `state`: each
    writes its share of the tensors into a folder of its own
    for this `tag`, then rank 0 replaces `path`, which names them, and removes the folders of
    earlier tags. Until then the earlier checkpoint is whole."""
    path, tensors = Path(path), {}
    tree = json.dumps(_take_tensors(state, "", tensors))
    folder = path.with_name(f"{path.stem}-{tag}")
    folder.mkdir(exist_ok=True)
    shards = [
        folder / f"{rank + 1}-of-{group.processes}.safetensors" for rank in range(group.processes)
    ]
    _write(shards[group.rank], _share_of_bytes(tensors, group.rank, group.processes))
    group.wait()
    if group.rank == 0:
        _write(
            path,
            {},
            state=tree,
            shards=json.dumps([f"{folder.name}/{shard.name}" for shard in shards]),
        )
        for earlier in set(path.parent.glob(f"{path.stem}-*/")) - {folder}:
            shutil.rmtree(earlier)


def load_checkpoint(path: str | Path) -> dict:
    """The state that `save_checkpoint` or `save_shards` wrote, its tensors on the CPU.

    Raises FileNotFoundError when there is none or a shard is missing, ValueError when a file is
    truncated or no checkpoint of ours.
    """
    header, tensors = _read(Path(path))
    try:
        for shard in json.loads(header.get("shards", "[]")):
            tensors |= _read(Path(path).parent / shard)[1]
        return _put_tensors(json.loads(header["state"]), tensors)
    except (KeyError, json.JSONDecodeError) as error:
        raise ValueError(
            f"Checkpoint {path} is altered: its header does not fit its tensors ({error}); "
            "expected a file that train() wrote."
        ) from None


def differences(saved: dict, wanted: dict) -> str:
    """The fields in which two configurations differ, as "epochs 3, now 5; lr 0.1, now 0.2"; empty
    when they agree."""
    saved, wanted = (
        json.loads(json.dumps(config)) for config in (saved, wanted)
    )  # tuples become lists in JSON
    names = [name for name in {**saved, **wanted} if saved.get(name) != wanted.get(name)]
    return "; ".join(f"{name} {saved.get(name)}, now {wanted.get(name)}" for name in names)


@contextmanager
def as_written(path: str | Path) -> Iterator[None]:
    """Within, whatever a well-formed checkpoint of other contents ends in is a ValueError with one
    sentence: its values may be of any type, name or shape."""
    try:
        yield
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, RuntimeError) as error:
        why = " ".join(str(error).split())
        if why.startswith(f"Checkpoint {path} "):
            raise
        raise ValueError(
            f"Checkpoint {path} is altered or of another version, expected one that train() wrote: "
            f"{type(error).__name__}, {why[:200]}{'...' * (len(why) > 200)}"
        ) from None


def _write(path: str | Path, tensors: dict[str, torch.Tensor], **header: str) -> None:
    # Copies, because safetensors refuses two names for one storage, and parameters may be shared
    # between steps.
    copies = {
        name: tensor.cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }
    write_atomically(path, _safetensors().torch.save(copies, {"format": str(FORMAT), **header}))


def _read(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Header and tensors of one file."""
    if not path.is_file():
        raise FileNotFoundError(
            f"Checkpoint {path} does not exist, or is no file; expected one that train() wrote."
        )
    safetensors = _safetensors()
    try:
        with safetensors.safe_open(path, "pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except safetensors.SafetensorError as error:
        size = path.stat().st_size
        raise ValueError(
            f"Checkpoint {path} is truncated or altered: {size} bytes that safetensors "
            f"refuses ({error}), expected a file that train() wrote."
        ) from None
    if header.get("format") != str(FORMAT):
        raise ValueError(
            f"Checkpoint {path} has format {header.get('format')}, expected {FORMAT}, as "
            "train() writes it."
        )
    return header, tensors


def _share_of_bytes(
    tensors: dict[str, torch.Tensor], rank: int, processes: int
) -> dict[str, torch.Tensor]:
    """The tensors that this process writes: largest first, each goes to the process with the fewest
    bytes so far."""
    bytes_of, mine = [0] * processes, {}
    for name, tensor in sorted(tensors.items(), key=lambda item: -item[1].nbytes):
        least = bytes_of.index(min(bytes_of))
        bytes_of[least] += tensor.nbytes
        if least == rank:
            mine[name] = tensor
    return mine


def _take_tensors(value, name: str, tensors: dict[str, torch.Tensor]):
    """`value` with every tensor moved into `tensors` under its dotted name and replaced by that
    name."""
    if isinstance(value, torch.Tensor):
        tensors[name] = value.detach()
        return _TENSOR + name
    if isinstance(value, dict):
        return {
            key: _take_tensors(item, f"{name}.{key}" if name else key, tensors)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_take_tensors(item, f"{name}.{index}", tensors) for index, item in enumerate(value)]
    return value


def _put_tensors(value, tensors: dict[str, torch.Tensor]):
    """The inverse of `_take_tensors`, but that tuples have become lists."""
    if isinstance(value, str) and value.startswith(_TENSOR):
        return tensors[value.removeprefix(_TENSOR)]
    if isinstance(value, dict):
        return {key: _put_tensors(item, tensors) for key, item in value.items()}
    if isinstance(value, list):
        return [_put_tensors(item, tensors) for item in value]
    return value


def _safetensors():
    try:
        import safetensors
        import safetensors.torch
    except ImportError:
        raise ImportError(
            "checkpoints need the package safetensors: pip install safetensors."
        ) from None
    return safetensors
