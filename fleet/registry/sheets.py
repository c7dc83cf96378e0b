"""The sheets a registry travels in: CSV with a header in Chinese or English, UTF-8 or GB18030.

A cell that a spreadsheet would take for a formula leaves with an apostrophe before it, and comes back without.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleet.model.registry import Body, Energy, Management, OrganKind, VehicleStatus, VehicleUse
from fleet.registry import cells, plates, vin
from fleet.registry.cells import BadCell, Column

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")

ORGANS: tuple[Column, ...] = (
    cells.text("code", "单位编码", 40),
    cells.text("name", "单位名称", 100),
    cells.choice("kind", "单位性质", OrganKind),
    cells.integer("division", "区划代码"),
    cells.organ("parent_id", "parent_code", "上级单位编码"),
    cells.flag("energy_saving", "节约型机关"),
    cells.integer("vehicle_quota", "车辆编制"),
    cells.day("retired_on", "撤销日期"),
)

VEHICLES: tuple[Column, ...] = (
    cells.text("plate", "号牌号码", 20, plates.normalise),
    cells.text("vin", "车辆识别代号", 40, vin.normalise),
    cells.organ("organ_id", "organ_code", "单位编码"),
    cells.organ("lender_organ_id", "lender_organ_code", "借出单位编码"),
    cells.integer("division", "区划代码"),
    cells.choice("use", "用途", VehicleUse),
    cells.choice("management", "管理方式", Management),
    cells.choice("energy", "能源类型", Energy),
    cells.choice("status", "状态", VehicleStatus),
    cells.choice("body", "车型", Body),
    cells.integer("seats", "座位数"),
    cells.text("model", "品牌型号", 100),
    cells.items("equipment", "装备"),
    cells.integer("displacement_ml", "排量（毫升）"),
    cells.scaled("price_fen", "price_yuan", "价格（元）", 100),
    cells.scaled("tank_ml", "tank_l", "油箱容积（升）", 1000),
    cells.scaled("battery_wh", "battery_kwh", "电池容量（千瓦时）", 1000),
    cells.integer("rated_range_km", "纯电续航（公里）"),
    cells.day("purchased_on", "购置日期"),
    cells.day("registered_on", "登记日期"),
    cells.day("retired_on", "报废日期"),
    cells.flag("marked", "标识化"),
    cells.flag("confidential", "涉密"),
    cells.scaled("parking_lat_e7", "parking_lat", "停放点纬度", 10**7),
    cells.scaled("parking_lon_e7", "parking_lon", "停放点经度", 10**7),
    cells.text("remarks", "备注", 1000),
)

DRIVERS: tuple[Column, ...] = (
    cells.text("label", "驾驶员编号", 60),
    cells.organ("organ_id", "organ_code", "单位编码"),
    cells.text("licence_class", "准驾车型", 4, lambda cell: cell.strip().upper()),
    cells.day("licence_expires_on", "驾驶证有效期至"),
    cells.text("phone", "电话", 24),
    cells.day("retired_on", "离岗日期"),
)

CALENDAR: tuple[Column, ...] = (
    cells.day("day", "日期"),
    cells.organ("organ_id", "organ_code", "单位编码"),
    cells.flag("worked", "上班"),
    cells.text("name", "名称", 100),
)

DUTY_ROSTER: tuple[Column, ...] = (
    cells.vehicle("vehicle_id", "plate", "号牌号码", plates.normalise),
    cells.moment("begin", "from", "开始时间"),
    cells.moment("end", "to", "结束时间"),
    cells.text("why", "事由", 500),
)

FUEL: tuple[Column, ...] = (
    cells.text("card", "卡号", 40, lambda cell: cell.strip().replace(" ", "")),
    cells.instant("at", "time", "交易时间"),
    cells.text("product", "油品", 40),
    cells.scaled("ml", "litres", "数量（升）", 1000),
    cells.scaled("cost_fen", "cost_yuan", "金额（元）", 100),
    cells.text("station", "加油站", 100),
    cells.vehicle("vehicle_id", "plate", "号牌号码", plates.normalise),
    cells.scaled("odometer_m", "odometer_km", "里程（公里）", 1000),
    cells.text("number", "流水号", 60),
)

CHARGING: tuple[Column, ...] = (
    cells.vehicle("vehicle_id", "plate", "号牌号码", plates.normalise),
    cells.instant("begin", "from", "开始时间"),
    cells.instant("end", "to", "结束时间"),
    cells.scaled("wh", "energy_kwh", "电量（千瓦时）", 1000),
    cells.scaled("cost_fen", "cost_yuan", "金额（元）", 100),
    cells.text("station", "充电站", 100),
    cells.text("number", "流水号", 60),
)

SHEETS: Mapping[str, tuple[Column, ...]] = {
    "organs": ORGANS,
    "vehicles": VEHICLES,
    "drivers": DRIVERS,
    "calendar": CALENDAR,
    "duty_roster": DUTY_ROSTER,
    "fuel": FUEL,
    "charging": CHARGING,
}


class Unreadable(Exception):  # said to the clerk, as it is
    """The file as a whole cannot be read; `str` says why, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the file: the line it begins on (the header is line 1) and its cells by field."""

    line: int
    cells: Mapping[str, str]


def decode(content: bytes) -> str:
    """UTF-8 with or without a byte order mark, else GB18030. Raises Unreadable."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:  # two turns at most
            continue
    raise Unreadable("文件既不是 UTF-8 也不是 GB18030 编码 / The file is neither UTF-8 nor GB18030")


def read(kind: str, content: bytes) -> tuple[list[Column], list[Row]]:
    """The columns that the file has, and its rows; blank lines are skipped. Raises Unreadable."""
    reader = csv.reader(io.StringIO(decode(content), newline=""), strict=True)
    try:
        header = next(reader, [])
        columns = [_column(kind, name) for name in header]
        named = [column.field for column in columns if column is not None]
        if len(set(named)) != len(named):
            raise Unreadable("表头有重复的列 / A column occurs twice in the header")
        rows: list[Row] = []
        begins = reader.line_num + 1
        for cell_texts in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in cell_texts):
                continue
            if len(cell_texts) > len(header):
                raise Unreadable(f"第 {line} 行的列数多于表头 / Line {line} has more cells than the header")
            rows.append(
                Row(line, {c.field: _unguarded(t) for c, t in zip(columns, cell_texts, strict=False) if c is not None})
            )
    except csv.Error as error:
        raise Unreadable(f"第 {reader.line_num} 行无法解析 / Line {reader.line_num} is not CSV: {error}") from None
    return [column for column in columns if column is not None], rows


def _column(kind: str, name: str) -> Column | None:
    """None for a column without a name. Raises Unreadable for one that is not known."""
    word = name.strip().lower().replace("(", "（").replace(")", "）")
    if not word:
        return None
    for column in SHEETS[kind]:
        if word in (column.name, column.zh, column.field):
            return column
    known = "、".join(column.zh for column in SHEETS[kind])
    raise Unreadable(f"未知的列“{name.strip()}”，可用：{known} / Unknown column {name.strip()!r}")


def write(kind: str, records: Iterable[Mapping[str, Any]], codes: Mapping[int, str], *, chinese: bool = True) -> bytes:
    """Records by field as CSV, UTF-8 with a byte order mark for spreadsheets; lines end as RFC 4180 says."""
    columns = SHEETS[kind]
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow([column.zh if chinese else column.name for column in columns])
    for record in records:
        writer.writerow([guarded(_shown(column, record[column.field], codes, chinese)) for column in columns])
    return sheet.getvalue().encode("utf-8-sig")


def _shown(column: Column, value: Any, codes: Mapping[int, str], chinese: bool) -> str:
    return "" if value is None else column.show(value, codes, chinese)


def guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def parsed(columns: Sequence[Column], row: Row, codes: cells.Codes) -> tuple[dict[str, Any], list[tuple[str, BadCell]]]:
    """The values of a row's cells (None: blank) and what could not be read, by field."""
    values: dict[str, Any] = {}
    faults: list[tuple[str, BadCell]] = []
    for column in columns:
        cell = row.cells.get(column.field, "")
        if not cell.strip():
            values[column.field] = None
            continue
        try:
            if "\0" in cell:
                raise BadCell("含有不可见字符", "Contains a NUL character")
            values[column.field] = column.parse(cell, codes)
        except BadCell as fault:
            faults.append((column.field, fault))
    return values, faults
