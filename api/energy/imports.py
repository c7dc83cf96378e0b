"""`/imports/fuel` and `/imports/charging`: what was bought, from sheets of card companies and operators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import Caller, Shared, requires
from api.energy.schemas import RecordKind, RecordReport
from api.errors import problems
from api.registry.sheets.importing import CSV_BODY, DryRun, Partial, import_body
from api.state import Services
from fleet.identity.permissions import Permission
from fleet.store import energy_records
from fleet.store.imports import Report

router = APIRouter(tags=["energy"])

Importer = Annotated[Caller, requires(Permission.IMPORT_ENERGY)]


@router.post(
    "/imports/fuel",
    summary="Import fuel-card records",
    response_model=RecordReport,
    responses=problems(400, 401, 403, 409, 413, 422),
    openapi_extra=CSV_BODY,
)
async def import_fuel(
    request: Request, services: Shared, caller: Importer, dry_run: DryRun = False, partial: Partial = False
) -> Response:
    """CSV with `卡号, 交易时间, 油品, 数量（升）, 金额（元）`, and `加油站, 号牌号码, 里程（公里）, 流水号` where
    known (`card, time, product, litres, cost_yuan`; `station, plate, odometer_km, number`). A card counts for the
    vehicle that it belonged to on that day (`/fuel-cards`). The same sheet again changes nothing; a record that
    says something else than the stored one is refused."""
    return await _import(request, services, caller, RecordKind.FUEL, dry_run=dry_run, partial=partial)


@router.post(
    "/imports/charging",
    summary="Import charging records",
    response_model=RecordReport,
    responses=problems(400, 401, 403, 409, 413, 422),
    openapi_extra=CSV_BODY,
)
async def import_charging(
    request: Request, services: Shared, caller: Importer, dry_run: DryRun = False, partial: Partial = False
) -> Response:
    """CSV with `号牌号码, 开始时间, 结束时间, 电量（千瓦时）`, and `金额（元）, 充电站, 流水号` where known (`plate,
    from, to, energy_kwh`; `cost_yuan, station, number`). Otherwise like fuel-card records."""
    return await _import(request, services, caller, RecordKind.CHARGING, dry_run=dry_run, partial=partial)


async def _import(
    request: Request, services: Services, caller: Caller, kind: RecordKind, *, dry_run: bool, partial: bool
) -> Response:
    async def run(connection: AsyncConnection, content: bytes) -> Report:
        return await energy_records.run(
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
