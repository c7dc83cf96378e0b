"""`/trips`: lists, one trip with its reasons, its versions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from api.answers import json_answer
from api.cases.schemas import VerdictAnswer
from api.cases.shown import verdict_shown
from api.cursors import decode_cursor, encode_cursor
from api.datum import Datum, DatumQuery
from api.dependencies import Caller, Shared, requires
from api.errors import ApiProblem, problems
from api.registry.paging import Cursor, IdQuery, OrganQuery
from api.trips import shapes
from api.trips.schemas import TripDetail, TripPage, TripVersions
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.model.trips import Doubt
from fleet.model.verdicts import VerdictKind
from fleet.store import case_reading, trip_reading
from fleet.store.scoped import find_visible_plate, is_visible_organ
from fleet.store.trip_reading import TripFilter

router = APIRouter(tags=["trips"])

PATIENCE_S = 20.0

Reader = Annotated[Caller, requires(Permission.READ_TRIPS)]
TripId = Annotated[int, Path(ge=1, le=2**53)]
Metres = Annotated[float | None, Query(ge=0, le=1_000_000)]
Seconds = Annotated[int | None, Query(ge=0, le=10_000_000)]
DivisionCode = Annotated[int | None, Query(ge=0, le=999_999, examples=[530302])]


@router.get("/trips", summary="Trips", response_model=TripPage, responses=problems(400, 401, 403, 404, 422))
async def list_trips(
    services: Shared,
    caller: Reader,
    vehicle: IdQuery = None,
    plate: Annotated[str | None, Query(min_length=1, max_length=20, description="The whole plate")] = None,
    organ: OrganQuery = None,
    begun_in: Annotated[DivisionCode, Query(description="County the trip began in; 0 = outside the city")] = None,
    division: Annotated[DivisionCode, Query(description="County the trip passed; 0 = outside the city")] = None,
    begin: Annotated[AwareDatetime | None, Query(alias="from", description="Trips that began from here on")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="… and before this")] = None,
    least_km: Metres = None,
    most_km: Metres = None,
    least_s: Seconds = None,
    most_s: Seconds = None,
    running: bool | None = None,
    doubt: Annotated[
        list[str] | None, Query(description="Trips with any of these doubts; `none` = without any")
    ] = None,
    verdict: Annotated[list[VerdictKind] | None, Query(description="Trips with any of these verdicts")] = None,
    datum: DatumQuery = Datum.WGS84,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    cursor: Cursor = None,
) -> Response:
    """Trips, newest first by their start. A trip belongs to the moment it begins.

    `verdict` is null until a trip is judged, some seconds after it begins. Where a vehicle went in between is its
    track, read for a purpose.
    """
    wanted = TripFilter(
        vehicle_id=vehicle,
        plate=plate,
        organ_id=organ,
        begun_in=begun_in,
        passed=division,
        begin=begin,
        end=end,
        least_distance_m=_metres(least_km),
        most_distance_m=_metres(most_km),
        least_duration_s=least_s,
        most_duration_s=most_s,
        running=running,
        doubts=_doubts(doubt),
        verdicts=tuple(verdict or ()),
    )
    after = None if cursor is None else decode_cursor(cursor, tuple[datetime, int])
    async with services.database.begin(within_s=PATIENCE_S) as connection:
        if organ is not None and not await is_visible_organ(connection, organ, scope=caller.scope):
            raise NotFound(f"There is no organ {organ}.")
        if vehicle is not None and await find_visible_plate(connection, vehicle, scope=caller.scope) is None:
            raise NotFound(f"There is no vehicle {vehicle}.")
        rows = await trip_reading.list_trips(connection, wanted, scope=caller.scope, after=after, limit=limit + 1)
        judged = await case_reading.verdicts_of(connection, {row["id"] for row in rows})
    more, rows = len(rows) > limit, rows[:limit]
    return json_answer(
        {
            "items": [shapes.trip_item(row, datum, judged.get(row["id"])) for row in rows],
            "next_cursor": encode_cursor((rows[-1]["started_at"], rows[-1]["id"])) if more else None,
        }
    )


@router.get("/trips/{trip_id}", summary="One trip", response_model=TripDetail, responses=problems(401, 403, 404, 422))
async def read_trip(services: Shared, caller: Reader, trip_id: TripId, datum: DatumQuery = Datum.WGS84) -> Response:
    """A trip with the reasons of its cuts, its silences, what was set aside, and what lies before and after it."""
    async with services.database.begin() as connection:
        row = await trip_reading.find_trip(connection, trip_id, scope=caller.scope)
        if row is None:
            raise NotFound(f"There is no trip {trip_id}.")
        before, after = await trip_reading.neighbours(
            connection, row["vehicle_id"], row["started_at"], trip_id, scope=caller.scope
        )
        units = await trip_reading.unit_codes(connection, set(row["unit_ids"]))
        judged = (await case_reading.verdicts_of(connection, {trip_id})).get(trip_id)
    return json_answer(shapes.trip_detail(row, datum, units=units, before=before, after=after, judged=judged))


@router.get(
    "/trips/{trip_id}/verdict",
    summary="The verdict of a trip",
    response_model=VerdictAnswer,
    responses=problems(401, 403, 404, 422),
)
async def read_verdict(services: Shared, caller: Reader, trip_id: TripId) -> Response:
    """Whether the trip was permitted, why, by which orders; and what was said of it before, with what changed it."""
    async with services.database.begin() as connection:
        if await trip_reading.find_trip(connection, trip_id, scope=caller.scope) is None:
            raise NotFound(f"There is no trip {trip_id}.")
        judged = (await case_reading.verdicts_of(connection, {trip_id})).get(trip_id)
        earlier = await case_reading.verdict_history(connection, trip_id)
    if judged is None:
        raise NotFound(f"The trip {trip_id} is not judged yet.")
    before = [
        {**(verdict_shown(one) or {}), "superseded_at": one["superseded_at"], "superseded_why": one["superseded_why"]}
        for one in earlier
    ]
    return json_answer({**(verdict_shown(judged) or {}), "why": judged["why"], "earlier": before})


@router.get(
    "/trips/{trip_id}/versions",
    summary="What a trip was before",
    response_model=TripVersions,
    responses=problems(401, 403, 404, 422),
)
async def read_versions(services: Shared, caller: Reader, trip_id: TripId) -> Response:
    """Every version of a trip with the reason it was superseded for; also of one that is none any more."""
    async with services.database.begin() as connection:
        row = await trip_reading.find_trip(connection, trip_id, scope=caller.scope)
        earlier = await trip_reading.versions_of_trip(connection, trip_id, scope=caller.scope)
    known = [*([] if row is None else [row]), *earlier]
    if not known:
        raise NotFound(f"There is no trip {trip_id}.")
    return json_answer(
        {
            "id": trip_id,
            "vehicle_id": known[0]["vehicle_id"],
            "plate": known[0]["plate"],
            "exists": row is not None,
            "items": [shapes.version_item(one) for one in known],
        }
    )


def _metres(kilometres: float | None) -> int | None:
    return None if kilometres is None else round(kilometres * 1_000)


def _doubts(names: list[str] | None) -> int | None:
    """The bits of the names. Raises ApiProblem (422)."""
    if names is None:
        return None
    if names == ["none"]:
        return 0
    known = {one.name.lower(): one.value for one in Doubt if one.name}
    if unknown := [name for name in names if name not in known]:
        raise ApiProblem(
            422,
            "invalid-request",
            "Invalid request",
            f"query.doubt: {unknown[0]!r} is none of {', '.join(sorted(known))}; `none` stands alone.",
        )
    return sum({known[name] for name in names})
