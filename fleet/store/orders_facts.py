"""What the guards of an order ask: the policies of its organ, the vehicles and drivers in question."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Subquery, and_, func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.dispatch.fitness import DriverFacts, VehicleFacts
from fleet.dispatch.given import Rules
from fleet.model.orders import Order
from fleet.model.scope import Scope
from fleet.store.orders import named_vehicle
from fleet.store.policies import values_at
from fleet.store.recompute import Period
from fleet.store.scoped import one_of, owned_by, vehicle_visible
from fleet.store.tables import driver, order_outing, organ, sealing_list, sealing_list_vehicle, vehicle

_RULES = {
    "approval_levels": "orders.approval_levels",
    "longest_window_s": "orders.longest_s",
    "early_departure_s": "orders.early_departure_s",
    "emergency_approve_within_s": "emergency.approve_within_s",
    "amend_within_s": "orders.amend_within_s",
    "correct_within_s": "orders.correct_within_s",
}


async def rules_of(connection: AsyncConnection, organ_id: int, at: datetime) -> Rules:
    found = await values_at(connection, at, organ_id, list(_RULES.values()))
    return Rules(**{name: int(found[slug].value) for name, slug in _RULES.items()})


async def vehicle_facts(
    connection: AsyncConnection, vehicle_ids: Collection[int], order: Order, *, scope: Scope
) -> dict[int, VehicleFacts]:
    """Those that the caller may see, or that the order has already; by id."""
    if not vehicle_ids:
        return {}
    given = {one.vehicle_id for one in order.assigned}
    visible = or_(
        vehicle_visible(scope),
        and_(one_of(vehicle.c.id, given), named_vehicle(scope)),
    )
    plan = order.effective_plan
    sealed = sealed_in(Range(plan.begins_at, plan.ends_at, bounds="[)"))
    statement = (
        select(
            *(vehicle.c[name] for name in ("id", "plate", "organ_id", "division", "management", "energy", "status")),
            *(vehicle.c[name] for name in ("body", "seats", "equipment")),
            sealed.c.sealing_list,
        )
        .select_from(vehicle.outerjoin(sealed, sealed.c.vehicle_id == vehicle.c.id))
        .where(one_of(vehicle.c.id, vehicle_ids), visible)
    )
    return {
        row["id"]: VehicleFacts(**{**row, "equipment": tuple(row["equipment"])})
        for row in (await connection.execute(statement)).mappings()
    }


def sealed_in(period: Period) -> Subquery:
    """Vehicles that stand on a sealing list in a part of the period: `vehicle_id`, `sealing_list` (a name)."""
    return (
        select(sealing_list_vehicle.c.vehicle_id, func.min(sealing_list.c.name).label("sealing_list"))
        .select_from(sealing_list_vehicle.join(sealing_list))
        .where(sealing_list.c.period.overlaps(period))
        .group_by(sealing_list_vehicle.c.vehicle_id)
        .subquery()
    )


async def driver_facts(
    connection: AsyncConnection, driver_ids: Collection[int], order: Order, *, scope: Scope
) -> dict[int, DriverFacts]:
    """The same of drivers."""
    if not driver_ids:
        return {}
    given = {one.driver_id for one in order.assigned if one.driver_id is not None}
    names = ("id", "label", "organ_id", "licence_class", "licence_expires_on", "retired_on")
    statement = (
        select(*(driver.c[name] for name in names))
        .select_from(driver.join(organ))
        .where(
            one_of(driver.c.id, driver_ids),
            or_(owned_by(scope, driver.c.organ_id, organ.c.division), one_of(driver.c.id, given)),
        )
    )
    return {row["id"]: DriverFacts(**row) for row in (await connection.execute(statement)).mappings()}


async def visible_driver(connection: AsyncConnection, driver_id: int, *, scope: Scope) -> DriverFacts | None:
    """None also for one whom the caller may not see."""
    names = ("id", "label", "organ_id", "licence_class", "licence_expires_on", "retired_on")
    statement = (
        select(*(driver.c[name] for name in names))
        .select_from(driver.join(organ))
        .where(driver.c.id == driver_id, owned_by(scope, driver.c.organ_id, organ.c.division))
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else DriverFacts(**row)


async def out_elsewhere(connection: AsyncConnection, order: Order) -> frozenset[int]:
    """Vehicles of the order that are out for another one."""
    ids = [one.vehicle_id for one in order.assigned]
    if not ids:
        return frozenset()
    statement = select(order_outing.c.vehicle_id).where(
        one_of(order_outing.c.vehicle_id, ids),
        order_outing.c.order_id != order.id,
        order_outing.c.returned_at.is_(None),
    )
    return frozenset((await connection.execute(statement)).scalars())
