"""What the sheet of a calendar or of a duty roster would do, line by line: pure, like `fleet.registry.imports`.

A row is matched by several fields together: a calendar's by organ and day, a roster's by vehicle and beginning. What
the sheet does not name stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleet.registry.cells import Codes, Column
from fleet.registry.imports import Change, Entry, Outcome
from fleet.registry.problems import Problem, Severity, error
from fleet.registry.sheets import Row, parsed

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One kind of sheet: the fields that name a row, those that must have a value, its checks.

    `shown`: the columns a row is called by in the report.
    """

    keys: tuple[str, ...]
    required: tuple[str, ...]
    shown: tuple[str, ...]
    check: Callable[[Mapping[str, Any]], list[Problem]] = lambda _: []


def _ends_after_it_begins(values: Mapping[str, Any]) -> list[Problem]:
    if values["begin"] < values["end"]:
        return []
    return [error("end", "period_empty", "结束应晚于开始", "The end lies after the beginning")]


LISTED: Mapping[str, Listed] = {
    "calendar": Listed(("organ_id", "day"), ("day", "worked", "name"), ("day", "organ_id")),
    "duty_roster": Listed(
        ("vehicle_id", "begin"), ("vehicle_id", "begin", "end", "why"), ("vehicle_id", "begin"), _ends_after_it_begins
    ),
}


def plan_list(
    kind_name: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    stored: Mapping[Key, Mapping[str, Any]],
    codes: Codes,
) -> list[Entry]:
    """One entry a row, in the file's order. `stored`: records by their key, with `id` and the sheet's fields."""
    kind = LISTED[kind_name]
    seen: dict[Key, int] = {}
    return [_entry(kind, columns, row, stored, seen, codes) for row in rows]


def _entry(
    kind: Listed,
    columns: Sequence[Column],
    row: Row,
    stored: Mapping[Key, Mapping[str, Any]],
    seen: dict[Key, int],
    codes: Codes,
) -> Entry:
    values, faults = parsed(columns, row, codes)
    values = {**dict.fromkeys(kind.keys), **values}
    called = " ".join(text for name in kind.shown if (text := row.cells.get(name, "").strip()))
    problems = [error(name, "unreadable", fault.zh, fault.en) for name, fault in faults]
    unreadable = {name for name, _ in faults}
    key: Key = ()
    problems += [
        error(name, "required", "不能为空", "Must have a value")
        for name in kind.required
        if values.get(name) is None and name not in unreadable
    ]
    if not problems:
        problems += kind.check(values)
        key = tuple(values[name] for name in kind.keys)
        earlier = seen.setdefault(key, row.line)
        if earlier != row.line:
            problems.append(error(kind.keys[0], "twice_in_file", f"与第 {earlier} 行重复", f"Occurs on line {earlier}"))
    if any(one.severity is Severity.ERROR for one in problems):
        return Entry(row.line, called, Outcome.REFUSED, problems=tuple(problems))
    known = stored.get(key)
    if known is None:
        return Entry(row.line, called, Outcome.NEW, values=values)
    changes = tuple(Change(name, known[name], value) for name, value in values.items() if known[name] != value)
    outcome = Outcome.CHANGED if changes else Outcome.UNCHANGED
    return Entry(row.line, called, outcome, known["id"], values, changes)
