"""`/vehicles/{id}/track` and `/trips/{id}/track`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from api.datum import Datum, DatumQuery
from api.dependencies import Caller, Purpose, Shared, requires
from api.errors import ApiProblem, problems
from api.spans import span_asked
from api.tracks.fixes import Fix
from api.tracks.formats import FORMATS, Format, Heading
from api.tracks.points import make_track
from api.tracks.reading import trip_fixes, vehicle_fixes
from api.tracks.schemas import TrackAnswer, TripTrackAnswer
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.store import audit, trip_reading
from fleet.store.scoped import find_visible_plate

router = APIRouter(tags=["tracks"])

DEFAULT_SPAN = timedelta(hours=24)
LONGEST_SPAN = timedelta(days=31)
PATIENCE_S = 20.0

OTHER_FORMATS = {
    "application/geo+json": {"schema": {"type": "object", "description": "RFC 7946: a line and its points"}},
    "application/gpx+xml": {"schema": {"type": "string", "description": "GPX 1.1"}},
    "text/csv": {"schema": {"type": "string", "description": "One row a point, with a heading"}},
}


Reader = Annotated[Caller, requires(Permission.READ_TRACKS)]
MostPoints = Annotated[int, Query(ge=2, le=100_000, description="More than this is thinned")]
Output = Annotated[Format, Query(alias="format")]


@router.get(
    "/vehicles/{vehicle_id}/track",
    summary="Where a vehicle was",
    response_model=TrackAnswer,
    responses={
        200: {"content": OTHER_FORMATS, "description": "The track in the format asked for"},
        **problems(400, 401, 403, 404, 422),
    },
)
async def read_track(
    services: Shared,
    caller: Reader,
    purpose: Purpose,
    vehicle_id: Annotated[int, Path(ge=1, le=2**31 - 1)],
    begin: Annotated[AwareDatetime | None, Query(alias="from", description="Default: 24 hours before `to`")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Not included. Default: now")] = None,
    max_points: MostPoints = 5_000,
    output: Output = Format.JSON,
    datum: DatumQuery = Datum.WGS84,
) -> Response:
    """The positions of a vehicle in [from, to), at most 31 days, over whichever units sat in it.

    Raw readings are kept for some months. Where they are gone, the packed tracks of the vehicle's trips step in; what
    came from where is said in `sources`. Thinning (TD-TR) keeps the ends, the shape and the timing. Who reads, what
    and why is written to the audit log before the answer leaves.
    """
    begin, end = span_asked(begin, end, services.now(), usual=DEFAULT_SPAN, longest=LONGEST_SPAN)
    _check_datum(output, datum)
    async with services.database.begin(within_s=PATIENCE_S) as connection:
        plate = await find_visible_plate(connection, vehicle_id, scope=caller.scope)
        if plate is None:
            raise NotFound(f"There is no vehicle {vehicle_id}.")
        fixes = await vehicle_fixes(connection, vehicle_id, scope=caller.scope, begin=begin, end=end)
        organ_ids = await audit.organs_of(connection, f"vehicle:{vehicle_id}")
    await services.audit.read(
        caller.actor,
        action="track.read",
        subject=f"vehicle:{vehicle_id}",
        purpose=purpose,
        detail={"plate": plate, "from": begin, "to": end, "format": output.value, "positions": len(fixes)},
        organ_ids=organ_ids,
    )
    heading = Heading(vehicle_id=vehicle_id, plate=plate, begin=begin, end=end, datum=datum)
    return await _answer(heading, fixes, output, max_points, f"track-{vehicle_id}")


@router.get(
    "/trips/{trip_id}/track",
    summary="The track of a trip",
    response_model=TripTrackAnswer,
    responses={
        200: {"content": OTHER_FORMATS, "description": "The track in the format asked for"},
        **problems(400, 401, 403, 404, 422),
    },
)
async def read_trip_track(
    services: Shared,
    caller: Reader,
    purpose: Purpose,
    trip_id: Annotated[int, Path(ge=1, le=2**53)],
    max_points: MostPoints = 5_000,
    output: Output = Format.JSON,
    datum: DatumQuery = Datum.WGS84,
) -> Response:
    """The good fixes of a trip, as they are packed and kept for years, exact to the last digit.

    While a trip runs they are its readings so far. Thinning and the audit log are as for the track of a vehicle.
    """
    _check_datum(output, datum)
    async with services.database.begin(within_s=PATIENCE_S) as connection:
        trip = await trip_reading.find_trip(connection, trip_id, scope=caller.scope)
        if trip is None:
            raise NotFound(f"There is no trip {trip_id}.")
        fixes = await trip_fixes(connection, trip, scope=caller.scope)
    await services.audit.read(
        caller.actor,
        action="track.read",
        subject=f"trip:{trip_id}",
        purpose=purpose,
        detail={
            "plate": trip["plate"],
            "vehicle_id": trip["vehicle_id"],
            "from": trip["started_at"],
            "to": trip["known_to"],
            "format": output.value,
            "positions": len(fixes),
        },
        organ_ids=[] if trip["organ_id"] is None else [trip["organ_id"]],
    )
    heading = Heading(
        vehicle_id=trip["vehicle_id"],
        plate=trip["plate"],
        begin=trip["started_at"],
        end=trip["known_to"],
        datum=datum,
        trip_id=trip_id,
    )
    return await _answer(heading, fixes, output, max_points, f"trip-{trip_id}")


def _check_datum(output: Format, datum: Datum) -> None:
    if output is Format.GPX and datum is not Datum.WGS84:
        raise ApiProblem(422, "invalid-request", "Invalid request", "query.datum: GPX is defined in WGS-84 only.")


async def _answer(heading: Heading, fixes: list[Fix], output: Format, max_points: int, name: str) -> Response:
    media_type, write = FORMATS[output]

    def build() -> bytes:
        return write(heading, make_track(fixes, max_points=max_points, datum=heading.datum))

    # A month of a busy vehicle takes a second to thin and write: the loop must go on answering others.
    body = await asyncio.to_thread(build)
    headers = {"Cache-Control": "no-store"}
    if output in {Format.GPX, Format.CSV}:
        headers["Content-Disposition"] = f'attachment; filename="{name}.{output.value}"'
    return Response(body, media_type=media_type, headers=headers)
