"""Which cells of a notebook an answer needs: the cell that holds it, and the earlier cells on whose
names it rests. Nothing is run here."""

import ast
import re
import symtable
from dataclasses import dataclass, field

TAG = "exercise-"  # a student's cell carries the tag "exercise-07.a"
CHECKED = re.compile(r"""\bcheck\(\s*["'](\d\d\.[a-z])["']""")
MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)


@dataclass
class Cell:
    """A code cell: its text, the exercise that its tag names ("" for none), and once parsed what it
    binds and what it uses."""

    source: str
    tag: str = ""
    binds: set[str] = field(default_factory=set)
    variables: set[str] = field(
        default_factory=set
    )  # of these, what is neither an import nor a definition: earlier cells may change it in place
    uses: set[str] = field(default_factory=set)
    star: bool = False  # has `from x import *`
    broken: str = ""  # the syntax error

    @property
    def code(self) -> str:
        """The text without Jupyter's own commands (%magic, !shell), which have no place in a check."""  # noqa: E501
        return "" if self.source.lstrip().startswith("%%") else MAGIC.sub(r"\1pass", self.source)

    def parse(self) -> None:
        """Fill in the names."""
        try:
            body = ast.parse(self.code).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self.broken = f"{type(error).__name__}: {error}"
            return
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
                if isinstance(node, ast.For)
                else [item.optional_vars for item in node.items if item.optional_vars]
                if isinstance(node, ast.With)
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


def _read(table: symtable.SymbolTable) -> set[str]:
    """Names of the notebook's namespace that a scope and the scopes within it read: arguments and
    local names are none of them."""
    own = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module")
    }
    return own.union(*map(_read, table.get_children()))


def answer_cell(cells: list[Cell], id: str, name: str, alone: bool) -> int | None:
    """The number of the cell that holds the answer: the last that is tagged with the exercise or
    checks it. Failing that, where no other exercise of
    the chapter uses this name (`alone`), the last that binds the name."""
    found = [
        n for n, cell in enumerate(cells) if cell.tag == id or id in CHECKED.findall(cell.source)
    ]
    return max(
        found or [n for n, cell in enumerate(cells) if alone and name in cell.binds], default=None
    )


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
