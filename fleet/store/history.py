"""What a vehicle was on any day: organ, division, use, management, energy, status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.records import HISTORY_FIELDS
from fleet.store.scoped import one_of
from fleet.store.tables import organ, vehicle_history


async def begin(connection: AsyncConnection, vehicles: Iterable[tuple[RowMapping, date]]) -> None:
    """The first row of new vehicles: so from that day on."""
    rows = [
        {
            "vehicle_id": row["id"],
            "period": Range(first, None, bounds="[)"),
            **{name: row[name] for name in HISTORY_FIELDS},
        }
        for row, first in vehicles
    ]
    if rows:
        await connection.execute(insert(vehicle_history), rows)


async def change(
    connection: AsyncConnection, changes: Iterable[tuple[RowMapping, RowMapping]], effective_on: date
) -> list[int]:
    """From `effective_on` on, what differs between before and after holds, in every later row too.

    A change of one attribute leaves what later rows say of the others. A day before the first row extends the
    history backwards. The caller holds the locks on the vehicles. Answers the ids of those where anything differs.
    """
    changed = {
        before["id"]: (before, {name: after[name] for name in HISTORY_FIELDS if before[name] != after[name]})
        for before, after in changes
    }
    changed = {vehicle_id: both for vehicle_id, both in changed.items() if both[1]}
    if not changed:
        return []
    rows = await _rows(connection, list(changed))
    # Registered before there was a history, by hand: known to have been so since it was registered.
    unknown = [both[0] for vehicle_id, both in changed.items() if vehicle_id not in rows]
    if unknown:
        since = [
            (row, min(row["registered_on"] or row["purchased_on"] or effective_on, effective_on)) for row in unknown
        ]
        await begin(connection, since)
        rows |= await _rows(connection, [row["id"] for row in unknown])
    shortened: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    later: list[dict[str, Any]] = []
    for vehicle_id, (_, new) in changed.items():
        first = rows[vehicle_id][0]
        if effective_on < first["period"].lower:
            added.append(_row(first, Range(effective_on, first["period"].lower, bounds="[)"), new))
        for row in rows[vehicle_id]:
            period = row["period"]
            at_row = {"at_vehicle": vehicle_id, "at_period": period}
            if period.lower >= effective_on:
                later.append(at_row | {name: new.get(name, row[name]) for name in HISTORY_FIELDS})
            elif period.upper is None or effective_on < period.upper:
                shortened.append(at_row | {"shorter": Range(period.lower, effective_on, bounds="[)")})
                added.append(_row(row, Range(effective_on, period.upper, bounds="[)"), new))
    here = (vehicle_history.c.vehicle_id == bindparam("at_vehicle")) & (
        vehicle_history.c.period == bindparam("at_period", type_=DATERANGE())
    )
    if shortened:
        shorter = bindparam("shorter", type_=DATERANGE())
        await connection.execute(update(vehicle_history).where(here).values(period=shorter), shortened)
    if later:
        columns: dict[str, Any] = {name: bindparam(name) for name in HISTORY_FIELDS}
        await connection.execute(update(vehicle_history).where(here).values(columns), later)
    if added:
        await connection.execute(insert(vehicle_history), added)
    return list(changed)


def _row(row: RowMapping, period: Range[date], new: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: new.get(name, row[name]) for name in HISTORY_FIELDS}
    return {"vehicle_id": row["vehicle_id"], "period": period, **values}


async def _rows(connection: AsyncConnection, vehicle_ids: list[int]) -> dict[int, list[RowMapping]]:
    """The rows of each vehicle, oldest first."""
    statement = (
        select(vehicle_history)
        .where(one_of(vehicle_history.c.vehicle_id, vehicle_ids))
        .order_by(vehicle_history.c.vehicle_id, func.lower(vehicle_history.c.period))
    )
    rows: dict[int, list[RowMapping]] = {}
    for row in (await connection.execute(statement)).mappings():
        rows.setdefault(row["vehicle_id"], []).append(row)
    return rows


async def read(connection: AsyncConnection, vehicle_id: int) -> list[dict[str, Any]]:
    """Oldest first: `from`, `to` (days, not included; None = still), the attributes, the organ's name.

    Neighbours that say the same (a change that was taken back) are shown as one.
    """
    statement = (
        select(vehicle_history, organ.c.name.label("organ_name"))
        .select_from(vehicle_history.join(organ))
        .where(vehicle_history.c.vehicle_id == vehicle_id)
        .order_by(func.lower(vehicle_history.c.period))
    )
    shown: list[dict[str, Any]] = []
    for row in (await connection.execute(statement)).mappings():
        values = {name: row[name] for name in (*HISTORY_FIELDS, "organ_name")}
        period = row["period"]
        if shown and shown[-1]["to"] == period.lower and all(shown[-1][name] == values[name] for name in values):
            shown[-1]["to"] = period.upper
        else:
            shown.append({"from": period.lower, "to": period.upper, **values})
    return shown
