"""Results as small tables with named columns: HTML in a page, aligned text in a terminal."""

import html
import math
from collections.abc import Sequence

from trevsnn_lite.course.expected import plain

STYLE = "border-collapse:collapse;margin:.3rem 0;font-variant-numeric:tabular-nums"
CELL = "padding:.15rem .8rem .15rem 0;border:0;border-bottom:1px solid #8884;text-align:"


class Table:
    def __init__(self, columns: list[str], rows: list[list[str]], right: list[bool], caption: str):
        self.columns, self.rows, self.right, self.caption = columns, rows, right, caption

    def __repr__(self) -> str:
        lines = [self.columns, *self.rows]
        wide = [max(len(line[k]) for line in lines) for k in range(len(self.columns))]
        text = [
            "  ".join(
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(line, wide, self.right)
            ).rstrip()
            for line in lines
        ]
        rule = "  ".join("-" * width for width in wide)
        return "\n".join([*([self.caption] if self.caption else []), text[0], rule, *text[1:]])

    def _repr_html_(self) -> str:
        def line(cells: list[str], kind: str) -> str:
            return "".join(
                f'<{kind} style="{CELL}{"right" if right else "left"}">{html.escape(cell)}</{kind}>'
                for cell, right in zip(cells, self.right)
            )

        label, _, words = self.caption.partition(". ")
        caption = (
            '<caption style="caption-side:top;text-align:left">'
            f"<strong>{html.escape(label)}.</strong> {html.escape(words)}</caption>"
            if self.caption
            else ""
        )
        body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in self.rows)
        return (
            f'<div class="ttable" style="overflow-x:auto" tabindex="0"><table style="{STYLE}">'
            f"{caption}<thead><tr>{line(self.columns, 'th')}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )


def table(columns: str, rows: Sequence[Sequence], digits: int = 3, caption: str = "") -> Table:
    """Rows under named columns, for the last line of a cell. `columns`: their names with units,
    separated by " | ". A float is rounded to `digits` significant digits, an integer is written
    out, a text stays as it is, None is a dash. `caption`: "Table 7.1. What to see".

    Raises ValueError for a row of another length than the columns, or for no digits."""
    if not isinstance(digits, int) or isinstance(digits, bool) or digits < 1:
        raise ValueError(f"digits is {digits!r}, expected an integer of at least 1.")
    names = [name.strip() for name in columns.split("|")]
    values = [[None if cell is None else plain(cell) for cell in row] for row in rows]
    for row in values:
        if len(row) != len(names):
            raise ValueError(
                f"rows holds {row!r} of {len(row)} entries, expected {len(names)}, one for each of "
                f"the columns {', '.join(names)}."
            )
    right = [
        all(not isinstance(row[k], str) for row in values) and bool(values)
        for k in range(len(names))
    ]
    return Table(
        names, [[_written(cell, digits) for cell in row] for row in values], right, caption
    )


def _written(value, digits: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(_written(part, digits) for part in value)
    if value == 0 or value != value or abs(value) == float("inf"):
        return f"{value:g}"
    if not 1e-4 <= abs(value) < 1e7:
        return f"{value:.{digits - 1}e}"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):,.{max(places, 0)}f}"
