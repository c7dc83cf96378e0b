"""Drivers, areas, fuel cards, sealing lists, exemptions: reads within a scope, and what hangs on their changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, RowMapping, Select, and_, delete, func, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, Range, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.recompute import Period, days, differing, mark_organ, mark_vehicles
from fleet.store.registry import subtree
from fleet.store.scoped import one_of, owned_by, vehicle_visible
from fleet.store.tables import (
    area,
    driver,
    exemption,
    fuel_card,
    organ,
    sealing_list,
    sealing_list_vehicle,
    vehicle,
)


async def rows_of(
    connection: AsyncConnection, statement: Select[Any], table_id: Any, *, after: int, limit: int
) -> Sequence[RowMapping]:
    """A page of a statement by the id of its leading table."""
    page = statement.where(table_id > after).order_by(table_id).limit(limit)
    rows: Sequence[RowMapping] = (await connection.execute(page)).mappings().all()
    return rows


async def one_of_them(
    connection: AsyncConnection, statement: Select[Any], table_id: Any, record_id: int
) -> RowMapping | None:
    row: RowMapping | None = (await connection.execute(statement.where(table_id == record_id))).mappings().one_or_none()
    return row


async def visible_vehicles(connection: AsyncConnection, vehicle_ids: Sequence[int], *, scope: Scope) -> set[int]:
    """Those of the vehicles that exist and may be seen."""
    statement = select(vehicle.c.id).where(one_of(vehicle.c.id, vehicle_ids), vehicle_visible(scope))
    return set((await connection.execute(statement)).scalars())


# ---------------------------------------------------------------- statements, to be narrowed further by the routes


def drivers(scope: Scope, *, organ_id: int | None = None, retired: bool | None = None) -> Select[Any]:
    statement = (
        select(driver, organ.c.name.label("organ_name"))
        .select_from(driver.join(organ))
        .where(owned_by(scope, driver.c.organ_id, organ.c.division))
    )
    if organ_id is not None:
        statement = statement.where(driver.c.organ_id.in_(subtree(organ_id)))
    if retired is not None:
        statement = statement.where(driver.c.retired_on.is_not(None) if retired else driver.c.retired_on.is_(None))
    return statement


def areas(
    scope: Scope, *, purposes: Sequence[str] = (), organ_id: int | None = None, at: datetime | None = None
) -> Select[Any]:
    """The city's own areas are everybody's."""
    statement = select(area).where(or_(area.c.organ_id.is_(None), owned_by(scope, area.c.organ_id)))
    if purposes:
        statement = statement.where(area.c.purpose.in_(purposes))
    if organ_id is not None:
        statement = statement.where(area.c.organ_id.in_(subtree(organ_id)))
    if at is not None:
        statement = statement.where(area.c.period.contains(at))
    return statement


def fuel_cards(scope: Scope, *, vehicle_id: int | None = None, on: date | None = None) -> Select[Any]:
    statement = select(fuel_card, vehicle.c.plate).select_from(fuel_card.join(vehicle)).where(vehicle_visible(scope))
    if vehicle_id is not None:
        statement = statement.where(fuel_card.c.vehicle_id == vehicle_id)
    if on is not None:
        statement = statement.where(fuel_card.c.period.contains(on))
    return statement


def sealing_lists(scope: Scope, *, organ_id: int | None = None, at: datetime | None = None) -> Select[Any]:
    """Each with the ids of its vehicles that may be seen."""
    listed = (
        select(
            func.coalesce(
                func.array_agg(
                    aggregate_order_by(sealing_list_vehicle.c.vehicle_id, sealing_list_vehicle.c.vehicle_id)
                ),
                literal([], ARRAY(Integer)),
            )
        )
        .select_from(sealing_list_vehicle.join(vehicle))
        .where(sealing_list_vehicle.c.list_id == sealing_list.c.id, vehicle_visible(scope))
        .correlate(sealing_list)
        .scalar_subquery()
        .label("vehicle_ids")
    )
    statement = select(sealing_list, listed).where(owned_by(scope, sealing_list.c.organ_id))
    if organ_id is not None:
        statement = statement.where(sealing_list.c.organ_id.in_(subtree(organ_id)))
    if at is not None:
        statement = statement.where(sealing_list.c.period.contains(at))
    return statement


def exemptions(
    scope: Scope,
    *,
    vehicle_id: int | None = None,
    organ_id: int | None = None,
    kind: str | None = None,
    at: datetime | None = None,
) -> Select[Any]:
    """Of visible vehicles, of organs of the scope. `organ_id`: of it, of organs below it, and of their vehicles."""
    statement = (
        select(exemption)
        .select_from(exemption.outerjoin(vehicle))
        .where(
            or_(
                and_(exemption.c.vehicle_id.is_not(None), vehicle_visible(scope)),
                and_(exemption.c.organ_id.is_not(None), owned_by(scope, exemption.c.organ_id)),
            )
        )
    )
    if vehicle_id is not None:
        statement = statement.where(exemption.c.vehicle_id == vehicle_id)
    if organ_id is not None:
        whose = func.coalesce(exemption.c.organ_id, vehicle.c.organ_id)
        statement = statement.where(whose.in_(subtree(organ_id)))
    if kind is not None:
        statement = statement.where(exemption.c.kind == kind)
    if at is not None:
        statement = statement.where(exemption.c.period.contains(at))
    return statement


# ---------------------------------------------------------------- what hangs on a change


async def wrote_area(
    connection: AsyncConnection, before: RowMapping | None, after: RowMapping | None, now: datetime
) -> None:
    """A moved border is judged anew for the whole time, a changed period for what differs."""
    shape = ("purpose", "category", "ring_lat_e7", "ring_lon_e7", "centre_lat_e7", "centre_lon_e7", "radius_m")
    if before and after and before["organ_id"] == after["organ_id"] and all(before[n] == after[n] for n in shape):
        spans = differing(before["period"], after["period"])
        await mark_organ(connection, after["organ_id"], spans, reason="area", now=now)
        return
    for row in (before, after):
        if row is not None:
            await mark_organ(connection, row["organ_id"], [row["period"]], reason="area", now=now)


async def wrote_exemption(
    connection: AsyncConnection, before: RowMapping | None, after: RowMapping | None, now: datetime
) -> None:
    for row in (before, after):
        if row is not None and row["vehicle_id"] is not None:
            await mark_vehicles(connection, [row["vehicle_id"]], [row["period"]], reason="exemption", now=now)
        elif row is not None:
            await mark_organ(connection, row["organ_id"], [row["period"]], reason="exemption", now=now)


async def wrote_fuel_card(
    connection: AsyncConnection, before: RowMapping | None, after: RowMapping | None, now: datetime
) -> None:
    for row in (before, after):
        if row is not None:
            spans = [_moments(row["period"])]
            await mark_vehicles(connection, [row["vehicle_id"]], spans, reason="fuel_card", now=now)


def _moments(period: Range[date]) -> Period:
    assert period.lower is not None
    return days(period.lower, period.upper)


async def listed_vehicles(connection: AsyncConnection, list_id: int) -> list[int]:
    """Every vehicle on a sealing list, by id."""
    statement = select(sealing_list_vehicle.c.vehicle_id).where(sealing_list_vehicle.c.list_id == list_id)
    return sorted((await connection.execute(statement)).scalars())


async def seal(
    connection: AsyncConnection,
    list_id: int,
    vehicle_ids: Sequence[int],
    *,
    before: RowMapping | None,
    after: RowMapping,
    now: datetime,
) -> None:
    """Puts exactly these vehicles on the list; marks those that came, went, or whose period changed."""
    old = set(await listed_vehicles(connection, list_id))
    new = set(vehicle_ids)
    if old - new:
        gone = one_of(sealing_list_vehicle.c.vehicle_id, old - new)
        await connection.execute(delete(sealing_list_vehicle).where(sealing_list_vehicle.c.list_id == list_id, gone))
    if new - old:
        rows = [{"list_id": list_id, "vehicle_id": vehicle_id} for vehicle_id in sorted(new - old)]
        await connection.execute(insert(sealing_list_vehicle), rows)
    old_period = None if before is None else before["period"]
    reason = "sealing_list"
    if old_period is not None:
        await mark_vehicles(connection, sorted(old - new), [old_period], reason=reason, now=now)
        spans = differing(old_period, after["period"])
        await mark_vehicles(connection, sorted(old & new), spans, reason=reason, now=now)
    await mark_vehicles(connection, sorted(new - old), [after["period"]], reason=reason, now=now)


async def unseal(connection: AsyncConnection, row: RowMapping, now: datetime) -> None:
    """A list that is removed: its vehicles are judged without it."""
    vehicles = await listed_vehicles(connection, row["id"])
    await mark_vehicles(connection, vehicles, [row["period"]], reason="sealing_list", now=now)
