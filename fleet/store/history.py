"""What a vehicle was on any day: organ, division, use, management, energy, status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.records import HISTORY_FIELDS
from fleet.store.tables import organ, vehicle_history


async def begin(connection: AsyncConnection, vehicle: RowMapping, first: date) -> None:
    """The first row of a new vehicle: so from `first` on."""
    values = {name: vehicle[name] for name in HISTORY_FIELDS}
    await connection.execute(
        insert(vehicle_history).values(vehicle_id=vehicle["id"], period=Range(first, None, bounds="[)"), **values)
    )


async def change(connection: AsyncConnection, before: RowMapping, after: RowMapping, effective_on: date) -> bool:
    """From `effective_on` on, what differs between the two holds, in every later row too. Answers whether any did.

    A change of one attribute leaves what later rows say of the others. A day before the first row extends the
    history backwards. The caller holds the lock on the vehicle.
    """
    changed = {name: after[name] for name in HISTORY_FIELDS if before[name] != after[name]}
    if not changed:
        return False
    vehicle_id = before["id"]
    rows = await _rows(connection, vehicle_id)
    if not rows:  # registered before there was a history, by hand
        known_from = before["registered_on"] or before["purchased_on"]
        await begin(connection, before, min(known_from or effective_on, effective_on))
        rows = await _rows(connection, vehicle_id)
    mine = vehicle_history.c.vehicle_id == vehicle_id
    first = rows[0]["period"]
    if effective_on < first.lower:
        values = {name: rows[0][name] for name in HISTORY_FIELDS} | changed
        await connection.execute(
            insert(vehicle_history).values(
                vehicle_id=vehicle_id, period=Range(effective_on, first.lower, bounds="[)"), **values
            )
        )
    for row in rows:
        period = row["period"]
        if period.lower < effective_on and (period.upper is None or effective_on < period.upper):
            at_row = mine & (vehicle_history.c.period == period)
            shortened = Range(period.lower, effective_on, bounds="[)")
            await connection.execute(update(vehicle_history).where(at_row).values(period=shortened))
            values = {name: row[name] for name in HISTORY_FIELDS} | changed
            await connection.execute(
                insert(vehicle_history).values(
                    vehicle_id=vehicle_id, period=Range(effective_on, period.upper, bounds="[)"), **values
                )
            )
    later = mine & (func.lower(vehicle_history.c.period) >= effective_on)
    await connection.execute(update(vehicle_history).where(later).values(**changed))
    return True


async def _rows(connection: AsyncConnection, vehicle_id: int) -> Sequence[RowMapping]:
    statement = (
        select(vehicle_history)
        .where(vehicle_history.c.vehicle_id == vehicle_id)
        .order_by(func.lower(vehicle_history.c.period))
    )
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
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
