"""Which files of a class are papers, whose they are, and what the results say of them: no notebook
is run here."""

import csv
import io
import json
import os
import pathlib
import stat
import zipfile

import pytest

from classroom import grades_page, grading, papers, similar
from tests.course.grader_kit import RIGHT, paper, source
from trevsnn_lite.course.exercise import find

NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4}'


def collected(folder: pathlib.Path, *roster: str) -> papers.Class:
    return papers.collect(folder, folder / "results", roster)


def zipped(*members, **texts) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in members:
            archive.writestr(name, NOTEBOOK)
    return buffer.getvalue()


def test_papers_are_found_under_all_the_names_that_systems_give_them(tmp_path):
    for name in (
        "anna.ipynb",
        "bert.IPYNB",
        "carl.ipynb.txt",
        "dora.ipynb (1)",
        "emil.json",
        "fred.txt",
        "gina",
        "group/week1/07.ipynb",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(NOTEBOOK)
    (tmp_path / "hans.zip").write_bytes(zipped("07.ipynb", "deep/er/08.ipynb"))
    found = collected(tmp_path)
    students = [paper.student for paper in found.papers]
    assert students == [
        *["anna", "bert", "carl", "dora", "emil", "fred", "gina", "group", "hans", "hans"]
    ]
    assert found.passed_over == () and found.papers[-1].name == "hans.zip/deep/er/08.ipynb"
    assert all(paper.content() == NOTEBOOK.encode() for paper in found.papers)


def test_what_is_no_paper_is_passed_over_with_its_reason(tmp_path):
    for name in ("a.pdf", "b.py", ".ipynb_checkpoints/c.ipynb", "d.rar", "e", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    (tmp_path / "link.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "links").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "torn.zip").write_bytes(b"PK")
    (tmp_path / "inner.zip").write_bytes(zipped("a.zip", "b.pdf", "__MACOSX/x.ipynb", "ok.ipynb"))
    (tmp_path / "results/feedback").mkdir(parents=True)
    (tmp_path / "results/grades.csv").write_text("")
    found = collected(tmp_path)
    assert [paper.name for paper in found.papers] == ["inner.zip/ok.ipynb"]
    assert dict(found.passed_over) == {
        ".ipynb_checkpoints": "hidden: a copy that Jupyter or the system keeps",
        "a.pdf": "no notebook: its name ends in .pdf",
        "b.py": "no notebook: its name ends in .py",
        "d.rar": "a .rar archive: unpack it, only .zip is read",
        "e": "no notebook",
        "inner.zip/__MACOSX/x.ipynb": "hidden: a copy that Jupyter or the system keeps",
        "inner.zip/a.zip": "a zip in a zip: unpack the outer one",
        "inner.zip/b.pdf": "no notebook: its name ends in .pdf",
        "link.ipynb": "a link: links are not followed",
        "links": "a link: links are not followed",
        "notes.txt": "no notebook: its name ends in .txt",
        "pipe.ipynb": "no regular file",
        "torn.zip": "no zip that can be read (BadZipFile)",
    }


def test_a_hostile_zip_does_no_harm(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    with zipfile.ZipFile(folder / "eve.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../../up.ipynb", NOTEBOOK)
        archive.writestr("/abs.ipynb", NOTEBOOK)
        archive.writestr("c:\\win\\x.ipynb", NOTEBOOK)
        link = zipfile.ZipInfo("link.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("_" * 60_000 + ".ipynb", NOTEBOOK)
        with archive.open("bomb.ipynb", "w", force_zip64=True) as bomb:
            for _ in range(80):
                bomb.write(bytes(2**20))
    with zipfile.ZipFile(folder / "many.zip", "w") as archive:
        for n in range(papers.MOST_MEMBERS + 50):
            archive.writestr(f"{n}.ipynb", "")
    (folder / "locked.zip").write_bytes(_with_password(zipped("07.ipynb")))
    found = collected(folder)
    eve = {paper.name: paper for paper in found.papers if paper.student == "eve"}
    assert list(eve) == [
        "eve.zip/abs.ipynb",
        "eve.zip/bomb.ipynb",
        "eve.zip/c:/win/x.ipynb",
        "eve.zip/up.ipynb",
    ]
    assert eve["eve.zip/up.ipynb"].content() == NOTEBOOK.encode()
    with pytest.raises(ValueError, match="has 64 MiB or more"):
        eve["eve.zip/bomb.ipynb"].content()
    assert dict(found.passed_over) == {
        f"eve.zip/{'_' * 52}...": "its name is too long",
        "eve.zip/link.ipynb": "a link: links are not followed",
        "many.zip": "50 more files of it: only 2000 are read",
        "locked.zip/07.ipynb": "in a zip with a password",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["papers"], "nothing was unpacked"


def _with_password(content: bytes) -> bytes:
    """The flag alone, in both headers."""
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(mark) + place
        content = content[:at] + bytes([content[at] | 1]) + content[at + 1 :]
    return content


@pytest.mark.parametrize(
    "name, student",
    [
        ("anna.ipynb", "anna"),
        ("anna_07.ipynb", "anna"),
        ("anna-ch07.ipynb", "anna"),
        ("Anna Smith 07_reversibility (1).ipynb", "Anna Smith"),
        ("12345678_07_reversibility.ipynb", "12345678"),
        ("anna/07.ipynb", "anna"),
        ("anna/week1/bert_07.ipynb", "anna"),
        ("group/zoë müller/07.ipynb", "Müller, Zoë"),
        ("mueller_zoe_983_07.ipynb", "mueller_zoe_983"),
        ("Li Wei_12345_assignsubmission_file/07.ipynb", "Li Wei"),
        ("LI-WEI_07.ipynb", "Li Wei"),
        ("li weiss/07.ipynb", "li weiss"),
    ],
)
def test_whose_a_paper_is(name, student, tmp_path):
    roster = ("Li Wei", "Li", "Nobody", "Müller, Zoë", "zoë müller")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(NOTEBOOK)
    if student == "Müller, Zoë":
        roster = ("Li Wei", "Müller, Zoë")
        student = "group"  # not in the roster's order of words: named by its folder, and told
    if student == "li weiss":
        student = "Li"  # a whole word of the name
    found = collected(tmp_path, *roster)
    assert [paper.student for paper in found.papers] == [student]
    assert (student in found.strangers) == (student not in roster)
    assert "Nobody" in found.missing or "Nobody" not in roster


@pytest.mark.parametrize(
    "text, names",
    [
        ("anna\nbert\n", ("anna", "bert")),
        ("\ufeffid;Name\n1;Anna Smith\n2;Bert\n", ("Anna Smith", "Bert")),
        ('student,group\n"Smith, Anna",1\n\nanna,2\n', ("Smith, Anna", "anna")),
    ],
)
def test_a_roster_is_read_as_spreadsheets_write_it(text, names, tmp_path):
    (tmp_path / "roster.csv").write_text(text, "utf8")
    assert papers.read_roster(tmp_path / "roster.csv") == names


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_a_notebook_is_read_in_every_code(code, tmp_path):
    text = paper({"07.a": RIGHT["07.a"] + "\n# früher\n"}).replace("\\u00fc", "ü")
    text = json.dumps(json.loads(text), ensure_ascii=code == "latin-1")
    text = text.replace("fr\\u00fcher", "früher")
    (tmp_path / "anna.ipynb").write_bytes(text.encode(code))
    cells, chapters = papers.read(collected(tmp_path).papers[0])
    assert chapters == {"07"} and any("früher" in source for source, _ in cells)


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "The file is empty."),
        ('{"cells": [', "The file is no notebook (JSONDecodeError)."),
        ("[" * 10**5, "The file is no notebook (RecursionError)."),
        ('{"cells": [{}]}', "The file is no notebook (KeyError)."),
        ('{"cells": []}', "The notebook belongs to no chapter that has exercises"),
    ],
)
def test_what_is_no_notebook_is_said(text, sentence, tmp_path):
    (tmp_path / "anna.ipynb").write_text(text)
    with pytest.raises(ValueError) as error:
        papers.read(collected(tmp_path).papers[0])
    assert str(error.value).startswith(sentence)


# ------------------------------------------------------------------------------------- results


def grade(student: str, id: str, verdict: str, diagnosis: str = "", notebook: str = "07.ipynb"):
    return grading.Grade(student, id, verdict, diagnosis, 1.0, notebook)


def results(*grades, missing=(), strangers=()) -> grades_page.Results:
    found = papers.Class((), (("x.pdf", "no notebook"),), missing, strangers)
    return grades_page.Results(list(grades), found)


def test_a_student_has_one_line_and_one_total_whatever_was_handed_in_twice():
    found = results(
        grade("anna", "07.a", "wrong", "other: no"),
        grade("anna", "07.b", "correct"),
        grade("anna", "07.a", "correct", notebook="07 (1).ipynb"),
        grade("anna", "08.a", "not done", notebook="08.ipynb"),
        grade("bert", "", "unreadable", notebook="x.ipynb"),
        missing=("zoe",),
        strangers=("bert",),
    )
    rows = list(csv.reader(grades_page.as_students(found).splitlines()))
    assert rows == [
        ["student", "points", "of", "07.a", "07.b", "08.a", "note"],
        ["anna", "2", "3", "correct", "correct", "not done", ""],
        ["bert", "0", "3", "", "", "", "not on the roster. x.ipynb could not be read"],
        ["zoe", "0", "3", "", "", "", "handed in nothing"],
    ]


def test_the_class_is_counted_by_its_mistakes():
    found = results(
        *(grade(f"s{n}", "07.e", "wrong", "one step short: count") for n in range(9)),
        grade("s9", "07.e", "correct"),
        grade("t0", "07.e", "error", "stopped"),
        grade("t1", "07.e", "not done"),
    )
    assert found.mistakes() == [("07.e", "one step short", 9, 11), ("07.e", "error", 1, 11)]
    page = grades_page.as_page(found, [])
    assert "<td>one step short</td>" in page and "9 of 11" in page and "x.pdf" in page


def test_feedback_tells_a_student_the_own_answers_alone(tmp_path):
    grades = [grade("anna", "07.a", "wrong", "other: look"), grade("bert", "07.a", "correct")]
    found = papers.Class((), (), ("../up", "CON.txt"))
    grades_page.write(grades, found, [], tmp_path)
    texts = {file.name: file.read_text("utf8") for file in (tmp_path / "feedback").iterdir()}
    assert texts["anna.txt"] == "anna: 0 of 1 answers correct.\n\n07.a: wrong. other: look\n"
    assert "anna" not in texts["bert.txt"] and all("/" not in name for name in texts)
    assert len(texts) == 4 and "Nothing was handed in" in texts["CON.txt.txt"]
    assert (tmp_path / "grades.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_files_of_feedback_do_not_overwrite_each_other():
    names = grades_page._file_names(["Anna", "anna", "a/b", "a_b", "..", "x" * 300])
    assert len({name.casefold() for name in names.values()}) == 6
    assert all(len(name) < 100 and name[0] != "." for name in names.values())


def test_what_students_write_is_disarmed_everywhere():
    bad = "=HYPERLINK('x')\nnext \ud800 <script> \x1b]0;x\x07 \u202egnp"
    one = grade("<b>eve</b>", "07.a", "error", bad, "@x.ipynb")
    found = results(one)
    page, table = grades_page.as_page(found, []), grades_page.as_csv([one])
    everything = page + table + grades_page.as_feedback(found, "<b>eve</b>")
    assert "<b>" not in page and "<script>" not in page and "&lt;b&gt;eve" in page
    assert "'=HYPERLINK('x') next" in table and "'@x.ipynb" in table and table.count("\n") == 2
    assert not any(char in everything for char in "\x1b\x07\u202e") and "\\u202e" in table
    assert grades_page.visible("مریم\u200cها") == "مریم\u200cها", "a joiner is a part of a name"


# ---------------------------------------------------------------------------------- similarity

OWN = """def undo(last, inputs, decay):
    stack, n = [], len(inputs) - 1
    while n >= 0 and not (decay == 0 and last is None):
        last = -inputs[n] / decay + last / decay
        stack += [last]
        n -= 1
    return sorted(stack, key=lambda v: -stack.index(v))
"""


def class_of(folder: pathlib.Path, **texts: str) -> list[similar.Pair]:
    for name, text in texts.items():
        (folder / f"{name}.ipynb").write_text(text)
    return similar.pairs(collected(folder).papers)


def test_near_identical_papers_are_named_also_where_names_and_comments_were_changed(tmp_path):
    changed = OWN.replace("stack", "pile").replace("n ", "k ").replace("[n]", "[k]")
    changed = (
        changed.replace("(v)", "(w)")
        .replace("v:", "w:")
        .replace("    pile +=", "    # my own\n        pile +=".replace("        ", "    ", 1))
    )
    pairs = class_of(
        tmp_path,
        anna=paper({"07.a": OWN}),
        bert=paper({"07.a": changed}),
        carl=paper({"07.a": find("07.a").solution}),
        dora=paper({"07.a": find("07.a").solution}),
        emil=source(),
        fred="{",
    )
    assert [(pair.students, pair.exercises) for pair in pairs] == [(("anna", "bert"), ("07.a",))]
    assert pairs[0].share > 0.9


def test_what_the_stub_the_book_and_much_of_the_class_have_is_no_likeness(tmp_path):
    same = {name: paper({"07.a": OWN}) for name in ("anna", "bert", "carl", "dora")}
    assert class_of(tmp_path, **same) == []


def test_two_papers_of_one_student_are_no_pair(tmp_path):
    (tmp_path / "anna").mkdir()
    for name in ("a", "b"):
        (tmp_path / "anna" / f"{name}.ipynb").write_text(paper({"07.a": OWN}))
    assert similar.pairs(collected(tmp_path).papers) == []
