"""What the network does not know, or what the registry says that should not be: lists, and counts by organ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.registry import NEW_ENERGY, VehicleStatus, VehicleUse
from fleet.model.scope import Scope
from fleet.registry.standards import CARS, Standards
from fleet.store.registry import subtree
from fleet.store.scoped import organ_visible, vehicle_visible, within_period
from fleet.store.tables import binding, latest_state, organ, unit, vehicle


class Unknown(StrEnum):
    NEVER_SEEN = "never_seen"  # no unit that ever sat in it was heard
    UNBOUND = "unbound"  # no unit sits in it now
    UNMARKED = "unmarked"  # carries no mark although it is not confidential
    OVER_QUOTA = "over_quota"  # of an organ with more vehicles than it may have
    OVER_STANDARD = "over_standard"  # dearer, or with a larger engine, than its class may be
    LONG_SILENT = "long_silent"  # a unit sits in it and was heard, but not for days
    BORROWED = "borrowed"  # belongs to another organ


OF_NOW = frozenset({Unknown.NEVER_SEEN, Unknown.LONG_SILENT})
"""Follow from what was heard up to now."""


def _heard() -> ColumnElement[Any]:
    return func.greatest(latest_state.c.position_received_at, latest_state.c.online_at)


def _condition(kind: Unknown, at: datetime, silent_since: datetime, limits: Standards) -> ColumnElement[bool]:
    """For rows of `vehicle` joined with `organ`."""
    mine = binding.c.vehicle_id == vehicle.c.id
    bound = exists().where(mine, binding.c.period.contains(at)).correlate(vehicle)
    ever = exists().where(mine, latest_state.c.unit_id == binding.c.unit_id, _heard().is_not(None)).correlate(vehicle)
    match kind:
        case Unknown.NEVER_SEEN:
            return not_(ever)
        case Unknown.UNBOUND:
            return not_(bound)
        case Unknown.UNMARKED:
            return and_(vehicle.c.marked.is_(False), vehicle.c.confidential.is_(False))
        case Unknown.OVER_QUOTA:
            return and_(organ.c.vehicle_quota.is_not(None), _vehicles_of_organ() > organ.c.vehicle_quota)
        case Unknown.OVER_STANDARD:
            return _over_standard(limits)
        case Unknown.LONG_SILENT:
            silent = exists().where(
                mine,
                binding.c.period.contains(at),
                latest_state.c.unit_id == binding.c.unit_id,
                _heard() < silent_since,
            )
            return silent.correlate(vehicle)
        case Unknown.BORROWED:
            return vehicle.c.lender_organ_id.is_not(None)


def _vehicles_of_organ() -> Any:
    """How many vehicles the organ has that are not retired, confidential ones too: the quota counts them."""
    other = vehicle.alias("other")
    return (
        select(func.count())
        .where(other.c.organ_id == organ.c.id, other.c.status != VehicleStatus.RETIRED)
        .correlate(organ)
        .scalar_subquery()
    )


def _over_standard(limits: Standards) -> ColumnElement[bool]:
    """`fleet.registry.standards.standard_problems` in SQL; a test compares the two."""
    is_new = vehicle.c.energy.in_(sorted(NEW_ENERGY))
    communications = vehicle.c.use == VehicleUse.COMMUNICATIONS
    return or_(
        and_(is_new, vehicle.c.body.in_(sorted(CARS)), vehicle.c.price_fen > limits.new_energy_price_fen),
        and_(not_(is_new), communications, vehicle.c.price_fen > limits.communications_price_fen),
        and_(communications, vehicle.c.displacement_ml > limits.communications_displacement_ml),
    )


def _found(
    kind: Unknown,
    columns: Sequence[Any],
    *,
    scope: Scope,
    organ_id: int | None,
    at: datetime,
    days: int,
    limits: Standards,
) -> Select[Any]:
    condition = _condition(kind, at, at - timedelta(days=days), limits)
    statement = (
        select(*columns)
        .select_from(vehicle.join(organ, organ.c.id == vehicle.c.organ_id))
        .where(vehicle_visible(scope), organ_visible(scope), vehicle.c.status != VehicleStatus.RETIRED, condition)
    )
    if organ_id is not None:
        statement = statement.where(vehicle.c.organ_id.in_(subtree(organ_id)))
    return statement


async def list_unknown(
    connection: AsyncConnection,
    kind: Unknown,
    *,
    scope: Scope,
    organ_id: int | None,
    at: datetime,
    days: int,
    limits: Standards,
    after: int,
    limit: int,
) -> list[dict[str, Any]]:
    """Vehicles of the kind by id: what it is, whose, which unit sits in it, when it was heard last."""
    columns = (
        *(vehicle.c.id, vehicle.c.plate, vehicle.c.organ_id, organ.c.name.label("organ_name"), vehicle.c.division),
        *(vehicle.c.use, vehicle.c.energy, vehicle.c.status, vehicle.c.marked, vehicle.c.lender_organ_id),
        *(vehicle.c.price_fen, vehicle.c.displacement_ml),
        _of_vehicle(unit.c.code, at).label("unit"),
        _of_vehicle(within_period(scope, _heard()), at).label("last_seen"),
    )
    statement = _found(kind, columns, scope=scope, organ_id=organ_id, at=at, days=days, limits=limits)
    statement = statement.where(vehicle.c.id > after).order_by(vehicle.c.id).limit(limit)
    return [dict(row) for row in (await connection.execute(statement)).mappings()]


def _of_vehicle(column: ColumnElement[Any], at: datetime) -> Any:
    """Of the unit that sits in the vehicle at `at`."""
    return (
        select(column)
        .select_from(
            binding.join(unit, unit.c.id == binding.c.unit_id).outerjoin(
                latest_state, latest_state.c.unit_id == unit.c.id
            )
        )
        .where(binding.c.vehicle_id == vehicle.c.id, binding.c.period.contains(at))
        .correlate(vehicle)
        .scalar_subquery()
    )


async def count_unknown(
    connection: AsyncConnection,
    kind: Unknown,
    *,
    scope: Scope,
    organ_id: int | None,
    at: datetime,
    days: int,
    limits: Standards,
) -> list[dict[str, Any]]:
    """By organ, the most first: `count` of the kind, `vehicles` it has that are not retired, its `quota`."""
    columns = (
        organ.c.id.label("organ_id"),
        organ.c.name.label("organ_name"),
        func.count().label("count"),
        organ.c.vehicle_quota.label("quota"),
        _vehicles_of_organ().label("vehicles"),
    )
    statement = (
        _found(kind, columns, scope=scope, organ_id=organ_id, at=at, days=days, limits=limits)
        .group_by(organ.c.id)
        .order_by(func.count().desc(), organ.c.id)
    )
    return [dict(row) for row in (await connection.execute(statement)).mappings()]
