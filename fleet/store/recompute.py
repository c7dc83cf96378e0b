"""Spans that have to be made again because the registry was corrected after the fact.

Written in the transaction of the correction; the monitor takes them by DELETE … SKIP LOCKED. Only the past is
written: what lies ahead will be made from the corrected registry anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import LOCAL
from fleet.store.registry import subtree
from fleet.store.tables import recompute, vehicle

_FROM_READINGS = ("binding", "area", "vehicle.history", "replay")
"""Reasons that change the trips themselves, or what they are called; others change only what is said of them."""


Period = Range[datetime]


def stage_of(reason: str) -> str:
    """Which stage of what is made of readings a change begins with."""
    return "readings" if reason in _FROM_READINGS or reason.startswith("policy.trips.") else "trips"


def days(first: date, end: date | None = None) -> Period:
    """The span of local days from `first` up to, not including, `end`."""
    upper = None if end is None else datetime.combine(end, time(), tzinfo=LOCAL)
    return Range(datetime.combine(first, time(), tzinfo=LOCAL), upper, bounds="[)")


def past_of(period: Period, now: datetime) -> Period | None:
    """What of a period lies before `now`; None when nothing does."""
    if period.lower is not None and period.lower >= now:
        return None
    upper = now if period.upper is None else min(period.upper, now)
    return Range(period.lower, upper, bounds="[)")


def differing(before: Period | None, after: Period | None) -> list[Period]:
    """The spans that lie in exactly one of two periods (None = no period): what a moved border touches."""
    if before is None or after is None:
        return [one for one in (before, after) if one is not None]
    if not _touch(before, after):
        return [before, after]
    spans: list[Period] = []
    if before.lower != after.lower:
        starts = [before.lower, after.lower]
        known = [one for one in starts if one is not None]
        spans.append(Range(None if None in starts else min(known), max(known), bounds="[)"))
    if before.upper != after.upper:
        ends = [before.upper, after.upper]
        known = [one for one in ends if one is not None]
        spans.append(Range(min(known), None if None in ends else max(known), bounds="[)"))
    return spans


def _touch(one: Period, other: Period) -> bool:
    starts_in_time = one.lower is None or other.upper is None or one.lower < other.upper
    return starts_in_time and (other.lower is None or one.upper is None or other.lower < one.upper)


async def mark_vehicles(
    connection: AsyncConnection, vehicle_ids: Iterable[int], periods: Iterable[Period], *, reason: str, now: datetime
) -> None:
    """One row a vehicle and span."""
    spans = [past for period in periods if (past := past_of(period, now)) is not None]
    rows = [
        {"vehicle_id": vehicle_id, "period": span, "reason": reason, "at": now, "stage": stage_of(reason)}
        for vehicle_id in dict.fromkeys(vehicle_ids)
        for span in spans
    ]
    if rows:
        await connection.execute(insert(recompute), rows)


async def mark_organ(
    connection: AsyncConnection, organ_id: int | None, periods: Iterable[Period], *, reason: str, now: datetime
) -> None:
    """One row for each vehicle of the organ and of everything below it; None = of the whole city."""
    for period in periods:
        past = past_of(period, now)
        if past is None:
            continue
        chosen: Select[Any] = select(
            vehicle.c.id,
            literal(past, TSTZRANGE()),
            literal(reason),
            literal(now, recompute.c.at.type),
            literal(stage_of(reason)),
        )
        if organ_id is not None:
            chosen = chosen.where(vehicle.c.organ_id.in_(subtree(organ_id)))
        columns = ["vehicle_id", "period", "reason", "at", "stage"]
        await connection.execute(insert(recompute).from_select(columns, chosen))


async def count_waiting(connection: AsyncConnection, reason: str) -> int:
    """How many spans that were marked for this reason nobody has folded yet; not what follows from them."""
    waiting = (recompute.c.reason == reason) & (recompute.c.stage == stage_of(reason))
    found = await connection.execute(select(func.count()).where(waiting))
    count: int = found.scalar_one()
    return count


def today(now: datetime) -> date:
    """The day in Asia/Shanghai."""
    return now.astimezone(LOCAL).date()
