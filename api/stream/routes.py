"""`/stream`: positions, cases, findings and health on one connection; `/alerts/stream`: cases and findings alone."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from api.datum import Datum, DatumQuery
from api.dependencies import Caller, Shared, Token, requires
from api.errors import ApiProblem, problems
from api.live.fleet import Selection
from api.live.streaming import Notices, Positions, Source, check_seat, stream
from api.positions.routes import Selected, select
from api.registry.paging import DivisionQuery, OrganQuery
from api.state import Services
from api.stream.schemas import CaseNotice, FindingNotice, ResetEvent
from fleet.errors import NotAllowed, NotAuthenticated
from fleet.identity.permissions import Permission, may
from fleet.identity.scope import scope_of

router = APIRouter(tags=["stream"])

LastEventId = Annotated[
    str | None, Header(description="Resume: the id of the last event that was received (browsers send it)")
]
_EXAMPLE = 'id: 1204.87\nevent: case\ndata: {"revision":87,"type":"case.opened","case_id":12}\n\n'
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `positions`, `case`, `finding`, `health` and `reset`",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}
_SCHEMAS = {"case": CaseNotice.__name__, "finding": FindingNotice.__name__, "reset": ResetEvent.__name__}


class Topic(StrEnum):
    POSITIONS = "positions"
    CASES = "cases"
    FINDINGS = "findings"
    HEALTH = "health"


_OF_CASES = frozenset({Topic.CASES, Topic.FINDINGS})


def wanted_topics(text: str | None, caller: Caller) -> frozenset[Topic]:
    """Those that were asked for; without a word all that the role may. Raises ApiProblem (422), NotAllowed."""
    if text is None:
        return frozenset(Topic) if caller.may(Permission.READ_CASES) else frozenset(Topic) - _OF_CASES
    words = {word.strip() for word in text.split(",") if word.strip()}
    if not words or words - {topic.value for topic in Topic}:
        every = ", ".join(topic.value for topic in Topic)
        raise ApiProblem(422, "invalid-request", "Invalid request", f"query.topics: some of {every}, with commas.")
    topics = frozenset(Topic(word) for word in words)
    if topics & _OF_CASES and not caller.may(Permission.READ_CASES):
        raise NotAllowed(f"The role {caller.session.role.value} may not read cases ({Permission.READ_CASES.value}).")
    return topics


@router.get(
    "/stream",
    summary="Everything live on one connection",
    response_class=StreamingResponse,
    responses={**ANSWER, **problems(401, 403, 404, 422)},
    openapi_extra={"x-event-schemas": _SCHEMAS},
)
async def stream_everything(
    services: Shared,
    token: Token,
    caller: Annotated[Caller, requires(Permission.READ_POSITIONS)],
    chosen: Selected,
    topics: Annotated[
        str | None,
        Query(
            max_length=100,
            description="Some of positions, cases, findings, health, with commas; default: all that the role may read",
            examples=["positions,cases,health"],
        ),
    ] = None,
    datum: DatumQuery = Datum.WGS84,
    last_event_id: LastEventId = None,
) -> StreamingResponse:
    """Server-sent events, each with an id by which all of it resumes: nothing that was committed is skipped.

    Positions as in `/positions/stream`. Cases and findings from now on, each as one event, within the caller's organs;
    `division` and `bbox` are about where vehicles are, for cases `division` is that of the organ concerned.
    """
    return _answer(services, token, caller, chosen, wanted_topics(topics, caller), datum, last_event_id)


@router.get(
    "/alerts/stream",
    summary="Cases and findings as they happen",
    response_class=StreamingResponse,
    responses={**ANSWER, **problems(401, 403, 404, 422)},
    openapi_extra={"x-event-schemas": _SCHEMAS},
)
async def stream_alerts(
    services: Shared,
    token: Token,
    caller: Annotated[Caller, requires(Permission.READ_CASES)],
    organ: OrganQuery = None,
    division: DivisionQuery = None,
    last_event_id: LastEventId = None,
) -> StreamingResponse:
    """The same as `/stream?topics=cases,findings`."""
    chosen = await select(services, caller, organ=organ, division=division)
    return _answer(services, token, caller, chosen, _OF_CASES, Datum.WGS84, last_event_id)


def _answer(
    services: Services,
    token: str,
    caller: Caller,
    chosen: Selection,
    topics: Collection[Topic],
    datum: Datum,
    last_event_id: str | None,
) -> StreamingResponse:
    check_seat(services, caller)
    opened_as = caller.session

    async def still_allowed() -> None:
        session = await services.sessions.verify_stream(token, opened_as)
        if scope_of(session.role, session.organs, session.limits) != chosen.scope:
            raise NotAuthenticated("The account sees something else by now: the reader opens a new stream.")
        if _OF_CASES.intersection(topics) and not may(session.role, Permission.READ_CASES):
            raise NotAuthenticated("The account may not read cases any more.")

    positions: Source | None = Positions(services, chosen, datum) if Topic.POSITIONS in topics else None
    of_cases = [topic.value for topic in topics if topic in _OF_CASES]
    told: Source | None = Notices(services, chosen, of_cases) if of_cases else None
    return StreamingResponse(
        stream(
            services,
            [positions, told],
            last_event_id=last_event_id,
            health=Topic.HEALTH in topics,
            still_allowed=still_allowed,
            account_id=caller.session.account_id,
        ),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
