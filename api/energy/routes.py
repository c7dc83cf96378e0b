"""`/energy-sheet`: what organs and their vehicles used and bought by months; the records behind it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.cursors import decode_cursor, encode_cursor
from api.dependencies import Caller, Shared, requires
from api.energy import shown
from api.energy.months import FromMonth, ToMonth, months_asked
from api.energy.schemas import ChargingRecordPage, EnergySheet, FuelRecordPage, VehicleUsePage
from api.errors import problems
from api.registry.paging import Cursor, DivisionQuery, IdQuery, OrganQuery, after
from api.sheets import CSV_TYPE, XLSX_TYPE, Cell, to_csv, to_xlsx
from api.spans import span_asked
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.model.scope import Scope
from fleet.reports.months import year_before
from fleet.reports.usage import Parts, summed
from fleet.statistics.base import Dimension
from fleet.store import energy_sheet, purchases
from fleet.store.figures import Question, names_of, subtree_of
from fleet.store.recompute import today
from fleet.store.scoped import is_visible_organ

router = APIRouter(tags=["energy"])

WITHIN_S = 60.0
"""A year of the city is read month by month, three times over: this year, the one before, and the peers."""

Reader = Annotated[Caller, requires(Permission.READ_STATISTICS)]
RecordReader = Annotated[Caller, requires(Permission.READ_TRIPS)]
AllOrgans = Annotated[bool, Query(description="Not the energy-saving organs alone")]


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


Output = Annotated[Format, Query(alias="format")]
SHEETS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            XLSX_TYPE: {"schema": {"type": "string", "format": "binary"}},
        }
    },
    **problems(400, 401, 403, 404, 422),
}


@router.get("/energy-sheet", summary="Energy of organs", response_model=EnergySheet, responses=SHEETS)
async def read_sheet(
    services: Shared,
    caller: Reader,
    first: FromMonth = None,
    last: ToMonth = None,
    organ: OrganQuery = None,
    division: DivisionQuery = None,
    all_organs: AllOrgans = False,
    by_month: Annotated[bool, Query(description="A row for each organ and month, not for the whole span")] = False,
    output: Output = Format.JSON,
) -> Response:
    """Fuel and electricity of the energy-saving organs, each kind for itself, with the same months a year before.
    Per 100 km the best method is taken and named. A row is of the organ's own vehicles; rows add up to the total."""
    async with services.database.begin(within_s=WITHIN_S) as connection:
        question = await _question(connection, caller, services.now(), first, last, organ, division, all_organs)
        begin, end = year_before(question.first, question.last)
        before = replace(question, first=begin, last=end)
        uses = await energy_sheet.read_uses(connection, question, scope=caller.scope)
        sheet = await energy_sheet.read_sheet(
            connection, question, scope=caller.scope, memory=services.tallies, uses=uses
        )
        earlier = await energy_sheet.read_sheet(connection, before, scope=caller.scope, memory=services.tallies)
        cars = await energy_sheet.registered(connection)
        peers = await energy_sheet.read_peers(connection, question, cars, scope=caller.scope, uses=uses)
        names = await names_of(connection, (Dimension.ORGAN,), [(key[0],) for key in {**sheet, **earlier}])
    flagged: dict[int, set[int]] = defaultdict(set)
    figures = await asyncio.to_thread(energy_sheet.figures_of, uses, cars, peers)
    odd = {one.vehicle_id for one in figures if one.outlier is not None}
    for use in uses:
        if use.vehicle_id in odd:
            flagged[use.organ_id].add(use.vehicle_id)
    later = {(organ_id, month.replace(year=month.year + 1)): parts for (organ_id, month), parts in earlier.items()}
    organs = names[Dimension.ORGAN]
    items: list[dict[str, Any]] = []
    if by_month:
        for key in sorted({*sheet, *later}):
            row = shown.row_shown(_sum([sheet.get(key)]), _sum([later.get(key)]))
            head = {"organ": {"id": key[0], "name": organs.get(key[0], "")}, "month": f"{key[1]:%Y-%m}"}
            items.append({**head, **row})
    else:
        now_by_organ, then_by_organ = _by_organ(sheet), _by_organ(later)
        for organ_id in sorted({*now_by_organ, *then_by_organ}):
            now, then = _sum([now_by_organ.get(organ_id)]), _sum([then_by_organ.get(organ_id)])
            head = {"organ": {"id": organ_id, "name": organs.get(organ_id, "")}}
            items.append({**head, "outliers": len(flagged[organ_id]), **shown.row_shown(now, then)})
    total = {**shown.row_shown(_sum(sheet.values()), _sum(later.values())), "outliers": len(odd)}
    if output is not Format.JSON:
        lead = ("organ", "month") if by_month else ("organ", "outliers")
        headers = shown.sheet_headers(*lead)
        rows = [[one["organ"]["name"], one[lead[1]], *shown.sheet_cells(one)] for one in items]
        rows.append(["", "" if by_month else len(odd), *shown.sheet_cells(total)])
        return await _table(output, f"energy-{question.first:%Y-%m}-{question.last:%Y-%m}", headers, rows, services)
    return json_answer(
        {
            "from": f"{question.first:%Y-%m}",
            "to": f"{question.last:%Y-%m}",
            "certified_only": not all_organs,
            "organs": len({key[0] for key in (*sheet, *later)}) if question.organs is None else len(question.organs),
            "definitions": shown.definitions_shown(),
            "total": total,
            "items": items,
        }
    )


@router.get("/energy-sheet/vehicles", summary="Energy of vehicles", response_model=VehicleUsePage, responses=SHEETS)
async def list_vehicles(
    services: Shared,
    caller: Reader,
    first: FromMonth = None,
    last: ToMonth = None,
    organ: OrganQuery = None,
    division: DivisionQuery = None,
    all_organs: AllOrgans = False,
    outliers: Annotated[bool, Query(description="Only those that are flagged")] = False,
    limit: Annotated[int, Query(ge=1, le=12_000)] = 2_000,
    cursor: Cursor = None,
    output: Output = Format.JSON,
) -> Response:
    """The vehicles behind an energy sheet, one row for each kind that a vehicle used or bought, in the order of their
    ids: added up, they are the sheet of the same question. What is odd is flagged, with what it is held against."""
    async with services.database.begin(within_s=WITHIN_S) as connection:
        question = await _question(connection, caller, services.now(), first, last, organ, division, all_organs)
        uses = await energy_sheet.read_uses(connection, question, scope=caller.scope)
        cars = await energy_sheet.registered(connection)
        peers = await energy_sheet.read_peers(connection, question, cars, scope=caller.scope, uses=uses)
    since = ("", "") if cursor is None else decode_cursor(cursor, tuple[int, str])
    figures = await asyncio.to_thread(energy_sheet.figures_of, uses, cars, peers)
    found = [
        one
        for one in figures
        if (cursor is None or (one.vehicle_id, one.medium.value) > since) and (one.outlier or not outliers)
    ]
    if output is not Format.JSON:
        rows = [shown.vehicle_cells(shown.vehicle_shown(one, cars[one.vehicle_id])) for one in found]
        name = f"energy-vehicles-{question.first:%Y-%m}-{question.last:%Y-%m}"
        return await _table(output, name, list(shown.VEHICLE_HEADERS), rows, services)
    page = found[:limit]
    following = encode_cursor((page[-1].vehicle_id, page[-1].medium.value)) if len(found) > limit else None
    items = [shown.vehicle_shown(one, cars[one.vehicle_id]) for one in page]
    return json_answer({"items": items, "next_cursor": following, "definitions": shown.definitions_shown()})


LONGEST = timedelta(days=732)
RecordLimit = Annotated[int, Query(ge=1, le=1_000)]
From = Annotated[datetime | None, Query(alias="from", description="Default: 31 days before `to`")]
To = Annotated[datetime | None, Query(alias="to", description="Not included. Default: now")]


@router.get(
    "/fuel-records",
    summary="Fuel-card records",
    response_model=FuelRecordPage,
    responses=problems(400, 401, 403, 404, 422),
)
async def list_fuel(
    services: Shared,
    caller: RecordReader,
    vehicle: IdQuery = None,
    organ: OrganQuery = None,
    begin: From = None,
    end: To = None,
    limit: RecordLimit = 200,
    cursor: Cursor = None,
) -> Response:
    """Records as they were imported, in that order, each beside the rise of the tank that the unit saw then."""
    span = span_asked(begin, end, services.now(), usual=timedelta(days=31), longest=LONGEST)
    read = partial(purchases.fuel_records, span=span, vehicle_id=vehicle, after=after(cursor))
    return await _records(services, caller, read, organ, limit)


@router.get(
    "/charging-records",
    summary="Charging records",
    response_model=ChargingRecordPage,
    responses=problems(400, 401, 403, 404, 422),
)
async def list_charging(
    services: Shared,
    caller: RecordReader,
    vehicle: IdQuery = None,
    organ: OrganQuery = None,
    begin: From = None,
    end: To = None,
    limit: RecordLimit = 200,
    cursor: Cursor = None,
) -> Response:
    """Records as they were imported, in that order, each beside what the unit counted."""
    span = span_asked(begin, end, services.now(), usual=timedelta(days=31), longest=LONGEST)
    read = partial(purchases.charging_records, span=span, vehicle_id=vehicle, after=after(cursor))
    return await _records(services, caller, read, organ, limit)


async def _records(
    services: Shared,
    caller: Caller,
    read: Callable[..., Awaitable[list[dict[str, Any]]]],
    organ: int | None,
    limit: int,
) -> Response:
    """A page of what `read` finds within the scope."""
    async with services.database.begin() as connection:
        await _visible(connection, organ, caller.scope)
        rows = await read(connection, scope=caller.scope, organ_id=organ, limit=limit + 1)
    following = encode_cursor(rows[limit - 1]["id"]) if len(rows) > limit else None
    return json_answer({"items": rows[:limit], "next_cursor": following})


def _sum(some: Iterable[Parts | None]) -> Parts:
    return summed(one for one in some if one is not None)


def _by_organ(sheet: energy_sheet.Sheet) -> dict[int, Parts]:
    months: dict[int, list[Parts]] = defaultdict(list)
    for (organ_id, _), parts in sheet.items():
        months[organ_id].append(parts)
    return {organ_id: summed(some) for organ_id, some in months.items()}


async def _visible(connection: AsyncConnection, organ: int | None, scope: Scope) -> None:
    if organ is not None and not await is_visible_organ(connection, organ, scope=scope):
        raise NotFound(f"There is no organ {organ}.")


async def _question(
    connection: AsyncConnection,
    caller: Caller,
    now: datetime,
    first: str | None,
    last: str | None,
    organ: int | None,
    division: int | None,
    all_organs: bool,
) -> Question:
    begin, end = months_asked(first, last, today(now))
    await _visible(connection, organ, caller.scope)
    organs = None if organ is None else await subtree_of(connection, organ)
    if not all_organs:
        organs = await energy_sheet.certified(connection, organ)
    return Question(first=begin, last=end, organs=organs, division=division)


async def _table(output: Format, name: str, headers: list[str], rows: list[list[Cell]], services: Shared) -> Response:
    if output is Format.CSV:
        written, kind = to_csv(headers, rows), CSV_TYPE
    else:
        written = await asyncio.to_thread(to_xlsx, "energy", headers, rows, created=services.now())
        kind = XLSX_TYPE
    disposition = f'attachment; filename="{name}.{output.value}"'
    return Response(written, media_type=kind, headers={"Content-Disposition": disposition, "Cache-Control": "no-store"})
