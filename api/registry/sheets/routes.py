"""`/imports/{kind}` and `/exports/{kind}.csv`."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import Caller, Purpose, Shared, requires
from api.errors import ApiProblem, problems
from api.registry.sheets.importing import CSV_BODY, PATIENCE_S, DryRun, Partial, import_body
from api.registry.sheets.schemas import Headers, ImportReport, SheetKind
from fleet.errors import NotAllowed
from fleet.identity.permissions import Permission
from fleet.identity.scope import mask_phone
from fleet.store import imports
from fleet.store.recompute import today

router = APIRouter(tags=["registry"])

CSV_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "The sheet", "content": {"text/csv": {"schema": {"type": "string"}}}}
}

HeadersQuery = Annotated[Headers, Query(description="Language of the header and of the values")]


@router.post(
    "/imports/{kind}",
    summary="Import a sheet",
    response_model=ImportReport,
    responses=problems(400, 401, 403, 409, 413, 422),
    openapi_extra=CSV_BODY,
)
async def import_sheet(
    request: Request,
    services: Shared,
    caller: Annotated[Caller, requires(Permission.IMPORT_REGISTRY)],
    kind: SheetKind,
    dry_run: DryRun = False,
    partial: Partial = False,
    effective_on: Annotated[
        date | None, Query(description="The day since when changes of organ, use, status, … are so; default: today")
    ] = None,
) -> Response:
    """CSV in UTF-8 or GB18030, its header in Chinese or English; rows are matched by plate or VIN, code, or label.

    All or nothing: with a refused row nothing is stored (`applied` is false), unless `partial`. The same sheet again
    changes nothing.
    """
    if not caller.scope.everywhere:
        raise NotAllowed("A sheet concerns the whole city; this account, or its token, is limited to a part of it.")
    now = services.now()
    if effective_on is not None and effective_on > today(now):
        raise ApiProblem(422, "invalid-request", "Invalid request", "query.effective_on: today or earlier.")

    async def run(connection: AsyncConnection, content: bytes) -> imports.Report:
        return await imports.run(
            connection,
            kind.value,
            content,
            dry_run=dry_run,
            partial=partial,
            effective_on=effective_on,
            account=caller.actor,
            mask=mask_phone,
            now=now,
        )

    return await import_body(request, services, run)


async def _export(services: Shared, caller: Caller, kind: SheetKind, headers: Headers, purpose: str) -> Response:
    async with services.database.begin(within_s=PATIENCE_S) as connection:
        content = await imports.export(
            connection, kind.value, scope=caller.scope, mask=mask_phone, chinese=headers is Headers.ZH
        )
    await services.audit.read(
        caller.actor,
        action=f"export.{kind.value}",
        subject=kind.value,
        purpose=purpose,
        detail={"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()},
    )
    disposition = f'attachment; filename="{kind.value}.csv"'
    return Response(
        content,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )


@router.get(
    "/exports/organs.csv", summary="Organs as a sheet", responses={**CSV_ANSWER, **problems(400, 401, 403, 422)}
)
async def export_organs(
    services: Shared,
    caller: Annotated[Caller, requires(Permission.READ_REGISTRY)],
    purpose: Purpose,
    headers: HeadersQuery = Headers.ZH,
) -> Response:
    """Importing it again changes nothing. Exports need a purpose, which goes into the audit log."""
    return await _export(services, caller, SheetKind.ORGANS, headers, purpose)


@router.get(
    "/exports/vehicles.csv", summary="Vehicles as a sheet", responses={**CSV_ANSWER, **problems(400, 401, 403, 422)}
)
async def export_vehicles(
    services: Shared,
    caller: Annotated[Caller, requires(Permission.READ_REGISTRY)],
    purpose: Purpose,
    headers: HeadersQuery = Headers.ZH,
) -> Response:
    """Importing it again changes nothing. Confidential vehicles are in it for those who may see them."""
    return await _export(services, caller, SheetKind.VEHICLES, headers, purpose)


@router.get(
    "/exports/drivers.csv", summary="Drivers as a sheet", responses={**CSV_ANSWER, **problems(400, 401, 403, 422)}
)
async def export_drivers(
    services: Shared,
    caller: Annotated[Caller, requires(Permission.READ_DRIVERS)],
    purpose: Purpose,
    headers: HeadersQuery = Headers.ZH,
) -> Response:
    """Phones are masked; importing it again leaves them as they are."""
    return await _export(services, caller, SheetKind.DRIVERS, headers, purpose)
