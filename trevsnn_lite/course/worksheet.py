"""Worksheets: a form that a reader fills in the page itself, as in chapter 18 (recall) and 19 (the
next paper). One HTML text with one inline script;
answers stay in the browser (localStorage) and leave it only as a file that the reader asks for. The
forms stand in worksheets/*.json."""

import hashlib
import html
import json
import pathlib
import re

from trevsnn_lite.course.demo import page_style

FOLDER = pathlib.Path(__file__).parent / "worksheets"
KINDS = ("text", "number", "checks", "score")
LINK = re.compile(r"\[([^]]+)\]\(([^)\s]+)\)")
"""[words](address) in a checklist: the section of the book that settles a fact."""


class Worksheet:
    """One part of a form, or all of it, shown by `_repr_html_`. With `filled`: a filled-in example,
    to read and to export, that stores nothing."""

    def __init__(
        self, form: dict, words: dict, part: str | None = None, answers: dict | None = None
    ):
        if part is not None and part not in form["parts"]:
            raise ValueError(f"part is {part!r}, expected one of {', '.join(form['parts'])}.")
        self.form, self.words, self.part, self.answers = form, words, part, answers

    def __repr__(self) -> str:
        what = f", part {self.part!r}" if self.part else ", filled in" if self.answers else ""
        return f"Worksheet {self.form['title']!r}{what}: shown in the rendered page."

    def _repr_html_(self) -> str:
        spec = {"form": self.form, "words": self.words, "part": self.part, "answers": self.answers}
        id = (
            f"tsheet-{self.form['name']}-"
            + hashlib.sha256(json.dumps(spec).encode()).hexdigest()[:8]
        )
        shown = [self.part] if self.part else list(self.form["parts"])
        body = "".join(self._part(id, name, alone=len(shown) == 1) for name in shown)
        if not self.answers:
            body += (
                '<p class="tsay" role="status" '
                f'aria-live="polite">{html.escape(self.words["no script"])}</p>'
            )
        style = page_style() + re.sub(r"\n\s*", "", (FOLDER / "worksheet.css").read_text("utf8"))
        return (
            f'<div class="tbox tsheet" id="{id}" '
            f'data-sheet="{html.escape(self.form["name"])}" '
            f'data-lm-suppress-shortcuts="true"><style>{style}</style>{body}</div>\n'
            f"<script>{_script(id, spec)}</script>"
        )

    def markdown(self) -> str:
        """The form as a file: with the example's answers, or empty."""
        lines = [f"# {self.form['title']}"]
        for part in self.form["parts"].values():
            lines.append(f"## {part['title']}")
            for field in part["fields"]:
                answer = (self.answers or {}).get(field["id"], "")
                if field["kind"] == "checks":
                    lines.append(
                        "\n".join(
                            f"- [{'x' if n in answer else ' '}] " + LINK.sub(r"\1", item)
                            for n, item in enumerate(field["items"])
                        )
                    )
                elif field["kind"] != "score":
                    lines.append(f"**{field['label']}**\n\n{answer}".strip())
        return "\n\n".join(lines) + "\n"

    def _part(self, id: str, name: str, alone: bool) -> str:
        part = self.form["parts"][name]
        fields = "".join(self._field(f"{id}-{field['id']}", field) for field in part["fields"])
        head = f'<p class="ttitle">{html.escape(part["title"])}</p>'
        return fields if alone and not part.get("head") else head + fields

    def _field(self, id: str, field: dict) -> str:
        label, kind = html.escape(field["label"]), field["kind"]
        if self.answers is not None:
            return (
                f'<p class="tlabel">{label}</p><p '
                f'class="tvalue">{html.escape(self.answers.get(field["id"], ""))}</p>'
            )
        if kind == "text":
            return (
                f'<div class="tfield"><label for="{id}">{label}</label><textarea '
                f'id="{id}" data-field="{field["id"]}" rows="{field.get("rows", 3)}" '
                f'placeholder="{html.escape(field.get("hint", ""))}" '
                'spellcheck="true"></textarea></div>'
            )
        if kind == "number":
            box = (
                f'<input id="{id}" data-field="{field["id"]}" type="number" min="0" '
                f'max="{field["max"]}" step="1">'
            )
            return f'<div class="tfield tshort"><label for="{id}">{label}</label>{box}</div>'
        if kind == "score":
            return (
                f'<div class="tfield"><p class="tlabel">{label}</p><div class="tscore" '
                "data-score></div></div>"
            )
        boxes = "".join(
            f'<div class="tcheck"><input type="checkbox" id="{id}-{n}" '
            f'data-field="{field["id"]}" value="{n}">'
            f'<label for="{id}-{n}">{_linked(item)}</label></div>'
            for n, item in enumerate(field["items"])
        )
        return (
            "<details "
            f'class="tfield"><summary>{label}</summary><fieldset><legend>{html.escape(self.words["tick"])}</legend>{boxes}</fieldset></details>'
        )


def worksheet(name: str, part: str | None = None, filled: str | None = None) -> Worksheet:
    """The form `name` ("recall", "next-paper") or one part of it; with `filled`, an example
    ("s-revsnn"). FileNotFoundError where there is none."""
    form = _read(name)
    answers = _read(f"{name}.{filled}")["answers"] if filled else None
    return Worksheet(form, _read("words.en"), part, answers)


def _linked(item: str) -> str:
    """A fact of a checklist, its links as HTML."""
    return LINK.sub(r'<a href="\2">\1</a>', html.escape(item))


def _read(name: str) -> dict:
    file = FOLDER / f"{name}.json"
    if not file.is_file():
        raise FileNotFoundError(
            f"There is no worksheet {name!r}: {file.name} is not in course/worksheets."
        )
    found = json.loads(file.read_text("utf8"))
    if "parts" in found:
        kinds = {field["kind"] for part in found["parts"].values() for field in part["fields"]}
        ids = [field["id"] for part in found["parts"].values() for field in part["fields"]]
        if not kinds <= set(KINDS) or len(ids) != len(set(ids)):
            raise ValueError(
                f"{file.name} has a field of unknown kind or an id twice; kinds are "
                f"{', '.join(KINDS)}."
            )
    return found


def _script(id: str, spec: dict) -> str:
    """The script of one worksheet; it finds its element by its place, else by its id."""
    source = re.sub(
        r"^\s*//.*\n", "", (FOLDER / "worksheet.js").read_text("utf8"), flags=re.MULTILINE
    )
    text = (
        "(() => "
        f"{{\nconst before = document.currentScript && "
        f"document.currentScript.previousElementSibling;\n"
        f'const host = before && before.id === "{id}" ? before : '
        f"document.querySelector('[id=\"{id}\"]:not([data-mounted])');\n"
        "if (!host) return;\nconst spec = "
        f"{json.dumps(spec, ensure_ascii=False)};\n{source}\nmount(host, spec);\n}})();"
    )
    return text.replace("</", "<\\/")
