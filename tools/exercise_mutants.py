"""What the checks of exercises refuse and accept: `python -m tools.exercise_mutants [07.a ...]`.

Each check is handed mutants of its solution, of the code and of what it gives back: an operator, a
border, a constant, a term, an argument that is ignored, written in or exchanged, another rounding,
order or sign, one too many or too few, NaN. A mutant counts where it changes the result on legal
inputs (tools/exercise_trials.py) that the check does not use; one that fails on all of them does
not. And it is handed right answers: those of tools/exercise_trials.md in other styles, and the
solution's in other types of numbers and lists.

One line for each exercise, and each mutant that was accepted or right answer that was refused.
Exit status: 0, or 1 where under 95 % of the mutants that count are refused, or under 99 % of the
right answers accepted."""

import argparse
import ast
import copy
import inspect
import math
import pathlib
import random
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import torch

from tools import mutants
from tools.exercise_trials import ALIKE, INPUTS
from trevsnn_lite.course.answers import plain, same
from trevsnn_lite.course.exercise import Exercise, exercises

RIGHT = pathlib.Path(__file__).with_name("exercise_trials.md")
SECONDS = 5.0  # of processor time, for one mutant on one input, or in one check
FEWER = {"11.d": 8, "12.d": 4, "14.d": 16}  # inputs, where one takes long
ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
OTHER_NAMES = {
    "round": "floor",
    "floor": "round",
    "ceil": "floor",
    "int": "round",
    "abs": "float",
    "amax": "amin",
    "max": "min",
    "min": "max",
    "sum": "max",
    "mean": "sum",
    "std": "var",
    "sqrt": "square",
    "all": "any",
    "any": "all",
    "reversed": "list",
    "insert": "append",
}


@dataclass
class Trial:
    """What came of one exercise. `accepted` and `refused` name the mutants and right answers that
    the check took for something else."""

    id: str
    changed: int = 0  # mutants that give another result on a legal input
    equal: int = 0  # mutants that give none
    right: int = 0  # right answers
    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    # refused by the check, and the same as the solution on all inputs drawn: too few of them
    doubtful: list[str] = field(default_factory=list)

    def row(self) -> str:
        return (
            f"{self.id:>5} {self.changed:9} {self.changed - len(self.accepted):9} {self.equal:7} "
            f"{self.right:7} {self.right - len(self.refused):9}"
        )


HEAD = f"{'':>5} {'mutants':>9} {'refused':>9} {'equal':>7} {'right':>7} {'accepted':>9}"


def of_code(source: str) -> Iterator[tuple[str, str]]:
    """(what was changed, code) of each mutant of a solution's code: those of tools/mutants.py, and
    what students confuse."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "solution.py")
        file.write_text(source, "utf8")
        for mutant in mutants.mutants(file):
            yield mutant.change, mutant.text()
    for n, node in enumerate(ast.walk(ast.parse(source))):
        for change, replace in _replacements(node, _arguments(source)):
            tree = ast.parse(source)
            target = list(ast.walk(tree))[n]
            new = replace(target)
            if new is not target:
                _put(tree, target, new)
            yield change, ast.unparse(ast.fix_missing_locations(tree))


def _arguments(source: str) -> list[str]:
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return [arg.arg for node in functions for arg in node.args.args]


def _replacements(node: ast.AST, arguments: list[str]) -> Iterator[tuple[str, Callable]]:
    """(name of a change, what makes the node into another one)."""
    if isinstance(node, ast.BinOp):
        yield from _of_terms(node)
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ORDERS):
        yield "turned round", lambda node: _of("not ({0})", node)
    elif isinstance(node, (ast.FunctionDef, ast.For, ast.While)):
        for n in range(len(node.body) - 1):
            yield f"lines {n} and {n + 1} exchanged", lambda node, n=n: _lines_exchanged(node, n)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for change, value in (("less one", node.value - 1), ("twice", 2 * node.value), ("zero", 0)):
            if value != node.value:
                yield change, lambda node, value=value: ast.Constant(value)
    elif isinstance(node, ast.Slice):
        yield "left out", lambda node: ast.Slice()
    else:
        yield from _of_names(node, arguments)


def _of_terms(node: ast.BinOp) -> Iterator[tuple[str, Callable]]:
    yield "first term alone", lambda node: node.left
    yield "second term alone", lambda node: node.right
    yield "terms exchanged", lambda node: ast.BinOp(node.right, node.op, node.left)
    if isinstance(node.op, ast.FloorDiv):
        yield "rounded", lambda node: _of("({0} + {1} // 2) // {1}", node.left, node.right)
        yield "rounded up", lambda node: _of("-(-{0} // {1})", node.left, node.right)
        yield "not rounded", lambda node: _of("{0} / {1}", node.left, node.right)
    elif isinstance(node.op, ast.Div):
        yield "cut", lambda node: _of("{0} // {1}", node.left, node.right)


def _of_names(node: ast.AST, arguments: list[str]) -> Iterator[tuple[str, Callable]]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        names = [name for name in arguments if name != node.id] if node.id in arguments else []
        for name in [*names, *([OTHER_NAMES[node.id]] if node.id in OTHER_NAMES else [])]:
            yield f"{name} for {node.id}", lambda node, name=name: ast.Name(name, ast.Load())
    elif isinstance(node, ast.Attribute) and node.attr in OTHER_NAMES:
        other = OTHER_NAMES[node.attr]
        yield f"{other} for {node.attr}", lambda node: ast.Attribute(node.value, other, ast.Load())
    elif isinstance(node, ast.Call) and node.args:
        yield "call left out", lambda node: node.args[0]


def _of(form: str, *nodes: ast.AST) -> ast.expr:
    """The expression of this form, in which {0}, {1} are the nodes."""
    code = form.format(*(f"({ast.unparse(node)})" for node in nodes))
    return ast.parse(code, mode="eval").body


def _lines_exchanged(node, n: int):
    node.body[n : n + 2] = node.body[n + 1], node.body[n]
    return node


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list) and any(child is old for child in value):
                setattr(parent, name, [new if child is old else child for child in value])


def _leaves(value, change: Callable, place: int | None = None):
    """The value with its numbers changed, or the one at this place."""
    count = 0

    def walk(item):
        nonlocal count
        if isinstance(item, list):
            return [walk(one) for one in item]
        if isinstance(item, dict):
            return {key: walk(one) for key, one in item.items()}
        if not isinstance(item, (bool, int, float)):
            return item
        count += 1
        return change(item) if place in (None, count - 1) else item

    return walk(value)


def _turned(value):
    return np.swapaxes(np.array(value), -1, -2).tolist() if np.ndim(value) > 1 else value


OF_RESULTS: dict[str, Callable] = {
    "negated": lambda value: _leaves(value, lambda n: -n),
    "plus one": lambda value: _leaves(value, lambda n: n + 1),
    "first less one": lambda value: _leaves(value, lambda n: n - 1, 0),
    "a tenth more": lambda value: _leaves(value, lambda n: 1.1 * n),
    "a twentieth less": lambda value: _leaves(value, lambda n: 0.95 * n),
    "twice": lambda value: _leaves(value, lambda n: 2 * n),
    "ten times": lambda value: _leaves(value, lambda n: 10 * n),
    "one over": lambda value: _leaves(value, lambda n: 1 / n if n else n),
    "rounded": lambda value: _leaves(value, round),
    "cut": lambda value: _leaves(value, math.floor),
    "one decimal": lambda value: _leaves(value, lambda n: round(n, 1)),
    "absolute": lambda value: _leaves(value, abs),
    "zero": lambda value: _leaves(value, lambda n: 0),
    "NaN": lambda value: _leaves(value, lambda n: math.nan),
    "first NaN": lambda value: _leaves(value, lambda n: math.nan, 0),
    "first infinite": lambda value: _leaves(value, lambda n: math.inf, 0),
    "reversed": lambda value: value[::-1] if isinstance(value, list) else value,
    "first two exchanged": lambda value: (
        [value[1], value[0], *value[2:]] if isinstance(value, list) and len(value) > 1 else value
    ),
    "first left out": lambda value: value[1:] if isinstance(value, list) else value,
    "last left out": lambda value: value[:-1] if isinstance(value, list) else value,
    "last twice": lambda value: [*value, value[-1]] if isinstance(value, list) and value else value,
    "axes exchanged": _turned,
}
for _place in range(5):
    OF_RESULTS |= {
        f"number {_place} plus one": lambda value, n=_place: _leaves(value, lambda x: x + 1, n),
        f"number {_place} a tenth more": lambda value, n=_place: _leaves(
            value, lambda x: 1.1 * x, n
        ),
        f"word {_place} another": lambda value, n=_place: _other_word(value, n),
        f"word {_place} a third one": lambda value, n=_place: _other_word(value, n, 1),
    }


def _other_word(value, place: int, which: int = 0):
    """A list of words with one of the other words at this place."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value[:9]):
        return value
    others = sorted({*value} - {*value[place : place + 1]})[which:]
    return (
        [*value[:place], others[0], *value[place + 1 :]] if others and place < len(value) else value
    )


def of_function(exercise: Exercise, solution: Callable) -> Iterator[tuple[str, Callable]]:
    """(what was changed, function): the solution with its result changed, and with an argument
    ignored (one of the values that the check itself gives written in), reversed or exchanged with
    another."""
    names = list(inspect.signature(solution).parameters)

    def given(change: Callable) -> Callable:
        def function(*arguments, **keywords):
            values = [*arguments, *(keywords[name] for name in names[len(arguments) :])]
            return solution(*change(values))

        return function

    used: list[list] = []

    def spy(values):
        used.append(copy.deepcopy(values))
        return values

    exercise.judge(given(spy))
    for n, name in enumerate(names):
        known = {repr(values[n]): values[n] for values in used}
        for text, value in list(known.items())[:6]:
            yield (
                f"{name} = {' '.join(text.split())[:40]} written in",
                given(
                    lambda values, n=n, value=value: [
                        *values[:n],
                        copy.deepcopy(value),
                        *values[n + 1 :],
                    ]
                ),
            )
        yield (
            f"{name} reversed",
            given(lambda values, n=n: [*values[:n], _back(values[n]), *values[n + 1 :]]),
        )
        for m in range(n):
            yield (
                f"{names[m]} and {name} exchanged",
                given(
                    lambda values, n=n, m=m: [
                        values[{n: m, m: n}.get(i, i)] for i in range(len(values))
                    ]
                ),
            )


def _back(value):
    if isinstance(value, (list, np.ndarray)):
        return value[::-1]
    return value.flip(0) if isinstance(value, torch.Tensor) and value.dim() else value


CLOTHES: dict[str, Callable] = {
    "tensor": lambda value: torch.tensor(value),
    "double tensor": lambda value: torch.tensor(value, dtype=torch.float64),
    "with a gradient": lambda value: torch.tensor(value, dtype=torch.float64, requires_grad=True),
    "array": lambda value: np.array(value),
    "float32 array": lambda value: np.array(value, dtype=np.float32),
    "numpy scalars": lambda value: _leaves(value, lambda n: np.array(n)[()]),
    "tensor scalars": lambda value: _leaves(value, lambda n: torch.tensor(n, dtype=torch.float64)),
    "floats": lambda value: _leaves(value, float),
    "fractions": lambda value: _leaves(value, Fraction),
    "tuples": lambda value: _tuples(value),
    "iterator": lambda value: iter(value) if isinstance(value, list) else value,
}


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def dressed(value, clothes: Callable):
    """A plain value in other clothes; where it is no array of one shape, its parts are."""
    numbers = isinstance(value, (bool, int, float)) or (
        isinstance(value, list) and np.array(value, dtype=object).dtype == object and _even(value)
    )
    if numbers:
        return clothes(value)
    if isinstance(value, list):
        return [dressed(one, clothes) for one in value]
    return {k: dressed(v, clothes) for k, v in value.items()} if isinstance(value, dict) else value


def _even(value) -> bool:
    try:
        return np.array(value).dtype.kind in "bif"
    except ValueError:
        return False


def styles() -> dict[str, list[str]]:
    """Right answers of tools/exercise_trials.md: id -> codes."""
    parts = re.split(r"^## (\S+)$", RIGHT.read_text("utf8"), flags=re.MULTILINE)[1:]
    return {
        id: re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        for id, text in zip(parts[::2], parts[1::2])
    }


class TooLong(Exception):
    pass


@contextmanager
def limited(seconds: float = SECONDS):
    """Raises TooLong in the code within. For the main thread alone."""

    def stop(*_):
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def same_answer(id: str, got, wanted) -> bool:
    """Whether the two are one answer to the exercise: numbers that a reader computes to 0.02 %,
    whole ones exactly, and a number on paper to 3 %, since it is rounded."""
    if id in ALIKE:
        got, wanted = ALIKE[id](got), ALIKE[id](wanted)
    if id in INPUTS:
        return same(plain(got), plain(wanted), 2e-4, 2e-4)

    def close(got, wanted) -> bool:
        if isinstance(wanted, dict):
            return (
                isinstance(got, dict)
                and got.keys() == wanted.keys()
                and all(close(got[key], wanted[key]) for key in wanted)
            )
        if isinstance(wanted, list):
            return (
                isinstance(got, list) and len(got) == len(wanted) and all(map(close, got, wanted))
            )
        whole = isinstance(wanted, str) or wanted == round(wanted)
        return same(got, wanted, 1e-6, 0.0 if whole else 0.03)

    return close(plain(got), plain(wanted))


def inputs_of(id: str, count: int, seed: int) -> list[tuple]:
    draw = random.Random(f"{id} {seed}")
    return [INPUTS[id](draw) for _ in range(min(count, FEWER.get(id, count)))]


def changes(id: str, answer, wanted: list, inputs: list[tuple]) -> bool | None:
    """Whether the answer gives another result than `wanted`, on the inputs where it is a function;
    None where it gives none at all."""
    if not inputs:
        try:
            return not same_answer(id, answer, wanted[0])
        except Exception:  # of another kind: no list, no number
            return True
    worked = failed = False
    for one, value in zip(inputs, wanted):
        try:
            with limited():
                got = answer(*copy.deepcopy(one))
                if got is None:
                    raise ValueError
                if not same_answer(id, got, value):
                    return True
            worked = True
        except TooLong:
            return True if worked else None
        except Exception:
            failed = True
        if worked and failed:
            return True
    return False if worked else None


def ran(exercise: Exercise, code: str):
    """What the code makes of the exercise's answer; None where it fails."""
    torch.manual_seed(0)
    try:
        with limited(), torch.no_grad():
            return exercise.run(code)
    except Exception:
        return None


def verdict(exercise: Exercise, answer) -> str:
    torch.manual_seed(0)
    try:
        with limited():
            return exercise.judge(answer)[0]
    except TooLong:
        return "error"


def mutants_of(exercise: Exercise) -> list[tuple[str, object]]:
    """(what was changed, answer) of all mutants that can be made of the solution. Code is run as it
    is asked for."""
    solution = ran(exercise, exercise.solution)
    found: list[tuple[str, object]] = [
        (change, code) for change, code in of_code(exercise.solution)
    ]
    for change, of in OF_RESULTS.items():
        if callable(solution):
            changed = lambda *a, of=of, **k: of(plain(solution(*a, **k)))  # noqa: E731
        else:
            changed = of(plain(solution))
        found.append((f"result: {change}", Made(changed)))
    if callable(solution):
        found += [(change, Made(made)) for change, made in of_function(exercise, solution)]
    return found


@dataclass
class Made:
    """An answer that needs no code run."""

    answer: object


def right_of(exercise: Exercise) -> Iterator[tuple[str, object]]:
    """(style, answer) of right answers: the solution, those of the list, and clothes."""
    solution = ran(exercise, exercise.solution)
    yield "solution", solution
    for n, code in enumerate(styles().get(exercise.id, []), 1):
        yield f"style {n}", ran(exercise, code)
    for name, clothes in CLOTHES.items():
        if callable(solution):
            yield name, lambda *a, c=clothes, **k: dressed(plain(solution(*a, **k)), c)
        else:
            yield name, dressed(plain(solution), clothes)


def tried(exercise: Exercise, count: int = 40, seed: int = 0, sample: int | None = None) -> Trial:
    """The exercise's check on its mutants, or on a `sample` of them, and on its right answers.
    `count`: legal inputs a mutant is compared with the solution on."""
    trial = Trial(exercise.id)
    solution = ran(exercise, exercise.solution)
    inputs = inputs_of(exercise.id, count, seed) if callable(solution) else []
    wanted = [solution(*copy.deepcopy(one)) for one in inputs] if inputs else [solution]
    made = mutants_of(exercise)
    if sample is not None:
        made = random.Random(f"{exercise.id} {seed}").sample(made, min(sample, len(made)))
    for name, one in made:
        answer = one.answer if isinstance(one, Made) else ran(exercise, one)
        if answer is None or callable(answer) != callable(solution):
            continue
        differs = changes(exercise.id, answer, wanted, inputs)
        if differs:
            trial.changed += 1
            if verdict(exercise, answer) == "correct":
                line = f"{name}: {one.answer!r}" if isinstance(one, Made) and not inputs else name
                trial.accepted.append(line if isinstance(one, Made) else f"{name}\n{one}")
        elif differs is False and not name.startswith("result:"):  # which often does not apply
            trial.equal += 1
            if verdict(exercise, answer) != "correct" and inputs:
                trial.doubtful.append(f"{name}\n{one}")
    for name, answer in right_of(exercise):
        trial.right += 1
        if verdict(exercise, answer) != "correct":
            said = exercise.diagnose(answer)
            trial.refused.append(f"{name}: {said}")
        elif name.startswith("style") and changes(exercise.id, answer, wanted, inputs):
            trial.refused.append(f"{name} is accepted, and gives other results than the solution")
    return trial


def shares(trials: list[Trial]) -> tuple[float, float]:
    """(share of the mutants refused, share of the right answers accepted)."""
    changed, right = sum(one.changed for one in trials), sum(one.right for one in trials)
    return (
        1 - sum(len(one.accepted) for one in trials) / max(changed, 1),
        1 - sum(len(one.refused) for one in trials) / max(right, 1),
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.exercise_mutants", description="What the checks refuse and accept."
    )
    parser.add_argument("ids", nargs="*", help="exercises, such as 07.a (default: all)")
    parser.add_argument("--inputs", type=int, default=40, help="legal inputs (default: 40)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample", type=int, help="that many mutants of each (default: all)")
    options = parser.parse_args(arguments)
    known = {one.id: one for n in range(20) for one in exercises(f"{n:02d}")}
    if unknown := [id for id in options.ids if id not in known]:
        print(f"There is no exercise {', '.join(unknown)}.", file=sys.stderr)
        return 2
    torch.set_num_threads(1)
    print(HEAD, flush=True)
    trials = []
    for id in options.ids or known:
        trials.append(tried(known[id], options.inputs, options.seed, options.sample))
        print(trials[-1].row(), flush=True)
        for line in trials[-1].accepted:
            print(f"      ACCEPTED {line}".replace("\n", "\n        "), flush=True)
        for line in trials[-1].refused:
            print(f"      REFUSED {line}", flush=True)
        for line in trials[-1].doubtful:
            print(f"      DRAW MORE {line}".replace("\n", "\n        "), flush=True)
    refused, accepted = shares(trials)
    print(
        f"{sum(one.changed for one in trials)} mutants, {refused:.2%} refused; "
        f"{sum(one.right for one in trials)} right answers, {accepted:.2%} accepted; "
        f"{sum(one.equal for one in trials)} mutants that change nothing."
    )
    return int(refused < 0.95 or accepted < 0.99)


if __name__ == "__main__":
    sys.exit(main())
