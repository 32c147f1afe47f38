"""One meaning a symbol: each that stands in a formula of a chapter is on the notation page, either
for the whole book or for that chapter, never both."""

import pytest

from tests.book.building import ROOT
from tools import notation

FOUND = notation.chapters(ROOT)


@pytest.mark.parametrize("chapter", FOUND)
def test_every_symbol_of_a_chapter_has_a_meaning(chapter):
    assert notation.unknown(chapter, FOUND[chapter]) == []


@pytest.mark.parametrize("chapter", notation.LOCAL)
def test_no_letter_of_one_chapter_is_one_of_the_whole_book_or_unused(chapter):
    letters = notation.LOCAL[chapter].keys()
    assert letters & (notation.SYMBOLS.keys() | notation.TOGETHER.keys()) == set()
    assert letters - FOUND[chapter] == set()


def test_every_symbol_of_the_book_is_used():
    used = set().union(*FOUND.values())
    assert (notation.SYMBOLS.keys() | notation.TOGETHER.keys()) - used == set()


def test_a_new_letter_is_noticed():
    assert notation.used(r"Let $\kappa$ be $\tfrac12 V[t]$.") == {"\\kappa", "V", "t"}
    assert notation.unknown("07", {"\\kappa", "V", "t"}) == ["\\kappa"]
