"""`/ledger` and `/ledger/gaps`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from api.answers import json_answer
from api.cursors import decode_cursor, encode_cursor
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.health.metrics import KIND_NAMES
from api.ledger.schemas import GapsAnswer, LedgerAnswer
from fleet.errors import NotAllowed, NotFound
from fleet.identity.permissions import Permission
from fleet.store import ledger
from fleet.store.ledger import Counts
from fleet.store.scoped import find_visible_unit

router = APIRouter(tags=["ledger"])

HOUR = timedelta(hours=1)
MOST_HOLES = 1_000

Reader = Annotated[Caller, requires(Permission.READ_LEDGER)]
UnitCode = Annotated[str, Query(pattern="^[A-Za-z0-9_-]{1,32}$", description="Code of the unit")]


@router.get("/ledger", summary="The books", response_model=LedgerAnswer, responses=problems(400, 401, 403, 404, 422))
async def read_ledger(
    services: Shared,
    caller: Reader,
    begin: Annotated[
        AwareDatetime | None, Query(alias="from", description="Rounded down to the hour. Default: from the start")
    ] = None,
    end: Annotated[
        AwareDatetime | None, Query(alias="to", description="Rounded up to the hour. Default: up to now")
    ] = None,
    unit: UnitCode | None = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Hours in a page")] = 168,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Received = stored + duplicate + quarantined, each counted where it happens, in the data's own transaction.

    The books are kept by the hour of receipt; a span is widened to whole hours, which the answer names.
    """
    first = None if begin is None else _hour(begin)
    last = None if end is None else _hour(end - timedelta(microseconds=1)) + HOUR
    page_end = last if cursor is None else decode_cursor(cursor, datetime)
    async with services.database.begin() as connection:
        now = services.now()
        unit_id = None
        if unit is not None:
            unit_id = await find_visible_unit(connection, unit, scope=caller.scope, at=now)
            if unit_id is None:
                raise NotFound(f"No unit {unit} is registered.")
        span = ledger.Span(scope=caller.scope, at=now, begin=first, end=last, unit_id=unit_id)
        sums = await ledger.sums_by_kind(connection, span)
        page = msgspec.structs.replace(span, end=page_end)
        hours = await ledger.sums_by_hour(connection, page, limit=limit + 1)
    totals = _total(sums)
    body = {
        "from": first,
        "to": last,
        "unit": unit,
        "totals": totals,
        "by_kind": _named(sums),
        "difference": totals.received - totals.stored - totals.duplicate - totals.quarantined,
        "items": [
            {"hour": hour, "unit": unit, **msgspec.structs.asdict(_total(kinds)), "by_kind": _named(kinds)}
            for hour, kinds in hours[:limit]
        ],
        "next_cursor": encode_cursor(hours[limit - 1][0]) if len(hours) > limit else None,
    }
    return json_answer(body)


@router.get(
    "/ledger/gaps", summary="What is missing", response_model=GapsAnswer, responses=problems(401, 403, 404, 422)
)
async def read_gaps(services: Shared, caller: Reader, unit: UnitCode) -> Response:
    """The sequence numbers a unit must have given out that never arrived, as ranges; at most 1,000 are listed.

    Only units that number their samples (`seq`) can be told; others have no runs.
    """
    if caller.scope.begin is not None or caller.scope.end is not None:
        raise NotAllowed("This access token is for a period; runs of sequence numbers have none.")
    async with services.database.begin() as connection:
        # Runs of a name that nobody registered are for those who see everything.
        known = await find_visible_unit(connection, unit, scope=caller.scope, at=services.now())
        runs = await ledger.numbered_runs(connection, unit) if known is not None or caller.scope.everywhere else []
        if not runs and known is None:
            raise NotFound(f"No unit {unit} is registered.")
        missing = {
            (row.division, row.kind, row.run, row.state): (int(row.holes), int(row.missing))
            for row in await ledger.missing_by_run(connection, unit)
        }
        listed = await ledger.holes(connection, unit, limit=MOST_HOLES)
    holes = sum(count for count, _ in missing.values())
    body = {
        "unit": unit,
        "missing": sum(numbers for _, numbers in missing.values()),
        "holes": holes,
        "truncated": holes > len(listed),
        "runs": [
            {
                "division": row.division,
                "kind": KIND_NAMES.get(row.kind, str(row.kind)),
                "run": row.run,
                "first_seq": row.first_seq,
                "last_seq": row.last_seq,
                "oldest_seq": row.oldest_seq,
                "committed": int(row.committed),
                "open": missing.get((row.division, row.kind, row.run, "open"), (0, 0))[1],
                "gone": missing.get((row.division, row.kind, row.run, "gone"), (0, 0))[1],
                "touched_at": row.touched_at,
            }
            for row in runs
        ],
        "items": [
            {
                "division": row.division,
                "kind": KIND_NAMES.get(row.kind, str(row.kind)),
                "run": row.run,
                "first": row.first,
                "last": row.last,
                "count": row.last - row.first + 1,
                "state": row.state,
            }
            for row in listed
        ],
    }
    return json_answer(body)


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _total(kinds: Mapping[int, Counts]) -> Counts:
    return Counts(
        received=sum(counts.received for counts in kinds.values()),
        stored=sum(counts.stored for counts in kinds.values()),
        duplicate=sum(counts.duplicate for counts in kinds.values()),
        quarantined=sum(counts.quarantined for counts in kinds.values()),
    )


def _named(kinds: Mapping[int, Counts]) -> dict[str, Counts]:
    return {KIND_NAMES.get(kind, str(kind)): counts for kind, counts in sorted(kinds.items())}
