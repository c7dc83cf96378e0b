"""The audit log over HTTP: who sees what of it, that looking is logged, and that nothing is answered unlogged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.audit.checks import Checks
from api.audit.schemas import CheckShown, LogPage
from fleet.identity.permissions import TABLE, Permission
from fleet.model.registry import Role
from tests import services
from tests.api import builders
from tests.api.builders import World, connected
from tests.api.journeys import Journeys

pytestmark = pytest.mark.store

PURPOSE = {"X-Purpose": "case 17"}
CITY, OURS, THEIRS = 1, 2, 3


@pytest.fixture
async def city(world: World) -> World:
    await world.organ(CITY, kind="city", division=530300)
    await world.organ(OURS, parent_id=CITY)
    await world.organ(THEIRS, parent_id=CITY, division=530381)
    await world.vehicle(11, organ=OURS)
    await world.vehicle(12, organ=THEIRS, division=530381)
    for name, organ in (("ours", OURS), ("theirs", THEIRS)):
        await world.account(name, Role.SUPERVISOR, organ=organ)
    await world.account("looker", Role.VIEWER)
    return world


@pytest.fixture
async def app(city: World) -> AsyncIterator[FastAPI]:
    async with builders.running(city) as running:
        yield running


async def log(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/audit/log", params=query)
    assert answer.status_code == 200, answer.text
    LogPage.model_validate(answer.json())
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_who_looked_at_what_and_who_looked_at_that(city: World, client: httpx.AsyncClient) -> None:
    for vehicle in (11, 12):
        assert (await client.get(f"/api/v1/vehicles/{vehicle}/track", headers=PURPOSE)).status_code == 200
    (seen,) = await log(client, subject="vehicle:11")
    assert (seen["account"], seen["role"], seen["action"], seen["purpose"], seen["organ_ids"]) == (
        "admin",
        "administrator",
        "track.read",
        "case 17",
        [OURS],
    )
    assert seen["address"] == "127.0.0.1"
    assert (len(seen["mac"]), seen["detail"]["plate"]) == (64, "云D00011")
    assert len(await log(client, purpose="CASE")) == 2
    assert len(await log(client, action="track.")) == 2
    assert await log(client, account="nobody") == []
    assert await log(client, to=(city.clock() - timedelta(days=1)).isoformat()) == []
    assert len(await log(client, organ=THEIRS)) == 1
    looks = await log(client, action="audit.read")
    assert len(looks) == 6
    assert looks[0]["detail"] == {"continued": False, "entries": 1, "organ_id": THEIRS}
    assert looks[-1]["detail"] == {"continued": False, "entries": 1, "subject": "vehicle:11"}


async def test_pages_hold_every_entry_once(city: World, client: httpx.AsyncClient) -> None:
    for _ in range(7):
        await client.get("/api/v1/vehicles/11/track", headers=PURPOSE)
    places, cursor = [], None
    while True:
        query: dict[str, Any] = {"subject": "vehicle:11", "limit": 3, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/api/v1/audit/log", params=query)).json()
        places += [(one["chain"], one["n"]) for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(places) == len(set(places)) == 7
    assert places == sorted(places, reverse=True)
    assert (await client.get("/api/v1/audit/log", params={"cursor": "bm90aGluZw"})).status_code == 400


async def test_who_answers_for_a_part_sees_what_is_about_it(city: World, app: FastAPI) -> None:
    async with connected(app) as admin:
        for vehicle in (11, 12):
            await admin.get(f"/api/v1/vehicles/{vehicle}/track", headers=PURPOSE)
        moved = {"organ_id": THEIRS, "division": 530381}
        answer = await admin.patch("/api/v1/vehicles/11", json=moved, headers={"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text
        await admin.post("/api/v1/quarantine/retry", json={"ids": [1]})
    async with connected(app, "ours") as client:
        subjects = {(one["action"], one["subject"]) for one in await log(client)}
        assert {("track.read", "vehicle:11"), ("vehicle.change", "vehicle:11")} <= subjects
        assert ("session.open", await city.scalar("select 'account:' || id from account where username = 'ours'")) in (
            subjects
        )
        assert not {one for one in subjects if one[1] in ("vehicle:12", "quarantine")}
        assert await log(client, organ=THEIRS, action="track.read") == []
        assert await log(client, subject="vehicle:12") == []
        export = await client.get("/api/v1/exports/audit.jsonl", headers=PURPOSE)
        exported = [json.loads(line) for line in export.text.splitlines()]
        assert exported
        assert not {one["subject"] for one in exported} & {"vehicle:12", "quarantine"}
    async with connected(app, "theirs") as client:
        assert [one["subject"] for one in await log(client, action="vehicle.change")] == ["vehicle:11"]
        assert [one["subject"] for one in await log(client, action="track.read")] == ["vehicle:12"]
    everything = await city.account("checker", Role.AUDITOR)
    elsewhere = await city.token_of(everything, division=530381)
    past = await city.token_of(everything, end=city.clock() - timedelta(days=1))
    async with connected(app, None) as client:
        client.headers.update(elsewhere)
        assert {one["subject"] for one in await log(client, action="track.read")} == {"vehicle:12"}
        client.headers.update(past)
        assert await log(client) == []


def test_nobody_reads_the_log_who_may_not_know_of_confidential_vehicles() -> None:
    assert TABLE[Permission.READ_AUDIT] <= TABLE[Permission.SEE_CONFIDENTIAL]


async def test_who_is_refused_is_logged(city: World, app: FastAPI, client: httpx.AsyncClient) -> None:
    async with connected(app, "looker") as looker:
        assert (await looker.get("/api/v1/vehicles/11/track", headers=PURPOSE)).status_code == 403
        assert (await looker.get("/api/v1/audit/log")).status_code == 403
        assert (await looker.delete("/api/v1/organs/2", headers={"If-Match": '"1"'})).status_code == 403
        assert (await looker.get("/api/v1/drivers")).status_code == 403
    refused = await log(client, action="access.refused")
    assert [(one["account"], one["role"], one["detail"]["permission"]) for one in reversed(refused)] == [
        ("looker", "viewer", "read_tracks"),
        ("looker", "viewer", "read_audit"),
        ("looker", "viewer", "manage_organs"),
    ]


async def test_exports_need_a_purpose_and_are_logged_with_it(city: World, client: httpx.AsyncClient) -> None:
    for name in ("organs.csv", "vehicles.csv", "drivers.csv", "audit.jsonl"):
        assert (await client.get(f"/api/v1/exports/{name}")).status_code == 400
        assert (await client.get(f"/api/v1/exports/{name}", headers=PURPOSE)).status_code == 200
    export = await client.get("/api/v1/exports/audit.jsonl", headers=PURPOSE, params={"action": "export."})
    lines = [json.loads(line) for line in export.text.splitlines()]
    assert [(one["action"], one["purpose"]) for one in reversed(lines)] == [
        ("export.organs", "case 17"),
        ("export.vehicles", "case 17"),
        ("export.drivers", "case 17"),
    ]
    assert len(await log(client, action="audit.export", purpose="17")) == 2


async def test_an_export_of_many_pages_is_whole(city: World, client: httpx.AsyncClient, app: FastAPI) -> None:
    journal = app.state.services.audit
    await asyncio.gather(*(journal.read("a", action="x.read", subject=f"x:{n}") for n in range(1_203)))
    export = await client.get("/api/v1/exports/audit.jsonl", headers=PURPOSE, params={"action": "x."})
    assert len({json.loads(line)["subject"] for line in export.text.splitlines()}) == 1_203


async def test_every_change_says_what_was_before_and_after(city: World, client: httpx.AsyncClient) -> None:
    account_id = await city.scalar("select id from account where username = 'looker'")
    etag = (await client.get(f"/api/v1/accounts/{account_id}")).headers["ETag"]
    changed = await client.patch(f"/api/v1/accounts/{account_id}", json={"role": "auditor"}, headers={"If-Match": etag})
    assert changed.status_code == 200, changed.text
    value = (await client.get("/api/v1/policies")).json()["items"][0]
    added = await client.post(
        f"/api/v1/policies/{value['slug']}/versions", json={"value": value["value"], "why": "as before"}
    )
    assert added.status_code == 201, added.text
    (account,) = await log(client, action="account.change")
    assert account["detail"]["before"]["role"] == "viewer"
    assert account["detail"]["after"]["role"] == "auditor"
    (policy,) = await log(client, action="policy.add")
    assert policy["detail"]["before"]["value"] == policy["detail"]["after"]["value"] == value["value"]


# ---------------------------------------------------------------- is it intact?


async def test_verify_says_so_and_names_what_is_not(
    city: World, client: httpx.AsyncClient, cluster: services.Cluster
) -> None:
    for _ in range(5):
        await client.get("/api/v1/vehicles/11/track", headers=PURPOSE)
    answer = await client.get("/api/v1/audit/verify")
    report = CheckShown.model_validate(answer.json())
    assert (answer.status_code, report.state, report.intact, report.findings) == (200, "done", True, [])
    assert report.checked == report.chains[0].entries >= 6
    head = "select encode(mac, 'hex') from audit_log where chain = {0.chain} and n = {0.last_n}"
    assert [one.last_code for one in report.chains] == [await city.scalar(head.format(one)) for one in report.chains]
    superuser = f"{cluster.superuser_url.rpartition('/')[0]}/{city.url.rpartition('/')[2]}"
    services.execute(
        superuser,
        "alter table audit_log disable trigger all",
        "update audit_log set purpose = 'none' where subject = 'vehicle:11' and n = (select max(n) - 2 from audit_log)",
    )
    report = CheckShown.model_validate((await client.get("/api/v1/audit/verify")).json())
    assert (report.intact, [one.fault for one in report.findings]) == (False, ["edited"])
    assert report.findings[0].first == report.chains[0].last_n - 2
    checks = await log(client, action="audit.verify")
    assert [one["detail"]["intact"] for one in checks] == [False, True]


async def test_a_long_walk_is_one_for_all_who_ask(city: World, app: FastAPI) -> None:
    journal = app.state.services.audit
    await asyncio.gather(*(journal.read("a", action="x.read", subject=f"x:{n}") for n in range(1_500)))
    checks = Checks(journal)
    assert await checks.report(0.0) is None
    assert await checks.report(0.0) is None
    for _ in range(500):
        if (report := await checks.report(0.0)) is not None:
            break
        await asyncio.sleep(0.01)
    else:
        raise AssertionError("the walk does not end")
    assert (report.entries, report.intact) == (1_500, True)
    assert (checks.checked, checks.expected) == (1_500, 1_500)
    await journal.read("a", action="x.read", subject="x:0")
    assert await checks.report(0.0) is None, "the next who asks gets a new one"
    await checks.stop()


# ---------------------------------------------------------------- nothing is answered unlogged


async def test_what_cannot_be_logged_is_not_shown(city: World, app: FastAPI) -> None:
    trip_id = await Journeys(city).trip(11, datetime(2026, 3, 2, tzinfo=UTC))
    async with connected(app) as client:
        services.execute(
            city.url,
            "set role fleet_owner; alter table audit_log rename to gone",
        )
        track = await client.get("/api/v1/vehicles/11/track", headers=PURPOSE)
        assert track.status_code == 503, "the entry cannot be written"
        for path, query in ((f"trips/{trip_id}/track", {}), ("visits", {"lat": 25.5, "lon": 103.8})):
            answer = await client.get(f"/api/v1/{path}", params=query, headers=PURPOSE)
            assert answer.status_code == 503, path
        assert "fleet_audit_up 0.0" in (await client.get("/metrics")).text
        ready = (await client.get("/readyz")).json()
        assert ready["degraded"]
        assert "the audit log cannot be written" in " ".join(ready["reasons"])
        services.execute(city.url, "set role fleet_owner; alter table gone rename to audit_log")
        for _ in range(100):
            if (await client.get("/api/v1/vehicles/11/track", headers=PURPOSE)).status_code == 200:
                break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError("tracks do not come back")
        assert "fleet_audit_up 1.0" in (await client.get("/metrics")).text
