"""Tests of the book's build: warnings are errors, links and #ids lead somewhere, the launch buttons
are right."""

import collections
import hashlib
import os
import re
import shutil
import types
import urllib.parse

import pytest

from tests.book.building import ROOT, build, pages, parsed, read_yaml
from trevsnn_lite.course import home

MAX_PAGE_BYTES = 1_000_000
FAULTY_PAGE = """# A faulty page

An undefined reference, {ref}`no-such-label`, document, {doc}`no-such-page`, citation, {cite}`nobody1900`, and term, {term}`no such term`.
"""


def test_book_builds_without_warnings(build_report):
    assert build_report == "", build_report[-6000:]


@pytest.mark.slow
def test_faults_in_a_page_fail_the_build(tmp_path):
    """Each kind of undefined reference is reported, and the build ends with an error; the same book
    without them builds."""
    shutil.copy(ROOT / "_config.yml", tmp_path)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/intro\n")
    for folder in ("_ext", "_static", "_templates"):
        shutil.copytree(
            ROOT / "book" / folder,
            tmp_path / "book" / folder,
            ignore=shutil.ignore_patterns("mathjax", "reveal"),
        )
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "book/references.bib").write_text(
        "@misc{somebody, title={A title}, author={Body, Some}, year={2000}}\n"
    )
    page = tmp_path / "book/intro.md"
    page.write_text("# A sound page\n\n{cite}`somebody`\n\n```{bibliography}\n```\n")
    sound = build(tmp_path)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    page.write_text(FAULTY_PAGE)
    faulty = build(tmp_path)
    report = re.sub(r"\x1b\[[0-9;]*m", "", faulty.stdout + faulty.stderr)
    assert faulty.returncode != 0
    for name in ("no-such-label", "no-such-page", "nobody1900", "no such term"):
        assert re.search(f"WARNING: .*{name}", report), f"no warning about {name} in:\n{report}"


def test_a_changed_style_sheet_or_extension_renews_all_pages(monkeypatch, tmp_path):
    """Sphinx looks at texts alone: it had left the old style sheet in the built site."""
    monkeypatch.syspath_prepend(str(ROOT / "book/_ext"))
    import finished

    style, last = tmp_path / "book/_static/a.css", tmp_path / "doctrees/environment.pickle"
    for file in (style, last):
        file.parent.mkdir(parents=True)
        file.touch()
    app = types.SimpleNamespace(srcdir=tmp_path, doctreedir=last.parent)
    env = types.SimpleNamespace(found_docs={"intro", "more"})
    for changed, renewed in ((1000, set()), (3000, env.found_docs)):
        os.utime(style, (changed, changed))
        os.utime(last, (2000, 2000))
        assert finished.outdated(app, env, set(), set(), set()) == renewed
    last.unlink()
    assert finished.outdated(app, env, set(), set(), set()) == set(), "the first build reads all"


def broken_links(site) -> list[str]:
    """Every internal address in the built pages whose file or #id does not exist, as `page:
    address`."""
    soups = {
        f.resolve(): parsed(f)
        for f in site.rglob("*.html")
        if "_static" not in f.relative_to(site).parts
    }
    ids = {
        f: {
            t.get("id") or t.get("name")
            for t in soup.find_all(lambda t: t.get("id") or t.get("name"))
        }
        for f, soup in soups.items()
    }
    broken = []
    for file, soup in soups.items():
        base = soup.find("base")  # the page for lost readers is shown at any address
        folder = site.resolve() if base else file.parent
        for tag in soup.find_all(lambda t: t is not base and (t.get("href") or t.get("src"))):
            address = tag.get("href") or tag.get("src")
            url = urllib.parse.urlsplit(address)
            if url.scheme or url.netloc:
                continue
            target = (folder / urllib.parse.unquote(url.path)).resolve() if url.path else file
            fragment = urllib.parse.unquote(url.fragment)
            if not target.is_file() or (fragment and target in ids and fragment not in ids[target]):
                broken.append(f"{file.relative_to(site.resolve())}: {address}")
    return sorted(set(broken))


def test_internal_links_lead_to_a_file_and_an_id(site):
    assert broken_links(site) == []


def test_a_broken_link_is_found(tmp_path):
    """Planted: an address without a file, an #id that the other page lacks, a picture that is not
    there; beside them what is sound."""
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there">1</a> <a href="b.html#gone">2</a> <a href="c.html">3</a> '
        '<img src="d.svg"> <a href="https://example.org/x">4</a> <a href="#here" '
        'id="here">5</a>'
    )
    (tmp_path / "b.html").write_text('<p id="there">B</p>')
    assert broken_links(tmp_path) == ["a.html: b.html#gone", "a.html: c.html", "a.html: d.svg"]


def weights(site) -> dict[str, int]:
    """Bytes of each page and of the files that it alone loads: {page: bytes}."""
    loaded = {}
    for page in pages():
        file = site / f"{page}.html"
        tags = parsed(file).find_all(
            lambda tag: tag.get("src") or (tag.name == "link" and tag.get("rel") == ["stylesheet"])
        )
        addresses = [urllib.parse.urlsplit(tag.get("src") or tag["href"]) for tag in tags]
        loaded[page] = {
            (file.parent / urllib.parse.unquote(url.path)).resolve()
            for url in addresses
            if not url.scheme and not url.netloc
        }
    users = collections.Counter(file for files in loaded.values() for file in files)
    return {
        page: (site / f"{page}.html").stat().st_size
        + sum(file.stat().st_size for file in files if users[file] == 1)
        for page, files in loaded.items()
    }


def test_a_page_is_at_most_one_megabyte_beyond_what_pages_share(site):
    assert {page: size for page, size in weights(site).items() if size > MAX_PAGE_BYTES} == {}


def test_every_page_is_built(site):
    assert [p for p in pages() if not (site / f"{p}.html").is_file()] == []


@pytest.mark.parametrize("page", [p for p in pages() if p.startswith("chapters/")])
def test_a_chapter_s_buttons_open_it_from_the_configured_repository(site, page):
    """In Binder and Kaggle too, at the commit that is published; without a home nowhere."""
    repository = read_yaml("_config.yml")["repository"]
    slug = repository["url"].removeprefix("https://github.com/")
    at = os.environ.get("TREVSNN_COMMIT", repository["branch"])
    soup = parsed(site / f"{page}.html")
    found = [a["href"] for a in soup.select(".dropdown-launch-buttons a")]
    addresses = [
        f"https://mybinder.org/v2/gh/{slug}/{at}?urlpath=lab/tree/{page}.ipynb",
        f"https://colab.research.google.com/github/{slug}/blob/{at}/{page}.ipynb",
        f"https://kaggle.com/kernels/welcome?src=https://github.com/{slug}/blob/{at}/{page}.ipynb",
    ]
    assert found == (addresses if home.has_home(repository["url"]) else [])


@pytest.mark.parametrize("page", pages())
def test_nothing_leads_to_a_home_that_is_not_there(site, page):
    url = read_yaml("_config.yml")["repository"]["url"]
    text = (site / f"{page}.html").read_text("utf8")
    assert home.has_home(url) or f'href="{url}' not in text


def test_citation_names_the_configured_repository():
    assert (
        read_yaml("CITATION.cff")["repository-code"]
        == read_yaml("_config.yml")["repository"]["url"]
    )


def test_vendored_mathjax_is_unaltered():
    folder = ROOT / "book/_static/mathjax"
    listed = dict(
        reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    found = {
        f"./{f.relative_to(folder).as_posix()}": hashlib.sha256(f.read_bytes()).hexdigest()
        for f in folder.rglob("*")
        if f.is_file() and f.name != "SHA256SUMS"
    }
    assert found == listed
