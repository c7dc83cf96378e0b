"""`/calendar`: what each day is for an organ; `/calendar-entries`: where city, county or organ depart from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.dependencies import Caller, Shared, requires
from api.errors import problems
from api.registry import editing
from api.registry.calendars.schemas import CalendarForm, CalendarPage, CalendarShown, YearShown
from api.registry.checks import organ_reference
from api.registry.editing import Desk, IfMatch, Patch, merge_patch_of
from api.registry.paging import Cursor, DivisionQuery, Id, IdQuery, Limit, OrganQuery, after, page
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.registry.problems import Problem, error, warning
from fleet.store import calendars, rulings
from fleet.store.recompute import today
from fleet.store.scoped import is_visible_organ
from fleet.store.tables import calendar_entry
from fleet.workdays import announced, calendar_version

router = APIRouter(tags=["registry"])

Reader = Annotated[Caller, requires(Permission.READ_LISTS)]
Writer = Annotated[Caller, requires(Permission.MANAGE_LISTS)]
FIRST_YEAR, LAST_YEAR = 2015, 2100
YearQuery = Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)]
_FIELDS = ("organ_id", "day", "worked", "name")


def _values(form: CalendarForm) -> dict[str, Any]:
    return form.model_dump()


def _written(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in _FIELDS}


def _shown(row: RowMapping) -> dict[str, Any]:
    return {"id": row["id"], "version": row["version"], "organ_name": row["organ_name"], **_written(row)}


async def _show(connection: AsyncConnection, record_id: int, caller: Caller, _: datetime) -> dict[str, Any] | None:
    row = await rulings.one_of_them(connection, calendars.entries(caller.scope), calendar_entry.c.id, record_id)
    return None if row is None else _shown(row)


async def _check(connection: AsyncConnection, form: CalendarForm, caller: Caller, now: datetime) -> Sequence[Problem]:
    found = list(await organ_reference(connection, caller, form.organ_id))
    if not FIRST_YEAR <= form.day.year <= LAST_YEAR:
        zh, en = f"年份应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间", f"A day from {FIRST_YEAR} to {LAST_YEAR}"
        found.append(error("day", "day_out_of_range", zh, en))
    if form.day <= today(now):
        zh, en = "日期已过：当日已有判定将重新计算并留存旧版本", "It lies in the past: what was judged is judged again"
        found.append(warning("day", "acts_on_the_past", zh, en))
    return found


DESK = Desk(
    noun="calendar entry",
    table=calendar_entry,
    form=CalendarForm,
    values=_values,
    written=_written,
    show=_show,
    check=_check,
    wrote=calendars.wrote_entry,
)


@router.get("/calendar", summary="The days of a year", response_model=YearShown, responses=problems(401, 403, 404, 422))
async def read_year(services: Shared, caller: Reader, organ: IdQuery = None, year: YearQuery = None) -> Response:
    """For an organ (default: the city as a whole): the nearest entry, else the statutory calendar with make-up days.

    Of a year that was not announced yet (`announced: false`), days that an announcement may move are `doubtful`.
    """
    wanted = year or today(services.now()).year
    async with services.database.begin() as connection:
        if organ is not None and not await is_visible_organ(connection, organ, scope=caller.scope):
            raise NotFound(f"There is no organ {organ}.")
        calendar = await calendars.calendar_of(connection, organ)
    first = date(wanted, 1, 1)
    rulings_of_year = [calendar.ruling(first + timedelta(days=n)) for n in range((date(wanted + 1, 1, 1) - first).days)]
    return json_answer(
        {
            "year": wanted,
            "announced": announced(wanted),
            "calendar": calendar_version(),
            "organ_id": organ,
            "days": [
                {"day": one.day, "kind": one.kind, "worked": one.worked, "name": one.name, "source": one.source}
                for one in rulings_of_year
            ],
        }
    )


@router.get(
    "/calendar-entries", summary="Calendar entries", response_model=CalendarPage, responses=problems(400, 401, 403, 422)
)
async def list_entries(
    services: Shared,
    caller: Reader,
    organ: OrganQuery = None,
    division: DivisionQuery = None,
    year: YearQuery = None,
    limit: Limit = 400,
    cursor: Cursor = None,
) -> Response:
    """By id. Without a filter the city's own too; those of an organ hold for everything below it."""
    statement = calendars.entries(caller.scope, organ_id=organ, division=division, year=year)
    async with services.database.begin() as connection:
        rows = await rulings.rows_of(connection, statement, calendar_entry.c.id, after=after(cursor), limit=limit + 1)
    return page([_shown(row) for row in rows], limit)


@router.get(
    "/calendar-entries/{entry_id}",
    summary="One calendar entry",
    response_model=CalendarShown,
    responses=problems(401, 403, 404, 422),
)
async def read_entry(services: Shared, caller: Reader, entry_id: Id) -> Response:
    """Its ETag is what a change needs."""
    return await editing.read(DESK, services, caller, entry_id)


@router.post(
    "/calendar-entries",
    summary="Enter a day",
    status_code=201,
    response_model=CalendarShown,
    responses=problems(401, 403, 409, 413, 422),
)
async def create_entry(services: Shared, caller: Writer, form: CalendarForm) -> Response:
    """A day of the past is judged again for the organ and everything below it; earlier verdicts are kept."""
    return await editing.create(DESK, services, caller, form, path="calendar-entries")


@router.patch(
    "/calendar-entries/{entry_id}",
    summary="Change a calendar entry",
    response_model=CalendarShown,
    responses=problems(401, 403, 404, 409, 412, 413, 422, 428),
    openapi_extra=merge_patch_of("CalendarForm"),
)
async def change_entry(services: Shared, caller: Writer, entry_id: Id, version: IfMatch, patch: Patch) -> Response:
    """The days it was and is about are judged again."""
    return await editing.change(DESK, services, caller, entry_id, version, patch)


@router.delete(
    "/calendar-entries/{entry_id}",
    summary="Withdraw a calendar entry",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
)
async def withdraw_entry(services: Shared, caller: Writer, entry_id: Id, version: IfMatch) -> Response:
    """The calendar above it holds again, for the past too; the audit log keeps what it said."""
    return await editing.remove(DESK, services, caller, entry_id, version)
