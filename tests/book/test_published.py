"""What a published site has beside its pages: cards, structured data, addresses, feed, and none of
the addresses while the repository is the placeholder."""

import contextlib
import io
import json
import re
import shutil
import sys
from xml.etree import ElementTree

import bs4
import numpy as np
import pytest
from PIL import Image

from tests.book.building import ROOT
from tools import card
from trevsnn_lite.course import home

sys.path.insert(0, str(ROOT / "book/_ext"))
import published

NOWHERE = home.GITHUB + home.NOWHERE  # no literal: make set-repository rewrites those
ATOM, MAP = "{http://www.w3.org/2005/Atom}", "{http://www.sitemaps.org/schemas/sitemap/0.9}"
CHANGELOG = "# Changelog\n\n## Unreleased\n\n- `a` & b.\n\n## 0.1.0, 2026-12-01\n\n- First.\n"


@pytest.mark.parametrize(
    "repository, base, expected",
    [
        (NOWHERE, "", ""),
        ("https://github.com/Somebody/a-course/", "", "https://somebody.github.io/a-course/"),
        (NOWHERE, "https://a.org/b", "https://a.org/b/"),
    ],
)
def test_the_pages_address_follows_from_the_repository_s(repository, base, expected):
    assert published.address(repository, base) == expected


def built(folder, repository: str):
    """A site of a front page and a chapter, built by Sphinx with this extension."""
    from sphinx.application import Sphinx

    source, out = folder / "source", folder / "out"
    (source / "book").mkdir(parents=True)
    (source / "chapters").mkdir()
    (source / "tools").mkdir()
    shutil.copy(ROOT / "tools/outline.py", source / "tools")
    (source / "CHANGELOG.md").write_text(CHANGELOG)
    (source / "book/intro.rst").write_text(
        "Front & back\n============\n\nHello.\n\n.. toctree::\n\n   ../chapters/03_the_bill\n"
    )
    (source / "chapters/03_the_bill.rst").write_text(
        "The bill\n========\n\n.. note:: x\n\n" + "Many long words stand here. " * 20
    )
    with contextlib.redirect_stdout(io.StringIO()):
        app = Sphinx(
            source,
            None,
            out,
            folder / "trees",
            "html",
            {
                "extensions": ["book_pages", "published"],
                "root_doc": "book/intro",
                "html_theme": "sphinx_book_theme",
                "html_theme_options.repository_url": repository,
                "project": "A course",
                "author": "somebody",
                "copyright": "2026",
            },
            status=None,
        )
        app.build()
    return out


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return built(tmp_path_factory.mktemp("real"), "https://github.com/Somebody/a-course")


@pytest.fixture(scope="module")
def placeholder(tmp_path_factory):
    return built(tmp_path_factory.mktemp("none"), NOWHERE)


def head(out, page: str) -> dict[str, str]:
    """Names and properties of a page's metas, canonical, and its structured data as "ld"."""
    soup = bs4.BeautifulSoup((out / page).read_bytes(), "html.parser")
    found = {
        tag.get("name") or tag.get("property"): tag["content"]
        for tag in soup.find_all("meta", content=True)
        if tag.get("name") or tag.get("property")
    }
    for link in soup.find_all("link", rel=True):
        found[" ".join(link["rel"])] = link["href"]
    data = soup.find("script", type="application/ld+json")
    return found | ({"ld": json.loads(data.string)} if data else {})


def test_a_shared_link_has_its_card(real):
    at = "https://somebody.github.io/a-course/"
    page = head(real, "book/intro.html")
    assert page["canonical"] == page["og:url"] == page["citation_public_url"] == at
    assert page["og:image"] == at + "_static/card.png"
    assert page["twitter:card"] == "summary_large_image" and page["og:title"] == "Front & back"
    assert page["description"] == page["og:description"] == published.DESCRIPTION
    assert page["apple-touch-icon"] == "../_static/icon-180.png" and "theme-color" in page
    assert page["ld"]["@type"] == ["Course", "Book"] and page["ld"]["url"] == at
    other = head(real, "chapters/03_the_bill.html")
    assert other["canonical"] == other["og:url"] == at + "chapters/03_the_bill.html"
    assert other["description"].startswith("Chapter 3 of a course on T-RevSNN. The bill: what T")
    assert other["og:type"] == "article" and "citation_title" not in other
    entrance = head(real, "index.html")
    assert entrance["og:image"] == page["og:image"]
    assert entrance["apple-touch-icon"] == "_static/icon-180.png"


def test_site_map_robots_feed_and_the_page_for_lost_readers(real):
    at = "https://somebody.github.io/a-course/"
    where = [e.text for e in ElementTree.parse(real / "sitemap.xml").iter(f"{MAP}loc")]
    assert where == [at, at + "chapters/03_the_bill.html"]
    assert f"Sitemap: {at}sitemap.xml" in (real / "robots.txt").read_text()
    feed = ElementTree.parse(real / "changes.xml").getroot()
    entries = feed.findall(f"{ATOM}entry")
    assert [e.find(f"{ATOM}title").text for e in entries] == ["Unreleased", "0.1.0"]
    assert entries[1].find(f"{ATOM}updated").text == "2026-12-01T00:00:00Z"
    assert "<code>a</code> &amp; b." in entries[0].find(f"{ATOM}content").text
    assert (real / ".nojekyll").exists() and not (real / "CNAME").exists()
    lost = bs4.BeautifulSoup((real / "404.html").read_bytes(), "html.parser")
    assert lost.base["href"] == "/a-course/"
    assert [(real / a["href"]).is_file() for a in lost.find_all("a")] == [True, True]


def test_the_placeholder_claims_no_address(placeholder):
    for page in ("book/intro.html", "chapters/03_the_bill.html", "index.html"):
        found = head(placeholder, page)
        assert not {"canonical", "og:url", "og:image", "alternate", "citation_public_url"} & set(
            found
        )
        assert found["twitter:card"] == "summary" and found["og:title"]
        assert "github.io" not in (placeholder / page).read_text("utf8")
    assert not (placeholder / "sitemap.xml").exists() and not (placeholder / "changes.xml").exists()
    assert "Sitemap" not in (placeholder / "robots.txt").read_text()
    assert (placeholder / "404.html").exists() and (placeholder / ".nojekyll").exists()


def test_a_description_is_one_line_of_whole_words():
    from docutils.core import publish_doctree

    tree = publish_doctree("Title\n=====\n\n" + "wonderful words, " * 40)
    text = published.described("book/x", tree, {})
    assert len(text) <= 204 and re.fullmatch(r"(wonderful words, )+wonderful( words)? \.\.\.", text)


@pytest.mark.parametrize("name, size", [("card.png", (1200, 630)), ("icon-180.png", (180, 180))])
def test_the_committed_pictures_are_what_the_code_draws(name, size):
    """But for a font's last pixels."""
    file = ROOT / "book/_static" / name
    drawn = Image.open(io.BytesIO(card.PICTURES[name]())).convert("RGB")
    kept = Image.open(file).convert("RGB")
    assert kept.size == drawn.size == size and file.stat().st_size < 200_000
    assert np.abs(np.asarray(kept, float) - np.asarray(drawn, float)).mean() < 2
