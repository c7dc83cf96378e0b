"""`/reports/monthly`: one page to print, with nothing from outside."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.dependencies import Caller, Shared, requires
from api.energy.months import month_of
from api.errors import problems
from api.registry.paging import OrganQuery
from api.spans import wrong
from fleet.identity.permissions import Permission
from fleet.reports.months import month_over
from fleet.reports.page import page
from fleet.reports.style import POLICY
from fleet.reports.words import Language
from fleet.store.monthly import read_report
from fleet.store.recompute import today

router = APIRouter(tags=["statistics"])

WITHIN_S = 60.0
HTML: dict[int | str, dict[str, Any]] = {
    200: {"description": "The report", "content": {"text/html": {"schema": {"type": "string"}}}},
    **problems(401, 403, 404, 422),
}


@router.get("/reports/monthly", summary="A monthly report", response_class=Response, responses=HTML)
async def read_monthly(
    services: Shared,
    caller: Annotated[Caller, requires(Permission.READ_STATISTICS)],
    month: Annotated[str | None, Query(max_length=7, description="`2026-10`. Default: the last that is over")] = None,
    organ: OrganQuery = None,
    language: Annotated[Language, Query(alias="lang")] = Language.ZH,
) -> Response:
    """The month of an organ with all below it, or of all that the account may see, as one HTML page to be printed on
    A4: figures with the year before, charts, energy, outliers; each with its definition and how to recount it."""
    now = services.now()
    this_day = today(now)
    first = month_over(this_day) if month is None else month_of(month, "month")
    if first > this_day:
        raise wrong("query.month: it has not begun.")
    async with services.database.begin(within_s=WITHIN_S) as connection:
        report = await read_report(
            connection, first, organ, scope=caller.scope, now=now, by=caller.username, memory=services.tallies
        )
    written = await asyncio.to_thread(page, report, language)
    name = f"report-{first:%Y-%m}{'' if organ is None else f'-{organ}'}-{language.value}.html"
    return Response(
        written,
        media_type="text/html; charset=utf-8",
        headers={
            "Content-Security-Policy": POLICY,
            "Content-Disposition": f'inline; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
