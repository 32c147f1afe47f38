"""The command line, `python -m trevsnn_lite train | evaluate | info`: arguments in; for each mistake one sentence and exit code 2."""

import argparse
import ast
import platform
import sys
import time
from dataclasses import fields, replace
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from trevsnn_lite import PRESETS, TRevSNN, TRevSNNConfig, __version__, preset
from trevsnn_lite.reversible import MEMORY_STRATEGIES

PACKAGES = ("torch", "numpy", "timm", "safetensors", "tqdm", "torchvision", "matplotlib")
SIGNS = {"imagefolder": "train", "cifar-10": "cifar-10-batches-py", "fashion-mnist-10k": "fashion_mnist_10k"}  # what tells a data folder
WORDS = {"true": True, "false": False}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 wrong input, 130 stopped by Ctrl-C."""
    given = _parser().parse_args(arguments)
    try:
        return given.run(given) or 0
    except (ValueError, TypeError, FileNotFoundError) as error:
        return _complain(error, 2)
    except (OSError, ImportError, FloatingPointError) as error:
        return _complain(error, 1)
    except KeyboardInterrupt as stop:
        return _complain(stop, 130)


def run_train(given: argparse.Namespace) -> None:
    """Train, then print the test accuracy."""
    started = time.perf_counter()
    from trevsnn_lite.training import RECIPES, TrainConfig, train

    changes = _changes(given.set, TRevSNNConfig, TrainConfig)
    network = preset(given.preset, **{name: value for name, value in changes.items() if name in _names(TRevSNNConfig)})
    named = {name: getattr(given, name) for name in ("epochs", "batch_size", "lr", "seed", "memory")}
    recipe = RECIPES[given.preset]
    training = {name: value for name, value in changes.items() if name in _names(TrainConfig)}
    config = replace(recipe.training, **training, **{name: value for name, value in named.items() if value is not None and name not in training})
    data = [_load(given.data or recipe.data, split, recipe.data, network, given.download) for split in ("train", "test")]
    net = TRevSNN(network, memory=config.memory, seed=config.seed).to(_device(given.device))
    parameters = sum(parameter.numel() for parameter in net.parameters())
    print(f"{network.name}: {parameters:,} parameters, T = {network.time_steps}, memory {config.memory}, {config.epochs} epochs of {len(data[0]):,} images")
    result = train(net, tuple(data), config, given.out or Path("runs") / given.preset, resume=given.resume)
    print(f"{result.checkpoint} holds the weights.")
    print(f"test accuracy {100 * result.test_accuracy:.2f}% on {len(data[1]):,} images, {time.perf_counter() - started:.0f} s from start to end")


def run_evaluate(given: argparse.Namespace) -> None:
    """Print the test accuracy of a checkpoint, of its averaged weights where there are any."""
    from trevsnn_lite.training import evaluate, load_checkpoint, load_network

    net = load_network(given.checkpoint).to(_device(given.device))
    trained_on = load_checkpoint(given.checkpoint)["about"]["data"]["data"]
    test = _load(given.data or trained_on, "test", trained_on, net.config, given.download)
    print(f"test accuracy {100 * evaluate(net, test):.2f}% on {len(test):,} images")


def run_info(given: argparse.Namespace) -> None:
    """Print the table of presets and the versions."""
    from trevsnn_lite import presets_table

    print(presets_table(given.presets or list(PRESETS)))
    installed = [f"trevsnn_lite {__version__}", f"Python {platform.python_version()}", *map(_version, PACKAGES)]
    print("\n" + ", ".join(installed))


def run_verify_released(given: argparse.Namespace) -> int:
    """Print the worst differences from the file's numbers; 1 where a strategy that promises plain autograd's gradients is beyond the tolerances."""
    from trevsnn_lite.verify_released import passes, report, verify

    rows = verify(given.file, given.memory)
    print(report(rows))
    return 0 if passes(rows) else 1


def _parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m trevsnn_lite", description="T-RevSNN, reversible in time (Hu et al., ICML 2024): train, test, describe.")
    root.add_argument("--version", action="version", version=__version__)
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _train_arguments(commands.add_parser("train", help="train a network; ends with its test accuracy"))
    evaluate = commands.add_parser("evaluate", help="print the test accuracy of a checkpoint")
    evaluate.add_argument("checkpoint", metavar="CHECKPOINT", help="final.safetensors or last.safetensors of a run")
    _data_arguments(evaluate, "the one it was trained on")
    evaluate.set_defaults(run=run_evaluate)
    verify = commands.add_parser("verify-released", help="compare the released network with a file of the authors' numbers; exit code 1 beyond the tolerances")
    verify.add_argument("file", metavar="FILE.npz", help="configuration, input, weights, logits, states, loss and gradients, as in tests/fixtures/released_t4.npz")
    verify.add_argument("--memory", nargs="+", choices=MEMORY_STRATEGIES, default=MEMORY_STRATEGIES, help="strategies to compare; default: all")
    verify.set_defaults(run=run_verify_released)
    info = commands.add_parser("info", help="print the presets with their parameter counts, and the installed versions")
    info.add_argument("presets", nargs="*", metavar="PRESET", help=f"of {', '.join(PRESETS)}; default: all")
    info.set_defaults(run=run_info)
    return root


def _train_arguments(train: argparse.ArgumentParser) -> None:
    train.add_argument("--preset", default="fashion-mini", metavar="NAME", help=f"network and recipe, of {', '.join(PRESETS)}; default: fashion-mini")
    _data_arguments(train, "the preset's")
    train.add_argument("--out", metavar="DIR", help="folder for log.csv, last.safetensors (to resume), final.safetensors; default: runs/PRESET")
    train.add_argument("--epochs", type=int, metavar="N", help="passes over the training images; default: the recipe's")
    train.add_argument("--batch-size", type=int, metavar="N", help="images in one step; default: the recipe's")
    train.add_argument("--lr", type=float, metavar="RATE", help="learning rate after the warm-up; default: the recipe's")
    train.add_argument("--seed", type=int, metavar="N", help="of the first weights, the images' order and augmentation; default: 0")
    train.add_argument("--memory", choices=MEMORY_STRATEGIES, help="what is kept for the backward pass; default: taped")
    fields_help = "other fields of the network or the recipe, such as time_steps=8 widths=16,32 feedback=none ema_decay=0.99"
    train.add_argument("--set", nargs="+", action="extend", default=[], metavar="FIELD=VALUE", help=fields_help)
    train.add_argument("--resume", action="store_true", help="go on with the run in --out, or start where there is none yet")
    train.set_defaults(run=run_train)


def _data_arguments(command: argparse.ArgumentParser, default: str) -> None:
    names = "fashion-mnist-10k, fashion-mnist, cifar-10, or a folder that holds one of them or has ImageNet's layout"
    command.add_argument("--data", metavar="NAME|DIR", help=f"data set: {names}; default: {default}")
    command.add_argument("--download", action="store_true", help="fetch the data set if it is not on this machine")
    command.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, ...; default: cpu")


def _load(data: str, split: str, expected: str, network: TRevSNNConfig, download: bool):
    """The images that --data names, by a data set's name or by a folder, refused where they do not fit the network."""
    from trevsnn_lite.data import load_images
    from trevsnn_lite.data.images import NAMES

    if data == "imagefolder":
        raise ValueError(f"{network.name} is trained on a folder with ImageNet's layout, train/CLASS/*.jpg and val/CLASS/*.jpg: name it with --data DIR.")
    name, folder = data, None
    if data not in NAMES:
        folder = Path(data)
        if not folder.is_dir():
            raise FileNotFoundError(f"--data is {data}, expected a folder or one of {', '.join(name for name in NAMES if name != 'imagefolder')}.")
        fallback = expected if expected not in SIGNS else "fashion-mnist"
        name = next((name for name, sign in SIGNS.items() if (folder / sign).exists()), fallback)
    images = load_images(name, split, folder, download=download, image_size=network.image_size)
    if len(images.class_names) != network.num_classes:
        raise ValueError(f"{name} has {len(images.class_names)} classes, the network {network.num_classes}: --set num_classes={len(images.class_names)}.")
    return images


def _changes(assignments: list[str], *configs: type) -> dict[str, object]:
    """["time_steps=8", "widths=16,32"] -> {"time_steps": 8, "widths": (16, 32)}, for fields of the dataclasses `configs`."""
    known = {field.name: field.type for config in configs for field in fields(config)}
    changes = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ValueError(f"--set got {assignment!r}, expected FIELD=VALUE, such as time_steps=8.")
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"--set got the field {name!r}, expected one of {', '.join(known)}.{hint}")
        try:
            value = WORDS[text.lower()] if text.lower() in WORDS else ast.literal_eval(text)
        except (ValueError, SyntaxError):
            value = text  # a word, such as next-level
        kind = known[name]
        if kind in (int, float, bool, str) and not isinstance(value, (int, float) if kind is float else kind):
            raise ValueError(f"--set got {assignment!r}, expected {name} to be {kind.__name__}.")
        changes[name] = (value,) if name == "widths" and not isinstance(value, (tuple, list)) else value
    return changes


def _names(config: type) -> set[str]:
    return {field.name for field in fields(config)}


def _device(text: str):
    import torch

    try:
        return torch.empty(0, device=text).device
    except (RuntimeError, AssertionError):
        raise ValueError(f"--device is {text!r}, expected cpu, or cuda on a machine with a GPU and torch built for it.") from None


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} not installed"


def _complain(error: BaseException, code: int) -> int:
    print(f"python -m trevsnn_lite: {error or 'Stopped.'}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
