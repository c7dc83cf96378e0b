"""Rows as CSV for programs and as XLSX for people: one heading, numbers as numbers, nothing taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

import xlsxwriter

from fleet.model.moments import LOCAL
from fleet.registry.sheets import guarded

Cell = str | int | float | None

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_WIDTH = 13


def to_csv(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """With a byte order mark, without which spreadsheets read Chinese as noise."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(headers)
    for row in rows:
        writer.writerow("" if cell is None else guarded(cell) if isinstance(cell, str) else cell for cell in row)
    return written.getvalue().encode("utf-8-sig")


def to_xlsx(
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    created: datetime,
    widths: Sequence[int | None] = (),
) -> bytes:
    """One sheet whose heading stays; thousands of rows take a second, so call it from a thread."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": created.astimezone(LOCAL).replace(tzinfo=None)})
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.freeze_panes(1, 1)
    for column, header in enumerate(headers):
        width = widths[column] if column < len(widths) else None
        sheet.set_column(column, column, width or _WIDTH)
        sheet.write_string(0, column, header, bold)
    for line, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(line, column, cell)
            elif cell is not None:
                sheet.write_number(line, column, cell)
    book.close()
    return written.getvalue()
