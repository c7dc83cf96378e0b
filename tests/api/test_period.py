"""A token for a period: every route that reads is asked with one, and says nothing of what happened outside.

Each route is declared here: a new one fails until somebody has said what a period means for it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.dialects.postgresql import insert

from api import access
from fleet.identity.permissions import TABLE
from fleet.model.readings import Kind
from fleet.model.registry import Role
from fleet.store import tables
from fleet.store.unknowns import OF_NOW, Unknown
from tests.api.builders import World, connected
from tests.api.test_matrix import address
from tests.api.two_organs import ordered

pytestmark = pytest.mark.store

PURPOSE = {"X-Purpose": "test of the period"}
INSIDE, BEFORE, AFTER = 7777, 5555, 9999
"""Marks of what happened in the period, before and after: counts, and parts of names."""
CHANCE = re.compile(r"urn:uuid:[0-9a-f-]{36}|(?<=:\d\d)\.\d{1,6}")
"""What may hold the digits of a mark by chance: the number of a problem, parts of a second."""


class Meaning(Enum):
    CLIPPED = "shows what happened in the period only"
    REFUSED = "is about now, or about all times"
    TIMELESS = "says what is registered, not what happened"
    ELSEWHERE = "clipped; held by the tests of trips, visits, cases, tasks, use records, statistics, energy"


C, R, T, E = Meaning.CLIPPED, Meaning.REFUSED, Meaning.TIMELESS, Meaning.ELSEWHERE

ROUTES = {
    "/api/v1/vehicles/{vehicle_id}/track": C,
    "/api/v1/ledger": C,
    "/api/v1/quarantine": C,
    "/api/v1/audit/log": C,
    "/api/v1/exports/audit.jsonl": C,
    "/api/v1/units": C,  # when they were heard last
    "/api/v1/units/{unit_id}": C,
    "/api/v1/registry/unknowns": C,
    "/api/v1/orders": C,  # those whose time reaches into it
    "/api/v1/orders/{order_id}": C,
    "/api/v1/orders/{order_id}/history": C,
    "/api/v1/orders/{order_id}/permits": C,
    "/api/v1/orders/{order_id}/commands": C,
    "/api/v1/orders/purposes": T,
    "/api/v1/positions/latest": R,
    "/api/v1/positions/stream": R,
    "/api/v1/stream": R,
    "/api/v1/alerts/stream": R,
    "/api/v1/ledger/gaps": R,
    "/api/v1/system": R,
    "/api/v1/system/units": R,
    "/api/v1/audit/verify": T,
    "/api/v1/rules": T,
    "/api/v1/statistics": T,
    "/api/v1/calendar": T,
    **dict.fromkeys(
        (
            *(
                f"/api/v1/trips{rest}"
                for rest in ("", *(f"/{{trip_id}}{one}" for one in ("", "/versions", "/verdict")))
            ),
            "/api/v1/trips/{trip_id}/track",
            *("/api/v1/statistics/{statistic}", "/api/v1/statistics/{statistic}/vehicles", "/api/v1/nev-board"),
            *(f"/api/v1/vehicles/{{vehicle_id}}/{name}" for name in ("timeline", "days", "months")),
            *("/api/v1/units/{unit_id}/state", "/api/v1/visits", "/api/v1/alerts"),
            *("/api/v1/use-record", "/api/v1/vehicles/{vehicle_id}/use-record"),
            *("/api/v1/energy-sheet", "/api/v1/energy-sheet/vehicles"),
            *("/api/v1/fuel-records", "/api/v1/charging-records", "/api/v1/reports/monthly"),
            *("/api/v1/orders/inbox", "/api/v1/tasks", "/api/v1/tasks/{task_id}", "/api/v1/tasks/{task_id}/roster"),
            *("/api/v1/cases", "/api/v1/cases/counts", "/api/v1/cases/{case_id}", "/api/v1/cases/{case_id}/evidence"),
        ),
        E,
    ),
    **dict.fromkeys(
        (
            *("/api/v1/me", "/api/v1/auth/tokens", "/api/v1/auth/totp"),
            *(
                f"/api/v1/{name}{rest}"
                for name, id_name in (
                    *(("organs", "organ"), ("vehicles", "vehicle"), ("bindings", "binding"), ("drivers", "driver")),
                    *(("areas", "area"), ("fuel-cards", "card"), ("sealing-lists", "list")),
                    *(("exemptions", "exemption"), ("calendar-entries", "entry")),
                )
                for rest in ("", f"/{{{id_name}_id}}")
            ),
            *("/api/v1/vehicles/{vehicle_id}/history", "/api/v1/policies", "/api/v1/policies/{slug}/versions"),
            *(f"/api/v1/exports/{name}.csv" for name in ("organs", "vehicles", "drivers")),
        ),
        T,
    ),
}


@pytest.fixture
async def period(world: World, app: FastAPI) -> tuple[datetime, datetime]:
    """Something of every kind before, in and after it. It is over."""
    begin = world.clock().replace(minute=0, second=0, microsecond=0) - timedelta(days=5)
    end = begin + timedelta(days=2)
    await world.organ(1, kind="city", division=530300)
    await world.vehicle(11, organ=1)
    await world.states({"unit_id": 11, "position_at": world.clock()})
    for vehicle_id, mark, at in ((12, BEFORE, begin - timedelta(hours=3)), (13, INSIDE, begin), (14, AFTER, end)):
        await world.vehicle(vehicle_id, organ=1, fitted=False)
        await world.positions(11, [{"observed_at": at + timedelta(minutes=1), "lat_e7": 250000000 + mark * 100}])
        await world.booked(at, 11, Kind.POSITION, mark, mark, 0, 0)
        await world.refused(mark, received_at=at, hour=at, topic=f"fleet/v1/530302/U11/m{mark}")
        await world.execute(insert(tables.audit_log).values(entry(mark, at)))
        await ordered(world, mark, 1, vehicle_id)
        span = f"tstzrange('{at.isoformat()}', '{(at + timedelta(hours=2)).isoformat()}')"
        await world.execute_sql(
            f"update dispatch_order set period = {span}, effective_period = {span} where id = {mark}"
        )
    return begin, end


def entry(mark: int, at: datetime) -> dict[str, Any]:
    """A row of the log; whether its code is right is another test's question."""
    return {
        "chain": 99,
        "n": mark % 7,
        "at": at,
        "account": f"somebody-{mark}",
        "action": "track.read",
        "subject": "vehicle:11",
        "organ_ids": [1],
        "key_id": "x",
        "mac": b"x" * 32,
    }


async def test_every_route_that_reads_is_declared(app: FastAPI) -> None:
    there = {
        route.path
        for route in access.declared(app)
        if not route.public and route.method == "GET" and Role.AUDITOR in TABLE[next(iter(route.permissions))]
    }
    assert there - ROUTES.keys() == set(), "say what a period means for it"
    assert ROUTES.keys() - there == set()


async def test_no_route_tells_of_what_happened_outside(
    world: World, app: FastAPI, period: tuple[datetime, datetime]
) -> None:
    account_id = await world.account("checker", Role.AUDITOR)
    header = {**await world.token_of(account_id, begin=period[0], end=period[1]), **PURPOSE}
    tell = {"from": (period[0] - timedelta(days=9)).isoformat(), "to": world.clock().isoformat()}
    told = ""
    async with connected(app, None) as client:

        async def ask(path: str, **query: Any) -> httpx.Response:
            return await client.get(path, params=query, headers=header)

        for route in access.declared(app):
            meaning = ROUTES.get(route.path) if route.method == "GET" else None
            if meaning in {None, E}:
                continue
            path = address(route).replace("999999", str(INSIDE) if "order_id" in route.path else "11")
            if meaning is R:
                assert (await ask(path, unit="U11")).status_code == 403, path
                continue
            if "order_id" in route.path:
                for outside in (BEFORE, AFTER):
                    assert (await ask(path.replace(str(INSIDE), str(outside)))).status_code == 404, path
            tries: list[dict[str, Any]] = [{}, tell] if route.path not in ("/api/v1/registry/unknowns",) else []
            if route.path.endswith("track"):
                tries = [tell, *({**tell, "format": shape} for shape in ("geojson", "gpx", "csv"))]
            for query in tries:
                answer = await ask(path, **query)
                assert answer.status_code in (200, 202, 404), f"{path} {query}: {answer.text}"
                shown = CHANCE.sub("", answer.text)
                assert str(BEFORE) not in shown, f"{path} {query}: {shown}"
                assert str(AFTER) not in shown, f"{path} {query}: {shown}"
                told += answer.text if meaning is C else ""
                if meaning is C and query:
                    seen = route.path.startswith("/api/v1/units") or str(INSIDE) in answer.text
                    assert seen, f"{path} {query} shows nothing of the period: {answer.text}"
        unit = (await ask("/api/v1/units/11")).json()
        assert (unit["online"], unit["last_seen"]) == (None, None)
        assert (await ask("/api/v1/units", online=True)).status_code == 403
        for kind in Unknown:
            answer = await ask("/api/v1/registry/unknowns", kind=kind.value)
            assert answer.status_code == (403 if kind in OF_NOW else 200), kind
            assert all(one["last_seen"] is None for one in answer.json().get("items", []))
        assert str(INSIDE) in told


async def test_a_period_that_holds_now_shows_what_is_live(world: World, app: FastAPI) -> None:
    await world.organ(1, kind="city", division=530300)
    await world.vehicle(11, organ=1)
    await world.states({"unit_id": 11})
    account_id = await world.account("checker", Role.AUDITOR)
    header = await world.token_of(account_id, begin=world.clock() - timedelta(days=1))
    async with connected(app, None) as client:
        unit = (await client.get("/api/v1/units/11", headers=header)).json()
        assert unit["online"] is True
        assert unit["last_seen"] is not None
        assert len((await client.get("/api/v1/positions/latest", headers=header)).json()["items"]) == 1


async def test_when_a_token_was_last_used_is_listed(world: World, app: FastAPI) -> None:
    await world.account("checker", Role.AUDITOR)
    async with connected(app, "checker") as client, connected(app, None) as script:
        made = (await client.post("/api/v1/auth/tokens", json={"label": "x", "expires_in_days": 3})).json()
        assert made["last_used_at"] is None
        header = {"Authorization": f"Bearer {made['token']}"}
        for minutes, noted in ((5, 5), (0.5, 5), (2, 7.5)):
            world.clock.advance(timedelta(minutes=minutes))
            assert (await script.get("/api/v1/me", headers=header)).status_code == 200
            shown = (await client.get("/api/v1/auth/tokens")).json()["items"][0]["last_used_at"]
            expected = datetime.fromisoformat(made["created_at"]) + timedelta(minutes=noted)
            assert abs(datetime.fromisoformat(shown) - expected) < timedelta(seconds=1)
