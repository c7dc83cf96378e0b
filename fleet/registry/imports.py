"""What an import would do, line by line: pure, so that a dry run and the import itself cannot differ.

A row is matched by its natural key (plate or VIN, organ code, driver label). Columns that the file does not have leave
what is stored; a blank cell empties the field. Importing what was exported changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import Any

from fleet.model.records import DriverRecord, OrganRecord, VehicleRecord
from fleet.model.registry import Body, Energy, Management, OrganKind, VehicleStatus, VehicleUse
from fleet.registry.cells import Codes, Column
from fleet.registry.driver import driver_problems
from fleet.registry.organ import organ_problems
from fleet.registry.problems import Problem, Severity, error
from fleet.registry.sheets import Row, parsed
from fleet.registry.standards import Standards
from fleet.registry.vehicle import vehicle_problems

Fields = dict[str, Any]


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """What becomes of one row. `stored_id` is the record it matches; `values` the whole record as it will be."""

    line: int
    key: str
    outcome: Outcome
    stored_id: int | None = None
    values: Fields = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What rows are judged by. `divisions`: known codes. `mask`: how personal data looks in an export."""

    today: date
    divisions: frozenset[int]
    mask: Callable[[str | None], str | None]
    limits: Standards = field(default_factory=Standards)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: its class, its natural keys (the first names a row), its checks, its enumerations."""

    record: type[Any]
    keys: tuple[str, ...]
    check: Callable[[Any, Rules], list[Problem]]
    choices: Mapping[str, type[StrEnum]] = field(default_factory=dict)


KINDS: Mapping[str, Kind] = {
    "organs": Kind(
        OrganRecord, ("code",), lambda record, rules: organ_problems(record, today=rules.today), {"kind": OrganKind}
    ),
    "vehicles": Kind(
        VehicleRecord,
        ("plate", "vin"),
        lambda record, rules: vehicle_problems(record, today=rules.today, limits=rules.limits),
        {"use": VehicleUse, "management": Management, "energy": Energy, "status": VehicleStatus, "body": Body},
    ),
    "drivers": Kind(DriverRecord, ("label",), lambda record, rules: driver_problems(record, today=rules.today)),
}


def plan(
    kind_name: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    stored: Mapping[int, Any],
    codes: Codes,
    rules: Rules,
) -> list[Entry]:
    """One entry a row, in the file's order. `stored`: records of the kind by id, with at least the record's fields.

    In a sheet of organs an organ above may be one of the sheet: it has the negative number of its line until stored.
    """
    kind = KINDS[kind_name]
    if kind_name == "organs":
        codes = Codes({**_announced(rows), **codes.ids})
    index = {(key, record[key]): record_id for record_id, record in stored.items() for key in kind.keys if record[key]}
    seen: dict[tuple[str, Any], int] = {}
    entries = [_entry(kind, columns, row, stored, index, seen, codes, rules) for row in rows]
    return _without_circles(entries, stored) if kind_name == "organs" else entries


def _announced(rows: Sequence[Row]) -> dict[str, int]:
    return {code: -row.line for row in rows if (code := row.cells.get("code", "").strip())}


def _entry(
    kind: Kind,
    columns: Sequence[Column],
    row: Row,
    stored: Mapping[int, Any],
    index: Mapping[tuple[str, Any], int],
    seen: dict[tuple[str, Any], int],
    codes: Codes,
    rules: Rules,
) -> Entry:
    values, faults = parsed(columns, row, codes)
    key = str(values.get(kind.keys[0]) or row.cells.get(kind.keys[0], ""))
    problems = [error(name, "unreadable", fault.zh, fault.en) for name, fault in faults]
    matches = {index[name, values[name]] for name in kind.keys if values.get(name) and (name, values[name]) in index}
    if len(matches) > 1:
        zh, en = "号牌和车辆识别代号分属两辆已登记车辆", "Plate and VIN belong to two vehicles"
        problems.append(error(kind.keys[0], "two_records", zh, en))
    for name in kind.keys:
        if (value := values.get(name)) is None:
            continue
        earlier = seen.setdefault((name, value), row.line)
        if earlier != row.line:
            zh, en = f"与第 {earlier} 行重复", f"Occurs on line {earlier} already"
            problems.append(error(name, "twice_in_file", zh, en))
    stored_id = matches.pop() if len(matches) == 1 else None
    base = None if stored_id is None else _known(kind, stored[stored_id])
    whole, missing = _whole(kind, base, values, {name for name, _ in faults}, rules)
    problems += missing
    if not any(one.severity is Severity.ERROR for one in problems):
        record = kind.record(**whole)
        problems += kind.check(record, rules)
        if "division" in whole and whole["division"] not in rules.divisions:
            zh, en = f"{whole['division']} 不是本市区划代码", f"{whole['division']} is no division of the city"
            problems.append(error("division", "division_unknown", zh, en))
    if any(one.severity is Severity.ERROR for one in problems):
        return Entry(row.line, key, Outcome.REFUSED, stored_id, problems=tuple(problems))
    changes = (
        ()
        if base is None
        else tuple(Change(name, base[name], value) for name, value in whole.items() if base[name] != value)
    )
    outcome = Outcome.NEW if base is None else Outcome.CHANGED if changes else Outcome.UNCHANGED
    return Entry(row.line, key, outcome, stored_id, whole, changes, tuple(problems))


def _known(kind: Kind, stored: Mapping[str, Any]) -> Fields:
    """A stored row as fields of the record."""
    known: Fields = {}
    for one in fields(kind.record):
        value = stored[one.name]
        if value is not None and one.name in kind.choices:
            value = kind.choices[one.name](value)
        known[one.name] = tuple(value) if isinstance(value, list) else value
    return known


def _whole(
    kind: Kind, base: Fields | None, values: Fields, unreadable: set[str], rules: Rules
) -> tuple[Fields, list[Problem]]:
    """The record with the file's values laid over it, and an error for each field that must have a value."""
    whole: Fields = dict(base or {})
    problems: list[Problem] = []
    for one in fields(kind.record):
        name = one.name
        if name == "phone" and base is not None and values.get(name) and values[name] == rules.mask(base[name]):
            continue  # as it was exported
        if values.get(name) is not None:
            whole[name] = values[name]
        elif name in values or base is None:
            if one.default is MISSING and name not in unreadable:
                problems.append(error(name, "required", "不能为空", "Must have a value"))
            whole[name] = None if one.default is MISSING else one.default
    return whole, problems


def _without_circles(entries: list[Entry], stored: Mapping[int, Any]) -> list[Entry]:
    """Refuses organs that would hang below themselves, or below an organ that is not stored."""
    above: dict[int, int | None] = {organ_id: row["parent_id"] for organ_id, row in stored.items()}
    for entry in entries:
        if entry.outcome in (Outcome.NEW, Outcome.CHANGED):
            above[_own(entry)] = entry.values["parent_id"]
    while True:
        refused = {_own(entry) for entry in entries if entry.outcome is Outcome.REFUSED and entry.stored_id is None}
        checked = [_hung(entry, above, refused) for entry in entries]
        if checked == entries:
            return checked
        entries = checked


def _own(entry: Entry) -> int:
    return -entry.line if entry.stored_id is None else entry.stored_id


def _hung(entry: Entry, above: Mapping[int, int | None], refused: set[int]) -> Entry:
    if entry.outcome is Outcome.REFUSED:
        return entry
    current: int | None = _own(entry)
    passed: set[int] = set()
    while current is not None and current not in passed:
        passed.add(current)
        current = above.get(current)
    if current is not None:
        wrong = error("parent_id", "circle", "上级单位形成循环", "An organ would be above itself")
    elif entry.values["parent_id"] in refused:
        zh, en = "上级单位所在行未通过检查", "The row of the organ above is refused"
        wrong = error("parent_id", "parent_refused", zh, en)
    else:
        return entry
    problems = (*entry.problems, wrong)
    return Entry(entry.line, entry.key, Outcome.REFUSED, entry.stored_id, problems=problems)
