"""What card companies and charging operators bill: sheets as the registry imports them. Pure; a sheet of the same days
has the same bytes.

A record follows from the vehicle's day alone: a filling that the card paid for (also where it filled another tank), or
a charge where the vehicle stands at night.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fleet.model.moments import LOCAL
from fleet.model.registry import Energy
from simulators.days.calendar import day_of
from simulators.days.timeline import Activity
from simulators.vehicle import Vehicle

FUEL_COLUMNS = ("卡号", "交易时间", "油品", "数量（升）", "金额（元）", "加油站", "流水号")
CHARGING_COLUMNS = ("号牌号码", "开始时间", "结束时间", "电量（千瓦时）", "金额（元）", "流水号")

_FEN_A_KWH = 80
_PRODUCTS = {Energy.DIESEL: "0号柴油", Energy.GAS: "压缩天然气"}
_PETROL = "92号汽油"


@dataclass(frozen=True, slots=True)
class Card:
    """A fuel card of a vehicle from `begin` up to, not including, `end` (None = still)."""

    card: str
    vehicle_id: int
    begin: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Bearer:
    """A vehicle as the billing companies know it."""

    vehicle: Vehicle
    division: int
    plate: str
    cards: Sequence[Card] = ()

    def card_at(self, moment: datetime) -> Card | None:
        day = moment.date()
        return next((one for one in self.cards if one.begin <= day and (one.end is None or day < one.end)), None)


def fuel_sheet(bearers: Iterable[Bearer], begin: float, end: float) -> str:
    """What cards paid for from `begin` up to, not including, `end` (Unix seconds), in the order of time; CSV."""
    return _sheet(FUEL_COLUMNS, (row for one in bearers for row in _fuel(one, begin, end)))


def charging_sheet(bearers: Iterable[Bearer], begin: float, end: float) -> str:
    """The charges that ended in that time; CSV."""
    return _sheet(CHARGING_COLUMNS, (row for one in bearers for row in _charging(one, begin, end)))


def _fuel(bearer: Bearer, begin: float, end: float) -> Iterator[tuple[str, ...]]:
    product = _PRODUCTS.get(bearer.vehicle.spec.energy, _PETROL)
    for day in _days(begin, end):
        for record in bearer.vehicle.timeline(day).cards:
            at = _local(record.at)
            card = bearer.card_at(at)
            if card is None or not begin <= record.at < end:
                continue
            litres, yuan = f"{record.volume_ml / 1_000:.3f}", f"{record.amount_fen / 100:.2f}"
            yield card.card, _clock(at), product, litres, yuan, record.station, f"{card.card}-{round(record.at)}"


def _charging(bearer: Bearer, begin: float, end: float) -> Iterator[tuple[str, ...]]:
    for day in _days(begin, end):
        for one in bearer.vehicle.timeline(day).episodes:
            charged_wh = one.after.charged_wh - one.before.charged_wh
            if one.activity is not Activity.CHARGING or charged_wh <= 0 or not begin <= one.ends_at < end:
                continue
            kwh, yuan = f"{charged_wh / 1_000:.3f}", f"{round(charged_wh * _FEN_A_KWH / 1_000) / 100:.2f}"
            span = _clock(_local(one.begins_at)), _clock(_local(one.ends_at))
            yield bearer.plate, *span, kwh, yuan, f"{bearer.plate}-{round(one.begins_at)}"


def _days(begin: float, end: float) -> Iterator[date]:
    """From the day before, whose last records may be booked late."""
    day, last = day_of(begin) - timedelta(days=1), day_of(end - 1)
    while day <= last:
        yield day
        day += timedelta(days=1)


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(round(at), tz=LOCAL)


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _by_time(row: tuple[str, ...]) -> tuple[str, str]:
    return row[1], row[0]


def _sheet(columns: Sequence[str], rows: Iterable[tuple[str, ...]]) -> str:
    """Sorted by time, then by card or plate."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    ordered = sorted(rows, key=_by_time)
    writer.writerows(ordered)
    return out.getvalue()
