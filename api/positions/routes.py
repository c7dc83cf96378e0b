"""`/positions/latest` and `/positions/stream`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response, StreamingResponse

from api.datum import Datum, DatumQuery
from api.dependencies import Caller, Shared, Token, requires
from api.errors import ApiProblem, problems
from api.live.encode import encode_state
from api.live.fleet import Selection
from api.live.streaming import Positions, check_seat, stream
from api.positions.schemas import HealthEvent, LatestPositions, PositionsEvent
from api.state import Services
from fleet.errors import NotAllowed, NotAuthenticated, NotFound
from fleet.geography.divisions import DIVISION_CODES
from fleet.identity.permissions import Permission
from fleet.identity.scope import scope_of

router = APIRouter(prefix="/positions", tags=["positions"])


Viewer = Annotated[Caller, requires(Permission.READ_POSITIONS)]


async def selection(
    caller: Viewer,
    services: Shared,
    bbox: Annotated[
        str | None,
        Query(
            description="Only vehicles in this box: west,south,east,north in WGS-84 degrees, whatever `datum` says",
            examples=["103.6,25.3,104.0,25.7"],
        ),
    ] = None,
    division: Annotated[
        int | None, Query(description="Only vehicles that are in this county now", examples=[530302])
    ] = None,
    organ: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Only vehicles of this organ or of one below it")
    ] = None,
) -> Selection:
    """The filters of the request. Raises ApiProblem (422) or NotFound; StoreUnavailable when it cannot be known."""
    return await select(services, caller, bbox=bbox, division=division, organ=organ)


async def select(
    services: Services, caller: Caller, *, bbox: str | None = None, division: int | None, organ: int | None
) -> Selection:
    """What of the present the caller wants and may see."""
    if division is not None and division not in DIVISION_CODES:
        raise ApiProblem(422, "invalid-request", "Invalid request", f"query.division: {division} is not one of ours.")
    await services.live.catch_up()
    scope = caller.scope
    if not scope.holds_moment(services.now()):
        raise NotAllowed("This access token is for a period; the live fleet is outside it.")
    if organ is not None and not (services.live.fleet.has_organ(organ) and scope.holds_organ(organ)):
        raise NotFound(f"There is no organ {organ}.")
    return Selection(
        box=None if bbox is None else parse_box(bbox),
        division=division,
        organ=organ,
        scope=scope,
    )


def parse_box(text: str) -> tuple[float, float, float, float]:
    """Raises ApiProblem (422)."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    # Comparisons with NaN are false, so "nan" never passes.
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ApiProblem(
            422,
            "invalid-request",
            "Invalid request",
            "query.bbox: four numbers west,south,east,north in degrees are expected, west <= east and south <= north.",
        )
    return west, south, east, north


Selected = Annotated[Selection, Depends(selection)]


@router.get(
    "/latest",
    summary="Every vehicle's last state",
    response_model=LatestPositions,
    responses=problems(401, 403, 404, 422),
)
async def latest_positions(services: Shared, chosen: Selected, datum: DatumQuery = Datum.WGS84) -> Response:
    """The last state of every vehicle that has an onboard unit which reported a position, in one answer.

    Positions that cannot be true are given with `plausible: false`. Confidential vehicles appear to the roles
    administrator, supervisor and auditor only.
    """
    fleet = services.live.fleet
    entries = fleet.everything(chosen)
    unnarrowed = Selection(organ=chosen.organ, scope=chosen.scope)
    positioned = len(entries) if unnarrowed == chosen else len(fleet.everything(unnarrowed))
    body = encode_state(
        entries,
        revision=fleet.revision,
        server_time=services.now(),
        datum=datum,
        without_position=fleet.fitted(chosen) - positioned,
    )
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get(
    "/stream",
    summary="Changes as server-sent events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events `positions` (id = revision), `health` and `reset`",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'id: 1204\nevent: positions\ndata: {"revision":1204,'
                    '"server_time":"2026-11-23T06:05:09Z","full":false,"items":[],"gone":[]}\n\n',
                }
            },
        },
        **problems(401, 403, 404, 422),
    },
    openapi_extra={"x-event-schemas": {"positions": PositionsEvent.__name__, "health": HealthEvent.__name__}},
)
async def stream_positions(
    services: Shared,
    token: Token,
    caller: Viewer,
    chosen: Selected,
    datum: DatumQuery = Datum.WGS84,
    last_event_id: Annotated[
        str | None, Header(description="Resume: the id of the last event that was received (browsers send it)")
    ] = None,
) -> StreamingResponse:
    """Server-sent events. First everything (`full: true`), then once a second what changed.

    With `Last-Event-ID` only what has a later revision. An id that this database never gave out is answered with an
    event `reset`, then everything. A reader that is slow gets later, merged rows; it never slows another.
    """
    check_seat(services, caller)
    opened_as = caller.session

    async def still_allowed() -> None:
        session = await services.sessions.verify_stream(token, opened_as)
        if scope_of(session.role, session.organs, session.limits) != chosen.scope:
            raise NotAuthenticated("The account sees something else by now: the reader opens a new stream.")

    return StreamingResponse(
        stream(
            services,
            [Positions(services, chosen, datum)],
            last_event_id=last_event_id,
            health=True,
            still_allowed=still_allowed,
            account_id=caller.session.account_id,
        ),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
