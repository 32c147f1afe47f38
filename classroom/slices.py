"""Which cells of a notebook an answer needs: the cell that holds it, and the earlier cells on whose
names it rests. Nothing is run here."""

import ast
import re
import symtable
from dataclasses import dataclass, field

TAG = "exercise-"  # a student's cell carries the tag "exercise-07.a"
CHECKED = re.compile(r"""\bcheck\(\s*["'](\d\d\.[a-z])["']""")
RUN = {"time", "prun", "capture", "timeit"}  # magics that run Python
# Cell magics whose text is no Python of this notebook. All others are taken to run theirs.
FOREIGN = {
    *("bash", "sh", "script", "cmd", "system", "sx", "!", "perl", "ruby", "python", "python2"),
    *("python3", "pypy", "html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG"),
    *("writefile", "file"),
}


@dataclass
class Cell:
    """A code cell: its text, the exercise that its tag names ("" for none), whether the chapter
    itself brings it, and once parsed its tree, what it binds and what it uses."""

    source: str
    tag: str = ""
    given: bool = False
    tree: ast.Module = field(default_factory=lambda: ast.Module([], []))
    binds: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)  # of these, what `=`, def or class makes
    variables: set[str] = field(
        default_factory=set
    )  # of these, what is neither an import nor a definition: earlier cells may change it in place
    uses: set[str] = field(default_factory=set)
    star: bool = False  # has `from x import *`
    broken: str = ""  # the syntax error

    def parse(self) -> None:
        """Fill in the names."""
        try:
            self.tree = plain(self.source)
            body = self.tree.body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self.broken = f"{type(error).__name__}: {error}"
            return
        self.assigned = _assigned(body)
        for node in body:
            before = set(self.binds)
            self._top(node)
            defined = (
                {node.name}
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
                else set()
            )
            targets = (
                [node.target]
                if isinstance(node, (ast.For, ast.AsyncFor))
                else [item.optional_vars for item in node.items if item.optional_vars]
                if isinstance(node, (ast.With, ast.AsyncWith))
                else []
            )
            defined |= {
                child.id
                for target in targets
                for child in ast.walk(target)
                if isinstance(child, ast.Name)
            }
            changed = (
                {node.target.id}
                if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
                else set()
            )
            self.uses |= (
                (_read(symtable.symtable(ast.unparse(node), "cell", "exec")) | changed)
                - before
                - defined
            )
        if self.given and "course.setup(" in self.source:
            self.uses = set()  # the chapter's first cell rests on nothing, whatever names it takes

    def _top(self, node: ast.AST) -> None:
        """What a statement binds in the notebook's own namespace: not what it binds within
        functions and classes."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.binds.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self.star |= any(alias.name == "*" for alias in node.names)
            self.binds |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            self.binds.add(node.id)
            self.variables.add(node.id)
        elif not isinstance(node, ast.Lambda):
            for child in ast.iter_child_nodes(node):
                self._top(child)


def plain(source: str) -> ast.Module:
    """A cell as Python alone. IPython's own parser turns magics, !shell and help? into calls of
    `get_ipython()`; of these, what runs Python is replaced by that Python. The other calls stay,
    and do nothing where a notebook is graded."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        text = TransformerManager().transform_cell(source)
    except SyntaxError:
        text = source
    return ast.fix_missing_locations(_Magics().visit(ast.parse(text)))


def _assigned(nodes: list[ast.stmt]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            names |= {
                child.id
                for child in ast.walk(node)
                if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store)
            }
        else:
            for part in ("body", "orelse", "finalbody"):
                names |= _assigned(getattr(node, part, []))
    return names


class _Magics(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr):
        magic = _magic(node.value)
        if magic is None:
            return self.generic_visit(node)
        kind, name, line, body = magic
        if kind == "run_cell_magic" and name not in FOREIGN:
            return plain(body).body
        return plain(_code(line)).body if name in RUN - {"timeit"} else node

    def visit_Call(self, node: ast.Call):
        magic = _magic(node)
        if magic and magic[1] in RUN:
            return ast.parse(_code(magic[2]), mode="eval").body
        return self.generic_visit(node)


def _magic(node: ast.expr) -> tuple[str, str, str, str] | None:
    """(run_line_magic or run_cell_magic, its name, its line, its cell) where a node calls one."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    words = [word.value for word in node.args if isinstance(word, ast.Constant)]
    known = node.func.attr in ("run_line_magic", "run_cell_magic") and len(words) >= 2
    if not known or not ast.unparse(node.func.value).endswith("get_ipython()"):
        return None
    return node.func.attr, words[0], words[1], words[2] if len(words) > 2 else ""


def _code(line: str) -> str:
    return re.sub(r"^(\s*-\w+)+(?=\s|$)", "", line).strip()


def is_stub(cell: Cell, stub: str) -> bool:
    """Whether a cell holds an exercise's stub and nothing more, whatever its comments say."""
    return not cell.broken and _bare(cell.tree) == _bare(ast.parse(stub))


def _bare(tree: ast.Module) -> str:
    """The tree as text, without docstrings and the line that checks."""
    body = [node for node in tree.body if not CHECKED.search(ast.unparse(node))]
    copy = ast.parse(ast.unparse(ast.Module(body, [])))
    for node in ast.walk(copy):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)):
            node.body = [one for one in node.body if not _idle(one)]
    return ast.dump(copy)


def _idle(node: ast.stmt) -> bool:
    """A docstring, dots, or the line that nbgrader puts in their place."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return isinstance(node.value.value, str) or node.value.value is ...
    return ast.unparse(node) == "raise NotImplementedError()"


def _read(table: symtable.SymbolTable) -> set[str]:
    """Names of the notebook's namespace that a scope and the scopes within it read: arguments and
    local names are none of them."""
    own = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module")
    }
    return own.union(*map(_read, table.get_children()))


def answer_cell(cells: list[Cell], id: str, name: str, alone: bool, stub: str) -> int | None:
    """The number of the cell that holds the answer: of the cells that are tagged with the exercise
    or check it, the last that is no stub, else the last. Failing that, where no other exercise of
    the chapter uses this name (`alone`), the last cell of the student's own that binds it."""
    found = [
        n for n, cell in enumerate(cells) if cell.tag == id or id in CHECKED.findall(cell.source)
    ]
    filled = [n for n in found if not is_stub(cells[n], stub)]
    own = [n for n, cell in enumerate(cells) if alone and not cell.given and name in cell.assigned]
    return max(filled or found or own, default=None)


def needed(cells: list[Cell], last: int) -> list[int]:
    """Numbers of the cells before `last` that it rests on, in the notebook's order. A cell is taken
    if it binds a name that is needed, or if it mentions a
    needed variable, since it may change it in place (train a network, append to a list)."""
    wanted, taken = set(cells[last].uses), set()
    changeable = set().union(*(cell.variables for cell in cells[:last]))
    while more := {
        n
        for n, cell in enumerate(cells[:last])
        if n not in taken
        and not cell.broken
        and (cell.star or cell.binds & wanted or cell.uses & wanted & changeable)
    }:
        taken |= more
        wanted |= set().union(*(cells[n].uses for n in more))
    return sorted(taken)
