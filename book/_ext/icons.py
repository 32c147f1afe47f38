"""The icons of a built site as a small style sheet: of the theme's fonts, 300 kB, only the signs
that a page, a style or a script of the site names. What is missing there still comes from them."""

import base64
import io
import pathlib
import re

NAMED = re.compile(r"\bfa-([a-z0-9-]+)")
FAMILIES = {
    "fa-solid-900": ("Font Awesome 6 Free", 900),
    "fa-brands-400": ("Font Awesome 6 Brands", 400),
}
FOLDER = "vendor/fontawesome/webfonts"


def codes(style: str) -> dict[str, int]:
    """The theme's signs, {"bars": 0xf0c9}, from its style sheet."""
    found = {}
    for names, code in re.findall(
        r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"', style
    ):
        found |= dict.fromkeys(re.findall(r"\.fa-([a-z0-9-]+):", names), int(code, 16))
    return found


def used(static: pathlib.Path, pages: list[str]) -> set[int]:
    """The signs that a site shows: by a class on a page or in a script, by a character in a
    style."""
    style = (static / "styles/pydata-sphinx-theme.css").read_text("utf8")
    known = codes(style)
    scripts = [file.read_text("utf8") for file in static.glob("scripts/*-theme.js")]
    named = {name for text in [*pages, *scripts] for name in NAMED.findall(text)}
    own = (static / "styles/sphinx-book-theme.css").read_text("utf8")
    shown = re.findall(r'--pst-icon-[\w-]+:\s*"(.)"', style)
    return (
        {known[name] for name in named if name in known}
        | {ord(sign) for sign in shown}
        | {int(code, 16) for code in re.findall(r'content:"\\(f[0-9a-f]{3})"', own)}
    )


def sheet(static: pathlib.Path, signs: set[int]) -> str:
    """The style sheet, with the fonts in it."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    rules = []
    for file, (family, weight) in FAMILIES.items():
        font = TTFont(static / FOLDER / f"{file}.ttf", recalcTimestamp=False)
        mine = sorted(signs & set(font.getBestCmap()))
        if not mine:
            continue
        small = subset.Subsetter(subset.Options(layout_features=[], hinting=False))
        small.populate(unicodes=mine)
        small.subset(font)
        font.flavor, packed = "woff", io.BytesIO()
        font.save(packed)
        coded = base64.b64encode(packed.getvalue()).decode()
        rules.append(
            f'@font-face{{font-family:"{family}";font-weight:{weight};font-display:block;'
            f'src:url(data:font/woff;base64,{coded}) format("woff");'
            f"unicode-range:{','.join(f'U+{sign:X}' for sign in mine)}}}\n"
        )
    return "".join(rules)
