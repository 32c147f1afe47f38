"""The command line, `python -m trevsnn_lite COMMAND`: arguments in; for each mistake one sentence
and exit code 2. `commands` does the work."""

import argparse
import sys

from trevsnn_lite import PRESETS, __version__
from trevsnn_lite.allocation import keep_freed_memory
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


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 wrong input, 130 stopped by
    Ctrl-C."""
    given = _parser().parse_args(arguments)
    given.arguments = sys.argv[1:] if arguments is None else arguments
    keep_freed_memory()
    try:
        return given.run(given) or 0
    except (ValueError, TypeError, FileNotFoundError) as error:
        return _complain(error, 2)
    except (OSError, ImportError, FloatingPointError) as error:
        return _complain(error, 1)
    except KeyboardInterrupt as stop:
        return _complain(stop, 130)


def _parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        prog="python -m trevsnn_lite",
        description="T-RevSNN, reversible in time (Hu et al., ICML 2024): train, test, recompute the "
        "paper, export.",
    )
    root.add_argument("--version", action="version", version=__version__)
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _train_arguments(
        commands.add_parser("train", help="train a network; ends with its test accuracy")
    )
    evaluate = commands.add_parser("evaluate", help="print the test accuracy of a checkpoint")
    evaluate.add_argument(
        "checkpoint", metavar="CHECKPOINT", help="final.safetensors or last.safetensors of a run"
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
        "--seed", type=int, default=0, metavar="N", help="of weights and images; default: 0"
    )
    bench.add_argument(
        "--device",
        default="cpu",
        help="cpu, cuda, ...; default: cpu. On CUDA also mixed precision and torch.compile",
    )
    bench.add_argument(
        "--out",
        metavar="FILE.json",
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
        "checkpoint", metavar="CHECKPOINT", help="final.safetensors or last.safetensors of a run"
    )
    export.add_argument("file", metavar="FILE.onnx", help="the file to write")
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
        help="folder for log.csv, last.safetensors (to resume), final.safetensors; default: "
        "runs/PRESET",
    )
    train.add_argument(
        "--epochs",
        type=int,
        metavar="N",
        help="passes over the training images; default: the recipe's",
    )
    train.add_argument(
        "--batch-size", type=int, metavar="N", help="images in one step; default: the recipe's"
    )
    train.add_argument(
        "--lr",
        type=float,
        metavar="RATE",
        help="learning rate after the warm-up; default: the recipe's",
    )
    train.add_argument(
        "--seed",
        type=int,
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
        type=int,
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
        type=int,
        default=0,
        metavar="N",
        help="the first of the experiment's seeds; default: 0",
    )
    run.add_argument(
        "--out",
        metavar="DIR",
        help="folder for ID.json, ID.png, ID.svg and finished arms; default: runs/ID-SCALE",
    )
    run.add_argument("--device", help="cpu, cuda, ...; default: cuda at gpu scale, else cpu")
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
        "--data", metavar="NAME|NAME=DIR|DIR", help=f"data set: {names}; default: {default}"
    )
    command.add_argument(
        "--download", action="store_true", help="fetch the data set if it is not on this machine"
    )
    command.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, ...; default: cpu")


def _complain(error: BaseException, code: int) -> int:
    print(f"python -m trevsnn_lite: {error or 'Stopped.'}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
