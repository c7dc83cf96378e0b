"""`/vehicles/{id}/use-record` and `/use-record`: what is published of how vehicles are used."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.dependencies import Caller, Purpose, Shared, requires
from api.errors import ApiProblem, problems
from api.registry.paging import OrganQuery
from api.registry.sheets.routes import HeadersQuery
from api.registry.sheets.schemas import Headers
from api.sheets import CSV_TYPE, XLSX_TYPE
from api.use_record.schemas import Output, UseRecord
from api.use_record.sheets import as_csv, as_xlsx
from api.use_record.shown import driven, pairs, total_shown, use_shown
from fleet.dispatch.uses import Because, uses
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.identity.scope import Scope
from fleet.model.moments import day_begins_us, from_us
from fleet.store import audit, use_records
from fleet.store.recompute import today
from fleet.store.scoped import find_visible_plate, is_visible_organ
from fleet.store.use_records import UseFilter

router = APIRouter(tags=["use record"])

PATIENCE_S = 20.0
LONGEST_DAYS = 366
MOST_TRIPS = 20_000


Reader = Annotated[Caller, requires(Permission.READ_TRIPS)]
From = Annotated[date | None, Query(alias="from", description="Default: the first of the month of `to`")]
To = Annotated[date | None, Query(alias="to", description="Included. Default: today in Asia/Shanghai")]
OutputQuery = Annotated[Output, Query(alias="format")]
Publication = Annotated[
    bool, Query(description="As it may be published: without confidential vehicles and missions, whoever asks")
]

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}, XLSX_TYPE: {"schema": {"type": "string"}}}},
    **problems(400, 401, 403, 404, 422),
}


@router.get(
    "/vehicles/{vehicle_id}/use-record",
    summary="The use record of a vehicle",
    response_model=UseRecord,
    responses=ANSWERS,
)
async def read_vehicle(
    services: Shared,
    caller: Reader,
    purpose: Purpose,
    vehicle_id: Annotated[int, Path(ge=1, le=2**31 - 1)],
    first: From = None,
    last: To = None,
    output: OutputQuery = Output.JSON,
    publication: Publication = False,
    headers: HeadersQuery = Headers.ZH,
) -> Response:
    """One line for each use: an order with all its trips, a day of a task or of duty, a trip that nothing explains.

    A use belongs to the days (04:00 to 04:00) its trips began on. Places, number and driver of confidential missions
    are left out for roles that see no confidential vehicles. Who read it, and what for, is in the audit log before the
    answer leaves.
    """
    wanted = _wanted(services, first, last, vehicle_id=vehicle_id)
    scope = _scope(caller, publication)
    async with services.database.begin(within_s=PATIENCE_S) as connection:
        if await find_visible_plate(connection, vehicle_id, scope=scope) is None:
            raise NotFound(f"There is no vehicle {vehicle_id}.")
        body = await _record(connection, wanted, scope, publication=publication)
        organ_ids = await audit.organs_of(connection, f"vehicle:{vehicle_id}")
    subject, name = f"vehicle:{vehicle_id}", f"use-record-{vehicle_id}"
    return await _answered(services, caller, body, wanted, output, headers, purpose, subject, name, organ_ids)


@router.get("/use-record", summary="The use record of an organ's vehicles", response_model=UseRecord, responses=ANSWERS)
async def read_many(
    services: Shared,
    caller: Reader,
    purpose: Purpose,
    organ: OrganQuery = None,
    division: Annotated[int | None, Query(ge=0, le=999_999, description="Home division of the vehicles")] = None,
    first: From = None,
    last: To = None,
    output: OutputQuery = Output.JSON,
    publication: Publication = False,
    headers: HeadersQuery = Headers.ZH,
) -> Response:
    """The same for all vehicles that an organ and those below it had then, by plate; at most 20,000 trips at once."""
    wanted = _wanted(services, first, last, organ_id=organ, division=division)
    scope = _scope(caller, publication)
    async with services.database.begin(within_s=PATIENCE_S) as connection:
        if organ is not None and not await is_visible_organ(connection, organ, scope=scope):
            raise NotFound(f"There is no organ {organ}.")
        body = await _record(connection, wanted, scope, publication=publication)
    organ_ids = [one for one in (organ or caller.session.organ_id,) if one is not None]
    subject = "use record" if organ is None else f"organ:{organ}"
    return await _answered(services, caller, body, wanted, output, headers, purpose, subject, "use-record", organ_ids)


def _wanted(services: Shared, first: date | None, last: date | None, **narrowed: int | None) -> UseFilter:
    """Raises ApiProblem (422)."""
    last = today(services.now()) if last is None else last
    first = last.replace(day=1) if first is None else first
    if not timedelta(0) <= last - first < timedelta(days=LONGEST_DAYS) or first.year < 2015 or last.year > 2200:
        detail = f"query.from, query.to: `from` not after `to`, at most {LONGEST_DAYS} days, between 2015 and 2200."
        raise ApiProblem(422, "invalid-request", "Invalid request", detail)
    after = last + timedelta(days=1)
    return UseFilter(begin=from_us(day_begins_us(first)), end=from_us(day_begins_us(after)), **narrowed)


def _scope(caller: Caller, publication: bool) -> Scope:
    return replace(caller.scope, see_confidential=False) if publication else caller.scope


async def _record(connection: AsyncConnection, wanted: UseFilter, scope: Scope, *, publication: bool) -> dict[str, Any]:
    rows = await use_records.list_driven(connection, wanted, scope=scope, limit=MOST_TRIPS + 1)
    if len(rows) > MOST_TRIPS:
        detail = f"More than {MOST_TRIPS:,} trips: ask for fewer days, for one organ or for one vehicle."
        raise ApiProblem(422, "too-much", "Too much at once", detail)
    found = uses(driven(row) for row in rows)
    known = await use_records.explained(connection, pairs(found, Because.ORDER), pairs(found, Because.TASK))
    first_trips = {(row["vehicle_id"], row["started_at"]): row for row in rows}
    return {
        "publication": publication,
        "items": [
            use_shown(
                *(one, first_trips[one.vehicle_id, one.started_at], known),
                sees_confidential=scope.see_confidential,
            )
            for one in found
        ],
        "total": total_shown(found, known),
    }


async def _answered(
    services: Shared,
    caller: Caller,
    body: dict[str, Any],
    wanted: UseFilter,
    output: Output,
    headers: Headers,
    purpose: str,
    subject: str,
    name: str,
    organ_ids: list[int],
) -> Response:
    """Logs who read what for which purpose, then answers."""
    items = body["items"]
    chinese = headers is Headers.ZH
    days = {"from": _day(wanted.begin), "to": _day(wanted.end - timedelta(days=1))}
    written: bytes | None = None
    if output is Output.CSV:
        written = as_csv(items, chinese=chinese)
    elif output is Output.XLSX:
        # Thousands of lines take a second to zip: the loop must go on answering others.
        written = await asyncio.to_thread(as_xlsx, items, chinese=chinese, created=services.now())
    told: dict[str, Any] = {"format": output.value, "publication": body["publication"], "uses": len(items), **days}
    if written is not None:
        told |= {"bytes": len(written), "sha256": hashlib.sha256(written).hexdigest()}
    await services.audit.read(
        caller.actor, action="use_record.read", subject=subject, purpose=purpose, detail=told, organ_ids=organ_ids
    )
    if written is None:
        return json_answer({**days, **body})
    return Response(
        written,
        media_type=CSV_TYPE if output is Output.CSV else XLSX_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{output.value}"',
            "Cache-Control": "no-store",
        },
    )


def _day(begins_at: Any) -> date:
    """The fleet's day that begins at this moment."""
    return today(begins_at)
