"""Who did what to what, and why: rows that are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.store.tables import audit_log


async def record(
    connection: AsyncConnection,
    *,
    account: str,
    action: str,
    subject: str,
    purpose: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one row in the caller's transaction: what is recorded and what is done are committed together."""
    await connection.execute(
        audit_log.insert().values(
            account=account, action=action, object=subject, purpose=purpose, detail=dict(detail) if detail else None
        )
    )
