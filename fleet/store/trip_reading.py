"""Trips, stops and gaps as they are asked for: lists, one with its neighbours and versions, a vehicle's time line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    RowMapping,
    Select,
    Table,
    and_,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.registry import subtree
from fleet.store.scoped import one_of, vehicle_visible
from fleet.store.tables import gap, gap_version, stop, stop_version, trip, trip_version, unit, vehicle, verdict

FEW = 200
"""Up to so many vehicles or organs are each asked for their newest trips; more are filtered from all trips."""

Key = tuple[datetime, int]
"""Where a page begins anew: the start and the id of the last trip that was given out."""


class TripFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of trips is narrowed to; None = not narrowed. Spans of time are about the start of a trip."""

    vehicle_id: int | None = None
    plate: str | None = None
    organ_id: int | None = None
    begun_in: int | None = None
    passed: int | None = None
    begin: datetime | None = None
    end: datetime | None = None
    least_distance_m: int | None = None
    most_distance_m: int | None = None
    least_duration_s: int | None = None
    most_duration_s: int | None = None
    running: bool | None = None
    doubts: int | None = None
    """Bits of `Doubt`: trips with any of them; 0 = without any doubt."""
    verdicts: tuple[str, ...] = ()


async def list_trips(
    connection: AsyncConnection, wanted: TripFilter, *, scope: Scope, after: Key | None, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` trips of visible vehicles, newest first, that began before `after`."""
    conditions = _conditions(wanted, scope)
    if after is not None:
        conditions.append(
            tuple_(trip.c.started_at, trip.c.id) < tuple_(literal(after[0]), literal(after[1], BigInteger))
        )
    vehicles = await _vehicles(connection, wanted, scope)
    organs = None
    if wanted.organ_id is not None:
        organs = [row[0] for row in await connection.execute(subtree(wanted.organ_id))]
        conditions.append(one_of(trip.c.organ_id, organs))
    if vehicles is not None and len(vehicles) <= FEW:
        statement = _newest_of_each(trip.c.vehicle_id, vehicles, conditions, limit)
    else:
        if vehicles is not None:
            conditions.append(one_of(trip.c.vehicle_id, vehicles))
        if organs is not None and len(organs) <= FEW:
            statement = _newest_of_each(trip.c.organ_id, organs, conditions, limit)
        else:
            statement = (
                select(trip).where(*conditions).order_by(trip.c.started_at.desc(), trip.c.id.desc()).limit(limit)
            )
    found = statement.subquery()
    with_plates = (
        select(found, vehicle.c.plate)
        .join(vehicle, vehicle.c.id == found.c.vehicle_id)
        .order_by(found.c.started_at.desc(), found.c.id.desc())
    )
    return (await connection.execute(with_plates)).mappings().all()


async def find_trip(connection: AsyncConnection, trip_id: int, *, scope: Scope) -> RowMapping | None:
    """One trip with its plate; None also for one of a vehicle that may not be seen, or outside the scope's period."""
    row: RowMapping | None = (await connection.execute(_one(trip, trip_id, scope))).mappings().one_or_none()
    return row


async def versions_of_trip(connection: AsyncConnection, trip_id: int, *, scope: Scope) -> Sequence[RowMapping]:
    """What a trip was before, the newest version first; also for a trip that is none any more."""
    statement = _one(trip_version, trip_id, scope).order_by(trip_version.c.version.desc())
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def neighbours(
    connection: AsyncConnection, vehicle_id: int, started_at: datetime, trip_id: int, *, scope: Scope
) -> tuple[RowMapping | None, RowMapping | None]:
    """What lies directly before and after a trip of a visible vehicle: a trip, stop or gap as `_brief` gives it."""
    before: list[Select[Any]] = []
    after: list[Select[Any]] = []
    for table in (trip, stop, gap):
        mine = and_(table.c.vehicle_id == vehicle_id, _in_period(table, scope))
        other = table.c.id != trip_id if table is trip else true()
        before.append(
            _brief(table)
            .where(mine, other, table.c.started_at <= started_at)
            .order_by(table.c.started_at.desc(), table.c.id.desc())
            .limit(1)
        )
        after.append(
            _brief(table).where(mine, other, table.c.started_at > started_at).order_by(table.c.started_at).limit(1)
        )
    last = await _first_of(connection, before, newest=True)
    following = await _first_of(connection, after, newest=False)
    return last, following


async def timeline(
    connection: AsyncConnection, vehicle_id: int, *, scope: Scope, begin: datetime, end: datetime
) -> dict[str, Sequence[RowMapping]]:
    """The trips, stops and gaps of a vehicle that touch [begin, end), by kind, each in time order."""
    found: dict[str, Sequence[RowMapping]] = {}
    for table in (trip, stop, gap):
        statement = (
            select(table)
            .join(vehicle, vehicle.c.id == table.c.vehicle_id)
            .where(table.c.vehicle_id == vehicle_id, vehicle_visible(scope), _in_period(table, scope))
            .where(table.c.started_at < end, or_(table.c.ended_at.is_(None), table.c.ended_at > begin))
            .order_by(table.c.started_at, table.c.id)
        )
        found[table.name] = (await connection.execute(statement)).mappings().all()
    return found


async def superseded_since(
    connection: AsyncConnection, vehicle_id: int, *, scope: Scope, begin: datetime, end: datetime
) -> int:
    """How many rows of the span were superseded by later knowledge."""
    total = 0
    for table in (trip_version, stop_version, gap_version):
        statement = (
            select(func.count())
            .select_from(table.join(vehicle, vehicle.c.id == table.c.vehicle_id))
            .where(table.c.vehicle_id == vehicle_id, vehicle_visible(scope), _in_period(table, scope))
            .where(table.c.started_at >= begin, table.c.started_at < end)
        )
        total += int((await connection.execute(statement)).scalar_one())
    return total


async def unit_codes(connection: AsyncConnection, unit_ids: Collection[int]) -> dict[int, str]:
    """Code by id."""
    if not unit_ids:
        return {}
    rows = await connection.execute(select(unit.c.id, unit.c.code).where(one_of(unit.c.id, unit_ids)))
    return {row.id: row.code for row in rows}


def _conditions(wanted: TripFilter, scope: Scope) -> list[ColumnElement[bool]]:
    begin, end = scope.clipped(wanted.begin, wanted.end)
    duration_s = func.extract("epoch", trip.c.known_to - trip.c.started_at)
    given: list[ColumnElement[bool] | None] = [
        None if begin is None else trip.c.started_at >= begin,
        None if end is None else trip.c.started_at < end,
        None if wanted.begun_in is None else trip.c.origin_division == wanted.begun_in,
        None if wanted.passed is None else trip.c.divisions.contains(cast([{"division": wanted.passed}], JSONB)),
        None if wanted.least_distance_m is None else trip.c.distance_m >= wanted.least_distance_m,
        None if wanted.most_distance_m is None else trip.c.distance_m <= wanted.most_distance_m,
        None if wanted.least_duration_s is None else duration_s >= wanted.least_duration_s,
        None if wanted.most_duration_s is None else duration_s <= wanted.most_duration_s,
        None if wanted.running is None else trip.c.running.is_(wanted.running),
    ]
    if wanted.verdicts:
        judged = select(verdict.c.trip_id).where(verdict.c.kind.in_(wanted.verdicts))
        given.append(trip.c.id.in_(judged if begin is None else judged.where(verdict.c.started_at >= begin)))
    if wanted.doubts is not None:
        given.append(trip.c.doubts == 0 if wanted.doubts == 0 else trip.c.doubts.op("&")(wanted.doubts) != 0)
    return [one for one in given if one is not None]


async def _vehicles(connection: AsyncConnection, wanted: TripFilter, scope: Scope) -> list[int] | None:
    """The vehicles asked for that may be seen; None = all there are."""
    if scope.everywhere and scope.see_confidential and wanted.vehicle_id is None and wanted.plate is None:
        return None
    statement = select(vehicle.c.id).where(vehicle_visible(scope))
    if wanted.vehicle_id is not None:
        statement = statement.where(vehicle.c.id == wanted.vehicle_id)
    if wanted.plate is not None:
        statement = statement.where(vehicle.c.plate == wanted.plate)
    return [row[0] for row in await connection.execute(statement)]


def _newest_of_each(
    by: ColumnElement[Any], ids: Collection[int], conditions: Sequence[ColumnElement[bool]], limit: int
) -> Select[Any]:
    """A few steps into an index for each id, instead of a walk through everybody's trips."""
    each = (
        func.unnest(cast(sorted(ids), ARRAY(Integer)))
        .table_valued(column("one", Integer), name="each")
        .render_derived()
    )
    newest = (
        select(trip)
        .where(by == each.c.one, *conditions)
        .order_by(trip.c.started_at.desc(), trip.c.id.desc())
        .limit(limit)
        .lateral("newest")
    )
    return (
        select(newest)
        .select_from(each.join(newest, true()))
        .order_by(newest.c.started_at.desc(), newest.c.id.desc())
        .limit(limit)
    )


def _one(table: Table, trip_id: int, scope: Scope) -> Select[Any]:
    return (
        select(table, vehicle.c.plate)
        .join(vehicle, vehicle.c.id == table.c.vehicle_id)
        .where(table.c.id == trip_id, vehicle_visible(scope), _in_period(table, scope))
    )


def _in_period(table: Table, scope: Scope) -> ColumnElement[bool]:
    """A segment belongs to the moment it begins: a token for a period sees those that begin in it."""
    conditions: list[ColumnElement[bool]] = [true()]
    if scope.begin is not None:
        conditions.append(table.c.started_at >= scope.begin)
    if scope.end is not None:
        conditions.append(table.c.started_at < scope.end)
    return and_(*conditions)


def _brief(table: Table) -> Select[Any]:
    return select(literal(table.name).label("kind"), table.c.id, table.c.started_at, table.c.ended_at, table.c.running)


async def _first_of(
    connection: AsyncConnection, statements: Sequence[Select[Any]], *, newest: bool
) -> RowMapping | None:
    rows = [row for one in statements for row in (await connection.execute(one)).mappings()]
    rows.sort(key=lambda row: row["started_at"], reverse=newest)
    return rows[0] if rows else None
