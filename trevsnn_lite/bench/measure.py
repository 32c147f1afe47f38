"""The sections of the benchmark, each a list of rows of plain numbers: training, limits, SpikingJelly's methods, networks of equal parameters, inference, GPU."""

import time
import warnings
from collections.abc import Callable, Mapping

import torch
from torch import nn

from trevsnn_lite.fold import fold
from trevsnn_lite.meters.inference import at_budget, parameters
from trevsnn_lite.meters.memory import step_memory
from trevsnn_lite.meters.time import side_by_side
from trevsnn_lite.released import ReleasedTRevSNN
from trevsnn_lite.reversible import ReconstructionWarning

from . import networks
from .floors import convolution_floor, memory_floor

Steps = Mapping[str, tuple[nn.Module, Callable[[], None]]]


def rows_of(steps: Steps, about: dict, images: int, rounds: int, device: str) -> list[dict]:
    """A row a method: seconds of the processor (of the clock on a GPU), images a second, peak activation bytes an image beside parameters and gradients."""
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReconstructionWarning)  # its time and memory are shown, its gradients are chapter 7's
        clock = time.perf_counter if torch.device(device).type == "cuda" else time.process_time
        times = side_by_side({name: step for name, (_, step) in steps.items()}, rounds, 1, clock)
        for name, (net, step) in steps.items():
            net.zero_grad(set_to_none=True)
            peak = step_memory(step, device).peak
            seconds, spread = times[name]
            count = sum(parameter.numel() for parameter in net.parameters())
            rows.append({**about, "method": name, "parameters": count, "seconds": seconds, "spread": spread, "images_per_second": images / seconds, "peak_bytes_per_image": peak / images})
    return rows


def training(settings: dict, seed: int, device: str, say: Callable[[str], None]) -> tuple[list[dict], list[dict]]:
    """(rows of our methods, limits) for each network, size and T."""
    rows, limits = [], []
    for name in settings["networks"]:
        for size, (widths, image_size, steps) in settings["sizes"].items():
            for t in steps:
                given = networks.config(name, widths, image_size, t)
                about = {"network": name, "size": size, "widths": list(widths), "image_size": image_size, "T": t}
                rounds = settings["rounds"] if t <= settings["all_rounds_up_to"] else 3
                made = networks.own_steps(given, settings["images"], seed, device)
                found = rows_of(made, about, settings["images"], rounds, device)
                limit = limits_of(*made["store"], given, settings, rounds, seed, device)
                limits.append({**about, **limit})
                rows += [{**row, "seconds_over_store": row["seconds"] / found[0]["seconds"], "seconds_over_floor": row["seconds"] / limit[_floor(row)]} for row in found]
                say(f"{name} {size}, T = {t}: taped {found[3]['seconds']:.3f} s, {found[3]['seconds'] / found[0]['seconds']:.2f} x store")
    return rows, limits


def _floor(row: dict) -> str:
    return "store_floor" if row["method"] == "store" else "taped_floor"


def limits_of(net: nn.Module, step: Callable[[], None], given, settings: dict, rounds: int, seed: int, device: str) -> dict:
    """Seconds inside convolutions of plain autograd, by torch's kernels and by ours; bytes an image of the largest level and the final states."""
    images, _ = networks.batch(given, settings["images"], seed, device)
    with torch.no_grad():
        inputs = net.stem(images.contiguous(memory_format=torch.channels_last)) if isinstance(net, ReleasedTRevSNN) else images
    plain, own = (convolution_floor(net, step, rounds, plain) for plain in (True, False))
    return {
        "forward": plain.forward, "backward": plain.backward, "store_floor": plain.store, "taped_floor": plain.taped,
        "own_kernels_store": own.store, "own_kernels_taped": own.taped, "floor_bytes_per_image": memory_floor(net, inputs) / settings["images"],
    }  # fmt: skip


def slopes(rows: list[dict]) -> list[dict]:
    """Bytes an image that one more step keeps: the slope in T between the first and the last T of each method."""
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        groups.setdefault((row["network"], row["size"], row["method"]), []).append(row)
    return [
        {"network": key[0], "size": key[1], "method": key[2], "bytes_per_image_and_step": (last["peak_bytes_per_image"] - first["peak_bytes_per_image"]) / (last["T"] - first["T"])}
        for key, group in groups.items()
        for first, last in [(group[0], group[-1])]
        if last["T"] > first["T"]
    ]


def spikingjelly(settings: dict, seed: int, device: str, say: Callable[[str], None]) -> list[dict]:
    """SpikingJelly's LIF with BPTT, its memory optimiser, OTTT and SLTT on our convolutions in a row, beside our `store` and `taped`."""
    rows = []
    for t in settings["peer_T"]:
        given = networks.config("released", *settings["peer_size"], t)
        own = networks.own_steps(given, settings["images"], seed, device)
        made = networks.spikingjelly_steps(given, settings["images"], seed, device) | {f"ours, {name}": own[name] for name in ("store", "taped")}
        rows += rows_of(made, {"network": "same shape", "size": "peer", "T": t}, settings["images"], settings["peer_rounds"], device)
        say(f"SpikingJelly's methods, T = {t}")
    return rows


def equal_parameters(settings: dict, seed: int, device: str, say: Callable[[str], None]) -> list[dict]:
    """Networks of SpikingJelly's zoo beside the released and the paper's network, their widths scaled to the same number of parameters (within 2 %)."""
    from trevsnn_lite.peers import peer

    rows, (widths, image_size), t = [], settings["peer_size"], 4
    for zoo in settings["zoo"]:
        net = peer(zoo, 10, t, image_size, seed=seed).to(device)
        count = sum(parameter.numel() for parameter in net.parameters())
        configs = {name: at_budget(networks.config(name, widths, image_size, t), t, count) for name in settings["networks"]}
        made = {zoo: (net, networks.training_step(net, *networks.batch(configs["released"], settings["images"], seed, device)))}
        for name, given in configs.items():
            own = networks.own_steps(given, settings["images"], seed, device)
            made |= {f"{name}, {method}": own[method] for method in ("store", "taped")}
        rows += rows_of(made, {"network": zoo, "size": "equal parameters", "T": t}, settings["images"], settings["peer_rounds"], device)
        say(f"networks of {count:,} parameters, as {zoo}")
    return rows


def inference(settings: dict, seed: int, device: str, say: Callable[[str], None]) -> list[dict]:
    """Folded, turned off: T = 4 beside its T = 1 counterpart of the same total parameters; merged: each depthwise-pointwise pair is one dense convolution."""
    rows = []
    for name in settings["networks"]:
        four = networks.config(name, *settings["peer_size"], 4)
        pair = {4: four, 1: at_budget(networks.config(name, *settings["peer_size"], 1), 1, parameters(four))}
        images, _ = networks.batch(four, settings["images"], seed, device)
        images = images.contiguous(memory_format=torch.channels_last)
        clock = time.perf_counter if images.is_cuda else time.process_time
        for merged in (False, True):
            nets = {t: fold(networks.network(given, "store", seed), merged).to(device) for t, given in pair.items()}
            with torch.inference_mode():
                times = side_by_side({str(t): lambda net=net: net(images) for t, net in nets.items()}, settings["inference_rounds"], 2, clock)
            for t, given in pair.items():
                seconds, spread = times[str(t)]
                rows.append({
                    "network": name, "merged": merged, "T": t, "widths": list(given.widths), "parameters": sum(p.numel() for p in nets[t].parameters()),
                    "trained_parameters": parameters(given), "seconds": seconds, "spread": spread, "images_per_second": settings["images"] / seconds,
                    "seconds_over_T1": seconds / times["1"].median,
                })  # fmt: skip
            say(f"inference of {name}{', pairs merged' * merged}: T = 4 costs {times['4'].median / times['1'].median:.2f} x its T = 1 counterpart")
    return rows


def on_gpu(settings: dict, seed: int, device: str, say: Callable[[str], None]) -> list[dict]:
    """On CUDA: `store` and `taped` in mixed precision, and `store` compiled by torch. An empty list on the CPU."""
    if torch.device(device).type != "cuda":
        return []
    given = networks.config("released", *settings["peer_size"], 4)
    images, labels = networks.batch(given, settings["images"], seed, device)
    made = {}
    for memory in ("store", "taped"):
        net = networks.network(given, memory, seed, device)

        def mixed(shown: torch.Tensor, net: nn.Module = net) -> torch.Tensor:
            with torch.autocast("cuda", torch.bfloat16):
                return net(shown).float()

        made[f"{memory}, bfloat16"] = net, networks.training_step(net, images, labels, mixed)
    net = networks.network(given, "store", seed, device)
    made["store, torch.compile"] = net, networks.training_step(net, images, labels, torch.compile(net))
    rows = rows_of(made, {"network": "released", "size": "peer", "T": 4}, settings["images"], settings["rounds"], device)
    say("mixed precision and torch.compile")
    return rows
