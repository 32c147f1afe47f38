"""The teaching pages: minutes add up, every chapter is where it should be, sections exist,
questions and keys agree."""

import collections
import functools
import itertools
import json
import math
import re

import bs4
import pytest

from tests.book.building import ROOT
from tests.conftest import skips_pages
from tools import boards, handouts, outline, plans, seminar, slides
from trevsnn_lite.course.exercise import exercises

BANK = json.loads((ROOT / "data/teaching/questions.json").read_text("utf8"))
ENTRIES = seminar.entries(BANK)
PAGES = seminar.generated(ROOT)
PLANS = (ROOT / "book/teaching/plans.md").read_text("utf8")
MADE = plans.load()
MEETINGS = [(plan, n, meeting) for plan in MADE for n, meeting in enumerate(plan.meetings, 1)]
NAMED = pytest.mark.parametrize(
    "plan, n, meeting", MEETINGS, ids=[f"{plan.id}-{n}" for plan, n, _ in MEETINGS]
)
PARTS = {number: part for part, (_, chapters) in outline.PARTS.items() for number in chapters}


def minutes(table: str) -> tuple[list[int], int]:
    """The minutes of a table's rows, and its printed sum."""
    rows = re.findall(r"^\| (\d+) \|", table, re.MULTILINE)
    return [int(row) for row in rows], int(
        re.search(r"^\| \*\*(\d+)\*\* \| \*\*together", table, re.MULTILINE)[1]
    )


def at_home(plan: str) -> set[int]:
    """The chapters that a plan gives to read at home."""
    (made,) = [one for one in MADE if one.id == plan]
    given = [*(meeting.home for meeting in made.meetings), made.after_home]
    return {int(number) for one in given for number in one.partition(";")[0].split()}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_what_the_generator_writes(page):
    assert (ROOT / page).read_text("utf8") == PAGES[page], "run python -m tools.pages"


def test_there_are_plans_for_one_two_four_and_eight_meetings_and_for_spiking_networks():
    assert [(plan.id, len(plan.meetings)) for plan in MADE] == [
        ("1", 1),
        ("2", 2),
        ("4", 4),
        ("8", 8),
        ("s", 2),
    ]
    assert at_home("s") == {0, 1, 2, 4}
    for plan in MADE:
        assert re.search(rf"^### {plan.name}, before", PLANS, re.MULTILINE)
        assert f"### {plan.name}, after" in PLANS and f"run-sheet-{plan.id}.html" in PLANS


@NAMED
def test_a_meeting_s_minutes_add_up_and_are_printed(plan, n, meeting):
    heading = f"### {plan.name}, meeting {n}: {meeting.title} ({meeting.minutes} minutes)"
    rows, together = minutes(PLANS.split(heading)[1].split("\n### ")[0])
    assert rows == [row.minutes for row in meeting.rows]
    assert sum(rows) == together == meeting.minutes == 90 and len(rows) >= 4 and max(rows) <= 35


@NAMED
def test_students_run_something_for_ten_minutes_and_who_cannot_has_something_to_do(
    plan, n, meeting
):
    own = [row for row in meeting.rows if row.laptop]
    assert sum(row.minutes for row in own) >= 10 and all(row.instead for row in own)
    known = {one.id: one for chapter in seminar.SLUGS for one in exercises(f"{chapter:02d}")}
    for row in own:
        assert row.laptop == "11" or known[row.laptop].minutes + 2 <= row.minutes, row.laptop
    for fault in ("Nothing is installed", "A cell fails", "The network is down"):
        assert fault in PLANS


@NAMED
def test_chapters_are_read_before_a_meeting_discusses_them(plan, n, meeting):
    before = {
        number
        for earlier in plan.meetings[:n]
        for number in map(int, earlier.home.partition(";")[0].split())
    }
    for row in meeting.rows:
        links = re.findall(r"\[§(\d+)", row.what + row.with_)
        shown = re.findall(r"(?:^|; )(\d+)[ .]", row.slides)
        used = {int(number) for number in links + shown}
        assert row.new or used <= before, (plan.id, n, row.what)
        assert not (row.new and row.what.startswith("Discussion"))


def test_a_plan_that_uses_what_nobody_has_read_is_refused(tmp_path):
    text = (ROOT / "data/teaching/plans.toml").read_text("utf8")
    (tmp_path / "data/teaching").mkdir(parents=True)
    broken = text.replace('home = "6 7 8 9; 07.a 09.a"', 'home = "7 8 9; 07.a 09.a"')
    assert broken != text
    (tmp_path / "data/teaching/plans.toml").write_text(broken, "utf8")
    with pytest.raises(ValueError, match="Plan 4, meeting 3 uses chapter 6, which nobody"):
        plans.load(tmp_path)


@NAMED
def test_every_vote_of_a_meeting_has_its_answer_on_the_page(plan, n, meeting):
    told = PLANS.split(f"### {plan.name}, what the votes of meeting {n} come to\n")[1]
    told = told.split("\n### ")[0]
    asked = {
        chapter
        for row in meeting.rows
        for chapter in re.findall(r"(?:^|; )(\d+) predict", row.slides)
    }
    assert asked or meeting.answers
    for chapter in asked:
        assert re.search(rf"Predictions? of \[§{chapter}\]\([^)]*\): .*\([A-E]\)", told), chapter


def test_work_at_home_is_the_measured_minutes():
    costs = json.loads((ROOT / "data/chapter_costs.json").read_text("utf8"))
    given = [meeting.home for _, _, meeting in MEETINGS]
    given += [plan.after_home for plan in MADE if plan.after_home]
    for one in given:
        chapters, _, chosen = one.partition(";")
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
        table = seminar.home(one, costs)
        shown = [int(n) for n in re.findall(r"\| (\d+) \|$", table, re.MULTILINE)]
        assert shown == [*expected, sum(expected)] and shown[-1] <= 150
        assert seminar.linked(table, ROOT) in PLANS


def test_every_chapter_is_in_the_plans_where_it_should_be():
    assert at_home("8") == set(seminar.SLUGS)
    assert {PARTS[number] for number in at_home("4")} == {1, 2, 3, 4}
    for plan in (1, 2, 4, 8):
        text = PLANS.split(f"(plan-{plan})=")[1].split("(plan-")[0]
        assert {3, 7, 8, 18} <= {int(n) for n in re.findall(r"\[§(\d+)", text)}, plan


def test_boards_that_plans_name_exist_and_are_used():
    page = (ROOT / "book/teaching/boards.md").read_text("utf8")
    found = re.findall(r"^## (B\d+):", page, re.MULTILINE)
    assert found == list(boards.BOARDS) and set(re.findall(r"\bB\d+\b", PLANS)) == set(found)
    for name in found:  # drawn, and told to who does not see it
        assert f"![{boards.board(name).alt}](../_static/teaching/{name}.svg)" in page
    assert "```text" not in page


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
        re.findall(r"^\*\*((?:\d\d|open|closed)-\d+)\*\*", text, re.MULTILINE)
        for text in (asked, key)
    ]
    apart = seminar.examination(ROOT)
    alone = re.findall(r"^\*\*((?:open|closed)-\d+)\*\*", apart, re.MULTILINE)
    assert listed[0] == listed[1] and sorted(listed[0] + alone) == sorted(ids)
    assert len(alone) / len(ids) >= 1 / 3  # a third of the bank is in no page of the book
    for entry in entries:
        if not seminar.public(entry):
            assert entry["question"][:40] not in asked + key and entry["reason"][:40] not in key
            assert seminar._plain(entry["question"]) in apart
            assert f"*Answer:* {seminar._plain(entry['answer'])}" in apart
    for entry in entries:  # what is the teacher's alone has its options there
        if entry["options"] and not seminar.public(entry):
            for k, text in enumerate(entry["options"]):
                assert f"- ({'abc'[k]}) {seminar._plain(text)}\n" in apart
    for entry in entries:  # a lettered answer is an option that the bank prints under this letter
        if entry["options"]:
            letter, text = entry["answer"][1], entry["answer"][4:]
            assert entry["options"]["abcdef".index(letter)] == text
    assert len([entry for entry in entries if not entry["options"]]) >= 20


def test_neither_place_nor_length_tells_the_right_option_of_the_teacher_s_questions():
    found = collections.Counter()
    for one in BANK["closed"]:
        lengths, right = [len(text) for text in one["options"]], one["right"]
        found["abc"[right]] += 1
        found["longest"] += lengths[right] == max(lengths)
        found["shortest"] += lengths[right] == min(lengths)
        found["middle"] += min(lengths) < lengths[right] < max(lengths)
    shares = {guess: count / len(BANK["closed"]) for guess, count in found.items()}
    assert len(BANK["closed"]) >= 24
    assert all(abs(shares[letter] - 1 / 3) < 0.07 for letter in "abc"), shares
    assert max(shares[guess] for guess in ("longest", "middle", "shortest")) <= 0.45, shares


def test_the_teacher_s_questions_are_not_those_of_the_book():
    """No two share half of their longer words."""
    asked = {one["id"]: set(re.findall(r"[a-z]{5,}", one["question"].lower())) for one in ENTRIES}
    pairs = [
        (a, b)
        for a, b in itertools.combinations(asked, 2)
        if "closed" in a + b and len(asked[a] & asked[b]) > 0.5 * len(asked[a] | asked[b])
    ]
    assert pairs == []


@pytest.mark.parametrize(
    "answer, value",
    [
        ("0.5 * (0.5 * 0.7 + 0.7) + 0.7", 1.225),
        ("math.exp(-1 / 4)", 0.7788),
        ("0.5 * (1.6 - 1) + 0.5", 0.8),
        ("1 + 0.5 + 0.25", 1.75),
        ("1_000_000 * 4 / 32", 125_000),
        ("4 * 5 * 0.9", 18),
        ("(0.5**3 > 0.1) + (0.5**4 < 0.1)", 2),
        ("(0.9 - 0.5) / 0.5", 0.8),
        ("math.log2(1024)", 10),
        ("0.5 * 0.4 + 0.5 * 0.8 + 0.1", 0.7),
        ("2 / (math.sqrt(8 / 4) * math.sqrt(4))", 0.7071),
        ("0.5 * (0.2 + 0.6) + 0.1", 0.5),
        ("math.log(4)", 1.386),
        ("100 * math.sqrt(0.8 * 0.2 / 10_000)", 0.4),
        ("6 * 80_000 / 8", 60_000),
        ("4.6 / (0.9 * 9)", 0.568),
        ("((0.825 - 0.5) / 0.25 - 0.1) / 0.25", 4.8),  # plan 1, for who has no laptop
        ("(((0.825 - 0.5) / 0.25 - 0.1) / 0.25 - 0.9) / 0.25", 15.6),
        ("-1 + -0.5 + -0.25", -1.75),
        ("2 * (5 + 4 + 4 + 3)", 32),
    ],
)
def test_numbers_of_closed_questions_and_of_what_plans_compute(answer, value):
    assert eval(answer) == pytest.approx(value, rel=1e-3)


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


def test_four_reports_are_marked_by_the_rubric_and_stand_in_no_page():
    text = seminar.reports(ROOT)
    assert "**Made up.**" in text and "An estimate, not a measurement" in text
    parts = re.split(r"^## Report ", text, flags=re.MULTILINE)[1:]
    most = {"What problem": 4, "Why": 4, "How": 4, "Highlights, limits, uses": 4}
    most |= {"From memory": 5, "Honesty": 3}
    totals = []
    for part in parts:
        rows = re.findall(r"^\| ([A-Z][^|]*) \| (?:[\d − ]+ = )?(\d) \| \S", part, re.MULTILINE)
        assert {name: int(marks) <= most[name] for name, marks in rows} == dict.fromkeys(most, True)
        totals.append(int(re.match(r"[A-D]: (\d+) of 24", part)[1]))
        assert sum(int(marks) for _, marks in rows) == totals[-1]
        assert f"| **together** | **{totals[-1]}** | |" in part and "*What to write back*" in part
    assert len(totals) == 4 and max(totals) >= 20 and min(totals) <= 6 and sorted(totals)[1] < 12
    pages = "".join(path.read_text("utf8") for path in (ROOT / "book").rglob("*.md"))
    for line in re.findall(r"^> (.+)$", text, re.MULTILINE):
        assert line[:60] not in pages


@pytest.mark.parametrize("file", handouts.files())
def test_a_handout_is_what_make_handouts_writes(file):
    assert (ROOT / file).read_text("utf8") == handouts.files()[file], "run make handouts"


def test_the_card_and_the_questions_are_those_of_the_book_and_hold_no_answers():
    card = handouts.reading_card()
    page = (ROOT / "book/how_to_read_a_paper.md").read_text("utf8")
    block = page.split("(reading-card)=")[1].split("```text")[1].split("```")[0]
    for field in re.findall(r"[A-Z][A-Z ]{4,}[A-Z]", block):
        assert field.strip() in card, field
    sheet = handouts.five_questions()
    assert sheet.count("<h2>") == 5 and "Conclusion: what is confirmed" in sheet
    chapter = (ROOT / "chapters/18_recall.ipynb").read_text("utf8")
    for answer in re.findall(r"<summary>Model answer</summary>(.*?)</details>", chapter):
        assert answer[10:60] not in sheet


def test_a_run_sheet_names_the_clock_the_slides_and_the_answers():
    for plan in MADE:
        sheet = handouts.run_sheet(plan)
        for meeting in plan.meetings:
            starts = itertools.accumulate([row.minutes for row in meeting.rows[:-1]], initial=0)
            for start in starts:
                assert f">{start // 60}:{start % 60:02d}</td>" in sheet
            assert "ends 1:30" in sheet and handouts._answer(plans.votes(meeting)[0]) in sheet
        last = max(int(n) for n in re.findall(r"(\d+)</td></tr>", sheet))
        deck = slides.plan_deck(plan)
        assert last == deck.count("<section id=")


@pytest.mark.slow
@pytest.mark.skipif(skips_pages(), reason="no Chromium or Chrome is installed")
def test_handouts_print_on_one_or_two_pages(tmp_path):
    sheets = [ROOT / file for file in handouts.files() if file.endswith(".html")]
    pages = handouts.print_all(sheets, tmp_path)
    assert len(pages) == 8 and all(1 <= n <= handouts.most(name) for name, n in pages.items()), (
        pages
    )
    assert all((tmp_path / f"{name}.pdf").stat().st_size > 5000 for name in pages)
