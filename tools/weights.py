"""Makes the weights that `load_pretrained` loads from a recorded run: `python -m tools.weights
RUN_FOLDER`, after `python -m trevsnn_lite train --preset NAME --out RUN_FOLDER` and `python
tools/record_run.py RUN_FOLDER`.

Writes NAME.safetensors (configuration and weights, averaged where the run averaged them), its card
NAME.md from data/runs/NAME.json, and NAME's line of index.json into data/weights. A file above 5 MB
goes to _build/weights, to be attached to a release: name its address with --url."""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import NamedTuple

import torch

from tools.repository import ROOT, configured
from trevsnn_lite import pretrained
from trevsnn_lite.data.downloads import sha256_of
from trevsnn_lite.data.events import SIMULATED
from trevsnn_lite.data.images import STATISTICS
from trevsnn_lite.files import make_folder, write_atomically
from trevsnn_lite.training import load_checkpoint, load_network, save_checkpoint

LARGEST = 5_000_000  # bytes that lie in the repository and the wheel


class Data(NamedTuple):
    """What a card says of a data set."""

    title: str
    items: str
    """What an input is called."""
    tag: str
    origin: str
    limits: str
    """What else the network has not seen."""


_IMAGES = Data(
    "Fashion-MNIST",
    items="images",
    tag="image-classification",
    origin="[Fashion-MNIST](https://github.com/zalandoresearch/fashion-mnist), MIT, copyright 2017 "
    "Zalando SE",
    limits="on Fashion-MNIST's pictures alone. It says nothing of ImageNet, nor of the",
)
DATA = {
    "fashion-mnist": _IMAGES,
    "fashion-mnist-10k": _IMAGES,
    SIMULATED: Data(
        "simulated event recordings",
        items="recordings",
        tag="event-camera",
        origin=f"`{SIMULATED}`: simulated recordings, of no sensor; an idealised event camera sees "
        f"a picture move, each of {_IMAGES.origin}",
        limits="on simulated recordings alone: no latency, no mismatch between\n"
        "  pixels, no noise. It says nothing of a real event camera, of CIFAR10-DVS, nor of the",
    ),
}
"""Without its origin and licence a data set gets no card. All of these come from Fashion-MNIST."""
OF_RECORD = ("command", "test_accuracy", "test_images", "seconds", "machine", "versions", "engine")


def pack(run: Path, root: Path = ROOT, url: str | None = None) -> Path:
    """Write the file, the card and the index's line; returns the file. Raises ValueError where the
    run is not the recorded one, its data have no known licence, or the file is too large and has no
    url; FileNotFoundError without the run or the record."""
    state = load_checkpoint(run / "final.safetensors")
    name = state["about"]["network"]["name"]
    record = recorded(state, name, root / "data/runs" / f"{name}.json")
    if record["data"]["data"] not in DATA:
        raise ValueError(
            f"the run's data are {record['data']['data']!r}, expected one of {', '.join(DATA)}: a "
            "card names the data's licence."
        )
    folder = make_folder(root / "data/weights")
    place = make_folder(root / "_build/weights") if url else folder
    path = place / f"{name}.safetensors"
    held = {
        "about": state["about"],
        "record": {field: record[field] for field in OF_RECORD},
        "model": state["ema"] or state["model"],
        "ema": None,
    }
    partial = path.with_suffix(".new")
    try:
        save_checkpoint(partial, held)
        _same(load_network(partial), load_network(run / "final.safetensors"))
        size = partial.stat().st_size
        if size > LARGEST and not url:
            raise ValueError(
                f"{name} takes {size:,} bytes, expected at most {LARGEST:,} in data/weights: give "
                "the address of its release file with --url."
            )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    entry = {"file": path.name, "bytes": size, "sha256": sha256_of(path)}
    entry |= {"url": url} if url else {}
    parameters = sum(p.numel() for p in load_network(path).parameters())
    text = card(name, record, entry, parameters, averaged=state["ema"] is not None)
    write_atomically(folder / f"{name}.md", text.encode())
    lines = folder / pretrained.INDEX
    known = json.loads(lines.read_text("utf8")) if lines.is_file() else {}
    known = dict(sorted((known | {name: entry}).items()))
    write_atomically(lines, (json.dumps(known, indent=1) + "\n").encode())
    return path


def recorded(state: dict, name: str, file: Path) -> dict:
    """The record of this very run."""
    if not file.is_file():
        raise FileNotFoundError(
            f"{file.name} is not in data/runs, expected the run's record: python "
            "tools/record_run.py RUN_FOLDER."
        )
    record = json.loads(file.read_text("utf8"))
    differ = [
        part
        for part, ours in [*state["about"].items(), ("history", state["history"])]
        if record.get(part) != json.loads(json.dumps(ours))
    ]
    if differ:
        raise ValueError(
            f"data/runs/{file.name} is of another run ({', '.join(differ)} differ), expected the "
            f"record of this one: python tools/record_run.py RUN_FOLDER."
        )
    return record


def _same(packed: torch.nn.Module, trained: torch.nn.Module) -> None:
    ours, theirs = packed.state_dict(), trained.state_dict()
    if list(ours) != list(theirs) or not all(torch.equal(ours[n], theirs[n]) for n in ours):
        raise ValueError("the packed weights are not those of the run.")


def card(name: str, record: dict, entry: dict, parameters: int, averaged: bool) -> str:
    """The model card, of the record's numbers alone."""
    ran, network, training = record["data"], record["network"], record["training"]
    data = DATA[ran["data"]]
    accuracy, tested = record["test_accuracy"], record["test_images"]
    error = 100 * math.sqrt(accuracy * (1 - accuracy) / tested)
    versions = ", ".join(f"{package} {number}" for package, number in record["versions"].items())
    widths = ", ".join(map(str, network["widths"]))
    read, shape, scale = frames(network) if data.items == "recordings" else images(network, ran)
    rows = {
        "network": f"T-RevSNN, preset `{name}`: T = {network['time_steps']}, widths {widths}, "
        f"feedback {network['feedback']}, {parameters:,} parameters",
        "test accuracy": f"{100 * accuracy:.2f} % of {tested:,} {data.items} (standard error "
        f"{error:.2f} points), of the last epoch's {'averaged ' * averaged}weights",
        "command": f"`{record['command']}`",
        "seed": f"{training['seed']}, one run",
        "training": f"{training['epochs']} epochs of {ran['train_images']:,} {data.items}, batches "
        f"of {training['batch_size']}, learning rate {training['lr']:g}, memory "
        f"{training['memory']}",
        "time": f"{record['seconds']:,} s",
        "machine": record["machine"],
        "versions": f"{versions}, engine {record['engine']} of trevsnn-lite",
        "data": data.origin,
        "classes": ", ".join(ran["class_names"]),
        "input": f"{shape}, {scale}",
        "file": f"`{entry['file']}`, {entry['bytes']:,} bytes, safetensors",
        "sha256": f"`{entry['sha256']}`",
        "licence": "MIT, as the library",
    }
    table = "\n".join(f"| {field} | {value} |" for field, value in rows.items())
    return f"""---
license: mit
library_name: trevsnn-lite
datasets: [fashion_mnist]
metrics: [accuracy]
tags: [spiking-neural-network, t-revsnn, {data.tag}]
---

# {name}: a T-RevSNN trained on {data.title}

```python
{read}
```

| | |
|---|---|
{table}

Made by `python -m tools.weights` from the record `data/runs/{name}.json`, which holds every epoch:
[{configured().removeprefix("https://")}]({configured()}).

## Limits

- A small network for teaching, {data.limits}
  paper's networks of 15.2 and 29.8 million parameters, whose weights were never released.
- One seed. Another seed, thread count or version of torch gives other weights.
- The last epoch is reported, not the best. No {data.items} were kept apart for choosing the recipe.
- No class is balanced against another, no probability is calibrated, and a picture of anything else
  gets one of the {network["num_classes"]} names too.
"""


def images(network: dict, ran: dict) -> tuple[str, str, str]:
    """Code that gives logits, and the input's shape and scale, of a network of images."""
    channels, size = network["in_channels"], network["image_size"]
    (mean,), (std,) = STATISTICS[ran["data"]]
    code = (
        f'from trevsnn_lite import load_pretrained\n\nnet = load_pretrained("{network["name"]}")\n'
        f"logits = net.decide(net(images))  # [B, {network['num_classes']}]"
    )
    shape = f"[B, {channels}, {size}, {size}]"
    return code, shape, f"pixels from 0 to 1, minus {mean:g}, over {std:g}"


def frames(network: dict) -> tuple[str, str, str]:
    """The same of a network of event recordings."""
    steps, size = network["time_steps"], network["image_size"]
    code = (
        "from trevsnn_lite import load_pretrained\n"
        "from trevsnn_lite.data import load_events  # needs the package tonic\n\n"
        f'net = load_pretrained("{network["name"]}")\n'
        f'frames, label = load_events("{SIMULATED}", "test", time_steps={steps})[0]\n'
        f"logits = net.decide(net(frames[:, None]))  # [1, {network['num_classes']}]"
    )
    shape = f"[{steps}, B, 2, {size}, {size}]"
    scale = (
        f"the events of each of {steps} equal parts of a recording's time, counted at each pixel, "
        "OFF and ON, over the root mean square of all the recording's counts"
    )
    return code, shape, scale


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.weights", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN_FOLDER", help="--out of the recorded run")
    parser.add_argument("--url", help="where the file will lie, if it is above 5 MB")
    given = parser.parse_args(arguments)
    try:
        path = pack(given.run, url=given.url)
    except (ValueError, FileNotFoundError) as error:
        print(f"python -m tools.weights: {error}", file=sys.stderr)
        return 2
    print(f"{path.name}: {path.stat().st_size:,} bytes, with its card and its line of the index.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
