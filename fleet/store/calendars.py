"""Calendars of the city and its organs: the days they work or have off against the statutory one; sheets of lists."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, Table, and_, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.audit.entry import Actor
from fleet.model.moments import day_begins_us, from_us
from fleet.model.rulings import ExemptionKind
from fleet.model.scope import Scope
from fleet.registry import sheets
from fleet.registry.cells import Codes
from fleet.registry.imports import Entry, Outcome
from fleet.registry.list_sheets import Key, plan_list
from fleet.registry.problems import error
from fleet.store import audit
from fleet.store.imports import Report
from fleet.store.policies import lineage
from fleet.store.recompute import Period, mark_organ, mark_vehicles
from fleet.store.registry import subtree
from fleet.store.scoped import organ_visible, owned_by, vehicle_visible
from fleet.store.tables import calendar_entry, exemption, organ, vehicle
from fleet.workdays import Entry as Day
from fleet.workdays import WorkCalendar

REASON = "calendar"


def entries(
    scope: Scope, *, organ_id: int | None = None, division: int | None = None, year: int | None = None
) -> Select[Any]:
    """The city's own entries are everybody's. `organ_id`: of it and all below; `division`: of organs at home there."""
    table = calendar_entry.c
    statement = (
        select(calendar_entry, organ.c.name.label("organ_name"))
        .select_from(calendar_entry.outerjoin(organ))
        .where(or_(table.organ_id.is_(None), owned_by(scope, table.organ_id)))
    )
    if organ_id is not None:
        statement = statement.where(table.organ_id.in_(subtree(organ_id)))
    if division is not None:
        statement = statement.where(organ.c.division == division)
    if year is not None:
        statement = statement.where(table.day >= date(year, 1, 1), table.day <= date(year, 12, 31))
    return statement


async def calendar_of(connection: AsyncConnection, organ_id: int | None) -> WorkCalendar:
    """What holds for an organ that may be seen (None = the city): the nearest entry above the statutory calendar."""
    above = [] if organ_id is None else await lineage(connection, organ_id)
    ranks: dict[int | None, int] = {one: place for place, one in enumerate([None, *reversed(above)])}
    wanted = or_(calendar_entry.c.organ_id.is_(None), calendar_entry.c.organ_id.in_(above))
    rows = (await connection.execute(select(calendar_entry).where(wanted))).all()
    return WorkCalendar.of(
        Day(row.id, row.day, row.worked, row.name) for row in sorted(rows, key=lambda row: ranks[row.organ_id])
    )


def span_of(days: Iterable[date]) -> Period:
    """The fleet's days from the first to the last of them, 04:00 to 04:00."""
    chosen = sorted(days)
    begin, end = (from_us(day_begins_us(day)) for day in (chosen[0], chosen[-1] + timedelta(days=1)))
    return Range(begin, end, bounds="[)")


async def wrote_entry(
    connection: AsyncConnection, before: RowMapping | None, after: RowMapping | None, now: datetime
) -> None:
    """Whoever lives by the calendar has that day judged again, as far as it is past."""
    for row in (before, after):
        if row is not None:
            await mark_organ(connection, row["organ_id"], [span_of([row["day"]])], reason=REASON, now=now)


# ---------------------------------------------------------------- sheets


async def run(
    connection: AsyncConnection,
    kind: str,
    content: bytes,
    *,
    scope: Scope,
    dry_run: bool,
    partial: bool,
    account: Actor | str,
    now: datetime,
) -> Report:
    """Import a sheet (`calendar` or `duty_roster`) in the caller's transaction. Raises sheets.Unreadable.

    All or nothing: with a refused row nothing is stored, unless `partial`. Organs and vehicles outside the scope are
    unknown; a day of the whole city is given by who sees all of it.
    """
    columns, rows = await asyncio.to_thread(sheets.read, kind, content)
    table: Table = {"calendar": calendar_entry, "duty_roster": exemption}[kind]
    if not dry_run:
        await connection.execute(text(f"lock table {table.name} in share row exclusive mode"))
    organs = await connection.execute(select(organ.c.code, organ.c.id).where(organ_visible(scope)))
    plates = await connection.execute(select(vehicle.c.plate, vehicle.c.id).where(vehicle_visible(scope)))
    codes = Codes({row.code: row.id for row in organs}, {row.plate: row.id for row in plates})
    stored = await (_days if kind == "calendar" else _duties)(connection)
    planned = [
        entry if entry.outcome is Outcome.REFUSED else _allowed(kind, entry, scope)
        for entry in plan_list(kind, columns, rows, stored, codes)
    ]
    writing = [entry for entry in planned if entry.outcome in (Outcome.NEW, Outcome.CHANGED)]
    refused = any(entry.outcome is Outcome.REFUSED for entry in planned)
    applied = bool(writing) and not dry_run and (partial or not refused)
    report = Report(kind, dry_run, applied, tuple(planned))
    if applied:
        organ_ids = await (_write_days if kind == "calendar" else _write_duties)(connection, writing, now)
        detail = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "counts": report.counts(),
            "rows": [
                {"id": one.stored_id, "values": one.values, "before": {each.field: each.old for each in one.changes}}
                for one in writing
            ],
        }
        await audit.record(
            connection,
            account=account,
            action=f"import.{kind}",
            subject=kind,
            detail=msgspec.to_builtins(detail),
            organ_ids=organ_ids,
        )
    return report


def _allowed(kind: str, entry: Entry, scope: Scope) -> Entry:
    if kind != "calendar" or entry.values["organ_id"] is not None or scope.everywhere:
        return entry
    zh, en = "全市范围需市级权限，请填写单位编码", "The whole city is not yours: name an organ"
    return Entry(entry.line, entry.key, Outcome.REFUSED, problems=(error("organ_id", "whole_city", zh, en),))


async def _days(connection: AsyncConnection) -> dict[Key, Mapping[str, Any]]:
    rows = (await connection.execute(select(calendar_entry))).mappings()
    return {(row["organ_id"], row["day"]): dict(row) for row in rows}


async def _duties(connection: AsyncConnection) -> dict[Key, Mapping[str, Any]]:
    statement = select(exemption).where(
        and_(exemption.c.kind == ExemptionKind.DUTY.value, exemption.c.vehicle_id.is_not(None))
    )
    return {
        (row["vehicle_id"], row["period"].lower): {
            "id": row["id"],
            "vehicle_id": row["vehicle_id"],
            "begin": row["period"].lower,
            "end": row["period"].upper,
            "why": row["why"],
        }
        for row in (await connection.execute(statement)).mappings()
    }


async def _write_days(connection: AsyncConnection, writing: Sequence[Entry], now: datetime) -> set[int]:
    touched: dict[int | None, list[date]] = defaultdict(list)
    for entry in writing:
        await _write(connection, calendar_entry, entry.stored_id, entry.values)
        touched[entry.values["organ_id"]].append(entry.values["day"])
    for organ_id, days in touched.items():
        await mark_organ(connection, organ_id, [span_of(days)], reason=REASON, now=now)
    return {organ_id for organ_id in touched if organ_id is not None}


async def _write_duties(connection: AsyncConnection, writing: Sequence[Entry], now: datetime) -> set[int]:
    for entry in writing:
        values = entry.values
        period: Period = Range(values["begin"], values["end"], bounds="[)")
        row = {"vehicle_id": values["vehicle_id"], "kind": ExemptionKind.DUTY.value, "period": period}
        await _write(connection, exemption, entry.stored_id, {**row, "why": values["why"]})
        before = [change.old for change in entry.changes if change.field == "end" and change.old is not None]
        whole: Period = Range(values["begin"], max([values["end"], *before]), bounds="[)")
        await mark_vehicles(connection, [values["vehicle_id"]], [whole], reason="exemption", now=now)
    wanted = [entry.values["vehicle_id"] for entry in writing]
    return set((await connection.execute(select(vehicle.c.organ_id).where(vehicle.c.id.in_(wanted)))).scalars())


async def _write(connection: AsyncConnection, table: Table, record_id: int | None, values: Mapping[str, Any]) -> None:
    if record_id is None:
        await connection.execute(insert(table).values(**values))
    else:
        await connection.execute(update(table).where(table.c.id == record_id).values(**values))
