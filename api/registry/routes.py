"""`/organs`, `/vehicles`, `/units`: reads only for now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from sqlalchemy import RowMapping

from api.answers import json_answer
from api.cursors import decode_cursor, encode_cursor
from api.datum import Datum, DatumQuery
from api.dependencies import Asker, Shared
from api.errors import problems
from api.registry.schemas import OrganPage, UnitPage, VehicleDetail, VehiclePage
from fleet.errors import NotFound
from fleet.geography.datum import wgs84_to_gcj02
from fleet.identity.roles import Right, may
from fleet.model.registry import NEW_ENERGY, Energy, Management, OrganKind, VehicleStatus, VehicleUse
from fleet.store import registry

router = APIRouter(tags=["registry"])

MOST = 6_000

Limit = Annotated[int, Query(ge=1, le=MOST, description="Items in a page; the whole fleet fits into one")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before")]
DivisionQuery = Annotated[int | None, Query(ge=0, le=999_999, description="Home division", examples=[530302])]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Search = Annotated[str | None, Query(min_length=1, max_length=60)]


def _page(rows: list[dict[str, Any]], limit: int) -> Response:
    """A page from up to `limit` + 1 rows: the one too many says that there is a next page."""
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = encode_cursor(rows[-1]["id"]) if more else None
    return json_answer({"items": rows, "next_cursor": cursor})


def _after(cursor: str | None) -> int:
    return 0 if cursor is None else decode_cursor(cursor, int)


@router.get("/organs", summary="Organs", response_model=OrganPage, responses=problems(400, 401, 422))
async def list_organs(
    services: Shared,
    asker: Asker,
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
        rows = await registry.list_organs(connection, wanted, after=_after(cursor), limit=limit + 1)
    return _page([dict(row) for row in rows], limit)


@router.get("/vehicles", summary="Vehicles", response_model=VehiclePage, responses=problems(400, 401, 422))
async def list_vehicles(
    services: Shared,
    asker: Asker,
    organ: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Only vehicles of this organ or of one below it")
    ] = None,
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
        see_confidential=may(asker.role, Right.SEE_CONFIDENTIAL),
    )
    async with services.database.begin() as connection:
        rows = await registry.list_vehicles(
            connection, wanted, at=services.now(), after=_after(cursor), limit=limit + 1
        )
    return _page(_vehicles(rows, datum), limit)


@router.get(
    "/vehicles/{vehicle_id}", summary="One vehicle", response_model=VehicleDetail, responses=problems(401, 404, 422)
)
async def read_vehicle(services: Shared, asker: Asker, vehicle_id: Id, datum: DatumQuery = Datum.WGS84) -> Response:
    """One vehicle with the units that sat in it."""
    async with services.database.begin() as connection:
        row = await registry.find_vehicle(
            connection,
            vehicle_id,
            at=services.now(),
            see_confidential=may(asker.role, Right.SEE_CONFIDENTIAL),
        )
        if row is None:
            raise NotFound(f"There is no vehicle {vehicle_id}.")
        bindings = await registry.list_bindings(connection, vehicle_id)
    return json_answer({**_vehicles([row], datum)[0], "bindings": [dict(binding) for binding in bindings]})


def _vehicles(rows: Sequence[RowMapping], datum: Datum) -> list[dict[str, Any]]:
    shown = [_vehicle(row) for row in rows]
    placed = [vehicle["parking"] for vehicle in shown if vehicle["parking"] is not None]
    if datum is Datum.GCJ02 and placed:
        lat, lon = wgs84_to_gcj02(
            np.array([place["lat"] for place in placed]), np.array([place["lon"] for place in placed])
        )
        for place, place_lat, place_lon in zip(placed, lat.round(7).tolist(), lon.round(7).tolist(), strict=True):
            place.update(lat=place_lat, lon=place_lon)
    return shown


def _vehicle(row: RowMapping) -> dict[str, Any]:
    parked = row["parking_lat_e7"] is not None and row["parking_lon_e7"] is not None
    return {
        "id": row["id"],
        "plate": row["plate"],
        "vin": row["vin"],
        "organ": {"id": row["organ_id"], "name": row["organ_name"]},
        "division": row["division"],
        "use": row["use"],
        "management": row["management"],
        "energy": row["energy"],
        "new_energy": row["energy"] in NEW_ENERGY,
        "status": row["status"],
        "body": row["body"],
        "seats": row["seats"],
        "tank_l": None if row["tank_ml"] is None else row["tank_ml"] / 1000,
        "battery_kwh": None if row["battery_wh"] is None else row["battery_wh"] / 1000,
        "rated_range_km": row["rated_range_km"],
        "purchased_on": row["purchased_on"],
        "registered_on": row["registered_on"],
        "retired_on": row["retired_on"],
        "marked": row["marked"],
        "confidential": row["confidential"],
        "parking": {"lat": row["parking_lat_e7"] / 1e7, "lon": row["parking_lon_e7"] / 1e7} if parked else None,
        "unit": row["unit"],
    }


@router.get("/units", summary="Onboard units", response_model=UnitPage, responses=problems(400, 401, 422))
async def list_units(
    services: Shared,
    asker: Asker,
    division: DivisionQuery = None,
    online: bool | None = None,
    bound: Annotated[bool | None, Query(description="Whether it sits in a vehicle now")] = None,
    q: Annotated[str | None, Query(min_length=1, max_length=60, description="Part of the code")] = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """Units in use by id, each with its vehicle and when it was heard last."""
    wanted = registry.UnitFilter(
        division=division, online=online, bound=bound, q=q, see_confidential=may(asker.role, Right.SEE_CONFIDENTIAL)
    )
    async with services.database.begin() as connection:
        rows = await registry.list_units(connection, wanted, at=services.now(), after=_after(cursor), limit=limit + 1)
    return _page([dict(row) for row in rows], limit)
