"""Define before use: each entry of the glossary names the chapter that introduces it, and no earlier
chapter uses it in its prose."""

import json
import re

import pytest

from tests.book.building import ROOT
from tools import outline

SLUGS = {n: slug for _, found in outline.PARTS.values() for n, (slug, _, _) in found.items()}
EVERYDAY = {
    "ablation": "of models in general",
    "activation": "every student of this book has met activations",
    "anchor": "also a place in a page",
    "batch normalisation": "every student of this book has trained with it",
    "BatchNorm": "as batch normalisation",
    "budget": "also money and parameters",
    "degradation": "also of anything",
    "gain": "also what one gains",
    "recompute": "also a verb",
    "rounding": "of numbers",
}
"""Terms that are everyday words too, or known to whoever has trained a network: used freely."""
INTRODUCED = re.compile(r" \[Chapter (\d+)\]\(\.\./chapters/(\w+)\.ipynb\)\.$")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def entries(text: str) -> list[tuple[list[str], str]]:
    """(English names, definition) of each entry of the glossary's page."""
    body = text.split("```{glossary}\n:sorted:\n")[1].split("\n```")[0]
    found = []
    for entry in body.strip().split("\n\n"):
        lines = entry.splitlines()
        names = [line for line in lines if line[0] != " " and not CHINESE.search(line)]
        found.append((names, " ".join(line.strip() for line in lines if line[0] == " ")))
    return found


ENTRIES = entries((ROOT / "book/glossary.md").read_text("utf8"))
FIRST = {
    name: int(told[1])
    for names, definition in ENTRIES
    for name in names
    if (told := INTRODUCED.search(definition))
}


def prose(notebook: dict) -> str:
    """What a reader reads as sentences: no code, formula, table, exercise, list of terms."""
    texts = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and not re.match(r"\*\*Exercise |<details>", text):
            texts.append(text)
    text = "\n\n".join(texts)
    text = re.sub(r"^## (?:[\d.]+ )?References and terms.*", "", text, flags=re.DOTALL | re.M)
    text = re.sub(r"\{term\}`([^`<]*)[^`]*`", r"\1", text)
    return re.sub(
        r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)|\{\w+\}`[^`]*`|^\|[^\n]*$|<!--.*?-->",
        " ",
        text,
        flags=re.DOTALL | re.M,
    )


def pattern(name: str) -> re.Pattern:
    """The term as whole words, in singular and plural; an abbreviation keeps its capitals."""
    words = r"[\s-]+".join(re.escape(word) for word in re.split(r"[ -]", name))
    flags = 0 if re.search(r"[A-Z]{2}", name) else re.IGNORECASE
    return re.compile(rf"(?<![\w-]){words}(?:s|es)?(?![\w-])", flags)


PATTERNS = {name: pattern(name) for name in FIRST if name not in EVERYDAY}


def early(notebook: dict, chapter: int) -> list[tuple[str, str]]:
    """(term, sentence) of every use before the chapter that introduces the term. A sentence that
    sends the reader to that chapter may name what it is about."""
    found = []
    for sentence in re.split(r"(?<=[.?!:])\s+|\n\n", prose(notebook)):
        for name, seen in PATTERNS.items():
            sent = rf"\b[Cc]hapters? (?:\d+(?:,| and| to) )*{FIRST[name]}\b"
            used = FIRST[name] > chapter and seen.search(sentence)
            if used and not re.search(sent, sentence):
                found.append((name, " ".join(sentence.split())))
    return found


@pytest.mark.parametrize("names, definition", ENTRIES, ids=lambda x: x[0] if x else "")
def test_an_entry_names_the_chapter_that_introduces_it_and_has_a_chinese_name(names, definition):
    told = INTRODUCED.search(definition)
    assert told, f"{names[0]} does not end with [Chapter N](../chapters/NN_name.ipynb)."
    assert SLUGS[int(told[1])] == told[2]


def test_every_entry_has_a_chinese_name():
    text = (ROOT / "book/glossary.md").read_text("utf8")
    body = text.split(":sorted:\n")[1].split("\n```")[0].strip()
    assert [
        entry.splitlines()[0] for entry in body.split("\n\n") if not CHINESE.search(entry)
    ] == []


@pytest.mark.parametrize("number", SLUGS)
def test_no_chapter_uses_a_term_before_it_is_introduced(number):
    notebook = json.loads((ROOT / f"chapters/{SLUGS[number]}.ipynb").read_text("utf8"))
    assert early(notebook, number) == []


@pytest.mark.parametrize("number", SLUGS)
def test_a_chapter_has_the_terms_that_it_is_said_to_introduce(number):
    text = (ROOT / f"chapters/{SLUGS[number]}.ipynb").read_text("utf8")
    own = [names for names, _ in ENTRIES if FIRST[names[0]] == number]
    assert [names for names in own if not any(pattern(name).search(text) for name in names)] == []


def page(text: str) -> dict:
    return {"cells": [{"cell_type": "markdown", "source": text}]}


@pytest.mark.parametrize(
    "chapter, text, names",
    [
        (3, "Then ReZero is set to 0.", ["ReZero"]),  # planted: chapter 10 introduces it
        (3, "Two fan-ins, and a {term}`fan-in`.", ["fan-in"]),
        (3, "What ReZero does is told in chapter 10.", []),
        (3, "Chapters 7 and 10 have ReZero.", []),
        (3, "Chapter 1 has it. ReZero has none.", ["ReZero"]),
        (10, "Then ReZero is set to 0.", []),
        (0, "SLTT-K and a depthwise\nconvolution.", ["depthwise convolution", "SLTT-K"]),
        (0, "A slow resetting, `reset=1`, $reset$, a gain.", []),
        (0, "## 0.9 References and terms\n\nReZero", []),
        (0, "| ReZero | 1 |\n| b | 2 |\n\nReZero again.", ["ReZero"]),
    ],
)
def test_a_planted_early_use_is_found(chapter, text, names):
    assert sorted(name for name, _ in early(page(text), chapter)) == sorted(names)
