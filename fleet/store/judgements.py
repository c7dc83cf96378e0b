"""Writes what was judged: what is new, what became different, what is withdrawn; nothing said is ever lost.

Writing the same judgement twice changes nothing. What still goes on (a provisional verdict, a finding without an end)
is brought up to date in place; a version is kept whenever something that was settled, a colour or a kind changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, ColumnElement, RowMapping, any_, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.judging.vehicle import Judgement, Told
from fleet.model.findings import Finding, SubjectKind
from fleet.model.moments import from_us
from fleet.model.trips import Trip
from fleet.model.verdicts import Part, Verdict
from fleet.store.dossiers import Papers
from fleet.store.tables import finding, finding_version, verdict, verdict_version

_VERSIONED = tuple(column.name for column in finding_version.columns if column.name != "superseded_at")


class Changed(NamedTuple):
    """A finding that is new, said otherwise, or withdrawn: cases follow them. Times are those of its incident."""

    finding_id: int
    vehicle_id: int
    organ_id: int
    begin: datetime
    end: datetime | None


async def write_judgement(
    connection: AsyncConnection, papers: Papers, judgement: Judgement, *, why: str, now: datetime
) -> list[Changed]:
    """Writes the judgement of one vehicle within the caller's transaction."""
    await _write_verdicts(connection, papers, judgement, why, now)
    return await _write_findings(connection, papers, judgement, why, now)


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
    last = await _last_versions(connection, judgement.verdicts.keys() - stored.keys())
    new: list[dict[str, Any]] = []
    superseded: list[dict[str, Any]] = []
    for trip_id, said in judgement.verdicts.items():
        row = _verdict_row(papers, trips[trip_id], trip_id, said, now)
        before = stored.pop(trip_id, None)
        if before is None:
            new.append({**row, "version": last.get(trip_id, 0) + 1, "why": why})
        elif any(before[name] != value for name, value in row.items() if name != "judged_at"):
            settled = not before["provisional"] or any(before[name] != row[name] for name in ("kind", "deviations"))
            if settled:
                superseded.append({**before, "superseded_at": now, "superseded_why": why})
            values = {**row, "version": before["version"] + settled, "why": why}
            await connection.execute(update(verdict).where(verdict.c.trip_id == trip_id).values(values))
    if new:
        await connection.execute(insert(verdict), new)
    if stored:
        # Trips that are none any more: late readings joined or moved them.
        superseded += [{**row, "superseded_at": now, "superseded_why": why} for row in stored.values()]
        await connection.execute(delete(verdict).where(_one_of(verdict.c.trip_id, stored)))
    if superseded:
        await connection.execute(insert(verdict_version), superseded)


async def _last_versions(connection: AsyncConnection, trip_ids: Collection[int]) -> dict[int, int]:
    """The last version of what was said of trips that were gone in between: late readings may bring one back."""
    if not trip_ids:
        return {}
    last = (
        select(verdict_version.c.trip_id, func.max(verdict_version.c.version))
        .where(_one_of(verdict_version.c.trip_id, trip_ids))
        .group_by(verdict_version.c.trip_id)
    )
    return {row[0]: row[1] for row in await connection.execute(last)}


def _verdict_row(papers: Papers, driven: Trip, trip_id: int, said: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "trip_id": trip_id,
        "vehicle_id": papers.vehicle_id,
        "organ_id": papers.organ_at(from_us(driven.started_us)),
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
            changed.append(Changed(identifier, papers.vehicle_id, said["organ_id"], *_incident(one)))
        elif any(before[name] != value for name, value in said.items()):
            await _replace(connection, before, {**said, "why": why}, now)
            changed.append(Changed(before["id"], papers.vehicle_id, said["organ_id"], *_incident(one)))
    events = {one.event.observed_at_us for one in papers.events}
    for row in stored.values():
        # Of an event whose raw reading is gone nothing new can be said, and of a gap that is held nothing yet.
        gone = row["subject_kind"] == SubjectKind.EVENT.value and row["subject_id"] not in events
        held = row["subject_kind"] == SubjectKind.GAP.value and row["subject_id"] in papers.held
        within = judgement.begin <= row["item_at"] < judgement.end
        if row["withdrawn_at"] is None and within and not gone and not held:
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
        "organ_id": papers.organ_at(told.item_at),
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
