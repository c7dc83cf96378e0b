"""Writes what was judged: what is new, what became different, what is withdrawn; nothing said is ever lost.

Writing the same judgement twice changes nothing. What still goes on (a provisional verdict, a finding without an end)
is brought up to date in place; a version is kept whenever something that was settled, a colour or a kind changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    RowMapping,
    and_,
    any_,
    delete,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.judging.vehicle import Judgement, Told
from fleet.model.findings import Finding, SubjectKind
from fleet.model.moments import from_us
from fleet.model.trips import Trip
from fleet.model.verdicts import Part, Verdict
from fleet.store.dossiers import Papers
from fleet.store.tables import (
    finding,
    finding_version,
    judged_vehicle,
    recompute,
    verdict,
    verdict_version,
)

_VERSIONED = tuple(column.name for column in finding_version.columns if column.name != "superseded_at")


LATE = "late"
"""The monitor's reason for what late readings changed."""

LATE_SETTLES = timedelta(minutes=5)


class Mark(NamedTuple):
    """A vehicle's span that has to be judged, and what for."""

    vehicle_id: int
    begin: datetime
    end: datetime
    why: str


class Changed(NamedTuple):
    """A finding that is new, said otherwise, or withdrawn: cases follow them. Times are those of its incident."""

    finding_id: int
    vehicle_id: int
    organ_id: int
    begin: datetime
    end: datetime | None


async def take_marks(connection: AsyncConnection, *, now: datetime, limit: int, late: bool) -> dict[int, Mark]:
    """Takes the oldest marks, at most `limit` vehicles of them; they are gone when the transaction commits.

    Marks of late readings wait until none came for `LATE_SETTLES`: while a past is being loaded, what it lacks looks
    like silence. `late`: whether to look for those that are settled, which costs a walk over all that wait.
    """
    fresh = recompute.alias("fresh")
    still_coming = (
        select(fresh.c.id)
        .where(
            fresh.c.vehicle_id == recompute.c.vehicle_id,
            fresh.c.stage == "trips",
            fresh.c.reason == LATE,
            fresh.c.at > now - LATE_SETTLES,
        )
        .exists()
    )
    ready = and_(recompute.c.stage == "trips", recompute.c.reason != LATE)
    if late:
        ready = and_(recompute.c.stage == "trips", or_(recompute.c.reason != LATE, not_(still_coming)))
    oldest = (
        select(recompute.c.vehicle_id)
        .where(ready)
        .group_by(recompute.c.vehicle_id)
        .order_by(func.min(recompute.c.id))
        .limit(limit)
        .scalar_subquery()
    )
    rows = select(recompute.c.id).where(ready, recompute.c.vehicle_id.in_(oldest))
    taken = delete(recompute).where(recompute.c.id.in_(rows.with_for_update(skip_locked=True)))
    marks: dict[int, Mark] = {}
    for row in await connection.execute(taken.returning(recompute)):
        begin, end = row.period.lower or now, row.period.upper or now
        known = marks.get(row.vehicle_id)
        if known is None:
            marks[row.vehicle_id] = Mark(row.vehicle_id, begin, max(end, begin), row.reason)
        else:
            why = known.why if row.reason in known.why.split(", ") else f"{known.why}, {row.reason}"
            marks[row.vehicle_id] = Mark(row.vehicle_id, min(known.begin, begin), max(known.end, end), why[:300])
    return marks


async def due_for_review(connection: AsyncConnection, *, now: datetime, limit: int) -> dict[int, Mark]:
    """Vehicles of which the clock may have changed what is said."""
    statement = (
        select(judged_vehicle.c.vehicle_id)
        .where(judged_vehicle.c.review_at <= now)
        .order_by(judged_vehicle.c.review_at)
        .limit(limit)
    )
    return {row.vehicle_id: Mark(row.vehicle_id, now, now, "clock") for row in await connection.execute(statement)}


async def forget_reviews(connection: AsyncConnection, vehicle_ids: Iterable[int]) -> None:
    """Of vehicles that are none any more nothing will ever be due."""
    ids = sorted(vehicle_ids)
    if ids:
        await connection.execute(
            update(judged_vehicle).where(judged_vehicle.c.vehicle_id.in_(ids)).values(review_at=None)
        )


async def write_judgement(
    connection: AsyncConnection, papers: Papers, judgement: Judgement, *, why: str, now: datetime
) -> list[Changed]:
    """Writes the judgement of one vehicle within the caller's transaction."""
    await _write_verdicts(connection, papers, judgement, why, now)
    changed = await _write_findings(connection, papers, judgement, why, now)
    row = {"vehicle_id": papers.vehicle_id, "judged_at": now, "review_at": judgement.review_at}
    statement = upsert(judged_vehicle).values(row)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["vehicle_id"], set_={"judged_at": now, "review_at": judgement.review_at}
        )
    )
    return changed


# ---------------------------------------------------------------- verdicts


async def _write_verdicts(
    connection: AsyncConnection, papers: Papers, judgement: Judgement, why: str, now: datetime
) -> None:
    stored = {
        row["trip_id"]: row
        for row in (
            await connection.execute(
                select(verdict).where(
                    verdict.c.vehicle_id == papers.vehicle_id,
                    or_(
                        _one_of(verdict.c.trip_id, judgement.verdicts),
                        (verdict.c.started_at >= judgement.begin) & (verdict.c.started_at < judgement.end),
                    ),
                )
            )
        ).mappings()
    }
    trips = {known.id: known.segment for known in papers.segments if isinstance(known.segment, Trip)}
    superseded: list[dict[str, Any]] = []
    for trip_id, said in judgement.verdicts.items():
        row = _verdict_row(papers, trips[trip_id], trip_id, said, now)
        before = stored.pop(trip_id, None)
        if before is None:
            await connection.execute(insert(verdict).values({**row, "version": 1, "why": why}))
        elif any(before[name] != value for name, value in row.items() if name != "judged_at"):
            settled = not before["provisional"] or any(before[name] != row[name] for name in ("kind", "deviations"))
            if settled:
                superseded.append({**before, "superseded_at": now, "superseded_why": why})
            values = {**row, "version": before["version"] + settled, "why": why}
            await connection.execute(update(verdict).where(verdict.c.trip_id == trip_id).values(values))
    if stored:
        # Trips that are none any more: late readings joined or moved them.
        superseded += [{**row, "superseded_at": now, "superseded_why": why} for row in stored.values()]
        await connection.execute(
            delete(verdict).where(verdict.c.trip_id == any_(literal(sorted(stored), ARRAY(BigInteger))))
        )
    if superseded:
        await connection.execute(upsert(verdict_version).on_conflict_do_nothing(), superseded)


def _verdict_row(papers: Papers, driven: Trip, trip_id: int, said: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "trip_id": trip_id,
        "vehicle_id": papers.vehicle_id,
        "organ_id": papers.organ_id,
        "started_at": from_us(driven.started_us),
        "kind": said.kind.value,
        "deviations": sorted(one.value for one in said.deviations),
        "reasons": _plain(said.reasons),
        "grants": [
            {"kind": one.kind.value, "id": one.source_id, "number": one.number, "version": one.version}
            for one in said.grants
        ],
        "uncovered": _parts(said.uncovered),
        "covered_late": _parts(said.covered_late),
        "provisional": said.provisional,
        "judged_at": now,
    }


def _one_of(column: ColumnElement[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    return column == any_(literal(sorted(ids), ARRAY(BigInteger)))


def _plain(value: Any) -> Any:
    """As JSON gives it back, so that what is stored compares equal."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _parts(parts: Sequence[Part]) -> list[dict[str, str]]:
    return [{"from": one.begin.isoformat(), "to": one.end.isoformat()} for one in parts]


# ---------------------------------------------------------------- findings


async def _write_findings(
    connection: AsyncConnection, papers: Papers, judgement: Judgement, why: str, now: datetime
) -> list[Changed]:
    told = {_key(one.outcome): one for one in judgement.told}
    stored = {
        (row["rule"], row["subject_kind"], row["subject_id"]): row
        for row in (
            await connection.execute(
                select(finding).where(
                    finding.c.vehicle_id == papers.vehicle_id,
                    or_(
                        (finding.c.item_at >= judgement.begin) & (finding.c.item_at < judgement.end),
                        _one_of(finding.c.subject_id, {key[2] for key in told}),
                    ),
                )
            )
        ).mappings()
    }
    changed: list[Changed] = []
    for key, one in told.items():
        said = _finding_row(papers, one)
        before = stored.pop(key, None)
        if before is None:
            values = {**said, "version": 1, "found_at": now, "written_at": now, "why": why}
            identifier = (await connection.execute(insert(finding).values(values).returning(finding.c.id))).scalar_one()
            changed.append(Changed(identifier, papers.vehicle_id, papers.organ_id, *_incident(one)))
        elif any(before[name] != value for name, value in said.items()):
            await _replace(connection, before, {**said, "why": why}, now)
            changed.append(Changed(before["id"], papers.vehicle_id, papers.organ_id, *_incident(one)))
    events = {one.event.observed_at_us for one in papers.events}
    for row in stored.values():
        gone = row["subject_kind"] == SubjectKind.EVENT.value and row["subject_id"] not in events
        within = judgement.begin <= row["item_at"] < judgement.end
        # Of an event whose raw reading is gone nothing new can be said.
        if row["withdrawn_at"] is None and within and not gone:
            await _replace(connection, row, {"withdrawn_at": now, "why": why}, now)
            changed.append(Changed(row["id"], row["vehicle_id"], row["organ_id"], row["begin_at"], row["end_at"]))
    return changed


def _incident(told: Told) -> tuple[datetime, datetime | None]:
    return told.incident_from, told.incident_to


def _key(outcome: Any) -> tuple[str, str, int]:
    return outcome.rule, outcome.subject.kind.value, outcome.subject.id


async def _replace(connection: AsyncConnection, before: RowMapping, values: dict[str, Any], now: datetime) -> None:
    settled = before["end_at"] is not None or any(
        name in values and before[name] != values[name] for name in ("outcome", "severity", "withdrawn_at")
    )
    if settled:
        kept = {name: before[name] for name in _VERSIONED}
        await connection.execute(insert(finding_version).values({**kept, "superseded_at": now}))
    await connection.execute(
        update(finding)
        .where(finding.c.id == before["id"])
        .values({**values, "version": before["version"] + settled, "written_at": now})
    )


def _finding_row(papers: Papers, told: Told) -> dict[str, Any]:
    one = told.outcome
    row = {
        "rule": one.rule,
        "rule_version": one.rule_version,
        "vehicle_id": papers.vehicle_id,
        "organ_id": papers.organ_id,
        "subject_kind": one.subject.kind.value,
        "subject_id": one.subject.id,
        "item_at": told.item_at,
        "begin_at": one.begin,
        "end_at": one.end,
        "grounds": _plain(one.grounds),
        "withdrawn_at": None,
    }
    if isinstance(one, Finding):
        return row | {
            "outcome": "finding",
            "severity": one.severity.value,
            "proven_at": one.proven_at,
            "count": one.count,
            "readings": _plain(one.readings),
            "parameters": _plain(one.parameters),
            "order_ids": list(one.order_ids),
            "area_ids": list(one.area_ids),
            "calendar": one.calendar,
        }
    empty: dict[str, Any] = {"severity": None, "proven_at": None, "count": 1, "readings": [], "parameters": []}
    return row | empty | {"outcome": "doubt", "order_ids": [], "area_ids": [], "calendar": None}
