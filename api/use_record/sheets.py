"""Use records as sheets: CSV for programs and spreadsheets, XLSX for the notice board."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from api.sheets import Cell, to_csv, to_xlsx
from fleet.model.moments import LOCAL

COLUMNS: tuple[tuple[str, str], ...] = (
    ("plate", "号牌号码"),
    ("organ", "使用单位"),
    ("from", "出车时间"),
    ("to", "回车时间"),
    ("purpose", "用途"),
    ("number", "单号"),
    ("places", "行驶地点"),
    ("driver", "驾驶员"),
    ("distance_km", "里程（公里）"),
    ("fuel_l", "油耗（升）"),
    ("energy_kwh", "电耗（千瓦时）"),
    ("cost_yuan", "费用（元）"),
)
"""Field, which is the header in English, and header in Chinese. Times are those of Asia/Shanghai."""

_WIDTHS = {"organ": 26, "from": 17, "to": 17, "purpose": 22, "number": 18, "places": 48}
_MASKED_ZH, _MASKED_EN = "涉密任务，不予公示", "confidential mission"


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
    return to_csv(_headers(chinese), _cells(items, chinese))


def as_xlsx(items: Sequence[dict[str, Any]], *, chinese: bool, created: datetime) -> bytes:
    title = "用车记录" if chinese else "use record"
    widths = [_WIDTHS.get(name) for name, _ in COLUMNS]
    return to_xlsx(title, _headers(chinese), _cells(items, chinese), created=created, widths=widths)


def _headers(chinese: bool) -> list[str]:
    return [zh if chinese else name for name, zh in COLUMNS]


def _cells(items: Sequence[dict[str, Any]], chinese: bool) -> list[list[Cell]]:
    return [[row[name] for name, _ in COLUMNS] for row in rows(items, chinese=chinese)]


def _local(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"
