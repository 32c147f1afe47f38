"""The ledger: its rows are whole, what is recomputed stays within tolerance, and no number of the
paper stands in a chapter without its row."""

import json

import bs4
import pytest

from tests.book.building import ROOT
from tools import pages
from trevsnn_lite.course import ledger

LEDGER = ledger.load()
ROWS = {row["id"]: row for row in LEDGER["rows"]}
NOTEBOOKS = sorted((ROOT / "chapters").glob("[0-9][0-9]_*.ipynb"))
TEXTS = dict(pages.texts(ROOT))


def test_computed_rows_stay_within_their_tolerances():
    computed = [row for row in ROWS.values() if "how" in row]
    assert computed and [fault for row in computed if (fault := ledger.drift(row))] == []


def test_a_drifting_value_is_found():
    row = ROWS["code-deployed-tiny"]
    assert ledger.drift({**row, "value": "15,216,913"}) == (
        "code-deployed-tiny: deployed('released-tiny') gives 15216912.0, the ledger "
        "prints 15,216,913 and allows 0."
    )
    assert "2.5e-05 gives" in ledger.drift({**row, "how": "2.5e-05"})


def test_a_row_can_be_read_from_a_recorded_run():
    row = {
        "id": "x",
        "value": "85.1",
        "how": "100 * run('fashion-mini')['test_accuracy']",
        "tolerance": 0.05,
    }
    assert ledger.drift(row) is None and ledger.drift({**row, "value": "85.2"})


@pytest.mark.parametrize(
    "change, fault",
    [
        ({"id": "t2-memory-512"}, "stands twice"),
        ({"status": "checked"}, "not defined"),
        ({"confidence": "sure"}, "not defined"),
        ({"group": "table-9"}, "not defined"),
        ({"status": "not checkable"}, "no note"),
        ({"status": "recomputed here"}, "needs how and tolerance"),
        ({"how": "1 + 1"}, "together"),
        ({"match": ["(a)(b)"]}, "more than one group"),
        ({"colour": "red"}, "has the fields"),
    ],
)
def test_a_faulty_row_is_refused(tmp_path, monkeypatch, change, fault):
    row = {**{name: ROWS["sew-34"][name] for name in ledger.FIELDS}, "id": "new", **change}
    (tmp_path / "expected.json").write_text("{}")
    (tmp_path / "ledger.json").write_text(json.dumps({**LEDGER, "rows": [*LEDGER["rows"], row]}))
    monkeypatch.setenv("TREVSNN_EXPECTED", str(tmp_path / "expected.json"))
    with pytest.raises(ValueError, match=fault):
        ledger.load()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.stem)
def test_every_link_to_the_ledger_leads_to_a_row(notebook):
    linked = [id for cell in pages.markdown_cells(notebook) for id in ledger.links(cell)]
    assert [id for id in linked if id not in ROWS] == []


def test_other_pages_link_to_rows_that_exist():
    linked = [
        (page.name, id)
        for page in [*(ROOT / "book").glob("*.md"), *(ROOT / "book/teaching").glob("*.md")]
        for id in ledger.links(page.read_text("utf8"))
    ]
    assert linked and [pair for pair in linked if pair[1] not in ROWS] == []


def test_every_row_has_its_place_on_the_built_page(site):
    soup = bs4.BeautifulSoup((site / "book/ledger.html").read_bytes(), "html.parser")
    assert [id for id in ROWS if soup.find(id=f"ledger-{id}") is None] == []


def test_no_number_of_the_paper_stands_without_its_row():
    faults = {where: pages.unlisted(where, text, LEDGER["rows"]) for where, text in TEXTS.items()}
    assert TEXTS and {where: found for where, found in faults.items() if found} == {}, (
        "link the row in the same cell (a quiz: write 'ledger ID'), or give a reason in "
        "pages.PASSES"
    )


@pytest.mark.parametrize(
    "text, missing",
    [
        ("It takes 85.7 MB.", ["85.7: t2-memory-512"]),
        ("It takes [85.7 MB](../book/ledger.md#ledger-t2-memory-512).", []),
        ("It takes 85.7 MB (ledger t2-memory-512).", []),
        (
            "It takes 85.7 MB ([ledger sew-34](../book/ledger.md#ledger-sew-34)).",
            ["85.7: t2-memory-512"],
        ),
        ("It takes 185.7 MB, or 85.71, or 3.85.7.", []),
        (
            "8.6 times less memory, 1.6× less energy",
            ["8.6 times: headline-memory", "1.6×: headline-energy"],
        ),
        ("73.23% in the log, 73.2% in the paper", ["73.23: log-best-top1", "73.2: t2-top1-512"]),
        ("We gain 1.2 points.", []),
        ("The paper: 1.2 points on ImageNet.", ["1.2 points: levels-gain"]),
        (r"$4.6\,\text{pJ}$", [r"4.6\,\text{pJ: energy-mac"]),
        ("17,376,912 or 17376912 [weights](../book/ledger.md#ledger-code-params-tiny)", []),
    ],
)
def test_the_search_finds_numbers_and_accepts_their_rows(text, missing):
    assert ledger.uncited(text, LEDGER["rows"]) == missing


def test_the_patterns_of_a_computed_row_find_its_printed_value():
    tails = (
        "",
        "%",
        " times",
        " times less energy",
        " times the memory",
        " points",
        " MB",
        " mJ",
        " images",
        "M",
        " times faster",
        " times smaller",
        " BatchNorm",
        " instead of 0.1",
    )
    heads = ("", "the paper's ", "shared: ", "the Transformer, ")

    def found(row):
        texts = (head + row["value"] + tail for head in heads for tail in tails)
        faults = (fault for text in texts for fault in ledger.uncited(text, [row]))
        return any(fault.endswith(f": {row['id']}") for fault in faults)

    computed = [row for row in ROWS.values() if row["match"] and "how" in row]
    assert computed and [row["id"] for row in computed if not found(row)] == []


def test_the_chapters_that_treat_a_row_are_those_that_link_it():
    chapters = pages.in_the_book(ROOT)
    assert pages.up_to_date(LEDGER, ROOT, chapters) == LEDGER, "run python -m tools.pages"


def test_what_holds_for_all_rows_is_said_once():
    text = ledger.page(LEDGER, {})
    assert text.lower().count("read at its source") == 2  # the head, and the legend of the marks
    alone = ROWS["t2-memory-512"], ROWS["code-params-tiny"], ROWS["sdt-v2"]
    own, code, other = (ledger._entry(row, {}) for row in alone)
    assert "arxiv.org" not in own and "3b75b37" in code and "Not looked up" not in own + code
    assert ledger._sentence(ROWS["sdt-v2"]["source"]) in other


def test_a_row_whose_source_was_not_read_says_so():
    unread = [row for row in ROWS.values() if row["confidence"] in ("from memory", "not printed")]
    assert unread
    for row in unread:
        assert f"*{ledger._sentence(ledger.CONFIDENCES[row['confidence']])}*" in ledger._entry(
            row, {}
        )


def test_the_file_is_as_the_command_writes_it():
    assert (ROOT / "data/ledger.json").read_text("utf8") == pages.as_json(LEDGER)
