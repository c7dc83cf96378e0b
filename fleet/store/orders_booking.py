"""Bookings: which vehicle and driver is taken by which order, when. That nothing is taken twice is the database's word.

Rows are written by one statement, sorted by vehicle, so that two orders for the same vehicles wait for each other
instead of crossing. Where they cross all the same (one's vehicle is the other's driver's), the database ends one of
them with a deadlock, and the whole transaction is to be tried again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.orders import Order, OrderState
from fleet.model.scope import Scope
from fleet.store.orders import order_visible
from fleet.store.recompute import Period
from fleet.store.records import Clash, is_overlap
from fleet.store.scoped import one_of
from fleet.store.tables import booking, dispatch_order, driver, organ, task, vehicle
from fleet.store.tasks import task_visible

_ENDED = frozenset({OrderState.CANCELLED, OrderState.REJECTED, OrderState.DRAFT})


def wanted_bookings(order: Order, now: datetime, held: Mapping[int, Period]) -> dict[int, tuple[int | None, Period]]:
    """What the order takes by vehicle: its driver, and from when to when. `held`: what it has taken already.

    Its window; up to the return where a person has stated that it came earlier: a vehicle that only came by is not
    given away. An emergency takes nothing of the past: what is written down afterwards must not be refused because of
    what was planned.
    """
    if order.state in _ENDED:
        return {}
    plan = order.effective_plan
    result: dict[int, tuple[int | None, Period]] = {}
    for one in order.assigned:
        outing = order.outing_of(one.vehicle_id)
        begin, end = plan.begins_at, plan.ends_at
        if order.emergency:
            before = held.get(one.vehicle_id)
            since = now if before is None or before.lower is None else min(before.lower, now)
            begin = max(begin, since)
        if outing is not None and outing.returned_at is not None and not outing.unaccounted:
            end = min(end, outing.returned_at)
        if begin < end:
            result[one.vehicle_id] = (one.driver_id, Range(begin, end, bounds="[)"))
    return result


async def rebook(connection: AsyncConnection, order: Order, *, scope: Scope, now: datetime) -> None:
    """Makes the bookings those of the order as it is. Raises Clash with the orders in the way, as far as `scope` sees
    them; where the database ends a deadlock, the error of its driver."""
    rows = (await connection.execute(select(booking).where(booking.c.order_id == order.id))).all()
    held = {row.vehicle_id: row.period for row in rows}
    drivers = {row.vehicle_id: row.driver_id for row in rows}
    wanted = wanted_bookings(order, now, held)
    gone = [vehicle_id for vehicle_id in held if vehicle_id not in wanted]
    # A driver who changes between two vehicles of the order would stand in his own way: such rows are written anew.
    moved = [number for number in held if number in wanted and wanted[number][0] != drivers[number]]
    if gone or moved:
        here = booking.c.order_id == order.id
        await connection.execute(delete(booking).where(here, one_of(booking.c.vehicle_id, [*gone, *moved])))
    new = [number for number in sorted(wanted) if number not in held or number in moved]
    changed = [number for number in sorted(wanted) if number not in new and wanted[number][1] != held[number]]
    if not new and not changed:
        return
    try:
        async with connection.begin_nested():
            for number in changed:
                here = (booking.c.order_id == order.id) & (booking.c.vehicle_id == number)
                await connection.execute(update(booking).where(here).values(period=wanted[number][1]))
            if new:
                values = [
                    {"order_id": order.id, "vehicle_id": number, "driver_id": wanted[number][0], "period": period}
                    for number in new
                    for period in [wanted[number][1]]
                ]
                await connection.execute(insert(booking).values(values))
    except IntegrityError as refusal:
        if not is_overlap(refusal):
            raise
        raise await _clash(connection, order, wanted, scope=scope) from None


async def in_the_way(
    connection: AsyncConnection,
    period: Period,
    *,
    vehicle_ids: Sequence[int],
    driver_ids: Sequence[int],
    but: int | None,
    scope: Scope,
) -> Sequence[RowMapping]:
    """Bookings of these vehicles and drivers that overlap the period, of tasks and of other orders than `but`, the
    earliest first.

    `number`, `order_id` and `task_id` are null where the order or task may not be seen.
    """
    seen = (
        select(dispatch_order.c.id, dispatch_order.c.number)
        .select_from(dispatch_order.join(organ))
        .where(order_visible(scope))
        .subquery()
    )
    called = select(task.c.id, task.c.number).where(task_visible(scope)).subquery()
    statement = (
        select(
            booking.c.vehicle_id,
            vehicle.c.plate,
            booking.c.driver_id,
            driver.c.label,
            seen.c.id.label("order_id"),
            func.coalesce(seen.c.number, called.c.number).label("number"),
            called.c.id.label("task_id"),
            func.lower(booking.c.period).label("from"),
            func.upper(booking.c.period).label("until"),
        )
        .select_from(
            booking.join(vehicle)
            .outerjoin(driver)
            .outerjoin(seen, seen.c.id == booking.c.order_id)
            .outerjoin(called, called.c.id == booking.c.task_id)
        )
        .where(
            booking.c.period.overlaps(period),
            or_(one_of(booking.c.vehicle_id, vehicle_ids), one_of(booking.c.driver_id, driver_ids)),
        )
        .order_by(func.lower(booking.c.period), booking.c.id)
    )
    if but is not None:
        statement = statement.where(booking.c.order_id.is_distinct_from(but))
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def _clash(
    connection: AsyncConnection, order: Order, wanted: Mapping[int, tuple[int | None, Period]], *, scope: Scope
) -> Clash:
    """What to say of a refused booking: which vehicle or driver is taken, by which order and until when."""
    others: list[dict[str, Any]] = []
    sentences: list[str] = []
    for number in sorted(wanted):
        driver_id, period = wanted[number]
        rows = await in_the_way(
            connection,
            period,
            vehicle_ids=[number],
            driver_ids=[] if driver_id is None else [driver_id],
            but=order.id,
            scope=scope,
        )
        for row in rows:
            what = {"vehicle_id": number} if row["vehicle_id"] == number else {"driver_id": driver_id}
            name = row["plate"] if row["vehicle_id"] == number else row["label"]
            held_by = next((one for one in ("order", "task") if row[f"{one}_id"] is not None), None)
            holder = {}
            if held_by is not None:
                holder = {f"{held_by}_id": row[f"{held_by}_id"], "number": row["number"], "until": row["until"]}
            others.append({**what, "name": name, **holder})
            if held_by is not None:
                sentences.append(f"{name} is taken by {held_by} {row['number']} until {row['until'].isoformat()}.")
            else:
                sentences.append(f"{name} is not free in that time.")
    return Clash("overlap", " ".join(sentences) or "Somebody took one of them at this moment: try again.", others)
