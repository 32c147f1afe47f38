"""The students' bundle and the teacher's, of a stand-in for the built book: what neither students
nor their nested archives may hold, no link into nothing, and the check of the evening before."""

import json
import re
import subprocess
import zipfile

import bs4
import pytest

from classroom import canaries, student_site
from tests.colab import stand_in
from tools import bundle, colab, search_index

pytestmark = pytest.mark.slow  # builds two wheels and an environment


@pytest.fixture(scope="module")
def standing(tmp_path_factory, root):
    return stand_in.site(tmp_path_factory.mktemp("site"), root)


@pytest.fixture(scope="module")
def zipped(standing, tmp_path_factory):
    return bundle.bundle(tmp_path_factory.mktemp("out"), standing)


@pytest.fixture(scope="module")
def unpacked(zipped, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    (top,) = folder.iterdir()
    return top


@pytest.fixture(scope="module")
def known():
    return canaries.canaries()


def test_students_get_no_solution_key_or_note_in_any_file(zipped, unpacked, known):
    kinds = ("the heading", "the solution", "the key of open", "the key of 1", "a discussion note")
    kinds += ("what is said of answers",)
    assert all(sum(what.startswith(kind) for what in known.values()) >= 5 for kind in kinds)
    with zipfile.ZipFile(zipped) as archive:
        names = archive.namelist()
    assert re.fullmatch(r"trevsnn-book-[\d.]+-student\.zip", zipped.name) and len(names) > 100
    gone = r"teaching|slides/|grading|question_key|_images/B\d"
    assert not [name for name in names if re.search(gone, name)]
    assert not [name for name in names if re.search("_static/(answers|micropython)/", name)]
    assert not [name for name in names if "/." in name or name.endswith((".lock", ".pyc"))]
    (wheel,) = unpacked.glob("*.whl")
    assert "+student-" in wheel.name and len([name for name in names if name.endswith(".whl")]) == 1
    assert canaries.leaks(unpacked, known) == []


@pytest.mark.parametrize(
    "kind",
    [
        "the solution of 07.a",
        "what is said of answers to 07.b",
        "the key of 14-4",
        "the key of open-20",
    ],
)
def test_a_text_left_behind_is_found_also_in_an_archive_in_an_archive(kind, known, tmp_path):
    """Planted as code with tags between its words, or as text, two archives deep."""
    text = next(canary for canary, what in known.items() if what == kind)
    spread = "".join(f"<b>{letter}</b>" for letter in text)
    with zipfile.ZipFile(tmp_path / "inner.whl", "w") as archive:
        archive.writestr("page.html", spread)
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(tmp_path / "inner.whl", "inner.whl")
    (tmp_path / "inner.whl").unlink()
    assert canaries.leaks(tmp_path, known) == [f"outer.zip/inner.whl/page.html holds {kind}"]


def test_the_stand_in_gives_everything_away(standing, known):
    """Else a clean student's site would say nothing."""
    found = {leak.partition(" holds ")[2] for leak in canaries.leaks(standing, known)}
    assert found == set(known.values())


def test_a_site_that_would_give_something_away_is_not_packed(standing, known, tmp_path, root):
    key = json.loads((root / "data/teaching/questions.json").read_text("utf8"))["open"][19]
    site = stand_in.site(tmp_path / "site", root)
    (site / "_static").mkdir(exist_ok=True)
    (site / "_static/notes.txt").write_text(key["answer"] + key["reason"] * 2, "utf8")
    (site / "_static/more.js").write_text(next(iter(known)), "utf8")
    with pytest.raises(ValueError, match="The students' bundle is not written: site/_static/more"):
        bundle.bundle(tmp_path / "out", site)
    assert list((tmp_path / "out").iterdir()) == []


def test_no_page_of_the_students_site_leads_to_a_page_that_is_gone(unpacked):
    site = unpacked / "site"
    pages = sorted(site.rglob("*.html"))
    assert len(pages) >= 22
    for file in pages:
        soup = bs4.BeautifulSoup(file.read_text("utf8"), "html.parser")
        links = [tag["href"].partition("#")[0] for tag in soup.select("[href]")]
        assert not [link for link in links if not (file.parent / link).is_file()], file
        assert "Teaching" not in soup.get_text() and "key of all" in soup.get_text()
        assert "the intro" in [tag.get_text() for tag in soup.find_all("a")]
        assert not soup.select(".tquiz, .tanswer, [data-form], details")
    index = (site / search_index.NAME).read_text("utf8")
    assert '"book/intro.html"' in index and "07_reversibility" in index
    assert not re.search("teaching|grading|question", index)
    for file in (site / "_sources/chapters").glob("*.ipynb"):
        assert file.read_bytes() == (unpacked / "chapters" / file.name).read_bytes()


def test_an_exercise_s_box_leaves_its_stub_and_says_where_to_answer():
    box = '<div class="tanswer" data-exercise="18.d" data-form="{}"><pre>verdicts = ...</pre></div>'
    left = student_site.page(box, "chapters/18.html")
    assert left == f"<div><pre>verdicts = ...</pre><p>{student_site.ASK_EXERCISE}</p></div>"


def test_a_page_s_code_and_other_boxes_stay():
    text = "<p>a</p><script>if (1 < 2) { x(); }</script><details><summary>Hint</summary>h</details>"
    assert student_site.page(text, "chapters/07.html") == text


def test_a_bare_laptop_is_ready_after_the_readme_s_lines_without_a_network(unpacked, tmp_path):
    """In a fresh environment that shares torch and the rest: the wheel, then the check. Before the
    wheel, the check says what is missing."""
    python = colab.environment(
        tmp_path / "env", colab.share(tmp_path / "shared", absent=()), colab=False
    )
    variables, offline = colab.variables(tmp_path / "home"), colab.no_network()

    def run(*command):
        return subprocess.run(
            [*offline, python, *command],
            env=variables,
            cwd=unpacked,
            capture_output=True,
            text=True,
            timeout=600,
        )

    before = run("check_laptop.py")
    assert before.returncode == 1 and "NOT YET trevsnn_lite cannot be imported" in before.stdout
    (wheel,) = unpacked.glob("*.whl")
    readme = (unpacked / "README.md").read_text("utf8")
    assert readme.startswith("Students' bundle: it holds no solutions") and "{" not in readme
    line = (
        f"python -m pip install --no-index --find-links wheels/linux -r packages.txt ./{wheel.name}"
    )
    assert line in readme
    installed = run(*line.split()[1:])
    assert installed.returncode == 0, installed.stderr
    after = run("check_laptop.py")
    assert after.returncode == 0 and after.stdout.endswith("Ready.\n"), after.stdout


def test_the_teacher_s_bundle_says_so_and_holds_all(standing, known, tmp_path, root, capsys):
    slides = stand_in.slides(tmp_path / "slides")
    given = ["--site", str(standing), "--out", str(tmp_path), "--slides", str(slides)]
    assert bundle.main(given) == 0
    assert capsys.readouterr().out.startswith("Teacher's bundle: it holds solutions, keys")
    (packed,) = tmp_path.glob("trevsnn-book-*-teacher.zip")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "there")
    (top,) = (tmp_path / "there").iterdir()
    assert (top / "README.md").read_text("utf8").startswith("Teacher's bundle: it holds solutions")
    for name in (
        "site/book/teaching/question_key.html",
        "book/teaching/discussion.md",
        "book/teaching/examination.md",
        "book/teaching/marked_reports.md",
        "book/_static/teaching/reading-card.html",
        "data/teaching/questions.json",
        "slides/index.html",
        "check_laptop.py",
        "packages.txt",
    ):
        assert (top / name).is_file(), name
    found = {leak.partition(" holds ")[2] for leak in canaries.leaks(top, known)}
    assert found == set(known.values())
