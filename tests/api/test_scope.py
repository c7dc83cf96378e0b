"""An organ's people try to see another organ by every route, filter, stream, export and guessed id: nothing leaks.

What is another's carries marks that stand nowhere else. The routes and their filters are read off the application, so
that a later route falls in by itself; one whose ids this file does not know fails until it is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api import access
from fleet.identity.permissions import TABLE
from fleet.model.registry import Role
from tests.api.builders import World, connected
from tests.api.journeys import segment_id
from tests.api.streams import Event, events, next_event, served
from tests.api.two_organs import (
    BELOW,
    CITY,
    CITYS_AREA,
    DRIVEN_AT,
    MARKS,
    OPEN_NAMES,
    OUR_SECRET,
    OURS,
    SECRET_MARK,
    THEIR_VEHICLE,
    THEIRS,
    city,
)

__all__ = ["city"]

pytestmark = pytest.mark.store

PURPOSE = {"X-Purpose": "test of the scope"}

THEIR_IDS = {
    "trip_id": segment_id(THEIR_VEHICLE, DRIVEN_AT),
    "organ_id": THEIRS,
    "vehicle_id": THEIR_VEHICLE,
    "unit_id": THEIR_VEHICLE,
    "binding_id": THEIR_VEHICLE,
    "driver_id": THEIR_VEHICLE,
    "area_id": THEIR_VEHICLE,
    "card_id": THEIR_VEHICLE,
    "list_id": THEIR_VEHICLE,
    "entry_id": THEIR_VEHICLE,
    "exemption_id": THEIR_VEHICLE,
    "order_id": THEIR_VEHICLE,
    "case_id": THEIR_VEHICLE,
    "task_id": THEIR_VEHICLE,
}
NOT_ORGANS = frozenset({"account_id", "token_id", "webhook_id", "delivery_id"})
"""Ids of what belongs to no organ: accounts are the administrator's, tokens and webhooks one's own."""

THEIR_FILTERS: dict[str, tuple[Any, ...]] = {
    "organ": (THEIRS, CITY),
    "parent": (THEIRS, CITY),
    "vehicle": (THEIR_VEHICLE,),
    "unit": (f"U{THEIR_VEHICLE}",),
    "q": ("7713", "3003", "云"),
    "division": (530302,),
    "bbox": ("90,20,120,40",),
    "limit": (1000,),
    "confidential": (True,),
    "driver": (THEIR_VEHICLE,),
    "applicant": ("applicant-7713",),
    "number": ("O3003", "O2"),
}


REQUIRED = {
    "/api/v1/visits": {
        "lat": 25.5,
        "lon": 103.8,
        "radius_m": 500,
        "from": (DRIVEN_AT - timedelta(days=1)).isoformat(),
        "to": (DRIVEN_AT + timedelta(days=1)).isoformat(),
    }
}
"""What a route does not answer without: everybody was at that place that day."""


def reads(app: FastAPI, role: Role) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    """Path, its ids, its filters, of every route that this role may read."""
    document = app.openapi()
    for route in access.declared(app):
        if route.public or route.method != "GET" or role not in TABLE[next(iter(route.permissions))]:
            continue
        parameters = document["paths"][route.path]["get"].get("parameters", [])
        yield (
            route.path,
            frozenset(re.findall(r"\{(\w+)\}", route.path)),
            frozenset(one["name"] for one in parameters if one["in"] == "query"),
        )


def formats_of(app: FastAPI, path: str) -> tuple[str, ...]:
    document = app.openapi()
    (output,) = (one for one in document["paths"][path]["get"]["parameters"] if one["name"] == "format")
    reference = output["schema"]["$ref"].rpartition("/")[2]
    return tuple(document["components"]["schemas"][reference]["enum"])


async def body_of(client: httpx.AsyncClient, path: str, **query: Any) -> str:
    """The text of a successful answer; what is refused tells nothing but what was asked.

    Of the audit log what the caller did itself is left out (it holds what was asked), and codes, where a mark may
    stand by chance.
    """
    answer = await client.get(path, params=query, headers=PURPOSE)
    assert answer.status_code < 500, f"{path} {query}: {answer.text}"
    if not answer.is_success:
        return ""
    if path.endswith(("/audit/log", "/exports/audit.jsonl")):
        whole = path.endswith("jsonl")
        entries = [json.loads(line) for line in answer.text.splitlines()] if whole else answer.json()["items"]
        return json.dumps([{**one, "mac": None} for one in entries if one["account"] != "ours"], ensure_ascii=False)
    return answer.text


@pytest.mark.parametrize("role", [Role.ORGAN_DISPATCHER, Role.ORGAN_MANAGER, Role.SUPERVISOR, Role.AUDITOR])
async def test_nothing_of_another_organ_by_any_route_or_filter(city: World, app: FastAPI, role: Role) -> None:
    await city.account("ours", role, organ=OURS)
    sees_confidential = role in (Role.SUPERVISOR, Role.AUDITOR)
    for number, organs in ((11, {OURS}), (THEIR_VEHICLE, {THEIRS}), (THEIR_VEHICLE, ())):
        subject, detail = f"vehicle:{number}", {"plate": f"云D{number:05d}"}
        journal = app.state.services.audit
        await journal.read("another", action="track.read", subject=subject, organ_ids=organs, detail=detail)
    seen = ""
    async with connected(app, "ours") as client:
        for path, ids, filters in reads(app, role):
            if path.endswith("/stream") or ids & NOT_ORGANS:
                continue
            if ids:
                if ids <= OPEN_NAMES.keys():
                    body = await body_of(client, path.format(**OPEN_NAMES))
                    assert body
                    assert not any(mark in body for mark in MARKS), f"{path} leaks: {body}"
                    continue
                assert ids <= THEIR_IDS.keys(), f"{path}: teach THEIR_IDS what belongs to organ {THEIRS}"
                formats = formats_of(app, path) if "format" in filters else (None,)
                for shape in formats:
                    answer = await client.get(
                        path.format(**THEIR_IDS), params={"format": shape} if shape else {}, headers=PURPOSE
                    )
                    assert answer.status_code == 404, f"{path} {shape}: {answer.status_code} {answer.text}"
                continue
            tries = [{}, *({name: value} for name in filters & THEIR_FILTERS.keys() for value in THEIR_FILTERS[name])]
            for query in tries:
                body = await body_of(client, path, **{**REQUIRED.get(path, {}), **query})
                assert body or query or path not in REQUIRED, f"{path} found nothing that might leak"
                for mark in MARKS if sees_confidential else (*MARKS, SECRET_MARK):
                    assert mark not in body, f"{path} {query} leaks {mark}: {body}"
                seen += body
        assert "云D00011" in seen
        assert ("track.read" in seen) == sees_confidential, "the log is read by who may know of confidential vehicles"
        assert "云D00012" in seen, "organs below are ours"
        assert ("云D08814" in seen) == sees_confidential


async def test_what_may_not_be_seen_looks_like_what_is_not_there(city: World, app: FastAPI) -> None:
    await city.account("ours", Role.ORGAN_DISPATCHER, organ=OURS)
    async with connected(app, "ours") as client:
        for path in (
            "vehicles/{}",
            "vehicles/{}/track",
            "vehicles/{}/timeline",
            "units/{}",
            "units/{}/state",
            "ledger?unit=U{}",
            "ledger/gaps?unit=U{}",
            "trips?vehicle={}",
        ):
            answers = [
                await client.get(f"/api/v1/{path.format(one)}", headers=PURPOSE)
                for one in (THEIR_VEHICLE, OUR_SECRET, 9999)
            ]
            assert [answer.status_code for answer in answers] == [404] * 3, path
            details = {re.sub(r"\d{4}", "", answer.json()["detail"]).replace(" ", "") for answer in answers}
            assert len(details) == 1, f"{path}: the words tell them apart: {details}"
    assert await city.scalar("select count(*) from audit_log where action = 'track.read'") == 0


async def test_the_books_are_those_of_ones_own_units(city: World, app: FastAPI) -> None:
    await city.account("ours", Role.ORGAN_DISPATCHER, organ=OURS)
    await city.account("boss", Role.SUPERVISOR, organ=OURS)
    totals = []
    for username in ("ours", "boss", "admin"):
        async with connected(app, username) as client:
            totals.append((await client.get("/api/v1/ledger")).json()["totals"]["received"])
            if username == "boss":
                refused = (await client.get("/api/v1/quarantine")).json()["items"]
                assert {one["unit"] for one in refused} == {"U11", "U12", "U8814"}
    assert totals == [11, 11 + 8814, 11 + 8814 + 7713]


async def test_nobody_has_refused_messages_of_others_tried_again(city: World, app: FastAPI) -> None:
    await city.account("ours", Role.ADMINISTRATOR, organ=OURS)
    async with connected(app, "ours") as client:
        answer = await client.post("/api/v1/quarantine/retry", json={"ids": [THEIR_VEHICLE, 3003, 11]})
    assert answer.json() == {"requested": 1}


async def test_nothing_of_another_organ_is_changed(city: World, app: FastAPI) -> None:
    """By an administrator of ours: the role may do everything that any may do to a registry."""
    await city.account("ours", Role.ADMINISTRATOR, organ=OURS)
    await city.account("boss", Role.SUPERVISOR, organ=OURS)
    headers = {"If-Match": '"1"', "Content-Type": "application/json"}
    tried = 0
    async with connected(app, "ours") as client:
        for route in access.declared(app):
            ids = frozenset(re.findall(r"\{(\w+)\}", route.path))
            if route.method not in ("PATCH", "DELETE", "PUT") or not ids or ids & (NOT_ORGANS | {"order_id"}):
                continue
            path = route.path.format(**THEIR_IDS)
            answer = await client.request(route.method, path, headers=headers, content="{}")
            assert answer.status_code == 404, f"{route.method} {path}: {answer.status_code} {answer.text}"
            tried += 1
        span = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
        circle = {"lat": 25.5, "lon": 103.8, "radius_m": 80}
        policy = f"policies/{OPEN_NAMES['slug']}/versions"
        forms: list[tuple[str, dict[str, Any]]] = [
            ("drivers", {"label": "x", "organ_id": THEIRS, "licence_class": "C1", "licence_expires_on": "2030-01-01"}),
            ("areas", {"name": "x", "purpose": "parking", "organ_id": THEIRS, "circle": circle, **span}),
            ("areas", {"name": "x", "purpose": "restricted", "circle": circle, **span}),
            ("sealing-lists", {"organ_id": THEIRS, "name": "x", "why": "why", **span}),
            ("sealing-lists", {"organ_id": OURS, "name": "x", "why": "why", "vehicle_ids": [THEIR_VEHICLE], **span}),
            ("calendar-entries", {"organ_id": THEIRS, "day": "2026-07-14", "worked": False, "name": "x"}),
            ("calendar-entries", {"day": "2026-07-14", "worked": False, "name": "x"}),
            ("exemptions", {"vehicle_id": THEIR_VEHICLE, "kind": "rescue", "why": "why", **span}),
            ("fuel-cards", {"card": "1234", "vehicle_id": THEIR_VEHICLE, "from": "2026-01-01"}),
            ("bindings", {"unit_id": 11, "vehicle_id": THEIR_VEHICLE, **span}),
            (policy, {"value": 60, "why": "why"}),
            (policy, {"value": 60, "why": "why", "organ_id": THEIRS}),
        ]
        for path, form in forms:
            answer = await client.post(f"/api/v1/{path}", json=form)
            assert answer.status_code in (403, 404, 422), f"{path} {form}: {answer.status_code} {answer.text}"
    async with connected(app, "boss") as client:
        whole_city = f"/api/v1/areas/{CITYS_AREA}"
        renamed = await client.patch(whole_city, json={"name": "ours now"}, headers=headers)
        assert renamed.status_code == 403, renamed.text
        taken = await client.patch(whole_city, json={"organ_id": OURS}, headers=headers)
        assert taken.status_code == 403, taken.text
        removed = await client.delete(whole_city, headers=headers)
        assert removed.status_code == 403, "the city's own areas are not an organ's to remove"
    assert tried >= 10
    assert await city.scalar("select count(*) from calendar_entry") == 1
    for table in ("driver", "area", "sealing_list", "exemption", "fuel_card", "policy_value", "binding", "vehicle"):
        condition = "organ_id = 3003" if table in ("driver", "sealing_list", "policy_value", "vehicle") else "id = 7713"
        assert await city.scalar(f"select count(*) from {table} where {condition}") == 1, table
    assert await city.scalar("select count(*) from area where organ_id is null") == 1


async def test_nothing_happens_to_another_organs_order(city: World, app: FastAPI) -> None:
    """By every route that does something to an order, as somebody of ours who may do that."""
    roles = (Role.ORGAN_DISPATCHER, Role.APPROVER)
    headers = {role: await city.token_of(await city.account(f"ours-{role}", role, organ=OURS)) for role in roles}
    forms: dict[str, dict[str, Any]] = {"assign": {"vehicle_id": 11}, "correct": {"vehicle_id": 11, "why": "why"}}
    tried = 0
    async with connected(app, None) as client:
        for route in access.declared(app):
            if "{order_id}" not in route.path or route.method == "GET":
                continue
            role = next(one for one in roles if one in TABLE[next(iter(route.permissions))])
            path = route.path.format(order_id=THEIR_VEHICLE, number=1)
            answer = await client.request(
                route.method,
                path,
                headers={**headers[role], "If-Match": '"1"'},
                json=forms.get(path.rsplit("/", 1)[1], {}),
            )
            assert answer.status_code == 404, f"{route.method} {path}: {answer.status_code} {answer.text}"
            tried += 1
        form = {
            "organ_id": THEIRS,
            "purpose": "other",
            "planned_from": "2026-01-01T00:00:00Z",
            "planned_to": "2026-01-02T00:00:00Z",
            "origin": {"name": "x", "lat": 25.5, "lon": 103.8},
            "destinations": [],
        }
        answer = await client.post("/api/v1/orders", json=form, headers=headers[Role.ORGAN_DISPATCHER])
        assert answer.status_code == 422, answer.text
        blocked = await client.get("/api/v1/orders/5/candidates", headers=headers[Role.ORGAN_DISPATCHER])
        assert not any(mark in blocked.text for mark in (*MARKS, SECRET_MARK)), blocked.text
    assert tried >= 13
    assert await city.scalar(f"select version from dispatch_order where id = {THEIR_VEHICLE}") == 1
    assert await city.scalar("select count(*) from dispatch_order") == 2


async def test_the_stream_tells_nothing_of_others(city: World, app: FastAPI) -> None:
    await city.account("ours", Role.ORGAN_DISPATCHER, organ=OURS)
    async with connected(app, "ours") as client:
        header = {"Authorization": client.headers["Authorization"]}
    async with served(app) as server, events(server.url, header) as stream:
        told: list[Event] = [await next_event(stream)]
        await city.states({"unit_id": THEIR_VEHICLE}, {"unit_id": OUR_SECRET})
        await city.states({"unit_id": 11, "speed_dkmh": 300, "ignition": True})
        while not any(one["vehicle_id"] == 11 for event in told[1:] for one in event.data["items"]):
            told.append(await next_event(stream))
    for event in told:
        assert {one["vehicle_id"] for one in event.data["items"]} <= {11, 12}
        assert not set(event.data["gone"]) & {THEIR_VEHICLE, OUR_SECRET}
    assert {one["vehicle_id"] for one in told[0].data["items"]} == {11, 12}


async def test_an_account_of_an_organ_that_lacks_it_sees_nothing(city: World, app: FastAPI) -> None:
    await city.account("lost", Role.ORGAN_DISPATCHER)
    async with connected(app, "lost") as client:
        for path in ("vehicles", "units", "organs", "positions/latest", "drivers"):
            answer = await client.get(f"/api/v1/{path}")
            assert answer.status_code == 404 or answer.json()["items"] == [], path


async def test_a_token_narrows_its_account(city: World, app: FastAPI) -> None:
    account_id = await city.account("checker", Role.AUDITOR)
    now = city.clock()
    narrow = await city.token_of(account_id, organ_id=BELOW, read_only=True)
    past = await city.token_of(account_id, begin=now - timedelta(days=9), end=now - timedelta(days=8))
    elsewhere = await city.token_of(account_id, division=530381)
    async with connected(app, None) as client:

        async def ids(header: dict[str, str], path: str) -> set[int]:
            answer = await client.get(f"/api/v1/{path}", headers=header)
            assert answer.status_code == 200, answer.text
            return {one.get("vehicle_id", one.get("id", 0)) for one in answer.json()["items"]}

        assert await ids(narrow, "vehicles") == {12}
        assert await ids(narrow, "positions/latest") == {12}
        assert await ids(elsewhere, "vehicles") == set()
        assert await ids(elsewhere, "positions/latest") == set()
        for path in ("organs", "drivers", "sealing-lists", "exemptions", "fuel-cards", "units", "bindings"):
            assert await ids(elsewhere, path) == set(), path
        assert await ids(elsewhere, "areas") == {CITYS_AREA}
        assert THEIR_VEHICLE in await ids(past, "vehicles")
        assert (await client.get("/api/v1/ledger/gaps?unit=U11", headers=past)).status_code == 403
        assert (await client.get("/api/v1/positions/latest", headers=past)).status_code == 403
        assert (await client.get("/api/v1/ledger", headers=past)).json()["totals"]["received"] == 0
        assert (await client.get("/api/v1/quarantine", headers=past)).json()["items"] == []
        track = await client.get("/api/v1/vehicles/11/track", headers={**past, **PURPOSE})
        assert (track.status_code, track.json()["total"]) == (200, 0)
