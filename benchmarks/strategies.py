"""The memory strategies side by side: gradient error, activation memory, step time. `python
benchmarks/strategies.py [--quick] [--out FILE.json]`.

The network has four levels of 32/64/128/192 channels, two blocks each, on 16 images of 64x64, decay
0.5, ReZero opened (alpha = 0.5). Errors are the
worst over all parameters of |difference| / |largest gradient of that parameter|, against `store`,
on 4 images."""

import argparse
import json
import platform
import warnings
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from trevsnn_lite import TRevSNN, preset
from trevsnn_lite.meters.memory import step_memory
from trevsnn_lite.meters.time import side_by_side
from trevsnn_lite.reversible import MEMORY_STRATEGIES, ReconstructionWarning

WIDTHS = (32, 64, 128, 192)


def network(
    memory: str, seed: int = 0, dtype: torch.dtype = torch.float32, widths=WIDTHS, **changes
) -> TRevSNN:
    config = preset("paper-384", widths=widths, image_size=64, num_classes=10, **changes)
    net = TRevSNN(config, memory=memory, seed=seed).to(dtype)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith("alpha"):
                parameter.fill_(0.5)
    return net


def make_step(net: TRevSNN, batch: int, seed: int = 0):
    """A function that runs one forward and backward pass and returns the gradients."""
    random = torch.Generator().manual_seed(seed)
    images = torch.randn(batch, 3, 64, 64, generator=random).to(net.decay.dtype)
    target = torch.randint(0, 10, (batch,), generator=random)

    def step() -> dict[str, torch.Tensor]:
        net.zero_grad(set_to_none=True)
        cross_entropy(net(images).mean(0), target).backward()
        return {
            name: parameter.grad
            for name, parameter in net.named_parameters()
            if parameter.grad is not None
        }

    return step


def error(memory: str, **changes) -> float:
    """Worst relative gradient error of a strategy against `store`."""
    seed = changes.get("seed", 0)
    found, expected = (
        make_step(network(name, widths=(16, 32, 48, 64), **changes), 4, seed)()
        for name in (memory, "store")
    )
    return max(
        ((found[n] - e).abs().max() / e.abs().max().clamp(min=1e-30)).item()
        for n, e in expected.items()
    )


def errors(steps, seeds) -> list[dict]:
    rows = []
    cases = [
        (m, r, torch.float32)
        for m, r in (
            ("recompute", "none"),
            ("taped", "none"),
            ("reversible", "none"),
            ("taped", "soft"),
        )
    ]
    cases += [("recompute", "none", torch.float64), ("taped", "none", torch.float64)]
    for memory, reset, dtype in cases:
        for time_steps in steps:
            found = [
                error(memory, time_steps=time_steps, seed=seed, reset=reset, dtype=dtype)
                for seed in seeds
            ]
            rows.append(
                {
                    "memory": memory,
                    "reset": reset,
                    "dtype": str(dtype)[6:],
                    "T": time_steps,
                    "errors": found,
                }
            )
            print(
                f"{memory:10} reset {reset:4} {str(dtype)[6:]:8} T = {time_steps:2}  "
                + "  ".join(f"{e:.1e}" for e in found),
                flush=True,
            )
    return rows


def memories(steps) -> list[dict]:
    rows = []
    for memory in MEMORY_STRATEGIES:
        for time_steps in steps:
            net = network(memory, time_steps=time_steps)
            step = make_step(net, 16)
            step()
            net.zero_grad(set_to_none=True)
            megabytes = step_memory(step).peak / 16 / 2**20
            rows.append({"memory": memory, "T": time_steps, "MB_per_image": megabytes})
            print(f"{memory:10} T = {time_steps:2}  {megabytes:6.3f} MB an image", flush=True)
    return rows


def times(steps, rounds: int) -> list[dict]:
    rows = []
    for time_steps in steps:
        found = side_by_side(
            {
                m: make_step(network(m, time_steps=time_steps), 16)
                for m in ("store", "recompute", "taped")
            },
            rounds,
        )
        for memory, seconds in found.items():
            ratio = seconds.median / found["store"].median
            rows.append(
                {
                    "memory": memory,
                    "T": time_steps,
                    "seconds": seconds.median,
                    "spread": seconds.spread,
                    "ratio_to_store": ratio,
                }
            )
            print(
                f"{memory:10} T = {time_steps:2}  {seconds.median:.3f} +- "
                f"{seconds.spread:.3f} s  {ratio:.2f} x store",
                flush=True,
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="T up to 8, one seed, three rounds")
    parser.add_argument("--out", type=Path, help="write the results to this JSON file as well")
    given = parser.parse_args()
    warnings.simplefilter("ignore", ReconstructionWarning)
    steps = (2, 4, 8) if given.quick else (2, 4, 8, 16, 32)
    record = {
        "command": "python benchmarks/strategies.py" + (" --quick" if given.quick else ""),
        "machine": f"{torch.get_num_threads()} threads, {platform.machine()} CPU",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "times": times((4, 8), 3 if given.quick else 9),
        "memory": memories(steps[1:]),
        "errors": errors(steps, (0,) if given.quick else (0, 1, 2)),
    }
    if given.out:
        given.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
