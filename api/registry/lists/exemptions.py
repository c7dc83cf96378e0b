"""`/exemptions`: vehicles, or organs, whose trips need no order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime
from sqlalchemy import RowMapping
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.registry import editing
from api.registry.checks import organ_reference, period_problems, vehicle_reference
from api.registry.editing import Desk, IfMatch, Patch, merge_patch_of
from api.registry.lists.schemas import ExemptionForm, ExemptionPage, ExemptionShown
from api.registry.paging import Cursor, Id, IdQuery, Limit, OrganQuery, after, page
from fleet.identity.permissions import Permission
from fleet.model.rulings import ExemptionKind
from fleet.registry.problems import Problem, error
from fleet.store import rulings
from fleet.store.records import span
from fleet.store.tables import exemption

router = APIRouter(tags=["registry"])

Reader = Annotated[Caller, requires(Permission.READ_LISTS)]
Writer = Annotated[Caller, requires(Permission.MANAGE_LISTS)]


def _values(form: ExemptionForm) -> dict[str, Any]:
    return {
        **form.model_dump(include={"vehicle_id", "organ_id", "kind", "why"}),
        "period": Range(form.begin, form.end, bounds="[)"),
    }


def _written(row: RowMapping) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("vehicle_id", "organ_id", "kind", "why")},
        **span(row["period"]),
    }


def _shown(row: RowMapping) -> dict[str, Any]:
    return {"id": row["id"], "version": row["version"], **_written(row)}


async def _show(connection: AsyncConnection, record_id: int, caller: Caller, _: datetime) -> dict[str, Any] | None:
    row = await rulings.one_of_them(connection, rulings.exemptions(caller.scope), exemption.c.id, record_id)
    return None if row is None else _shown(row)


async def _check(connection: AsyncConnection, form: ExemptionForm, caller: Caller, _: datetime) -> Sequence[Problem]:
    found = period_problems(form.begin, form.end)
    if (form.vehicle_id is None) == (form.organ_id is None):
        found.append(error("vehicle_id", "one_subject", "请填写车辆或单位之一", "Either a vehicle or an organ"))
    if form.vehicle_id is not None:
        found += await vehicle_reference(connection, caller, [form.vehicle_id])
    if form.organ_id is not None:
        found += await organ_reference(connection, caller, form.organ_id)
    return found


async def _wrote(connection: AsyncConnection, before: RowMapping | None, row: RowMapping | None, now: datetime) -> None:
    await rulings.wrote_exemption(connection, before, row, now)


DESK = Desk(
    noun="exemption",
    table=exemption,
    form=ExemptionForm,
    values=_values,
    written=_written,
    show=_show,
    check=_check,
    wrote=_wrote,
)


@router.get("/exemptions", summary="Exemptions", response_model=ExemptionPage, responses=problems(400, 401, 403, 422))
async def list_exemptions(
    services: Shared,
    caller: Reader,
    vehicle: IdQuery = None,
    organ: OrganQuery = None,
    kind: Annotated[ExemptionKind | None, Query(description="`duty`: the duty rosters")] = None,
    at: Annotated[AwareDatetime | None, Query(description="Only those that held at this moment")] = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """By id; those of an organ hold for everything below it."""
    statement = rulings.exemptions(caller.scope, vehicle_id=vehicle, organ_id=organ, kind=kind, at=at)
    async with services.database.begin() as connection:
        rows = await rulings.rows_of(connection, statement, exemption.c.id, after=after(cursor), limit=limit + 1)
    return page([_shown(row) for row in rows], limit)


@router.get(
    "/exemptions/{exemption_id}",
    summary="One exemption",
    response_model=ExemptionShown,
    responses=problems(401, 403, 404, 422),
)
async def read_exemption(services: Shared, caller: Reader, exemption_id: Id) -> Response:
    """Its ETag is what a change needs."""
    return await editing.read(DESK, services, caller, exemption_id)


@router.post(
    "/exemptions",
    summary="Exempt a vehicle or an organ",
    status_code=201,
    response_model=ExemptionShown,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_exemption(services: Shared, caller: Writer, form: ExemptionForm) -> Response:
    """One that begins in the past has that span judged again; the older verdicts are kept and listed."""
    return await editing.create(DESK, services, caller, form, path="exemptions")


@router.patch(
    "/exemptions/{exemption_id}",
    summary="Change an exemption",
    response_model=ExemptionShown,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("ExemptionForm"),
)
async def change_exemption(
    services: Shared, caller: Writer, exemption_id: Id, version: IfMatch, patch: Patch
) -> Response:
    """What it touches in the past is judged again."""
    return await editing.change(DESK, services, caller, exemption_id, version, patch)


@router.delete(
    "/exemptions/{exemption_id}",
    summary="Remove an exemption that was entered by mistake",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
)
async def remove_exemption(services: Shared, caller: Writer, exemption_id: Id, version: IfMatch) -> Response:
    """One that held for a time is ended by `to`."""
    return await editing.remove(DESK, services, caller, exemption_id, version)
