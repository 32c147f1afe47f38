"""What the exercises' checks use and MicroPython lacks. Runs in a page alone, before the judge that
answer_page.py makes of trevsnn_lite.course; never imported by Python."""
# ruff: noqa

import functools
import io
import json
import math as _math
import sys
from collections import OrderedDict  # MicroPython's own dict forgets the order of its keys


class _Namespace:
    pass


math = _Namespace()
for _name in dir(_math):
    setattr(math, _name, getattr(_math, _name))
math.prod = lambda values, start=1: functools.reduce(lambda a, b: a * b, values, start)
sys.modules["math"] = math


def _deepcopy(value):
    if isinstance(value, OrderedDict):
        return OrderedDict([(key, _deepcopy(item)) for key, item in value.items()])
    if isinstance(value, dict):
        return {key: _deepcopy(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_deepcopy(item) for item in value])
    return _Numbers(value.tolist()) if isinstance(value, _Numbers) else value


def hasattr(value, name):
    if name == "__iter__":  # which MicroPython's own lists do not show
        try:
            iter(value)
            return True
        except TypeError:
            return False
    try:
        getattr(value, name)
        return True
    except AttributeError:
        return False


def eval(text, names, _eval=eval):
    return _eval(text, dict(names))


def _islice(values, most):
    found = []
    for value in values:
        if len(found) == most:
            break
        found.append(value)
    return found


itertools = _Namespace()
itertools.islice = _islice
copy = _Namespace()
copy.deepcopy = _deepcopy


class _Numbers:
    """Numbers in rows, computed with one by one: as much of a tensor as the checks need."""

    def __init__(self, values):
        self.values = [_Numbers(one) if isinstance(one, list) else one for one in values]

    def _with(self, other, of):
        others = other.values if isinstance(other, _Numbers) else [other] * len(self.values)
        found = _Numbers([])
        found.values = [
            a._with(b, of) if isinstance(a, _Numbers) else of(a, b)
            for a, b in zip(self.values, others)
        ]
        return found

    def __add__(self, other):
        return self._with(other, lambda a, b: a + b)

    __radd__ = __add__

    def __mul__(self, other):
        return self._with(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __sub__(self, other):
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other):
        return self._with(other, lambda a, b: b - a)

    def __truediv__(self, other):
        return self._with(other, lambda a, b: a / b)

    def __neg__(self):
        return self * -1

    def __ge__(self, other):
        return self._with(other, lambda a, b: a >= b)

    def __gt__(self, other):
        return self._with(other, lambda a, b: a > b)

    def float(self):
        return self * 1.0

    def tolist(self):
        return [one.tolist() if isinstance(one, _Numbers) else one for one in self.values]

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return iter(self.values)

    def __getitem__(self, place):
        return self.values[place]

    def __setitem__(self, place, value):
        self.values[place] = value

    def __repr__(self):
        return repr(self.tolist())


class _Generator:
    """Random numbers, the same in every browser; not those of torch or numpy."""

    def manual_seed(self, seed):
        self.state = seed + 1
        return self

    def uniform(self):
        self.state = (self.state * 48271) % 2147483647
        return self.state / 2147483647

    def normal(self):
        radius = _math.sqrt(-2 * _math.log(self.uniform()))
        return radius * _math.cos(2 * _math.pi * self.uniform())

    def rows(self, shape):
        if not shape:
            return self.normal()
        return [self.rows(shape[1:]) for _ in range(shape[0])]

    def permutation(self, count):
        keys = [(self.uniform(), n) for n in range(count)]
        return [n for _, n in sorted(keys)]


torch = _Namespace()
torch.float64 = None
torch.Generator = _Generator
torch.tensor = lambda values, dtype=None: _Numbers(values) if isinstance(values, list) else values
torch.as_tensor = lambda values: values
torch.randn = lambda *shape, generator, dtype=None: _Numbers(generator.rows(shape))
np = _Namespace()
np.random = _Namespace()
np.random.default_rng = lambda seed: _Generator().manual_seed(seed)


def _stopped(error, code):
    """(the error's name, what is said of it, its lines in the reader's code)."""
    name = type(error).__name__
    said = f"{name}: {error}"
    if isinstance(error, ImportError):
        said += " (this page has plain Python alone; the notebook has the rest)"
    if isinstance(error, SyntaxError) and any(
        sign in code for sign in ("[*", "(*", "{*", "match ")
    ):
        said += " (this page runs MicroPython, which knows no [*a, b] and no match)"
    trace = io.StringIO()
    sys.print_exception(error, trace)
    lines = [
        line
        for line in trace.getvalue().split("\n")
        if 'File "<string>"' in line or not line.startswith((" ", "Traceback"))
    ]
    places = [line.split("line ")[1].split(",")[0] for line in lines if "line " in line]
    where = f" in line {places[-1]}" if places else ""
    trace = "\n".join(lines).replace('File "<string>", ', "").strip()
    return name, f"stopped{where} with {said}", trace


def _no_input(*_):
    raise RuntimeError("input() does not work on a page: write the value into the code")


class _Said:
    """What the reader's code prints while the check calls it: a heading, and the first lines."""

    def __init__(self):
        self.checking, self.lines = False, 0

    def print(self, *values, **keywords):
        self.lines += self.checking
        if self.checking and self.lines == 1:
            print("printed while the check called your function:")
        if self.lines <= 20:
            print(*values, **keywords)
        elif self.lines == 21:
            print("... and more")


def _watched(function, stops, code):
    """The reader's function; `stops` gets where it stopped."""

    def call(*arguments, **keywords):
        try:
            return function(*arguments, **keywords)
        except BaseException as error:
            stops.append(_stopped(error, code))
            raise

    return call


def _asked(id, code, checks):
    """What a page shows of the reader's code: {verdict, name, line, trace} as JSON."""
    told, stops = _Said(), []
    space = {"__name__": "exercise", "input": _no_input, "print": told.print}
    try:
        exec(code, space)
    except BaseException as error:
        name, said, trace = _stopped(error, code)
        line = ("not right yet: " if checks else "") + f"your code {said}"
        return json.dumps({"verdict": "error", "name": name, "line": line, "trace": trace})
    if not checks:
        return json.dumps({"verdict": "ran", "name": "", "line": "", "trace": ""})
    exercise = EXERCISES[id]
    if exercise.answer not in space:
        line = f"not answered yet (nothing here has the name `{exercise.answer}`)."
        return json.dumps({"verdict": "not done", "name": "", "line": line, "trace": ""})
    told.checking, answer = True, space[exercise.answer]
    if callable(answer):
        answer = _watched(answer, stops, code)
    verdict, name, line = exercise.judge(answer)
    if verdict == "error" and stops:
        line = f"not right yet: your function {stops[-1][1]}"
        return json.dumps({"verdict": verdict, "name": name, "line": line, "trace": stops[-1][2]})
    return json.dumps({"verdict": verdict, "name": name, "line": line})
