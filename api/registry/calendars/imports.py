"""`/imports/calendar` and `/imports/duty-roster`: lists that the rules go by, from sheets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.registry.calendars.schemas import ListKind, ListReport
from api.registry.sheets.importing import CSV_BODY, DryRun, Partial, import_body
from api.state import Services
from fleet.identity.permissions import Permission
from fleet.store import calendars
from fleet.store.imports import Report

router = APIRouter(tags=["registry"])

Writer = Annotated[Caller, requires(Permission.MANAGE_LISTS)]


@router.post(
    "/imports/calendar",
    summary="Import calendar entries",
    response_model=ListReport,
    responses=problems(400, 401, 403, 409, 413, 422),
    openapi_extra=CSV_BODY,
)
async def import_calendar(
    request: Request, services: Shared, caller: Writer, dry_run: DryRun = False, partial: Partial = False
) -> Response:
    """CSV with `日期, 单位编码, 上班, 名称` (`day, organ_code, worked, name`), matched by organ and day; without an
    organ's code the whole city. All or nothing, unless `partial`."""
    return await _import(request, services, caller, ListKind.CALENDAR, dry_run=dry_run, partial=partial)


@router.post(
    "/imports/duty-roster",
    summary="Import a duty roster",
    response_model=ListReport,
    responses=problems(400, 401, 403, 409, 413, 422),
    openapi_extra=CSV_BODY,
)
async def import_roster(
    request: Request, services: Shared, caller: Writer, dry_run: DryRun = False, partial: Partial = False
) -> Response:
    """CSV with `号牌号码, 开始时间, 结束时间, 事由` (`plate, from, to, why`), matched by vehicle and beginning. Each
    row becomes an exemption of the kind `duty`. What is entered after a trip explains it only as a deviation."""
    return await _import(request, services, caller, ListKind.DUTY_ROSTER, dry_run=dry_run, partial=partial)


async def _import(
    request: Request, services: Services, caller: Caller, kind: ListKind, *, dry_run: bool, partial: bool
) -> Response:
    async def run(connection: AsyncConnection, content: bytes) -> Report:
        return await calendars.run(
            connection,
            kind.value,
            content,
            scope=caller.scope,
            dry_run=dry_run,
            partial=partial,
            account=caller.actor,
            now=services.now(),
        )

    return await import_body(request, services, run)
