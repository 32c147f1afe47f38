"""What the commands of `python -m trevsnn_lite` do, each with its parsed arguments; `__main__` says
what they are."""

import argparse
import ast
import os
import platform
import time
from dataclasses import fields, replace
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from trevsnn_lite import __version__, build, preset, presets_table
from trevsnn_lite.config import PRESETS
from trevsnn_lite.data import ImageSet, load_events, load_images
from trevsnn_lite.data.check import check_data
from trevsnn_lite.data.events import NAMES as EVENT_SETS
from trevsnn_lite.data.images import NAMES as IMAGE_SETS
from trevsnn_lite.deploy.export import export_onnx
from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.files import locked
from trevsnn_lite.released.verify import passes, report, verify
from trevsnn_lite.training import (
    RECIPES,
    TrainConfig,
    evaluate,
    load_checkpoint,
    load_network,
    train,
)
from trevsnn_lite.training.loop import check_free, same_classes
from trevsnn_lite.training.processes import cores, train_in
from trevsnn_lite.training.scale_out import launched_as, own_device

PACKAGES = (
    "torch",
    "numpy",
    "timm",
    "accelerate",
    "safetensors",
    "tqdm",
    "torchvision",
    "matplotlib",
    "tonic",
    "spikingjelly",
    "onnxruntime",
)
SIGNS = {
    "imagefolder": "train",
    "cifar-10": "cifar-10-batches-py",
    "fashion-mnist-10k": "fashion_mnist_10k",
    "cifar10-dvs": "CIFAR10DVS",
    "dvs128-gesture": "DVSGesture",
    "n-mnist": "NMNIST",
}  # what tells a data folder
DEVICES = ("cpu", "cuda", "mps", "xpu")
"""What can train; torch has devices that compute nothing, such as meta."""
MOST_PROCESSES = 8
"""That a machine with fewer cores may start, to see what several processes do."""
MOST_BLOCKS = 100_000
BYTES_TRAINED = 16  # of a parameter: itself, its gradient, AdamW's two means
WORDS = {"true": True, "false": False}


def run_train(given: argparse.Namespace) -> int:
    """Train, then print the test accuracy; of several processes the first speaks for all."""
    tell = print if launched_as()[0] == 0 else lambda _: None
    started = time.perf_counter()
    kind = type(preset(given.preset))
    changes = _changes(given.set, kind, TrainConfig)
    network = preset(
        given.preset, **{name: value for name, value in changes.items() if name in _names(kind)}
    )
    named = {
        name: getattr(given, name) for name in ("epochs", "batch_size", "lr", "seed", "memory")
    }
    recipe = RECIPES[given.preset]
    training = {name: value for name, value in changes.items() if name in _names(TrainConfig)}
    config = replace(
        recipe.training,
        **training,
        **{
            name: value
            for name, value in named.items()
            if value is not None and name not in training
        },
    )
    if config.shift >= network.image_size:
        raise ValueError(
            f"shift is {config.shift}, expected less than image_size, {network.image_size}: "
            "pictures would leave their frame."
        )
    data = [
        _load(given.data or recipe.data, split, recipe.data, network, given.download)
        for split in ("train", "test")
    ]
    data[1] = same_classes(*data)
    device, out = _device(given.device), given.out or Path("runs") / given.preset
    processes = _processes(given.processes, device)
    check_free(out, given.resume)
    if processes > 1:
        with locked(out):  # the first of them holds it; what is refused is refused at once here
            pass
        tell(f"{processes} processes share each batch, on {cores()} cores.")
        return train_in(processes, given.arguments)
    _check_size(network, device)
    net = build(network, memory=config.memory, seed=config.seed).to(device)
    parameters = sum(parameter.numel() for parameter in net.parameters())
    tell(
        f"{network.name}: {parameters:,} parameters, T = {network.time_steps}, memory "
        f"{config.memory}, {config.epochs} epochs of {len(data[0]):,} images"
    )
    result = train(net, tuple(data), config, out, resume=given.resume)
    tell(f"{result.checkpoint} holds the weights.")
    tell(
        f"test accuracy {100 * result.test_accuracy:.2f}% on {len(data[1]):,} images, "
        f"{time.perf_counter() - started:.0f} s from start to end"
    )
    return 0


def _processes(asked: int, device: torch.device) -> int:
    """How many processes `train` starts: none beside this one under a launcher.

    Raises ValueError for a number out of range, and beside a GPU."""
    most = max(MOST_PROCESSES, cores())
    if not 1 <= asked <= most:
        raise ValueError(f"--processes is {asked}, expected at least 1 and at most {most} here.")
    if launched_as()[1] > 1:
        return 1
    if device.type != "cpu" and asked > 1:
        raise ValueError(
            f"--processes is {asked} with --device {device}, expected 1: GPUs are joined "
            "by torchrun or accelerate launch, one process each."
        )
    return asked


def _check_size(network, device: torch.device) -> None:
    """Raises ValueError for a network that this machine cannot hold, rather than have the system
    end the process, or this one every other."""
    blocks = network.time_steps * getattr(network, "blocks_per_level", 2) * len(network.widths)
    if blocks > MOST_BLOCKS:
        raise ValueError(
            f"{network.name} has {blocks:,} blocks, expected at most {MOST_BLOCKS:,}: lower "
            f"time_steps ({network.time_steps}), blocks_per_level or the number of widths."
        )
    try:
        with torch.device("meta"):  # shapes alone
            parameters = sum(parameter.numel() for parameter in build(network).parameters())
    except (RuntimeError, TypeError):  # more than torch can count
        parameters = 2**63
    needed, there = parameters * BYTES_TRAINED, _memory(device)
    if there and needed > there:
        raise ValueError(
            f"widths is {network.widths}, at which {network.name} takes {needed / 1e9:,.0f} GB to "
            f"train, expected less than this machine's {there / 1e9:.0f} GB."
        )


def _memory(device: torch.device) -> int | None:
    """Bytes of the device, None where they cannot be known."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    if not hasattr(os, "sysconf"):
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def run_evaluate(given: argparse.Namespace) -> None:
    """Print the test accuracy of a checkpoint, of its averaged weights where there are any."""
    device = _device(given.device)
    net = load_network(given.checkpoint).to(device)
    trained_on = load_checkpoint(given.checkpoint)["about"]["data"]["data"]
    test = _load(given.data or trained_on, "test", trained_on, net.config, given.download)
    if net.class_names is None and len(test.class_names) != net.config.num_classes:
        raise ValueError(
            f"{test.name} has {len(test.class_names)} classes, the network of {given.checkpoint} "
            f"{net.config.num_classes}: evaluate it on the data that it was trained on."
        )
    print(f"test accuracy {100 * evaluate(net, test):.2f}% on {len(test):,} images")


def run_check_data(given: argparse.Namespace) -> int:
    """Read every file of a data folder and list what is wrong by kind; 1 where anything is."""
    report = check_data(given.folder)
    print(report)
    return int(report.faulty)


def run_info(given: argparse.Namespace) -> None:
    """Print the table of presets and the versions."""
    print(presets_table(given.presets or list(PRESETS)))
    installed = [
        f"trevsnn_lite {__version__}",
        f"Python {platform.python_version()}",
        *map(_version, PACKAGES),
    ]
    print("\n" + ", ".join(installed))


def run_verify_released(given: argparse.Namespace) -> int:
    """Print the worst differences from the file's numbers; 1 where a strategy that promises plain
    autograd's gradients is beyond the tolerances."""
    rows = verify(given.file, given.memory)
    print(report(rows))
    return 0 if passes(rows) else 1


def run_experiment(given: argparse.Namespace) -> None:
    """Recompute a table or figure of the paper at the scale asked for; or list what there is."""
    if given.device is not None:
        _device(given.device)
    from trevsnn_lite import experiments  # last, for it imports all that is compared

    if given.list or given.experiment is None:
        print(experiments.listing())
        return
    experiments.run(
        given.experiment,
        given.scale,
        given.seed,
        given.out,
        device=given.device,
        download=given.download,
    )


def run_bench(given: argparse.Namespace) -> None:
    """Time and weigh training steps side by side; write the record and its figures, print its
    table."""
    device = str(_device(given.device))
    from trevsnn_lite.experiments.bench import bench, table

    out = Path(given.out or ("runs/bench-quick.json" if given.quick else "runs/bench.json"))
    record = bench(given.quick, given.seed, device, out, given.note)
    print(
        f"\n{table(record)}\n\n{out} holds the record, {out.with_suffix('.png')} the "
        f"figure; {record['seconds']:.0f} s."
    )


def run_export(given: argparse.Namespace) -> None:
    """Fold the network of a checkpoint and write it as ONNX."""
    folded = fold(load_network(given.checkpoint), merge_pairs=given.merge_pairs)
    path = export_onnx(folded, given.file)
    print(
        f"{path} holds the folded network, {path.stat().st_size / 1e6:.1f} MB: input "
        '"images", output "logits" [T, B, classes], whose mean over T decides.'
    )


def _load(data: str, split: str, expected: str, network, download: bool):
    """The images or recordings that --data names, by a data set's name, NAME=DIR, or a folder;
    refused where they do not fit the network."""
    if data == "imagefolder":
        raise ValueError(
            f"{network.name} is trained on a folder with ImageNet's layout, "
            "train/CLASS/*.jpg and val/CLASS/*.jpg, expected as --data DIR."
        )
    name, folder = _name_and_folder(data, expected)
    frames = getattr(network, "inputs", "image") == "frames"
    if frames != (name in EVENT_SETS):
        wants = (
            f"event recordings, of {', '.join(EVENT_SETS)}"
            if frames
            else f"images, of {', '.join(IMAGE_SETS)}"
        )
        raise ValueError(
            f"--data is {data}, expected {wants}: {network.name} sees "
            f"{'a frame at each step' if frames else 'one image'}."
        )
    if frames:
        loaded = load_events(
            name, split, folder, time_steps=network.time_steps, size=network.image_size
        )
    else:
        loaded = load_images(name, split, folder, download=download, image_size=network.image_size)
    if split == "train" and len(loaded.class_names) != network.num_classes:
        raise ValueError(
            f"{name} has {len(loaded.class_names)} classes, the network "
            f"{network.num_classes}: --set num_classes={len(loaded.class_names)}."
        )
    _check_pictures(name, loaded, network)
    return loaded


def _check_pictures(name: str, loaded, network) -> None:
    """Images in memory keep their size; recordings and a folder's photographs are resized."""
    if not isinstance(loaded, ImageSet):
        return
    _, channels, height, width = loaded.images.shape
    if (channels, height, width) != (network.in_channels, network.image_size, network.image_size):
        raise ValueError(
            f"{name} has images of {channels} x {height} x {width}, in_channels is "
            f"{network.in_channels} and image_size {network.image_size}, expected the images': "
            f"--set in_channels={channels} image_size={height}."
        )


def _name_and_folder(data: str, expected: str) -> tuple[str, Path | None]:
    """What --data says: a data set's name, NAME=DIR, or a folder whose contents tell the set."""
    name, equals, folder = data.partition("=")
    if name in (*IMAGE_SETS, *EVENT_SETS) and not (equals and not os.path.isdir(folder)):
        return name, Path(folder) if equals else None
    if not os.path.isdir(data):  # False as well for a name that no system takes
        raise FileNotFoundError(
            f"--data is {data}, expected a folder or one of "
            f"{', '.join(name for name in (*IMAGE_SETS, *EVENT_SETS) if name != 'imagefolder')}."
        )
    fallback = expected if expected not in SIGNS else "fashion-mnist"
    return next(
        (name for name, sign in SIGNS.items() if (Path(data) / sign).exists()), fallback
    ), Path(data)


def _changes(assignments: list[str], *configs: type) -> dict[str, object]:
    """["time_steps=8", "widths=16,32"] -> {"time_steps": 8, "widths": (16, 32)}, for fields of the
    dataclasses `configs`."""
    known = {field.name: field.type for config in configs for field in fields(config)}
    changes = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ValueError(
                f"--set got {assignment!r}, expected FIELD=VALUE, such as time_steps=8."
            )
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(
                f"--set got the field {name!r}, expected one of {', '.join(known)}.{hint}"
            )
        try:
            value = WORDS[text.lower()] if text.lower() in WORDS else ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):  # the last two: "(((("
            value = text  # a word, such as next-level
        kind = known[name]
        numbers = (int, float) if kind is float else (kind,)
        if kind in (int, float, bool, str) and type(value) not in numbers:
            raise ValueError(f"--set got {assignment!r}, expected {name} to be {kind.__name__}.")
        changes[name] = (
            (value,) if name == "widths" and not isinstance(value, (tuple, list)) else value
        )
    return changes


def _names(config: type) -> set[str]:
    return {field.name for field in fields(config)}


def _device(text: str):
    """The torch device that --device names; under a launcher, "cuda" is this process's own GPU."""
    try:
        device = torch.empty(0, device=own_device(text)).device
        if device.type in DEVICES:
            return device
    except (RuntimeError, AssertionError):
        pass
    raise ValueError(
        f"--device is {text!r}, expected cpu, or cuda on a machine with a GPU and torch built "
        "for it."
    )


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} not installed"
