"""Sphinx extension of this book: the last work on a page's text, after the theme's templates.

Formulas are set. Scripts wait until the page is read, then run one by one, and the large ones go:
the one that draws icons, for the icons are a font of those that the theme and the book name, and
Bootstrap's, of which a page has two menus (menus.js). Pictures become files, which a page
loads when its reader comes near them. Chinese words say that they are Chinese. The list of pages
comes after the text in the order of keys and of screen readers."""

import base64
import hashlib
import pathlib
import re

import formulas
import icons
from sphinx.ext.mathjax import html_visit_displaymath, html_visit_math
from sphinx.util import logging

log = logging.getLogger(__name__)

CHINESE = re.compile(r"[\u4e00-\u9fff][\u3000-\u303f\u4e00-\u9fff\uff00-\uff60]*")
# the theme's lines in the page need the options at once
SCRIPT = re.compile(
    r"<script(?![^>]*\b(?:defer|async|type|documentation_options)\b)(?P<rest>[^>]*\bsrc=)"
)
ICON_SCRIPT = re.compile(
    r"\s*<!-- So that users[^>]*-->\s*<script[^>]*fontawesome\.js[^>]*></script>"
)
# A browser runs all that is deferred in one go, half a second on a telephone in which it answers
# nothing: what only waits for the page is loaded as early and run as tasks of their own.
DEFERRED = re.compile(r'<script defer(?:="defer")? src="(?P<src>[^"]+)"></script>')
LATER = r'<link rel="preload" as="script" fetchpriority="low" data-run href="\g<src>"/>'
ONE_BY_ONE = """<script>
addEventListener("DOMContentLoaded", () => document.querySelectorAll("link[data-run]").forEach(
  ({ href: src }) => document.head.append(
    Object.assign(document.createElement("script"), { src, async: false }))));
</script>"""
BOOTSTRAP = re.compile(r"\s*<(?:link|script)\b[^>]*/bootstrap\.js[^>]*>(?:</script>)?")
PRELOADED = re.compile(r'\s*<link rel="preload" as="script"[^>]*>')  # before all that is shown
PICTURE = re.compile(
    r'(?P<before><img\b[^>]*?) src="data:image/svg\+xml;base64,(?P<svg>[A-Za-z0-9+/=]+)"'
)
NUMBER = re.compile(
    r"\s*<!-- number: .*?-->"
)  # where a number of the text comes from: for its test
SIDEBAR = re.compile(
    r'(?P<sidebar><dialog id="pst-primary-sidebar-modal">.*?)'
    r'(?P<main>(?:<!--.*?-->\s*)?<main id="main-content".*?</main>)',
    re.DOTALL,
)
# The theme learns late whether the reader's system is dark, and styles the page twice.
THEME = re.compile(
    r'document\.documentElement\.dataset\.mode = localStorage\.getItem\("mode"\) \|\| "";\s*'
    r'document\.documentElement\.dataset\.theme = localStorage\.getItem\("theme"\) \|\| "";'
)
AT_ONCE = (
    'const mode = localStorage.getItem("mode") || "auto";\n'
    'const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";\n'
    'Object.assign(document.documentElement.dataset, {mode, theme: mode === "auto" ? dark : mode});'
)
# The theme's rule of what scrolls by keys reads and writes box by box, so that the page is laid out
# hundreds of times while it loads: scroll.js does its work.
THEME_SCRIPT = "scripts/pydata-sphinx-theme.js"
STOPS = re.compile(
    r"\.forEach\(\w+=>\{\w+\.tabIndex=\w+\.scrollWidth>\w+\.clientWidth\|\|"
    r"\w+\.scrollHeight>\w+\.clientHeight\?0:-1\}\)"
)
SECTION = re.compile(r'<section id="[^"]+"(?=>\s*(?:<span[^>]*></span>\s*)*<h2>)')
NO_TEXT = re.compile(r"<(pre|svg|script|style|math)\b.*?</\1>|<[^>]+>", re.DOTALL)
# Pixels of a section on a screen, by what stands in it: fitted to 181 sections in a browser; half
# of them are within a fifth.
HEIGHT = {r"<img ": 194, r"<tr\b": 16, r"<(?:p|li|h3|pre|dt)\b": 13, r"<details": 40}
SKIP = '<a href="#main-content">Skip to main content</a>'
PAGES = '<a href="#pst-primary-sidebar">Skip to the list of pages</a>'


def page(text: str, complain, picture) -> str:
    """A whole page as it is published. complain(text): called for a formula with a fault;
    picture(SVG): its file's address."""
    text = formulas.texts(text, lambda words: CHINESE.sub(r'<span lang="zh">\g<0></span>', words))
    text = formulas.typeset(text, complain)
    text = ICON_SCRIPT.sub("", text)
    text = BOOTSTRAP.sub("", text).replace(' data-bs-title="', ' title="')
    text = NUMBER.sub("", text)
    text = THEME.sub(f"{{ {AT_ONCE} }}", text)
    text = SCRIPT.sub(r"<script defer\g<rest>", PRELOADED.sub("", text))
    text = DEFERRED.sub(LATER, text).replace("</head>", f"{ONE_BY_ONE}\n</head>", 1)
    text = PICTURE.sub(lambda found: lazy(found["before"], found["svg"], picture), text)
    text = tall(text)
    text = SIDEBAR.sub(r"\g<main>\n\g<sidebar>", text, count=1)
    return text.replace(SKIP, f"{SKIP}\n{PAGES}", 1)


def tall(text: str) -> str:
    """The page with a guess of each section's height: what is far from the window is laid out when
    its reader comes near (custom.css), and the bar at the side shows from the start how much there
    is."""
    starts = [found.end() for found in SECTION.finditer(text)]
    ends = [*starts[1:], text.find("</article>") if "</article>" in text else len(text)]
    for start, end in reversed(list(zip(starts, ends))):
        inside = text[start:end]
        height = 120 + 0.36 * len(" ".join(NO_TEXT.sub("", inside).split()))
        height += sum(by * len(re.findall(what, inside)) for what, by in HEIGHT.items())
        text = f'{text[:start]} style="--tall:{height:.0f}"{text[start:]}'
    return text


def lazy(tag: str, coded: str, picture) -> str:
    """The start of an <img> whose picture is a file: it keeps its place before it is loaded."""
    svg = base64.b64decode(coded)
    box = re.search(rb'<svg [^>]*?viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', svg)
    ratio = f"aspect-ratio:{box[1].decode()}/{box[2].decode()};" if box else ""
    tag = re.sub(r'\bstyle="', f'style="{ratio}', tag, count=1)
    if ratio and "style=" not in tag:
        tag += f' style="{ratio}"'
    return f'{tag} loading="lazy" decoding="async" src="{picture(svg)}"'


def connect(app) -> None:
    """Before the pages are written: each goes through `page` on its way from the templates."""
    if app.builder.format != "html":
        return
    render, out = app.builder.templates.render, pathlib.Path(app.outdir)

    def finished(template: str, context: dict) -> str:
        name = context.get("pagename")
        text = render(template, context)
        if name is None or "<main" not in text:
            return text

        def picture(svg: bytes) -> str:
            file = out / "_images" / f"{hashlib.sha256(svg).hexdigest()[:16]}.svg"
            if not file.is_file():
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(svg)
            return "../" * name.count("/") + f"_images/{file.name}"

        return page(text, lambda fault: log.warning(fault, location=name), picture)

    app.builder.templates.render = finished


def without_stops(script: str) -> str:
    """The theme's script without its rule of tab stops. Raises ValueError where a new version of
    the theme writes the rule in another way."""
    text, found = STOPS.subn(".length", script)
    if found != 1 and "scrollWidth" in script:
        raise ValueError(f"{THEME_SCRIPT} has its rule of tab stops {found} times, expected once.")
    return text


def hasten(app, error) -> None:
    """When all pages are written: their theme's script as the page loads it."""
    if error is None and app.builder.format == "html":
        file = pathlib.Path(app.outdir) / "_static" / THEME_SCRIPT
        file.write_text(without_stops(file.read_text("utf8")), "utf8")


def draw_icons(app, error) -> None:
    """When all pages are written, for it is their icons."""
    if error is None and app.builder.format == "html":
        out = pathlib.Path(app.outdir)
        pages = [file.read_text("utf8") for file in out.rglob("*.html")]
        static = out / "_static"
        (static / "icons.css").write_text(icons.sheet(static, icons.used(static, pages)), "utf8")


def outdated(app, env, added, changed, removed) -> set[str]:
    """All pages, where a style sheet, a script or an extension is newer than the last build: Sphinx
    looks at texts alone, and leaves a site as it is where none has changed."""
    last = pathlib.Path(app.doctreedir, "environment.pickle")
    ours = [f for part in ("_static", "_ext") for f in (app.srcdir / "book" / part).rglob("*.*")]
    ours = [f for f in ours if f.suffix != ".pyc"]
    old = last.exists() and max(f.stat().st_mtime for f in ours) > last.stat().st_mtime
    return set(env.found_docs) if old else set()


def setup(app) -> dict:
    """Called by Sphinx."""
    app.add_html_math_renderer(
        "katex", (html_visit_math, None), (html_visit_displaymath, None)
    )  # writes TeX between \( and \), as for MathJax
    app.add_css_file("katex/katex.css")
    app.add_css_file("icons.css")
    app.add_js_file("scroll.js")
    app.add_js_file("menus.js")
    app.connect("builder-inited", connect)
    app.connect("env-get-outdated", outdated)
    app.connect("build-finished", draw_icons)
    app.connect("build-finished", hasten)
    return {"parallel_read_safe": True, "parallel_write_safe": False}  # one engine, in one process
