"""`/drivers`. Phones are personal data: masked, and every look behind the mask is logged with its purpose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dependencies import PURPOSE_HEADER, Caller, Shared, requires, stated_purpose
from api.errors import problems
from api.registry import editing
from api.registry.checks import organ_reference
from api.registry.drivers.schemas import DriverForm, DriverPage, DriverShown
from api.registry.editing import Desk, IfMatch, Patch, merge_patch_of
from api.registry.paging import Cursor, Id, Limit, OrganQuery, after, page
from api.state import Services
from fleet.errors import NotAllowed, NotFound
from fleet.identity.permissions import Permission
from fleet.identity.scope import mask_phone
from fleet.model.records import DriverRecord
from fleet.registry.driver import driver_problems
from fleet.registry.problems import Problem
from fleet.store import records, rulings
from fleet.store.recompute import today
from fleet.store.tables import driver

router = APIRouter(tags=["registry"])

Reader = Annotated[Caller, requires(Permission.READ_DRIVERS)]
Writer = Annotated[Caller, requires(Permission.MANAGE_DRIVERS)]
Unmask = Annotated[bool, Query(description=f"Phones in full, for a purpose stated in `{PURPOSE_HEADER}`; logged")]
PurposeHeader = Annotated[str | None, Header(alias=PURPOSE_HEADER, description="Why phones are unmasked")]


def _shown(row: RowMapping, *, unmasked: bool = False) -> dict[str, Any]:
    values = {name: row[name] for name in ("id", "version", *DriverForm.model_fields)}
    values["organ"] = {"id": row["organ_id"], "name": row["organ_name"]}
    values["phone"] = row["phone"] if unmasked else mask_phone(row["phone"])
    return values


async def _show(connection: AsyncConnection, driver_id: int, caller: Caller, _: datetime) -> dict[str, Any] | None:
    row = await rulings.one_of_them(connection, rulings.drivers(caller.scope), driver.c.id, driver_id)
    return None if row is None else _shown(row)


async def _check(connection: AsyncConnection, form: DriverForm, caller: Caller, now: datetime) -> Sequence[Problem]:
    return [
        *driver_problems(DriverRecord(**form.model_dump()), today=today(now)),
        *await organ_reference(connection, caller, form.organ_id),
    ]


DESK = Desk(
    noun="driver",
    table=driver,
    form=DriverForm,
    values=lambda form: form.model_dump(),
    written=lambda row: {name: row[name] for name in DriverForm.model_fields},
    show=_show,
    check=_check,
)


async def _unmasking(
    services: Services, caller: Caller, purpose: str | None, subject: str, rows: Sequence[RowMapping]
) -> None:
    """Raises NotAllowed, or ApiProblem (400) without a purpose; else the look is logged before anything is shown."""
    if not caller.scope.unmask:
        raise NotAllowed(f"The role {caller.session.role.value} sees phones masked only.")
    await services.audit.read(
        caller.actor,
        action="driver.unmask",
        subject=subject,
        purpose=stated_purpose(purpose),
        detail={"drivers": [{"id": row["id"], "label": row["label"]} for row in rows]},
        organ_ids={row["organ_id"] for row in rows},
    )


@router.get("/drivers", summary="Drivers", response_model=DriverPage, responses=problems(400, 401, 403, 422))
async def list_drivers(
    services: Shared,
    caller: Reader,
    organ: OrganQuery = None,
    q: Annotated[str | None, Query(min_length=1, max_length=60, description="Part of the label")] = None,
    licence_class: Annotated[str | None, Query(max_length=4)] = None,
    retired: bool | None = None,
    unmask: Unmask = False,
    purpose: PurposeHeader = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """Drivers by id."""
    statement = rulings.drivers(caller.scope, organ_id=organ, retired=retired)
    if q is not None:
        statement = statement.where(driver.c.label.icontains(q, autoescape=True))
    if licence_class is not None:
        statement = statement.where(driver.c.licence_class == licence_class)
    async with services.database.begin() as connection:
        rows = await rulings.rows_of(connection, statement, driver.c.id, after=after(cursor), limit=limit + 1)
    if unmask:
        await _unmasking(services, caller, purpose, "drivers", rows[:limit])
    return page([_shown(row, unmasked=unmask) for row in rows], limit)


@router.get(
    "/drivers/{driver_id}",
    summary="One driver",
    response_model=DriverShown,
    responses=problems(400, 401, 403, 404, 422),
)
async def read_driver(
    services: Shared, caller: Reader, driver_id: Id, unmask: Unmask = False, purpose: PurposeHeader = None
) -> Response:
    """Its ETag is what a change needs."""
    async with services.database.begin() as connection:
        row = await rulings.one_of_them(connection, rulings.drivers(caller.scope), driver.c.id, driver_id)
        if row is None:
            raise NotFound(f"There is no driver {driver_id}.")
    if unmask:
        await _unmasking(services, caller, purpose, f"driver:{driver_id}", [row])
    return editing.tagged(_shown(row, unmasked=unmask))


@router.post(
    "/drivers",
    summary="Register a driver",
    status_code=201,
    response_model=DriverShown,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_driver(services: Shared, caller: Writer, form: DriverForm) -> Response:
    """A licence that has expired is a warning here, and a reason not to be assigned."""
    return await editing.create(DESK, services, caller, form, path="drivers")


@router.patch(
    "/drivers/{driver_id}",
    summary="Change a driver",
    response_model=DriverShown,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("DriverForm"),
)
async def change_driver(services: Shared, caller: Writer, driver_id: Id, version: IfMatch, patch: Patch) -> Response:
    """A driver who left gets `retired_on`."""
    masked = patch.get("phone")
    if isinstance(masked, str) and "*" in masked:
        async with services.database.begin() as connection:
            row = await records.fetch(connection, driver, driver_id)
        if row is not None and mask_phone(row["phone"]) == masked:
            patch = {name: value for name, value in patch.items() if name != "phone"}
    return await editing.change(DESK, services, caller, driver_id, version, patch)


@router.delete(
    "/drivers/{driver_id}",
    summary="Remove a driver who was entered by mistake",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
)
async def remove_driver(services: Shared, caller: Writer, driver_id: Id, version: IfMatch) -> Response:
    """Only where nothing refers to the driver; otherwise retire."""
    return await editing.remove(DESK, services, caller, driver_id, version)
