"""`/units/{id}/state`: how a unit keeps to its reporting contract, and what its silences leave undocumented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime
from sqlalchemy import Row

from api.answers import json_answer
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.registry.paging import Id
from api.spans import span_asked
from api.trips.schemas import UnitStateAnswer
from api.trips.shapes import km
from api.trips.wording import undocumented_words
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.model.moments import LOCAL
from fleet.store import unit_states

router = APIRouter(tags=["trips"])

LONGEST_SPAN = timedelta(days=92)
MOST_GAPS = 200

_STATE = (
    *("unit_id", "code", "state", "since", "vehicle_id", "plate", "moving", "last_observed_at", "last_received_at"),
    *("clock_offset_ms", "written_at"),
)


@router.get(
    "/units/{unit_id}/state",
    summary="State of a unit, and what is undocumented",
    response_model=UnitStateAnswer,
    responses=problems(401, 403, 404, 422),
)
async def read_state(
    services: Shared,
    caller: Annotated[Caller, requires(Permission.READ_TRIPS)],
    unit_id: Id,
    begin: Annotated[AwareDatetime | None, Query(alias="from", description="Default: 7 days before `to`")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Default: now; at most 92 days")] = None,
) -> Response:
    """Online, late, silent or never seen, since when; and the gaps that began in [from, to) while it sat in a vehicle.

    For each gap: how many numbered positions never arrived, and what the odometer grew meanwhile. It is data, and no
    accusation: tunnels, mountains and garages are silent too.
    """
    now = services.now()
    begin, end = span_asked(begin, end, now, usual=timedelta(days=7), longest=LONGEST_SPAN)
    scope = caller.scope
    async with services.database.begin() as connection:
        row = await unit_states.find_state(connection, unit_id, scope=scope, at=now)
        if row is None:
            raise NotFound(f"There is no unit {unit_id}.")
        gaps = await unit_states.silences(connection, unit_id, scope=scope, begin=begin, end=end, limit=MOST_GAPS + 1)
    shown = gaps[:MOST_GAPS]
    state = {name: row[name] for name in _STATE}
    if not scope.holds_moment(now):
        # The present lies outside what this token may see.
        state |= dict.fromkeys(set(_STATE) - {"unit_id", "code"})
    return json_answer(
        {
            **state,
            "from": begin,
            "to": end,
            "totals": {
                "gaps": len(shown),
                "seconds": sum(_seconds(gap) for gap in shown),
                "messages_missing": sum(int(gap.messages_missing or 0) for gap in shown),
                "undocumented_km": km(sum(gap.odometer_m or 0 for gap in shown)),
            },
            "truncated": len(gaps) > MOST_GAPS,
            "items": [_gap(gap) for gap in shown],
        }
    )


def _gap(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    missing = None if row.messages_missing is None else int(row.messages_missing)
    same_day = row.ended_at is not None and _local(row.started_at).date() == _local(row.ended_at).date()
    until = None if row.ended_at is None else _clock(row.ended_at, short=same_day)
    return {
        "id": row.id,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "seconds": _seconds(row),
        "was_moving": row.was_moving,
        "km_apart": km(row.metres_apart),
        "messages_missing": missing,
        "undocumented_km": km(row.odometer_m),
        "text": undocumented_words(missing, row.odometer_m, _clock(row.started_at), until).shown(),
    }


def _seconds(row: Row[*tuple[Any, ...]]) -> int:
    return int(((row.ended_at or row.known_to) - row.started_at) // timedelta(seconds=1))


def _local(moment: datetime) -> datetime:
    return moment.astimezone(LOCAL)


def _clock(moment: datetime, *, short: bool = False) -> str:
    return f"{_local(moment):%H:%M}" if short else f"{_local(moment):%Y-%m-%d %H:%M}"
