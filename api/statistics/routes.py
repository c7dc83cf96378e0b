"""`/statistics`: what is counted, the figures, and the vehicles behind them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.cursors import decode_cursor, encode_cursor
from api.dependencies import Caller, Shared, requires
from api.errors import ApiProblem, problems
from api.registry.paging import Cursor, DivisionQuery, OrganQuery
from api.sheets import CSV_TYPE, XLSX_TYPE, Cell, to_csv, to_xlsx
from api.statistics.schemas import Answer, DefinitionList, VehiclePage
from api.statistics.shown import compared, definition_shown, groups_shown, target_shown
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.model.registry import Energy, Management, VehicleUse
from fleet.model.scope import Scope
from fleet.statistics.base import Dimension, Parts, Source, Statistic
from fleet.statistics.registry import BY_SLUG, STATISTICS
from fleet.store.counting import Key, count, count_with_total
from fleet.store.figures import Question, names_of, subtree_of
from fleet.store.recompute import today
from fleet.store.scoped import is_visible_organ

router = APIRouter(tags=["statistics"])

Reader = Annotated[Caller, requires(Permission.READ_STATISTICS)]
Slug = Annotated[str, Path(alias="statistic", max_length=60, examples=["nev_share_stock"])]
_MOST_DAYS = 3_660
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 12, 31)
WITHIN_S = 25.0
"""A year of the whole fleet takes seconds: these questions are given more time than others."""
_MOST_GROUPS = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """The period and the filters, which all questions share."""

    first: Annotated[
        date | None, Query(alias="from", description="Day of the fleet. Default: the first of `to`'s month")
    ] = None
    last: Annotated[date | None, Query(alias="to", description="Included. Default: today in Asia/Shanghai")] = None
    organ: OrganQuery = None
    division: DivisionQuery = None
    use: VehicleUse | None = None
    management: Management | None = None
    energy: Energy | None = None

    async def question(
        self, connection: AsyncConnection, statistic: Statistic, by: tuple[Dimension, ...], now: datetime, scope: Scope
    ) -> Question:
        """Raises ApiProblem (422, 403) for what the statistic cannot be asked, NotFound for an organ that is none."""
        last = today(now) if self.last is None else self.last
        first = last.replace(day=1) if self.first is None else self.first
        if not 0 <= (last - first).days < _MOST_DAYS or first < _EARLIEST or last > _LATEST:
            raise _wrong(
                f"query.from, query.to: `from` not after `to`, at most {_MOST_DAYS} days, between {_EARLIEST} and"
                f" {_LATEST}."
            )
        for dimension in by:
            if dimension not in statistic.dimensions:
                raise _wrong(f"query.group_by: {statistic.slug} is not counted by {dimension.value}.")
        filters = {
            Dimension.ORGAN: self.organ,
            Dimension.DIVISION: self.division,
            Dimension.USE: self.use,
            Dimension.MANAGEMENT: self.management,
            Dimension.ENERGY: self.energy,
        }
        for dimension, value in filters.items():
            if value is not None and dimension not in statistic.dimensions:
                raise _wrong(f"query.{dimension.value}: {statistic.slug} does not know it.")
        if Source.MESSAGES in statistic.counts and not scope.everywhere:
            raise ApiProblem(
                403,
                "forbidden",
                "Forbidden",
                "The books are the whole city's: ask GET /ledger for the units of your organs.",
            )
        if self.organ is not None and not await is_visible_organ(connection, self.organ, scope=scope):
            raise NotFound(f"There is no organ {self.organ}.")
        return Question(
            first=first,
            last=last,
            by=by,
            organs=None if self.organ is None else await subtree_of(connection, self.organ),
            division=self.division,
            use=self.use,
            management=self.management,
            energy=self.energy,
        )


class GroupBy(StrEnum):
    """The dimensions a caller may group by."""

    ORGAN = "organ"
    DIVISION = "division"
    USE = "use"
    MANAGEMENT = "management"
    ENERGY = "energy"
    MONTH = "month"


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


@router.get("/statistics", summary="What is counted", response_model=DefinitionList, responses=problems(401, 403))
async def list_statistics(caller: Reader) -> Response:
    """Every statistic with its definition, in the order in which they are shown."""
    return json_answer({"items": [definition_shown(one) for one in STATISTICS]})


@router.get(
    "/statistics/{statistic}",
    summary="A statistic",
    response_model=Answer,
    responses={
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                XLSX_TYPE: {"schema": {"type": "string", "format": "binary"}},
            }
        },
        **problems(401, 403, 404, 422),
    },
)
async def read_statistic(
    services: Shared,
    caller: Reader,
    slug: Slug,
    asked: Annotated[Asked, Depends()],
    group_by: Annotated[list[GroupBy] | None, Query(max_length=_MOST_GROUPS)] = None,
    year_on_year: Annotated[bool, Query(description="Beside it the same days a year before")] = False,
    output: Annotated[Format, Query(alias="format")] = Format.JSON,
) -> Response:
    """Groups add up to the total part by part; so do days to months and organs to the city. Recount it with
    `/statistics/{statistic}/vehicles`, and each vehicle with its days and trips."""
    statistic = _known(slug)
    by = tuple(dict.fromkeys(Dimension(one.value) for one in group_by or ()))
    async with services.database.begin(within_s=WITHIN_S) as connection:
        question = await asked.question(connection, statistic, by, services.now(), caller.scope)
        groups, total = await count_with_total(
            connection, statistic, question, scope=caller.scope, memory=services.tallies
        )
        earlier: dict[Key, Parts] = {}
        total_earlier: Parts | None = None
        if year_on_year:
            before = replace(question, first=_a_year_before(question.first), last=_a_year_before(question.last))
            found, total_earlier = await count_with_total(
                connection, statistic, before, scope=caller.scope, memory=services.tallies
            )
            earlier = {_a_year_later(by, key): parts for key, parts in found.items()}
        named = await names_of(connection, by, [*groups, *earlier])
        target = None
        if statistic.target is not None:
            figure = statistic.figure(total)
            target = await target_shown(connection, statistic.target, asked.organ, question.last, figure)
    items = groups_shown(statistic, by, groups, named, earlier if year_on_year else None)
    summed = compared(statistic, total, total_earlier, year_on_year)
    if output is not Format.JSON:
        headers, rows = _table(statistic, question, items, summed)
        name = f"{statistic.slug}-{question.first}-{question.last}.{output.value}"
        if output is Format.CSV:
            return _sheet(to_csv(headers, rows), CSV_TYPE, name)
        written = await asyncio.to_thread(to_xlsx, statistic.title_zh, headers, rows, created=services.now())
        return _sheet(written, XLSX_TYPE, name)
    shown = definition_shown(statistic)
    head = ("slug", "version", "title_zh", "title_en", "definition_zh", "definition_en", "unit")
    return json_answer(
        {
            **{name: shown[name] for name in head},
            "from": question.first,
            "to": question.last,
            "group_by": [one.value for one in by],
            "total": summed,
            "target": target,
            "items": items,
        }
    )


@router.get(
    "/statistics/{statistic}/vehicles",
    summary="The vehicles behind a figure",
    response_model=VehiclePage,
    responses=problems(400, 401, 403, 404, 422),
)
async def list_vehicles_behind(
    services: Shared,
    caller: Reader,
    slug: Slug,
    asked: Annotated[Asked, Depends()],
    limit: Annotated[int, Query(ge=1, le=6_000)] = 1_000,
    cursor: Cursor = None,
) -> Response:
    """What each vehicle adds to the figure, in the order of their ids: added up, it is the total of the same question.
    A vehicle that changed its organ within the period is there with the days that count here."""
    statistic = _known(slug)
    by = (Dimension.VEHICLE,)
    async with services.database.begin(within_s=WITHIN_S) as connection:
        question = await asked.question(connection, statistic, by, services.now(), caller.scope)
        groups = await count(connection, statistic, question, scope=caller.scope, memory=services.tallies)
        after = 0 if cursor is None else decode_cursor(cursor, int)
        keys = [key for key in groups if key[0] > after][: limit + 1]
        named = await names_of(connection, by, keys[:limit])
    items = groups_shown(statistic, by, {key: groups[key] for key in keys[:limit]}, named)
    following = encode_cursor(keys[limit - 1][0]) if len(keys) > limit else None
    return json_answer({"items": items, "next_cursor": following})


def _known(slug: str) -> Statistic:
    try:
        return BY_SLUG[slug]
    except KeyError:
        raise NotFound(f"There is no statistic {slug}: GET /statistics lists them.") from None


def _wrong(detail: str) -> ApiProblem:
    return ApiProblem(422, "invalid-request", "Invalid request", detail)


def _a_year_before(day: date) -> date:
    return _in_year(day, day.year - 1)


def _in_year(day: date, year: int) -> date:
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=year, day=28) if leap_day else day.replace(year=year)


def _a_year_later(by: tuple[Dimension, ...], key: Key) -> Key:
    """The group that a group of the year before stands beside."""
    return tuple(
        one.replace(year=one.year + 1) if dimension is Dimension.MONTH else one
        for dimension, one in zip(by, key, strict=True)
    )


def _sheet(written: bytes, kind: str, name: str) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(written, media_type=kind, headers={"Content-Disposition": disposition, "Cache-Control": "no-store"})


def _table(
    statistic: Statistic, question: Question, items: list[dict[str, Any]], total: dict[str, Any]
) -> tuple[list[str], list[list[Cell]]]:
    """Headers and rows: one a group, the total last."""
    names = [part.name for part in statistic.parts]
    compares = "previous" in total
    headers = ["statistic", "unit", "from", "to", *question.by, "value", *(["previous"] if compares else []), *names]
    rows: list[list[Cell]] = []
    for row in (*items, total):
        cells: list[Cell] = [statistic.slug, statistic.unit.value, str(question.first), str(question.last)]
        for dimension in question.by:
            cell = row.get(dimension.value, "")
            cells.append(cell.get("name", cell.get("plate")) if isinstance(cell, dict) else cell)
        previous = [row["previous"]["value"]] if compares else []
        rows.append([*cells, row["value"], *previous, *(row["parts"][name] for name in names)])
    return headers, rows
