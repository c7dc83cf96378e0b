"""A table of the report as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[tuple[str, bool]], rows: Iterable[Sequence[str]], *, total: bool = False) -> str:
    """Cells are HTML. A head is its words and whether its column holds numbers; `total`: the last row is the sum."""
    lines = list(rows)
    head = "".join(f"<th{' class=n' if numeric else ''}>{words}</th>" for words, numeric in heads)
    body = ""
    for n, row in enumerate(lines):
        cells = "".join(
            f"<td{' class=n' if numeric else ''}>{cell}</td>" for cell, (_, numeric) in zip(row, heads, strict=True)
        )
        body += f"<tr{' class=total' if total and n == len(lines) - 1 else ''}>{cells}</tr>"
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
