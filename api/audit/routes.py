"""`/audit/log`, `/audit/verify`, `/exports/audit.jsonl`. Who looks at the log is in the log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import AwareDatetime
from sqlalchemy import RowMapping

from api.answers import json_answer
from api.audit.checks import PATIENCE_S
from api.audit.schemas import CheckShown, LogPage
from api.cursors import decode_cursor, encode_cursor
from api.dependencies import PURPOSE_HEADER, Caller, Purpose, Shared, readable_header, requires
from api.errors import problems
from fleet.identity.permissions import Permission
from fleet.store import audit
from fleet.store.audit import LogFilter

router = APIRouter(tags=["audit"])

Reader = Annotated[Caller, requires(Permission.READ_AUDIT)]

EXPORT_PAGE = 500
WITHIN_S = 20.0


def wanted_entries(
    account: Annotated[str | None, Query(max_length=200, description="Exactly this account")] = None,
    action: Annotated[
        str | None, Query(max_length=100, description="Exactly this action; with a dot at its end all of that kind")
    ] = None,
    subject: Annotated[str | None, Query(max_length=200, examples=["vehicle:17"])] = None,
    organ: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="About this organ")] = None,
    purpose: Annotated[str | None, Query(min_length=1, max_length=200, description="Part of the purpose")] = None,
    begin: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Not included")] = None,
) -> LogFilter:
    return LogFilter(
        account=account, action=action, subject=subject, organ_id=organ, purpose=purpose, begin=begin, end=end
    )


Wanted = Annotated[LogFilter, Depends(wanted_entries)]
Why = Annotated[
    str | None, Header(alias=PURPOSE_HEADER, max_length=500, description="Why the log is read; goes into it")
]


@router.get("/audit/log", summary="Who did what", response_model=LogPage, responses=problems(400, 401, 403, 422))
async def read_log(
    services: Shared,
    caller: Reader,
    wanted: Wanted,
    why: Why = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Newest first. Who answers for a part of the organs sees what is about them. The look itself is logged."""
    before = None if cursor is None else decode_cursor(cursor, tuple[datetime, int, int])
    async with services.database.begin(within_s=WITHIN_S) as connection:
        rows = await audit.list_log(connection, wanted, scope=caller.scope, before=before, limit=limit + 1)
    items, more = rows[:limit], len(rows) > limit
    await services.audit.read(
        caller.actor,
        action="audit.read",
        subject="audit",
        purpose=readable_header(why) if why else None,
        detail={**_filters(wanted), "entries": len(items), "continued": cursor is not None},
    )
    next_cursor = encode_cursor((items[-1]["at"], items[-1]["chain"], items[-1]["n"])) if more else None
    return json_answer({"items": [_shown(row) for row in items], "next_cursor": next_cursor})


@router.get(
    "/exports/audit.jsonl",
    summary="The audit log as JSON lines",
    response_class=Response,
    responses={
        200: {
            "description": "One entry a line, newest first",
            "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
        },
        **problems(400, 401, 403, 422),
    },
)
async def export_log(services: Shared, caller: Reader, purpose: Purpose, wanted: Wanted) -> Response:
    """All entries that match, each with its code. Needs a purpose; the export is logged before its first line."""
    await services.audit.read(
        caller.actor, action="audit.export", subject="audit", purpose=purpose, detail=_filters(wanted)
    )

    async def lines() -> AsyncIterator[bytes]:
        before: audit.Place | None = None
        while True:
            async with services.database.begin(within_s=WITHIN_S) as connection:
                rows = await audit.list_log(connection, wanted, scope=caller.scope, before=before, limit=EXPORT_PAGE)
            yield b"".join(msgspec.json.encode(_shown(row)) + b"\n" for row in rows)
            if len(rows) < EXPORT_PAGE:
                return
            before = (rows[-1]["at"], rows[-1]["chain"], rows[-1]["n"])

    return StreamingResponse(
        lines(),
        media_type="application/x-ndjson",
        headers={"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="audit.jsonl"'},
    )


@router.get(
    "/audit/verify",
    summary="Whether the log is intact",
    response_model=CheckShown,
    responses={
        202: {"model": CheckShown, "description": "The walk goes on: ask again in a few seconds"},
        **problems(401, 403, 422),
    },
)
async def verify_log(
    services: Shared,
    caller: Reader,
    wait_s: Annotated[float, Query(ge=0, le=PATIENCE_S, description="How long to wait for the walk")] = PATIENCE_S,
) -> Response:
    """Walks over every chain and compares heads and anchors: any edit, removal, insertion, move or cut is found.

    The same as `fleet audit verify`. One walk goes on at a time; who asks meanwhile gets its result.
    """
    report = await services.checks.report(wait_s)
    body: dict[str, Any] = {"at": services.now()}
    if report is None:
        body |= {"state": "running", "intact": None, "checked": services.checks.checked}
        body["expected"] = services.checks.expected
        return json_answer({**body, "chains": [], "anchors": 0, "pending": 0, "findings": []}, 202)
    await services.audit.read(
        caller.actor,
        action="audit.verify",
        subject="audit",
        detail={"intact": report.intact, "entries": report.entries, "findings": len(report.findings)},
    )
    body |= {
        "state": "done",
        "intact": report.intact,
        "checked": report.entries,
        "expected": None,
        "chains": [asdict(chain) for chain in report.chains],
        "anchors": report.anchors,
        "pending": report.pending,
        "findings": [asdict(finding) for finding in report.findings],
    }
    return json_answer(body)


def _filters(wanted: LogFilter) -> dict[str, Any]:
    return {name: value for name, value in asdict(wanted).items() if value is not None}


def _shown(row: RowMapping) -> dict[str, Any]:
    return {**row, "mac": row["mac"].hex()}
