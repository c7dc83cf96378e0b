"""`/units`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.registry import editing
from api.registry.checks import division_problems
from api.registry.editing import Desk, IfMatch, Patch, merge_patch_of
from api.registry.paging import Cursor, DivisionQuery, Id, Limit, after, page
from api.registry.units.schemas import UnitForm, UnitPage, UnitShown
from fleet.errors import NotAllowed
from fleet.identity.permissions import Permission
from fleet.registry.problems import Problem, Refused, error
from fleet.store import bindings, registry
from fleet.store.tables import unit

router = APIRouter(tags=["registry"])

Reader = Annotated[Caller, requires(Permission.READ_REGISTRY)]
Writer = Annotated[Caller, requires(Permission.MANAGE_UNITS)]


async def _show(connection: AsyncConnection, unit_id: int, caller: Caller, now: datetime) -> dict[str, Any] | None:
    row = await registry.find_unit(connection, unit_id, scope=caller.scope, at=now)
    return None if row is None else dict(row)


async def _check(_: AsyncConnection, form: UnitForm, __: Caller, ___: datetime) -> Sequence[Problem]:
    return division_problems(form.division)


async def _wrote(connection: AsyncConnection, before: RowMapping | None, row: RowMapping | None, _: datetime) -> None:
    if before is None or row is None:
        return
    if before["code"] != row["code"]:
        zh, en = "终端编码不可更改：请停用后另行登记", "A unit keeps its code: retire it and register another"
        raise Refused([error("code", "code_fixed", zh, en)])
    if row["retired_at"] is not None and await bindings.is_bound(connection, row["id"], row["retired_at"]):
        zh, en = "该终端仍安装在车辆上：请先结束绑定", "It still sits in a vehicle then: end the binding first"
        raise Refused([error("retired_at", "still_bound", zh, en)])


DESK = Desk(
    noun="unit",
    table=unit,
    form=UnitForm,
    values=lambda form: form.model_dump(),
    written=lambda row: {name: row[name] for name in UnitForm.model_fields},
    show=_show,
    check=_check,
    wrote=_wrote,
)


@router.get("/units", summary="Onboard units", response_model=UnitPage, responses=problems(400, 401, 403, 422))
async def list_units(
    services: Shared,
    caller: Reader,
    division: DivisionQuery = None,
    online: bool | None = None,
    bound: Annotated[bool | None, Query(description="Whether it sits in a vehicle now")] = None,
    q: Annotated[str | None, Query(min_length=1, max_length=60, description="Part of the code")] = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """Units in use by id, each with its vehicle and when it was heard last."""
    now = services.now()
    if online is not None and not caller.scope.holds_moment(now):
        raise NotAllowed("This access token is for a period; who is online now is outside it.")
    wanted = registry.UnitFilter(division=division, online=online, bound=bound, q=q)
    async with services.database.begin() as connection:
        rows = await registry.list_units(
            connection, wanted, scope=caller.scope, at=now, after=after(cursor), limit=limit + 1
        )
    return page([dict(row) for row in rows], limit)


@router.get("/units/{unit_id}", summary="One unit", response_model=UnitShown, responses=problems(401, 403, 404, 422))
async def read_unit(services: Shared, caller: Reader, unit_id: Id) -> Response:
    """One unit, retired ones too; its ETag is what a change needs."""
    return await editing.read(DESK, services, caller, unit_id)


@router.post(
    "/units",
    summary="Register a unit",
    status_code=201,
    response_model=UnitShown,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_unit(services: Shared, caller: Writer, form: UnitForm) -> Response:
    """Ingest takes its messages within a second; fit it to a vehicle with `POST /bindings`."""
    return await editing.create(DESK, services, caller, form, path="units")


@router.patch(
    "/units/{unit_id}",
    summary="Change a unit",
    response_model=UnitShown,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("UnitForm"),
)
async def change_unit(services: Shared, caller: Writer, unit_id: Id, version: IfMatch, patch: Patch) -> Response:
    """Its home division, or since when it is used no more."""
    return await editing.change(DESK, services, caller, unit_id, version, patch)


@router.delete(
    "/units/{unit_id}",
    summary="Remove a unit that was entered by mistake",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
)
async def remove_unit(services: Shared, caller: Writer, unit_id: Id, version: IfMatch) -> Response:
    """Only where it never sat in a vehicle and has no broker account; otherwise retire it."""
    return await editing.remove(DESK, services, caller, unit_id, version)
