"""Sphinx extension of this book: exercises that can be answered on the page.

The notebook's cell with a stub and `course.check` becomes a box (_static/answer.js), judged by the
notebook's own checks: trevsnn_lite/course/exercise.py, answers.py and exercises/ are written here
in the Python that MicroPython understands, one file a chapter, which a page loads on the first
answer. Without scripts the stub stays."""

import ast
import html
import importlib
import json
import pathlib
import re

from docutils import nodes

HERE = pathlib.Path(__file__).parent
CHECK = re.compile(r'\n*course\.check\("(\d\d\.[a-z])", \w+\)\s*$')
NEEDS = {
    "05.b": "torch",
    "08.b": "torch",
    "10.c": "torch",
    "11.c": "torch",
    "11.d": "torch and this book's library",
    "12.b": "numpy",
    "14.d": "torch",
    "17.e": "torch",
}
"""Functions that compute with arrays, which no page has."""
FIELDS = ("id", "answer", "check", "correct", "diagnoses", "example")  # what judging needs
ABSENT = ("torch", "numpy", "math", "copy", "functools", "itertools", "trevsnn_lite")
MECHANISM = {
    "answers": None,  # all of it
    "exercise": ("NotAnswered", "Exercise", "_guarded", "_short"),
}
CLASS = """class Exercise:
    def __init__(self, **fields):
        self.example = None
        for name in fields:
            setattr(self, name, fields[name])
"""


class Simple(ast.NodeTransformer):
    """Python in the forms that MicroPython knows: no annotations and docstrings, no stars in lists
    and dicts, and dicts that keep their order."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns, node.decorator_list = None, []
        for one in (*node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg):
            if one is not None:
                one.annotation = None
        if ast.get_docstring(node) is not None and len(node.body) > 1:
            node.body = node.body[1:]
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else None

    def _starred(self, node, kind):
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or not any(
            isinstance(one, ast.Starred) for one in node.elts
        ):
            return node
        parts = [
            ast.Call(ast.Name(kind, ast.Load()), [one.value], [])
            if isinstance(one, ast.Starred)
            else type(node)([one], ast.Load())
            for one in node.elts
        ]
        return _added(parts)

    def visit_List(self, node):
        return self._starred(node, "list")

    def visit_Tuple(self, node):
        return self._starred(node, "tuple")

    def visit_Dict(self, node):
        self.generic_visit(node)
        parts = [
            ast.Call(
                ast.Name("list", ast.Load()),
                [ast.Call(ast.Attribute(value, "items", ast.Load()), [], [])],
                [],
            )
            if key is None
            else ast.List([ast.Tuple([key, value], ast.Load())], ast.Load())
            for key, value in zip(node.keys, node.values)
        ]
        return _ordered(_added(parts) if None in node.keys else _one(parts))

    def visit_DictComp(self, node):
        self.generic_visit(node)
        pair = ast.Tuple([node.key, node.value], ast.Load())
        return _ordered(ast.ListComp(pair, node.generators))


def _added(parts: list[ast.expr]) -> ast.expr:
    found = parts[0]
    for part in parts[1:]:
        found = ast.BinOp(found, ast.Add(), part)
    return found


def _one(parts: list[ast.List]) -> ast.List:
    return ast.List([one for part in parts for one in part.elts], ast.Load())


def _ordered(pairs: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("OrderedDict", ast.Load()), [pairs], [])


def _written(statements: list[ast.stmt]) -> str:
    tree = Simple().visit(ast.Module(statements, []))
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _imports(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _source(module: str) -> str:
    return pathlib.Path(importlib.import_module(module).__file__).read_text("utf8")


def mechanism() -> str:
    """The judge, in MicroPython: answer_shims.py, then the parts of trevsnn_lite.course that judge
    an answer."""
    found = [(HERE / "answer_shims.py").read_text("utf8")]
    for name, wanted in MECHANISM.items():
        body = ast.parse(_source(f"trevsnn_lite.course.{name}")).body[1:]
        for node in body:
            if isinstance(node, ast.ClassDef) and node.name == "Exercise":
                methods = [
                    one
                    for one in node.body
                    if isinstance(one, ast.FunctionDef) and one.name in ("judge", "_tried")
                ]
                node = ast.parse(CLASS).body[0]
                node.body += methods
            elif _imports(node) or (
                wanted is not None and getattr(node, "name", None) not in wanted
            ):
                continue
            found.append(_written([node]))
    return "\n".join(found)


def judge(chapter: str) -> str:
    """A chapter's checks and what they say, in MicroPython: no solution, no known wrong answer."""
    tree = ast.parse(_source(f"trevsnn_lite.course.exercises.ch{chapter}"))
    made = next(
        node
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXERCISES"
    )
    pairs: list[tuple[ast.expr | None, ast.expr]] = []
    for call in made.value.elts:
        call.keywords = [one for one in call.keywords if one.arg in FIELDS]
        id = next(one.value for one in call.keywords if one.arg == "id")
        if id.value not in NEEDS:
            pairs.append((id, call))
    made.value = ast.Dict([id for id, _ in pairs], [call for _, call in pairs])
    wanted = _loaded(made)
    while (more := wanted | _needed(tree.body, wanted)) != wanted:
        wanted = more
    kept = [
        node
        for node in tree.body[1:]
        if node is made or (not _imports(node) and _names(node) & wanted)
    ]
    return _written(kept)


def _loaded(node: ast.stmt) -> set[str]:
    return {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
    }


def _names(node: ast.stmt) -> set[str]:
    """What a statement of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    return {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }


def _needed(body: list[ast.stmt], wanted: set[str]) -> set[str]:
    return {name for node in body if _names(node) & wanted for name in _loaded(node)}


def form(exercise) -> dict:
    """How the exercise is answered on a page: {"kind": "code"}, or of which boxes. The boxes come
    from the form of the solution, never from its values."""
    if exercise.id in NEEDS:
        return {"kind": "needs"}
    value = None
    for node in ast.parse(exercise.solution).body:
        if isinstance(node, ast.FunctionDef) and node.name == exercise.answer:
            return {"kind": "code"}
        if isinstance(node, ast.Assign) and node.targets[0].id == exercise.answer:
            value = node.value
    if isinstance(value, ast.Dict):
        keys = [ast.literal_eval(key) for key in value.keys]
        first = ast.literal_eval(value.values[0])
        if isinstance(first, bool):
            return {"kind": "yes or no", "keys": keys}
        names = _labels(exercise.question, len(first))
        return {"kind": "rows", "keys": keys, "count": len(first), "names": names}
    if not isinstance(value, (ast.Tuple, ast.List)):
        return {"kind": "numbers", "names": [""]}
    if isinstance(value.elts[0], ast.Tuple):
        return {"kind": "pairs", "pairs": sorted(_choices(exercise))}
    if isinstance(getattr(value.elts[0], "value", None), str):
        return {"kind": "words", "words": sorted(_choices(exercise)), "count": len(value.elts)}
    return {"kind": "numbers", "names": _labels(exercise.question, len(value.elts))}


def _choices(exercise) -> set:
    """The items of the lists that the solution and the known wrong answers are."""
    codes = (exercise.solution, *exercise.wrong.values())
    return {item for code in codes for item in exercise.run(code)}


def _labels(question: str, count: int) -> list[str]:
    """What a question calls the numbers that it asks for, `(left, right)`; else their places."""
    for inside in reversed(re.findall(r"`[^`]*?\(([^()`]+)\)`", question)):
        names = [name.strip() for name in inside.split(",")]
        if len(names) == count and all(re.fullmatch(r"[A-Za-z][\w -]*", name) for name in names):
            return names
    return [str(n + 1) for n in range(count)]


def box(exercise, stub: nodes.Node, page: str, colab: str) -> list[nodes.Node]:
    """The nodes that stand in for the notebook's cell. colab: the page's address there, or ""."""
    asked = form(exercise)
    opening = (
        f'<div class="tanswer" data-exercise="{exercise.id}" data-answer="{exercise.answer}" '
        f'data-form="{html.escape(json.dumps(asked))}">'
    )
    said = ""
    if asked["kind"] == "needs":
        where = f'<a href="{html.escape(colab)}">Colab</a>' if colab else "Colab"
        file = f"{'../' * page.count('/')}_sources/{page}.ipynb"
        said = (
            f'<p class="ta-needs">This exercise needs {NEEDS[exercise.id]}, which a page does not '
            f'have: answer it in <a href="{file}" download>the notebook</a>, on your machine or '
            f"in {where}.</p>"
        )
    return [
        nodes.raw("", opening, format="html"),
        stub,
        nodes.raw("", f"{said}</div>", format="html"),
    ]


def replace_cells(app, document, page: str) -> None:
    """Each cell that ends in `course.check` becomes a box with the stub alone."""
    from trevsnn_lite.course.exercise import find

    for cell in [one for one in document.findall(nodes.container) if "cell" in one["classes"]]:
        code = next(iter(cell.findall(nodes.literal_block)), None)
        asks = CHECK.search(code.astext()) if code is not None else None
        if not asks:
            continue
        exercise = find(asks[1])
        stub = nodes.literal_block(exercise.stub, exercise.stub, language="python")
        cell.parent.replace(cell, box(exercise, stub, page, _colab(app.config, page)))


def _colab(config, page: str) -> str:
    """Colab's address of a page's notebook, "" where the book names no repository on GitHub."""
    options = config.html_theme_options
    repository = re.fullmatch(
        r"https://github\.com/([^/]+/[^/]+?)/?", options.get("repository_url", "")
    )
    start = options.get("launch_buttons", {}).get("colab_url", "")
    if not repository or not start:
        return ""
    branch = options.get("repository_branch", "main")
    return f"{start}/github/{repository[1]}/blob/{branch}/{page}.ipynb"


def add_script(app, page: str, template: str, context: dict, document) -> None:
    """answer.js and its style, for pages with a box alone."""
    if 'class="tanswer"' in context.get("body", ""):
        app.add_js_file("answer.js", loading_method="defer")
        app.add_css_file("answer.css")


def scripts() -> dict[str, str]:
    """{name: text} of the files in _static/answers: the judge, and each chapter's checks."""
    from trevsnn_lite.course.exercise import exercises

    chapters = [f"{n:02d}" for n in range(100) if exercises(f"{n:02d}")]
    sources = {"judge": mechanism()} | {f"ch{chapter}": judge(chapter) for chapter in chapters}
    return {
        f"{name}.js": f"(window.TANSWERS ??= {{}})[{json.dumps(name)}] = {json.dumps(source)};\n"
        for name, source in sources.items()
    }


def write_scripts(app, error) -> None:
    """When all pages are written."""
    if error or app.builder.format != "html":
        return
    folder = pathlib.Path(app.outdir) / "_static/answers"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in scripts().items():
        (folder / name).write_text(text, "utf8")


def setup(app) -> dict:
    """Called by Sphinx."""
    app.connect("doctree-resolved", replace_cells, priority=400)  # before words are counted
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
