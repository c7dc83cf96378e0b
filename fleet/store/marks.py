"""Marks of the judge: spans of vehicles whose segments and events have to be judged, at once or from a moment on.

They are rows of `recompute` with the stage 'trips'. The monitor, orders and the registry leave them with their
changes; the judge leaves its own for what only the clock may change ("clock") and for silences that late readings may
still fill ("silence"). Rows of the stage 'watch' are the judge's too, for the monitor: running trips of which it is to
show each reading at once, from the moment `due` on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from sqlalchemy import Integer, and_, column, delete, func, insert, literal, not_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.judging.vehicle import Review
from fleet.store.checkpoints import LATE, LATE_SETTLES, READINGS
from fleet.store.scoped import one_of
from fleet.store.tables import INSTANT, gap, late_span, recompute, stop, trip

CLOCK = "clock"
SILENCE = "silence"
WATCH = "watch"

LONG = timedelta(days=2)
"""Marks of longer spans are taken apart from the others, so that what happens now does not wait for years."""


class Lane(Enum):
    """What is taken together. Each lane waits for no more than one turn of the others."""

    NOW = "what readings show that have just come, and what the clock brings"
    CHANGED = "what late readings, orders and the registry changed"
    LONG = "spans longer than `LONG`"


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


_AT_ONCE = recompute.c.reason.in_((READINGS, CLOCK))
_IN_LANE = {
    Lane.NOW: and_(_AT_ONCE, not_(_IS_LONG)),
    Lane.CHANGED: and_(not_(_AT_ONCE), not_(_IS_LONG)),
    Lane.LONG: _IS_LONG,
}


async def take_marks(connection: AsyncConnection, lane: Lane, *, now: datetime, limit: int) -> dict[int, Mark]:
    """Takes the lane's oldest marks that are due, of at most `limit` vehicles; a commit makes them go.

    Of a span longer than `PIECE` its beginning is taken, and the rest stays a mark.
    """
    ready = and_(_OURS, or_(recompute.c.due.is_(None), recompute.c.due <= now), _IN_LANE[lane])
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
        one = Mark(row.vehicle_id, begin, max(_end(row.period) or now, begin), row.reason, coming)
        known = marks.get(row.vehicle_id)
        marks[row.vehicle_id] = one if known is None else _joined(known, one)
    pieces = {one.vehicle_id: one._replace(end=min(one.end, one.begin + PIECE)) for one in marks.values()}
    await _leave(connection, [one._replace(begin=pieces[one.vehicle_id].end) for one in marks.values() if _cut(one)])
    return pieces


def _end(period: Range[datetime]) -> datetime | None:
    """The first moment after it: a mark of one moment holds what happened then."""
    if period.upper is None:
        return None
    return period.upper + timedelta(microseconds=1) if period.upper_inc else period.upper


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


class Reviews(NamedTuple):
    """What is to be looked at again of what of a vehicle began in [begin, end)."""

    vehicle_id: int
    begin: datetime
    end: datetime
    reviews: Sequence[Review]
    watches: Sequence[Review] = ()


async def keep_reviews(connection: AsyncConnection, judged: Sequence[Reviews]) -> None:
    """Puts these reviews and watches in the place of those that wait for the same vehicles and times."""
    item_at = func.lower(recompute.c.period)
    spans = (
        func.unnest(
            literal([one.vehicle_id for one in judged], ARRAY(Integer)),
            literal([one.begin for one in judged], ARRAY(INSTANT)),
            literal([one.end for one in judged], ARRAY(INSTANT)),
        )
        .table_valued(column("vehicle_id", Integer), column("first", INSTANT), column("until", INSTANT), name="spans")
        .render_derived()
    )
    statement = (
        select(recompute.c.id, recompute.c.vehicle_id, recompute.c.reason, item_at.label("item_at"), recompute.c.due)
        .join(spans, spans.c.vehicle_id == recompute.c.vehicle_id)
        .where(
            or_(and_(_OURS, recompute.c.reason == CLOCK), recompute.c.stage == WATCH),
            item_at >= spans.c["first"],
            item_at < spans.c.until,
        )
    )
    waiting = {
        (row.vehicle_id, row.reason, Review(row.item_at, row.due)): row.id
        for row in await connection.execute(statement)
    }
    wanted = {
        (one.vehicle_id, reason, review)
        for one in judged
        for reason, reviews in ((CLOCK, one.reviews), (WATCH, one.watches))
        for review in reviews
    }
    outdated = [identifier for one, identifier in waiting.items() if one not in wanted]
    if outdated:
        await connection.execute(delete(recompute).where(one_of(recompute.c.id, outdated)))
    await _leave_for(connection, sorted(wanted - waiting.keys()))


async def hold(connection: AsyncConnection, vehicle_id: int, begun_at: Iterable[datetime], now: datetime) -> None:
    """Has silences judged once late readings had time to fill them."""
    await _leave_for(connection, [(vehicle_id, SILENCE, Review(at, now + LATE_SETTLES)) for at in begun_at])


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


async def _leave_for(connection: AsyncConnection, reviews: Iterable[tuple[int, str, Review]]) -> None:
    """(vehicle, reason, review) each."""
    rows = [
        {
            "vehicle_id": vehicle_id,
            "period": Range(one.item_at, one.item_at, bounds="[]"),
            "reason": reason,
            "stage": WATCH if reason == WATCH else "trips",
            "due": one.due,
        }
        for vehicle_id, reason, one in reviews
    ]
    if rows:
        await connection.execute(insert(recompute), rows)
