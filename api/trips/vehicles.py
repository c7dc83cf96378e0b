"""`/vehicles/{id}/timeline`, `/days` and `/months`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import AwareDatetime
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.datum import Datum, DatumQuery
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.spans import span_asked, wrong
from api.trips import shapes
from api.trips.schemas import Days, Months, Timeline
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.store import case_reading, trip_reading, vehicle_days
from fleet.store.recompute import today
from fleet.store.scoped import find_visible_plate

router = APIRouter(tags=["trips"])

LONGEST_SPAN = timedelta(days=31)

Reader = Annotated[Caller, requires(Permission.READ_TRIPS)]
VehicleId = Annotated[int, Path(ge=1, le=2**31 - 1)]
MONTH = "^[12][0-9]{3}-(0[1-9]|1[0-2])$"

_SUMS = (
    *("trips", "distance_m", "odometer_m", "driving_s", "idle_s", "standing_s", "stopped_s", "silent_s", "gap_s"),
    *("gap_odometer_m", "fuel_ml", "energy_wh"),
)


@router.get(
    "/vehicles/{vehicle_id}/timeline",
    summary="Trips, stops and gaps of a vehicle",
    response_model=Timeline,
    responses=problems(401, 403, 404, 422),
)
async def read_timeline(
    services: Shared,
    caller: Reader,
    vehicle_id: VehicleId,
    begin: Annotated[AwareDatetime | None, Query(alias="from", description="Default: 24 hours before `to`")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="Not included. Default: now")] = None,
    datum: DatumQuery = Datum.WGS84,
) -> Response:
    """What touches [from, to), at most 31 days, in time order: one follows the other without a hole."""
    begin, end = span_asked(begin, end, services.now(), usual=timedelta(hours=24), longest=LONGEST_SPAN)
    async with services.database.begin() as connection:
        plate = await _plate(connection, vehicle_id, caller)
        found = await trip_reading.timeline(connection, vehicle_id, scope=caller.scope, begin=begin, end=end)
        superseded = await trip_reading.superseded_since(
            connection, vehicle_id, scope=caller.scope, begin=begin, end=end
        )
        judged = await case_reading.verdicts_of(connection, {row["id"] for row in found["trip"]})
    items = [shapes.trip_entry(row, plate, datum, judged.get(row["id"])) for row in found["trip"]]
    items += [shapes.stop_item(row, datum) for row in found["stop"]]
    items += [shapes.gap_item(row, datum) for row in found["gap"]]
    items.sort(key=lambda item: (item["started_at"], item["known_to"]))
    return json_answer(
        {
            "vehicle_id": vehicle_id,
            "plate": plate,
            "from": begin,
            "to": end,
            "items": items,
            "superseded": superseded,
        }
    )


@router.get(
    "/vehicles/{vehicle_id}/days",
    summary="A vehicle's days",
    response_model=Days,
    responses=problems(401, 403, 404, 422),
)
async def read_days(
    services: Shared,
    caller: Reader,
    vehicle_id: VehicleId,
    first: Annotated[date | None, Query(alias="from", description="Default: 30 days before `to`")] = None,
    last: Annotated[date | None, Query(alias="to", description="Included. Default: today in Asia/Shanghai")] = None,
) -> Response:
    """Figures of each day of the fleet (04:00 to 04:00), always what its trips, stops and gaps add up to."""
    last = today(services.now()) if last is None else last
    if first is None:
        first = date.fromordinal(max(1, last.toordinal() - 30))
    if not timedelta(0) <= last - first <= timedelta(days=366):
        raise wrong("query.from, query.to: `from` not after `to`, at most 366 days apart.")
    async with services.database.begin() as connection:
        plate = await _plate(connection, vehicle_id, caller)
        rows = await vehicle_days.list_days(connection, vehicle_id, scope=caller.scope, first=first, last=last)
        parts = await vehicle_days.list_day_divisions(
            connection, vehicle_id, scope=caller.scope, first=first, last=last
        )
    divisions: dict[date, list[dict[str, Any]]] = {}
    for part in parts:
        divisions.setdefault(part["day"], []).append(shapes.division_part(part))
    items = [
        {
            "day": row["day"],
            **shapes.figures(row),
            "first_start_at": row["first_start_at"],
            "last_end_at": row["last_end_at"],
            "divisions": divisions.get(row["day"], []),
        }
        for row in rows
    ]
    body = {"vehicle_id": vehicle_id, "plate": plate, "from": first, "to": last, "items": items}
    return json_answer({**body, "total": shapes.figures(_summed(rows))})


@router.get(
    "/vehicles/{vehicle_id}/months",
    summary="A vehicle's months",
    response_model=Months,
    responses=problems(401, 403, 404, 422),
)
async def read_months(
    services: Shared,
    caller: Reader,
    vehicle_id: VehicleId,
    first: Annotated[str | None, Query(alias="from", pattern=MONTH, description="Default: a year before `to`")] = None,
    last: Annotated[str | None, Query(alias="to", pattern=MONTH, description="Included. Default: this month")] = None,
) -> Response:
    """The sums of the days of each month."""
    end = today(services.now()).replace(day=1) if last is None else date.fromisoformat(f"{last}-01")
    begin = end.replace(year=end.year - 1) if first is None else date.fromisoformat(f"{first}-01")
    if begin > end:
        raise wrong("query.from, query.to: `from` not after `to`.")
    async with services.database.begin() as connection:
        plate = await _plate(connection, vehicle_id, caller)
        rows = await vehicle_days.list_months(connection, vehicle_id, scope=caller.scope, first=begin, last=end)
    items = [{"month": f"{row['month']:%Y-%m}", "days_used": row["days_used"], **shapes.figures(row)} for row in rows]
    body = {"vehicle_id": vehicle_id, "plate": plate, "items": items}
    return json_answer({**body, "total": shapes.figures(_summed(rows))})


async def _plate(connection: AsyncConnection, vehicle_id: int, caller: Caller) -> str:
    """Raises NotFound for a vehicle that is not there or may not be seen."""
    plate = await find_visible_plate(connection, vehicle_id, scope=caller.scope)
    if plate is None:
        raise NotFound(f"There is no vehicle {vehicle_id}.")
    return plate


def _summed(rows: Sequence[RowMapping]) -> dict[str, Any]:
    """Whole numbers are added first, and turned into kilometres and litres after."""
    fastest = [row["max_speed_dkmh"] for row in rows if row["max_speed_dkmh"] is not None]
    sums: dict[str, Any] = {name: sum(row[name] for row in rows) for name in _SUMS}
    return {**sums, "max_speed_dkmh": max(fastest, default=None)}
