"""Formulas as HTML, set by KaTeX when the book is built: a page needs no script for them, shows no
raw TeX while it loads, and gives screen readers MathML. finished.py applies it to each page."""

import functools
import html
import json
import pathlib
import re

KATEX = pathlib.Path(__file__).parent / "katex/katex.min.js"
# A tag, or a part of a page whose text is shown as it stands or is not text.
APART = re.compile(
    r"(<(script|style|pre|code|textarea|title|svg|select)\b.*?</\2>|<!--.*?-->"
    r"|<[a-zA-Z/!](?:\"[^\"]*\"|'[^']*'|[^'\">])*>)",
    re.DOTALL,
)
FORMULA = re.compile(r"\\\((?P<inline>.+?)\\\)|\\\[(?P<display>.+?)\\\]", re.DOTALL)
# A short formula with a bracket before it or a point after it, which must not be parted from it.
GLUED = re.compile(
    r'[(\[“‘]*<span class="math notranslate nohighlight">\\\([^<]{1,24}\\\)</span>[.,;:!?)\]’”%]*'
)


def texts(page: str, change) -> str:
    """The page with `change` applied to each of its texts, as HTML; tags, code and scripts stay."""
    found, at = [], 0
    for apart in APART.finditer(page):
        found += [change(page[at : apart.start()]), apart[0]]
        at = apart.end()
    return "".join([*found, change(page[at:])])


def typeset(page: str, complain) -> str:
    r"""The page with its formulas, \(...\) and \[...\], set. One with a fault stays as TeX, and
    complain(what KaTeX says) is called."""

    def one(found: re.Match) -> str:
        display = found["inline"] is None
        try:
            tex = html.unescape(found["display" if display else "inline"]).strip()
            return displayed(tex) if display else katex(tex)
        except ValueError as error:
            complain(f"the formula {html.unescape(found[0])}: {error}")
            return f"<code>{found[0]}</code>"

    page = GLUED.sub(
        lambda found: (
            found[0]
            if found[0].startswith("<") and found[0].endswith(">")
            else f'<span class="tglue">{found[0]}</span>'
        ),
        page,
    )
    return texts(page, lambda text: FORMULA.sub(one, text) if "\\" in text else text)


def displayed(tex: str) -> str:
    r"""A formula apart from the text. Where two, or a formula and its number, have a \qquad between
    them, a narrow page breaks the line there first."""
    parts, depth = [""], 0
    for token in re.split(r"(\\begin|\\end|\\left|\\right|\\qquad|\\.|[{}])", tex):
        depth += {"{": 1, "}": -1, r"\begin": 1, r"\end": -1, r"\left": 1, r"\right": -1}.get(
            token, 0
        )
        if token == r"\qquad" and depth == 0:
            parts.append("")
        else:
            parts[-1] += token
    return "".join(katex(part, display=True) for part in parts if part.strip())


@functools.cache
def katex(tex: str, display: bool = False) -> str:
    """A formula as HTML. ValueError where KaTeX cannot read it, or LaTeX could not."""
    call = f"katex.renderToString({json.dumps(tex)}, {{displayMode: {json.dumps(display)}, "
    answer = _engine().eval(
        f"try {{ JSON.stringify([{call} strict: 'error'}})]) }} catch (e) {{ String(e.message) }}"
    )
    if not answer.startswith("["):
        raise ValueError(answer)
    return json.loads(answer)[0]


@functools.cache
def _engine():
    """A JavaScript engine with KaTeX in it."""
    import quickjs

    engine = quickjs.Context()
    engine.eval(f"var self = globalThis; {KATEX.read_text('utf8')}")
    return engine
