"""Cases: opened and brought up to date with their findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.cases import after_findings, colour
from fleet.model.cases import CaseCommand, CaseState
from fleet.model.findings import Severity
from fleet.model.moments import LOCAL
from fleet.store.judgements import Changed
from fleet.store.tables import case_number, case_step, finding, misuse_case, organ

TOGETHER = timedelta(minutes=30)
"""Incidents of one vehicle that lie closer are one case: a silence and the outing it belongs to."""


async def follow(connection: AsyncConnection, changed: Sequence[Changed], *, now: datetime) -> None:
    """Gives every new finding its case, and lets each case say what its findings say now."""
    touched: dict[int, bool] = {}
    for one in changed:
        row = (await connection.execute(select(finding).where(finding.c.id == one.finding_id))).mappings().one()
        if row["case_id"] is None and row["outcome"] == "finding" and row["withdrawn_at"] is None:
            case_id = await _case_for(connection, one, row, now)
            await connection.execute(update(finding).where(finding.c.id == one.finding_id).values(case_id=case_id))
            touched[case_id] = True
        elif row["case_id"] is not None:
            touched.setdefault(row["case_id"], False)
    for case_id, new in touched.items():
        await _refresh(connection, case_id, new=new, now=now)


async def _case_for(connection: AsyncConnection, one: Changed, row: RowMapping, now: datetime) -> int:
    """The vehicle's case that the incident belongs to, or a new one."""
    last = one.end or now
    statement = (
        select(misuse_case.c.id)
        .where(
            misuse_case.c.vehicle_id == one.vehicle_id,
            misuse_case.c.begin_at <= last + TOGETHER,
            or_(misuse_case.c.end_at.is_(None), misuse_case.c.end_at >= one.begin - TOGETHER),
        )
        .order_by(misuse_case.c.begin_at, misuse_case.c.id)
        .limit(1)
    )
    found: int | None = (await connection.execute(statement)).scalar_one_or_none()
    if found is not None:
        await connection.execute(
            update(misuse_case)
            .where(misuse_case.c.id == found)
            .values(
                begin_at=func.least(misuse_case.c.begin_at, one.begin),
                end_at=None if one.end is None else func.greatest(misuse_case.c.end_at, one.end),
            )
        )
        return found
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
    }
    case_id: int = (
        await connection.execute(insert(misuse_case).values(values).returning(misuse_case.c.id))
    ).scalar_one()
    await add_step(connection, case_id, at=now, command=CaseCommand.OPENED, before=None, after=CaseState.OPEN)
    return case_id


async def _next_number(connection: AsyncConnection, now: datetime) -> str:
    year = now.astimezone(LOCAL).year
    statement = upsert(case_number).values(year=year, last=1)
    raised = statement.on_conflict_do_update(index_elements=["year"], set_={"last": case_number.c.last + 1})
    number = (await connection.execute(raised.returning(case_number.c.last))).scalar_one()
    return f"XS-{year}-{number:06d}"


async def _refresh(connection: AsyncConnection, case_id: int, *, new: bool, now: datetime) -> None:
    case = (
        (await connection.execute(select(misuse_case).where(misuse_case.c.id == case_id).with_for_update()))
        .mappings()
        .one()
    )
    rows = (
        (await connection.execute(select(finding).where(finding.c.case_id == case_id).order_by(finding.c.id)))
        .mappings()
        .all()
    )
    standing = [row for row in rows if row["withdrawn_at"] is None and row["outcome"] == "finding"]
    state = after_findings(CaseState(case["state"]), standing=len(standing), new=new and case["findings"] > 0)
    ends = [row["end_at"] for row in standing]
    values = {
        "state": state.value,
        "severity": colour(Severity(row["severity"]) for row in standing).value,
        "rules": sorted({row["rule"] for row in standing or rows}),
        "findings": len(rows),
        "withdrawn": len(rows) - len(standing),
    }
    if case["end_at"] is None and ends and all(end is not None for end in ends):
        values["end_at"] = max(ends)
    if any(case[name] != value for name, value in values.items()):
        await connection.execute(update(misuse_case).where(misuse_case.c.id == case_id).values(values))
    if state.value != case["state"]:
        command = CaseCommand.WITHDRAWN if state is CaseState.WITHDRAWN else CaseCommand.FOUND
        await add_step(
            connection,
            case_id,
            at=now,
            command=command,
            before=CaseState(case["state"]),
            after=state,
            data={"standing": len(standing), "findings": len(rows)},
        )


async def add_step(
    connection: AsyncConnection,
    case_id: int,
    *,
    at: datetime,
    command: CaseCommand,
    before: CaseState | None,
    after: CaseState,
    account_id: int | None = None,
    role: str | None = None,
    why: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """One more line of the case's history. The caller holds the case's row."""
    number = select(func.coalesce(func.max(case_step.c.n), 0) + 1).where(case_step.c.case_id == case_id)
    await connection.execute(
        insert(case_step).values(
            case_id=case_id,
            n=number.scalar_subquery(),
            at=at,
            account_id=account_id,
            role=role,
            command=command.value,
            state_before=None if before is None else before.value,
            state_after=after.value,
            why=why,
            data=data or {},
        )
    )


async def change(connection: AsyncConnection, case_id: int, values: dict[str, Any]) -> None:
    """Of a case whose row the caller holds."""
    await connection.execute(update(misuse_case).where(misuse_case.c.id == case_id).values(values))
