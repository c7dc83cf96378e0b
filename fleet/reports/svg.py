"""Small charts as SVG text: no script, no style attribute, readable in black and white.

Attributes alone carry the look, so that a page with a strict content policy may hold them. New energy is told from
fuel by a pattern as well as by colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

INK, INK_2, INK_3, LINE = "#17222B", "#4A5863", "#5F6C77", "#E1E6EA"
BRAND, PLUM, OCHRE, NEV, FUEL = "#0B5F63", "#7A5C99", "#B06A2C", "#14724A", "#43566A"
HATCHED = "url(#hatched)"

PATTERNS = (
    '<svg width="0" height="0" aria-hidden="true"><defs>'
    '<pattern id="hatched" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="5" height="5" fill="#B9C4CE"/><line x1="0" y1="0" x2="0" y2="5" stroke="{FUEL}" stroke-width="3"/>'
    "</pattern></defs></svg>"
)
"""Once in a page that holds charts."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers by column, None where there is none; `shown` as each is written where it is labelled."""

    name: str
    colour: str
    values: Sequence[float | None]
    dashed: bool = False


def columns(labels: Sequence[str], series: Sequence[Series], *, unit: str, title: str, width: int = 660) -> str:
    """Stacked columns, the sum over the last one; the axis names its unit."""
    height, left, top, bottom = 190, 52, 22, 22
    sums = [sum(one.values[n] or 0 for one in series) for n in range(len(labels))]
    ceiling = _ceiling(max(sums, default=0))
    plot_h, step = height - top - bottom, (width - left - 4) / max(1, len(labels))
    parts = [*_axis(ceiling, left, top, plot_h, width, unit)]
    for n, label in enumerate(labels):
        x, y = left + step * n + step * 0.18, float(top + plot_h)
        for one in series:
            h = plot_h * (one.values[n] or 0) / ceiling
            y -= h
            parts.append(_rect(x, y, step * 0.64, h, one.colour))
        last = n == len(labels) - 1
        centre = x + step * 0.32
        parts.append(_text(centre, height - 7, label, anchor="middle", bold=last))
        if last:
            parts.append(_text(centre, y - 5, short(sums[n]), anchor="middle", bold=True, colour=INK))
    return _svg(width, height, title, parts)


def lines(labels: Sequence[str], series: Sequence[Series], *, unit: str, title: str, width: int = 660) -> str:
    """At most four lines, each labelled at its end; a hole in the data is a hole in the line."""
    height, left, top, bottom, right = 190, 52, 22, 22, 96
    known = [value for one in series for value in one.values if value is not None]
    ceiling = _ceiling(max(known, default=0))
    plot_h, step = height - top - bottom, (width - left - right) / max(1, len(labels) - 1)
    parts = [*_axis(ceiling, left, top, plot_h, width - right + 8, unit)]
    for n, label in enumerate(labels):
        parts.append(_text(left + step * n, height - 7, label, anchor="middle", bold=n == len(labels) - 1))
    ends: list[tuple[float, str]] = []
    for one in series:
        drawn: list[list[str]] = [[]]
        last: tuple[float, float, float] | None = None
        for n, value in enumerate(one.values):
            if value is None:
                drawn.append([])
                continue
            x, y = left + step * n, top + plot_h * (1 - value / ceiling)
            drawn[-1].append(f"{x:.1f},{y:.1f}")
            last = (x, y, value)
        dash = ' stroke-dasharray="4 3"' if one.dashed else ""
        for piece in drawn:
            if len(piece) > 1:
                parts.append(
                    f'<polyline points="{" ".join(piece)}" fill="none" stroke="{one.colour}" stroke-width="2"{dash}/>'
                )
            elif piece:
                x_text, y_text = piece[0].split(",")
                parts.append(f'<circle cx="{x_text}" cy="{y_text}" r="2.5" fill="{one.colour}"/>')
        if last is not None:
            x, y, value = last
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{one.colour}"/>')
            ends.append((y, _text(x + 8, 0, f"{one.name} {short(value)}", colour=one.colour, bold=True)))
    parts += _apart(ends)
    return _svg(width, height, title, parts)


def bars(rows: Sequence[tuple[str, float | None, str]], *, title: str, colour: str = BRAND, width: int = 660) -> str:
    """One bar a row: its name, its value (None: nothing known) and the value as it is written."""
    line, left, right = 22, 150, 120
    height = line * len(rows) + 6
    most = max((value for _, value, _ in rows if value is not None), default=0) or 1
    parts = []
    for n, (name, value, written) in enumerate(rows):
        y = line * n + 4
        parts.append(_text(left - 8, y + 12, name, anchor="end", colour=INK))
        length = (width - left - right) * max(0.0, value or 0) / most
        parts.append(_rect(left, y + 1, max(length, 0.0), line - 8, colour))
        parts.append(_text(left + length + 6, y + 12, written, colour=INK_2))
    return _svg(width, height, title, parts)


def shares(parts_of_whole: Sequence[tuple[str, int, str]], *, title: str, width: int = 660) -> str:
    """One bar of the whole, divided; what is too thin to be written in is told by the legend beside it."""
    whole = sum(value for _, value, _ in parts_of_whole) or 1
    parts, x = [], 0.0
    for _, value, colour in parts_of_whole:
        w = width * value / whole
        parts.append(_rect(x, 2, max(w - 1, 0 if not value else 0.5), 20, colour))
        x += w
    return _svg(width, 24, title, parts)


def short(value: float) -> str:
    """A number as it stands in a chart: three digits that matter."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{1 if abs(value) >= 10 else 2}f}".rstrip("0").rstrip(".")


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
        f' aria-label="{escape(title)}"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )


def _axis(ceiling: float, left: int, top: int, plot_h: float, right: int, unit: str) -> list[str]:
    found = [_text(0, 11, unit)]
    for n in range(5):
        y = top + plot_h * (1 - n / 4)
        colour = INK_3 if n == 0 else LINE
        found.append(f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{colour}" stroke-width="1"/>')
        found.append(_text(left - 7, y + 4, short(ceiling * n / 4), anchor="end"))
    return found


def _ceiling(most: float) -> float:
    """The next of 1, 2, 3, 4, 6, 8 by a power of ten: quarters of it are short numbers."""
    if most <= 0:
        return 1.0
    ceiling = 1.0
    while ceiling < most:
        ceiling *= 10
    while ceiling / 10 >= most:
        ceiling /= 10
    return next((ceiling / 10 * part for part in (1, 2, 3, 4, 6, 8) if ceiling / 10 * part >= most), ceiling)


def _apart(ends: Sequence[tuple[float, str]]) -> list[str]:
    """Labels at the ends of lines, so far apart that both can be read."""
    found, free = [], -100.0
    for y, label in sorted(ends):
        at = max(y + 4, free)
        free = at + 14
        found.append(label.replace('y="0.0"', f'y="{at:.1f}"', 1))
    return found


def _rect(x: float, y: float, w: float, h: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = INK_3, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="11"{weight}>'
        f"{escape(words)}</text>"
    )
