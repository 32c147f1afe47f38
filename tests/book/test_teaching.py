"""The teaching pages: minutes add up, every chapter is where it should be, sections exist,
questions and keys agree."""

import functools
import json
import math
import re

import bs4
import pytest

from tests.book.building import ROOT
from tools import outline, seminar
from trevsnn_lite.course.exercise import exercises

BANK = json.loads((ROOT / "data/teaching/questions.json").read_text("utf8"))
PAGES = seminar.generated(ROOT)
PLANS = (ROOT / "book/teaching/plans.md").read_text("utf8")
MEETINGS = re.findall(
    r"^### (Plan (\d), meeting (\d): [^(]*)\((\d+) minutes\)\n(.*?)(?=^### |^\(plan|\Z)",
    PLANS,
    re.MULTILINE | re.DOTALL,
)
PARTS = {number: part for part, (_, chapters) in outline.PARTS.items() for number in chapters}


def minutes(table: str) -> tuple[list[int], int]:
    """The minutes of a table's rows, and its printed sum."""
    rows = re.findall(r"^\| (\d+) \|", table, re.MULTILINE)
    return [int(row) for row in rows], int(
        re.search(r"^\| \*\*(\d+)\*\* \| \*\*together", table, re.MULTILINE)[1]
    )


def at_home(plan: int) -> set[int]:
    """The chapters that a plan gives to read at home."""
    text = PLANS.split(f"(plan-{plan})=")[1].split("(plan-")[0]
    return {
        int(number)
        for given in re.findall(r"<!-- home: ([\d ]+)", text)
        for number in given.split()
    }


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_what_the_generator_writes(page):
    assert (ROOT / page).read_text("utf8") == PAGES[page], "run python -m tools.pages"


def test_there_are_plans_for_one_two_four_and_eight_meetings():
    assert [(int(plan), int(meeting)) for _, plan, meeting, _, _ in MEETINGS] == [
        (plan, n) for plan in (1, 2, 4, 8) for n in range(1, plan + 1)
    ]
    for plan in (1, 2, 4, 8):
        assert (
            re.search(rf"^### Plan {plan}, before", PLANS, re.MULTILINE)
            and f"### Plan {plan}, after" in PLANS
        )


@pytest.mark.parametrize(
    "name, plan, meeting, total, table", MEETINGS, ids=[meeting[0].strip() for meeting in MEETINGS]
)
def test_a_meeting_s_minutes_add_up(name, plan, meeting, total, table):
    rows, together = minutes(table)
    assert sum(rows) == together == int(total) and len(rows) >= 4 and max(rows) <= 35


def test_work_at_home_is_the_measured_minutes():
    costs = json.loads((ROOT / "data/chapter_costs.json").read_text("utf8"))
    for given, table in re.findall(
        r"<!-- home: ([^>]*?) -->(.*?)<!-- end of home -->", PLANS, re.DOTALL
    ):
        chapters, _, chosen = given.partition(";")
        expected = [
            cost["minutes_to_read"] + math.ceil(cost["seconds"] / 60)
            for cost in (costs[seminar.SLUGS[int(n)]] for n in chapters.split())
        ]
        expected += [
            exercise.minutes
            for id in chosen.split()
            for exercise in exercises(id[:2])
            if exercise.id == id
        ]
        shown = [int(n) for n in re.findall(r"\| (\d+) \|$", table, re.MULTILINE)]
        assert shown == [*expected, sum(expected)] and shown[-1] <= 150


def test_every_chapter_is_in_the_plans_where_it_should_be():
    assert at_home(8) == set(seminar.SLUGS)
    assert {PARTS[number] for number in at_home(4)} == {1, 2, 3, 4}
    for plan in (1, 2, 4, 8):
        text = PLANS.split(f"(plan-{plan})=")[1].split("(plan-")[0]
        assert {3, 7, 8, 18} <= {int(n) for n in re.findall(r"\[§(\d+)", text)}, plan


def test_boards_that_plans_name_exist_and_are_used():
    boards = re.findall(
        r"^## (B\d+):", (ROOT / "book/teaching/boards.md").read_text("utf8"), re.MULTILINE
    )
    assert boards == [f"B{n}" for n in range(1, len(boards) + 1)] and set(
        re.findall(r"\bB\d+\b", PLANS)
    ) == set(boards)


def test_every_question_of_every_chapter_is_discussed():
    text = (ROOT / "book/teaching/discussion.md").read_text("utf8")
    asked = [
        question
        for slug in seminar.SLUGS.values()
        for question in seminar._discussed(ROOT / f"chapters/{slug}.ipynb")
    ]
    assert len(asked) >= 2 * len(seminar.SLUGS) and len(
        re.findall(r"^\*\*.*\*\*$", text, re.MULTILINE)
    ) == len(asked)


def test_a_question_without_an_answer_is_named(tmp_path):
    for folder in ("chapters", "data"):
        (tmp_path / folder).symlink_to(ROOT / folder) if folder == "chapters" else (
            tmp_path / "data/teaching"
        ).mkdir(parents=True)
    answers = json.loads((ROOT / "data/teaching/discussion.json").read_text("utf8"))
    lost = answers["07"].pop(next(iter(answers["07"])))
    (tmp_path / "data/teaching/discussion.json").write_text(json.dumps(answers))
    with pytest.raises(ValueError, match="no answer to chapter 7: "):
        seminar.discussion(tmp_path)
    answers["07"] |= {"A chip": lost, "Nobody asked": "x"}
    (tmp_path / "data/teaching/discussion.json").write_text(json.dumps(answers))
    with pytest.raises(ValueError, match="chapter 7 does not ask: Nobody asked"):
        seminar.discussion(tmp_path)


def test_the_bank_is_whole_and_its_key_agrees():
    entries = seminar.entries(BANK)
    ids = [entry["id"] for entry in entries]
    assert len(ids) == len(set(ids)) >= 100 and {
        int(entry["section"].split(".")[0]) for entry in entries
    } == set(seminar.SLUGS)
    assert all(
        entry["difficulty"] in (1, 2, 3)
        and entry["answer"]
        and entry["reason"]
        and entry["question"]
        for entry in entries
    )
    asked, key = (
        (ROOT / f"book/teaching/question_{name}.md").read_text("utf8") for name in ("bank", "key")
    )
    listed = [
        re.findall(r"^\*\*((?:\d\d|open)-\d+)\*\*", text, re.MULTILINE) for text in (asked, key)
    ]
    apart = seminar.examination(ROOT)
    alone = re.findall(r"^\*\*(open-\d+)\*\*", apart, re.MULTILINE)
    assert listed[0] == listed[1] and sorted(listed[0] + alone) == sorted(ids)
    for entry in entries:  # an open question is in no page of the book, and whole in the teacher's
        if not entry["options"]:
            assert entry["question"][:40] not in asked + key and entry["reason"][:40] not in key
            assert seminar._plain(entry["question"]) in apart
            assert f"*Answer:* {seminar._plain(entry['answer'])}" in apart
    for entry in entries:  # a lettered answer is an option that the bank prints under this letter
        if entry["options"]:
            letter, text = entry["answer"][1], entry["answer"][4:]
            assert entry["options"]["abcdef".index(letter)] == text
    assert len([entry for entry in entries if not entry["options"]]) >= 20


@pytest.mark.parametrize(
    "answer, value",
    [
        ("0.5 * (1.2 - 1) + 0.3", 0.4),
        ("0.25 ** 3", 1 / 64),
        ("(0.6 - 0.4) / 0.25", 0.8),
        ("((0.6 - 0.4) / 0.25 - 0.5) / 0.25", 1.2),
        ("(4 + 6) / (1 + 6)", 10 / 7),
        ("(0.5 - 0.5 * 0.6) / 0.5", 0.4),
        ("(0.8 - 0.5 * (0.6 + 0.4)) / 0.5", 0.6),
        ("(0.9 - 0.5 * (0.8 + 0.6)) / 0.5", 0.4),
        ("round(math.log(1 + math.exp(-1)), 2)", 0.31),
        ("round(math.log(1 + math.exp(-4)), 2)", 0.02),
        ("round(math.log(1 + math.exp(2)), 2)", 2.13),
        ("3.18 * 0.8 / 4 ** 0.5", 1.272),
        ("min(range(1, 17), key=lambda k: 16 / k + k)", 4),
        ("6 * 8, 6 * 9", (48, 54)),
        ("0.5 * -0.5 + 1", 0.75),
    ],
)
def test_numbers_of_open_questions_and_boards(answer, value):
    assert eval(answer) == pytest.approx(value)


def test_sections_become_links_and_unknown_ones_are_refused():
    assert (
        seminar.linked("[§7.4](old)", ROOT)
        == "[§7.4](../../chapters/07_reversibility.ipynb#74-eq-9-by-hand)"
    )
    with pytest.raises(ValueError, match="names section 7.99, and chapter 7 has 7.1, 7.2"):
        seminar.linked("[§7.99]()", ROOT)
    with pytest.raises(ValueError, match="names chapter 20"):
        seminar.linked("[§20]()", ROOT)


def test_links_of_the_built_pages_lead_to_sections(site):
    """Each chapter is parsed once, however many links lead to it."""

    @functools.cache
    def parsed(file):
        return bs4.BeautifulSoup(file.read_bytes(), "html.parser")

    @functools.cache
    def ids(file):
        return {tag["id"] for tag in parsed(file).find_all(id=True)}

    lost, links = [], 0
    for page in PAGES:
        built = (site / page).with_suffix(".html").resolve()
        for link in parsed(built).select("article a"):
            if link.get_text().startswith("§") and "." in link.get_text():
                links += 1
                file, _, anchor = link["href"].partition("#")
                lost += [] if anchor in ids((built.parent / file).resolve()) else [link["href"]]
    assert links and lost == []


def test_a_teacher_new_to_the_field_has_two_hours_and_ten_places():
    text = (ROOT / "book/teaching/new_to_spiking.md").read_text("utf8")
    rows, together = minutes(text)
    assert sum(rows) == together == 120
    places = re.findall(r"^\d+\. \*\*.*$", text, re.MULTILINE)
    claims = re.findall(r"^- Not .*$", text, re.MULTILINE)
    assert len(places) == 10 and len(claims) >= 6 and all("[§" in line for line in places + claims)


def test_the_rubric_s_marks_add_up():
    text = (ROOT / "book/teaching/rubric.md").read_text("utf8")
    assert [int(n) for n in re.findall(r"^## .*\((\d+) marks\)", text, re.MULTILINE)] == [
        16,
        5,
        3,
    ] and "24 marks" in text
    assert (
        text.count("| **W") + text.count("| **H") == 4
        and len(
            re.findall(r"^\| (?:purpose|method|process|results|conclusion) \|", text, re.MULTILINE)
        )
        == 5
    )
