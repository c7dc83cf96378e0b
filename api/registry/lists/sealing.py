"""`/sealing-lists`: vehicles that stand sealed over a holiday."""

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
from api.registry.lists.schemas import SealingForm, SealingPage, SealingShown
from api.registry.paging import Cursor, Id, Limit, OrganQuery, after, page
from fleet.identity.permissions import Permission
from fleet.registry.problems import Problem
from fleet.store import rulings
from fleet.store.records import span
from fleet.store.tables import sealing_list

router = APIRouter(tags=["registry"])

Reader = Annotated[Caller, requires(Permission.READ_LISTS)]
Writer = Annotated[Caller, requires(Permission.MANAGE_LISTS)]


def _values(form: SealingForm) -> dict[str, Any]:
    return {
        **form.model_dump(include={"organ_id", "name", "why"}),
        "period": Range(form.begin, form.end, bounds="[)"),
    }


def _written(row: RowMapping) -> dict[str, Any]:
    return {**{name: row[name] for name in ("organ_id", "name", "why")}, **span(row["period"])}


def _shown(row: RowMapping) -> dict[str, Any]:
    return {"id": row["id"], "version": row["version"], "vehicle_ids": row["vehicle_ids"], **_written(row)}


async def _show(connection: AsyncConnection, record_id: int, caller: Caller, _: datetime) -> dict[str, Any] | None:
    row = await rulings.one_of_them(connection, rulings.sealing_lists(caller.scope), sealing_list.c.id, record_id)
    return None if row is None else _shown(row)


async def _check(connection: AsyncConnection, form: SealingForm, caller: Caller, _: datetime) -> Sequence[Problem]:
    return [
        *period_problems(form.begin, form.end),
        *await organ_reference(connection, caller, form.organ_id),
        *await vehicle_reference(connection, caller, form.vehicle_ids, "vehicle_ids"),
    ]


async def _beside(connection: AsyncConnection, list_id: int) -> dict[str, Any]:
    return {"vehicle_ids": await rulings.listed_vehicles(connection, list_id)}


async def _wrote(connection: AsyncConnection, before: RowMapping | None, row: RowMapping | None, now: datetime) -> None:
    if before is not None and row is None:
        await rulings.unseal(connection, before, now)


DESK = Desk(
    noun="sealing list",
    table=sealing_list,
    form=SealingForm,
    values=_values,
    written=_written,
    show=_show,
    check=_check,
    wrote=_wrote,
    beside=_beside,
)


@router.get(
    "/sealing-lists", summary="Sealing lists", response_model=SealingPage, responses=problems(400, 401, 403, 422)
)
async def list_lists(
    services: Shared,
    caller: Reader,
    organ: OrganQuery = None,
    at: Annotated[AwareDatetime | None, Query(description="Only those that held at this moment")] = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """By id, each with its vehicles."""
    statement = rulings.sealing_lists(caller.scope, organ_id=organ, at=at)
    async with services.database.begin() as connection:
        rows = await rulings.rows_of(connection, statement, sealing_list.c.id, after=after(cursor), limit=limit + 1)
    return page([_shown(row) for row in rows], limit)


@router.get(
    "/sealing-lists/{list_id}",
    summary="One sealing list",
    response_model=SealingShown,
    responses=problems(401, 403, 404, 422),
)
async def read_list(services: Shared, caller: Reader, list_id: Id) -> Response:
    """Its ETag is what a change needs."""
    return await editing.read(DESK, services, caller, list_id)


@router.post(
    "/sealing-lists",
    summary="Seal vehicles for a time",
    status_code=201,
    response_model=SealingShown,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_list(services: Shared, caller: Writer, form: SealingForm) -> Response:
    """One that begins in the past has that span judged again for its vehicles."""

    async def wrote(
        connection: AsyncConnection, before: RowMapping | None, row: RowMapping | None, now: datetime
    ) -> None:
        assert row is not None
        await rulings.seal(connection, row["id"], form.vehicle_ids, before=before, after=row, now=now)

    return await editing.create(DESK, services, caller, form, path="sealing-lists", wrote=wrote)


@router.patch(
    "/sealing-lists/{list_id}",
    summary="Change a sealing list",
    response_model=SealingShown,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("SealingForm"),
)
async def change_list(services: Shared, caller: Writer, list_id: Id, version: IfMatch, patch: Patch) -> Response:
    """`vehicle_ids` replaces the whole list; who came or went is judged again."""
    merged: list[SealingForm] = []

    def settled(form: SealingForm) -> SealingForm:
        merged.append(form)
        return form

    async def wrote(
        connection: AsyncConnection, before: RowMapping | None, row: RowMapping | None, now: datetime
    ) -> None:
        assert row is not None
        await rulings.seal(connection, list_id, merged[0].vehicle_ids, before=before, after=row, now=now)

    return await editing.change(DESK, services, caller, list_id, version, patch, wrote=wrote, settled=settled)


@router.delete(
    "/sealing-lists/{list_id}",
    summary="Remove a sealing list that was entered by mistake",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
)
async def remove_list(services: Shared, caller: Writer, list_id: Id, version: IfMatch) -> Response:
    """One that held for a time is ended by `to`."""
    return await editing.remove(DESK, services, caller, list_id, version)
