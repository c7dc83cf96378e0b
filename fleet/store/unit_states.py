"""How a unit keeps to its reporting contract, and what its silences leave undocumented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, RowMapping, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.scoped import one_of, unit_visible, vehicle_visible
from fleet.store.tables import unit, unit_state, vehicle

Rows = Sequence[Row[*tuple[Any, ...]]]


async def find_state(connection: AsyncConnection, unit_id: int, *, scope: Scope, at: datetime) -> RowMapping | None:
    """A unit with its state; the state is absent (nulls) for one that sits in no vehicle. None: not to be seen."""
    statement = (
        select(
            unit.c.id.label("unit_id"),
            unit.c.code,
            *(column for column in unit_state.c if column.name != "unit_id"),
            vehicle.c.plate,
        )
        .select_from(
            unit.outerjoin(unit_state, unit_state.c.unit_id == unit.c.id).outerjoin(
                vehicle, vehicle.c.id == unit_state.c.vehicle_id
            )
        )
        .where(unit.c.id == unit_id, unit_visible(scope, unit.c.id, at))
    )
    row: RowMapping | None = (await connection.execute(statement)).mappings().one_or_none()
    return row


# A position before the silence and one after it tell, where the unit numbers its samples, which numbers lie between;
# the receipt knows which of these came some other way.
_SILENCES = text("""
select g.id, g.vehicle_id, g.started_at, g.ended_at, g.known_to, g.running, g.metres_apart, g.odometer_m, g.was_moving,
    case when before.run = after.run and before.seq is not null and after.seq > before.seq then (
        select coalesce(sum(upper(hole) - lower(hole)), 0)
        from unnest(int8multirange(int8range(before.seq + 1, after.seq)) - coalesce(known.committed, '{}')) as hole
    ) end as messages_missing
from binding b
join gap g on g.vehicle_id = b.vehicle_id and b.period @> g.started_at
join unit u on u.id = b.unit_id
left join lateral (
    select run, seq from position_reading p
    where p.unit_id = b.unit_id and p.observed_at <= g.started_at and p.observed_at > g.started_at - interval '1 hour'
    order by p.observed_at desc limit 1
) before on true
left join lateral (
    select run, seq from position_reading p
    where p.unit_id = b.unit_id and p.observed_at >= g.ended_at and p.observed_at < g.ended_at + interval '1 hour'
    order by p.observed_at limit 1
) after on true
left join lateral (
    select range_agg(piece) as committed from receipt r, unnest(r.committed) as piece
    where r.unit = u.code and r.kind = 1 and r.run = before.run
) known on true
where b.unit_id = :unit_id and g.started_at >= :begin and g.started_at < :end
order by g.started_at desc
limit :limit
""")


async def silences(
    connection: AsyncConnection, unit_id: int, *, scope: Scope, begin: datetime, end: datetime, limit: int
) -> Rows:
    """The gaps of visible vehicles that began in [begin, end) while the unit sat in them, newest first.

    `messages_missing` is None where it cannot be told: no sequence numbers, a restart in between, or raw readings
    that are gone.
    """
    begin, end = max(begin, scope.begin or begin), min(end, scope.end or end)
    values = {"unit_id": unit_id, "begin": begin, "end": end, "limit": limit}
    rows = (await connection.execute(_SILENCES, values)).all()
    carriers = {row.vehicle_id for row in rows}
    visible = select(vehicle.c.id).where(one_of(vehicle.c.id, carriers), vehicle_visible(scope))
    seen = {row.id for row in await connection.execute(visible)}
    return [row for row in rows if row.vehicle_id in seen]


CLOCK_OFF_MS = 60_000
"""A clock that is further off than this puts readings beside the trips they belong to."""

_CLOCK_OFF = func.abs(unit_state.c.clock_offset_ms) > CLOCK_OFF_MS


async def count_conditions(connection: AsyncConnection, *, scope: Scope, at: datetime) -> dict[str, int]:
    """How many of the units that may be seen are online, late, silent, never seen; and whose clock is off."""
    visible = unit_visible(scope, unit_state.c.unit_id, at)
    counted = await connection.execute(
        select(unit_state.c.state, func.count()).where(visible).group_by(unit_state.c.state)
    )
    off = select(func.count()).select_from(unit_state).where(visible, _CLOCK_OFF)
    return {**{row[0]: row[1] for row in counted}, "clock_off": (await connection.execute(off)).scalar_one()}


async def list_sick(
    connection: AsyncConnection, condition: str, *, scope: Scope, at: datetime, limit: int
) -> Sequence[RowMapping]:
    """Units of one condition (a state, or `clock_off`): those that are so for longest, or whose clock is off most."""
    is_so = _CLOCK_OFF if condition == "clock_off" else unit_state.c.state == condition
    order = func.abs(unit_state.c.clock_offset_ms).desc() if condition == "clock_off" else unit_state.c.since
    statement = (
        select(
            *(unit_state.c[name] for name in ("unit_id", "vehicle_id", "state", "since", "last_received_at")),
            unit_state.c.clock_offset_ms,
            unit.c.code,
            vehicle.c.plate,
        )
        .select_from(
            unit_state.join(unit, unit.c.id == unit_state.c.unit_id).outerjoin(
                vehicle, vehicle.c.id == unit_state.c.vehicle_id
            )
        )
        .where(is_so, unit_visible(scope, unit_state.c.unit_id, at))
        .order_by(order, unit_state.c.unit_id)
        .limit(limit)
    )
    return (await connection.execute(statement)).mappings().all()
