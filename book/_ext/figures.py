"""Sphinx extension of this book: the chapters' figures on the page. They follow the dark theme,
fill the column, and keep letters of at least 11 pixels on a telephone, where a wide one scrolls.

A figure is stored as matplotlib drew it, on white, which every viewer of notebooks shows. Here its
SVG gets a style for dark grounds; as a picture it follows the page's `color-scheme`."""

import base64
import colorsys
import re

FIGURE = re.compile(
    r'<div class="tfigure">(?P<sheet><style>[^<]*</style>)?<img (?P<alt>alt="[^"]*") style="[^"]*" '
    r'src="data:image/svg\+xml;base64,(?P<svg>[A-Za-z0-9+/=]+)">'
)
PAPER, INK = "#121212", "#e6e8eb"  # the dark theme's ground, and text on it
SMALLEST = 11  # CSS pixels: the height of the smallest letters
WIDEN = 1.13  # from 5.6 inches to nearly the column
HANDS_OFF = ":not([id^=QuadMesh] *,[id^=cell_] *)"  # what shows a colour map's values, and on it


def darkened(colour: str) -> str:
    """A colour of a figure on white, "#0072b2", as it is on a dark ground: those of the palette by
    the palette, greys turned over, tints made deep, the rest lightened."""
    from trevsnn_lite.course.palette import DARK, PALETTE

    known = {light.lower(): DARK[name].lower() for name, light in PALETTE.items()}
    if colour in known:
        return known[colour]
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    hue, light, vivid = colorsys.rgb_to_hls(red, green, blue)
    if max(red, green, blue) - min(red, green, blue) < 0.06:
        ends = [[int(end[k : k + 2], 16) for k in (1, 3, 5)] for end in (INK, PAPER)]
        mixed = [round(ink + (paper - ink) * light) for ink, paper in zip(*ends)]
    else:
        light = max(0.2, 0.62 - 0.5 * light) if light > 0.55 else min(0.75, light + 0.3)
        mixed = [round(255 * part) for part in colorsys.hls_to_rgb(hue, light, min(vivid, 0.8))]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def themed(svg: str) -> str:
    """The SVG with a style that replaces its colours where the page is dark. What a colour map
    paints, and the letters on it, stay."""
    svg = _marked(svg)
    rules = [f"svg{{fill:{INK}}}[id^=cell_],[id^=QuadMesh]{{fill:#000}}"]  # black is not written
    for kind in ("fill", "stroke"):
        for colour in sorted(set(re.findall(rf"{kind}: (#[0-9a-f]{{6}})", _plain(svg)))):
            rules.append(
                f'[style*="{kind}: {colour}"]{HANDS_OFF}{{{kind}:{darkened(colour)}!important}}'
            )
    style = f"<style>@media (prefers-color-scheme:dark){{{''.join(rules)}}}</style>"
    return re.sub(r"(<svg [^>]*>)", lambda found: found[1] + style, svg, count=1)


def _plain(svg: str) -> str:
    """The SVG without the cells of colour maps."""
    return re.sub(r'<g id="QuadMesh.*?</g>', "", svg, flags=re.DOTALL)


def _marked(svg: str) -> str:
    """The SVG with "cell_" in the ids of letters that stand on a colour map or on an image."""
    head, *panels = re.split(r'(?=<g id="axes_)', svg)
    for at, panel in enumerate(panels):
        outline = re.search(
            r'<path d="M ([\d.]+) ([\d.]+) \s*L ([\d.]+) [\d.]+ \s*L [\d.]+ ([\d.]+)', panel
        )
        if outline and ("QuadMesh" in panel or "<image" in panel):
            x0, y1, x1, y0 = map(float, outline.groups())

            def on_it(found: re.Match, box=(x0, x1, y0, y1)) -> str:
                x, y = float(found[3]), float(found[4])
                inside = box[0] < x < box[1] and box[2] < y < box[3]
                return found[0].replace('id="text_', 'id="cell_', 1) if inside else found[0]

            panels[at] = re.sub(
                r'<g id="(text_\d+)">\s*(<!--.*?-->)?\s*'
                r'<g [^>]*transform="translate\(([\d.]+) ([\d.]+)\)',
                on_it,
                panel,
            )
    return head + "".join(panels)


def size(svg: str) -> tuple[float, float | None]:
    """(width, height of the smallest letters or None where there are none), in points."""
    width = float(re.search(r'<svg [^>]*?width="([\d.]+)pt"', svg)[1])
    letters = [
        100 * float(scale)
        for scale in re.findall(r"translate\([^)]*\)(?: rotate\([^)]*\))? scale\((0\.\d+) -", svg)
    ]
    return width, min(letters, default=None)


def on_the_page(found: re.Match) -> str:
    """The figure's HTML for the page."""
    svg = base64.b64decode(found["svg"]).decode()
    width, letters = size(svg)
    least = round(SMALLEST * width / letters) if letters else 0
    coded = base64.b64encode(themed(svg).encode()).decode()
    style = (
        f"width:100%;max-width:{round(WIDEN * width / 0.75)}px;min-width:{least}px;height:auto;"
        "background:none;filter:none"
    )
    return (
        f'<div class="tfigure">{found["sheet"] or ""}<div style="overflow-x:auto" tabindex="0">'
        f"<img {found['alt']} "
        f'style="{style}" src="data:image/svg+xml;base64,{coded}"></div>'
    )


def show(app, page: str, template: str, context: dict, document) -> None:
    """Called for each page."""
    if "tfigure" in context.get("body", ""):
        context["body"] = FIGURE.sub(on_the_page, context["body"])


def setup(app) -> dict:
    """Called by Sphinx."""
    app.connect("html-page-context", show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
