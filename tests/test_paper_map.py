"""The map from the paper to the code: what it names as running is entered by a training step, what
it names by hand computes the same, and its links lead to lines and sections."""

import importlib
import inspect
import re
import sys
from pathlib import Path
from types import CodeType

import pytest
import torch

from tests.networks import small_batch, small_net
from tools import equations
from tools.pages import in_the_book
from trevsnn_lite.paper_map import PAPER_MAP

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book/_ext"))
import source_lines  # noqa: E402  it stands among the book's extensions

RUNNING = [
    (number, code)
    for number, place in PAPER_MAP.items()
    for code in place.runs
    if not code.startswith(("experiments.", "training.", "released."))
]
NAMED = sorted({code for place in PAPER_MAP.values() for code in place.by_hand + place.runs})


def found(code: str):
    """What "module:name" names."""
    module, name = code.split(":")
    there = importlib.import_module(f"trevsnn_lite.{module}")
    for part in name.split("."):
        there = getattr(there, part)
    return there


def code_of(code: str) -> CodeType:
    """The code that runs when it is called; of a class, when one is made."""
    there = found(code)
    return inspect.unwrap(there.__init__ if inspect.isclass(there) else there).__code__


@pytest.fixture(scope="module")
def entered() -> set[CodeType]:
    """Every function that a T = 2 network enters from its making to its gradients."""
    seen = set()
    images, target = small_batch()
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, _: seen.add(frame.f_code) if event == "call" else None)
    try:
        net = small_net(time_steps=2)
        torch.nn.functional.cross_entropy(net(images).mean(0), target).backward()
    finally:
        sys.setprofile(before)
    assert net.decay.grad.abs().max() > 0, "the step must reach the decays"
    return seen


@pytest.mark.parametrize(("number", "code"), RUNNING)
def test_what_is_named_as_running_is_entered_by_a_training_step(entered, number, code):
    assert code_of(code) in entered, f"{number}: a training step never enters {code}"


def test_formulas_by_hand_are_for_teaching_and_no_step_enters_them(entered):
    """Eq. (2) apart: its function is the network's own."""
    by_hand = {
        code
        for number in map("Eq. ({})".format, range(1, 12))
        for code in PAPER_MAP[number].by_hand
        if inspect.isfunction(found(code))
    }
    assert {code for code in by_hand if code_of(code) in entered} <= {"spikes:spike"}
    assert len(by_hand) >= 6


def test_all_numbers_of_the_paper_are_there():
    paper = [f"Eq. ({n})" for n in range(1, 14)]
    paper += [f"Fig. {n}" for n in range(1, 6)] + [f"Table {n}" for n in range(1, 8)]
    assert [number for number in paper if number not in PAPER_MAP] == []
    assert [number for number, place in PAPER_MAP.items() if not place.by_hand + place.runs] == []


@pytest.mark.parametrize("code", NAMED)
def test_a_link_to_a_name_leads_to_its_line(code):
    link = equations.in_code(code)
    address, _ = source_lines.linked(link, ROOT, "https://example.org/book", "main")
    file, line = re.search(r"/blob/main/(\S+)#L(\d+)\)$", address).groups()
    shown = (ROOT / file).read_text("utf8").splitlines()[int(line) - 1]
    assert re.search(rf"\b(def |class |){re.escape(code.split(':')[1].split('.')[-1])}\b", shown)
    found(code)


def test_a_link_to_nothing_is_refused():
    with pytest.raises(ValueError, match=r"neurons\.py has no charging, which a page links"):
        source_lines.linked("[x](../trevsnn_lite/neurons.py#charging)", ROOT, "", "main")
    with pytest.raises(ValueError, match=r"no_file\.py has no charge"):
        source_lines.linked("[x](../trevsnn_lite/no_file.py#charge)", ROOT, "", "main")


@pytest.mark.parametrize("number", PAPER_MAP)
def test_the_section_is_a_heading_of_its_chapter(number):
    link = equations.taught(PAPER_MAP[number], in_the_book(ROOT))
    assert re.fullmatch(r"\[§\d+\.\d+\]\(\.\./chapters/\w+\.ipynb#[\w-]+\)", link)


def test_a_section_that_is_not_there_is_named():
    place = PAPER_MAP["Eq. (9)"]._replace(section="Eq. (9) by foot")
    with pytest.raises(ValueError, match=r"'Eq\. \(9\) by foot'.*has 0 headings"):
        equations.taught(place, in_the_book(ROOT))


def test_the_page_is_what_the_generator_writes():
    written = (ROOT / "book/equations.md").read_text("utf8")
    assert written == equations.page(in_the_book(ROOT)), "run python -m tools.pages"


def test_docstrings_are_shown_as_they_are():
    plain = source_lines.plain("|V| * h_l of `v_l` and V_th")
    assert plain == r"\|V\| \* h\_l of ``v_l`` and V\_th"
