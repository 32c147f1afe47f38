"""The seminar plans of data/teaching/plans.toml: their page, what the slides of each are, and the
answers to their votes, which are the chapters' own."""

import functools
import html
import json
import pathlib
import re
import tomllib
from dataclasses import dataclass, field, replace

from tools import boards, outline
from tools.slide_choice import MINUTES, Slide, everything, predictions, split
from trevsnn_lite.course.exercise import exercises

ROOT = pathlib.Path(__file__).parents[1]
SLUGS = {
    number: slug
    for _, chapters in outline.PARTS.values()
    for number, (slug, _, _) in chapters.items()
}
LINK = re.compile(r"\[§(\d+)(?:\.\d+)?\]\(\)")
FIVE = (
    "Papers closed. One sentence for each:\n\n1. **purpose**: which problem?\n"
    "2. **method**: which one idea?\n3. **process**: what was done to find out?\n"
    "4. **results**: which numbers, and whose?\n5. **conclusion**: what stands, what does not?"
)
WORDS = "Who can say what one of them is?\n\n- potential\n- spike\n- decay\n- T"
WRONG = """| what | then |
|---|---|
| *Nothing is installed* | Two or three to a laptop that says *Ready*. The demos need no installation: open `site/index.html` of the bundle in any browser. Failing that, paper: each laptop step names what to do instead |
| *A cell fails* | Read its last line aloud. `NameError`: a cell above has not run; run the first cell, then this one. `ModuleNotFoundError`: another laptop. After two minutes, another laptop or paper; nobody repairs an installation in the meeting |
| *The network is down* | Nothing in the room needs it. Slides, site and notebooks are files; `wheels` on a stick, made by `fetch_packages.py`, installs the rest |
| *A demo does not move* | Open the page in another browser; without one, its still picture and the board |
| *The projector is dark* | The boards: each plan works with them alone |
"""  # noqa: E501


@dataclass(frozen=True)
class Row:
    """A step of a meeting."""

    minutes: int
    what: str
    slides: str
    with_: str = ""
    unread: str = "the same"
    new: bool = False
    laptop: str = ""
    instead: str = ""


@dataclass(frozen=True)
class Meeting:
    title: str
    home: str
    rows: list[Row]
    answers: list[str] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return sum(row.minutes for row in self.rows)

    @property
    def chapters(self) -> list[int]:
        """The chapters that are read before it."""
        return [int(number) for number in self.home.partition(";")[0].split()]


@dataclass(frozen=True)
class Plan:
    id: str
    title: str
    lead: str
    after: str
    meetings: list[Meeting]
    early: str = ""
    after_home: str = ""
    idea: str = ""

    @property
    def name(self) -> str:
        return f"Plan {self.id.upper()}"


def load(root: pathlib.Path = ROOT) -> list[Plan]:
    """The plans, in the order of the page; ValueError for one that nobody could follow."""
    found = tomllib.loads((root / "data/teaching/plans.toml").read_text("utf8"))["plan"]
    plans = []
    for given in found:
        meetings = [
            Meeting(
                **{
                    **one,
                    "rows": [Row(**{_field(k): v for k, v in row.items()}) for row in one["rows"]],
                }
            )
            for one in given.pop("meeting")
        ]
        plans.append(Plan(meetings=meetings, **given))
    for plan in plans:
        for n, meeting in enumerate(plan.meetings, 1):
            if unread := sorted(discussed(meeting) - read(plan, n)):
                raise ValueError(
                    f"{plan.name}, meeting {n} uses chapter {unread[0]}, which nobody was asked "
                    "to read: add it to a home, or mark the row `new`."
                )
    return plans


def _field(name: str) -> str:
    return "with_" if name == "with" else name


def read(plan: Plan, n: int) -> set[int]:
    """The chapters that are read before meeting `n` (from 1)."""
    return {number for meeting in plan.meetings[:n] for number in meeting.chapters}


def discussed(meeting: Meeting) -> set[int]:
    """The chapters that a meeting takes as read: those of all rows that are not `new`."""
    used = set()
    for row in meeting.rows:
        if not row.new:
            used |= {int(number) for number in LINK.findall(f"{row.what} {row.with_}")}
            used |= {int(number) for number in re.findall(r"(?:^|; )(\d+)(?=[ .])", row.slides)}
    return used


def page(home) -> str:
    """The page of plans, before its sections are linked; `home` writes a table of work at home."""
    plans = load()
    parts = [
        "# Seminar plans: 1, 2, 4 and 8 meetings",
        "<!-- Written by python -m tools.pages from data/teaching/plans.toml: edit that. -->",
        "Minutes at home are measured: reading at 120 words a minute and a run of the notebook, "
        "exercises as their authors estimate them. Minutes in the room add up to the heading's. "
        "Board B1 and so on stand in [Boards](boards.md). Each plan has a deck of slides "
        "(`make slides`), and a run sheet of one page to print: "
        + ", ".join(
            handout(f"run-sheet-{plan.id}", plan.title.split(":")[0].lower()) for plan in plans
        )
        + ".",
        "The **one idea** to bring home from the first four: T-RevSNN leaves time to few neurons, "
        "and what is left of time can be computed backwards instead of stored.",
        "## Laptops, and when something goes wrong",
        "Each meeting has ten to fourteen minutes in which the participants run something, two to "
        "a laptop. The evening before, each runs `python check_laptop.py` in the unpacked bundle; "
        "the last line is *Ready.* In the room they start JupyterLab while votes are counted. An "
        "exercise needs the notebook's first cell and its own, nothing else; two of these minutes "
        "are for finding them.",
        WRONG.strip(),
    ]
    for plan in plans:
        parts += [f"(plan-{plan.id})=\n## {plan.title}", plan.lead]
        if plan.idea:
            parts.append(f"Its **one idea**: {plan.idea}")
        for n, meeting in enumerate(plan.meetings, 1):
            alone = len(plan.meetings) == 1
            parts.append(f"### {plan.name}, before{'' if alone else f' meeting {n}'}")
            parts += [plan.early] if plan.early and n == 1 else []
            parts.append(home(meeting.home))
            parts.append(
                f"### {plan.name}, meeting {n}: {meeting.title} ({meeting.minutes} minutes)"
            )
            parts.append(_table(meeting))
            parts.append(f"### {plan.name}, what the votes of meeting {n} come to")
            parts.append("\n".join(f"- {line}" for line in votes(meeting)))
        parts.append(f"### {plan.name}, after")
        parts += [home(plan.after_home)] if plan.after_home else []
        parts.append(plan.after)
    return "\n\n".join(parts) + "\n"


def handout(name: str, text: str) -> str:
    """A link to a sheet from a teaching page: HTML, since Sphinx would offer its file to save."""
    return f'<a href="../../_static/teaching/{name}.html">{text}</a>'


def _table(meeting: Meeting) -> str:
    lines = ["| min | what, with what | if nobody has read |", "|--:|---|---|"]
    for row in meeting.rows:
        what = row.what + (f"<br>*With* {row.with_}" if row.with_ else "")
        if row.laptop:
            what += f"<br>*Cannot run it:* {row.instead}"
        if row.laptop.isdigit():
            what += f". *It takes* {_cost(int(row.laptop))}"
        unread = row.unread + (" (new to all)" if row.new and row.unread == "the same" else "")
        lines.append(f"| {row.minutes} | {what} | {unread} |")
    return "\n".join([*lines, f"| **{meeting.minutes}** | **together** | |"])


@functools.cache
def _notebook(chapter: int) -> dict:
    return json.loads((ROOT / f"chapters/{SLUGS[chapter]}.ipynb").read_text("utf8"))


@functools.cache
def _pieces(chapter: int) -> list[Slide]:
    return everything(_notebook(chapter), f"{chapter:02d}")


def votes(meeting: Meeting) -> list[str]:
    """The answers of all predictions that a meeting asks, from the chapters, then the plan's."""
    asked: dict[int, None] = {}
    for row in meeting.rows:
        asked |= dict.fromkeys(map(int, re.findall(r"(?:^|; )(\d+) predict", row.slides)))
    lines = []
    for chapter in asked:
        answers = predictions(_notebook(chapter))
        alone = len(answers) == 1
        told = [
            f"{'' if alone else f'{letter} is '}({right}), {said} ([§{section}]())"
            for letter, (right, said, section) in sorted(answers.items())
        ]
        some = "Prediction" if alone else "Predictions"
        lines.append(f"{some} of [§{chapter}](): {'; '.join(told)}.")
    return lines + meeting.answers


def chosen(row: Row) -> list[Slide]:
    """The slides of a step, with its minutes dealt out; ValueError for a name that shows
    nothing."""
    found = []
    for name in row.slides.split("; "):
        shown = _named(name, row)
        if not shown:
            raise ValueError(f"data/teaching/plans.toml names the slide {name!r}: there is none.")
        found += shown
    weights = [MINUTES.get(one.kind, 2) if one.kind != "title" else 0.5 for one in found]
    return [
        replace(one, minutes=row.minutes * weight / sum(weights))
        for one, weight in zip(found, weights)
    ]


def _named(name: str, row: Row) -> list[Slide]:
    if name == "five":
        return [Slide("task", "Close everything", FIVE, "18", "Read two aloud; interrupt nobody.")]
    if name == "words":
        return [Slide("task", "Four words", WORDS, "", "Write down what is said, right or wrong.")]
    if re.fullmatch(r"B\d+", name):
        drawing = boards.board(name)
        notes = "What stands behind a question mark is left open until somebody has predicted it."
        return [Slide("board", f"{name}: {drawing.title}", drawing.svg(), "", notes)]
    place, kind, *rest = name.split(" ", 1)[0], *_kind(name)
    if kind == "exercise":
        return _exercise(place, row)
    if kind == "run":
        return [_run(int(place), row)]
    chapter = int(place.split(".")[0])
    own = [one for one in _pieces(chapter) if one.kind == kind]
    if kind == "figure" and not own:
        own = [one for one in _pieces(chapter) if one.kind in ("figure", "box")]
    if "." in place:
        own = [one for one in own if one.section == place]
    if rest:
        ending = rest[0] if kind == "discuss" else "ABCDE"[int(rest[0]) - 1]
        own = [
            one
            for one in own
            if re.match(rf"{kind} {ending}\b|before you", one.title, re.IGNORECASE)
            or (kind == "discuss" and one.title == "Discuss" and ending == "1")
        ]
    return own


def _kind(name: str) -> list[str]:
    words = name.split(" ")[1:]
    number = [words.pop()] if words[-1].isdigit() else []
    return [" ".join(words), *number]


def _exercise(id: str, row: Row) -> list[Slide]:
    one = next(one for one in exercises(id[:2]) if one.id == id)
    title = f"{'Laptops: ' if row.laptop else ''}{id}, {one.title}"
    notes = f"{one.minutes} minutes by its author's estimate."
    if row.laptop:
        notes += (
            " Two to a laptop: run the notebook's first cell, then the exercise's own. "
            f"Who cannot: {row.instead}."
        )
    text = one.question
    if row.laptop and one.kind == "code":
        text += f"\n\n```python\n{one.stub.strip()}\n```"
    return split(Slide("laptop" if row.laptop else "task", title, text, "", notes))


def _cost(chapter: int) -> str:
    """How long a chapter runs, as it was measured, and what to allow for."""
    cost = json.loads((ROOT / "data/chapter_costs.json").read_text("utf8"))[SLUGS[chapter]]
    return (
        f"{round(cost['seconds'])} s of processor time for the whole chapter on a "
        f"{cost['machine']}; allow two or three minutes"
    )


def _run(chapter: int, row: Row) -> Slide:
    text = (
        f"1. Open the notebook of chapter {chapter}.\n2. Click into the cell that begins with "
        "`recipe = TrainConfig(`.\n3. Choose *Run All Above Selected Cell* in the menu *Run*, "
        "then run the cell itself.\n\nA star beside a cell means that it runs."
    )
    notes = f"It takes {_cost(chapter)}. If it fails: {row.instead}."
    return Slide("laptop", f"Laptops: run chapter {chapter}", text, "11.5", notes)


def told(text: str) -> str:
    """A plan's Markdown as words alone: links are their texts."""
    return html.unescape(re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text))
