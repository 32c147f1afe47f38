"""Records a training run in data/runs/: `python tools/record_run.py RUN_FOLDER` after `python -m
trevsnn_lite train --preset NAME --out RUN_FOLDER`.

Writes data/runs/NAME.json: the command, configuration, versions, engine, machine, the log of every
epoch and the test accuracy. The seconds are those of the machine that ran it; `python
tools/record_run.py --help` says how to describe it."""

import argparse
import json
import platform
from pathlib import Path

import torch

from trevsnn_lite.data import load_events, load_images
from trevsnn_lite.files import write_atomically
from trevsnn_lite.reversible import ENGINE
from trevsnn_lite.training import evaluate, load_checkpoint, load_network


def record(folder: Path, command: str, machine: str) -> dict:
    """What data/runs/NAME.json holds; the accuracy is evaluated again from the weights, and must be
    the log's."""
    about, history = (
        load_checkpoint(folder / "last.safetensors")[key] for key in ("about", "history")
    )
    last = history[-1]
    logged = last["ema_test_accuracy"] if about["training"]["ema_decay"] else last["test_accuracy"]
    net = load_network(folder / "final.safetensors")
    test = test_set(about["data"]["data"], net.config)
    accuracy = evaluate(net, test)
    if abs(accuracy - logged) > 0.5 / len(test):
        raise ValueError(
            f"{folder} holds weights of test accuracy {accuracy:.4f}, and its log says "
            f"{logged:.4f}."
        )
    return {
        "command": command,
        "test_accuracy": accuracy,
        "test_images": len(test),
        "seconds": round(sum(epoch["seconds"] for epoch in history)),
        "machine": machine,
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "engine": ENGINE,
        **about,
        "history": history,
    }


def test_set(name: str, network):
    """The test images, or for a network that sees frames the test recordings."""
    if getattr(network, "inputs", "image") == "frames":
        return load_events(name, "test", time_steps=network.time_steps, size=network.image_size)
    return load_images(name, "test")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="--out of the run")
    parser.add_argument(
        "--machine",
        default=f"{torch.get_num_threads()} threads, {platform.machine()} CPU",
        help="the machine that ran it, and what else it did meanwhile",
    )
    parser.add_argument(
        "--options",
        default="",
        help="options of `train` beyond --preset and --out, such as '--memory store'",
    )
    given = parser.parse_args()
    name = load_checkpoint(given.folder / "last.safetensors")["about"]["network"]["name"]
    command = " ".join(f"python -m trevsnn_lite train --preset {name} {given.options}".split())
    target = Path(__file__).parents[1] / "data/runs" / f"{name}.json"
    held = record(given.folder, command, given.machine)
    write_atomically(target, (json.dumps(held, indent=1) + "\n").encode())
    print(f"{target.name}: {held['test_accuracy']:.2%}")


if __name__ == "__main__":
    main()
