"""Marks of the judge: spans of vehicles whose segments and events have to be judged, at once or from a moment on.

They are rows of `recompute` with the stage 'trips'. The monitor, orders and the registry leave them with their
changes; the judge leaves its own for what only the clock may change ("clock") and for silences that late readings may
still fill ("silence").
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, delete, func, insert, not_, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.judging.vehicle import Review
from fleet.store.checkpoints import LATE, LATE_SETTLES
from fleet.store.scoped import one_of
from fleet.store.tables import gap, late_span, recompute, stop, trip

CLOCK = "clock"
SILENCE = "silence"

LONG = timedelta(days=2)
"""Marks of longer spans are taken apart from the others, so that what happens now does not wait for years."""

PIECE = timedelta(days=31)
"""As much of a long span is judged at once."""


class Mark(NamedTuple):
    """A vehicle's span that has to be judged, and what for. `coming`: late readings changed it a short while ago."""

    vehicle_id: int
    begin: datetime
    end: datetime
    why: str
    coming: bool = False


_OURS = recompute.c.stage == "trips"
_IS_LONG = or_(
    func.lower_inf(recompute.c.period),
    func.coalesce(func.upper(recompute.c.period), recompute.c.at) - func.lower(recompute.c.period) > LONG,
)


async def take_marks(connection: AsyncConnection, *, now: datetime, limit: int, long: bool) -> dict[int, Mark]:
    """Takes the oldest marks that are due, of at most `limit` vehicles; they are gone when the transaction commits.

    Of a span longer than `PIECE` its beginning is taken, and the rest stays a mark.
    """
    ready = and_(_OURS, or_(recompute.c.due.is_(None), recompute.c.due <= now), _IS_LONG if long else not_(_IS_LONG))
    oldest = (
        select(recompute.c.vehicle_id)
        .where(ready)
        .group_by(recompute.c.vehicle_id)
        .order_by(func.min(recompute.c.id))
        .limit(limit)
        .scalar_subquery()
    )
    rows = select(recompute.c.id).where(ready, recompute.c.vehicle_id.in_(oldest)).with_for_update(skip_locked=True)
    taken = (await connection.execute(delete(recompute).where(recompute.c.id.in_(rows)).returning(recompute))).all()
    first = await _beginnings(connection, {row.vehicle_id for row in taken if row.period.lower is None})
    marks: dict[int, Mark] = {}
    for row in taken:
        begin = row.period.lower or first.get(row.vehicle_id, now)
        coming = row.reason == LATE and row.at > now - LATE_SETTLES
        one = Mark(row.vehicle_id, begin, max(row.period.upper or now, begin), row.reason, coming)
        known = marks.get(row.vehicle_id)
        marks[row.vehicle_id] = one if known is None else _joined(known, one)
    pieces = {one.vehicle_id: one._replace(end=min(one.end, one.begin + PIECE)) for one in marks.values()}
    await _leave(connection, [one._replace(begin=pieces[one.vehicle_id].end) for one in marks.values() if _cut(one)])
    return pieces


def _joined(one: Mark, other: Mark) -> Mark:
    why = one.why if other.why in one.why.split(", ") else f"{one.why}, {other.why}"[:300]
    coming = one.coming or other.coming
    return Mark(one.vehicle_id, min(one.begin, other.begin), max(one.end, other.end), why, coming)


def _cut(mark: Mark) -> bool:
    return mark.end > mark.begin + PIECE


async def _leave(connection: AsyncConnection, marks: Iterable[Mark]) -> None:
    rows = [
        {"vehicle_id": one.vehicle_id, "period": Range(one.begin, one.end), "reason": one.why, "stage": "trips"}
        for one in marks
    ]
    if rows:
        await connection.execute(insert(recompute), rows)


async def _beginnings(connection: AsyncConnection, vehicle_ids: Collection[int]) -> dict[int, datetime]:
    """When the first segment of each of these vehicles began."""
    found: dict[int, datetime] = {}
    if vehicle_ids:
        for table in (trip, stop, gap):
            statement = (
                select(table.c.vehicle_id, func.min(table.c.started_at))
                .where(one_of(table.c.vehicle_id, vehicle_ids))
                .group_by(table.c.vehicle_id)
            )
            for vehicle_id, at in await connection.execute(statement):
                found[vehicle_id] = min(at, found.get(vehicle_id, at))
    return found


async def keep_reviews(
    connection: AsyncConnection, vehicle_id: int, begin: datetime, end: datetime, reviews: Iterable[Review]
) -> None:
    """Puts the reviews of what began in [begin, end) in the place of those that wait."""
    item_at = func.lower(recompute.c.period)
    statement = select(recompute.c.id, item_at.label("item_at"), recompute.c.due).where(
        _OURS, recompute.c.vehicle_id == vehicle_id, recompute.c.reason == CLOCK, item_at >= begin, item_at < end
    )
    waiting = {Review(row.item_at, row.due): row.id for row in await connection.execute(statement)}
    wanted = set(reviews)
    outdated = [identifier for review, identifier in waiting.items() if review not in wanted]
    if outdated:
        await connection.execute(delete(recompute).where(recompute.c.id.in_(outdated)))
    await _leave_for(connection, vehicle_id, CLOCK, sorted(wanted - waiting.keys()))


async def hold(connection: AsyncConnection, vehicle_id: int, begun_at: Iterable[datetime], now: datetime) -> None:
    """Has silences judged once late readings had time to fill them."""
    await _leave_for(connection, vehicle_id, SILENCE, [Review(at, now + LATE_SETTLES) for at in begun_at])


async def held(connection: AsyncConnection, vehicle_ids: Collection[int], now: datetime) -> dict[int, set[datetime]]:
    """By vehicle, when the silences began that wait for late readings."""
    statement = select(recompute.c.vehicle_id, func.lower(recompute.c.period)).where(
        _OURS, recompute.c.reason == SILENCE, recompute.c.due > now, one_of(recompute.c.vehicle_id, vehicle_ids)
    )
    found: dict[int, set[datetime]] = {}
    for vehicle_id, begun_at in await connection.execute(statement):
        found.setdefault(vehicle_id, set()).add(begun_at)
    return found


async def catching_up(connection: AsyncConnection, marks: Collection[Mark]) -> set[int]:
    """Those of the marked vehicles of which late readings still come, or came a short while ago."""
    ids = {one.vehicle_id for one in marks}
    unfolded = select(late_span.c.vehicle_id).where(one_of(late_span.c.vehicle_id, ids))
    waiting = select(recompute.c.vehicle_id).where(
        _OURS, recompute.c.reason == LATE, one_of(recompute.c.vehicle_id, ids)
    )
    found = set((await connection.execute(unfolded.union(waiting))).scalars())
    return found | {one.vehicle_id for one in marks if one.coming}


async def _leave_for(connection: AsyncConnection, vehicle_id: int, reason: str, reviews: Iterable[Review]) -> None:
    rows = [
        {
            "vehicle_id": vehicle_id,
            "period": Range(one.item_at, one.item_at, bounds="[]"),
            "reason": reason,
            "stage": "trips",
            "due": one.due,
        }
        for one in reviews
    ]
    if rows:
        await connection.execute(insert(recompute), rows)
