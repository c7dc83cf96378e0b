"""`/system` and `/system/units`: what `/readyz` and `/metrics` know, for people."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.answers import json_answer
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.health.flow import Reach, flow
from api.health.vitals import read_vitals
from api.system.schemas import Condition, SickUnits, SystemShown
from fleet.errors import NotAllowed
from fleet.identity.permissions import Permission
from fleet.store import ledger, quarantine, unit_states, webhooks
from fleet.store.latest import live_revision_now

router = APIRouter(prefix="/system", tags=["health"])

Reader = Annotated[Caller, requires(Permission.READ_SYSTEM)]

MOST_MINUTES = 24 * 60
MOST_UNITS = 200


@router.get("", summary="Whether every part works", response_model=SystemShown, responses=problems(401, 403, 422))
async def read_system(
    services: Shared,
    caller: Reader,
    minutes: Annotated[int, Query(ge=0, le=MOST_MINUTES, description="How many of the last minutes to tell")] = 0,
) -> Response:
    """Each part that a message passes, with its state and how far it is behind; units, webhooks, the quarantine."""
    now = services.now()
    _about_now(caller, services)
    live = services.live
    asked_at = time.perf_counter()
    async with services.database.begin() as connection:
        vitals = await read_vitals(connection, now, services.audit.state)
        answered_s = time.perf_counter() - asked_at
        committed = await live_revision_now(connection)
        units = await unit_states.count_conditions(connection, scope=caller.scope, at=now)
        hooks = await webhooks.summary(connection)
        if services.metrics.quarantine_due(now):
            services.metrics.set_quarantine(await quarantine.unresolved_by_reason(connection))
        past = await ledger.by_minute(connection, now - timedelta(minutes=minutes)) if minutes else []
    reach = Reach(
        answered_s=answered_s,
        streams=live.readers,
        revisions_behind=max(0, committed - live.fleet.revision),
        polled_at=live.checked_at,
    )
    return json_answer(
        {
            "at": now,
            "status": vitals.readiness().status,
            "flow": flow(vitals, reach),
            "online_units": vitals.health.online_units,
            "vehicles": len(live.fleet),
            "units": units,
            "quarantine": services.metrics.unresolved if caller.scope.everywhere else None,
            "webhooks": hooks,
            "minutes": [
                {"at": row.at, "received": row.received, "quarantined": row.quarantined, "lag_s": row.lag_s}
                for row in past
            ],
        }
    )


@router.get("/units", summary="Units that are not well", response_model=SickUnits, responses=problems(401, 403, 422))
async def list_sick_units(services: Shared, caller: Reader, condition: Condition = Condition.SILENT) -> Response:
    """At most 200 of one condition: for how long they are silent, or how far their clocks are off."""
    _about_now(caller, services)
    async with services.database.begin() as connection:
        rows = await unit_states.list_sick(
            connection, condition.value, scope=caller.scope, at=services.now(), limit=MOST_UNITS + 1
        )
    return json_answer({"items": [dict(row) for row in rows[:MOST_UNITS]], "truncated": len(rows) > MOST_UNITS})


def _about_now(caller: Caller, services: Shared) -> None:
    """Raises NotAllowed for a token whose period does not hold now."""
    if not caller.scope.holds_moment(services.now()):
        raise NotAllowed("This access token is for a period that does not hold now.")
