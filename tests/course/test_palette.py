"""One colour a method and a quantity: in the library's drawings, in the chapters' code, and on the
notation page."""

import ast
import pathlib
import re

import pytest

from trevsnn_lite.course import demos, labs, notebook, palette

ROOT = pathlib.Path(__file__).parents[2]
DRAWING = sorted(
    file
    for file in [*(ROOT / "trevsnn_lite/course").rglob("*.py"), ROOT / "tools/card.py"]
    if file.name != "palette.py"
)
CHAPTERS = sorted((ROOT / "chapters/text").glob("*.md"))
METHODS = {name: hue for name, hue in palette.MEANING.items() if palette.WHAT[name][:2] in ("me",)}
TINTS = {
    *("#cfe3f1", "#f7dcc9", "#f0c541", "#9a6700", "#eeeeee", "#9a9a9a", "#dddddd", "#444444"),
    *("#1f4e79", "#4d4d4d"),
}
"""Grounds, greys and letters of drawings, which are nobody's colour."""


def literals(source: str) -> set[str]:
    """The colours that code writes out, but for tints."""
    found = {code.lower() for code in re.findall(r"#[0-9a-fA-F]{6}\b", source)}
    return found - TINTS


def wrong(source: str) -> list[str]:
    """Where a tuple, a list or a call's arguments, or a dictionary's entry, name one method and a
    colour of the palette that is another's."""
    found = []
    for node in ast.walk(ast.parse(source)):
        groups = []
        if isinstance(node, ast.Dict):
            groups = [[key, value] for key, value in zip(node.keys, node.values) if key]
        elif isinstance(node, (ast.Tuple, ast.List)):
            groups = [node.elts]
        for group in groups:
            words = [
                part.value
                for element in group
                for part in ([element] if isinstance(element, ast.Constant) else _keys(element))
                if isinstance(part.value, str)
            ]
            methods, hues = set(words) & set(METHODS), set(words) & set(palette.PALETTE)
            if len(methods) == 1 and hues and hues != {METHODS[next(iter(methods))]}:
                found.append(f"line {node.lineno}: {methods} in {hues}")
    return found


def _keys(node: ast.AST) -> list[ast.Constant]:
    """ "blue" of `PALETTE["blue"]`, or of an entry that is a tuple."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return [node.slice]
    if isinstance(node, ast.Tuple):
        return [part for part in node.elts if isinstance(part, ast.Constant)]
    return []


def code(chapter: pathlib.Path) -> str:
    """The chapter's code cells, one after the other."""
    cells = re.findall(
        r"^```\{code-cell\}.*?\n(?::[^\n]*\n|---.*?---\n)*(.*?)^```",
        chapter.read_text("utf8"),
        re.MULTILINE | re.DOTALL,
    )
    return "\n".join(re.sub(r"^[%!].*$", "", cell, flags=re.MULTILINE) for cell in cells)


@pytest.mark.parametrize("file", DRAWING, ids=lambda file: file.stem)
def test_no_drawing_code_writes_a_colour_of_its_own(file):
    source = file.read_text("utf8")
    assert literals(source) == set() or file.suffix == ".css"
    assert wrong(source) == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_a_chapter_gives_each_method_its_colour(chapter):
    source = code(chapter)
    assert literals(source) == set() and wrong(source) == []


@pytest.mark.parametrize(
    "source, count",
    [
        ('{"taped": "blue", "store": "vermilion"}', 0),
        ('{"taped": course.PALETTE["green"]}', 1),
        ('[("taped", "s--", "green"), ("store", "o-", "vermilion")]', 1),
        ('{"OTTT": ("o-", "blue")}', 1),
        ('("taped", "store", "green")', 0),
    ],
)
def test_a_method_in_another_s_colour_is_found(source, count):
    assert len(wrong(source)) == count


def test_every_meaning_has_a_colour_and_kin_share_it():
    assert set(palette.WHAT) == set(palette.MEANING) and set(palette.DARK) == set(palette.PALETTE)
    for one, other in (("store", "STBP"), ("taped", "T-RevSNN"), ("reversible", "S-RevSNN")):
        assert palette.colour(one) == palette.colour(other)
    strategies = [palette.MEANING[name] for name in labs.COLOURS]
    methods = [palette.MEANING[name] for name in ("STBP", "OTTT", "SLTT", "S-RevSNN", "T-RevSNN")]
    assert len(set(strategies)) == 4 and len(set(methods)) == 5
    assert notebook.PALETTE is palette.PALETTE and demos.ALL
    assert labs.COLOURS["taped"] == palette.PALETTE["blue"]
    with pytest.raises(KeyError, match="'tape' has no colour, expected one of store, recompute"):
        palette.colour("tape")


def test_the_table_and_the_style_name_all():
    for name, hue in palette.MEANING.items():
        assert f"{name} ({palette.WHAT[name]})" in palette.table()
        assert f"--c-{name.lower()}:var(--c-{hue});" in palette.css()


def brightness(code: str) -> float:
    """Relative luminance, WCAG 2."""
    parts = [int(code[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", palette.PALETTE)
def test_dark_colours_stand_out_from_the_dark_ground(name):
    """WCAG 2.2, 1.4.11: 3 for graphics; these are letters, too: 4.5."""
    assert (brightness(palette.DARK[name]) + 0.05) / (brightness("#121212") + 0.05) >= 4.5
