"""What was refused, with its raw bytes, and the wish to try it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.scoped import unit_visible
from fleet.store.tables import quarantine

PAGE_BYTES = 4 * 1024 * 1024
"""A page ends early when its payloads reach this: one message may be large, and answers are built in memory."""


class QuarantineFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`unit` is compared with the topic, so that units nobody registered are found too."""

    reason: str | None = None
    unit: str | None = None
    resolved: bool | None = None
    begin: datetime | None = None
    end: datetime | None = None


_UNIT_OF_TOPIC: ColumnElement[str] = func.nullif(func.split_part(quarantine.c.topic, "/", 4), "")


def _conditions(wanted: QuarantineFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.reason is not None:
        conditions.append(quarantine.c.reason == wanted.reason)
    if wanted.unit is not None:
        conditions.append(_UNIT_OF_TOPIC.in_((wanted.unit,)))
    if wanted.resolved is not None:
        resolved = quarantine.c.resolved_at.is_not(None)
        conditions.append(resolved if wanted.resolved else ~resolved)
    if wanted.begin is not None:
        conditions.append(quarantine.c.received_at >= wanted.begin)
    if wanted.end is not None:
        conditions.append(quarantine.c.received_at < wanted.end)
    return conditions


def _visible(scope: Scope, at: datetime) -> list[ColumnElement[bool]]:
    """Messages of units in scope, received in its period; what no known unit sent is for who sees everything."""
    conditions = [unit_visible(scope, quarantine.c.unit_id, at)]
    begin, end = scope.clipped(None, None)
    if begin is not None:
        conditions.append(quarantine.c.received_at >= begin)
    if end is not None:
        conditions.append(quarantine.c.received_at < end)
    return conditions


async def list_quarantine(
    connection: AsyncConnection,
    wanted: QuarantineFilter,
    *,
    scope: Scope,
    at: datetime,
    before: tuple[datetime, int] | None,
    limit: int,
) -> tuple[Sequence[RowMapping], bool]:
    """Up to `limit` entries older than `before`, newest first, and whether there are more."""
    keys = (
        select(quarantine.c.id, func.octet_length(quarantine.c.payload).label("size"))
        .where(*_conditions(wanted), *_visible(scope, at))
        .order_by(quarantine.c.received_at.desc(), quarantine.c.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        keys = keys.where(tuple_(quarantine.c.received_at, quarantine.c.id) < before)
    found = (await connection.execute(keys)).all()
    chosen: list[int] = []
    size = 0
    for row in found[:limit]:
        size += row.size
        if chosen and size > PAGE_BYTES:
            break
        chosen.append(row.id)
    rows: Sequence[RowMapping] = (
        (
            await connection.execute(
                select(quarantine, _UNIT_OF_TOPIC.label("unit"))
                .where(quarantine.c.id.in_(chosen))
                .order_by(quarantine.c.received_at.desc(), quarantine.c.id.desc())
            )
        )
        .mappings()
        .all()
    )
    return rows, len(found) > len(chosen)


async def request_retry(
    connection: AsyncConnection,
    *,
    scope: Scope,
    at: datetime,
    ids: Sequence[int] | None = None,
    reason: str | None = None,
    before: datetime | None = None,
) -> int:
    """Ask ingest to read these unresolved entries again; answers how many it will try."""
    statement = (
        update(quarantine).where(quarantine.c.resolved_at.is_(None), *_visible(scope, at)).values(retry_requested_at=at)
    )
    if ids is not None:
        statement = statement.where(quarantine.c.id.in_(ids))
    if reason is not None:
        statement = statement.where(quarantine.c.reason == reason)
    if before is not None:
        statement = statement.where(quarantine.c.received_at < before)
    result: Any = await connection.execute(statement)
    return int(result.rowcount)


async def unresolved_by_reason(connection: AsyncConnection) -> dict[str, int]:
    rows = await connection.execute(
        select(quarantine.c.reason, func.count().label("entries"))
        .where(quarantine.c.resolved_at.is_(None))
        .group_by(quarantine.c.reason)
    )
    return {row.reason: row.entries for row in rows}
