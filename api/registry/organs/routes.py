"""`/organs`."""

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
from api.registry.checks import division_problems, organ_reference
from api.registry.editing import Desk, IfMatch, Patch, merge_patch_of
from api.registry.organs.schemas import OrganForm, OrganPage, OrganShown
from api.registry.paging import Cursor, DivisionQuery, Id, Limit, after, page
from fleet.errors import Conflict
from fleet.identity.permissions import Permission
from fleet.model.records import OrganRecord
from fleet.model.registry import OrganKind
from fleet.registry.organ import organ_problems
from fleet.registry.problems import Problem
from fleet.store import registry
from fleet.store.recompute import today
from fleet.store.tables import organ
from fleet.store.vehicles import hangs_below

router = APIRouter(tags=["registry"])

Reader = Annotated[Caller, requires(Permission.READ_REGISTRY)]
Writer = Annotated[Caller, requires(Permission.MANAGE_ORGANS)]


def _written(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in OrganForm.model_fields}


async def _show(connection: AsyncConnection, organ_id: int, caller: Caller, _: datetime) -> dict[str, Any] | None:
    row = await registry.find_organ(connection, organ_id, scope=caller.scope)
    return None if row is None else dict(row)


async def _check(connection: AsyncConnection, form: OrganForm, caller: Caller, now: datetime) -> Sequence[Problem]:
    record = OrganRecord(**form.model_dump())
    found = [*organ_problems(record, today=today(now)), *division_problems(form.division)]
    if form.parent_id is not None:
        found += await organ_reference(connection, caller, form.parent_id, "parent_id")
    return found


async def _wrote(connection: AsyncConnection, before: RowMapping | None, row: RowMapping | None, _: datetime) -> None:
    if before is None or row is None or row["parent_id"] is None or row["parent_id"] == before["parent_id"]:
        return
    if await hangs_below(connection, row["id"], row["parent_id"]):
        raise Conflict(f"The organ {row['parent_id']} hangs below {row['id']}: an organ cannot be above itself.")


DESK = Desk(
    noun="organ",
    table=organ,
    form=OrganForm,
    values=lambda form: form.model_dump(),
    written=_written,
    show=_show,
    check=_check,
    wrote=_wrote,
)


@router.get("/organs", summary="Organs", response_model=OrganPage, responses=problems(400, 401, 403, 422))
async def list_organs(
    services: Shared,
    caller: Reader,
    division: DivisionQuery = None,
    kind: Annotated[list[OrganKind] | None, Query(description="May be given more than once")] = None,
    energy_saving: bool | None = None,
    parent: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only organs directly below this one")] = None,
    q: Annotated[str | None, Query(min_length=1, max_length=60, description="Part of the name or the code")] = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """The tree of organs as a list, by id."""
    wanted = registry.OrganFilter(
        division=division, kinds=tuple(kind or ()), energy_saving=energy_saving, parent=parent, q=q
    )
    async with services.database.begin() as connection:
        rows = await registry.list_organs(connection, wanted, scope=caller.scope, after=after(cursor), limit=limit + 1)
    return page([dict(row) for row in rows], limit)


@router.get(
    "/organs/{organ_id}", summary="One organ", response_model=OrganShown, responses=problems(401, 403, 404, 422)
)
async def read_organ(services: Shared, caller: Reader, organ_id: Id) -> Response:
    """One organ; its ETag is what a change needs."""
    return await editing.read(DESK, services, caller, organ_id)


@router.post(
    "/organs",
    summary="Register an organ",
    status_code=201,
    response_model=OrganShown,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_organ(services: Shared, caller: Writer, form: OrganForm) -> Response:
    """Everything but the city's root hangs below another organ."""
    return await editing.create(DESK, services, caller, form, path="organs")


@router.patch(
    "/organs/{organ_id}",
    summary="Change an organ",
    response_model=OrganShown,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("OrganForm"),
)
async def change_organ(services: Shared, caller: Writer, organ_id: Id, version: IfMatch, patch: Patch) -> Response:
    """An organ that is no more gets `retired_on`; its history stays."""
    return await editing.change(DESK, services, caller, organ_id, version, patch)


@router.delete(
    "/organs/{organ_id}",
    summary="Remove an organ that was entered by mistake",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
)
async def remove_organ(services: Shared, caller: Writer, organ_id: Id, version: IfMatch) -> Response:
    """Only where nothing refers to it; otherwise retire it."""
    return await editing.remove(DESK, services, caller, organ_id, version)
