"""`/registry/unknowns`: in use is not in the system; both lists are put side by side here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.answers import json_answer
from api.cursors import encode_cursor
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.registry.paging import Cursor, Limit, OrganQuery, after
from api.registry.schemas import CURSOR
from fleet.errors import NotAllowed
from fleet.identity.permissions import Permission
from fleet.store import policies, unknowns
from fleet.store.recompute import today
from fleet.store.unknowns import OF_NOW, Unknown

router = APIRouter(tags=["registry"])


class UnknownVehicle(BaseModel):
    id: int
    plate: str
    organ_id: int
    organ_name: str
    division: int
    use: str
    energy: str
    status: str
    marked: bool
    lender_organ_id: int | None
    price_yuan: float | None
    displacement_ml: int | None
    unit: str | None = Field(description="The unit that sits in it now")
    last_seen: datetime | None


class UnknownByOrgan(BaseModel):
    organ_id: int
    organ_name: str
    count: int
    quota: int | None = Field(description="编制")
    vehicles: int = Field(description="Vehicles it has that are not retired")


class UnknownPage(BaseModel):
    kind: Unknown
    as_of: date
    days: int = Field(description="From how many days on silence is long; a policy unless asked for")
    total: int
    by_organ: list[UnknownByOrgan] = Field(description="The most first")
    items: list[UnknownVehicle]
    next_cursor: str | None = Field(description=CURSOR)


@router.get(
    "/registry/unknowns",
    summary="What the network does not know",
    response_model=UnknownPage,
    responses=problems(400, 401, 403, 422),
)
async def list_unknowns(
    services: Shared,
    caller: Annotated[Caller, requires(Permission.READ_REGISTRY)],
    kind: Annotated[Unknown, Query(description="never_seen, unbound, unmarked, over_quota, over_standard, …")],
    organ: OrganQuery = None,
    days: Annotated[int | None, Query(ge=1, le=3_650, description="For `long_silent`: silent for so many days")] = None,
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """Vehicles that are not retired, by id, and how many each organ has. Confidential ones as everywhere."""
    now = services.now()
    if kind in OF_NOW and not caller.scope.holds_moment(now):
        raise NotAllowed("This access token is for a period; who was heard up to now is outside it.")
    async with services.database.begin() as connection:
        silent_days = days or await policies.number_at(connection, "silent_long.days", now)
        limits = await policies.standards_at(connection, now)
        counts = await unknowns.count_unknown(
            connection, kind, scope=caller.scope, organ_id=organ, at=now, days=silent_days, limits=limits
        )
        rows = await unknowns.list_unknown(
            connection,
            kind,
            scope=caller.scope,
            organ_id=organ,
            at=now,
            days=silent_days,
            limits=limits,
            after=after(cursor),
            limit=limit + 1,
        )
    for row in rows:
        price_fen = row.pop("price_fen")
        row["price_yuan"] = None if price_fen is None else price_fen / 100
    return json_answer(
        {
            "kind": kind,
            "as_of": today(now),
            "days": silent_days,
            "total": sum(one["count"] for one in counts),
            "by_organ": counts,
            "items": rows[:limit],
            "next_cursor": encode_cursor(rows[limit - 1]["id"]) if len(rows) > limit else None,
        }
    )
