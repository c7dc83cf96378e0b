"""`/quarantine` and `/quarantine/retry`."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime
from sqlalchemy import RowMapping

from api.answers import json_answer
from api.cursors import decode_cursor, encode_cursor
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.health.metrics import KIND_NAMES
from api.quarantine.schemas import RefusedPage, RetryAnswer, RetryRequest
from fleet.identity.permissions import Permission
from fleet.store import audit, quarantine

router = APIRouter(prefix="/quarantine", tags=["quarantine"])


@router.get("", summary="What was refused", response_model=RefusedPage, responses=problems(400, 401, 403, 422))
async def list_quarantine(
    services: Shared,
    caller: Annotated[Caller, requires(Permission.READ_QUARANTINE)],
    reason: Annotated[str | None, Query(max_length=60, examples=["out_of_range"])] = None,
    unit: Annotated[
        str | None, Query(max_length=100, description="The unit named in the topic, registered or not")
    ] = None,
    resolved: bool | None = None,
    begin: Annotated[AwareDatetime | None, Query(alias="from", description="Received at or after")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Received before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Newest first. A page ends early when its payloads are large. For administrators, supervisors and auditors."""
    before = None if cursor is None else decode_cursor(cursor, tuple[datetime, int])
    wanted = quarantine.QuarantineFilter(reason=reason, unit=unit, resolved=resolved, begin=begin, end=end)
    async with services.database.begin() as connection:
        rows, more = await quarantine.list_quarantine(
            connection, wanted, scope=caller.scope, at=services.now(), before=before, limit=limit
        )
    cursor_after = encode_cursor((rows[-1]["received_at"], rows[-1]["id"])) if more else None
    body = {"items": [_shown(row) for row in rows], "next_cursor": cursor_after}
    return json_answer(body)


def _shown(row: RowMapping) -> dict[str, Any]:
    payload: bytes = row["payload"]
    try:
        readable: str | None = payload.decode()
    except UnicodeDecodeError:
        readable = None
    return {
        "id": row["id"],
        "received_at": row["received_at"],
        "topic": row["topic"],
        "unit": row["unit"],
        "kind": KIND_NAMES.get(row["kind"], str(row["kind"])),
        "reason": row["reason"],
        "reasons": row["reasons"],
        "payload": readable,
        "payload_base64": base64.b64encode(payload).decode(),
        "retries": row["retries"],
        "retry_requested_at": row["retry_requested_at"],
        "resolved_at": row["resolved_at"],
        "resolution": row["resolution"],
    }


@router.post(
    "/retry",
    summary="Try refused messages again",
    status_code=202,
    response_model=RetryAnswer,
    responses=problems(401, 403, 413, 422),
)
async def retry(
    services: Shared, caller: Annotated[Caller, requires(Permission.RETRY_QUARANTINE)], wanted: RetryRequest
) -> Response:
    """Marks the entries; ingest takes them up within a second. For administrators; goes into the audit log."""
    async with services.database.begin() as connection:
        requested = await quarantine.request_retry(
            connection,
            scope=caller.scope,
            at=services.now(),
            ids=wanted.ids,
            reason=wanted.reason,
            before=wanted.before,
        )
        await audit.record(
            connection,
            account=caller.actor,
            action="quarantine.retry",
            subject="quarantine",
            detail={**wanted.model_dump(mode="json", exclude_none=True), "requested": requested},
        )
    return json_answer({"requested": requested}, 202)
