"""One column of a sheet: from what a clerk typed to the value of a record, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from fleet.model.moments import LOCAL
from fleet.registry.labels import LABELS

Value = Any


class BadCell(Exception):  # a fault of the file, said to its clerk; never leaves this package
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class Codes:
    """Organs by code and back, for sheets name organs by their code; vehicles by plate."""

    ids: Mapping[str, int] = field(default_factory=dict)
    plates: Mapping[str, int] = field(default_factory=dict)

    def codes(self) -> dict[int, str]:
        return {organ_id: code for code, organ_id in self.ids.items()}


Parse = Callable[[str, Codes], Value]
Show = Callable[[Value, Mapping[int, str], bool], str]


@dataclass(frozen=True, slots=True)
class Column:
    """`field` of the record; header `name` in English (or the field's own name) and `zh` in Chinese.

    `parse` gets a text that is not blank and raises BadCell; `show` gets a value that is not None, the organs' codes by
    id, and whether the reader wants Chinese.
    """

    field: str
    name: str
    zh: str
    parse: Parse
    show: Show


def _plainly(value: Value, _: Mapping[int, str], __: bool) -> str:
    return str(value)


def text(field: str, zh: str, most: int, clean: Callable[[str], str] = str.strip) -> Column:
    def parse(cell: str, _: Codes) -> str:
        value = clean(cell)
        if len(value) > most:
            raise BadCell(f"最多 {most} 个字符", f"At most {most} characters")
        return value

    return Column(field, field, zh, parse, _plainly)


def integer(field: str, zh: str) -> Column:
    def parse(cell: str, _: Codes) -> int:
        cleaned = cell.strip().replace(",", "").removesuffix(".0")
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", cleaned):
            raise BadCell(f"“{cell}”不是整数", f"{cell!r} is not a whole number")
        return int(cleaned)

    return Column(field, field, zh, parse, _plainly)


def scaled(field: str, name: str, zh: str, by: int) -> Column:
    """A decimal number whose `by`-fold is kept as a whole number: 119,999.99 yuan are 11,999,999 fen."""

    def parse(cell: str, _: Codes) -> int:
        try:
            value = Decimal(cell.strip().replace(",", "")) * by
        except InvalidOperation:
            raise BadCell(f"“{cell}”不是数字", f"{cell!r} is not a number") from None
        if not value.is_finite() or value != value.to_integral_value() or abs(value) >= 2**62:
            raise BadCell(f"“{cell}”的小数位过多或数值过大", f"{cell!r} is too large or has too many decimals")
        return int(value)

    def show(value: Value, _: Mapping[int, str], __: bool) -> str:
        return format((Decimal(value) / by).normalize(), "f")

    return Column(field, name, zh, parse, show)


_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{4})([0-9]{2})([0-9]{2})")


def day(field: str, zh: str) -> Column:
    """2026-01-02, 2026/1/2, 2026.1.2, 2026年1月2日, 20260102."""

    def parse(cell: str, _: Codes) -> date:
        found = _DAY.fullmatch(cell.strip().removesuffix(" 00:00:00"))
        try:
            if found is None:
                raise ValueError(cell)
            year, month, number = (int(part) for part in found.groups() if part is not None)
            return date(year, month, number)
        except ValueError:
            raise BadCell(f"“{cell}”不是日期（例：2026-01-02）", f"{cell!r} is no date (such as 2026-01-02)") from None

    return Column(field, field, zh, parse, _plainly)


_CLOCK = re.compile(r"(.+?)[ T]+([0-9]{1,2}):([0-9]{2})(?::00)?")
_CLOCK_WITH_SECONDS = re.compile(r"(.+?)[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


def moment(field: str, name: str, zh: str) -> Column:
    """A day with or without a time of Asia/Shanghai: 2026-10-01 18:00; without one its midnight."""
    whole_day = day(field, zh)

    def parse(cell: str, codes: Codes) -> datetime:
        found = _CLOCK.fullmatch(cell.strip())
        on = whole_day.parse(found[1] if found else cell, codes)
        hour, minute = (int(found[2]), int(found[3])) if found else (0, 0)
        if hour > 23 or minute > 59:
            raise _no_time(cell)
        return datetime(on.year, on.month, on.day, hour, minute, tzinfo=LOCAL)

    def show(value: Value, _: Mapping[int, str], __: bool) -> str:
        return f"{value.astimezone(LOCAL):%Y-%m-%d %H:%M}"

    return Column(field, name, zh, parse, show)


def instant(field: str, name: str, zh: str) -> Column:
    """A time of Asia/Shanghai, to the minute or the second: 2026-10-01 18:00:07. A day alone is none."""
    whole_day = day(field, zh)

    def parse(cell: str, codes: Codes) -> datetime:
        found = _CLOCK_WITH_SECONDS.fullmatch(cell.strip())
        if found is None:
            raise _no_time(cell)
        on = whole_day.parse(found[1], codes)
        hour, minute, second = int(found[2]), int(found[3]), int(found[4] or 0)
        if hour > 23 or minute > 59 or second > 59:
            raise _no_time(cell)
        return datetime(on.year, on.month, on.day, hour, minute, second, tzinfo=LOCAL)

    def show(value: Value, _: Mapping[int, str], __: bool) -> str:
        return f"{value.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"

    return Column(field, name, zh, parse, show)


def _no_time(cell: str) -> BadCell:
    return BadCell(f"“{cell}”不是时间（例：2026-01-02 18:00）", f"{cell!r} is no time (such as 2026-01-02 18:00)")


_YES, _NO = ("是", "yes", "y", "true", "1", "√"), ("否", "no", "n", "false", "0", "×")


def flag(field: str, zh: str) -> Column:
    def parse(cell: str, _: Codes) -> bool:
        word = cell.strip().lower()
        if word not in (*_YES, *_NO):
            raise BadCell(f"“{cell}”应为 是 或 否", f"{cell!r} should be yes or no")
        return word in _YES

    def show(value: Value, _: Mapping[int, str], chinese: bool) -> str:
        return (_YES if value else _NO)[0 if chinese else 1]

    return Column(field, field, zh, parse, show)


def choice(field: str, zh: str, kind: type[StrEnum]) -> Column:
    labels = LABELS[kind]
    known: dict[str, StrEnum] = {label: value for value, label in labels.items()}
    known |= {value.value: value for value in kind}

    def parse(cell: str, _: Codes) -> StrEnum:
        word = cell.strip()
        if (value := known.get(word) or known.get(word.lower())) is None:
            every = "、".join(labels.values())
            raise BadCell(f"“{cell}”应为 {every} 之一", f"{cell!r} should be one of {', '.join(kind)}")
        return value

    def show(value: Value, _: Mapping[int, str], chinese: bool) -> str:
        return labels[kind(value)] if chinese else str(value)

    return Column(field, field, zh, parse, show)


def items(field: str, zh: str) -> Column:
    """Several words in one cell."""

    def parse(cell: str, _: Codes) -> tuple[str, ...]:
        words = [word.strip() for word in re.split("[;；、,，]", cell)]
        return tuple(word for word in words if word)

    def show(value: Value, _: Mapping[int, str], __: bool) -> str:
        return ";".join(value)

    return Column(field, field, zh, parse, show)


def organ(field: str, name: str, zh: str) -> Column:
    """An organ by its code; the record holds its id."""

    def parse(cell: str, codes: Codes) -> int:
        code = cell.strip()
        if (organ_id := codes.ids.get(code)) is None:
            raise BadCell(f"没有编码为“{code}”的单位", f"There is no organ with the code {code!r}")
        return organ_id

    def show(value: Value, codes: Mapping[int, str], _: bool) -> str:
        return codes.get(value, "")

    return Column(field, name, zh, parse, show)


def vehicle(field: str, name: str, zh: str, clean: Callable[[str], str]) -> Column:
    """A vehicle by its plate; the record holds its id."""

    def parse(cell: str, codes: Codes) -> int:
        plate = clean(cell)
        if (vehicle_id := codes.plates.get(plate)) is None:
            raise BadCell(f"没有号牌为“{plate}”的车辆", f"There is no vehicle with the plate {plate!r}")
        return vehicle_id

    return Column(field, name, zh, parse, _plainly)
