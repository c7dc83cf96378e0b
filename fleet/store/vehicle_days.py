"""A vehicle's days and months as the monitor has added them up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import day_begins_us, day_of, from_us, to_us
from fleet.model.scope import Scope
from fleet.store.scoped import vehicle_visible
from fleet.store.tables import vehicle, vehicle_day, vehicle_day_division, vehicle_month


async def list_days(
    connection: AsyncConnection, vehicle_id: int, *, scope: Scope, first: date, last: date
) -> Sequence[RowMapping]:
    """The days of a visible vehicle from `first` to `last` (included), in order; those a scope cuts are left out."""
    first, last = _whole_days(scope, first, last)
    statement = (
        select(vehicle_day)
        .join(vehicle, vehicle.c.id == vehicle_day.c.vehicle_id)
        .where(vehicle_day.c.vehicle_id == vehicle_id, vehicle_visible(scope))
        .where(vehicle_day.c.day >= first, vehicle_day.c.day <= last)
        .order_by(vehicle_day.c.day)
    )
    return (await connection.execute(statement)).mappings().all()


async def list_day_divisions(
    connection: AsyncConnection, vehicle_id: int, *, scope: Scope, first: date, last: date
) -> Sequence[RowMapping]:
    """Distance and seconds by day and county, the longest first."""
    first, last = _whole_days(scope, first, last)
    part = vehicle_day_division
    statement = (
        select(part)
        .join(vehicle, vehicle.c.id == part.c.vehicle_id)
        .where(part.c.vehicle_id == vehicle_id, vehicle_visible(scope))
        .where(part.c.day >= first, part.c.day <= last)
        .order_by(part.c.day, part.c.distance_m.desc(), part.c.division)
    )
    return (await connection.execute(statement)).mappings().all()


async def list_months(
    connection: AsyncConnection, vehicle_id: int, *, scope: Scope, first: date, last: date
) -> Sequence[RowMapping]:
    """The months of a visible vehicle that begin from `first` to `last`; those that a scope cuts are left out."""
    statement = (
        select(vehicle_month)
        .join(vehicle, vehicle.c.id == vehicle_month.c.vehicle_id)
        .where(vehicle_month.c.vehicle_id == vehicle_id, vehicle_visible(scope))
        .where(vehicle_month.c.month >= first, vehicle_month.c.month <= last)
        .order_by(vehicle_month.c.month)
    )
    rows = (await connection.execute(statement)).mappings().all()
    return [row for row in rows if _holds(scope, row["month"], _next_month(row["month"]))]


def _whole_days(scope: Scope, first: date, last: date) -> tuple[date, date]:
    """Of these days the first and the last that lie whole in the scope's period."""
    if scope.begin is not None:
        begun = day_of(to_us(scope.begin))
        cut = from_us(day_begins_us(begun)) < scope.begin
        first = max(first, begun + timedelta(days=cut))
    if scope.end is not None:
        last = min(last, day_of(to_us(scope.end)) - timedelta(days=1))
    return first, last


def _holds(scope: Scope, first: date, after: date) -> bool:
    begins = scope.begin is None or scope.begin <= from_us(day_begins_us(first))
    return begins and (scope.end is None or from_us(day_begins_us(after)) <= scope.end)


def _next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)
