"""`/bindings`: which unit sits in which vehicle, and sat, and was found later to have sat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
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
from api.registry.checks import period_problems, vehicle_reference
from api.registry.editing import Desk, IfMatch, Patch, merge_patch_of
from api.registry.paging import Cursor, Id, IdQuery, Limit, after, page
from api.registry.units.schemas import BindingForm, BindingPage, BindingShown
from fleet.identity.permissions import Permission
from fleet.registry.problems import Problem, error
from fleet.store import bindings
from fleet.store.records import span
from fleet.store.tables import binding

router = APIRouter(tags=["registry"])

Reader = Annotated[Caller, requires(Permission.READ_REGISTRY)]
Writer = Annotated[Caller, requires(Permission.MANAGE_UNITS)]

EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)


def _values(form: BindingForm) -> dict[str, Any]:
    period = Range(form.begin, form.end, bounds="[)")
    return {"unit_id": form.unit_id, "vehicle_id": form.vehicle_id, "period": period, "note": form.note}


def _written(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in ("unit_id", "vehicle_id", "note")} | span(row["period"])


async def _show(connection: AsyncConnection, binding_id: int, caller: Caller, _: datetime) -> dict[str, Any] | None:
    row = await bindings.find_binding(connection, binding_id, scope=caller.scope)
    return None if row is None else dict(row)


async def _check(connection: AsyncConnection, form: BindingForm, caller: Caller, _: datetime) -> Sequence[Problem]:
    found = period_problems(form.begin, form.end)
    found += await vehicle_reference(connection, caller, [form.vehicle_id])
    if form.begin < EARLIEST:
        found.append(error("from", "out_of_range", "不得早于 2015 年", "Not before 2015"))
    retired_at = await bindings.retired_at(connection, form.unit_id)
    if retired_at is not None and (form.end is None or form.end > retired_at):
        zh, en = f"该终端已于 {retired_at:%Y-%m-%d} 停用", f"The unit is retired since {retired_at:%Y-%m-%d}"
        found.append(error("unit_id", "unit_retired", zh, en))
    return found


DESK = Desk(
    noun="binding",
    table=binding,
    form=BindingForm,
    values=_values,
    written=_written,
    show=_show,
    check=_check,
    wrote=bindings.wrote,
)


@router.get("/bindings", summary="Bindings", response_model=BindingPage, responses=problems(400, 401, 403, 422))
async def list_bindings(
    services: Shared,
    caller: Reader,
    unit: IdQuery = None,
    vehicle: IdQuery = None,
    at: Annotated[AwareDatetime | None, Query(description="Only those that held at this moment")] = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """Which unit sat in which vehicle, by id."""
    async with services.database.begin() as connection:
        rows = await bindings.list_bindings(
            connection,
            scope=caller.scope,
            unit_id=unit,
            vehicle_id=vehicle,
            at=at,
            after=after(cursor),
            limit=limit + 1,
        )
    return page([dict(row) for row in rows], limit)


@router.get(
    "/bindings/{binding_id}",
    summary="One binding",
    response_model=BindingShown,
    responses=problems(401, 403, 404, 422),
)
async def read_binding(services: Shared, caller: Reader, binding_id: Id) -> Response:
    """Its ETag is what a change needs."""
    return await editing.read(DESK, services, caller, binding_id)


@router.post(
    "/bindings",
    summary="Fit a unit to a vehicle",
    status_code=201,
    response_model=BindingShown,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_binding(services: Shared, caller: Writer, form: BindingForm) -> Response:
    """Entered late, it re-attributes what the unit said since then: the span is made again."""
    return await editing.create(DESK, services, caller, form, path="bindings")


@router.patch(
    "/bindings/{binding_id}",
    summary="Correct or end a binding",
    response_model=BindingShown,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("BindingForm"),
)
async def change_binding(services: Shared, caller: Writer, binding_id: Id, version: IfMatch, patch: Patch) -> Response:
    """What the correction touches in the past is made again, for both vehicles where it moved to another."""
    return await editing.change(DESK, services, caller, binding_id, version, patch)


@router.delete(
    "/bindings/{binding_id}",
    summary="Remove a binding that never was",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
)
async def remove_binding(services: Shared, caller: Writer, binding_id: Id, version: IfMatch) -> Response:
    """What the unit said in that time belongs to no vehicle then; the span is made again."""
    return await editing.remove(DESK, services, caller, binding_id, version)
