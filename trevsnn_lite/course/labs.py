"""Labs that need torch: undo a network (chapter 7), share one budget out over T steps (8), train
with a memory strategy (11).

Each is a function that measures, tested without any widget, and a picture with its sentence;
`open_lab` adds sliders where somebody can move them."""

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from trevsnn_lite import TRevSNN, losses, preset
from trevsnn_lite.course import live
from trevsnn_lite.course.notebook import Picture, show
from trevsnn_lite.course.palette import PALETTE, colour

COLOURS = {name: colour(name) for name in ("store", "recompute", "reversible", "taped")}


def open_lab(
    lab: Callable[..., Picture], *, is_live: bool | None = None, **choices: Sequence
) -> None:
    """Show `lab` at its own defaults, a still picture and its sentence; where there is a kernel
    sliders over `choices` instead (`live.sliders`).

    Raises ValueError for an argument with fewer than two choices."""
    from IPython.display import display

    def shown(**chosen):
        display(lab(**chosen))

    if not live.is_live(is_live):  # the sliders draw their first picture themselves
        shown()
    live.sliders(shown, live=is_live, **choices)


def own_gradients(net: TRevSNN) -> list[torch.Tensor]:
    """The gradient of each sub-network's own weights, a vector a step. What the steps share is left
    out."""
    found = []
    for t, subnet in enumerate(net.subnets):
        others = (p for s, other in enumerate(net.subnets) if s != t for p in other.parameters())
        shared = {id(p) for p in others}
        own = (p for part in (net.encoder[t], subnet) for p in part.parameters())
        found.append(torch.cat([p.grad.flatten().double() for p in own if id(p) not in shared]))
    return found


def gradient_errors(T: int, decay: float, seed: int = 0, images: int = 8) -> dict[str, float]:
    """Error of the gradient of `reversible` and of `taped`, relative to that of `store`, of the
    sub-network where it is largest; a network of three levels on `images` images."""
    from trevsnn_lite.data import load_images

    pictures, labels = load_images("fashion-mnist-10k", "train").take(slice(0, images)).tensors()
    found = {}
    for memory in ("store", "reversible", "taped"):
        net = TRevSNN(
            preset("fashion-mini", time_steps=T, decay=decay, widths=(8, 16, 24)),
            memory=memory,
            seed=seed,
        )
        for name, parameter in net.named_parameters():
            if name.endswith(".alpha"):
                parameter.data.fill_(0.5)  # ReZero starts at 0: open the blocks, as training does
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # `reversible` says that it may fail: the lab shows by how much
            losses.cross_entropy_of_mean(net(pictures), labels).backward()
        found[memory] = own_gradients(net)
    true = found.pop("store")
    return {
        memory: max(
            ((a - b).norm() / b.norm().clamp(min=1e-300)).item() for a, b in zip(gradients, true)
        )
        for memory, gradients in found.items()
    }


def undo_lab(T: int = 8, decay: float = 0.5, seed: int = 0) -> Picture:
    """How wrong the gradient of the worst sub-network is when the network is undone without its
    tape, and with it."""
    import matplotlib.pyplot as plt

    found = gradient_errors(T, decay, seed)
    figure, axis = plt.subplots(figsize=(5.6, 1.9))
    for row, (name, error) in enumerate(found.items()):
        axis.barh(name, error, color=COLOURS[name], left=1e-10)
        axis.text(1e-10 + 1.5 * error, row, f"  {error:.0e}" if error else "  0", va="center")
    setting = f"T = {T}, decay {decay:.2f}, seed {seed}"
    axis.set(
        xscale="log",
        xlim=(1e-10, 1e4),
        xlabel="error of the worst sub-network's gradient, relative",
        title=setting,
    )
    return show(
        figure,
        f"Gradient error of the worst sub-network at {setting}: "
        f"{', '.join(f'{name} {error:.0e}' for name, error in found.items())}.",
    )


def shared_out(T: int, held: str = "budget", images: int = 4) -> dict[str, float]:
    """Counts of one answer at T steps over those at T = 1, with the parameters ("budget") or the
    widths ("width") held fixed.

    Raises ValueError for another `held`."""
    from trevsnn_lite.data import load_images
    from trevsnn_lite.deploy.fold import fold
    from trevsnn_lite.meters.inference import at_fixed_budget, inference_costs
    from trevsnn_lite.shapes import level_shapes

    if held not in ("budget", "width"):
        raise ValueError(f"held is {held!r}, expected 'budget' or 'width'.")
    base = preset("fashion-mini", time_steps=1, widths=(32, 64, 128))
    other = (
        at_fixed_budget(base, [T])[0]
        if held == "budget"
        else preset("fashion-mini", time_steps=T, widths=base.widths)
    )
    pictures, _ = load_images("fashion-mnist-10k", "test").take(slice(0, images)).tensors()
    one, many = inference_costs(
        [fold(TRevSNN(config, seed=0)) for config in (base, other)], pictures, rounds=0
    )
    on = [
        config.time_steps * sum(c * h * w for c, h, w in level_shapes(config))
        for config in (base, other)
    ]  # the same blocks: all neurons go with these
    return {
        "parameters": many.parameters / one.parameters,
        "all products": many.macs / one.macs,
        "products of reals": many.mac / one.mac,
        "neurons": on[1] / on[0],
    }


def budget_lab(T: int = 8, held: str = "budget") -> Picture:
    """What T sub-networks cost at inference, against one."""
    import matplotlib.pyplot as plt

    found = shared_out(T, held)
    figure, axis = plt.subplots(figsize=(5.6, 2.2))
    axis.barh(list(found), list(found.values()), color=PALETTE["blue"])
    for row, value in enumerate(found.values()):
        axis.text(value, row, f" {value:.2f}", va="center")
    axis.set(xlabel=f"T = {T} over T = 1, held fixed: {held}", xlim=(0, 1.2 * max(found.values())))
    axis.invert_yaxis()
    return show(
        figure,
        f"T = {T} over T = 1, {held} held fixed: "
        f"{', '.join(f'{name} {value:.2f}' for name, value in found.items())}.",
    )


class Trained(NamedTuple):
    """Loss of each training step, nats, and the activation memory of one step at its peak, kB an
    image."""

    losses: list[float]
    kilobytes: float


def train(
    memory: str = "taped",
    T: int = 4,
    feedback: str = "next-level",
    decay: float = 0.5,
    batches: int = 40,
    batch: int = 50,
    seed: int = 0,
) -> Trained:
    """Train a network of three levels on batches of Fashion-MNIST with one memory strategy; the
    memory is metered on a step of its own, before the first."""
    from trevsnn_lite.data import batches as shuffled
    from trevsnn_lite.data import load_images
    from trevsnn_lite.meters.memory import step_memory

    config = preset(
        "fashion-mini",
        time_steps=T,
        feedback=feedback,
        decay=decay,
        widths=(16, 32, 64),
        blocks_per_level=1,
        expansion=2,
        stem_stride=4,
    )
    net = TRevSNN(config, memory=memory, seed=seed)
    optimiser, curve = torch.optim.AdamW(net.parameters(), lr=1e-2), []
    drawn = shuffled(load_images("fashion-mnist-10k", "train"), batch, seed=seed, epoch=0)

    def loss_of(pictures, labels):
        return losses.cross_entropy_of_mean(net(pictures), labels)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _, (pictures, labels) in zip(range(batches), drawn):
            if not curve:
                used = step_memory(lambda given=(pictures, labels): loss_of(*given).backward()).peak
            optimiser.zero_grad()
            loss = loss_of(pictures, labels)
            loss.backward()
            optimiser.step()
            curve.append(loss.item())
    return Trained(curve, used / batch / 1e3)


def train_lab(
    memory: str = "taped",
    T: int = 4,
    feedback: str = "next-level",
    decay: float = 0.5,
    batches: int = 40,
) -> Picture:
    """The loss over the first batches with one strategy, and the memory of a step beside that of
    plain autograd."""
    import matplotlib.pyplot as plt

    found, plain = train(memory, T, feedback, decay, batches), train("store", T, feedback, decay, 1)
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.8), width_ratios=(3, 2))
    left.plot(range(1, batches + 1), found.losses, color=COLOURS[memory])
    left.axhline(
        torch.tensor(10.0).log().item(), color=PALETTE["grey"], linestyle=":", label="chance, ln 10"
    )
    left.set(
        xlabel="batch of 50 images", ylabel="loss, nats", title=f"{memory}, T = {T}", ylim=(0, 2.8)
    )
    left.legend(loc="lower left")
    bars = {"plain": plain.kilobytes, memory: found.kilobytes}
    right.bar(list(bars), list(bars.values()), color=[COLOURS["store"], COLOURS[memory]])
    for column, value in enumerate(bars.values()):
        right.text(column, value, f"{value:.0f}", ha="center", va="bottom")
    right.set(ylabel="peak, kB an image", ylim=(0, 1.15 * max(bars.values())))
    return show(
        figure,
        f"Trained with {memory}, T = {T}, {feedback}, decay {decay}: the loss goes from "
        f"{found.losses[0]:.1f} to {found.losses[-1]:.1f} in {batches} batches of 50, "
        f"a step takes {found.kilobytes:.0f} kB an image at its peak; with plain autograd "
        f"{plain.kilobytes:.0f} kB.",
    )
