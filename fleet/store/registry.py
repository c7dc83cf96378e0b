"""Reads of organs, vehicles and units, page by page in the order of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, and_, func, null, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.records import HISTORY_FIELDS
from fleet.model.registry import NEW_ENERGY
from fleet.model.scope import Scope
from fleet.registry import plates
from fleet.store.scoped import organ_visible, unit_visible, vehicle_visible, within_period
from fleet.store.tables import binding, latest_state, organ, unit, vehicle, vehicle_history


class OrganFilter(msgspec.Struct, frozen=True, kw_only=True):
    division: int | None = None
    kinds: tuple[str, ...] = ()
    energy_saving: bool | None = None
    parent: int | None = None
    q: str | None = None


class VehicleFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`organ` means the organ and everything below it."""

    organ: int | None = None
    division: int | None = None
    uses: tuple[str, ...] = ()
    managements: tuple[str, ...] = ()
    energies: tuple[str, ...] = ()
    new_energy: bool | None = None
    statuses: tuple[str, ...] = ()
    q: str | None = None


class UnitFilter(msgspec.Struct, frozen=True, kw_only=True):
    division: int | None = None
    online: bool | None = None
    bound: bool | None = None
    q: str | None = None


def subtree(organ_id: int) -> Select[Any]:
    """The ids of an organ and of all organs below it."""
    tree = select(organ.c.id).where(organ.c.id == organ_id).cte("tree", recursive=True)
    tree = tree.union(select(organ.c.id).where(organ.c.parent_id == tree.c.id))
    return select(tree.c.id)


async def list_organs(
    connection: AsyncConnection, wanted: OrganFilter, *, scope: Scope, after: int, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` organs with an id above `after`."""
    statement = select(organ).where(organ.c.id > after, organ_visible(scope)).order_by(organ.c.id).limit(limit)
    if wanted.division is not None:
        statement = statement.where(organ.c.division == wanted.division)
    if wanted.kinds:
        statement = statement.where(organ.c.kind.in_(wanted.kinds))
    if wanted.energy_saving is not None:
        statement = statement.where(organ.c.energy_saving == wanted.energy_saving)
    if wanted.parent is not None:
        statement = statement.where(organ.c.parent_id == wanted.parent)
    if wanted.q is not None:
        statement = statement.where(
            or_(organ.c.name.icontains(wanted.q, autoescape=True), organ.c.code.icontains(wanted.q, autoescape=True))
        )
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def find_organ(connection: AsyncConnection, organ_id: int, *, scope: Scope) -> RowMapping | None:
    statement = select(organ).where(organ.c.id == organ_id, organ_visible(scope))
    row: RowMapping | None = (await connection.execute(statement)).mappings().one_or_none()
    return row


async def list_vehicles(
    connection: AsyncConnection,
    wanted: VehicleFilter,
    *,
    scope: Scope,
    at: datetime,
    as_of: date | None = None,
    after: int,
    limit: int,
) -> Sequence[RowMapping]:
    """Up to `limit` vehicles with an id above `after`, each with its organ's name and the unit bound to it at `at`.

    With `as_of` organ, division, use, management, energy and status are those of that day, in the answer and in the
    filters; vehicles that were not registered then are left out. Scope is by the organ of today.
    """
    kept: Any = vehicle.c if as_of is None else vehicle_history.c
    statement = _vehicles(at, as_of).where(vehicle.c.id > after, vehicle_visible(scope))
    statement = statement.order_by(vehicle.c.id).limit(limit)
    if wanted.organ is not None:
        statement = statement.where(kept.organ_id.in_(subtree(wanted.organ)))
    if wanted.division is not None:
        statement = statement.where(kept.division == wanted.division)
    for column, values in (
        (kept.use, wanted.uses),
        (kept.management, wanted.managements),
        (kept.energy, wanted.energies),
        (kept.status, wanted.statuses),
    ):
        if values:
            statement = statement.where(column.in_(values))
    if wanted.new_energy is not None:
        is_new = kept.energy.in_(sorted(NEW_ENERGY))
        statement = statement.where(is_new if wanted.new_energy else ~is_new)
    if wanted.q is not None:
        stored = func.translate(func.upper(vehicle.c.plate), plates.SEPARATORS, "")
        statement = statement.where(stored.contains(plates.normalise(wanted.q), autoescape=True))
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def find_vehicle(
    connection: AsyncConnection, vehicle_id: int, *, scope: Scope, at: datetime
) -> RowMapping | None:
    """One vehicle as in `list_vehicles`; None also for one that may not be seen."""
    statement = _vehicles(at, None).where(vehicle.c.id == vehicle_id, vehicle_visible(scope))
    row: RowMapping | None = (await connection.execute(statement)).mappings().one_or_none()
    return row


async def list_bindings(connection: AsyncConnection, vehicle_id: int) -> Sequence[RowMapping]:
    """The units that sat in the vehicle: `unit`, `bound_from`, `bound_to` (None = still), newest first."""
    statement = (
        select(
            binding.c.id,
            unit.c.code.label("unit"),
            func.lower(binding.c.period).label("bound_from"),
            func.upper(binding.c.period).label("bound_to"),
        )
        .select_from(binding.join(unit))
        .where(binding.c.vehicle_id == vehicle_id)
        .order_by(func.lower(binding.c.period).desc().nulls_last())
    )
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


def _vehicles(at: datetime, as_of: date | None) -> Select[Any]:
    kept: Any = vehicle.c
    tables: Any = vehicle
    if as_of is not None:
        kept = vehicle_history.c
        on_the_day = and_(vehicle_history.c.vehicle_id == vehicle.c.id, vehicle_history.c.period.contains(as_of))
        tables = vehicle.join(vehicle_history, on_the_day)
    return select(
        *(column for column in vehicle.c if column.name not in HISTORY_FIELDS),
        *(kept[name] for name in HISTORY_FIELDS),
        organ.c.name.label("organ_name"),
        unit.c.code.label("unit"),
    ).select_from(
        tables.join(organ, organ.c.id == kept.organ_id)
        .outerjoin(binding, and_(binding.c.vehicle_id == vehicle.c.id, binding.c.period.contains(at)))
        .outerjoin(unit, unit.c.id == binding.c.unit_id)
    )


async def list_units(
    connection: AsyncConnection,
    wanted: UnitFilter,
    *,
    scope: Scope,
    at: datetime,
    after: int,
    limit: int,
) -> Sequence[RowMapping]:
    """Up to `limit` units in use with an id above `after`, each with its vehicle at `at` and what was last heard."""
    online = func.coalesce(latest_state.c.online, False)
    statement = _units(scope, at).where(unit.c.id > after, unit.c.retired_at.is_(None))
    statement = statement.order_by(unit.c.id).limit(limit)
    if wanted.division is not None:
        statement = statement.where(unit.c.division == wanted.division)
    if wanted.online is not None:
        statement = statement.where(online.is_(wanted.online))
    if wanted.bound is not None:
        statement = statement.where(binding.c.id.is_not(None) if wanted.bound else binding.c.id.is_(None))
    if wanted.q is not None:
        statement = statement.where(unit.c.code.icontains(wanted.q, autoescape=True))
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def find_unit(connection: AsyncConnection, unit_id: int, *, scope: Scope, at: datetime) -> RowMapping | None:
    """One unit as in `list_units`, retired ones too; None also for one that may not be seen."""
    statement = _units(scope, at).where(unit.c.id == unit_id)
    row: RowMapping | None = (await connection.execute(statement)).mappings().one_or_none()
    return row


def _units(scope: Scope, at: datetime) -> Select[Any]:
    return (
        select(
            unit.c.id,
            unit.c.version,
            unit.c.code,
            unit.c.division,
            unit.c.retired_at,
            vehicle.c.id.label("vehicle_id"),
            vehicle.c.plate,
            (func.coalesce(latest_state.c.online, False) if scope.holds_moment(at) else null()).label("online"),
            within_period(scope, func.greatest(latest_state.c.position_received_at, latest_state.c.online_at)).label(
                "last_seen"
            ),
        )
        .select_from(
            unit.outerjoin(binding, and_(binding.c.unit_id == unit.c.id, binding.c.period.contains(at)))
            .outerjoin(vehicle, and_(vehicle.c.id == binding.c.vehicle_id, vehicle_visible(scope)))
            .outerjoin(latest_state, latest_state.c.unit_id == unit.c.id)
        )
        .where(unit_visible(scope, unit.c.id, at))
    )
