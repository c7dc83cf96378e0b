"""Reads of organs, vehicles and units, page by page in the order of their ids."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.registry import NEW_ENERGY
from fleet.store.tables import binding, latest_state, organ, unit, vehicle

_DOTS_AND_SPACES = " \u00b7\u2022\u30fb\uff65\u2027\u2219.-"
"""What people write between the parts of a plate: 云D·12345, 云D•12345, 云D 12345, 云D.12345."""


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
    see_confidential: bool = False


class UnitFilter(msgspec.Struct, frozen=True, kw_only=True):
    division: int | None = None
    online: bool | None = None
    bound: bool | None = None
    q: str | None = None
    see_confidential: bool = False


def plate_key(plate: str) -> str:
    """A plate as it is compared: full-width forms folded, upper case, without spaces, dots and hyphens."""
    folded = unicodedata.normalize("NFKC", plate).upper()
    return "".join(character for character in folded if character not in _DOTS_AND_SPACES)


def subtree(organ_id: int) -> Select[Any]:
    """The ids of an organ and of all organs below it."""
    tree = select(organ.c.id).where(organ.c.id == organ_id).cte("tree", recursive=True)
    tree = tree.union(select(organ.c.id).where(organ.c.parent_id == tree.c.id))
    return select(tree.c.id)


async def list_organs(
    connection: AsyncConnection, wanted: OrganFilter, *, after: int, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` organs with an id above `after`."""
    statement = select(organ).where(organ.c.id > after).order_by(organ.c.id).limit(limit)
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


async def list_vehicles(
    connection: AsyncConnection, wanted: VehicleFilter, *, at: datetime, after: int, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` vehicles with an id above `after`, each with its organ's name and the unit bound to it at `at`."""
    statement = _vehicles(at).where(vehicle.c.id > after).order_by(vehicle.c.id).limit(limit)
    if not wanted.see_confidential:
        statement = statement.where(vehicle.c.confidential.is_(False))
    if wanted.organ is not None:
        statement = statement.where(vehicle.c.organ_id.in_(subtree(wanted.organ)))
    if wanted.division is not None:
        statement = statement.where(vehicle.c.division == wanted.division)
    for column, values in (
        (vehicle.c.use, wanted.uses),
        (vehicle.c.management, wanted.managements),
        (vehicle.c.energy, wanted.energies),
        (vehicle.c.status, wanted.statuses),
    ):
        if values:
            statement = statement.where(column.in_(values))
    if wanted.new_energy is not None:
        is_new = vehicle.c.energy.in_(sorted(NEW_ENERGY))
        statement = statement.where(is_new if wanted.new_energy else ~is_new)
    if wanted.q is not None:
        stored = func.translate(func.upper(vehicle.c.plate), _DOTS_AND_SPACES, "")
        statement = statement.where(stored.contains(plate_key(wanted.q), autoescape=True))
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def find_vehicle(
    connection: AsyncConnection, vehicle_id: int, *, at: datetime, see_confidential: bool
) -> RowMapping | None:
    """One vehicle as in `list_vehicles`; None also for a confidential one that may not be seen."""
    statement = _vehicles(at).where(vehicle.c.id == vehicle_id)
    if not see_confidential:
        statement = statement.where(vehicle.c.confidential.is_(False))
    row: RowMapping | None = (await connection.execute(statement)).mappings().one_or_none()
    return row


async def list_bindings(connection: AsyncConnection, vehicle_id: int) -> Sequence[RowMapping]:
    """The units that sat in the vehicle: `unit`, `bound_from`, `bound_to` (None = still), newest first."""
    statement = (
        select(
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


def _vehicles(at: datetime) -> Select[Any]:
    return select(
        vehicle,
        organ.c.name.label("organ_name"),
        unit.c.code.label("unit"),
    ).select_from(
        vehicle.join(organ)
        .outerjoin(binding, and_(binding.c.vehicle_id == vehicle.c.id, binding.c.period.contains(at)))
        .outerjoin(unit, unit.c.id == binding.c.unit_id)
    )


async def list_units(
    connection: AsyncConnection, wanted: UnitFilter, *, at: datetime, after: int, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` units in use with an id above `after`, each with its vehicle at `at` and what was last heard.

    The vehicle of a unit is left out where it is confidential and may not be seen.
    """
    online = func.coalesce(latest_state.c.online, False)
    visible = vehicle.c.id == binding.c.vehicle_id
    if not wanted.see_confidential:
        visible = and_(visible, vehicle.c.confidential.is_(False))
    statement = (
        select(
            unit.c.id,
            unit.c.code,
            unit.c.division,
            vehicle.c.id.label("vehicle_id"),
            vehicle.c.plate,
            online.label("online"),
            func.greatest(latest_state.c.position_received_at, latest_state.c.online_at).label("last_seen"),
        )
        .select_from(
            unit.outerjoin(binding, and_(binding.c.unit_id == unit.c.id, binding.c.period.contains(at)))
            .outerjoin(vehicle, visible)
            .outerjoin(latest_state, latest_state.c.unit_id == unit.c.id)
        )
        .where(unit.c.id > after, unit.c.retired_at.is_(None))
        .order_by(unit.c.id)
        .limit(limit)
    )
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


async def find_unit_id(connection: AsyncConnection, code: str) -> int | None:
    unit_id: int | None = (await connection.execute(select(unit.c.id).where(unit.c.code == code))).scalar_one_or_none()
    return unit_id
