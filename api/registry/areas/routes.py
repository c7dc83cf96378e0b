"""`/areas`: designated parking, depots, restricted places, stations. WGS-84 in and out."""

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
from api.registry.areas.schemas import AreaForm, AreaPage, AreaShown
from api.registry.checks import organ_reference, period_problems
from api.registry.editing import Desk, IfMatch, Patch, merge_patch_of
from api.registry.paging import Cursor, Id, Limit, OrganQuery, after, page
from fleet.identity.permissions import Permission
from fleet.model.rulings import AreaPurpose
from fleet.registry.area import Shape, shape_problems
from fleet.registry.problems import Problem
from fleet.store import rulings
from fleet.store.records import span
from fleet.store.tables import area

router = APIRouter(tags=["registry"])

Reader = Annotated[Caller, requires(Permission.READ_REGISTRY)]
Writer = Annotated[Caller, requires(Permission.MANAGE_AREAS)]


def _shape(form: AreaForm) -> Shape:
    ring = None
    if form.polygon is not None:
        points = [(round(place.lat * 1e7), round(place.lon * 1e7)) for place in form.polygon]
        ring = tuple(points[:-1] if len(points) > 1 and points[0] == points[-1] else points)  # closed rings are usual
    if form.circle is None:
        return Shape(ring=ring)
    centre = (round(form.circle.lat * 1e7), round(form.circle.lon * 1e7))
    return Shape(ring=ring, centre=centre, radius_m=form.circle.radius_m)


def _values(form: AreaForm) -> dict[str, Any]:
    shape = _shape(form)
    return {
        "name": form.name,
        "purpose": form.purpose,
        "category": form.category,
        "organ_id": form.organ_id,
        "ring_lat_e7": None if shape.ring is None else [lat for lat, _ in shape.ring],
        "ring_lon_e7": None if shape.ring is None else [lon for _, lon in shape.ring],
        "centre_lat_e7": None if shape.centre is None else shape.centre[0],
        "centre_lon_e7": None if shape.centre is None else shape.centre[1],
        "radius_m": shape.radius_m,
        "period": Range(form.begin, form.end, bounds="[)"),
    }


def _written(row: RowMapping) -> dict[str, Any]:
    polygon = circle = None
    if row["ring_lat_e7"] is not None:
        points = zip(row["ring_lat_e7"], row["ring_lon_e7"], strict=True)
        polygon = [{"lat": lat / 1e7, "lon": lon / 1e7} for lat, lon in points]
    else:
        place = {"lat": row["centre_lat_e7"] / 1e7, "lon": row["centre_lon_e7"] / 1e7}
        circle = {**place, "radius_m": row["radius_m"]}
    named = {name: row[name] for name in ("name", "purpose", "category", "organ_id")}
    return {**named, "polygon": polygon, "circle": circle, **span(row["period"])}


def _shown(row: RowMapping) -> dict[str, Any]:
    return {"id": row["id"], "version": row["version"], **_written(row)}


async def _show(connection: AsyncConnection, area_id: int, caller: Caller, _: datetime) -> dict[str, Any] | None:
    row = await rulings.one_of_them(connection, rulings.areas(caller.scope), area.c.id, area_id)
    return None if row is None else _shown(row)


async def _check(connection: AsyncConnection, form: AreaForm, caller: Caller, _: datetime) -> Sequence[Problem]:
    return [
        *shape_problems(_shape(form)),
        *period_problems(form.begin, form.end),
        *await organ_reference(connection, caller, form.organ_id),
    ]


async def _wrote(connection: AsyncConnection, before: RowMapping | None, row: RowMapping | None, now: datetime) -> None:
    await rulings.wrote_area(connection, before, row, now)


DESK = Desk(
    noun="area",
    table=area,
    form=AreaForm,
    values=_values,
    written=_written,
    show=_show,
    check=_check,
    wrote=_wrote,
    names={"shape": "polygon", "radius_m": "circle"},
)


@router.get("/areas", summary="Areas", response_model=AreaPage, responses=problems(400, 401, 403, 422))
async def list_areas(
    services: Shared,
    caller: Reader,
    purpose: Annotated[list[AreaPurpose] | None, Query(description="May be given more than once")] = None,
    organ: OrganQuery = None,
    at: Annotated[AwareDatetime | None, Query(description="Only those that held at this moment")] = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """Areas by id; those for the whole city are everybody's."""
    statement = rulings.areas(caller.scope, purposes=tuple(purpose or ()), organ_id=organ, at=at)
    async with services.database.begin() as connection:
        rows = await rulings.rows_of(connection, statement, area.c.id, after=after(cursor), limit=limit + 1)
    return page([_shown(row) for row in rows], limit)


@router.get("/areas/{area_id}", summary="One area", response_model=AreaShown, responses=problems(401, 403, 404, 422))
async def read_area(services: Shared, caller: Reader, area_id: Id) -> Response:
    """Its ETag is what a change needs."""
    return await editing.read(DESK, services, caller, area_id)


@router.post(
    "/areas",
    summary="Draw an area",
    status_code=201,
    response_model=AreaShown,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_area(services: Shared, caller: Writer, form: AreaForm) -> Response:
    """A polygon or a circle. One that begins in the past has that span judged again for the vehicles it concerns."""
    return await editing.create(DESK, services, caller, form, path="areas")


@router.patch(
    "/areas/{area_id}",
    summary="Change an area",
    response_model=AreaShown,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("AreaForm"),
)
async def change_area(services: Shared, caller: Writer, area_id: Id, version: IfMatch, patch: Patch) -> Response:
    """A border that moves from a day on is two areas: end this one, and draw the next."""
    return await editing.change(DESK, services, caller, area_id, version, patch)


@router.delete(
    "/areas/{area_id}",
    summary="Remove an area that was drawn by mistake",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
)
async def remove_area(services: Shared, caller: Writer, area_id: Id, version: IfMatch) -> Response:
    """Only where no vehicle has it as its parking; one that held for a time is ended by `to`."""
    return await editing.remove(DESK, services, caller, area_id, version)
