"""The command line, `python -m trevsnn_lite COMMAND`: arguments in; for each mistake one sentence
and exit code 2. `commands` does the work."""

import argparse
import sys

import torch

from trevsnn_lite import PRESETS, __version__
from trevsnn_lite.commands import (
    run_bench,
    run_check_data,
    run_evaluate,
    run_experiment,
    run_export,
    run_info,
    run_train,
    run_verify_released,
)
from trevsnn_lite.reversible import MEMORY_STRATEGIES

SCALES = ("smoke", "cpu", "gpu")
OUT_OF_MEMORY = (
    "the device has too little memory for this network and batch: lower --batch-size, widths, "
    "time_steps or image_size (--set), or take accumulate=2 and more."
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 wrong input, 130 stopped by
    Ctrl-C."""
    given = _parser().parse_args(arguments)
    given.arguments = sys.argv[1:] if arguments is None else arguments
    try:
        return given.run(given) or 0
    except (ValueError, TypeError, FileNotFoundError) as error:
        return _complain(error, 2)
    except (OSError, ImportError, FloatingPointError) as error:
        return _complain(error, 1)
    except (MemoryError, RuntimeError) as error:
        if not _out_of_memory(error):
            raise
        return _complain(OUT_OF_MEMORY, 1)
    except KeyboardInterrupt as stop:
        return _complain(stop, 130)


class _Parser(argparse.ArgumentParser):
    """For a mistake one sentence, where argparse would print the usage as well."""

    def error(self, message: str):
        _print_error(f"{message.removesuffix('.')}. More by {self.prog} --help")
        self.exit(2)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _expected("a whole number", text) from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _expected("a number", text) from None


def _word(text: str) -> str:
    """Not empty, as the value of a shell's variable is that nobody has set."""
    if not text.strip():
        raise _expected("a name or a path", text)
    return text


def _seed(text: str) -> int:
    seed = _whole(text)
    if not 0 <= seed < 2**32:
        raise _expected("a whole number of at least 0, below 2**32", text)
    return seed


def _expected(what: str, text: str) -> argparse.ArgumentTypeError:
    shown = repr(text) if len(text) < 80 else f"{text[:80]!r}..."
    return argparse.ArgumentTypeError(f"is {shown}, expected {what}")


def _parser() -> argparse.ArgumentParser:
    root = _Parser(
        prog="python -m trevsnn_lite",
        description="T-RevSNN, reversible in time (Hu et al., ICML 2024): train, test, "
        "recompute the paper, export.",
    )
    root.add_argument("--version", action="version", version=__version__)
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _train_arguments(
        commands.add_parser("train", help="train a network; ends with its test accuracy")
    )
    evaluate = commands.add_parser("evaluate", help="print the test accuracy of a checkpoint")
    evaluate.add_argument(
        "checkpoint",
        metavar="CHECKPOINT",
        type=_word,
        help="final.safetensors or last.safetensors of a run",
    )
    _data_arguments(evaluate, "the one it was trained on")
    evaluate.set_defaults(run=run_evaluate)
    _experiment_arguments(
        commands.add_parser("run", help="recompute a table or figure of the paper")
    )
    bench = commands.add_parser(
        "bench",
        help="time and weigh training steps side by side: ours, their limits, SpikingJelly's, "
        "and inference",
    )
    bench.add_argument(
        "--quick",
        action="store_true",
        help="tiny networks, seconds: to see that it runs; the numbers mean little",
    )
    bench.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of weights and images; default: 0"
    )
    bench.add_argument(
        "--device",
        default="cpu",
        type=_word,
        help="cpu, cuda, ...; default: cpu. On CUDA also mixed precision and torch.compile",
    )
    bench.add_argument(
        "--out",
        metavar="FILE.json",
        type=_word,
        help="the record, with figures beside it; default: runs/bench.json or "
        "runs/bench-quick.json",
    )
    bench.add_argument(
        "--note",
        default="",
        metavar="TEXT",
        help="what a reader of the record must know, such as other load on the machine",
    )
    bench.set_defaults(run=run_bench)
    export = commands.add_parser("export", help="fold a trained network and write it as ONNX")
    export.add_argument(
        "checkpoint",
        metavar="CHECKPOINT",
        type=_word,
        help="final.safetensors or last.safetensors of a run",
    )
    export.add_argument("file", metavar="FILE.onnx", type=_word, help="the file to write")
    export.add_argument(
        "--merge-pairs",
        action="store_true",
        help="merge depthwise and pointwise convolutions, so that blocks only add; larger and "
        "often not cheaper",
    )
    export.set_defaults(run=run_export)
    verify = commands.add_parser(
        "verify-released",
        help="compare the released network with a file of the authors' numbers; exit code 1 "
        "beyond the tolerances",
    )
    verify.add_argument(
        "file",
        metavar="FILE.npz",
        type=_word,
        help="configuration, input, weights, logits, states, loss and gradients, as in "
        "tests/fixtures/released_t4.npz",
    )
    verify.add_argument(
        "--memory",
        nargs="+",
        choices=MEMORY_STRATEGIES,
        default=MEMORY_STRATEGIES,
        help="strategies to compare; default: all",
    )
    verify.set_defaults(run=run_verify_released)
    check = commands.add_parser(
        "check-data",
        help="read every file of a data folder and list what is wrong; exit code 1 if anything is",
    )
    check.add_argument(
        "folder",
        metavar="FOLDER",
        help="with ImageNet's layout or a data set's files; NAME=FOLDER where they do not tell",
    )
    check.set_defaults(run=run_check_data)
    info = commands.add_parser(
        "info", help="print the presets with their parameter counts, and the installed versions"
    )
    info.add_argument(
        "presets", nargs="*", metavar="PRESET", help=f"of {', '.join(PRESETS)}; default: all"
    )
    info.set_defaults(run=run_info)
    return root


def _train_arguments(train: argparse.ArgumentParser) -> None:
    train.add_argument(
        "--preset",
        default="fashion-mini",
        metavar="NAME",
        help=f"network and recipe, of {', '.join(PRESETS)}; default: fashion-mini",
    )
    _data_arguments(train, "the preset's")
    train.add_argument(
        "--out",
        metavar="DIR",
        type=_word,
        help="folder for log.csv, last.safetensors (to resume), final.safetensors; default: "
        "runs/PRESET",
    )
    train.add_argument(
        "--epochs",
        type=_whole,
        metavar="N",
        help="passes over the training images; default: the recipe's",
    )
    train.add_argument(
        "--batch-size", type=_whole, metavar="N", help="images in one step; default: the recipe's"
    )
    train.add_argument(
        "--lr",
        type=_number,
        metavar="RATE",
        help="learning rate after the warm-up; default: the recipe's",
    )
    train.add_argument(
        "--seed",
        type=_seed,
        metavar="N",
        help="of the first weights, the images' order and augmentation; default: 0",
    )
    train.add_argument(
        "--memory",
        choices=MEMORY_STRATEGIES,
        help="what is kept for the backward pass; default: the recipe's, taped but for fashion",
    )
    fields_help = (
        "other fields of the network or the recipe, such as time_steps=8 widths=16,32 "
        "feedback=none ema_decay=0.99"
    )
    train.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="FIELD=VALUE", help=fields_help
    )
    train.add_argument(
        "--processes",
        type=_whole,
        default=1,
        metavar="N",
        help="on this machine's processor, which share each batch; default: 1",
    )
    train.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --out, or start where there is none yet",
    )
    train.set_defaults(run=run_train)


def _experiment_arguments(run: argparse.ArgumentParser) -> None:
    run.add_argument("experiment", nargs="?", metavar="ID", help="fig-2, table-1, ...: see --list")
    run.add_argument(
        "--list", action="store_true", help="what each experiment shows, and what it cannot"
    )
    run.add_argument(
        "--scale",
        choices=SCALES,
        default="cpu",
        help="smoke: seconds; cpu: at most 15 minutes on 2 cores; gpu: one large GPU; default: cpu",
    )
    run.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="the first of the experiment's seeds; default: 0",
    )
    run.add_argument(
        "--out",
        metavar="DIR",
        type=_word,
        help="folder for ID.json, ID.png, ID.svg and finished arms; default: runs/ID-SCALE",
    )
    run.add_argument(
        "--device", type=_word, help="cpu, cuda, ...; default: cuda at gpu scale, else cpu"
    )
    run.add_argument(
        "--download", action="store_true", help="fetch the data set if it is not on this machine"
    )
    run.set_defaults(run=run_experiment)


def _data_arguments(command: argparse.ArgumentParser, default: str) -> None:
    names = (
        "fashion-mnist-10k, fashion-mnist, cifar-10, simulated-dvs, cifar10-dvs=DIR, ..., or "
        "a folder that holds an image set or has ImageNet's layout"
    )
    command.add_argument(
        "--data",
        metavar="NAME|NAME=DIR|DIR",
        type=_word,
        help=f"data set: {names}; default: {default}",
    )
    command.add_argument(
        "--download", action="store_true", help="fetch the data set if it is not on this machine"
    )
    command.add_argument(
        "--device", default="cpu", type=_word, help="cpu, cuda, cuda:1, ...; default: cpu"
    )


def _out_of_memory(error: MemoryError | RuntimeError) -> bool:
    """On a GPU torch has a class for it, on the processor only words."""
    kinds = (MemoryError, torch.OutOfMemoryError)
    return isinstance(error, kinds) or "can't allocate memory" in str(error)


def _complain(error: BaseException | str, code: int) -> int:
    words = str(error) or "Stopped."
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        words = f"{error.filename}: {error.strerror}."  # without "[Errno 13]"
    _print_error(words)
    return code


def _print_error(words: str) -> None:
    """A sentence on stderr; nowhere, where stderr is closed (print would turn to stdout)."""
    if sys.stderr is not None:
        print(f"python -m trevsnn_lite: {words}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
