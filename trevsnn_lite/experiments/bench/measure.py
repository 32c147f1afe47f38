"""The sections of the benchmark, each a list of rows of plain numbers: training,
SpikingJelly's methods, networks of equal parameters, inference, exactness, GPU."""

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.meters.inference import parameters
from trevsnn_lite.meters.time import side_by_side

from . import networks
from .rows import Progress, gradients, on_cuda, rows_of, worst_error

SECTIONS = (
    "exactness",
    "spikingjelly",
    "equal_parameters",
    "inference",
    "mixed",
    "training",
    "compiled",
)
"""In order: the longest last, but for the compiler, whose time no one knows before."""


def training(settings: dict, seed: int, device: str, progress: Progress) -> list[dict]:
    """Rows of our methods for each T, network and size; the least work first, so that a time limit
    leaves the most of it."""
    points = [
        (name, size, t)
        for name in settings["networks"]
        for size, given in settings["sizes"].items()
        for t in given["T"]
    ]
    points.sort(key=lambda point: _work(settings["sizes"][point[1]], point[2]))
    rows = []
    for name, size, t in points:
        shape = settings["sizes"][size]
        widths, pixels, images = shape["widths"], shape["image_size"], shape["images"]
        given = networks.config(name, widths, pixels, t)
        about = {
            "network": name,
            "size": size,
            "widths": list(widths),
            "image_size": pixels,
            "T": t,
        }
        many = t <= settings["all_rounds_up_to"]
        rounds = settings["rounds"] if many else settings["rounds_beyond"]
        made = networks.own_steps(given, images, seed, device)
        found = rows_of(made, about, images, rounds, device, progress.late)
        rows += [{**row, "seconds_over_store": row["seconds_over_first"]} for row in found]
        progress.say(
            f"{name} {size}, T = {t}: "
            + ", ".join(f"{row['method']} {_told(row)}" for row in found)
        )
    return rows


def _work(shape: dict, t: int) -> float:
    return t * shape["images"] * shape["image_size"] ** 2 * sum(shape["widths"])


def _told(row: dict) -> str:
    return "failed" if row["seconds"] is None else f"{row['seconds']:.3f} s"


def slopes(rows: list[dict]) -> list[dict]:
    """Bytes an image that one more step keeps: the slope in T between the first and the last T at
    which each method was weighed."""
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        if row["peak_bytes_per_image"] is not None:
            groups.setdefault((row["network"], row["size"], row["method"]), []).append(row)
    return [
        {
            "network": key[0],
            "size": key[1],
            "method": key[2],
            "bytes_per_image_and_step": (
                last["peak_bytes_per_image"] - first["peak_bytes_per_image"]
            )
            / (last["T"] - first["T"]),
        }
        for key, group in groups.items()
        for first, last in [(group[0], group[-1])]
        if last["T"] > first["T"]
    ]


def spikingjelly(settings: dict, seed: int, device: str, progress: Progress) -> list[dict]:
    """SpikingJelly's LIF with BPTT, its memory optimiser, OTTT and SLTT on our convolutions in a
    row, beside our `store` and `taped`."""
    rows, peer = [], settings["peer"]
    for t in peer["T"]:
        given, images = _peer(settings, "released", t), peer["images"]
        own = networks.own_steps(given, images, seed, device)
        made = networks.spikingjelly_steps(given, images, seed, device) | {
            f"ours, {name}": own[name] for name in ("store", "taped")
        }
        rows += rows_of(
            made,
            {"network": "same shape", "size": "peer", "T": t},
            images,
            settings["peer_rounds"],
            device,
            progress.late,
        )
        progress.say(f"SpikingJelly's methods, T = {t}")
    return rows


def _peer(settings: dict, name: str, t: int):
    """The network of this name and T at the size of the comparisons."""
    return networks.config(name, settings["peer"]["widths"], settings["peer"]["image_size"], t)


def equal_parameters(settings: dict, seed: int, device: str, progress: Progress) -> list[dict]:
    """Networks of SpikingJelly's zoo beside the released and the paper's network, their widths
    scaled to the same number of parameters, within about 2 %."""
    rows, images, t = [], settings["peer"]["images"], 4
    for zoo in settings["zoo"]:
        made = networks.zoo_step(zoo, _peer(settings, "released", t), images, seed, device)
        count = sum(parameter.numel() for parameter in made[zoo]()[0].parameters())
        for name in settings["networks"]:
            own = networks.own_steps(
                networks.at_budget(_peer(settings, name, t), t, count, settings["multiple"]),
                images,
                seed,
                device,
            )
            made |= {f"{name}, {method}": own[method] for method in ("store", "taped")}
        rows += rows_of(
            made,
            {"network": zoo, "size": "equal parameters", "T": t},
            images,
            settings["peer_rounds"],
            device,
            progress.late,
        )
        progress.say(f"networks of {count:,} parameters, as {zoo}")
    return rows


def inference(settings: dict, seed: int, device: str, progress: Progress) -> list[dict]:
    """Folded, turned off: T = 4 beside its T = 1 counterpart of the same total parameters; merged:
    each depthwise-pointwise pair is one dense convolution."""
    rows, count = [], settings["peer"]["images"]
    for name in settings["networks"]:
        four = _peer(settings, name, 4)
        pair = {
            4: four,
            1: networks.at_budget(
                _peer(settings, name, 1), 1, parameters(four), settings["multiple"]
            ),
        }
        images, _ = networks.batch(four, count, seed, device)
        images = images.contiguous(memory_format=torch.channels_last)
        clock = time.perf_counter if images.is_cuda else time.process_time
        for merged in (False, True):
            nets = {
                t: fold(networks.network(given, "store", seed), merged).to(device)
                for t, given in pair.items()
            }
            with torch.inference_mode():
                times = side_by_side(
                    {str(t): lambda net=net, images=images: net(images) for t, net in nets.items()},
                    settings["inference_rounds"],
                    2,
                    clock,
                )
            for t, given in pair.items():
                seconds, spread, _ = times[str(t)]
                rows.append(
                    {
                        "network": name,
                        "merged": merged,
                        "T": t,
                        "widths": list(given.widths),
                        "parameters": sum(p.numel() for p in nets[t].parameters()),
                        "trained_parameters": parameters(given),
                        "seconds": seconds,
                        "spread": spread,
                        "images_per_second": count / seconds,
                        "seconds_over_T1": times[str(t)].over(times["1"]),
                    }
                )
            progress.say(
                f"inference of {name}{', pairs merged' * merged}: T = 4 costs "
                f"{times['4'].over(times['1']):.2f} x its T = 1 counterpart"
            )
    return rows


def exactness(settings: dict, seed: int, device: str, progress: Progress) -> list[dict]:
    """The worst relative error of a parameter's gradient against `store`, of each method, in
    float32 on this device; `store` again is the device's own noise."""
    rows, shape = [], settings["exact"]
    for name in settings["networks"]:
        for t in shape["T"]:
            made = networks.own_steps(
                networks.config(name, shape["widths"], shape["image_size"], t),
                shape["images"],
                seed,
                device,
            )
            with _reproducible():
                expected = gradients(*made["store"]())
                for method, make in made.items():
                    net, step = make()
                    step()
                    rows.append(
                        {
                            "network": name,
                            "size": "exact",
                            "T": t,
                            "method": method,
                            "gradient_error": worst_error(net, expected),
                        }
                    )
            taped = next(row for row in rows[::-1] if row["method"] == "taped")
            progress.say(
                f"exactness of {name}, T = {t}: taped within {taped['gradient_error']:.1e}"
            )
    return rows


@contextmanager
def _reproducible() -> Iterator[None]:
    """torch's deterministic algorithms where it has them; no warning where it has none, nor where
    undoing is known to lose precision."""
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before[0], warn_only=before[1])


def mixed(settings: dict, seed: int, device: str, progress: Progress) -> list[dict]:
    """On CUDA: `store` and `taped` in float32 and in mixed precision, with the errors of their
    gradients. An empty list on the CPU."""
    return _on_cuda(networks.mixed_steps, settings, seed, device, progress)


def compiled(settings: dict, seed: int, device: str, progress: Progress) -> list[dict]:
    """On CUDA: `store` compiled by torch, with the error of its gradients; `first_seconds` holds
    the compilation. An empty list on the CPU."""
    return _on_cuda(networks.compiled_steps, settings, seed, device, progress)


def _on_cuda(steps_of, settings: dict, seed: int, device: str, progress: Progress) -> list[dict]:
    if not on_cuda(device):
        return []
    given, images = _peer(settings, "released", 4), settings["peer"]["images"]
    made = steps_of(given, images, seed, device)
    expected = gradients(*networks.own_steps(given, images, seed, device)["store"]())
    rows = rows_of(
        made,
        {"network": "released", "size": "peer", "T": 4},
        images,
        settings["rounds"],
        device,
        progress.late,
        expected,
    )
    progress.say(", ".join(f"{row['method']} {_told(row)}" for row in rows))
    return rows
