"""Deadlines of cases: set with each state, and said to those above when one passes, once and without any data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.cases import WITHIN, due_at
from fleet.model.cases import CaseCommand, CaseState
from fleet.model.notices import NoticeKind
from fleet.model.registry import Role
from fleet.store import notices
from fleet.store.case_steps import add_step
from fleet.store.policies import lineage, values_at
from fleet.store.tables import account, misuse_case

_AT_ONCE = 50


async def deadline(
    connection: AsyncConnection, state: CaseState, organ_id: int, now: datetime, *, explain_by: datetime | None = None
) -> dict[str, Any]:
    """`due_at` and `escalated_at` of a case that comes into this state now, by the policies of its organ."""
    within_s: Mapping[CaseState, int] = {}
    if state in WITHIN:
        slug = WITHIN[state]
        within_s = {state: int((await values_at(connection, now, organ_id, [slug]))[slug].value)}
    return {"due_at": due_at(state, now, within_s, explain_by=explain_by), "escalated_at": None}


async def escalate(connection: AsyncConnection, now: datetime) -> int:
    """Says of each case that is late, once, to whom it is late: a step of its history, and a notice.

    In the caller's transaction, which commits next. Gives how many there were, a bounded number at a time.
    """
    table = misuse_case.c
    late = (
        select(misuse_case)
        .where(table.due_at <= now, table.escalated_at.is_(None))
        .order_by(table.due_at, table.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = (await connection.execute(late)).mappings().all()
    told = []
    for row in rows:
        state = CaseState(row["state"])
        to = await _above(connection, row)
        await connection.execute(update(misuse_case).where(table.id == row["id"]).values(escalated_at=now))
        await add_step(
            connection,
            row["id"],
            at=now,
            command=CaseCommand.OVERDUE,
            before=state,
            after=state,
            data={"due_at": row["due_at"].isoformat(), "to": to},
        )
        told.append(notices.of_case(NoticeKind.CASE_OVERDUE, {**row, "escalated_at": now}, now))
    await notices.tell(connection, told)
    return len(rows)


async def _above(connection: AsyncConnection, row: RowMapping) -> Sequence[str]:
    """The supervisors next above whoever is late; the assignee where there is nobody above.

    A case that nobody took up is late with the organs above the one concerned; one that was assigned, with its
    supervisor, and so with those above him.
    """
    assignee = None
    if row["assignee_id"] is not None and row["state"] != CaseState.OPEN.value:
        found = select(account.c.username, account.c.organ_id).where(account.c.id == row["assignee_id"])
        assignee = (await connection.execute(found)).one()
    base = row["organ_id"] if assignee is None else assignee.organ_id
    above = [] if base is None else (await lineage(connection, base))[1:]
    supervisors = select(account.c.username, account.c.organ_id).where(
        account.c.role == Role.SUPERVISOR.value,
        account.c.disabled_at.is_(None),
        or_(account.c.organ_id.in_(above), account.c.organ_id.is_(None)),
    )
    by_organ: dict[int | None, list[str]] = {}
    for one in await connection.execute(supervisors):
        by_organ.setdefault(one.organ_id, []).append(one.username)
    levels: list[int | None] = [*above] if base is None else [*above, None]
    for level in levels:
        if level in by_organ:
            return sorted(by_organ[level])
    return [] if assignee is None else [assignee.username]
