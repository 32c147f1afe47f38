"""The demo toolkit: interactive pictures that need neither kernel nor network, from one `compute`
in Python and its twin in JavaScript.

A demo is a subclass of `Demo` in demos/, and a file of the same name ending in .js. Both give, for
the same settings, the same
{"numbers": {...}, "marks": [...], "verdict": "...", "sentence": "...", "grips": [...]}: the values,
what to draw, what to say in at most 15 words and in full, and what of the picture can be dragged. A
test compares the two in a browser, so the fallback picture, the live picture and the words cannot
drift apart. All wording stands in demos/words.en.json.

A grip is [setting, "x" or "y", x, y, width, height, place, value, other place, its value]: where to
take hold, and which value lies where along that axis of the picture. Of a choice the value is an
option's number."""

import hashlib
import html
import json
import math
import pathlib
import re
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from trevsnn_lite.course.notebook import svg_url

FOLDER = pathlib.Path(__file__).parent
WORDS = FOLDER / "demos/words.en.json"


@dataclass(frozen=True)
class Slider:
    """A number from `min` to `max` in steps of `step`: a slider with a number box beside it.
    `limit` names a setting, a product ("layers*steps") or one of compute's numbers, that caps it
    further; on a `log` slider equal ways are equal factors."""

    name: str
    min: float
    max: float
    step: float
    default: float
    limit: str = ""
    log: bool = False
    kind: str = "slider"


@dataclass(frozen=True)
class Choice:
    """One of `options`; their texts stand in the words table under "options"."""

    name: str
    options: tuple
    default: Any
    kind: str = "choice"


@dataclass(frozen=True)
class Switch:
    """On or off."""

    name: str
    default: bool = False
    kind: str = "switch"


@dataclass(frozen=True)
class Touch:
    """One of 0, 1, ..., `count` - 1, set by a click on the picture and by nothing else; unless it
    `stays`, any control puts it back to `default`. A twin's compute.picked may say what a click
    changes."""

    name: str
    count: int
    default: int
    stays: bool = False
    kind: str = "touch"

    @property
    def options(self) -> tuple[int, ...]:
        return tuple(range(self.count))


class Demo:
    """Base of all demos: `name` (words table and JavaScript file), `size` of the drawing,
    `controls`, the setting that ▶ `plays` (if any), the settings under which it `falls` from the
    last value to the first, those `folded` under "More settings", and `compute`."""

    name: ClassVar[str]
    size: ClassVar[tuple[int, int]]
    controls: ClassVar[tuple[Slider | Choice | Switch | Touch, ...]]
    plays: ClassVar[str] = ""
    falls: ClassVar[dict] = {}
    folded: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **params):
        known = {control.name: control for control in self.controls}
        if unknown := sorted(set(params) - set(known)):
            raise TypeError(
                f"{type(self).__name__} has no setting {', '.join(unknown)}; its settings "
                f"are {', '.join(known)}."
            )
        self.params = {
            name: _checked(control, params.get(name, control.default))
            for name, control in known.items()
        }
        table = json.loads(WORDS.read_text("utf8"))
        self.words = table[self.name] | {"toolkit": table["toolkit"]}

    @staticmethod
    def compute(params: dict, words: dict) -> dict:
        """{"numbers", "marks", "verdict", "sentence", "grips"} of one setting. Marks: see `svg`."""
        raise TypeError("A demo defines compute(params, words).")

    @property
    def result(self) -> dict:
        return self.compute(self.params, self.words)

    def __repr__(self) -> str:
        return f"{self.words['title']}: {self.result['sentence']}"

    def _repr_html_(self) -> str:
        result = self.result
        spec = self.spec()
        id = f"tdemo-{self.name}-" + hashlib.sha256(json.dumps(spec).encode()).hexdigest()[:8]
        say, title = html.escape(result["sentence"]), html.escape(self.words["title"])
        twin = (FOLDER / f"demos/{self.name.replace('-', '_')}.js").read_text("utf8")
        script = (
            "(() => "
            "{\nconst own = document.currentScript;\n"
            "let before = own && own.previousElementSibling;\n"
            'if (before && before.tagName === "SCRIPT") before = before.previousElementSibling;\n'
            f'const host = before && before.id === "{id}" ? before : '
            f"document.querySelector('[id=\"{id}\"]:not([data-mounted])');\n"
            f"if (!host) return;\nconst {{ tools, mount }} = window.trevsnnDemo, "
            f"spec = {json.dumps(spec, ensure_ascii=False)};\n"
            f"{_bare(twin)}\nmount(host, compute, spec);\n}})();"
        )
        return (
            f'<div class="tbox tdemo" id="{id}" '
            f'data-lm-suppress-shortcuts="true">{page_sheet()}<p '
            f'class="ttitle">{title}</p>'
            f'<div class="tshow"><div class="tpicture"><img alt="{say}" '
            f'src="{svg_url(svg(result["marks"], *self.size))}"></div>'
            '<p class="tsay" role="status" '
            f'aria-live="polite"><span>{html.escape(result["verdict"])}</span></p></div>'
            f'<div class="tfoot"><details class="twords">'
            f"<summary>{self.words['toolkit']['words']}</summary>"
            f"<p>{say}</p></details></div></div>\n{page_script()}"
            f"<script>{_closed(script)}</script>"
        )

    def spec(self) -> dict:
        """What the script is given: settings, controls with their words, the name that its link
        carries, the size of the drawing."""
        controls = []
        for control in self.controls:
            entry = {name: v for name, v in asdict(control).items() if v is not False and v != ""}
            entry["label"] = self.words["labels"][control.name]
            if control.kind == "choice":
                entry["options"] = [
                    [option, self.words["options"][str(option)]] for option in control.options
                ]
            controls.append(entry)
        return {
            "params": self.params,
            "controls": controls,
            "name": self.name,
            "plays": self.plays,
            **({"falls": self.falls} if self.falls else {}),
            **({"folded": self.folded} if self.folded else {}),
            "width": self.size[0],
            "height": self.size[1],
            "words": self.words,
        }


def page_style() -> str:
    """The style that demos, quizzes and worksheets share, without its comments."""
    return _styles("marks.css", "style.css")


def page_sheet() -> str:
    """The style element of a demo: the same in each, so that a page needs it once."""
    return f"<style>{_styles('marks.css', 'style.css', 'demo.css')}</style>"


def page_script() -> str:
    """The script element with what all demos share: the same in each, so that a page needs it
    once. It comes before a demo's own script."""
    toolkit = _bare((FOLDER / "toolkit.js").read_text("utf8"))
    script = f"window.trevsnnDemo = (() => {{\n{toolkit}return {{ tools, mount }};\n}})();"
    return f"<script>{_closed(script)}</script>"


def _styles(*names: str) -> str:
    text = "".join((FOLDER / name).read_text("utf8") for name in names)
    return re.sub(r"/\*.*?\*/|\n", "", text, flags=re.DOTALL)


def svg(marks: list, width: int, height: int) -> str:
    """Marks as a picture on white. A mark is one of ["rect", x, y, w, h, class], ["line", x1, y1,
    x2, y2, class], ["circle", x, y, r, class],
    ["path", [x, y, x, y, ...], class], ["text", x, y, text, class], or ["cells", x, y, w, h,
    columns, shades]: rows of cells, one for each letter of `shades`, which names its class q0, q1,
    ...; the classes stand in marks.css."""
    body = []
    for kind, *values in marks:
        if kind == "text":
            body.append(
                f'<text x="{_short(values[0])}" y="{_short(values[1])}" '
                f'class="{values[3]}">{html.escape(values[2])}</text>'
            )
        elif kind == "cells":
            x, y, w, h, columns, shades = values
            for shade in dict.fromkeys(shades):
                d = "".join(
                    f"M{_short(x + w * (i % columns))} {_short(y + h * (i // columns))}"
                    f"h{_short(w)}v{_short(h)}h{_short(-w)}z"
                    for i, other in enumerate(shades)
                    if other == shade
                )
                body.append(f'<path d="{d}" class="q{shade}"/>')
        elif kind == "path":
            points = " ".join(
                f"{'L' if i else 'M'}{_short(x)} {_short(y)}"
                for i, (x, y) in enumerate(zip(values[0][::2], values[0][1::2]))
            )
            body.append(f'<path d="{points}" class="{values[1]}"/>')
        else:
            names = {
                "rect": ("x", "y", "width", "height"),
                "line": ("x1", "y1", "x2", "y2"),
                "circle": ("cx", "cy", "r"),
            }[kind]
            attributes = "".join(f' {name}="{_short(value)}"' for name, value in zip(names, values))
            body.append(f'<{kind}{attributes} class="{values[-1]}"/>')
    style = _styles("marks.css")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tmarks" viewBox="0 0 {width} '
        f'{height}" width="{width}" height="{height}" style="color-scheme:light">'
        f'<style>{style}</style><rect width="{width}" height="{height}" '
        f'class="f-paper"/>{"".join(body)}</svg>'
    )


def fixed(x: float, decimals: int) -> str:
    """x with so many decimals, halves upwards (twin: tools.fixed)."""
    return f"{math.floor(x * 10.0**decimals + 0.5) / 10.0**decimals:.{decimals}f}"


def short(x: float) -> str:
    """1,234 or 0.12 or 4.3 × 10⁹ (twin: tools.short)."""
    if x < 0:
        return "−" + short(-x)
    if x == 0 or 1e-3 <= x < 1e6:
        decimals = 0 if x >= 100 or x == int(x) else 1 if x >= 10 else 2 if x >= 1 else 3
        text = fixed(x, decimals)
        return text.rstrip("0").rstrip(".") if "." in text else f"{int(text):,}"
    exponent = 0
    while x >= 9.95:
        x, exponent = x / 10, exponent + 1
    while x < 0.995:
        x, exponent = x * 10, exponent - 1
    return f"{fixed(x, 1)} × 10" + str(exponent).translate(
        str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    )


def fill(text: str, values: dict) -> str:
    """The text with each {name} replaced, and {name#step} by "1 step" or "5 steps"
    (twin: tools.fill)."""

    def found(match) -> str:
        value = str(values[match[1]])
        return value + (f" {match[2]}{'' if value == '1' else 's'}" if match[2] else "")

    return re.sub(r"\{(\w+)(?:#([\w ]+))?\}", found, text)


def random(seed: int):
    """mulberry32: a function that gives the next number in [0, 1) (twin: tools.random)."""
    state = seed & 0xFFFFFFFF

    def draw() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((state ^ (state >> 15)) * (1 | state)) & 0xFFFFFFFF
        t = ((t + (((t ^ (t >> 7)) * (61 | t)) & 0xFFFFFFFF)) ^ t) & 0xFFFFFFFF
        return (t ^ (t >> 14)) / 4294967296

    return draw


def _short(x: float) -> str:
    return f"{math.floor(x * 100 + 0.5) / 100:g}"


def _bare(script: str) -> str:
    """The script without indents and without the lines that are comments alone."""
    return re.sub(r"^\s+", "", re.sub(r"^\s*//.*\n", "", script, flags=re.M), flags=re.M)


def _closed(script: str) -> str:
    return script.replace("</", "<\\/")


def _checked(control, value):
    if control.kind == "slider":
        good = (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and control.min <= value <= control.max
        )
        wanted = f"a number from {control.min} to {control.max}"
    else:
        options = (True, False) if control.kind == "switch" else control.options
        good, wanted = value in options, f"one of {', '.join(map(repr, options))}"
    if not good:
        raise ValueError(f"{control.name} is {value!r}, expected {wanted}.")
    return value
