"""The history of a case, only ever added to, and its row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.cases import CaseCommand, CaseState
from fleet.store.tables import case_step, misuse_case


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
