"""The book's frame: generated pages are as the generator writes them, the parts' pages are one
screen, and the contents follow the outline."""

import importlib
import re

import pytest

from tests.book.building import ROOT, pages, read_yaml
from tools import equations, outline
from tools import pages as generator
from trevsnn_lite import scaled_conv
from trevsnn_lite.course import ledger
from trevsnn_lite.paper_map import PAPER_MAP

CHAPTERS = {
    number: (part, slug)
    for part, (_, chapters) in outline.PARTS.items()
    for number, (slug, _, _) in chapters.items()
}
GENERATED = generator.generated(ROOT, ledger.load(), generator.in_the_book(ROOT))


@pytest.mark.parametrize("page", GENERATED)
def test_a_page_is_what_the_generator_writes(page):
    assert (ROOT / page).read_text("utf8") == GENERATED[page], "run python -m tools.pages"


def test_the_outline_has_twenty_chapters_from_0_on_in_order():
    assert list(CHAPTERS) == list(range(20)) and all(
        slug.startswith(f"{number:02d}_") for number, (_, slug) in CHAPTERS.items()
    )


def test_the_contents_follow_the_outline():
    """Each part has its title and its page first; then those of its chapters that exist, in order."""
    parts = {
        part["caption"]: [chapter["file"] for chapter in part["chapters"]]
        for part in read_yaml("_toc.yml")["parts"]
    }
    listed = set(pages())
    for part, (title, chapters) in outline.PARTS.items():
        assert parts[title] == [
            f"book/part_{part}",
            *(
                f"chapters/{slug}"
                for slug, _, _ in chapters.values()
                if f"chapters/{slug}" in listed
            ),
        ]
    assert not [
        page
        for page in listed
        if page.startswith("chapters/")
        and page.removeprefix("chapters/") not in {slug for _, slug in CHAPTERS.values()}
    ]


def test_every_page_of_the_book_is_listed():
    files = [*(ROOT / "book").glob("*.md"), *(ROOT / "book/teaching").glob("*.md")]
    assert {file.relative_to(ROOT).with_suffix("").as_posix() for file in files} == {
        page for page in pages() if page.startswith("book/")
    }


@pytest.mark.parametrize("part", outline.PARTS)
def test_a_part_s_page_is_one_screen_and_says_what_can_be_skipped(part):
    text = (ROOT / f"book/part_{part}.md").read_text("utf8")
    prose = outline.TABLE.sub("", text)
    assert len(re.findall(r"\w[\w'’.,-]*", re.sub(r"<!--.*?-->|\]\([^)]*\)", " ", prose))) <= 180
    assert "**You can skip**" in prose and "**Afterwards you can answer**" in prose


def words(text: str) -> int:
    """Words of a page, without code, links and comments."""
    plain = re.sub(r"```.*?```|<!--.*?-->|\]\([^)]*\)|\{\w+\}`[^`]*`", " ", text, flags=re.DOTALL)
    return len(re.findall(r"\w[\w'’.,-]*", plain))


@pytest.mark.parametrize(
    "page, most",
    [("intro", 450), ("how_to_read_a_paper", 900), ("how_to_use", 600), ("setup", 700)],
)
def test_what_stands_before_chapter_0_is_short(page, most):
    assert words((ROOT / f"book/{page}.md").read_text("utf8")) <= most


def test_the_doubts_are_seventeen_lines_each_with_where_it_is_settled():
    lines = re.findall(
        r"^\| (\d+) \|.*$", text := (ROOT / "book/doubts.md").read_text("utf8"), re.M
    )
    rows = [line for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(n) for n in lines] == list(range(1, 18))
    assert not [row for row in rows if not re.search(r"\]\((?:\.\./chapters/|references)", row)]
    assert max(len(row) for row in rows) <= 220, "a line each"


def test_a_part_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="book/part_2.md has no lines <!-- chapters -->"):
        outline.filled("# Part II\n", 2, {}, {})


def test_a_part_s_table_links_and_times_only_what_exists():
    text = outline.table(
        1, {3: "03_the_bill"}, {"03_the_bill": {"minutes_to_read": 39, "seconds": 61.0}}
    )
    assert (
        "| 3 | [The bill](../chapters/03_the_bill.ipynb): " in text
        and "| 41 |" in text
        and "together" not in text
    )
    assert "| 2 | Surrogate gradients: " in text


@pytest.mark.parametrize("number", PAPER_MAP)
def test_the_index_links_a_row_of_the_ledger(number):
    assert equations.ledger_id(number) in {row["id"] for row in ledger.load()["rows"]}


MODULES = [
    "spikes",
    "scaled_conv",
    "neurons",
    "losses",
    "blocks",
    "config",
    "trevsnn",
    "reversible/__init__",
    "reversible/strategies",
    "spike_tape",
    "replay",
]


def names_in_code() -> set[str]:
    """Every word of the library's modules that notation.md may name."""
    words = set()
    for module in MODULES:
        words |= set(re.findall(r"\w+", (ROOT / f"trevsnn_lite/{module}.py").read_text("utf8")))
    return words


def test_the_notation_names_what_the_code_has():
    text = (ROOT / "book/notation.md").read_text("utf8")
    named = re.findall(
        r"(?<![}`])`([^`\n]+)`", re.sub(r"\{\w+\}`[^`]*`", "", text)
    )  # without roles
    known = names_in_code()
    assert len(named) > 25
    assert [name for name in named if not set(re.findall(r"[A-Za-z_]\w*", name)) <= known] == []


@pytest.mark.parametrize(
    "dotted", re.findall(r"In code: `(\w+\.\w+)`", (ROOT / "book/notation.md").read_text("utf8"))
)
def test_the_equations_of_the_notation_are_functions(dotted):
    module, name = dotted.split(".")
    assert callable(getattr(importlib.import_module(f"trevsnn_lite.{module}"), name))


def test_the_notation_of_standardise_is_its_signature():
    import inspect

    assert list(inspect.signature(scaled_conv.standardise).parameters)[:3] == [
        "weight",
        "gain",
        "gamma",
    ]
