"""Records data/runs/sub-network-controls.json for chapter 11: does a mean over T read-outs gain by
temporal links, by votes, or by parameters?

    OMP_NUM_THREADS=1 python tools/make_sub_network_controls.py

Five networks, five seeds, the 3,000 images and the recipe of the chapter's own small network. About
15 s a run on one core; a run that is in
the file already is not repeated."""

import json
import os
import platform
import tempfile
from pathlib import Path

import numpy as np
import torch

from trevsnn_lite import TRevSNN, preset
from trevsnn_lite.data import load_images
from trevsnn_lite.training import TrainConfig, load_network, train

FILE = Path(__file__).parents[1] / "data/runs/sub-network-controls.json"
SEEDS = range(5)
SMALL = dict(
    widths=(16, 32, 64),
    blocks_per_level=1,
    expansion=2,
    kernel_size=5,
    stem_stride=4,
    time_steps=4,
    decay=0.5,
)
RECIPE = dict(
    epochs=4,
    batch_size=50,
    lr=8e-3,
    warmup_epochs=0.3,
    ema_decay=0.97,
    loss="tet",
    flip=False,
    shift=0,
    evaluate_every=4,
    memory="store",
)
NETWORKS = {
    "all levels": dict(feedback="all-levels"),
    "next level": dict(feedback="next-level"),
    "own level": dict(feedback="none"),
    "no time": dict(
        feedback="none", decay=1 / 64
    ),  # the smallest decay there is, and it is not learnt
    "one, wider": dict(
        time_steps=1, widths=(32, 64, 128)
    ),  # one sub-network of about as many parameters
}


def read_out_accuracies(net: TRevSNN, test) -> dict[str, list[float]]:
    """Test accuracy of each read-out alone, and of the mean of the first k, k = 1..T."""
    images, labels = test.tensors()
    with torch.no_grad():
        logits = net(images)
    share = lambda scores: (scores.argmax(1) == labels).float().mean().item()  # noqa: E731
    steps = range(1, len(logits) + 1)
    return {
        "alone": [share(step) for step in logits],
        "mean_of_first": [share(logits[:k].mean(0)) for k in steps],
    }


def one_run(name: str, seed: int, training, test) -> dict:
    config = preset("fashion-mini", **{**SMALL, **NETWORKS[name]})
    net = TRevSNN(config, memory="store", seed=seed)
    if name == "no time":
        net.decay.requires_grad_(False)
    with tempfile.TemporaryDirectory() as folder:
        result = train(
            net, (training, test), TrainConfig(**RECIPE, seed=seed), folder, progress=False
        )
        averaged = load_network(result.checkpoint, memory="store")
    return {
        "network": name,
        "seed": seed,
        "parameters": sum(p.numel() for p in net.parameters()),
        "test_accuracy": result.test_accuracy,
        "train_accuracy": result.history[-1]["train_accuracy"],
        "decays": averaged.decays().tolist(),
        **read_out_accuracies(averaged, test),
    }


def main() -> None:
    everything, test = (load_images("fashion-mnist-10k", split) for split in ("train", "test"))
    training = everything.take(
        np.concatenate([np.flatnonzero(everything.labels == label)[:300] for label in range(10)])
    )
    about = {
        "command": "OMP_NUM_THREADS=1 python tools/make_sub_network_controls.py",
        "images": len(training),
        "test_images": len(test),
        "recipe": RECIPE,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "machine": "2-core x86-64 CPU, 1 thread",
    }
    runs = json.loads(FILE.read_text("utf8"))["runs"] if FILE.exists() else []
    for seed in SEEDS:
        for name in NETWORKS:
            if any((run["network"], run["seed"]) == (name, seed) for run in runs):
                continue
            runs.append(one_run(name, seed, training, test))
            print(f"{name}, seed {seed}: {100 * runs[-1]['test_accuracy']:.2f}%", flush=True)
            part = FILE.with_suffix(".part")
            lines = ",\n    ".join(json.dumps(run) for run in runs)
            part.write_text(
                json.dumps({"about": about}, indent=2)[:-2]
                + f',\n  "runs": [\n    {lines}\n  ]\n}}\n',
                "utf8",
            )
            os.replace(part, FILE)


if __name__ == "__main__":
    main()
