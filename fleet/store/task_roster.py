"""The roster of a task: whom it called, what was answered, how far each has come by trips, stops and position."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import cos, radians
from typing import NamedTuple

from sqlalchemy import RowMapping, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.geography.distance import haversine_m
from fleet.model.orders import Place
from fleet.model.readings import IMPLAUSIBLE
from fleet.model.scope import Scope
from fleet.model.tasks import Answer, Call
from fleet.store.orders import named_vehicle
from fleet.store.scoped import one_of, vehicle_visible
from fleet.store.tables import (
    binding,
    driver,
    latest_state,
    organ,
    stop,
    task_call,
    trip,
    unit_command,
    vehicle,
)
from fleet.store.tasks import StoredTask

_METRES_A_DEGREE = 111_195.0
_LONGEST_TRIP = timedelta(days=1)


class Member(NamedTuple):
    """A call with its row: `id, vehicle_id, plate, organ_id, organ_name, body, seats, energy, division` (home),
    `driver_id, driver_label, answer_why, unit_id, lat_e7, lon_e7, position_at, position_division, speed_dkmh`, what
    became of its command (`command_state, command_reason`). `distance_m`: from the place, in a straight line."""

    call: Call
    row: RowMapping
    distance_m: int | None


async def roster(connection: AsyncConnection, stored: StoredTask, *, scope: Scope, now: datetime) -> list[Member]:
    """All calls of a visible task, also of vehicles that were released; by need and vehicle. Vehicles that the reader
    may not see are left out."""
    rows = await _rows(connection, stored, scope, now)
    arrived = await _arrivals(connection, stored, rows)
    return [_member(stored, row, arrived.get(row["id"])) for row in rows]


async def _rows(connection: AsyncConnection, stored: StoredTask, scope: Scope, now: datetime) -> Sequence[RowMapping]:
    plausible = latest_state.c.flags.bitwise_and(int(IMPLAUSIBLE)) == 0
    left = (
        select(func.min(trip.c.started_at))
        .where(
            trip.c.vehicle_id == task_call.c.vehicle_id,
            trip.c.started_at > task_call.c.called_at - _LONGEST_TRIP,
            trip.c.started_at < func.coalesce(task_call.c.released_at, now),
            or_(trip.c.running, trip.c.ended_at > task_call.c.called_at),
        )
        .scalar_subquery()
    )
    seen = and_(binding.c.vehicle_id == vehicle.c.id, binding.c.period.contains(now))
    statement = (
        select(
            task_call,
            *(vehicle.c[name] for name in ("plate", "organ_id", "body", "seats", "energy", "division")),
            organ.c.name.label("organ_name"),
            driver.c.label.label("driver_label"),
            binding.c.unit_id,
            *(case((plausible, latest_state.c[name])).label(name) for name in ("lat_e7", "lon_e7", "position_at")),
            case((plausible, latest_state.c.division)).label("position_division"),
            latest_state.c.speed_dkmh,
            unit_command.c.state.label("command_state"),
            unit_command.c.answer.label("unit_answer"),
            unit_command.c.answered_at.label("unit_answered_at"),
            unit_command.c.reason.label("command_reason"),
            left.label("departed_at"),
        )
        .select_from(
            task_call.join(vehicle, vehicle.c.id == task_call.c.vehicle_id)
            .join(organ, organ.c.id == vehicle.c.organ_id)
            .outerjoin(driver, driver.c.id == task_call.c.driver_id)
            .outerjoin(binding, seen)
            .outerjoin(latest_state, latest_state.c.unit_id == binding.c.unit_id)
            .outerjoin(unit_command, unit_command.c.id == task_call.c.command_id)
        )
        .where(
            task_call.c.task_id == stored.task.id,
            named_vehicle(scope) if stored.own else vehicle_visible(scope),
        )
        .order_by(task_call.c.need, task_call.c.id)
    )
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def _arrivals(connection: AsyncConnection, stored: StoredTask, rows: Sequence[RowMapping]) -> dict[int, datetime]:
    """By call: the beginning of the first stop at the place that reaches beyond the call."""
    if not rows:
        return {}
    place, radius_m = stored.task.place, stored.task.radius_m
    high_e7 = round(radius_m / _METRES_A_DEGREE * 1e7)
    wide_e7 = round(high_e7 / max(0.1, cos(radians(place.lat_e7 / 1e7))))
    first = min(row["called_at"] for row in rows) - _LONGEST_TRIP
    statement = (
        select(stop.c.vehicle_id, stop.c.started_at, stop.c.ended_at, stop.c.lat_e7, stop.c.lon_e7)
        .where(
            one_of(stop.c.vehicle_id, {row["vehicle_id"] for row in rows}),
            stop.c.started_at > first,
            stop.c.lat_e7.between(place.lat_e7 - high_e7, place.lat_e7 + high_e7),
            stop.c.lon_e7.between(place.lon_e7 - wide_e7, place.lon_e7 + wide_e7),
        )
        .order_by(stop.c.started_at)
    )
    stops = [
        one
        for one in (await connection.execute(statement)).mappings()
        if _metres(place, one["lat_e7"], one["lon_e7"]) <= radius_m
    ]
    found: dict[int, datetime] = {}
    for row in rows:
        until = row["released_at"]
        for one in stops:
            after = one["ended_at"] is None or one["ended_at"] > row["called_at"]
            if one["vehicle_id"] == row["vehicle_id"] and after and (until is None or one["started_at"] < until):
                found.setdefault(row["id"], max(one["started_at"], row["called_at"]))
    return found


def _member(stored: StoredTask, row: RowMapping, arrived_at: datetime | None) -> Member:
    away_m = None if row["lat_e7"] is None else _metres(stored.task.place, row["lat_e7"], row["lon_e7"])
    call = Call(
        **{name: row[name] for name in ("need", "vehicle_id", "called_at", "answer_by", "released_at", "departed_at")},
        answer=None if row["answer"] is None else Answer(row["answer"]),
        answered_at=row["answered_at"],
        unit_answer=None if row["unit_answer"] is None else Answer(row["unit_answer"]),
        unit_answered_at=row["unit_answered_at"],
        arrived_at=arrived_at,
        near=away_m is not None and away_m <= stored.task.radius_m,
    )
    return Member(call, row, None if away_m is None else round(away_m))


def _metres(place: Place, lat_e7: int, lon_e7: int) -> float:
    return haversine_m(place.lat_e7 / 1e7, place.lon_e7 / 1e7, lat_e7 / 1e7, lon_e7 / 1e7)
