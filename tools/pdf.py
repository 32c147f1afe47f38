"""`python -m tools.pdf [--site FOLDER] [--out FILE] [PAGE ...]`: the built book as
one PDF, by the printing of an installed Chromium (`make pdf`).

The pages are put into one HTML file, in the book's order: links between them lead inside the PDF,
folded parts are open, demos show their still picture."""

import argparse
import os
import pathlib
import posixpath
import shutil
import sys
import tempfile
import urllib.parse

CHROMIUM = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# What only a screen has: copy buttons, anchors' signs, sliders, scripts.
SCREEN_ONLY = (
    "script, button, .headerlink, .copybtn, .toggle-button, input, .prev-next-area, .tdemo noscript"
)
PRINT_STYLE = """
@page { size: A4; margin: 18mm 16mm 20mm; }
html { font-size: 9.5pt; scroll-padding: 0; }
body { display: block; max-width: none; padding: 0; background: #fff; }
.printed { break-before: page; max-width: none; padding: 0; }
.printed h1, .printed h2, .printed h3, summary { break-after: avoid; }
pre, pre span, code { white-space: pre-wrap !important; overflow-wrap: anywhere; }
pre { font-size: 8.5pt; overflow: visible !important; }
div.cell, div.cell_output, div.cell_output .output, div.highlight, div.math, .pst-scrollable-table-container { overflow: visible !important; max-height: none !important; }
img, svg { max-width: 100% !important; height: auto; break-inside: avoid; }
table { width: 100%; table-layout: auto; font-size: 8.5pt; }
th, td { overflow-wrap: anywhere; padding: 2pt 4pt !important; }
thead { display: table-header-group; }
tr, blockquote p, .tfigure, div.math { break-inside: avoid; }
div.math .katex { font-size: 1.1em; }
a { text-decoration: none; }
h1 { font-size: 20pt !important; } h2 { font-size: 14pt !important; } h3 { font-size: 11pt !important; }
details.hide > summary { display: none !important; }
.tfigure img { max-width: 13cm !important; }
.tdemo { break-inside: avoid; }
.tdemo img { max-width: 12cm !important; display: block; margin: auto; }
.tquiz .topt, .tquiz .topt > div { display: block !important; }
.tquiz fieldset { break-inside: avoid; }
.contents li { list-style: none; margin: 1pt 0; }
"""  # noqa: E501
FOOTER = (
    '<div style="width:100%;font:8px sans-serif;color:#555;text-align:center"><span '
    'class="pageNumber"></span></div>'
)


def main(arguments: list[str] | None = None) -> int:
    """Print the book; 0 done, 2 where the built book or the browser is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.pdf", description="The built book as one PDF."
    )
    parser.add_argument(
        "pages",
        nargs="*",
        metavar="PAGE",
        help="such as chapters/03_the_bill; without any: all pages, in the book's order",
    )
    parser.add_argument(
        "--site", type=pathlib.Path, default=pathlib.Path("_build/html"), help="the built book"
    )
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("_build/trevsnn.pdf"))
    given = parser.parse_args(arguments)
    try:
        pages = given.pages or in_order(pathlib.Path("_toc.yml"))
        write(given.site, pages, given.out)
    except FileNotFoundError as error:
        print(f"pdf: {error}", file=sys.stderr)
        return 2
    print(
        f"{len(pages)} pages of the book printed into {given.out}, "
        f"{given.out.stat().st_size / 1e6:.1f} MB."
    )
    return 0


def in_order(contents: pathlib.Path) -> list[str]:
    """The book's pages in order, from _toc.yml."""
    import yaml

    if not contents.is_file():
        raise FileNotFoundError(f"there is no {contents}: run this in the checkout's root folder.")
    toc = yaml.safe_load(contents.read_text("utf8"))
    return [
        toc["root"],
        *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"]),
    ]


def write(site: pathlib.Path, pages: list[str], out: pathlib.Path) -> None:
    """Print `pages` of the built book `site` into the PDF `out`. Raises FileNotFoundError for a
    page that is not built, or where there is no Chromium."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        raise FileNotFoundError("no Chromium or Chrome is installed, which prints the book.")
    from playwright.sync_api import sync_playwright

    part = out.with_suffix(f".{os.getpid()}.part")
    with (
        tempfile.TemporaryDirectory() as desk
    ):  # links to the site's folders, and not the site: others read that meanwhile
        whole = pathlib.Path(desk, "printed.html")
        whole.write_text(one_file(site, pages), "utf8")
        for folder in filter(pathlib.Path.is_dir, site.resolve().iterdir()):
            whole.with_name(folder.name).symlink_to(folder, target_is_directory=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
                tab = browser.new_page()
                tab.set_default_timeout(600_000)
                tab.goto(whole.as_uri(), wait_until="load")
                tab.evaluate("document.fonts.ready")
                tab.pdf(
                    path=part,
                    prefer_css_page_size=True,
                    print_background=True,
                    tagged=True,
                    outline=True,
                    display_header_footer=True,
                    header_template="<span></span>",
                    footer_template=FOOTER,
                )
                browser.close()
            os.replace(part, out)
        finally:
            part.unlink(missing_ok=True)


def one_file(site: pathlib.Path, pages: list[str]) -> str:
    """One HTML text, to stand in the folder `site`, that holds the articles of `pages`, without a
    script."""
    import bs4

    parsed = {}
    for page in pages:
        file = site / f"{page}.html"
        if not file.is_file():
            raise FileNotFoundError(f"there is no page {file}: build the book first, by make book.")
        parsed[page] = bs4.BeautifulSoup(file.read_bytes(), "html.parser")
    articles = [article(soup, page, set(pages)) for page, soup in parsed.items()]
    first = parsed[pages[0]]
    links = {
        urllib.parse.urlsplit(
            posixpath.normpath(posixpath.join(posixpath.dirname(pages[0]), link["href"]))
        ).path
        for link in first.select("link[rel~=stylesheet]")
    }
    sheets = "".join(
        f'<link rel="stylesheet" href="{link}">'
        for link in sorted(links, key=lambda link: ("custom" in link, link))
    )
    checked = first.select_one(".page-check")
    names = "".join(
        f'<li><a href="#{anchor(page)}">{heading(soup)}</a></li>' for page, soup in parsed.items()
    )
    title = first.title.get_text().split("—")[-1].strip()
    when = checked.get_text(" ", strip=True).split("Report")[0] if checked else ""
    front = f'<h1>{title}</h1><p>{when}</p><ul class="contents">{names}</ul>'
    return (
        '<!DOCTYPE html><html lang="en" data-theme="light" data-mode="light"><head><meta '
        f'charset="utf-8"><title>{title}</title>{sheets}<style>{PRINT_STYLE}</style></head>'
        f'<body><div class="bd-article">{front}</div>{"".join(articles)}</body></html>'
    )


def heading(soup) -> str:
    """A page's title, without its anchor's sign."""
    return soup.select_one("article h1").find(string=True).strip()


def anchor(page: str, id: str = "") -> str:
    """The id, in the one file, of a page or of what has the id `id` on it."""
    return page.replace("/", "-") + (f"--{id}" if id else "")


def article(soup, page: str, printed: set[str]) -> str:
    """A page's text as a section of the one file: its ids are the page's own, its links lead to
    sections where these are printed."""
    found = soup.select_one("article.bd-article")
    for part in found.select(SCREEN_ONLY):
        part.decompose()
    for part in found.find_all("details"):
        part["open"] = ""
    for part in found.select("img[loading]"):
        del part["loading"]
    for part in found.find_all(id=True):
        part["id"] = anchor(page, part["id"])
    for part in found.find_all(href=True):
        part["href"] = inside(part["href"], page, printed)
    for part in found.find_all(src=True):
        if not urllib.parse.urlsplit(part["src"]).scheme:
            part["src"] = posixpath.normpath(posixpath.join(posixpath.dirname(page), part["src"]))
    return (
        '<section class="printed bd-article" '
        f'id="{anchor(page)}">{found.decode_contents()}</section>'
    )


def inside(address: str, page: str, printed: set[str]) -> str:
    """Where a link of `page` leads in the one file: addresses of other hosts and of files stay."""
    url = urllib.parse.urlsplit(address)
    if url.scheme or url.netloc:
        return address
    target = (
        posixpath.normpath(posixpath.join(posixpath.dirname(page), url.path)).removesuffix(".html")
        if url.path
        else page
    )
    return (
        f"#{anchor(target, url.fragment)}"
        if target in printed
        else posixpath.normpath(posixpath.join(posixpath.dirname(page), url.path))
    )


if __name__ == "__main__":
    sys.exit(main())
