"""Random mutants: `python -m tools.mutants FILE ... [--count 20] [--seed 0] [--limit 300] -- COMMAND`.

One small change a mutant: an operator, a comparison, a constant, a negation or a removed statement,
drawn by a seed from all that the files offer. The command runs in a copy of the checkout, and
kills a mutant by ending with an error or by going on longer than `--limit` seconds. What survives
is printed as a diff. The checkout itself is never touched.

    python -m tools.mutants trevsnn_lite/spikes.py -- python -m pytest -q -x tests/test_spikes.py

Exit status: 0, 1 where a mutant survived, 2 where something given is wrong or the tests fail
without a mutant."""  # noqa: E501

import argparse
import ast
import difflib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[1]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "_build", "runs", "__pycache__", ".*_cache", "mathjax", "*.egg-info"
)
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
REMOVABLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.If, ast.For, ast.Raise)


@dataclass(frozen=True)
class Mutant:
    """`change` of the `node`-th node of the file's tree, in the order of ast.walk."""

    file: pathlib.Path
    node: int
    change: str

    def text(self) -> str:
        """The file's source with the change, as ast.unparse writes it: comments are lost."""
        tree = ast.parse(self.file.read_text("utf8"))
        nodes = list(ast.walk(tree))
        _change(tree, nodes[self.node], self.change)
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"

    def diff(self) -> str:
        """What the change does to the file, beside the same file written by ast.unparse."""
        before = ast.unparse(ast.parse(self.file.read_text("utf8"))) + "\n"
        lines = difflib.unified_diff(
            before.splitlines(),
            self.text().splitlines(),
            str(self.file),
            self.change,
            "",
            "",
            1,
            "",
        )
        return "\n".join(lines)


def mutants(file: pathlib.Path) -> list[Mutant]:
    """All mutants of a file, one or two for each place. Texts, annotations and the arguments of
    `raise` stay: they change what is said, not what is computed."""
    tree = ast.parse(file.read_text("utf8"))
    left = _left_alone(tree)
    return [
        Mutant(file, n, change)
        for n, node in enumerate(ast.walk(tree))
        if id(node) not in left
        for change in _changes(node)
    ]


def _left_alone(tree: ast.AST) -> set[int]:
    """Ids of nodes below annotations, decorators, `raise` and f-strings, and of docstrings."""
    roots: list[ast.AST | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            roots += [node.returns, *node.decorator_list]
        elif isinstance(node, (ast.AnnAssign, ast.arg)):
            roots.append(node.annotation)
        elif isinstance(node, ast.Raise):
            roots.append(node.exc)
        elif isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            roots.append(node)
    return {id(child) for root in roots if root for child in ast.walk(root)}


def _changes(node: ast.AST) -> list[str]:
    """What can be done to a node: names that `_change` knows."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in OPERATORS:
        found = ["operator"]
        return found + ["removed"] if isinstance(node, ast.AugAssign) else found
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        return ["comparison"]
    if isinstance(node, ast.BoolOp):
        return ["and or"]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        return ["negation"]
    if isinstance(node, ast.IfExp):
        return ["other branch"]
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            return ["bool"]
        return ["plus one"] if isinstance(node.value, (int, float)) else []
    return ["removed"] if isinstance(node, REMOVABLE) else []


def _change(tree: ast.AST, node, change: str) -> None:
    """Do it, in the tree."""
    if change == "operator":
        node.op = OPERATORS[type(node.op)]()
    elif change == "comparison":
        node.ops[0] = COMPARISONS[type(node.ops[0])]()
    elif change == "and or":
        node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    elif change == "other branch":
        node.body, node.orelse = node.orelse, node.body
    elif change == "bool":
        node.value = not node.value
    elif change == "plus one":
        node.value += 1
    else:  # negation: the operand in its place; removed: `pass`
        other = node.operand if change == "negation" else ast.copy_location(ast.Pass(), node)
        for parent in ast.walk(tree):
            for name, value in ast.iter_fields(parent):
                if value is node:
                    setattr(parent, name, other)
                elif isinstance(value, list) and any(child is node for child in value):
                    value[[child is node for child in value].index(True)] = other


def drawn(files: list[pathlib.Path], count: int, seed: int) -> list[Mutant]:
    """`count` of the files' mutants, those that leave the code as it was aside."""
    every = [mutant for file in files for mutant in mutants(file)]
    random.Random(seed).shuffle(every)
    return [m for m in every[: 2 * count] if m.diff()][:count]


def killed(folder: pathlib.Path, command: list[str], limit: float) -> bool:
    """Whether the command, run in `folder`, fails or is still running after `limit` seconds."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(limit) != 0
    except subprocess.TimeoutExpired:
        return True
    finally:  # its children, too, and also where Ctrl-C ends the run
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def run(
    files: list[pathlib.Path], command: list[str], count: int, seed: int, limit: float, say=print
) -> list[Mutant]:
    """Try the mutants and print a line for each; the survivors. ValueError where the command fails
    without any."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as temporary:
        folder = pathlib.Path(temporary) / "copy"
        shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
        if killed(folder, command, limit):
            raise ValueError(f"without a mutant, {' '.join(command)} fails: mend that first.")
        alive = []
        chosen = drawn(files, count, seed)
        for number, mutant in enumerate(chosen, 1):
            place = folder / mutant.file.resolve().relative_to(ROOT)
            original = place.read_text("utf8")
            place.write_text(mutant.text(), "utf8")
            survives = not killed(folder, command, limit)
            place.write_text(original, "utf8")
            alive += [mutant] if survives else []
            word = "SURVIVED" if survives else "killed"
            say(f"[{number}/{len(chosen)}] {word}: {mutant.file}, {mutant.change}", flush=True)
            if survives:
                say(mutant.diff(), flush=True)
        say(f"{len(chosen) - len(alive)} of {len(chosen)} mutants killed, seed {seed}.")
    return alive


def main(arguments: list[str] | None = None) -> int:
    given, command = list(sys.argv[1:] if arguments is None else arguments), []
    if "--" in given:
        given, command = given[: given.index("--")], given[given.index("--") + 1 :]
    parser = argparse.ArgumentParser(
        prog="python -m tools.mutants", description="Random mutants of files, and who kills them."
    )
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=20, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for the command")
    options = parser.parse_args(given)
    for file in options.files:
        if not file.is_file() or not file.resolve().is_relative_to(ROOT):
            print(f"{file} is no file of this checkout.", file=sys.stderr)
            return 2
    if not command:
        print("There is no test command: write -- and the command last.", file=sys.stderr)
        return 2
    command = [sys.executable if command[0] == "python" else command[0], *command[1:]]
    try:
        alive = run(options.files, command, options.count, options.seed, options.limit)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return int(bool(alive))


if __name__ == "__main__":
    sys.exit(main())
