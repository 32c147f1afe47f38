"""Multiple-choice quizzes with a reason for each option: radio buttons and style alone, so that
they work in a page without kernel or script."""

import base64
import hashlib
import html
import json
import pathlib
import re
import zlib

from trevsnn_lite.course.demo import page_style

FOLDER = pathlib.Path(__file__).parent / "quizzes"


class Quiz:
    """A chapter's questions, shown by `_repr_html_`. The same text on every run."""

    def __init__(self, chapter: str, questions: list[dict]):
        self.chapter, self.questions = chapter, questions
        for n, question in enumerate(questions, 1):
            options = question["options"]
            if (
                len(options) < 3
                or sum(option["right"] for option in options) != 1
                or not all(option["reason"] for option in options)
            ):
                raise ValueError(
                    f"Question {n} of the quiz of chapter {chapter} needs at least three "
                    "options, exactly one right one, and a reason for each."
                )

    def __repr__(self) -> str:
        return (
            f"Quiz of chapter {self.chapter}: {len(self.questions)} questions, shown in the "
            "rendered page."
        )

    def _repr_html_(self) -> str:
        name = (
            "tquiz-"
            + hashlib.sha256(json.dumps([self.chapter, self.questions]).encode()).hexdigest()[:8]
        )
        parts = [
            _question(f"{name}-{n}", n, question) for n, question in enumerate(self.questions, 1)
        ]
        return (
            '<div class="tbox tquiz" '
            f'data-lm-suppress-shortcuts="true"><style>{page_style()}</style>{"".join(parts)}</div>'
        )


def quiz(chapter: str) -> Quiz:
    """The quiz of a chapter ("07"), from course/quizzes/chNN.json."""
    file = FOLDER / f"ch{chapter}.json"
    if not file.is_file():
        raise FileNotFoundError(
            f"There is no quiz for chapter {chapter!r}: {file.name} is not in course/quizzes."
        )
    content = json.loads(file.read_text("utf8"))
    if "sealed" in content:  # the student edition's, see sealing.py
        content = json.loads(zlib.decompress(base64.b64decode(content["sealed"])))
    return Quiz(chapter, content["questions"])


def _question(name: str, n: int, question: dict) -> str:
    options = "".join(
        _option(name, f"{name}-{k}", option) for k, option in enumerate(question["options"])
    )
    return f"<fieldset><legend>{n}. {_inline(question['question'])}</legend>{options}</fieldset>"


def _option(name: str, id: str, option: dict) -> str:
    verdict = "Right." if option["right"] else "Not this one."
    kind = "right" if option["right"] else "wrong"
    return (
        f'<div class="topt"><input type="radio" name="{name}" id="{id}"><label '
        f'for="{id}">{_inline(option["text"])}</label>'
        f'<div role="status"><p class="{kind}"><strong>{verdict}</strong> '
        f"{_inline(option['reason'])}</p></div></div>"
    )


def _inline(text: str) -> str:
    """Escaped text in which `code` and *emphasis* are marked up."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
    return re.sub(r"(?<!\w)\*([^*\s][^*]*)\*(?!\w)", r"<em>\1</em>", text)
