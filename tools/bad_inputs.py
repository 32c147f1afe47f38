"""A thousand bad inputs, made by rules and a seed: configurations, arguments, files and arrays.

    python -m tools.bad_inputs [--seed N] [--kind KIND]     tries them, prints the counts by kind

Each must be refused by one sentence that names what was given wrongly, shows what came and says
what is expected; none may leave a file behind or change one. Rules follow the dataclasses' fields
and the command line's own parser, so that a new field or option has its cases at once."""

import argparse
import contextlib
import io
import json
import math
import os
import random
import re
import struct
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch

from trevsnn_lite import PRESETS, build, losses, preset
from trevsnn_lite.__main__ import _parser, main
from trevsnn_lite.data import ImageSet, batches
from trevsnn_lite.training import TrainConfig, load_checkpoint, save_checkpoint, train

REFUSALS = (ValueError, TypeError, OSError)
EXPECTATION = re.compile(
    r"expect|download|--set \w+=|choose from|required|needs|allows|--help|must|fetch it again"
)
SMALL = dict(widths=(4, 6), time_steps=2, kernel_size=3, image_size=8, num_classes=3)
TRAIN = ["train", "--epochs=1", "--out=OUT", "--set", "widths=4,6", "time_steps=2", "kernel_size=3"]


@dataclass(frozen=True)
class Case:
    """`attempt(folder)` gives the words of the refusal, "" where there was none; each of `names`
    must be among them. `folder` holds "inputs", and "out", which must stay empty."""

    kind: str
    label: str
    attempt: Callable[[Path], str]
    names: tuple[str, ...]


def cases(seed: int = 0) -> list[Case]:
    """All of them, in an order of their own; the same for the same seed."""
    draw = random.Random(seed)
    made = [case for rule in RULES for case in rule(draw)]
    unique = {(case.kind, case.label): case for case in made}
    return list(unique.values())


def complaint(case: Case, folder: Path) -> str | None:
    """What is wrong with how the library takes this input; None where nothing is."""
    (folder / "out").mkdir(parents=True)
    (folder / "inputs").mkdir()
    here = Path.cwd()
    try:
        os.chdir(folder / "out")  # what falls back on a default name is seen as well
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            words = case.attempt(folder)
    except REFUSALS as error:
        words = str(error)
    except BaseException as error:
        return f"ended in {type(error).__name__}: {error}"
    finally:
        os.chdir(here)
    left = [str(file.relative_to(folder)) for file in (folder / "out").rglob("*")]
    partial_files = [file.name for file in folder.rglob("*.partial")]
    if not words:
        return "was accepted"
    if left or partial_files:
        return f"left {left + partial_files}"
    if words.count("\n"):
        return f"said more than a line: {words!r}"
    plain = words.replace("_", "-")  # --batch-size or batch_size
    missing = [name for name in case.names if name.replace("_", "-") not in plain]
    if missing:
        return f"did not name {missing}: {words!r}"
    if not EXPECTATION.search(words):
        return f"did not say what is expected: {words!r}"
    return None


def shown(value: object) -> str:
    """How a sentence shows a value, or the beginning of it."""
    return repr(value)[:30]


# Configurations: every field of every dataclass that a user fills in.

FREE = {"name", "policy"}  # any text is a name; a policy is timm's to judge


def wrong_values(kind: object, draw: random.Random) -> list:
    """Values that no field of this type may take."""
    negative = [-1, -draw.randint(2, 10**6), -(10**30)]
    no_numbers = [None, [], {}, 1j, b"4", "", "4", str(draw.random()), math.nan]
    infinite = [math.inf, -math.inf]
    if kind is int:
        return [*negative, *no_numbers, *infinite, draw.uniform(1, 99), 2.5, (4,), -0.5]
    if kind is float:
        return [*no_numbers, *infinite, (0.5,), "half", -(10.0**30)]
    if kind is bool:
        return [None, [], {}, "yes", "true", 0.5, 2, -1]
    if kind is str:
        return [None, [], {}, 3, 0.5, b"none", "", "no-such-word", misspelt("no-such-word", draw)]
    return [
        *[
            None,
            4,
            0.5,
            "48",
            "",
            (),
            [],
            {},
            {4: 6},
            (0,),
            (4, -1),
            (4, 2.5),
            (4, None),
            (True, 4),
        ],
        *[(4, "6"), ((4,), (6,)), (math.nan, 4), (-draw.randint(1, 99), 4), (4, 10**30)],
    ]


def misspelt(word: str, draw: random.Random) -> str:
    """The word with two neighbours exchanged, a letter left out or one put in."""
    if len(word) < 2:
        return f"{word}q"
    at = draw.randrange(len(word) - 1)
    return draw.choice(
        [
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + "q" + word[at:],
        ]
    )


def configurations(draw: random.Random) -> Iterator[Case]:
    bases = {type(config): config for config in PRESETS.values()}
    for base in (*bases.values(), TrainConfig()):
        for field in fields(base):
            default = getattr(base, field.name)
            wrong = wrong_values(field.type, draw)
            if field.type is str and field.name not in FREE:
                wrong += [misspelt(default, draw) for _ in range(3)] + [default.upper()]
            if field.type is str and field.name in FREE:
                wrong = []
            for value in wrong:
                label = f"{type(base).__name__}({field.name}={shown(value)})"
                attempt = partial(_changed, base, field.name, value)
                yield Case("configuration", label, attempt, (field.name, shown(value)))


def _changed(base, name: str, value: object, folder: Path) -> str:
    replace(base, **{name: value})
    return ""


# Arguments: every option of every command, by the parser's own list.


def arguments(draw: random.Random) -> Iterator[Case]:
    parser = _parser()
    commands = next(
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    ).choices
    for name in [*(misspelt(command, draw) for command in commands for _ in range(3)), ""]:
        yield command_line([name], name or "''")
    for command, its_parser in commands.items():
        needed = [
            "x" for action in its_parser._actions if not action.option_strings and action.required
        ]
        if command == "run":
            needed = ["multi-level", "--scale=smoke"]
        for action in its_parser._actions:
            for option in action.option_strings[:1]:
                yield from _option_cases(command, needed, option, action, draw)
    yield from _set_cases(draw)
    yield from _environments(draw)


def _option_cases(command, needed, option, action, draw) -> Iterator[Case]:
    if option == "-h":
        return
    for wrong in {misspelt(option[2:], draw) for _ in range(2)}:
        if not option[2:].startswith(wrong):  # argparse takes a beginning for the whole
            yield command_line([command, *needed, f"--{wrong}={draw.randint(0, 9)}"], f"--{wrong}")
    if action.nargs == 0:
        yield command_line([command, *needed, f"{option}=yes"], option, "yes")
        return
    yield command_line([command, *needed, option], option)
    for text in _wrong_texts(command, option, action, draw):
        came = () if "\0" in text or text == "imagefolder" else (text[:40],)
        yield command_line([command, *needed, f"{option}={text}"], option.lstrip("-"), *came)


def _wrong_texts(command, option, action, draw) -> list[str]:
    texts = [""] if option != "--note" else []
    if action.choices:
        texts += [misspelt(str(choice), draw) for choice in action.choices] + ["0", "None"]
    elif action.metavar == "N":
        texts += [
            "-1",
            str(-draw.randint(2, 10**9)),
            "1.5",
            "two",
            "nan",
            "1e3",
            "0x10",
            "1,2",
            "9" * 5000,
        ]
        texts += [] if "seed" in option or "processes" in option else ["0"]
        texts += [str(2**64), str(2**32)] if "seed" in option else []
    elif action.metavar == "RATE":
        texts += [
            "-1",
            "0",
            "nan",
            "inf",
            "-inf",
            "fast",
            "1,5",
            "0,001",
            "1e-3e",
            str(-draw.random()),
        ]
    elif option == "--device":
        texts += ["cuda:99", "meta", "tpu", "cpu:x", "gpu", "CUDA", "-1", "cuda:-1", "0"]
    elif option == "--preset":
        texts += [misspelt(preset, draw) for preset in PRESETS for _ in range(2)] + ["None"]
    elif option == "--data" and command == "train":  # evaluate reads its checkpoint first
        texts += [
            "nowhere",
            "fashion-mnist=nowhere",
            "=",
            "=x",
            "x=",
            "imagefolder",
            "\0",
            "a" * 5000,
        ]
        texts += [misspelt("fashion-mnist-10k", draw) for _ in range(3)]
    elif option == "--out" and command == "train":
        texts += ["/dev/null", "/dev/null/run", "/proc/none", "a\0b", "n" * 300]
    return texts


def _set_cases(draw: random.Random) -> Iterator[Case]:
    base = PRESETS["fashion-mini"]
    known = {field.name: field for config in (base, TrainConfig()) for field in fields(config)}
    for name in known:
        wrong = misspelt(name, draw)
        if wrong not in known:
            yield command_line([*TRAIN, f"{wrong}=1"], wrong)
        yield command_line([*TRAIN, name], name)
        if name in FREE:
            continue
        kind = known[name].type
        texts = {
            int: [
                "",
                "-1",
                "1.5",
                "x",
                "nan",
                "None",
                "[]",
                "(1,)",
                "1e3",
                str(-draw.randint(2, 99)),
            ],
            float: ["", "x", "nan", "inf", "None", "[]", "True", "'1'", "--1", "-1e30"],
            bool: ["", "1", "yes", "None", "0.5", "2"],
            str: ["", "3", "None", misspelt(str(known[name].default), draw), "[]", "no-such-word"],
        }.get(kind, ["", "x", "0", "-4,6", "4,x", "4;6", "4 6", "None", "()", "1.5", "4,,6", "("])
        for text in texts:
            yield command_line([*TRAIN, f"{name}={text}"], name)
    for size in (10**6, 10**9, 10**30):
        yield command_line([*TRAIN, f"widths={size}"], "widths", str(size))
        yield command_line([*TRAIN, f"time_steps={size}"], "time_steps", str(size))
        yield command_line([*TRAIN, f"image_size={size}"], "image_size", str(size))
        yield command_line([*TRAIN, f"shift={size}"], "shift", str(size))
        yield command_line([*TRAIN, f"workers={size}"], "workers", str(size))
    for text in ("num_classes=7", "in_channels=3", "image_size=27"):
        yield command_line([*TRAIN, text], *text.split("=")[:1])


def _environments(draw: random.Random) -> Iterator[Case]:
    wrong = ["", " ", "two", "-1", "1.5", "9" * 99, str(-draw.randint(2, 99)), "0x1", "nan"]
    for name in ("WORLD_SIZE", "RANK"):
        for value in wrong:
            yield command_line(["train", "--out=OUT"], name, value[:20], set_to={name: value})
    yield command_line(["train", "--out=OUT"], "RANK", "7", set_to={"RANK": "7"})
    yield command_line(["train", "--out=OUT"], "WORLD_SIZE", "0", set_to={"WORLD_SIZE": "0"})
    for missing in ("MASTER_ADDR", "MASTER_PORT"):
        there = {"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
        yield command_line(TRAIN, missing, set_to={**there, missing: ""})
    for value in ("", "x", "-1"):
        given = ["train", "--device=cuda", "--out=OUT"]
        yield command_line(given, "LOCAL_RANK", set_to={"LOCAL_RANK": value})
    for value in ("fp8", "bf16", "x"):
        named = {"ACCELERATE_MIXED_PRECISION": value}
        yield command_line(TRAIN, "precision", value, set_to=named)


def command_line(given: list[str], *names: str, set_to: dict[str, str] | None = None) -> Case:
    """The command with these arguments, OUT being the folder that must stay empty."""
    where = " ".join(f"{name}={value[:40]!r}" for name, value in (set_to or {}).items())
    label = f"{where} {' '.join(word[:60] for word in given if word not in TRAIN[1:])}".strip()
    kind = "environment" if set_to else "argument"
    return Case(kind, label, partial(_printed, given, set_to or {}), names)


def _printed(given: list[str], set_to: dict[str, str], folder: Path) -> str:
    """What the command prints on stderr where it ends with 1 or 2."""
    given = [word.replace("OUT", str(folder / "out" / "run")) for word in given]
    given = [word.replace("INPUTS", str(folder / "inputs")) for word in given]
    before = dict(os.environ)
    os.environ.update(set_to)
    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
            code = main(given)
    except SystemExit as ended:
        code = ended.code
    finally:
        os.environ.clear()
        os.environ.update(before)
    if code not in (1, 2):
        return ""
    return errors.getvalue().removesuffix("\n")


# Files: each good one, damaged by rules.


@cache
def good_files() -> dict[str, bytes]:
    """The bytes of one good file of each kind, and the folder of MNIST's four."""
    draw, made = np.random.default_rng(0), {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        train(_small(), _images(), TrainConfig(epochs=1, batch_size=12), out, progress=False)
        made["final.safetensors"] = (out / "final.safetensors").read_bytes()
        made["last.safetensors"] = (out / "last.safetensors").read_bytes()
    made["released.npz"] = _released()
    record = Path(__file__).parents[1] / "data" / "runs"
    made["record.json"] = min(
        record.glob("*.json"), key=lambda file: file.stat().st_size
    ).read_bytes()
    for part, count in (("train", 60), ("t10k", 20)):
        pixels = draw.integers(0, 256, (count, 28, 28), np.uint8).tobytes()
        made[f"{part}-images-idx3-ubyte"] = struct.pack(">4i", 2051, count, 28, 28) + pixels
        labels = (np.arange(count) % 10).astype(np.uint8).tobytes()
        made[f"{part}-labels-idx1-ubyte"] = struct.pack(">2i", 2049, count) + labels
    return made


def _released() -> bytes:
    """No network's numbers: what is refused is refused before they are compared."""
    buffer = io.BytesIO()
    np.savez(buffer, config=json.dumps({"channels": [4, 6]}), input=np.zeros(3))
    return buffer.getvalue()


HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"
READERS: dict[str, tuple[str, ...]] = {
    "final.safetensors": ("evaluate", "export"),
    "last.safetensors": ("evaluate", "export", "resume"),
    "released.npz": ("verify-released",),
    "record.json": ("load_result",),
    **dict.fromkeys(("train-images-idx3-ubyte", "train-labels-idx1-ubyte"), ("train",)),
    **dict.fromkeys(("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"), ("train",)),
}


def files(draw: random.Random) -> Iterator[Case]:
    for name, readers in READERS.items():
        for reader in readers:
            for damage in ("empty", "html", "folder", "missing", "zeros", "other", "pickle"):
                if (reader, damage) == ("resume", "missing"):
                    continue  # nothing to resume: the run begins
                yield _file_case(name, reader, damage, 0.0)
            for share in [draw.random() for _ in range(6)] + [0.999]:
                yield _file_case(name, reader, "cut", share)
            for share in (0.0001, 0.5, draw.random()):
                yield _file_case(name, reader, "longer", share)
    for reader in ("evaluate", "export"):
        for damage in STATES:
            attempt = partial(_altered_state, reader, damage)
            yield Case(
                "file", f"{reader}: a checkpoint {damage}", attempt, ("altered.safetensors",)
            )


def _file_case(name: str, reader: str, damage: str, share: float) -> Case:
    label = f"{reader}: {name} {damage} {share:.4f}"
    return Case("file", label, partial(_damaged, name, reader, damage, share), (name,))


def _damaged(name: str, reader: str, damage: str, share: float, folder: Path) -> str:
    inputs = folder / "inputs"
    for other, content in good_files().items():
        (inputs / other).write_bytes(content)
    path, whole = inputs / name, good_files()[name]
    changed = {
        "empty": b"",
        "html": HTML,
        "zeros": bytes(len(whole)),
        "other": good_files()["record.json" if name != "record.json" else "released.npz"],
        "pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x07unsafe.\x94.",
        "cut": whole[: int(share * len(whole))],
        "longer": whole + b"\1" * max(1, int(share * len(whole))),
    }.get(damage)
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif changed is not None:
        path.write_bytes(changed)
    return _read(reader, path, folder)


def _read(reader: str, path: Path, folder: Path) -> str:
    """What the reader says of the file."""
    before = {file: file.read_bytes() for file in path.parent.iterdir() if file.is_file()}
    if reader == "load_result":
        from trevsnn_lite.experiments import load_result  # last: it imports all that is compared

        load_result(path)
        return ""
    if reader == "resume":
        train(_small(), _images(), TrainConfig(epochs=1, batch_size=12), path.parent, True, False)
        return ""
    given = {
        "evaluate": ["evaluate", str(path), "--data", "fashion-mnist-10k"],
        "export": ["export", str(path), str(folder / "out" / "net.onnx")],
        "verify-released": ["verify-released", str(path)],
        "train": [*TRAIN[:3], "--data", f"fashion-mnist={path.parent}"],
    }[reader]
    words = _printed(given, {}, folder)
    assert before == {file: file.read_bytes() for file in before}, "an input was changed"
    return words


STATES: dict[str, Callable[[dict], object]] = {
    "without about": lambda state: state.pop("about"),
    "without a model": lambda state: (state.pop("model"), state.pop("ema")),
    "without its network": lambda state: state["about"].pop("network"),
    "of a list": lambda state: state.update(about=[1, 2]),
    "of a text": lambda state: state.update(about="text"),
    "with an unknown field": lambda state: state["about"]["network"].update(colour=3),
    "with negative steps": lambda state: state["about"]["network"].update(time_steps=-2),
    "with other widths": lambda state: state["about"]["network"].update(widths=[4, 8]),
    "with widths of text": lambda state: state["about"]["network"].update(widths="4,6"),
    "of another class": lambda state: state["about"]["network"].update({"class": "ResNet"}),
    "without a weight": lambda state: state["model"].pop(next(iter(state["model"]))),
    "with a weight too many": lambda state: state["model"].update(extra=torch.zeros(2)),
    "with a weight of text": lambda state: state["model"].update({next(iter(state["model"])): "x"}),
    "with a network of numbers": lambda state: state["about"].update(network=3),
    "with a model of numbers": lambda state: state.update(model=3, ema=None),
}


def _altered_state(reader: str, damage: str, folder: Path) -> str:
    path = folder / "inputs" / "final.safetensors"
    path.write_bytes(good_files()["final.safetensors"])
    state = load_checkpoint(path)
    STATES[damage](state)
    save_checkpoint(path.with_name("altered.safetensors"), state)
    return _read(reader, path.with_name("altered.safetensors"), folder)


# Arrays: what a function of the library is given.


def _small():
    return build(preset("fashion-mini", **SMALL), seed=0)


def _images() -> tuple[ImageSet, ImageSet]:
    draw = np.random.default_rng(0)
    pixels, labels = draw.integers(0, 256, (12, 1, 8, 8), np.uint8), np.arange(12) % 3
    about = dict(class_names=("a", "b", "c"), name="small", mean=(0.3,), std=(0.3,))
    return tuple(
        ImageSet(images=pixels, labels=labels.astype(np.int64), split=split, **about)
        for split in ("train", "test")
    )


def arrays(draw: random.Random) -> Iterator[Case]:
    net = cache(_small)
    for _ in range(40):
        shape = [draw.choice((0, 1, 2, 3, 7, 8, 9)) for _ in range(draw.randint(0, 6))]
        if len(shape) == 4 and shape[1:] == [1, 8, 8] and shape[0]:
            continue
        yield _array("images", list(shape), lambda folder, s=shape: net()(torch.zeros(s)))
    good = (2, 1, 8, 8)
    for kind in (
        torch.uint8,
        torch.int64,
        torch.float64,
        torch.float16,
        torch.bool,
        torch.complex64,
    ):
        yield _array("images", kind, lambda folder, k=kind: net()(torch.zeros(good, dtype=k)))
    for value in (math.nan, math.inf, -math.inf):
        for at in [draw.randrange(128) for _ in range(4)]:
            yield _array(
                "images",
                "1 NaN or infinite",
                lambda folder, v=value, a=at: net()(_spoilt(v, a)),
                f"{value} at {at}",
            )
    for wrong in (None, 3, "x", [[1.0]], np.zeros(good, np.float32), {}):
        yield _array("images", type(wrong).__name__, lambda folder, w=wrong: net()(w))


def losses_and_labels(draw: random.Random) -> Iterator[Case]:
    for name, loss in losses.LOSSES.items():
        for shape in ((2, 3), (0, 2, 3), (2, 0, 3), (2, 2, 0), (2,), (1, 2, 3, 4)):
            target = torch.zeros(2, dtype=torch.int64)
            yield _array(
                "logits",
                list(shape),
                lambda f, s=shape, t=target, of=loss: of(torch.zeros(s), t),
                name,
            )
        for target in ([0], [0, 1, 2], [[0, 1]], [0, 3], [-1, 0], [0, 10**9], [-100, 1]):
            given = torch.tensor(target)
            named = (
                list(given.shape)
                if given.shape != (2,)
                else int(given.max() if given.max() > 2 else given.min())
            )
            yield _array(
                "target",
                named,
                lambda f, t=given, of=loss: of(torch.zeros(2, 2, 3), t),
                f"{name} {target}",
            )
        for kind in (torch.float32, torch.int32, torch.uint8, torch.bool):
            given = torch.zeros(2, dtype=kind)
            yield _array(
                "target", kind, lambda f, t=given, of=loss: of(torch.zeros(2, 2, 3), t), name
            )


def image_sets(draw: random.Random) -> Iterator[Case]:
    pictures = _images()[0]
    for kind in (np.float32, np.int64, np.uint16, np.bool_):
        changed = pictures.images.astype(kind)
        yield _array(
            "images", changed.dtype, lambda f, c=changed: replace(pictures, images=c), "ImageSet"
        )
        if kind is not np.int64:
            labels = pictures.labels.astype(kind)
            yield _array(
                "labels", labels.dtype, lambda f, c=labels: replace(pictures, labels=c), "ImageSet"
            )
    for shape in ((12, 8, 8), (12,), (12, 64), (1, 12, 1, 8, 8), (11, 1, 8, 8), (0, 1, 8, 8)):
        changed = np.zeros(shape, np.uint8)
        named = "images" if len(shape) != 4 else "labels"
        yield _array(
            named,
            list(shape) if len(shape) != 4 else 12,
            lambda f, c=changed: replace(pictures, images=c),
            f"ImageSet {shape}",
        )
    for value in (-1, 3, 10**9, -draw.randint(2, 99)):
        changed = pictures.labels.copy()
        changed[draw.randrange(12)] = value
        yield _array(
            "labels", value, lambda f, c=changed: replace(pictures, labels=c), f"ImageSet {value}"
        )
    for name in ("batch_size", "seed", "epoch"):
        for value in (-1, 2.5, "2", None, math.nan, [], -draw.randint(2, 99)):
            given = {"batch_size": 4, "seed": 0, "epoch": 0, name: value}
            yield _array(
                name, shown(value), lambda f, g=given: list(batches(pictures, **g)), "batches"
            )


def _spoilt(value: float, at: int) -> torch.Tensor:
    images = torch.zeros(2, 1, 8, 8)
    images.view(-1)[at] = value
    return images


def _array(name: str, came: object, attempt: Callable, where: str = "") -> Case:
    def quiet(folder: Path) -> str:
        attempt(folder)
        return ""

    return Case("array", f"{where} {name}: {came}".strip(), quiet, (name, str(came)))


RULES = (configurations, arguments, files, arrays, losses_and_labels, image_sets)


def try_all(
    seed: int = 0, kind: str | None = None, tell: Callable[[str], object] = lambda line: None
) -> tuple[Counter, list[str]]:
    """How many cases of each kind there were, and a line for each that is not refused as it should
    be, which `tell` is given at once."""
    counts, wrong = Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases(seed)):
            if kind in (None, case.kind):
                counts[case.kind] += 1
                if (found := complaint(case, Path(folder) / str(number))) is not None:
                    wrong.append(f"{case.kind}: {case.label}: {found}")
                    tell(wrong[-1])
    return counts, wrong


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--kind", help="configuration, argument, environment, file, array")
    given = asked.parse_args()
    torch.set_num_threads(1)
    counts, wrong = try_all(given.seed, given.kind, partial(print, flush=True))
    print(f"{sum(counts.values()):,} bad inputs, {dict(counts)}; {len(wrong)} not refused rightly.")
    sys.exit(bool(wrong))
