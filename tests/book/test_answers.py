"""Exercises answered on the page: one small page with all of them, in a headless Chromium. Its judge
says what the notebook's says, an endless loop is stopped, solutions wait, and what the reader wrote
comes back."""

import ast
import collections
import functools
import hashlib
import http.server
import json
import re
import subprocess
import sys
import threading

import pytest

from tests.book.building import ROOT
from trevsnn_lite import course
from trevsnn_lite.course.answers import plain, same
from trevsnn_lite.course.exercise import exercises, find

sys.path.append(str(ROOT / "book/_ext"))
import answer_page

CHAPTERS = [f"{n:02d}" for n in range(20) if exercises(f"{n:02d}")]
ALL = [one for chapter in CHAPTERS for one in exercises(chapter)]
FORMS = {one.id: answer_page.form(one) for one in ALL}
JUDGED = [one for one in ALL if FORMS[one.id]["kind"] != "needs"]
BOXES = [one for one in JUDGED if FORMS[one.id]["kind"] != "code"]
PAGE = "chapters/00_all.html"
CONF = f"""
import sys
sys.path.append({str(ROOT / "book/_ext")!r})
project = "Exercises"
extensions = ["myst_nb", "answer_page"]
root_doc = "chapters/00_all"
nb_execution_mode = "off"
suppress_warnings = ["myst.xref_missing"]  # the ledger is not on this site
html_theme = "sphinx_book_theme"
html_static_path = [{str(ROOT / "book/_static")!r}]
html_js_files = [("reader.js", {{"defer": "defer"}})]  # as book/_ext/finished.py makes it
html_css_files = ["custom.css"]
html_theme_options = {{"repository_url": "https://github.com/a/b", "repository_branch": "main",
                       "launch_buttons": {{"colab_url": "https://colab.research.google.com"}}}}
"""
TASKS = """async ([chapter, cases]) => {
    const load = (name) => new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = `../_static/${name}`; script.onload = done; script.onerror = () => failed(name);
        document.head.append(script);
    });
    for (const name of ["micropython/micropython.js", "answers/judge.js", `answers/ch${chapter}.js`]) await load(name);
    const tail = `onmessage = ({ data }) => answered(data).catch((problem) => setTimeout(() => { throw problem; }));
    const answered = async (data) => {
        const python = await loadMicroPython({ url: "data:application/wasm;base64," + data.wasm, heapsize: 2 ** 24, pystack: 16384 });
        python.runPython(data.judge); python.runPython(data.chapter);
        const ask = python.globals.get("_asked");
        postMessage(data.cases.map(([id, code]) => JSON.parse(ask(id, code, true))));
    };`;
    const url = URL.createObjectURL(new Blob(["(async () => {", MICROPYTHON.module, tail, "})();"], { type: "text/javascript" }));
    const worker = new Worker(url);
    return await new Promise((done, failed) => {
        worker.onmessage = ({ data }) => { worker.terminate(); done(data); };
        worker.onerror = (event) => failed(event.message);
        worker.postMessage({ wasm: MICROPYTHON.wasm, judge: TANSWERS.judge, chapter: TANSWERS[`ch${chapter}`], cases });
    });
}"""


@functools.cache
def ran(id: str, code: str):
    return find(id).run(code)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without a line on stderr for each request."""

    def log_message(self, *args):
        pass


def cell(kind: str, text: str, **more) -> dict:
    return {"cell_type": kind, "metadata": {}, "source": text, **more}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A site of one page: all exercises, as the chapters hold them."""
    folder = tmp_path_factory.mktemp("answers")
    cells = [cell("markdown", "# All exercises")]
    for one in ALL:
        said = {"name": "stdout", "output_type": "stream", "text": f"{one.id}: not answered yet.\n"}
        code = {"outputs": [said], "execution_count": None}
        cells += [
            cell(kind, text, **(code if kind == "code" else {}))
            for kind, text in course.notebook_cells(one.id)
        ]
    python = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    book = {"cells": cells, "metadata": python, "nbformat": 4, "nbformat_minor": 4}
    (folder / "chapters").mkdir()
    (folder / "chapters/00_all.ipynb").write_text(json.dumps(book), "utf8")
    (folder / "conf.py").write_text(CONF, "utf8")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", folder, folder / "site"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def opened(built, browser):
    """The page in a browser of its own, and at the end what it asked for and what went wrong."""
    tab = browser.new_context().new_page()
    tab.faults, tab.asked = [], []
    tab.on("pageerror", lambda error: tab.faults.append(str(error)))
    tab.on("request", lambda request: tab.asked.append(request.url))
    tab.goto((built / PAGE).as_uri())
    yield tab
    others = [url for url in tab.asked if not url.startswith(("file:", "data:", "blob:"))]
    assert others == []
    theme = ("classList", "theme mode")
    assert [fault for fault in tab.faults if not any(one in fault for one in theme)] == []
    tab.context.close()


@pytest.fixture
def page(built, browser):
    yield from opened(built, browser)


@pytest.fixture(scope="module")
def shared(built, browser):
    """A page on which what one test does is no matter to the next."""
    yield from opened(built, browser)


def box(page, id: str):
    return page.locator(f'.tanswer[data-exercise="{id}"]')


def verdict(page, id: str) -> str:
    """What stands under the box, once the code has run."""
    page.wait_for_function(
        """id => { const v = document.querySelector(`[data-exercise="${id}"] .ta-verdict`);
                   return v.dataset.state && v.dataset.state !== "running"; }""",
        arg=id,
    )
    return " ".join(box(page, id).locator(".ta-verdict").inner_text().split())


def check(page, id: str) -> str:
    """Ask for the verdict, as Enter in a box does."""
    box(page, id).locator(".ta-verdict").evaluate("verdict => delete verdict.dataset.state")
    box(page, id).locator(".ta-form").evaluate("form => form.requestSubmit()")
    return verdict(page, id)


def seen(line: str) -> str:
    """A line of the judge as the page shows it: code, links and stress without their marks."""
    line = re.sub(r"\[([^]]+)\]\(\.\.[^)]*\)", r"\1", line)
    line = re.sub(r"`([^`]+)`", r"\1", line)
    line = re.sub(r"(?<![\w*])\*([A-Za-z][^*]*)\*", r"\1", line)
    return " ".join(line.split())


FILL = """([id, entries]) => document.querySelectorAll(`[data-exercise="${id}"] .ta-fields :is(input, select)`)
    .forEach((field, n) => {
        if (field.type === "checkbox") field.checked = entries[n];
        else if (field.type === "text") field.value = entries[n];
        else field.value = [...field.options].find((option) => option.text === entries[n]).value;
    })"""
FILL_AND_HAND_OVER = f"""async (all) => {{
    const given = {{}};
    for (const one of all) {{
        ({FILL})(one);
        document.querySelector(`[data-exercise="${{one[0]}}"] form`).requestSubmit();
        for (let n = 0; n < 2000 && !window.given; n++) await new Promise((done) => setTimeout(done));
        given[one[0]] = window.given || "";
        window.given = "";
    }}
    return given;
}}"""


def entries(id: str, answer, comma: bool = False) -> list:
    """What goes into the boxes for an answer, a value as the notebook has it."""
    form = FORMS[id]
    if form["kind"] == "pairs":
        return [tuple(pair) in [tuple(one) for one in answer] for pair in form["pairs"]]
    if form["kind"] == "rows":
        answer = [number for key in form["keys"] for number in answer[key]]
    elif form["kind"] == "yes or no":
        answer = [answer[key] for key in form["keys"]]
    flat = [str(one) for one in (answer if isinstance(answer, (tuple, list)) else [answer])]
    return [one.replace(".", ",") for one in flat] if comma else flat


def test_each_exercise_is_answered_or_says_what_it_needs():
    kinds = [form["kind"] for form in FORMS.values()]
    assert {*kinds} == {"code", "numbers", "words", "yes or no", "rows", "pairs", "needs"}
    assert {id for id, form in FORMS.items() if form["kind"] == "needs"} == answer_page.NEEDS.keys()
    assert kinds.count("needs") <= 8
    for id in answer_page.NEEDS:
        one = find(id)
        given = one.solution + "".join(map(str, one.check.__code__.co_names))
        assert re.search(r"torch|np\b|numpy|randn|_counts|\[:, |axes|\.sqrt|rounded", given), id


def test_vendored_micropython_is_unaltered_and_has_its_licence():
    folder = ROOT / "book/_static/micropython"
    listed = dict(
        reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    assert listed == {
        f"./{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
        if file.name != "SHA256SUMS"
    }
    assert "Permission is hereby granted, free of charge" in (folder / "LICENSE").read_text()


def test_what_micropython_lacks_is_written_otherwise():
    """The same values by other words, and dicts that keep their order."""
    code = (
        "def f(a: int, *b: int) -> list[int]:\n    'Says.'\n    c: tuple = (a, *b)\n    return [*c, 7]\n"
        "d = {'z': 1, **{'y': 2}, 'x': 3}\ne = {k: v for v, k in enumerate('ba')}\n"
    )
    written = answer_page._written(ast.parse(code).body)
    assert "[*" not in written and "(a, *b)" not in written.partition("\n")[2]
    assert "**" not in written and "Says" not in written and "->" not in written
    assert written.count("OrderedDict") == 3
    names = {"OrderedDict": collections.OrderedDict}
    exec(written, names)
    assert names["f"](1, 2, 3) == [1, 2, 3, 7] and list(names["d"]) == ["z", "y", "x"]
    assert list(names["e"]) == ["b", "a"]


def test_the_judge_holds_no_solution_and_no_known_mistake():
    for chapter in CHAPTERS:
        source = answer_page.judge(chapter)
        assert "solution" not in source and "wrong=" not in source and "hints" not in source
        for one in exercises(chapter):
            code = one.solution.strip()
            assert code not in source and repr(code) not in source


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_page_judges_as_the_notebook_does(shared, chapter):
    """Every solution, every known mistake and the stub: verdict, name and words."""
    cases, wanted = [], []
    for one in (one for one in JUDGED if one.id.startswith(chapter)):
        for code in (one.solution, one.stub, *one.wrong.values()):
            answer = ran(one.id, code)
            wanted.append(one.judge(answer))
            given = code if FORMS[one.id]["kind"] == "code" else f"{one.answer} = {answer!r}"
            cases.append([one.id, given.replace("Ellipsis", "...")])
    got = shared.evaluate(TASKS, [chapter, cases])
    assert [(one["verdict"], one["name"], one["line"]) for one in got] == wanted
    assert {verdict for verdict, _, _ in wanted} == {"correct", "wrong", "not done"}


WORKER = """() => { window.Worker = class {
    postMessage(data) {
        window.given = data.code;
        setTimeout(() => this.onmessage({ data: { answer: { verdict: "wrong", line: "not right yet. So", trace: "" } } }));
    }
    terminate() {}
}; }"""


def test_every_box_hands_over_what_was_entered(page):
    """Each solution, entered in the boxes, comes to the judge as the value that the notebook has."""
    page.evaluate(WORKER)
    filled = [
        [one.id, entries(one.id, ran(one.id, one.solution), comma=one.id > "10")] for one in BOXES
    ]
    given = page.evaluate(FILL_AND_HAND_OVER, filled)
    for one in BOXES:
        names: dict = {}
        exec(given[one.id], names)
        answer = ran(one.id, one.solution)
        wanted = sorted(answer) if FORMS[one.id]["kind"] == "pairs" else answer
        assert same(plain(names.get(one.answer)), plain(wanted), 1e-12), one.id


def test_each_kind_of_box_is_judged(page):
    for id in ("18.d", "10.d", "18.a", "12.c", "00.a"):
        one = find(id)
        page.evaluate(FILL, [id, entries(id, ran(id, one.solution))])
        assert check(page, id) == seen(f"correct. {one.correct}")
        name, code = next(iter(one.wrong.items()))
        page.evaluate(FILL, [id, entries(id, ran(id, code))])
        assert check(page, id) == seen(f"not right yet. {one.diagnoses[name]}")
    link = box(page, "18.d").locator(".ta-verdict a")
    assert link.count() == 0


@pytest.mark.parametrize(
    "text, said",
    [
        ("0,417", "correct."),
        (" 0.417 ", "correct."),
        (".417", "correct."),
        ("1/2,4", "correct."),
        ("−0,417", "not right yet. The sign"),
        ("2^-1 + 0,6", "not right yet. With 1.1"),
        ("", "not answered yet."),
        ("   ", "not answered yet."),
        ("ten", "“ten” is not a number."),
        ("0.4 0.2", "“0.4 0.2” is not a number."),
        ("__import__('js')", "“__import__('js')” is not a number."),
        ("1,417", "is 1,417 a decimal comma, or thousands? Write 1.417 or 1417."),
        ("1/0", "“1/0” is not a number."),
        ("(1", "“(1” is not a number."),
        ("0，417", "correct."),
        ("０．４１７", "correct."),
        ("–0.417", "not right yet. The sign"),
        ("42 %", "“42 %” is not a number. Write one without a unit"),
    ],
)
def test_numbers_as_people_write_them(shared, text, said):
    box(shared, "01.a").locator("input").fill(text)
    assert check(shared, "01.a").startswith(said)


def test_an_endless_loop_is_stopped(page):
    """By the clock, which the test turns on, and by hand; afterwards the box works as before."""
    page.clock.install()
    area = box(page, "07.a").locator("textarea")
    area.fill("while True:\n    pass")
    box(page, "07.a").get_by_role("button", name="Run").click()
    box(page, "07.a").get_by_role("button", name="Stop").wait_for()
    state = box(page, "07.a").locator(".ta-verdict")
    for _ in range(600):  # the clock starts once Python has
        page.clock.run_for(10_000)
        if state.get_attribute("data-state") == "stopped":
            break
        page.wait_for_timeout(50)
    assert verdict(page, "07.a") == "stopped after 10 seconds. Does a loop in it end?"
    box(page, "07.a").get_by_role("button", name="Check").click()
    box(page, "07.a").get_by_role("button", name="Stop").click()
    assert verdict(page, "07.a") == "stopped."
    area.fill(find("07.a").solution)
    assert check(page, "07.a").startswith("correct.")


def test_code_runs_prints_and_is_judged(page):
    box(page, "07.a").locator("textarea").fill("print('a', 1 + 1)\nx = 1 / 0")
    box(page, "07.a").get_by_role("button", name="Run").click()
    assert verdict(page, "07.a").startswith("your code stopped in line 2 with ZeroDivisionError")
    assert box(page, "07.a").locator(".ta-output").inner_text().splitlines() == [
        "a 2",
        "line 2, in <module>",
        "ZeroDivisionError: divide by zero",
    ]
    box(page, "07.a").locator("textarea").fill("import torch")
    assert "this page has plain Python alone" in check(page, "07.a")


@pytest.mark.parametrize(
    "code, said",
    [
        (
            "def undo(last, inputs, decay):\n    return out",
            "not right yet: your function stopped in line 2 with NameError",
        ),
        ("def undo(last, inputs, decay)\n    return 1", "your code stopped in line 1 with Syntax"),
        ("x = [*range(3)]", "knows no [*a, b] and no match)"),
        ("name = input('?')", "input() does not work on a page"),
    ],
)
def test_an_error_names_its_line_and_not_the_page(page, code, said):
    box(page, "07.a").locator("textarea").fill(code)
    found = check(page, "07.a")
    assert said in found and ("MicroPython" in found) == ("match" in said)


def test_what_a_function_prints_under_the_check_is_short(page):
    code = find("07.a").solution
    head, _, body = code.partition("\n")
    area = box(page, "07.a").locator("textarea")
    area.fill(f"{head}\n    print('here')\n{body}")
    assert check(page, "07.a").startswith("correct.")
    lines = box(page, "07.a").locator(".ta-output").inner_text().splitlines()
    assert lines[0] == "printed while the check called your function:"
    assert lines.count("here") <= 20
    box(page, "07.a").locator("textarea").fill("x = 1")
    assert check(page, "07.a") == "not answered yet (nothing here has the name undo)."


def test_tab_indents_only_while_the_reader_types(page):
    area = box(page, "07.a").locator("textarea")
    stub = find("07.a").stub
    area.focus()
    page.keyboard.press("Tab")
    assert area.input_value() == stub
    assert page.evaluate("document.activeElement.textContent") == "Run"
    area.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nif x:")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert area.input_value() == f"{stub}\n    if x:\n            "
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run"
    area.fill(find("07.a").solution)
    area.press("Control+Enter")
    assert verdict(page, "07.a").startswith("correct.")


def test_a_solution_waits_for_an_attempt_or_a_wish(page):
    def solution(id):
        return page.locator("details", has=page.locator("summary", has_text=f"Solution of {id}"))

    for id in ("07.a", "07.b", "08.b"):
        assert not solution(id).is_visible()
    check(page, "07.a")  # the stub is no attempt
    check(page, "07.b")
    assert not solution("07.a").is_visible() and not solution("07.b").is_visible()
    box(page, "07.b").locator("input").fill("22")
    assert check(page, "07.b").startswith("not right yet.")
    assert solution("07.b").is_visible() and solution("07.b").get_attribute("open") is None
    page.get_by_role("button", name="Show the solution of 08.b anyway").click()
    assert solution("08.b").is_visible() and solution("08.b").get_attribute("open") is not None

    page.reload()
    assert not solution("07.a").is_visible()
    assert solution("07.b").is_visible() and solution("08.b").is_visible()
    assert box(page, "07.b").locator("input").input_value() == "22"
    page.on("dialog", lambda dialog: dialog.accept())
    page.emulate_media(media="print")
    assert all(solution(id).is_visible() for id in ("07.a", "07.b", "08.b"))
    page.emulate_media(media="screen")
    page.evaluate("document.dispatchEvent(new Event('reader-changed'))")
    assert box(page, "07.b").locator("input").input_value() == "22"  # not erased, only told so


def test_what_was_written_is_exported_and_erased(page):
    area = box(page, "07.a").locator("textarea")
    area.fill("mine = 1")
    box(page, "07.b").locator("input").fill("3")
    assert check(page, "07.b").startswith("correct.")
    page.reload()
    assert area.input_value() == "mine = 1"
    with page.expect_download() as download:
        page.locator("#tkept button", has_text="Export").click()
    kept = json.loads(download.value.path().read_text("utf8"))["exercises"]["07"]
    assert kept["a"] == {"given": "mine = 1"}
    assert kept["b"] == {"given": ["3"], "tried": True, "right": True}
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#tkept button", has_text="Erase").click()
    assert area.input_value() == find("07.a").stub
    assert box(page, "07.b").locator("input").input_value() == ""
    assert page.locator("#tkept button:visible").all_inner_texts() == ["Import"]
    page.reload()
    assert area.input_value() == find("07.a").stub
    page.locator("#tkept input").set_input_files(download.value.path())
    page.get_by_text("2 new from the file.").wait_for()
    assert area.input_value() == "mine = 1"
    assert box(page, "07.b").locator("input").input_value() == "3"
    assert page.locator("summary", has_text="Solution of 07.b").is_visible()


def test_it_works_from_a_server_and_says_so_where_python_is_missing(built, browser):
    handler = functools.partial(QuietHandler, directory=built)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tab = browser.new_context().new_page()
        tab.route("**/micropython.js", lambda route: route.abort())
        tab.goto(f"http://127.0.0.1:{server.server_port}/{PAGE}")
        box(tab, "07.b").locator("input").fill("3")
        assert check(tab, "07.b").startswith("this browser could not start the page's Python")
        assert not tab.locator("summary", has_text="Solution of 07.b").is_visible()
        tab.unroute("**/micropython.js")
        assert check(tab, "07.b") == seen(f"correct. {find('07.b').correct}")
        tab.context.close()
        server.shutdown()


def test_python_is_loaded_with_the_first_answer_alone(page):
    assert not [url for url in page.asked if re.search("micropython|answers/", url)]
    assert "not answered yet" not in page.locator("article").inner_text()
    assert "course.check" not in page.content()
    check(page, "07.a")
    assert [url for url in page.asked if "micropython.js" in url]


def test_without_script_the_stub_stays(built, browser):
    tab = browser.new_context(java_script_enabled=False).new_page()
    tab.goto((built / PAGE).as_uri())
    assert box(tab, "07.a").inner_text().strip() == find("07.a").stub
    assert "needs torch" in box(tab, "05.b").inner_text()
    link = box(tab, "05.b").get_by_role("link", name="Colab")
    assert link.get_attribute("href") == (
        "https://colab.research.google.com/github/a/b/blob/main/chapters/00_all.ipynb"
    )
    notebook = box(tab, "05.b").get_by_role("link", name="the notebook").get_attribute("href")
    assert (built / "chapters" / notebook).is_file()
    assert tab.locator("summary", has_text="Solution of 07.a").is_visible()
    tab.context.close()
