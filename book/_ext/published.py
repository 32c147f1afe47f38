"""Sphinx extension of this book: what a published site needs beside its pages. A description and a
card for links that people share, structured data, a canonical address, a site map, a page for
addresses that lead nowhere, a feed of changes.

All addresses follow from the repository's in _config.yml (`html: baseurl` there goes before it).
While that is the placeholder, no page claims an address: no canonical link, no site map, no card's
picture, no feed. The packages sphinxext-opengraph and sphinx-sitemap do most of this, but the first
paragraph of a chapter is its cost, and the second needs the history of git."""

import html
import json
import os
import pathlib
import re
import sys
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from docutils import nodes

from trevsnn_lite.course.home import has_home
from trevsnn_lite.course.home import site as pages_of

DESCRIPTION = (
    "A course on one paper, temporal reversible spiking neural networks (T-RevSNN, ICML 2024): "
    "20 chapters of notebooks and a small PyTorch library to read, run and take apart."
)
PAPER = {
    "@type": "ScholarlyArticle",
    "name": "High-Performance Temporal Reversible Spiking Neural Networks with O(L) Training "
    "Memory and O(1) Inference Cost",
    "url": "https://arxiv.org/abs/2405.16466",
}
CARD, ICON = "_static/card.png", "_static/icon-180.png"
CARD_ALT = (
    "Training a spiking network by undoing it. Two staircases of memory: keeping every step "
    "climbs, undoing with a tape stays low."
)


def address(repository: str, base: str | None = None) -> str:
    """Where the pages will be, with a slash at the end: `base`, or GitHub's address for the
    repository's pages; "" for the placeholder."""
    if base:
        return base.rstrip("/") + "/"
    return pages_of(repository) if repository and has_home(repository) else ""


def described(page: str, document, abouts: dict[str, str]) -> str:
    """One sentence or two on a page: of a chapter what the outline says, else its first
    paragraph, to 200 letters."""
    if page in abouts:
        return abouts[page]
    paragraphs = document.findall(nodes.paragraph) if document else []
    text = next((" ".join(p.astext().split()) for p in paragraphs if p.astext().strip()), "")
    if len(text) <= 200:
        return text
    return text[:200].rsplit(" ", 1)[0].rstrip(",;:.") + " ..."


def tags(page: str, title: str, description: str, site: dict) -> str:
    """The tags of a page's head. site: name, author, home (page), address, year, minutes."""
    at, home = site["address"], page == site["home"]
    where = at + (f"{page}.html" if not home else "") if at else ""
    named = {
        "description": description,
        "twitter:card": "summary_large_image" if at else "summary",
    }
    properties = {
        "og:type": "website" if home else "article",
        "og:site_name": site["name"],
        "og:title": title,
        "og:description": description,
    }
    if at:
        properties |= {
            "og:url": where,
            "og:image": at + CARD,
            "og:image:width": "1200",
            "og:image:height": "630",
            "og:image:alt": CARD_ALT,
        }
    if home:
        named |= {
            "citation_title": site["name"],
            "citation_author": site["author"],
            "citation_publication_date": site["year"],
            "citation_language": "en",
            **({"citation_public_url": at} if at else {}),
        }
    up = "../" * page.count("/")
    lines = [f'<meta name="{key}" content="{html.escape(text)}">' for key, text in named.items()]
    lines += [
        f'<meta property="{key}" content="{html.escape(text)}">' for key, text in properties.items()
    ]
    lines += [
        '<meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff">',
        '<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#121212">',
        f'<link rel="apple-touch-icon" href="{up}{ICON}">',
    ]
    if at:
        lines.append(
            f'<link rel="alternate" type="application/atom+xml" title="Changes" '
            f'href="{up}changes.xml">'
        )
    data = structured(page, title, description, where, site)
    if data:
        text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
        lines.append(f'<script type="application/ld+json">{text}</script>')
    return "\n" + "\n".join(lines)


def structured(page: str, title: str, description: str, where: str, site: dict) -> dict:
    """schema.org's data of the front page and of a chapter; {} for other pages."""
    book = {
        "@type": ["Course", "Book"],
        "name": site["name"],
        "author": {"@type": "Organization", "name": site["author"]},
        "provider": {"@type": "Organization", "name": site["author"]},
    }
    link = {"url": where} if where else {}
    if page == site["home"]:
        return {
            "@context": "https://schema.org",
            **book,
            **link,
            "headline": title,
            "description": description,
            "inLanguage": "en",
            "isAccessibleForFree": True,
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "about": PAPER,
        }
    if page not in site["minutes"]:
        return {}
    return {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "name": title,
        **link,
        "description": description,
        "timeRequired": f"PT{site['minutes'][page]}M",
        "isPartOf": book,
    }


def site_map(at: str, pages: list[str], home: str, dates: dict[str, str]) -> str:
    """sitemap.xml; dates: the day of a page's last check, where it is known."""
    root = ElementTree.Element("urlset", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
    for page in sorted(pages, key=lambda page: (page != home, page)):
        entry = ElementTree.SubElement(root, "url")
        ElementTree.SubElement(entry, "loc").text = at + (f"{page}.html" if page != home else "")
        if page in dates:
            ElementTree.SubElement(entry, "lastmod").text = dates[page]
    return _xml(root)


def changes(changelog: str, at: str, name: str, today: str) -> str:
    """The feed, an entry for each version of CHANGELOG.md. A heading "## 0.2.0, 2027-01-31" gives
    its date; one without is dated `today`, the day of the last check."""
    from markdown_it import MarkdownIt

    root = ElementTree.Element("feed", xmlns="http://www.w3.org/2005/Atom")
    found = re.findall(
        r"^## ([^\n,]+?)(?:, (\d{4}-\d\d-\d\d))?\n(.*?)(?=^## |\Z)",
        changelog,
        re.MULTILINE | re.DOTALL,
    )
    newest = max([date or today for _, date, _ in found], default=today)
    _entry(root, at, f"{name}: changes", newest)
    ElementTree.SubElement(root, "link", href=at)
    ElementTree.SubElement(root, "link", href=at + "changes.xml", rel="self")
    for version, date, text in found:
        entry = ElementTree.SubElement(root, "entry")
        _entry(entry, f"{at}changes.xml#{version.lower()}", version, date or today)
        ElementTree.SubElement(entry, "link", href=at)
        content = ElementTree.SubElement(entry, "content", type="html")
        content.text = MarkdownIt().render(text)
    return _xml(root)


def _entry(parent, id: str, title: str, date: str) -> None:
    ElementTree.SubElement(parent, "id").text = id
    ElementTree.SubElement(parent, "title").text = title
    ElementTree.SubElement(parent, "updated").text = f"{date}T00:00:00Z"
    author = ElementTree.SubElement(parent, "author")
    ElementTree.SubElement(author, "name").text = "the trevsnn-lite contributors"


def _xml(root) -> str:
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">{head}
<title>{title}</title>
<style>:root {{ color-scheme: light dark }} body {{ font: 1.1rem/1.6 system-ui, sans-serif;
max-width: 34rem; margin: 15vh auto; padding: 0 1rem }}
a {{ color: light-dark(#0a58ca, #8ab4f8) }}</style></head>
<body><main><h1>{heading}</h1>{body}</main></body></html>
"""


def lost(prefix: str, home: str, name: str) -> str:
    """404.html. It is shown at any depth, so that its links start from the site's own folder."""
    return PAGE.format(
        head=f'\n<base href="{prefix}"><meta name="robots" content="noindex">',
        title=f"Page not found: {name}",
        heading="This page is not here",
        body=f'<p>Perhaps it has moved. <a href="{home}.html">The front page</a> has the map of '
        'all chapters, and there is a <a href="search.html">search</a>.</p>',
    )


def entrance(home: str, name: str, head: str) -> str:
    """index.html: leads on to the front page, with the front page's card for those who share the
    site's address."""
    return PAGE.format(
        head=f'\n<meta http-equiv="refresh" content="0; url={home}.html">{head}',
        title=html.escape(name),
        heading=html.escape(name),
        body=f'<p><a href="{home}.html">To the front page</a></p>',
    )


def configure(app, config) -> None:
    """The address of the pages, where there is one: Sphinx makes the canonical links from it."""
    options = config.html_theme_options
    config.html_baseurl = address(options.get("repository_url", ""), config.html_baseurl)


def of_site(app) -> dict:
    """What `tags` needs of the whole site."""
    root, home = pathlib.Path(app.srcdir), app.config.root_doc
    file = root / "tools/outline.py"
    abouts, lengths = {home: DESCRIPTION}, {}
    if file.is_file():
        if str(root) not in sys.path:
            sys.path.append(str(root))
        from tools.outline import PARTS, minutes

        for _, chapters in PARTS.values():
            for number, (slug, name, about) in chapters.items():
                page, end = f"chapters/{slug}", " " if name.endswith("?") else ": "
                abouts[page] = f"Chapter {number} of a course on T-RevSNN. {name}{end}{about}."
                if slug in app.config.chapter_costs:
                    lengths[page] = minutes(app.config.chapter_costs[slug])
    return {
        "name": app.config.html_title or app.config.project,
        "author": app.config.author,
        "year": re.sub(r"\D", "", str(app.config.copyright))[:4],
        "home": home,
        "address": app.config.html_baseurl,
        "abouts": abouts,
        "minutes": lengths,
    }


def add_tags(app, page: str, template: str, context: dict, document) -> None:
    """Called for each page that has a document."""
    if document is None:
        return
    if not hasattr(app, "published"):
        app.published = of_site(app)
    site = app.published
    text = described(page, document, site["abouts"])
    title = html.unescape(re.sub("<[^>]+>", "", context["title"]))
    found = tags(page, title, text, site)
    context["metatags"] = context.get("metatags", "") + found
    if page == site["home"]:
        app.entrance = found
        if context.get("pageurl"):  # the site's own address, not that of its file
            context["pageurl"] = site["address"]


def write(file: pathlib.Path, text: str) -> None:
    """Write through a temporary file, so that none is left half-written."""
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, "utf8")
    os.replace(part, file)


def finish(app, error) -> None:
    """The files that are no pages."""
    if error or app.builder.name not in ("html", "dirhtml"):
        return
    out, site = pathlib.Path(app.outdir), of_site(app)
    at, name, home = site["address"], site["name"], site["home"]
    repository = app.config.html_theme_options.get("repository_url", "")
    folder = urlsplit(at).path if at else f"/{repository.rstrip('/').rsplit('/', 1)[-1]}/"
    write(out / "404.html", lost(folder, home, name))
    write(
        out / "robots.txt",
        "User-agent: *\nAllow: /\n" + (f"Sitemap: {urljoin(at, 'sitemap.xml')}\n" if at else ""),
    )
    head = getattr(app, "entrance", "").replace("../", "")
    if head:
        write(out / "index.html", entrance(home, name, head))
    if not at:
        return
    costs = app.config.chapter_costs
    dates = {f"chapters/{slug}": run["date"] for slug, run in costs.items() if "date" in run}
    write(out / "sitemap.xml", site_map(at, sorted(app.env.found_docs), home, dates))
    log = pathlib.Path(app.srcdir) / "CHANGELOG.md"
    if log.is_file():
        today = max(dates.values(), default="2026-01-01")
        write(out / "changes.xml", changes(log.read_text("utf8"), at, name, today))


def setup(app) -> dict:
    """Called by Sphinx."""
    app.setup_extension("sphinx.ext.githubpages")  # .nojekyll
    app.connect("config-inited", configure, priority=900)  # after read_costs of book_pages
    app.connect("html-page-context", add_tags, priority=800)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
