"""Writes what was judged: what is new, what became different, what is withdrawn; nothing said is ever lost.

Writing the same judgement twice changes nothing. What still goes on (a provisional verdict, a finding without an end)
is brought up to date in place; a version is kept whenever something that was settled, a colour or a kind changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    RowMapping,
    Table,
    any_,
    column,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.judging.vehicle import Judgement, Told
from fleet.model.findings import Finding, SubjectKind
from fleet.model.moments import from_us
from fleet.model.trips import Trip
from fleet.model.verdicts import Part, Verdict
from fleet.store.dossiers import Papers
from fleet.store.tables import INSTANT, finding, finding_version, verdict, verdict_version

_VERSIONED = tuple(column.name for column in finding_version.columns if column.name != "superseded_at")


class Changed(NamedTuple):
    """A finding that is new, said otherwise, or withdrawn: cases follow them. Times are those of its incident.

    `same`: it is said again as before; only its incident may have come to its end since.
    """

    finding_id: int
    vehicle_id: int
    organ_id: int
    begin: datetime
    end: datetime | None
    same: bool = False


class Judged(NamedTuple):
    """One vehicle's judgement, what it was made from, and the reason for making it."""

    papers: Papers
    judgement: Judgement
    why: str


async def write_judgements(connection: AsyncConnection, judged: Sequence[Judged], *, now: datetime) -> list[Changed]:
    """Writes the judgements, one a vehicle, within the caller's transaction.

    What stands of them all is read at once: of a hundred vehicles most have nothing new, and asking for each would be
    most of the work.
    """
    trip_ids = {trip_id for one in judged for trip_id in one.judgement.verdicts}
    verdicts = await _stored(connection, judged, verdict, verdict.c.started_at, verdict.c.trip_id, trip_ids)
    known = {row["trip_id"] for rows in verdicts.values() for row in rows}
    last = await _last_versions(connection, trip_ids - known)
    subject_ids = {told.outcome.subject.id for one in judged for told in one.judgement.told}
    findings = await _stored(connection, judged, finding, finding.c.item_at, finding.c.subject_id, subject_ids)
    changed: list[Changed] = []
    for one in judged:
        vehicle_id = one.papers.vehicle_id
        await _write_verdicts(connection, one, {row["trip_id"]: row for row in verdicts[vehicle_id]}, last, now)
        stored = {(row["rule"], row["subject_kind"], row["subject_id"]): row for row in findings[vehicle_id]}
        changed += await _write_findings(connection, one, stored, now)
    return changed


async def _stored(
    connection: AsyncConnection,
    judged: Sequence[Judged],
    table: Table,
    at: ColumnElement[datetime],
    identifier: ColumnElement[int],
    ids: Collection[int],
) -> dict[int, list[RowMapping]]:
    """By vehicle, the rows of its judgement's span, and those with one of the ids."""
    spans = (
        func.unnest(
            literal([one.papers.vehicle_id for one in judged], ARRAY(Integer)),
            literal([one.judgement.begin for one in judged], ARRAY(INSTANT)),
            literal([one.judgement.end for one in judged], ARRAY(INSTANT)),
        )
        .table_valued(column("vehicle_id", Integer), column("first", INSTANT), column("until", INSTANT), name="spans")
        .render_derived()
    )
    statement = (
        select(table)
        .join(spans, spans.c.vehicle_id == table.c.vehicle_id)
        .where(or_((at >= spans.c["first"]) & (at < spans.c.until), _one_of(identifier, ids)))
    )
    found: dict[int, list[RowMapping]] = {one.papers.vehicle_id: [] for one in judged}
    for row in (await connection.execute(statement)).mappings():
        found[row["vehicle_id"]].append(row)
    return found


# ---------------------------------------------------------------- verdicts


async def _write_verdicts(
    connection: AsyncConnection,
    judged: Judged,
    stored: dict[int, RowMapping],
    last: Mapping[int, int],
    now: datetime,
) -> None:
    papers, judgement, why = judged
    trips = {known.id: known.segment for known in papers.segments if isinstance(known.segment, Trip)}
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
    connection: AsyncConnection, judged: Judged, stored: dict[tuple[str, str, int], RowMapping], now: datetime
) -> list[Changed]:
    papers, judgement, why = judged
    told = {_key(one.outcome): one for one in judgement.told}
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
        elif before["case_id"] is not None:
            changed.append(Changed(before["id"], papers.vehicle_id, said["organ_id"], *_incident(one), same=True))
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
