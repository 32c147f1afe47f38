"""`python -m tools.handouts [--out _build/handouts]`: what is handed out and hung up in a seminar,
each on one or two pages of A4: the reading card, the boards, the five questions, and a run sheet
of one page for each plan.

They are pages of their own in book/_static/teaching, which any browser prints; with an installed
Chromium this writes PDFs of them too, and says how many pages each has."""

import argparse
import html
import json
import os
import pathlib
import re
import sys

from tools import boards, plans
from tools.slides import meeting_slides

ROOT = pathlib.Path(__file__).parents[1]
PLACE = "book/_static/teaching"
STYLE = """
@page { size: A4; margin: 12mm 13mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 184mm; background: #fff; color: #1b1f24; font: 10.5pt/1.4 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 16pt; margin: 0 0 2mm; } h2 { font-size: 11.5pt; margin: 3mm 0 1mm; } p { margin: 0 0 2mm; } .quiet { color: #5b6570; font-size: 9pt; }
table { border-collapse: collapse; width: 100%; } th, td { border: 0.3mm solid #9aa4ae; padding: 1mm 1.5mm; text-align: left; vertical-align: top; } th { background: #eef1f4; }
td.n, th.n { text-align: right; white-space: nowrap; }
section { break-inside: avoid; } .room { border-bottom: 0.3mm solid #9aa4ae; height: 8mm; }
@media screen { body { padding: 16px; } }
"""  # noqa: E501
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>{style}{more}</style></head>
<body>
{body}
</body></html>
"""  # noqa: E501


def files(root: pathlib.Path = ROOT) -> dict[str, str]:
    """{path: text} of all drawings and sheets."""
    found = {f"{PLACE}/{name}.svg": boards.board(name).svg() for name in boards.BOARDS}
    found[f"{PLACE}/reading-card.html"] = reading_card()
    found[f"{PLACE}/boards.html"] = board_sheet()
    found[f"{PLACE}/five-questions.html"] = five_questions(root)
    for plan in plans.load(root):
        found[f"{PLACE}/run-sheet-{plan.id}.html"] = run_sheet(plan)
    return found


def _page(title: str, body: str, more: str = "") -> str:
    return PAGE.format(title=html.escape(title), body=body, style=STYLE, more=more)


CARD = (
    ("PAPER", "authors, year, where, arXiv", 1),
    ("DATE, PASS", "", 1),
    ("1 PROBLEM", "for an outsider", 2),
    ("2 MATTERS", "who is stuck, at what cost", 2),
    ("3 HOW", "the one idea", 2),
    ("", "the parts it needs", 2),
    ("4 WHAT OF IT", "new", 2),
    ("", "limits", 2),
    ("", "uses", 2),
)
LATER = (
    ("DERIVED BY HAND", "", 2),
    ("BELIEVED FOR NOW", "", 2),
    ("DOUBTS", "each with what would settle it", 2),
    ("NEAREST OLDER PAPER", "and the one difference", 2),
    ("IF IT WERE MINE, I WOULD NEXT", "", 2),
)


def reading_card() -> str:
    """The card of book/how_to_read_a_paper.md, with room to write."""
    rows = "".join(_field(*one) for one in CARD)
    recall = "".join(
        f"<td>{word}</td>" for word in ("purpose", "method", "process", "results", "conclusion")
    )
    numbers = "".join('<tr class="line"><td></td><td></td><td></td></tr>' for _ in range(3))
    body = f"""<h1>Reading card</h1>
<p class="quiet">Fill it in after each pass in another colour. What is empty after pass 1 is the plan for pass 2.</p>
<table>{rows}</table>
<h2>RECALL, paper closed</h2>
<table class="recall"><tr>{recall}</tr></table>
<h2>NUMBERS I WOULD QUOTE</h2>
<table><tr><th>value</th><th>where in the paper</th><th>how sure: verified, derived, second-hand, unknown</th></tr>{numbers}</table>
<table class="later">{"".join(_field(*one) for one in LATER)}</table>"""  # noqa: E501
    more = (
        "th { width: 52mm; padding: 0.6mm 1.5mm; line-height: 1.25; } "
        "th .quiet { font-weight: 400; } "
        ".line td { height: 6.5mm; } .later { margin-top: 3mm; } "
        ".recall td { width: 20%; height: 18mm; }"
    )
    return _page("Reading card", body, more)


def _field(name: str, hint: str, lines: int) -> str:
    said = f'<span class="quiet">{hint}</span>' if hint else ""
    return f'<tr><th>{name} {said}</th><td style="height:{6.2 * lines:.1f}mm"></td></tr>'


def board_sheet() -> str:
    """All boards, two a row."""
    drawn = "".join(
        f"<section><h2>{name}: {boards.board(name).title}</h2>{boards.board(name).svg()}</section>"
        for name in boards.BOARDS
    )
    more = (
        "main { display: grid; grid-template-columns: 1fr 1fr; gap: 3mm 5mm; } "
        "svg { display: block; width: 100%; height: auto; border: 0.3mm solid #9aa4ae; }"
    )
    said = "What stands behind a question mark is left open until somebody has predicted it."
    body = f'<h1>Boards</h1><p class="quiet">{said}</p><main>{drawn}</main>'
    return _page("Boards", body, more)


def five_questions(root: pathlib.Path = ROOT) -> str:
    """The five questions of chapter 18 with room for answers, and none of its answers."""
    notebook = json.loads((root / "chapters/18_recall.ipynb").read_text("utf8"))
    text = "\n".join(
        "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
    )
    asked = re.findall(r"^## 18\.[1-5] (\w+: .*)$", text, re.MULTILINE)
    counts = dict(re.findall(r"^- \*\*[A-E]\.\*\* (\w+), of (\d)$", text, re.MULTILINE))
    parts = []
    for n, question in enumerate(asked, 1):
        facts = counts[question.partition(":")[0].lower()]
        parts.append(
            f"<section><h2>{n} {html.escape(question)}</h2>"
            f'<p class="quiet">The checklist has {facts} facts. I expect ___ in my answer; '
            "found ___.</p>" + '<div class="room"></div>' * 5 + "</section>"
        )
    body = (
        "<h1>Five questions, from memory</h1>"
        '<p class="quiet">Papers closed. Write all five before you open a checklist. Name: '
        "______________________</p>" + "".join(parts)
    )
    return _page("Five questions", body, ".room { height: 7mm; }")


def run_sheet(plan: plans.Plan) -> str:
    """One page for the teacher: the clock, the steps, their slides, answers, and what to do when
    something fails."""
    many, slide, parts = len(plan.meetings), 1, []
    for n, meeting in enumerate(plan.meetings, 1):
        rows, start = [], 0
        shown = meeting_slides(meeting, n)
        first = slide + 1
        slide += len(shown)
        numbers = {id: first + k for k, (id, _, _) in enumerate(shown)}
        for k, row in enumerate(meeting.rows, 1):
            own = [number for id, number in numbers.items() if id.startswith(f"meeting-{n}-{k}-")]
            span = f"{own[0]}–{own[-1]}" if len(own) > 1 else str(own[0])
            what = html.escape(plans.told(row.what)).replace("*", "")
            if row.laptop:
                instead = html.escape(plans.told(row.instead)).replace("*", "")
                what += f' <span class="quiet">Cannot run it: {instead}.</span>'
            elif row.unread != "the same" and many < 4:
                unread = html.escape(plans.told(row.unread)).replace("*", "")
                what += f' <span class="quiet">Unread: {unread}.</span>'
            rows.append(
                f'<tr><td class="n">{start // 60}:{start % 60:02d}</td>'
                f'<td class="n">{row.minutes}</td><td>{what}</td>'
                f'<td class="n">{span}</td></tr>'
            )
            start += row.minutes
        answers = "<br>".join(_answer(line) for line in plans.votes(meeting))
        parts.append(
            f"<section><h2>{n} {html.escape(meeting.title)} "
            f'<span class="quiet">ends {start // 60}:{start % 60:02d}; before: chapters '
            f"{html.escape(meeting.home)}</span></h2>"
            '<table><tr><th class="n">at</th><th class="n">min</th><th>what</th>'
            f'<th class="n">slides</th></tr>{"".join(rows)}</table>'
            f'<p class="answers">{answers}</p></section>'
        )
    body = f"""<h1>Run sheet: {html.escape(plan.title)}</h1>
<p class="quiet"><b>Nothing installed</b>: pairs; demos from <code>site/</code>; paper. <b>A cell fails</b>: its last line aloud, first cell again; after two minutes another laptop. <b>Network down</b>: nothing needs it. <b>Late</b>: drop the discussion, keep the last step.</p>
<main>{"".join(parts)}</main>"""  # noqa: E501
    size = {1: "11pt", 2: "9.4pt", 4: "8.2pt", 8: "6.6pt"}[many]
    more = f"body {{ font-size: {size}; line-height: 1.3; }} p.answers {{ margin: 0.6mm 0 0; }}"
    more += " .quiet { font-size: 0.92em; } h2 { font-size: 1.2em; } h1 { font-size: 14pt; }"
    if many >= 4:
        more += (
            " main { columns: 2; column-gap: 5mm; } th, td { padding: 0.3mm 0.8mm; }"
            " h2 { margin: 1.5mm 0 0.5mm; } section { margin-bottom: 1.5mm; }"
        )
    return _page(f"Run sheet: {plan.title}", body, more)


def _answer(line: str) -> str:
    return html.escape(plans.told(line).replace("*", ""))


def write(root: pathlib.Path = ROOT) -> list[pathlib.Path]:
    """Write all drawings and sheets; the sheets' paths."""
    (root / PLACE).mkdir(parents=True, exist_ok=True)
    found = files(root)
    for name, text in found.items():
        part = (root / name).with_suffix(f".{os.getpid()}.part")
        part.write_text(text, "utf8")
        os.replace(part, root / name)
    return [root / name for name in found if name.endswith(".html")]


def print_all(sheets: list[pathlib.Path], out: pathlib.Path) -> dict[str, int] | None:
    """Print sheets into the folder `out`; {name: pages}, or None where there is no Chromium."""
    import shutil

    from tools.pdf import CHROMIUM, FLAGS

    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        return None
    from playwright.sync_api import sync_playwright
    from pypdf import PdfReader

    out.mkdir(parents=True, exist_ok=True)
    pages = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        tab = browser.new_page()
        for sheet in sheets:
            tab.goto(sheet.resolve().as_uri())
            part = out / f"{sheet.stem}.{os.getpid()}.part"
            tab.pdf(path=part, prefer_css_page_size=True, print_background=True)
            os.replace(part, out / f"{sheet.stem}.pdf")
            pages[sheet.stem] = len(PdfReader(out / f"{sheet.stem}.pdf").pages)
        browser.close()
    return pages


def main(arguments: list[str] | None = None) -> int:
    """Write and print the handouts; 0 done, 1 one does not fit its pages, 2 this is no checkout."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.handouts", description="Reading card, boards, questions, run sheets."
    )
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        default=pathlib.Path("_build/handouts"),
        help="the folder of the PDFs (default: %(default)s)",
    )
    given = parser.parse_args(arguments)
    if not (ROOT / "book").is_dir():
        print(f"handouts: there is no folder {ROOT / 'book'}.", file=sys.stderr)
        return 2
    sheets = write()
    pages = print_all(sheets, given.out)
    if pages is None:
        print(f"No Chromium is installed: print {PLACE}/*.html from your browser.")
        return 0
    for name, count in pages.items():
        print(f"{given.out / name}.pdf: {count} page{'s' if count > 1 else ''}")
    return int(any(count > most(name) for name, count in pages.items()))


def most(name: str) -> int:
    """The pages that a handout may have."""
    return 1 if name.startswith(("run-sheet", "reading-card")) else 2


if __name__ == "__main__":
    sys.exit(main())
