"""Quizzes: well-formed questions, the same page on every run, and reasons that appear by choosing,
by keyboard, without a script."""

from collections import Counter

import pytest

from trevsnn_lite import course
from trevsnn_lite.course import questions

CHAPTERS = sorted(file.stem[2:] for file in questions.FOLDER.glob("ch*.json"))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_questions_are_whole_and_the_page_is_the_same_on_every_run(chapter):
    quiz = course.quiz(chapter)
    page = quiz._repr_html_()
    assert (
        page == course.quiz(chapter)._repr_html_() and "<script" not in page and "http" not in page
    )
    assert repr(quiz) == (
        f"Quiz of chapter {chapter}: {len(quiz.questions)} questions, shown in the rendered page."
    )
    for question in quiz.questions:
        reasons = [option["reason"] for option in question["options"]]
        assert len(set(reasons)) == len(reasons) and all(len(reason) > 20 for reason in reasons)


def test_neither_place_nor_length_tells_the_right_option():
    """Shares of the whole bank that each way of guessing gets right; a third is chance."""
    guesses, count = Counter(), 0
    for chapter in CHAPTERS:
        for question in course.quiz(chapter).questions:
            lengths = [len(option["text"]) for option in question["options"]]
            right = [option["right"] for option in question["options"]].index(True)
            guesses["abc"[right]] += 1
            guesses["longest"] += lengths[right] == max(lengths)
            guesses["shortest"] += lengths[right] == min(lengths)
            guesses["middle"] += min(lengths) < lengths[right] < max(lengths)
            count += 1
    shares = {guess: found / count for guess, found in guesses.items()}
    assert count >= 95 and len(shares) == 6
    assert all(abs(shares[letter] - 1 / 3) < 0.07 for letter in "abc"), shares
    assert max(shares[guess] for guess in ("longest", "middle", "shortest")) <= 0.45, shares


def test_no_quiz_can_be_passed_by_one_letter():
    for chapter in CHAPTERS:
        places = Counter(
            [option["right"] for option in question["options"]].index(True)
            for question in course.quiz(chapter).questions
        )
        assert max(places.values()) <= 2, chapter


def test_bad_quizzes_are_refused():
    right, wrong = (
        {"text": "a", "right": True, "reason": "r"},
        {"text": "b", "right": False, "reason": "r"},
    )
    for options in ([right, wrong], [right, right, wrong], [right, wrong, {**wrong, "reason": ""}]):
        with pytest.raises(ValueError, match="Question 1 of the quiz of chapter 07 needs"):
            questions.Quiz("07", [{"question": "?", "options": options}])
    with pytest.raises(FileNotFoundError, match="There is no quiz for chapter '99'"):
        course.quiz("99")


def test_text_is_escaped():
    option = {"text": "`a < b` is *so*", "right": False, "reason": "<script>"}
    page = questions.Quiz(
        "07",
        [{"question": "2 * 3 * 4 & 5", "options": [option, option, {**option, "right": True}]}],
    )._repr_html_()
    assert (
        "<code>a &lt; b</code> is <em>so</em>" in page
        and "2 * 3 * 4 &amp; 5" in page
        and "<script>" not in page
    )


def test_a_reason_appears_when_its_option_is_chosen_by_keyboard(browser, tmp_path):
    file = tmp_path / "quiz.html"
    file.write_text("<!doctype html><meta charset=utf-8>" + course.quiz("07")._repr_html_(), "utf8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    reasons = page.locator("fieldset").first.locator("p")
    visible = lambda: [reasons.nth(i).is_visible() for i in range(reasons.count())]
    assert visible() == [False, False, False]
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert visible() == [True, False, False]
    page.keyboard.press("ArrowDown")
    assert visible() == [False, True, False]
    context.close()
