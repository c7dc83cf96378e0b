"""Single records of what was bought, each beside what the vehicle's unit saw at the time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.registry import subtree

# The stop about a till's time: clocks of tills are minutes off.
_FUEL = """
select r.*, coalesce(c.vehicle_id, r.vehicle_id) as of_vehicle_id, v.plate, i.at as imported_at, i.who, i.sha256,
    s.fuel_change_ml
from fuel_record r
join energy_import i on i.id = r.import_id
left join fuel_card c on c.card = r.card and c.period @> (r.at at time zone 'Asia/Shanghai')::date
join vehicle v on v.id = coalesce(c.vehicle_id, r.vehicle_id)
{history}
left join lateral (
    select fuel_change_ml from stop
    where vehicle_id = v.id and started_at <= r.at + interval '15 minutes' and known_to >= r.at - interval '15 minutes'
        and started_at > r.at - interval '15 days'
    order by abs(extract(epoch from least(greatest(r.at, started_at), known_to) - r.at)), started_at desc limit 1
) as s on true
where r.at >= :begin and r.at < :end {conditions}
order by r.id limit :limit
"""

_CHARGING = """
select r.*, r.vehicle_id as of_vehicle_id, v.plate, i.at as imported_at, i.who, i.sha256, s.charged_wh
from charging_record r
join energy_import i on i.id = r.import_id
join vehicle v on v.id = r.vehicle_id
{history}
left join lateral (
    select charged_wh from stop
    where vehicle_id = v.id and started_at <= r.end_at and known_to >= r.begin_at
        and started_at > r.begin_at - interval '15 days'
    order by least(known_to, r.end_at) - greatest(started_at, r.begin_at) desc limit 1
) as s on true
where r.begin_at >= :begin and r.begin_at < :end {conditions}
order by r.id limit :limit
"""

_HISTORY = """left join vehicle_history h on h.vehicle_id = v.id
    and h.period @> (({} at time zone 'UTC') + interval '4 hours')::date"""


async def fuel_records(connection: AsyncConnection, **asked: Any) -> list[dict[str, Any]]:
    """As `_records`, as plain data; `tank_rise_l` below zero is told as it is."""
    return [_fuel_shown(row) for row in await _records(connection, _FUEL, "r.at", **asked)]


async def charging_records(connection: AsyncConnection, **asked: Any) -> list[dict[str, Any]]:
    """As `_records`, as plain data."""
    return [_charging_shown(row) for row in await _records(connection, _CHARGING, "r.begin_at", **asked)]


async def _records(
    connection: AsyncConnection,
    statement: str,
    moment: str,
    *,
    span: tuple[datetime, datetime],
    scope: Scope,
    vehicle_id: int | None,
    organ_id: int | None,
    after: int,
    limit: int,
) -> list[dict[str, Any]]:
    """By id, within the scope: of the organ that had the vehicle on the day of the record."""
    begin, end = scope.clipped(*span)
    values: dict[str, Any] = {"begin": begin, "end": end, "after": after, "limit": limit}
    conditions = ["r.id > :after"]

    def require(condition: str, **named: Any) -> None:
        conditions.append(condition)
        values.update(named)

    if vehicle_id is not None:
        require("v.id = :vehicle", vehicle=vehicle_id)
    whose = "coalesce(h.organ_id, v.organ_id)"
    if organ_id is not None:
        organs = sorted((await connection.execute(subtree(organ_id))).scalars())
        require(f"{whose} = any(cast(:organs as int4[]))", organs=organs)
    if scope.organs is not None:
        require(f"{whose} = any(cast(:seen as int4[]))", seen=sorted(scope.organs))
    if scope.division is not None:
        require("coalesce(h.division, v.division) = :division", division=scope.division)
    if not scope.see_confidential:
        require("not v.confidential")
    sql = statement.format(history=_HISTORY.format(moment), conditions="".join(f" and {one}" for one in conditions))
    return [dict(row) for row in (await connection.execute(text(sql), values)).mappings()]


def _shared(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "vehicle_id": row["of_vehicle_id"],
        "plate": row["plate"],
        "number": row["number"],
        "station": row["station"],
        "imported_at": row["imported_at"],
        "imported_by": row["who"],
        "sha256": row["sha256"],
    }


def _fuel_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_shared(row),
        "card": row["card"],
        "at": row["at"],
        "fuel": row["fuel"],
        "product": row["product"],
        "litres": row["ml"] / 1_000,
        "cost_yuan": row["cost_fen"] / 100,
        "odometer_km": None if row["odometer_m"] is None else row["odometer_m"] / 1_000,
        "tank_rise_l": None if row["fuel_change_ml"] is None else row["fuel_change_ml"] / 1_000,
    }


def _charging_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_shared(row),
        "from": row["begin_at"],
        "to": row["end_at"],
        "energy_kwh": row["wh"] / 1_000,
        "cost_yuan": None if row["cost_fen"] is None else row["cost_fen"] / 100,
        "charged_kwh": None if row["charged_wh"] is None else row["charged_wh"] / 1_000,
    }
