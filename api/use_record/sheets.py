"""Use records as sheets: CSV for programs and spreadsheets, XLSX for the notice board."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from fleet.model.moments import LOCAL
from fleet.registry.sheets import guarded

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("plate", "号牌号码", "plate"),
    ("organ", "使用单位", "organ"),
    ("from", "出车时间", "from"),
    ("to", "回车时间", "to"),
    ("purpose", "用途", "purpose"),
    ("number", "单号", "number"),
    ("places", "行驶地点", "places"),
    ("driver", "驾驶员", "driver"),
    ("distance_km", "里程（公里）", "distance_km"),
    ("fuel_l", "油耗（升）", "fuel_l"),
    ("energy_kwh", "电耗（千瓦时）", "energy_kwh"),
    ("cost_yuan", "费用（元）", "cost_yuan"),
)
"""Field, header in Chinese, header in English. Times are those of Asia/Shanghai."""

_WIDTHS = {"organ": 26, "from": 17, "to": 17, "purpose": 22, "number": 18, "places": 48}
_NUMBERS = frozenset({"distance_km", "fuel_l", "energy_kwh", "cost_yuan"})
_MASKED_ZH, _MASKED_EN = "涉密任务，不予公示", "confidential mission"

Cell = str | float | None


def rows(items: Sequence[dict[str, Any]], *, chinese: bool) -> list[dict[str, Cell]]:
    masked = _MASKED_ZH if chinese else _MASKED_EN
    return [
        {
            "plate": one["plate"],
            "organ": one["organ"]["name"],
            "from": _local(one["started_at"]),
            "to": _local(one["ended_at"]),
            "purpose": one["purpose_zh"] if chinese else one["purpose_en"],
            "number": one["number"],
            "places": masked if one["masked"] else " → ".join(one["places"]),
            "driver": one["driver"],
            **{name: one[name] for name in ("distance_km", "fuel_l", "energy_kwh", "cost_yuan")},
        }
        for one in items
    ]


def as_csv(items: Sequence[dict[str, Any]], *, chinese: bool) -> bytes:
    """UTF-8 with a byte order mark, by which spreadsheets know it; nothing in it is taken for a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(zh if chinese else en for _, zh, en in COLUMNS)
    for row in rows(items, chinese=chinese):
        cells = (row[name] for name, _, _ in COLUMNS)
        writer.writerow("" if cell is None else guarded(cell) if isinstance(cell, str) else cell for cell in cells)
    return written.getvalue().encode("utf-8-sig")


def as_xlsx(items: Sequence[dict[str, Any]], *, chinese: bool, created: datetime) -> bytes:
    """One sheet with a heading that stays; numbers are numbers, text is never a formula."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": created.astimezone(LOCAL).replace(tzinfo=None)})
    sheet = book.add_worksheet("用车记录" if chinese else "use record")
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.freeze_panes(1, 1)
    for column, (name, zh, en) in enumerate(COLUMNS):
        sheet.set_column(column, column, _WIDTHS.get(name, 13))
        sheet.write_string(0, column, zh if chinese else en, bold)
    for line, row in enumerate(rows(items, chinese=chinese), start=1):
        for column, (name, _, _) in enumerate(COLUMNS):
            cell = row[name]
            if cell is None:
                continue
            if name in _NUMBERS:
                sheet.write_number(line, column, cell)
            else:
                sheet.write_string(line, column, str(cell))
    book.close()
    return written.getvalue()


def _local(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"
