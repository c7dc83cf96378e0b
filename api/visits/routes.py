"""`/visits`: who was near a place, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from api.answers import json_answer
from api.cursors import decode_cursor, encode_cursor
from api.datum import Datum, DatumQuery
from api.dependencies import Caller, Purpose, Shared, requires
from api.errors import problems
from api.registry.paging import Cursor, OrganQuery
from api.spans import span_asked
from api.visits.schemas import Visits
from api.visits.search import find_visits
from fleet.errors import NotFound
from fleet.geography.datum import gcj02_to_wgs84
from fleet.identity.permissions import Permission
from fleet.store.scoped import is_visible_organ
from fleet.store.visits import Search
from fleet.tracks.passages import Circle

router = APIRouter(tags=["visits"])

LONGEST_SPAN = timedelta(days=92)
PATIENCE_S = 20.0


@router.get("/visits", summary="Who was there", response_model=Visits, responses=problems(400, 401, 403, 404, 422))
async def list_visits(
    services: Shared,
    caller: Annotated[Caller, requires(Permission.READ_TRACKS)],
    purpose: Purpose,
    lat: Annotated[float, Query(ge=-80, le=80)],
    lon: Annotated[float, Query(ge=-180, le=180)],
    radius_m: Annotated[float, Query(ge=10, le=5_000)] = 100,
    begin: Annotated[AwareDatetime | None, Query(alias="from", description="Default: 24 hours before `to`")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Not included. Default: now")] = None,
    organ: OrganQuery = None,
    datum: DatumQuery = Datum.WGS84,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Cursor = None,
) -> Response:
    """Which vehicles came within `radius_m` of a place in [from, to), at most 92 days: passing by or standing.

    Decided on the legs between fixes, not on fixes alone: at 100 km/h they lie 280 m apart. With `datum=gcj02` the
    place is given in GCJ-02. Who asked for what, why, and whom the answer names is in the audit log before it leaves.
    """
    begin, end = span_asked(begin, end, services.now(), usual=timedelta(hours=24), longest=LONGEST_SPAN)
    after = None if cursor is None else decode_cursor(cursor, tuple[datetime, int])
    asked_lat, asked_lon = lat, lon
    if datum is Datum.GCJ02:
        there_lat, there_lon = gcj02_to_wgs84(np.array([lat]), np.array([lon]))
        lat, lon = float(there_lat[0]), float(there_lon[0])
    circle = Circle(lat_e7=round(lat * 1e7), lon_e7=round(lon * 1e7), radius_m=radius_m)
    scope = caller.scope
    seen_from, seen_to = scope.clipped(begin, end)
    assert seen_from is not None
    assert seen_to is not None
    search = Search(circle=circle, begin=seen_from, end=max(seen_from, seen_to), organ_id=organ)
    async with services.database.begin(within_s=PATIENCE_S) as connection:
        if organ is not None and not await is_visible_organ(connection, organ, scope=scope):
            raise NotFound(f"There is no organ {organ}.")
        page = await find_visits(connection, search, scope=scope, after=after, limit=limit)
    await services.audit.read(
        caller.actor,
        action="visits.read",
        subject=f"place:{lat:.7f},{lon:.7f}",
        purpose=purpose,
        detail={
            "radius_m": radius_m,
            "from": begin,
            "to": end,
            "organ": organ,
            "visits": len(page.items),
            "vehicles": sorted({one.vehicle_id for one in page.items}),
        },
    )
    return json_answer(
        {
            "lat": asked_lat,
            "lon": asked_lon,
            "radius_m": radius_m,
            "from": begin,
            "to": end,
            "items": page.items,
            "examined": page.examined,
            "next_cursor": None if page.last is None else encode_cursor(page.last),
        }
    )
