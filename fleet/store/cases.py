"""Cases: opened and brought up to date with their findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, RowMapping, any_, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.cases import after_findings, colour
from fleet.model.cases import CaseCommand, CaseState
from fleet.model.findings import Severity
from fleet.model.moments import LOCAL
from fleet.model.notices import AFTER_STEP, NoticeKind
from fleet.store import notices
from fleet.store.case_steps import add_step, change
from fleet.store.deadlines import deadline
from fleet.store.judgements import Changed
from fleet.store.notices import Told
from fleet.store.tables import case_number, finding, misuse_case, organ

TOGETHER = timedelta(minutes=30)
"""Incidents of one vehicle that lie closer are one case: a silence and the outing it belongs to."""


async def follow(connection: AsyncConnection, changed: Sequence[Changed], *, now: datetime) -> None:
    """Gives every new finding its case, lets each case say what its findings say now, and tells of it.

    The last thing in its transaction: what is told holds a lock that all others wait for.
    """
    cases: dict[int, _Touched] = {}
    new: list[tuple[Changed, RowMapping]] = []
    for one in changed:
        if one.same:
            continue
        row = (await connection.execute(select(finding).where(finding.c.id == one.finding_id))).mappings().one()
        case_id: int | None = row["case_id"]
        stands = row["outcome"] == "finding" and row["withdrawn_at"] is None
        if case_id is not None:
            touched = cases.setdefault(case_id, _Touched())
            kind = NoticeKind.FINDING_CHANGED if stands else NoticeKind.FINDING_WITHDRAWN
            touched.findings.append((kind, row))
            if stands:
                touched.spans.append((one.begin, one.end))
        elif stands:
            new.append((one, row))
        # else: a doubt accuses nobody, and is told to nobody
    for case_id, one in await _open_ended(connection, [one for one in changed if one.same]):
        cases.setdefault(case_id, _Touched()).spans.append((one.begin, one.end))
    if new:
        # First: a case whose incident is over by now is not open-ended any more, and takes in nothing that came after.
        for case_id, touched in cases.items():
            touched.before = await _respan(connection, case_id, touched)
    for one, row in new:
        case_id, opened = await _case_for(connection, one, row, now)
        await connection.execute(update(finding).where(finding.c.id == one.finding_id).values(case_id=case_id))
        touched = cases.setdefault(case_id, _Touched(opened=opened))
        touched.new = True
        touched.findings.append((NoticeKind.FINDING_FOUND, row))
        touched.spans.append((one.begin, one.end))
    told: list[Told] = []
    for case_id, touched in cases.items():
        told += await _refresh(connection, case_id, touched, now=now)
    await notices.tell(connection, told)


@dataclass(slots=True)
class _Touched:
    """What came to one case: findings with what is told of them, and the spans of their incidents. `before`: its own
    span, where that is brought up to date already."""

    opened: bool = False
    new: bool = False
    findings: list[tuple[NoticeKind, RowMapping]] = field(default_factory=list)
    spans: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    before: Mapping[str, Any] = field(default_factory=dict)


async def _open_ended(connection: AsyncConnection, same: Sequence[Changed]) -> list[tuple[int, Changed]]:
    """Those of the findings whose case has no end yet, each with its case: theirs may have come with the incident's."""
    if not same:
        return []
    known = {one.finding_id: one for one in same}
    statement = (
        select(finding.c.id, finding.c.case_id)
        .join(misuse_case, misuse_case.c.id == finding.c.case_id)
        .where(
            misuse_case.c.end_at.is_(None),
            finding.c.id == any_(literal(sorted(known), ARRAY(BigInteger))),
            finding.c.outcome == "finding",
            finding.c.withdrawn_at.is_(None),
        )
        .order_by(finding.c.id)
    )
    return [(row.case_id, known[row.id]) for row in await connection.execute(statement)]


async def _case_for(connection: AsyncConnection, one: Changed, row: RowMapping, now: datetime) -> tuple[int, bool]:
    """The vehicle's case that the incident belongs to, or a new one; and whether it is new."""
    last = one.end or now
    statement = (
        select(misuse_case.c.id)
        .where(
            misuse_case.c.vehicle_id == one.vehicle_id,
            misuse_case.c.organ_id == one.organ_id,
            misuse_case.c.begin_at <= last + TOGETHER,
            or_(misuse_case.c.end_at.is_(None), misuse_case.c.end_at >= one.begin - TOGETHER),
        )
        .order_by(misuse_case.c.begin_at, misuse_case.c.id)
        .limit(1)
    )
    found: int | None = (await connection.execute(statement)).scalar_one_or_none()
    if found is not None:
        return found, False
    division = (await connection.execute(select(organ.c.division).where(organ.c.id == one.organ_id))).scalar_one()
    values = {
        "number": await _next_number(connection, now),
        "vehicle_id": one.vehicle_id,
        "organ_id": one.organ_id,
        "division": division,
        "state": CaseState.OPEN.value,
        "severity": row["severity"],
        "begin_at": one.begin,
        "end_at": one.end,
        "opened_at": now,
        "rules": [row["rule"]],
        "findings": 0,
        "withdrawn": 0,
        **await deadline(connection, CaseState.OPEN, one.organ_id, now),
    }
    case_id: int = (
        await connection.execute(insert(misuse_case).values(values).returning(misuse_case.c.id))
    ).scalar_one()
    await add_step(connection, case_id, at=now, command=CaseCommand.OPENED, before=None, after=CaseState.OPEN)
    return case_id, True


async def _next_number(connection: AsyncConnection, now: datetime) -> str:
    year = now.astimezone(LOCAL).year
    statement = upsert(case_number).values(year=year, last=1)
    raised = statement.on_conflict_do_update(index_elements=["year"], set_={"last": case_number.c.last + 1})
    number = (await connection.execute(raised.returning(case_number.c.last))).scalar_one()
    return f"XS-{year}-{number:06d}"


async def _refresh(connection: AsyncConnection, case_id: int, touched: _Touched, *, now: datetime) -> list[Told]:
    """Brings the case's row up to date with its findings; gives what is told of it and of them."""
    case, rows, standing = await _locked(connection, case_id)
    before = CaseState(case["state"])
    state = after_findings(before, standing=len(standing), new=touched.new and case["findings"] > 0)
    values: dict[str, Any] = {
        "state": state.value,
        "severity": colour(Severity(row["severity"]) for row in standing).value,
        "rules": sorted({row["rule"] for row in standing or rows}),
        "findings": len(rows),
        "withdrawn": len(rows) - len(standing),
        **_span(case, standing, touched.spans),
    }
    if state is not before:
        values |= await deadline(connection, state, case["organ_id"], now)
        values |= {"decided_at": None, "closed_at": None} if state is CaseState.OPEN else {}
    kind = NoticeKind.CASE_OPENED if touched.opened else None
    was = {**case, **touched.before}
    if any(was[name] != value for name, value in values.items()):
        await change(connection, case_id, values)
        kind = kind or NoticeKind.CASE_CHANGED
    if state is not before:
        command = CaseCommand.WITHDRAWN if state is CaseState.WITHDRAWN else CaseCommand.FOUND
        await add_step(
            connection,
            case_id,
            at=now,
            command=command,
            before=before,
            after=state,
            data={"standing": len(standing), "findings": len(rows)},
        )
        kind = AFTER_STEP[command]
    now_is = {**case, **values}
    told = [notices.of_case(kind, now_is, now)] if kind is not None else []
    return told + [notices.of_finding(one, row, now_is, now) for one, row in touched.findings]


async def _respan(connection: AsyncConnection, case_id: int, touched: _Touched) -> Mapping[str, Any]:
    """Brings the case's span up to date with what came to it; gives what it was."""
    case, _, standing = await _locked(connection, case_id)
    span = _span(case, standing, touched.spans)
    await change(connection, case_id, span)
    return {name: case[name] for name in span}


async def _locked(
    connection: AsyncConnection, case_id: int
) -> tuple[RowMapping, Sequence[RowMapping], list[RowMapping]]:
    """The case's row, all its findings, and those of them that stand."""
    locked = select(misuse_case).where(misuse_case.c.id == case_id).with_for_update()
    case = (await connection.execute(locked)).mappings().one()
    belonging = select(finding).where(finding.c.case_id == case_id).order_by(finding.c.id)
    rows = (await connection.execute(belonging)).mappings().all()
    return case, rows, [row for row in rows if row["withdrawn_at"] is None and row["outcome"] == "finding"]


def _span(
    case: RowMapping, standing: Sequence[RowMapping], spans: Sequence[tuple[datetime, datetime | None]]
) -> dict[str, Any]:
    """From the first beginning to the last end of its incidents; without an end while one of its findings goes on."""
    begin: datetime = min([case["begin_at"], *(first for first, _ in spans)])
    ends: list[datetime | None] = [row["end_at"] for row in standing] + [last for _, last in spans]
    if not ends or None in ends:
        return {"begin_at": begin, "end_at": None if ends else case["end_at"]}
    known = [one for one in [case["end_at"], *ends] if one is not None]
    return {"begin_at": begin, "end_at": max(known)}
