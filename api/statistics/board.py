"""`/nev-board`: new-energy quotas on one page, and what replacing vehicles would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.dependencies import Caller, Shared, requires
from api.errors import ApiProblem, problems
from api.registry.paging import OrganQuery
from api.statistics.board_schemas import Board, WhatIf, WhatIfForm
from api.statistics.routes import WITHIN_S
from api.statistics.shown import compared, target_shown
from fleet.errors import NotFound
from fleet.identity.permissions import Permission
from fleet.model.scope import Scope
from fleet.statistics.base import Dimension, Parts, Statistic, per
from fleet.statistics.nev_share_distance import NEV_SHARE_DISTANCE
from fleet.statistics.nev_share_energy import NEV_SHARE_ENERGY
from fleet.statistics.nev_share_purchases import NEV_SHARE_PURCHASES
from fleet.statistics.nev_share_stock import NEV_SHARE_STOCK
from fleet.statistics.what_if import replaced
from fleet.store.counting import Key, count
from fleet.store.figures import Question, names_of, subtree_of
from fleet.store.recompute import today
from fleet.store.scoped import is_visible_organ
from fleet.store.tally_memory import TallyMemory

router = APIRouter(tags=["statistics"])

Reader = Annotated[Caller, requires(Permission.READ_STATISTICS)]
Year = Annotated[int | None, Query(ge=2000, le=2100, description="Default: this year")]
SHARES: Mapping[str, Statistic] = {
    "stock": NEV_SHARE_STOCK,
    "purchases": NEV_SHARE_PURCHASES,
    "distance": NEV_SHARE_DISTANCE,
    "energy": NEV_SHARE_ENERGY,
}
_YEARS = 10
_COMMUNICATIONS = "statistics.nev_communications_target_pct"


@router.get("/nev-board", summary="New-energy quotas", response_model=Board, responses=problems(401, 403, 404, 422))
async def read_board(services: Shared, caller: Reader, year: Year = None, organ: OrganQuery = None) -> Response:
    """Four shares for the whole, each county and each organ, this year's purchases against their targets, and the
    share of every purchase year. All are the statistics of the same names (`/statistics/nev_share_…`)."""
    async with services.database.begin(within_s=WITHIN_S) as connection:
        question = await _year(connection, year, organ, today(services.now()), caller.scope)
        question = replace(question, by=(Dimension.ORGAN, Dimension.DIVISION))
        groups = {
            name: await count(connection, one, question, scope=caller.scope, memory=services.tallies)
            for name, one in SHARES.items()
        }
        whole = {name: one.add(groups[name].values()) for name, one in SHARES.items()}
        organs, counties = _summed(groups, 0), _summed(groups, 1)
        names = await names_of(connection, (Dimension.ORGAN,), [(one,) for one in organs])
        bought = whole["purchases"]
        communications = per(bought["communications_new_energy"], bought["communications"], 100)
        assert NEV_SHARE_PURCHASES.target is not None
        targets = {
            "purchases": await target_shown(
                connection, NEV_SHARE_PURCHASES.target, organ, question.last, NEV_SHARE_PURCHASES.figure(bought)
            ),
            "communications": await target_shown(connection, _COMMUNICATIONS, organ, question.last, communications),
        }
        years = await _purchase_years(connection, question, caller.scope, services.tallies)
    figures: dict[str, dict[str, Any]] = {name: _figure(name, parts) for name, parts in whole.items()}
    figures["purchases"]["target"] = targets["purchases"]
    figures["communications"] = {
        "value": None if communications is None else float(round(communications, NEV_SHARE_PURCHASES.decimals)),
        "parts": {name: bought[name] for name in ("communications_new_energy", "communications")},
        "target": targets["communications"],
    }
    return json_answer(
        {
            "year": question.last.year,
            "to": question.last,
            **figures,
            "counties": [{"division": one, **shares} for one, shares in counties.items()],
            "organs": [
                {"organ": {"id": one, "name": names[Dimension.ORGAN].get(one, "")}, **shares}
                for one, shares in organs.items()
            ],
            "by_purchase_year": years,
        }
    )


@router.post(
    "/nev-board/what-if",
    summary="What replacing vehicles would change",
    response_model=WhatIf,
    responses=problems(401, 403, 404, 413, 422),
)
async def what_if(
    services: Shared, caller: Reader, form: WhatIfForm, year: Year = None, organ: OrganQuery = None
) -> Response:
    """The shares of the stock and of the year's distance, had these vehicles been new-energy ones. Writes nothing."""
    async with services.database.begin(within_s=WITHIN_S) as connection:
        question = await _year(connection, year, organ, today(services.now()), caller.scope)
        by_vehicle = replace(question, by=(Dimension.VEHICLE,))
        stock = await _vehicles(connection, NEV_SHARE_STOCK, by_vehicle, caller.scope, services.tallies)
        driven = await _vehicles(connection, NEV_SHARE_DISTANCE, by_vehicle, caller.scope, services.tallies)
        ids = list(dict.fromkeys(form.vehicles))
        left = [
            {"vehicle_id": one, "why": "new_energy" if one in stock else "not_in_stock"}
            for one in ids
            if one not in stock or stock[one]["new_energy"]
        ]
        chosen = [one for one in ids if one in stock and not stock[one]["new_energy"]]
        names = await names_of(connection, by_vehicle.by, [(one,) for one in chosen])
    changes = {
        name: {
            "now": _figure(name, statistic.add(list(parts.values()))),
            "then": _figure(name, statistic.add(replaced(parts, chosen, whole=whole, new_energy=new_energy))),
        }
        for name, statistic, parts, whole, new_energy in (
            ("stock", NEV_SHARE_STOCK, stock, "vehicles", "new_energy"),
            ("distance", NEV_SHARE_DISTANCE, driven, "distance_m", "new_energy_m"),
        )
    }
    shown = [{"id": one, "plate": names[Dimension.VEHICLE].get(one, "")} for one in chosen]
    return json_answer({"to": question.last, "replaced": shown, "left": left, **changes})


async def _year(
    connection: AsyncConnection, year: int | None, organ: int | None, this_day: date, scope: Scope
) -> Question:
    year = this_day.year if year is None else year
    if year > this_day.year:
        raise ApiProblem(422, "invalid-request", "Invalid request", "query.year: it has not begun.")
    if organ is not None and not await is_visible_organ(connection, organ, scope=scope):
        raise NotFound(f"There is no organ {organ}.")
    return Question(
        first=date(year, 1, 1),
        last=min(date(year, 12, 31), this_day),
        organs=None if organ is None else await subtree_of(connection, organ),
    )


def _summed(groups: Mapping[str, Mapping[Key, Parts]], place: int) -> dict[int, dict[str, Any]]:
    """The four shares by one place of the groups' keys."""
    found: dict[int, dict[str, list[Parts]]] = defaultdict(lambda: defaultdict(list))
    for name, some in groups.items():
        for key, parts in some.items():
            found[key[place]][name].append(parts)
    return {
        key: {name: _figure(name, statistic.add(found[key][name])) for name, statistic in SHARES.items()}
        for key in sorted(found)
    }


async def _vehicles(
    connection: AsyncConnection, statistic: Statistic, question: Question, scope: Scope, memory: TallyMemory
) -> dict[int, Parts]:
    counted = await count(connection, statistic, question, scope=scope, memory=memory)
    return {key[0]: parts for key, parts in counted.items()}


async def _purchase_years(
    connection: AsyncConnection, question: Question, scope: Scope, memory: TallyMemory
) -> list[dict[str, Any]]:
    first = date(question.last.year - _YEARS + 1, 1, 1)
    asked = replace(question, first=first, by=(Dimension.MONTH,))
    by_year: dict[int, list[Parts]] = defaultdict(list)
    counted = await count(connection, NEV_SHARE_PURCHASES, asked, scope=scope, memory=memory)
    for (month,), parts in counted.items():
        by_year[month.year].append(parts)
    return [
        {"year": year, **_figure("purchases", NEV_SHARE_PURCHASES.add(some))} for year, some in sorted(by_year.items())
    ]


def _figure(name: str, parts: Parts) -> dict[str, Any]:
    return compared(SHARES[name], parts, None, False)
