"""An independent, plain version of the released network, functional and on the authors' names, to
make files that `verify-released` must accept."""

import json

import numpy as np
import torch
from torch.nn import functional as F


def quantise(x, training):
    hard = torch.floor(x.clamp(0, 1) + 0.5) if training else x.clamp(0, 1).round()
    soft = x.clamp(0, 1)  # its gradient is 1 on [0, 1], ends included or not: no entry lies there
    return soft + (hard - soft).detach()


def standardised(p, name, x, **how):
    w = p[f"{name}.weight"]
    mean, var = w.mean((1, 2, 3), keepdim=True), w.var((1, 2, 3), unbiased=False, keepdim=True)
    return F.conv2d(
        x,
        p[f"{name}.gain"] * (w - mean) / (var + 1e-6).sqrt() / w[0].numel() ** 0.5,
        p[f"{name}.bias"],
        **how,
    )


def depthwise(p, name, x):
    w = p[f"{name}.weight"]
    return F.conv2d(x, w, p[f"{name}.bias"], padding=w.shape[-1] // 2, groups=len(w))


def normalised(p, name, x, training):
    statistics = (None, None) if training else (p[f"{name}.running_mean"], p[f"{name}.running_var"])
    return F.batch_norm(x, *statistics, p[f"{name}.weight"], p[f"{name}.bias"], training=training)


def forward(p, config, images, training):
    steps = config["num_subnet"]
    x = standardised(
        p,
        "stem.down2.0",
        standardised(p, "stem.down1.0", images, stride=2, padding=3),
        stride=2,
        padding=1,
    )
    old, logits = None, []
    for t in range(steps):
        new = []
        for level in range(4):
            at = f"subnet{t}.level{level}"
            h = x
            if level:
                how = {"stride": 2, "padding": 1} if level < 3 else {}
                h = F.conv2d(
                    quantise(new[-1], training), p[f"{at}.fusion.down.encode_conv.weight"], **how
                )
                h = normalised(p, f"{at}.fusion.down.encode_bn", h, training)
            if old is not None and level < 3:
                up = F.conv2d(
                    quantise(old[level + 1], training), p[f"{at}.fusion.up.encode_conv.weight"]
                )
                up = normalised(p, f"{at}.fusion.up.encode_bn", up, training)
                h = h + (up.repeat_interleave(2, -1).repeat_interleave(2, -2) if level < 2 else up)
            for block, reuse in ((0, ""), (1, "_reuse")):
                name = f"{at}.blocks.{block}"
                branch = standardised(
                    p, f"{name}.pwconv1", depthwise(p, f"{name}.dwconv1", quantise(h, training))
                )
                branch = depthwise(
                    p,
                    f"{name}.dwconv2{reuse}",
                    standardised(p, f"{name}.pwconv2{reuse}", quantise(branch, training)),
                )
                h = h + (p[f"{name}.gamma"] * branch if block == 0 else branch)
            new.append(h if old is None else h + p[f"subnet{t}.alpha{level}"] * old[level])
        old = new
        heads = (
            [4]
            if not config["inter_supv"]
            else [t // max(steps // 4, 1)]
            if (t + 1) % max(steps // 4, 1) == 0
            else []
        )
        if heads and (config["inter_supv"] or t == steps - 1):
            logits.append(head(p, heads[0], config["inter_supv"], old[3], training))
    return logits, old


def head(p, index, several, top, training):
    if several and index < 3:
        return standardised(
            p, f"cls_blocks.{index}.classifier.0", top.mean((-2, -1), keepdim=True)
        ).flatten(1)
    prefix = "cls_blocks.3" if several else "cls_blocks"
    seen = quantise(top, training).mean((-2, -1), keepdim=True)
    return standardised(
        p, f"{prefix}.classifier2", standardised(p, f"{prefix}.classifier1.0", seen)
    ).flatten(1)


def parameters(config, seed):
    """Random weights under the authors' names, scaled so that about half of the neurons fire;
    shared tensors are one object under several names."""
    random, p = torch.Generator().manual_seed(seed), {}
    c, k, classes = config["channels"], config["kernel_size"], config["num_classes"]

    def draw(*shape, scale=1.0, shift=0.0):
        return torch.randn(*shape, generator=random) * scale + shift

    def conv(name, out, into, kernel, gain=True, bias=True):
        p[f"{name}.weight"] = draw(out, into, kernel, kernel, scale=(into * kernel**2) ** -0.5)
        p.update({f"{name}.bias": draw(out, scale=0.3)} if bias else {})
        p.update({f"{name}.gain": draw(out, 1, 1, 1, scale=0.2, shift=1.0)} if gain else {})

    conv("stem.down1.0", c[0], 3, 7)
    conv("stem.down2.0", c[0], c[0], 3)
    for t in range(config["num_subnet"]):
        for level, width in enumerate(c):
            at = f"subnet{t}.level{level}"
            alpha = draw(1, width, 1, 1, scale=0.3, shift=0.5)
            p[f"subnet{t}.alpha{level}"] = torch.where(
                alpha.abs() < 1e-3, 1e-3, alpha
            )  # the released code keeps them at least this large
            for way, source in (("down", level - 1), ("up", level + 1)):
                if (way == "down" and level) or (way == "up" and t and level < 3):
                    conv(
                        f"{at}.fusion.{way}.encode_conv",
                        width,
                        c[source],
                        3 if way == "down" and level < 3 else 1,
                        gain=False,
                        bias=False,
                    )
                    norm = f"{at}.fusion.{way}.encode_bn"
                    p |= {
                        f"{norm}.weight": draw(width, scale=0.1, shift=1.0),
                        f"{norm}.bias": draw(width, scale=0.3),
                        f"{norm}.running_mean": draw(width, scale=0.1),
                    }
                    p |= {
                        f"{norm}.running_var": draw(width).square() + 0.5,
                        f"{norm}.num_batches_tracked": torch.tensor(3),
                    }
            for block, reuse in ((0, ""), (1, "_reuse")):
                name = f"{at}.blocks.{block}"
                conv(f"{name}.dwconv1", width, 1, k, gain=False)
                conv(f"{name}.pwconv1", 4 * width, width, 1)
                if reuse and t:
                    first = f"subnet0.level{level}.blocks.1."
                    p |= {
                        f"subnet{t}." + key.partition(".")[2]: value
                        for key, value in p.items()
                        if key.startswith((first + "pwconv2", first + "dwconv2"))
                    }
                else:
                    conv(f"{name}.pwconv2{reuse}", width, 4 * width, 1)
                    conv(f"{name}.dwconv2{reuse}", width, 1, k, gain=False)
            p[f"{at}.blocks.0.gamma"] = draw(1, width, 1, 1, scale=0.3, shift=1.0)
    heads(conv, c[3], classes, config["inter_supv"])
    return p


def heads(conv, width, classes, several):
    for index in range(3 if several else 0):
        conv(f"cls_blocks.{index}.classifier.0", classes, width, 1)
    prefix = "cls_blocks.3" if several else "cls_blocks"
    conv(f"{prefix}.classifier1.0", classes, width, 1)
    conv(f"{prefix}.classifier2", classes, classes, 1)


def write_file(path, config, *, batch=3, size=32, seed=0):
    """Write an .npz file of the shared fixture's form; returns its arrays."""
    random = torch.Generator().manual_seed(seed + 1)
    images, target = (
        torch.randn(batch, 3, size, size, generator=random),
        torch.randint(0, config["num_classes"], (batch,), generator=random),
    )
    p = parameters(config, seed)
    with torch.no_grad():
        logits_eval, states_eval = forward(p, config, images, training=False)
    trained = {
        key: value.requires_grad_()
        for key, value in p.items()
        if value.is_floating_point() and "running" not in key
    }
    logits, states = forward(p, config, images, training=True)
    losses = [F.cross_entropy(x, target) for x in logits]
    loss = sum((i + 1) / len(losses) * x for i, x in enumerate(losses)) + losses[-1]
    loss.backward()
    arrays = {"config": json.dumps(config), "input": images, "target": target, "loss": loss} | {
        f"param.{key}": value for key, value in p.items()
    }
    for name, tensors in {
        "logits_train": logits,
        "logits_eval": logits_eval,
        "state_train": states,
        "state_eval": states_eval,
    }.items():
        arrays |= {f"{name}.{i}": tensor for i, tensor in enumerate(tensors)}
    listed = {}
    for key, value in trained.items():
        if value.grad is not None and not any(value is other for other in listed.values()):
            listed[key] = value
    arrays |= {f"grad.{key}": value.grad for key, value in listed.items()}
    arrays = {
        key: value if isinstance(value, str) else value.detach().numpy()
        for key, value in arrays.items()
    }
    np.savez(path, **arrays)
    return arrays
