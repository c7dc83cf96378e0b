"""What a sheet of fuel-card or charging records would add, line by line: pure, so that a dry run cannot differ.

Records are only ever added. A fuel-card record is known by card, moment and fuel, a charging record by vehicle and
beginning, both also by their transaction number; one that is stored already is left as it is, one that says something
else is refused. A purchase that was taken back is a record of its own, with quantity and amount below zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from fleet.model.fuels import Fuel, chargeable, fuel_kind
from fleet.model.moments import LOCAL
from fleet.model.registry import Energy
from fleet.registry.cells import BadCell, Codes, Column
from fleet.registry.imports import Entry, Outcome
from fleet.registry.problems import Problem, Severity, error, warning
from fleet.registry.sheets import Row, parsed

Key = tuple[Any, ...]

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "fuel": ("card", "at", "product", "ml", "cost_fen"),
    "charging": ("vehicle_id", "begin", "end", "wh"),
}
_COMPARED: Mapping[str, tuple[str, ...]] = {"fuel": ("ml", "cost_fen"), "charging": ("end", "wh", "cost_fen")}
_SHOWN: Mapping[str, tuple[str, ...]] = {"fuel": ("card", "at"), "charging": ("vehicle_id", "begin")}

_MOST_ML, _MOST_WH, _MOST_FEN = 2_000_000, 1_000_000, 10_000_000
_LONGEST = timedelta(days=3)
_USUAL_FEN_PER_L = (200, 2_000)
_TANK_PCT, _BATTERY_PCT = 105, 125  # a filler neck holds something, too, and a charger loses some


class Held(NamedTuple):
    """A card belonged to a vehicle from `begin` up to, not including, `end` (None = still)."""

    begin: date | None
    end: date | None
    vehicle_id: int


class Car(NamedTuple):
    """What is registered of a vehicle."""

    plate: str
    energy: Energy
    tank_ml: int | None
    battery_wh: int | None


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are judged by. Cards and vehicles that the importer may not see are not in it.

    `stored` by key, with `id` and the sheet's fields; `numbers`: the key of each stored transaction number.
    """

    now: datetime
    cards: Mapping[str, Sequence[Held]] = field(default_factory=dict)
    cars: Mapping[int, Car] = field(default_factory=dict)
    stored: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    numbers: Mapping[str, Key] = field(default_factory=dict)


class Read(NamedTuple):
    """A row with its values (None: blank) and what could not be read."""

    row: Row
    values: dict[str, Any]
    faults: list[tuple[str, BadCell]]


def read_rows(columns: Sequence[Column], rows: Sequence[Row], codes: Codes) -> list[Read]:
    return [Read(row, *parsed(columns, row, codes)) for row in rows]


def fuel_of(product: str) -> Fuel | None:
    """The kind of a product as tills name it: 92号汽油, 0# diesel, CNG. None = no fuel for vehicles."""
    word = product.strip().lower()
    names = (
        (Fuel.DIESEL, ("柴油", "diesel")),
        (Fuel.PETROL, ("汽油", "petrol", "gasoline", "乙醇")),
        (Fuel.GAS, ("天然气", "燃气", "液化气", "cng", "lng", "lpg", "gas")),
    )
    for fuel, marks in names:
        if any(mark in word for mark in marks):
            return fuel
    return None


def plan_records(kind: str, read: Iterable[Read], known: Known) -> list[Entry]:
    """One entry a row, in the file's order: new, unchanged or refused; never changed."""
    seen: dict[Any, int] = {}
    return [_entry(kind, one, known, seen) for one in read]


def _entry(kind: str, one: Read, known: Known, seen: dict[Any, int]) -> Entry:
    row, values = one.row, {**dict.fromkeys(("number", "station", "cost_fen", "odometer_m")), **one.values}
    called = " ".join(text for name in _SHOWN[kind] if (text := row.cells.get(name, "").strip()))
    problems = [error(name, "unreadable", fault.zh, fault.en) for name, fault in one.faults]
    unreadable = {name for name, _ in one.faults}
    problems += [
        error(name, "required", "不能为空", "Must have a value")
        for name in _REQUIRED[kind]
        if values.get(name) is None and name not in unreadable
    ]
    if not problems:
        problems += (_fuel if kind == "fuel" else _charging)(values, known)
    if _wrong(problems):
        return Entry(row.line, called, Outcome.REFUSED, problems=tuple(problems))
    key = (values["card"], values["at"], values["fuel"]) if kind == "fuel" else (values["vehicle_id"], values["begin"])
    problems += _twice(row, key, values, seen)
    stored = known.stored.get(key)
    problems += _against(kind, key, values, stored, known)
    if _wrong(problems):
        return Entry(row.line, called, Outcome.REFUSED, problems=tuple(problems))
    if stored is not None:
        return Entry(row.line, called, Outcome.UNCHANGED, stored["id"], values)
    return Entry(row.line, called, Outcome.NEW, values=values, problems=tuple(problems))


def _wrong(problems: Iterable[Problem]) -> bool:
    return any(one.severity is Severity.ERROR for one in problems)


def _twice(row: Row, key: Key, values: Mapping[str, Any], seen: dict[Any, int]) -> list[Problem]:
    found = []
    for name, mark in (("key", key), ("number", values["number"])):
        earlier = row.line if mark is None else seen.setdefault((name, mark), row.line)
        if earlier != row.line:
            found.append(
                error("number", "twice_in_file", f"与第 {earlier} 行重复", f"Occurs on line {earlier} already")
            )
    return found[:1]


def _against(
    kind: str, key: Key, values: Mapping[str, Any], stored: Mapping[str, Any] | None, known: Known
) -> list[Problem]:
    """Against what is stored, which nothing may change."""
    owner = None if values["number"] is None else known.numbers.get(values["number"])
    if owner is not None and owner != key:
        zh, en = "该流水号已登记为另一笔交易", "This transaction number is stored with another record"
        return [error("number", "number_taken", zh, en)]
    if stored is None:
        return []
    for name in _COMPARED[kind]:
        if stored[name] != values[name]:
            zh = "与已登记的记录不符；记录只增不改，更正请另行导入冲正记录"
            en = "Differs from the stored record; records are never changed: import a reversal and the right one"
            return [error(name, "differs", zh, en)]
    if None not in (stored["number"], values["number"]) and stored["number"] != values["number"]:
        zh, en = "该交易已以另一流水号登记", "This record is stored with another transaction number"
        return [error("number", "differs", zh, en)]
    return []


# ---------------------------------------------------------------- one record


def _fuel(values: dict[str, Any], known: Known) -> list[Problem]:
    """Adds `fuel` and the card's `vehicle_id`."""
    problems = [*_past("at", values["at"], known.now), *_amounts("ml", values["ml"], _MOST_ML, values["cost_fen"])]
    fuel = values["fuel"] = fuel_of(values["product"])
    if fuel is None:
        zh, en = f"“{values['product']}”不是车用燃料", f"{values['product']!r} is no fuel for vehicles"
        problems.append(error("product", "not_fuel", zh, en))
    if values["odometer_m"] is not None and not 0 <= values["odometer_m"] < 2**31:
        problems.append(error("odometer_m", "out_of_range", "里程数值不合理", "No odometer shows this"))
    named, card = values.get("vehicle_id"), values["card"]
    holder, why = _holder(card, values["at"], known)
    values["vehicle_id"] = holder
    if why is not None:
        problems.append(why)
    elif holder is not None and named is not None and named != holder:
        plate = known.cars[holder].plate
        zh, en = f"该卡当日属于 {plate}，与号牌不符", f"The card belonged to {plate} on that day, not to this plate"
        problems.append(error("vehicle_id", "card_of_another", zh, en))
    if _wrong(problems) or holder is None:
        return problems
    car = known.cars[holder]
    if fuel is not fuel_kind(car.energy):
        zh, en = "油品与车辆能源类型不符", "The vehicle does not burn this fuel"
        problems.append(warning("product", "other_fuel", zh, en))
    if car.tank_ml is not None and values["ml"] * 100 > car.tank_ml * _TANK_PCT:
        zh, en = "数量超过油箱容积", "More than the tank holds"
        problems.append(warning("ml", "above_tank", zh, en))
    least, most = _USUAL_FEN_PER_L
    if not least * abs(values["ml"]) <= abs(values["cost_fen"]) * 1_000 <= most * abs(values["ml"]):
        zh, en = "单价不在常见范围", "The price of a litre is unusual"
        problems.append(warning("cost_fen", "unusual_price", zh, en))
    return problems


def _holder(card: str, at: datetime, known: Known) -> tuple[int | None, Problem | None]:
    """The vehicle that had the card on that day of the calendar, in Asia/Shanghai."""
    bindings = known.cards.get(card)
    if not bindings:
        return None, error("card", "unknown_card", f"没有登记卡号“{card}”", f"The card {card!r} is not registered")
    day = at.astimezone(LOCAL).date()
    for held in bindings:
        if (held.begin is None or held.begin <= day) and (held.end is None or day < held.end):
            return held.vehicle_id, None
    zh, en = f"该卡在 {day} 未配给任何车辆", f"The card belonged to no vehicle on {day}"
    return None, error("card", "card_not_held", zh, en)


def _charging(values: dict[str, Any], known: Known) -> list[Problem]:
    begin, end = values["begin"], values["end"]
    problems = [*_past("end", end, known.now), *_amounts("wh", values["wh"], _MOST_WH, values["cost_fen"] or 0)]
    if not begin < end:
        problems.append(error("end", "period_empty", "结束应晚于开始", "The end lies after the beginning"))
    elif end - begin > _LONGEST:
        problems.append(error("end", "too_long", "充电时长超过三天", "Nobody charges for more than three days"))
    if _wrong(problems):
        return problems
    car = known.cars[values["vehicle_id"]]
    if not chargeable(car.energy):
        zh, en = "该车不是可充电车辆", "The vehicle cannot be charged"
        problems.append(warning("vehicle_id", "not_chargeable", zh, en))
    if car.battery_wh is not None and values["wh"] * 100 > car.battery_wh * _BATTERY_PCT:
        zh, en = "电量超过电池容量", "More than the battery holds"
        problems.append(warning("wh", "above_battery", zh, en))
    return problems


def _past(name: str, at: datetime, now: datetime) -> list[Problem]:
    return [error(name, "in_future", "时间在将来", "Lies in the future")] if at > now else []


def _amounts(name: str, quantity: int, most: int, fen: int) -> list[Problem]:
    """Both above zero, or both below it (taken back); a gift costs nothing."""
    if quantity == 0 or abs(quantity) > most:
        return [error(name, "out_of_range", "数量为零或过大", "Zero, or more than any vehicle takes")]
    if abs(fen) > _MOST_FEN or (fen and (fen > 0) != (quantity > 0)):
        zh, en = "金额过大，或与数量符号相反", "Too large, or with another sign than the quantity"
        return [error("cost_fen", "out_of_range", zh, en)]
    return []
