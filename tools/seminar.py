"""The teaching pages (book/teaching): links to sections, the plans with tables of work at home, the
discussion page and the question bank, filled in from chapters, costs and exercises; and what is
the teacher's alone, which no page of the book has.

Written by `python -m tools.pages`. Sources beside the chapters: in data/teaching plans.toml,
discussion.json, questions.json and reports.md."""

import json
import math
import pathlib
import re
import shutil

from tools import outline, plans
from trevsnn_lite.course import questions
from trevsnn_lite.course.exercise import exercises

SECTION = re.compile(r"\[§(\d+)(?:\.(\d+))?\]\([^)]*\)")
NOTE = "<!-- Written by python -m tools.pages from the chapters and data/teaching: edit those. -->"
SLUGS = plans.SLUGS
NAMES = {
    number: name
    for _, chapters in outline.PARTS.values()
    for number, (_, name, _) in chapters.items()
}


def generated(root: pathlib.Path) -> dict[str, str]:
    """Each teaching page's path and what it should hold."""
    costs = json.loads((root / "data/chapter_costs.json").read_text("utf8"))
    bank = json.loads((root / "data/teaching/questions.json").read_text("utf8"))
    written = {
        "plans": plans.page(lambda given: home(given, costs)),
        "discussion": discussion(root),
        "question_bank": question_bank(bank),
        "question_key": question_key(bank),
    }
    found = {}
    for page in sorted({*written, *(file.stem for file in (root / "book/teaching").glob("*.md"))}):
        file = root / f"book/teaching/{page}.md"
        text = written[page] if page in written else file.read_text("utf8")
        found[f"book/teaching/{page}.md"] = linked(text, root)
    return found


def linked(text: str, root: pathlib.Path) -> str:
    """The text with the address of each `[§7.4]()`; ValueError for a section that no chapter has."""  # noqa: E501
    slugs: dict[str, dict[str, str]] = {}

    def link(match: re.Match) -> str:
        chapter, section = int(match[1]), match[2]
        if chapter not in SLUGS:
            raise ValueError(
                f"{match[0]} names chapter {chapter}, expected one of 0 to {max(SLUGS)}."
            )
        if chapter not in slugs:
            slugs[chapter] = headings(root / f"chapters/{SLUGS[chapter]}.ipynb")
        name = f"{chapter}.{section}" if section else str(chapter)
        if section and name not in slugs[chapter]:
            raise ValueError(
                f"{match[0]} names section {name}, and chapter {chapter} has "
                f"{', '.join(slugs[chapter])}."
            )
        anchor = f"#{slugs[chapter][name]}" if section else ""
        return f"[§{name}](../../chapters/{SLUGS[chapter]}.ipynb{anchor})"

    return SECTION.sub(link, text)


def headings(notebook: pathlib.Path) -> dict[str, str]:
    """{"7.4": its anchor} of a chapter, by the rule of MyST and GitHub: lower case, blanks to
    hyphens, other signs and formulas left out."""
    found = {}
    for cell in json.loads(notebook.read_text("utf8"))["cells"]:
        for line in "".join(cell["source"]).splitlines() if cell["cell_type"] == "markdown" else []:
            if match := re.match(r"## (\d+\.\d+) .*", line):
                title = re.sub(r"\$[^$]*\$", "", line.removeprefix("## ")).strip()
                found[match[1]] = re.sub(
                    r"[^\w\u4e00-\u9fff\- ]", "", title.lower().replace(" ", "-")
                )
    return found


def home(given: str, costs: dict) -> str:
    """The table of work at home, from "3 7; 07.a 07.b": chapters to read and run, exercises to do,
    with their minutes and the sum."""
    chapters, _, chosen = given.partition(";")
    rows = []
    for number in map(int, chapters.split()):
        cost = costs[SLUGS[number]]
        minutes = cost["minutes_to_read"] + math.ceil(cost["seconds"] / 60)
        rows.append(
            (f"[Chapter {number}](../../chapters/{SLUGS[number]}.ipynb), {NAMES[number]}", minutes)
        )
    known = {exercise.id: exercise for number in SLUGS for exercise in exercises(f"{number:02d}")}
    rows += [(f"Exercise {id}, {known[id].title}", known[id].minutes) for id in chosen.split()]
    total = sum(minutes for _, minutes in rows)
    return "\n".join(
        [
            "| at home | minutes |",
            "|---|--:|",
            *(f"| {name} | {minutes} |" for name, minutes in rows),
            f"| together | {total} |",
        ]
    )


def discussion(root: pathlib.Path) -> str:
    """Every question of "Discuss in class", word for word, with what a good answer contains;
    ValueError where the two do not match."""
    answers = json.loads((root / "data/teaching/discussion.json").read_text("utf8"))
    lines = [
        "# Discussion questions, and what a good answer contains",
        NOTE,
        "The questions are those of the chapters' *Discuss in class*. Under each stands "
        "what to listen for; it is not the only good answer. Three questions fill ten "
        "minutes.",
    ]
    for title, chapters in outline.PARTS.values():
        lines.append(f"## Part {title}")
        for number, (slug, name, _) in chapters.items():
            asked, given = (
                _discussed(root / f"chapters/{slug}.ipynb"),
                dict(answers[f"{number:02d}"]),
            )
            lines.append(f"### Chapter {number}: {name}")
            for question in asked:
                start = next((start for start in given if question.startswith(start)), None)
                if start is None:
                    raise ValueError(
                        "data/teaching/discussion.json has no answer to chapter "
                        f"{number}: {question}"
                    )
                asked_here = question.replace("**", "").replace("../book/", "../")
                lines.append(f"**{asked_here}**\n\n{given.pop(start)}")
            if given:
                raise ValueError(
                    f"data/teaching/discussion.json answers what chapter {number} does "
                    f"not ask: {', '.join(given)}."
                )
    return "\n\n".join(lines) + "\n"


def _discussed(notebook: pathlib.Path) -> list[str]:
    """The questions under a chapter's "Discuss in class"."""
    text = "\n\n".join(
        "".join(cell["source"])
        for cell in json.loads(notebook.read_text("utf8"))["cells"]
        if cell["cell_type"] == "markdown"
    )
    section = re.search(
        r"^## [\d.]+ Discuss in class\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    return [
        re.sub(r"\s*\n\s+", " ", item).strip()
        for item in re.findall(r"^(?:-|\d+\.) +(.*(?:\n[ \t]+.*)*)", section[1], re.MULTILINE)
    ]


def entries(bank: dict) -> list[dict]:
    """All questions of the bank: {id, section, difficulty, question, options, answer, reason};
    `options` is empty for an open one. Of the quizzes, then the teacher's own."""
    found = []
    for chapter, places in bank["quizzes"].items():
        asked = questions.quiz(chapter).questions
        if len(asked) != len(places):
            raise ValueError(
                f"data/teaching/questions.json places {len(places)} questions of the quiz "
                f"of chapter {chapter}, which has {len(asked)}."
            )
        for n, (place, one) in enumerate(zip(places, asked), 1):
            section, difficulty = place.split("/")
            right = next(k for k, option in enumerate(one["options"]) if option["right"])
            found.append(
                {
                    "id": f"{chapter}-{n}",
                    "section": section,
                    "difficulty": int(difficulty),
                    "question": one["question"],
                    "options": [option["text"] for option in one["options"]],
                    "answer": f"({'abcdef'[right]}) {one['options'][right]['text']}",
                    "reason": one["options"][right]["reason"],
                }
            )
    found += [{"id": f"open-{n}", "options": [], **one} for n, one in enumerate(bank["open"], 1)]
    for n, one in enumerate(bank["closed"], 1):
        right = f"({'abcdef'[one['right']]}) {one['options'][one['right']]}"
        found.append({**one, "id": f"closed-{n}", "answer": right})
    return found


def public(one: dict) -> bool:
    """Whether a question stands in the book: one of a quiz does, the others are the teacher's."""
    return not one["id"].startswith(("open-", "closed-"))


def examination(root: pathlib.Path) -> str:
    """The teacher's questions with their answers: no page of the book has them."""
    bank = json.loads((root / "data/teaching/questions.json").read_text("utf8"))
    parts = [
        "# Questions for an examination",
        f"{len(bank['closed'])} closed and {len(bank['open'])} open questions, in no page of the "
        "book and in no student's edition. They stand in the project's "
        "data/teaching/questions.json, which is public, so change the numbers of those that you "
        "use. Dots give the difficulty: ● recall, ●● apply, ●●● argue.",
    ]
    for number, own in _by_chapter(bank, in_book=False):
        parts += [f"## Chapter {number}: {NAMES[number]}"] if own else []
        parts += [f"{_asked(one)}\n\n*Answer:* {_answer(one)}" for one in own]
    return linked("\n\n".join(parts) + "\n", root)


def reports(root: pathlib.Path) -> str:
    """The made-up reports with their marks: the teacher's alone, too."""
    return linked((root / "data/teaching/reports.md").read_text("utf8"), root)


def put_teacher_only(folder: pathlib.Path, root: pathlib.Path) -> None:
    """Write what is the teacher's alone into an edition's folder of teaching pages, and their
    drawings beside it."""
    (folder / "examination.md").write_text(examination(root), "utf8")
    (folder / "marked_reports.md").write_text(reports(root), "utf8")
    shutil.copytree(root / "book/_static/teaching", folder.parent / "_static/teaching")
    for page in folder.glob("*.md"):  # the built book has these sheets a folder higher
        text = page.read_text("utf8")
        page.write_text(text.replace('"../../_static/', '"../_static/'), "utf8")


def question_bank(bank: dict) -> str:
    """The questions without their answers, to print or to copy from."""
    apart = len(bank["open"]) + len(bank["closed"])
    parts = [
        "# Question bank",
        NOTE,
        f"{len(entries(bank)) - apart} questions, the quizzes of the chapters, which students can "
        f"open with their reasons. {apart} others, {len(bank['closed'])} closed and "
        f"{len(bank['open'])} open, are not on these pages: `make teacher` and `make bundle` write "
        "them with their answers to `book/teaching/examination.md`. Dots give the difficulty: "
        "● recall, ●● apply, ●●● argue. The [key](question_key.md) has answers and reasons.",
    ]
    for number, own in _by_chapter(bank):
        parts.append(f"## Chapter {number}: {NAMES[number]}")
        parts += [_asked(one) for one in own]
    return "\n\n".join(parts) + "\n"


def question_key(bank: dict) -> str:
    """The answers, with reasons, in the order of the bank."""
    parts = [
        "# Key to the question bank",
        NOTE,
        "Each answer with its reason, and the section that shows it.",
    ]
    for number, own in _by_chapter(bank):
        parts.append(f"## Chapter {number}: key")
        parts += [f"**{one['id']}** ([§{one['section']}]()) {_answer(one)}" for one in own]
    return "\n\n".join(parts) + "\n"


def _by_chapter(bank: dict, in_book: bool = True) -> list[tuple[int, list[dict]]]:
    """Each chapter with its questions: those of the quizzes, or the teacher's."""
    asked = [one for one in entries(bank) if public(one) == in_book]
    return [
        (number, [one for one in asked if int(one["section"].split(".")[0]) == number])
        for number in SLUGS
    ]


def _asked(one: dict) -> str:
    """A question with its options, if it has any, a letter each."""
    options = [f"- ({'abcdef'[k]}) {_plain(text)}" for k, text in enumerate(one["options"])]
    return "\n".join([_head(one), "", *options]).strip()


def _head(one: dict) -> str:
    return (
        f"**{one['id']}** ({'●' * one['difficulty']}, [§{one['section']}]()) "
        f"{_plain(one['question'])}"
    )


def _answer(one: dict) -> str:
    return f"{_plain(one['answer'])} *Reason:* {_plain(one['reason'])}"


def _plain(text: str) -> str:
    """A quiz's text as Markdown: formulas there are plain text, so its dollar signs and bars are
    none of Markdown's; rows of the ledger become links."""
    text = re.sub(
        r"\(ledger ([\w-]+)\)", r"([ledger](../ledger.md#ledger-\1))", text.replace("$", r"\$")
    )
    return re.sub(
        r"(?<![#/\w-])ledger ([a-z0-9]+(?:-[a-z0-9]+)+)", r"[ledger](../ledger.md#ledger-\1)", text
    )
