"""The words and numbers of reports in Chinese and English."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from fractions import Fraction

from fleet.reports.usage import Medium, Method
from fleet.statistics.base import Unit, per


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


NONE = "—"

UNITS = {
    Unit.PERCENT: ("%", "%"),
    Unit.KM: ("km", "km"),
    Unit.TRIPS: ("次", "trips"),
    Unit.L_PER_100KM: ("L/100 km", "L/100 km"),
    Unit.KWH_PER_100KM: ("kWh/100 km", "kWh/100 km"),
    Unit.YUAN: ("元", "CNY"),
    Unit.TONNES: ("吨 CO₂", "t CO₂"),
    Unit.PER_1000KM: ("起/千公里", "per 1,000 km"),
}

MEDIA = {
    Medium.PETROL: ("汽油", "Petrol"),
    Medium.DIESEL: ("柴油", "Diesel"),
    Medium.GAS: ("燃气", "Gas"),
    Medium.ELECTRICITY: ("电", "Electricity"),
}

METHODS = {
    Method.COUNTER: ("计数器", "counter"),
    Method.LEVEL: ("液位", "level"),
    Method.RECORDS: ("购入记录", "records"),
    Method.PARTIAL: ("部分", "partial"),
}

_UNITS_ZH = {
    "vehicles": "辆",
    "trips": "次",
    "days": "车日",
    "orders": "单",
    "cases": "件",
    "samples": "条",
    "s": "秒",
    "m": "米",
    "ml": "毫升",
    "mg": "毫克",
    "1/1000 fen": "千分之一分",
    "Wh": "瓦时",
    "mWh": "毫瓦时",
    "Wh/L": "瓦时/升",
    "fen/L": "分/升",
    "fen/kWh": "分/千瓦时",
    "g/L": "克/升",
    "g/kWh": "克/千瓦时",
}

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


class Words:
    """Everything that differs between the two languages."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._at = 0 if language is Language.ZH else 1

    def __call__(self, zh: str, en: str) -> str:
        return (zh, en)[self._at]

    def of(self, pair: tuple[str, str]) -> str:
        return pair[self._at]

    def month(self, month: date) -> str:
        return self(f"{month.year} 年 {month.month} 月", f"{_MONTHS[month.month - 1]} {month.year}")

    def points(self, change: float | None, decimals: int, unit: str) -> str:
        """A change with its sign; of a share in percentage points."""
        if change is None:
            return NONE
        name = self("个百分点", "pp") if unit == "%" else unit
        return f"{_signed(change, decimals)} {name}".strip()

    def unit(self, name: str) -> str:
        """A unit of the statistics' parts or of a policy."""
        return self(_UNITS_ZH.get(name, name), name)


def number(value: float | Fraction | None, decimals: int) -> str:
    """Grouped; what is not known is a dash, never a nought."""
    return NONE if value is None else f"{float(value):,.{decimals}f}".replace("-", "−")


def km(metres: int) -> str:
    """One decimal below 1,000 km."""
    return f"{metres / 1_000:,.{1 if metres < 1_000_000 else 0}f}"


def thousandths(value: int) -> str:
    """Litres of millilitres, kilowatt-hours of watt-hours."""
    return number(value / 1_000, 1 if abs(value) < 1_000_000 else 0)


def yuan(fen: int) -> str:
    return f"{fen / 100:,.2f}"


def percent(part: int, whole: int) -> float | None:
    found = per(part, whole, 100)
    return None if found is None else float(found)


def share(part: int, whole: int) -> str:
    """In percent, written."""
    found = percent(part, whole)
    return NONE if found is None else f"{found:.1f} %"


def relative(now: float | Fraction | None, then: float | Fraction | None) -> str:
    """How much more or less than the year before, in percent."""
    if now is None or not then:
        return NONE
    return f"{_signed((float(now) / float(then) - 1) * 100, 1)} %"


def _signed(change: float, decimals: int) -> str:
    """What rounds to nothing has no sign."""
    written = f"{change:+,.{decimals}f}"
    return written[1:] if float(written.replace(",", "")) == 0 else written.replace("-", "−")
