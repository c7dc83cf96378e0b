"""What the ranking of candidates goes by: vehicles as they are now, drivers, who is taken, who was used how often."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, and_, case, func, not_, or_, select, true
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.dispatch.candidates import Assumptions, Candidate, Taken
from fleet.dispatch.driver_candidates import DriverCandidate
from fleet.dispatch.fitness import DriverFacts, VehicleFacts
from fleet.model.orders import Order
from fleet.model.readings import IMPLAUSIBLE
from fleet.model.registry import Management, VehicleStatus
from fleet.model.scope import Scope
from fleet.store.orders import order_visible
from fleet.store.policies import values_at
from fleet.store.recompute import Period, today
from fleet.store.scoped import one_of, owned_by, vehicle_visible
from fleet.store.tables import (
    binding,
    booking,
    dispatch_order,
    driver,
    latest_state,
    order_assignment,
    order_outing,
    organ,
    sealing_list,
    sealing_list_vehicle,
    task,
    vehicle,
)
from fleet.store.tasks import task_visible

_APART = "\x1f"
_ASSUMPTIONS = ("road_pct", "reserve_pct", "rated_range_pct", "refill_s", "stale_s", "fair_days")


async def assumptions_of(connection: AsyncConnection, organ_id: int, at: datetime) -> Assumptions:
    found = await values_at(connection, at, organ_id, [f"candidates.{name}" for name in _ASSUMPTIONS])
    return Assumptions(**{name: int(found[f"candidates.{name}"].value) for name in _ASSUMPTIONS})


class Asked(NamedTuple):
    """Who asks for vehicles, and for when. `order_id`: the order, whose own bookings are not in its way; None for what
    has none yet."""

    organ_id: int
    emergency: bool
    window: Period
    order_id: int | None = None


def asked_by(order: Order) -> Asked:
    plan = order.effective_plan
    return Asked(order.organ_id, order.emergency, Range(plan.begins_at, plan.ends_at, bounds="[)"), order.id)


class Situation(NamedTuple):
    """By vehicle and by driver: what takes them in the window, and how many orders they were given to lately."""

    vehicles_taken: Mapping[int, Taken]
    drivers_taken: Mapping[int, Taken]
    vehicle_uses: Mapping[int, int]
    driver_uses: Mapping[int, int]


async def situation(
    connection: AsyncConnection, asked: Asked, *, scope: Scope, now: datetime, fair_days: int
) -> Situation:
    """As far as other orders and tasks make it; those that the caller may not see are not named."""
    vehicles, drivers = await _taken(connection, asked, scope=scope)
    return Situation(vehicles, drivers, *await _uses(connection, asked, since=now - timedelta(days=fair_days)))


async def others_vehicles(connection: AsyncConnection, asked: Asked, *, scope: Scope) -> int:
    """How many vehicles that are not retired the caller may see besides those of `vehicles_as_they_are`."""
    if asked.emergency:
        return 0
    statement = select(func.count()).select_from(vehicle).where(_present(scope), not_(_within_reach(asked)))
    count: int = (await connection.execute(statement)).scalar_one()
    return count


def _present(scope: Scope) -> ColumnElement[bool]:
    return and_(vehicle.c.status != VehicleStatus.RETIRED.value, vehicle_visible(scope))


def _within_reach(asked: Asked) -> ColumnElement[bool]:
    """What `tier` puts below 3; an emergency reaches all."""
    if asked.emergency:
        return true()
    return or_(vehicle.c.organ_id == asked.organ_id, vehicle.c.management == Management.PLATFORM.value)


async def vehicles_as_they_are(
    connection: AsyncConnection,
    asked: Asked,
    *,
    scope: Scope,
    now: datetime,
    known: Situation,
    only: int | None = None,
) -> list[Candidate]:
    """The vehicles the caller may see that are not retired and within the order's reach (the organ's own and the
    platform's, all for an emergency), by id; with `only` that one, within reach or not.

    What a unit says counts for the vehicle it is bound to now.
    """
    sealed = await _sealed(connection, asked.window)
    out = await _out(connection, asked)
    taken, uses = known.vehicles_taken, known.vehicle_uses
    plausible = latest_state.c.flags.bitwise_and(int(IMPLAUSIBLE)) == 0
    seen = and_(binding.c.vehicle_id == vehicle.c.id, binding.c.period.contains(now))
    statement = (
        select(
            *(vehicle.c[name] for name in ("id", "plate", "organ_id", "division", "management", "energy", "status")),
            *(vehicle.c[name] for name in ("body", "seats")),
            # As text: thousands of arrays cost more to read than all the other columns.
            func.array_to_string(vehicle.c.equipment, _APART).label("equipment"),
            *(vehicle.c[name] for name in ("tank_ml", "rated_range_km")),
            *(vehicle.c[name] for name in ("parking_lat_e7", "parking_lon_e7")),
            *(case((plausible, latest_state.c[name])) for name in ("lat_e7", "lon_e7")),
            # As a number: thousands of moments cost more to read than all the other columns.
            case((plausible, func.extract("epoch", latest_state.c.position_at).cast(BigInteger))).label(
                "position_at_s"
            ),
            latest_state.c.fuel_level_ml,
            *(latest_state.c[name] for name in ("fuel_level_permille", "soc_permille")),
        )
        .select_from(
            vehicle.outerjoin(binding, seen).outerjoin(latest_state, latest_state.c.unit_id == binding.c.unit_id)
        )
        .where(_present(scope), _within_reach(asked) if only is None else vehicle.c.id == only)
        .order_by(vehicle.c.id)
    )
    return [
        Candidate(
            facts=VehicleFacts(
                id=row[0],
                plate=row[1],
                organ_id=row[2],
                division=row[3],
                management=row[4],
                energy=row[5],
                status=row[6],
                body=row[7],
                seats=row[8],
                equipment=tuple(row[9].split(_APART)) if row[9] else (),
                sealing_list=sealed.get(row[0]),
            ),
            tank_ml=row[10],
            rated_range_km=row[11],
            parking_lat_e7=row[12],
            parking_lon_e7=row[13],
            lat_e7=row[14],
            lon_e7=row[15],
            position_at_s=row[16],
            fuel_level_ml=row[17],
            fuel_level_permille=row[18],
            soc_permille=row[19],
            taken=taken.get(row[0]),
            still_out=row[0] in out,
            uses=uses.get(row[0], 0),
        )
        for row in (await connection.execute(statement)).all()
    ]


async def free_drivers(
    connection: AsyncConnection, asked: Asked, *, scope: Scope, last_day: date
) -> dict[int, dict[str, int]]:
    """How many drivers the caller may see are free in the window, by organ and licence class: those whom no booking
    holds, whose licence lasts, and who have not left by its last day."""
    held = select(booking.c.driver_id).where(
        booking.c.period.overlaps(asked.window), _of_others(asked), booking.c.driver_id.is_not(None)
    )
    statement = (
        select(driver.c.organ_id, driver.c.licence_class, func.count())
        .select_from(driver.join(organ))
        .where(
            driver.c.licence_expires_on >= last_day,
            or_(driver.c.retired_on.is_(None), driver.c.retired_on > last_day),
            driver.c.id.not_in(held),
            owned_by(scope, driver.c.organ_id, organ.c.division),
        )
        .group_by(driver.c.organ_id, driver.c.licence_class)
    )
    found: dict[int, dict[str, int]] = {}
    for organ_id, licence_class, count in await connection.execute(statement):
        found.setdefault(organ_id, {})[licence_class] = count
    return found


async def drivers_as_they_are(
    connection: AsyncConnection,
    asked: Asked,
    *,
    scope: Scope,
    now: datetime,
    known: Situation,
    organs: Collection[int],
) -> list[DriverCandidate]:
    """The drivers of these organs whom the caller may see and who have not left, by id."""
    taken, uses = known.drivers_taken, known.driver_uses
    names = ("id", "label", "organ_id", "licence_class", "licence_expires_on", "retired_on")
    statement = (
        select(*(driver.c[name] for name in names))
        .select_from(driver.join(organ))
        .where(
            one_of(driver.c.organ_id, organs),
            or_(driver.c.retired_on.is_(None), driver.c.retired_on > today(now)),
            owned_by(scope, driver.c.organ_id, organ.c.division),
        )
        .order_by(driver.c.id)
    )
    return [
        DriverCandidate(facts=DriverFacts(**row), taken=taken.get(row["id"]), uses=uses.get(row["id"], 0))
        for row in (await connection.execute(statement)).mappings()
    ]


def _of_others(asked: Asked) -> ColumnElement[bool]:
    return true() if asked.order_id is None else booking.c.order_id.is_distinct_from(asked.order_id)


async def _taken(
    connection: AsyncConnection, asked: Asked, *, scope: Scope
) -> tuple[Mapping[int, Taken], Mapping[int, Taken]]:
    """By vehicle and by driver: the last booking in the window of another order, or of a task."""
    seen = (
        select(dispatch_order.c.id, dispatch_order.c.number)
        .select_from(dispatch_order.join(organ))
        .where(order_visible(scope))
        .subquery()
    )
    called = select(task.c.id, task.c.number).where(task_visible(scope)).subquery()
    until = func.upper(booking.c.period).label("until")
    statement = (
        select(
            *(booking.c.vehicle_id, booking.c.driver_id, seen.c.id, seen.c.number, until),
            *(called.c.id.label("task_id"), called.c.number.label("task_number")),
        )
        .select_from(
            booking.outerjoin(seen, seen.c.id == booking.c.order_id).outerjoin(called, called.c.id == booking.c.task_id)
        )
        .where(booking.c.period.overlaps(asked.window), _of_others(asked))
        .order_by(until)
    )
    vehicles: dict[int, Taken] = {}
    drivers: dict[int, Taken] = {}
    for row in (await connection.execute(statement)).all():
        named = row.id is not None or row.task_id is not None
        taken = Taken(row.id, row.number or row.task_number, row.until if named else None, row.task_id)
        vehicles[row.vehicle_id] = taken
        if row.driver_id is not None:
            drivers[row.driver_id] = taken
    return vehicles, drivers


async def _sealed(connection: AsyncConnection, window: Period) -> Mapping[int, str]:
    """The sealing list a vehicle stands on in a part of the window."""
    statement = (
        select(sealing_list_vehicle.c.vehicle_id, func.min(sealing_list.c.name))
        .select_from(sealing_list_vehicle.join(sealing_list))
        .where(sealing_list.c.period.overlaps(window))
        .group_by(sealing_list_vehicle.c.vehicle_id)
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}


async def _out(connection: AsyncConnection, asked: Asked) -> frozenset[int]:
    statement = select(order_outing.c.vehicle_id).where(
        order_outing.c.returned_at.is_(None), order_outing.c.order_id.is_distinct_from(asked.order_id)
    )
    return frozenset((await connection.execute(statement)).scalars())


async def _uses(
    connection: AsyncConnection, asked: Asked, *, since: datetime
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """How many other orders each vehicle and each driver was given to since then, and stayed with."""
    counts: list[Mapping[int, int]] = []
    for column in (order_assignment.c.vehicle_id, order_assignment.c.driver_id):
        statement = (
            select(column, func.count())
            .where(
                order_assignment.c.at >= since,
                order_assignment.c.ended_at.is_(None),
                order_assignment.c.order_id.is_distinct_from(asked.order_id),
                column.is_not(None),
            )
            .group_by(column)
        )
        counts.append({row[0]: row[1] for row in (await connection.execute(statement)).all()})
    return counts[0], counts[1]
