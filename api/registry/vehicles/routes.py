"""`/vehicles`."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.datum import Datum, DatumQuery
from api.dependencies import Caller, Shared, requires
from api.errors import ApiProblem, problems
from api.registry import editing
from api.registry.editing import IfMatch, Patch, merge_patch_of
from api.registry.paging import Cursor, DivisionQuery, Id, Limit, OrganQuery, after, page
from api.registry.vehicles.desk import DESK, listed
from api.registry.vehicles.schemas import History, VehicleDetail, VehicleForm, VehiclePage
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.model.registry import Energy, Management, VehicleStatus, VehicleUse
from fleet.store import history, registry, vehicles
from fleet.store.recompute import today

router = APIRouter(tags=["registry"])

Reader = Annotated[Caller, requires(Permission.READ_REGISTRY)]
Writer = Annotated[Caller, requires(Permission.MANAGE_VEHICLES)]

EffectiveOn = Annotated[
    date | None,
    Query(
        description="The day (Asia/Shanghai) from which organ, division, use, management, energy and status are so; "
        "default: today. A day in the past has the figures since then made again."
    ),
]


def _effective(day: date | None, current: date) -> date:
    if day is not None and not date(1990, 1, 1) <= day <= current:
        raise ApiProblem(
            422, "invalid-request", "Invalid request", "query.effective_on: today or earlier; enter it on the day."
        )
    return day or current


@router.get("/vehicles", summary="Vehicles", response_model=VehiclePage, responses=problems(400, 401, 403, 422))
async def list_vehicles(
    services: Shared,
    caller: Reader,
    organ: OrganQuery = None,
    division: DivisionQuery = None,
    use: Annotated[list[VehicleUse] | None, Query(description="May be given more than once")] = None,
    management: Annotated[list[Management] | None, Query(description="May be given more than once")] = None,
    energy: Annotated[list[Energy] | None, Query(description="May be given more than once")] = None,
    new_energy: bool | None = None,
    status: Annotated[list[VehicleStatus] | None, Query(description="May be given more than once")] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=60,
            description="Part of the plate; case, spaces and the dot do not matter",
            examples=["云D·123"],
        ),
    ] = None,
    as_of: Annotated[
        date | None,
        Query(description="Organ, division, use, management, energy and status as of this day (Asia/Shanghai)"),
    ] = None,
    datum: DatumQuery = Datum.WGS84,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """Vehicles by id. Confidential ones exist for the roles administrator, supervisor and auditor only."""
    wanted = registry.VehicleFilter(
        organ=organ,
        division=division,
        uses=tuple(use or ()),
        managements=tuple(management or ()),
        energies=tuple(energy or ()),
        new_energy=new_energy,
        statuses=tuple(status or ()),
        q=q,
    )
    async with services.database.begin() as connection:
        rows = await registry.list_vehicles(
            connection,
            wanted,
            scope=caller.scope,
            at=services.now(),
            as_of=as_of,
            after=after(cursor),
            limit=limit + 1,
        )
    return page(listed(rows, datum), limit)


@router.get(
    "/vehicles/{vehicle_id}",
    summary="One vehicle",
    response_model=VehicleDetail,
    responses=problems(401, 403, 404, 422),
)
async def read_vehicle(services: Shared, caller: Reader, vehicle_id: Id, datum: DatumQuery = Datum.WGS84) -> Response:
    """One vehicle with the units that sat in it; its ETag is what a change needs."""
    async with services.database.begin() as connection:
        row = await registry.find_vehicle(connection, vehicle_id, scope=caller.scope, at=services.now())
        if row is None:
            raise NotFound(f"There is no vehicle {vehicle_id}.")
        bindings = await registry.list_bindings(connection, vehicle_id)
    return editing.tagged({**listed([row], datum)[0], "bindings": [dict(binding) for binding in bindings]})


@router.get(
    "/vehicles/{vehicle_id}/history",
    summary="What a vehicle was on any day",
    response_model=History,
    responses=problems(401, 403, 404, 422),
)
async def read_history(services: Shared, caller: Reader, vehicle_id: Id) -> Response:
    """Organ, division, use, management, energy and status, oldest first."""
    async with services.database.begin() as connection:
        if await registry.find_vehicle(connection, vehicle_id, scope=caller.scope, at=services.now()) is None:
            raise NotFound(f"There is no vehicle {vehicle_id}.")
        entries = await history.read(connection, vehicle_id)
    return json_answer({"items": entries})


@router.post(
    "/vehicles",
    summary="Register a vehicle",
    status_code=201,
    response_model=VehicleDetail,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_vehicle(
    services: Shared, caller: Writer, form: VehicleForm, effective_on: EffectiveOn = None
) -> Response:
    """Its history begins on `effective_on`; by default on the day it was registered, or bought, or today."""
    current = today(services.now())
    first = _effective(effective_on or form.registered_on or form.purchased_on, current)

    async def wrote(connection: AsyncConnection, _: object, row: RowMapping | None, __: object) -> None:
        assert row is not None
        await vehicles.registered(connection, row, first=first)

    return await editing.create(DESK, services, caller, form, path="vehicles", wrote=wrote)


@router.patch(
    "/vehicles/{vehicle_id}",
    summary="Change a vehicle",
    response_model=VehicleDetail,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("VehicleForm"),
)
async def change_vehicle(
    services: Shared,
    caller: Writer,
    vehicle_id: Id,
    version: IfMatch,
    patch: Patch,
    effective_on: EffectiveOn = None,
) -> Response:
    """What it is from a day on goes into its history; retiring it also notes that day, unless another is given."""
    now = services.now()
    since = _effective(effective_on, today(now))

    def settled(form: VehicleForm) -> VehicleForm:
        if form.status is VehicleStatus.RETIRED and form.retired_on is None:
            return form.model_copy(update={"retired_on": since})
        return form

    async def wrote(connection: AsyncConnection, before: RowMapping | None, row: RowMapping | None, _: object) -> None:
        assert before is not None
        assert row is not None
        await vehicles.changed(connection, before, row, effective_on=since, now=now)

    return await editing.change(DESK, services, caller, vehicle_id, version, patch, wrote=wrote, settled=settled)


@router.delete(
    "/vehicles/{vehicle_id}",
    summary="Remove a vehicle that was entered by mistake",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
)
async def remove_vehicle(services: Shared, caller: Writer, vehicle_id: Id, version: IfMatch) -> Response:
    """Only where nothing refers to it: no unit ever sat in it, no card, no list. Otherwise retire it."""
    return await editing.remove(DESK, services, caller, vehicle_id, version)
