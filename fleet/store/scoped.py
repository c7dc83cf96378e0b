"""Scopes as SQL conditions: the one place that says which rows a caller may see."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, any_, case, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.tables import binding, organ, unit, vehicle


def within_period(scope: Scope, moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """`moment`, or null where it lies outside the scope's period: that it happened is then not told either."""
    conditions = []
    if scope.begin is not None:
        conditions.append(moment >= scope.begin)
    if scope.end is not None:
        conditions.append(moment < scope.end)
    return case((and_(*conditions), moment), else_=None) if conditions else moment


def one_of(column: ColumnElement[Any], ids: Collection[int]) -> ColumnElement[bool]:
    """`column` is one of `ids`, sent as a single parameter: a county has a hundred organs."""
    return column == any_(literal(sorted(ids), ARRAY(Integer)))


def organ_visible(scope: Scope) -> ColumnElement[bool]:
    """For rows of `organ`."""
    conditions: list[ColumnElement[bool]] = [true()]
    if scope.organs is not None:
        conditions.append(one_of(organ.c.id, scope.organs))
    if scope.division is not None:
        conditions.append(organ.c.division == scope.division)
    return and_(*conditions)


def vehicle_visible(scope: Scope) -> ColumnElement[bool]:
    """For rows of `vehicle`: of an organ of the scope, and confidential only for who may see that."""
    conditions: list[ColumnElement[bool]] = [true()]
    if scope.organs is not None:
        conditions.append(one_of(vehicle.c.organ_id, scope.organs))
    if scope.division is not None:
        conditions.append(vehicle.c.division == scope.division)
    if not scope.see_confidential:
        conditions.append(vehicle.c.confidential.is_(False))
    return and_(*conditions)


def owned_by(
    scope: Scope, organ_id: ColumnElement[Any], division: ColumnElement[Any] | None = None
) -> ColumnElement[bool]:
    """For rows of any other table that names its organ; `division` is the organ's, where it is at hand."""
    conditions: list[ColumnElement[bool]] = [true()]
    if scope.organs is not None:
        conditions.append(one_of(organ_id, scope.organs))
    if scope.division is not None:
        at_home = select(organ.c.id).where(organ.c.division == scope.division)
        conditions.append(organ_id.in_(at_home) if division is None else division == scope.division)
    return and_(*conditions)


def visible_units(scope: Scope, at: datetime) -> Select[Any]:
    """The ids of the units that sit at `at` in a vehicle that may be seen."""
    return (
        select(binding.c.unit_id)
        .select_from(binding.join(vehicle))
        .where(binding.c.period.contains(at), vehicle_visible(scope))
    )


def unit_visible(scope: Scope, unit_id: ColumnElement[Any], at: datetime) -> ColumnElement[bool]:
    """For rows that name a unit. Who sees the whole city also sees units that sit in no vehicle.

    Where confidential vehicles are not seen, their units are left out as well: a code leads to the vehicle.
    """
    if not scope.everywhere:
        return unit_id.in_(visible_units(scope, at))
    if scope.see_confidential:
        return true()
    hidden = (
        select(binding.c.unit_id)
        .select_from(binding.join(vehicle))
        .where(binding.c.period.contains(at), vehicle.c.confidential.is_(True))
    )
    return unit_id.not_in(hidden)


async def find_visible_unit(connection: AsyncConnection, code: str, *, scope: Scope, at: datetime) -> int | None:
    """The id of the unit called so; None also for one that may not be seen."""
    statement = select(unit.c.id).where(unit.c.code == code, unit_visible(scope, unit.c.id, at))
    unit_id: int | None = (await connection.execute(statement)).scalar_one_or_none()
    return unit_id


async def find_visible_plate(connection: AsyncConnection, vehicle_id: int, *, scope: Scope) -> str | None:
    """The plate of the vehicle; None also for one that may not be seen."""
    statement = select(vehicle.c.plate).where(vehicle.c.id == vehicle_id, vehicle_visible(scope))
    plate: str | None = (await connection.execute(statement)).scalar_one_or_none()
    return plate


async def is_visible_organ(connection: AsyncConnection, organ_id: int, *, scope: Scope) -> bool:
    statement = select(organ.c.id).where(organ.c.id == organ_id, organ_visible(scope))
    return (await connection.execute(statement)).scalar_one_or_none() is not None
