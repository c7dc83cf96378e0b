"""Accounts over HTTP, one's own password, and personal tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fleet.model.registry import Role
from tests.api.builders import PASSWORD, World, connected

pytestmark = pytest.mark.store

ACCOUNTS = "/api/v1/accounts"
TOKENS = "/api/v1/auth/tokens"
LOG_IN = "/api/v1/auth/token"


@pytest.fixture
async def city(world: World) -> World:
    await world.organ(1, kind="city", division=530300)
    await world.organ(2, parent_id=1)
    await world.organ(3, parent_id=1)
    return world


async def create(client: httpx.AsyncClient, **values: Any) -> httpx.Response:
    return await client.post(
        ACCOUNTS, json={"username": "new-one", "password": "a long enough one", "role": "viewer", **values}
    )


async def test_an_account_from_creation_to_disabling(city: World, app: FastAPI, client: httpx.AsyncClient) -> None:
    created = await create(client, role="organ_dispatcher", organ_id=2)
    assert created.status_code == 201, created.text
    assert created.headers["etag"] == '"1"'
    account = created.json()
    assert account["organ"] == {"id": 2, "name": "单位2"}
    assert "password" not in created.text
    assert (await create(client)).status_code == 409
    address = f"{ACCOUNTS}/{account['id']}"
    read = await client.get(address)
    assert (read.headers["etag"], read.json()["locked_until"]) == ('"1"', None)
    listed = (await client.get(ACCOUNTS, params={"organ": 2})).json()["items"]
    assert [one["username"] for one in listed] == ["new-one"]

    change = {"role": "approver"}
    assert (await client.patch(address, json=change)).status_code == 428
    assert (await client.patch(address, json=change, headers={"If-Match": '"9"'})).status_code == 412
    changed = await client.patch(address, json=change, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["role"], changed.headers["etag"]) == (200, "approver", '"2"')

    form = {"username": "new-one", "password": "a long enough one"}
    async with connected(app, None) as other:
        session = (await other.post(LOG_IN, data=form)).json()
        header = {"Authorization": f"Bearer {session['access_token']}"}
        assert (await other.get("/api/v1/me", headers=header)).status_code == 200
        disabled = await client.patch(address, json={"disabled": True}, headers={"If-Match": '"2"'})
        assert disabled.json()["disabled_at"] is not None
        assert (await other.get("/api/v1/me", headers=header)).status_code == 401, "at once"
        assert (await other.post(LOG_IN, data=form)).status_code == 401
        renewal = {"grant_type": "refresh_token", "refresh_token": session["refresh_token"]}
        assert (await other.post(LOG_IN, data=renewal)).status_code == 401
        assert (await client.patch(address, json={"disabled": False}, headers={"If-Match": '"3"'})).status_code == 200
        assert (await other.post(LOG_IN, data=form)).status_code == 200
    recorded = await city.scalar("select count(*) from audit_log where action like 'account.%'")
    assert recorded == 4


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"role": "organ_dispatcher"}, 422),
        ({"role": "organ_manager", "organ_id": 99}, 404),
        ({"role": "king"}, 422),
        ({"password": "short"}, 422),
        ({"password": "new-one new-one"}, 422),
        ({"password": "aaaaaaaaaaaaaaa"}, 422),
        ({"username": "No Spaces"}, 422),
        ({"is_admin": True}, 422),
    ],
)
async def test_what_is_refused(city: World, client: httpx.AsyncClient, values: dict[str, Any], status: int) -> None:
    answer = await create(client, **values)
    assert answer.status_code == status, answer.text


async def test_the_last_administrator_stays(city: World, client: httpx.AsyncClient) -> None:
    own = (await client.get(ACCOUNTS, params={"role": "administrator"})).json()["items"][0]
    for change in ({"disabled": True}, {"role": "viewer"}):
        answer = await client.patch(f"{ACCOUNTS}/{own['id']}", json=change, headers={"If-Match": '"1"'})
        assert answer.status_code == 409, answer.text
    second = await city.account("second", Role.ADMINISTRATOR)
    answer = await client.patch(f"{ACCOUNTS}/{second}", json={"disabled": True}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200


async def test_ones_own_password(city: World, app: FastAPI) -> None:
    await city.account("looker", Role.VIEWER)
    async with connected(app, "looker") as client, connected(app, "looker") as elsewhere:
        wrong = {"password": "not it, sorry", "new_password": "another long one"}
        assert (await client.post("/api/v1/auth/password", json=wrong)).status_code == 403
        right = {"password": PASSWORD, "new_password": "another long one"}
        assert (await client.post("/api/v1/auth/password", json=right)).status_code == 204
        assert (await client.get("/api/v1/me")).status_code == 200, "this session goes on"
        assert (await elsewhere.get("/api/v1/me")).status_code == 401
        form = {"username": "looker", "password": PASSWORD}
        assert (await client.post(LOG_IN, data=form)).status_code == 401
        assert (await client.post(LOG_IN, data={**form, "password": "another long one"})).status_code == 200


async def test_a_personal_token_from_creation_to_revocation(city: World, app: FastAPI) -> None:
    await city.account("checker", Role.AUDITOR, organ=2)
    async with connected(app, "checker") as client:
        wanted = {
            "label": "audit of 2026",
            "expires_in_days": 30,
            "organ_id": 2,
            "from": "2026-01-01T00:00:00Z",
            "to": "2026-07-01T00:00:00+08:00",
        }
        created = await client.post(TOKENS, json=wanted)
        assert created.status_code == 201, created.text
        body = created.json()
        assert body["read_only"] is True, "auditors only read"
        assert (body["from"], body["to"]) == ("2026-01-01T00:00:00Z", "2026-06-30T16:00:00Z")
        header = {"Authorization": f"Bearer {body['token']}"}
        mine = (await client.get(TOKENS)).json()["items"]
        assert [one["label"] for one in mine] == ["audit of 2026"]
        assert "token" not in mine[0]
        assert (await client.get("/api/v1/me", headers=header)).json()["personal_token"] is True
        assert (await client.post(TOKENS, json=wanted, headers=header)).status_code == 403, "a token makes no token"
        assert (await client.post(TOKENS, json={**wanted, "organ_id": 3})).status_code == 404
        assert (await client.post(TOKENS, json={**wanted, "expires_in_days": 367})).status_code == 422
        assert (await client.post(TOKENS, json={**wanted, "to": "2025-01-01T00:00:00Z"})).status_code == 422
        async with connected(app, "admin") as other:
            assert (await other.delete(f"{TOKENS}/{body['id']}")).status_code == 404, "another's token"
        assert (await client.delete(f"{TOKENS}/{body['id']}")).status_code == 204
        assert (await client.get("/api/v1/me", headers=header)).status_code == 401
    actions = await city.scalar("select string_agg(action, ' ' order by n) from audit_log where action like 'token.%'")
    assert actions == "token.create token.revoke"


async def test_a_personal_token_outlives_sessions_and_ends_on_its_day(city: World, app: FastAPI) -> None:
    await city.account("script", Role.CITY_DISPATCHER)
    async with connected(app, "script") as client:
        body = (await client.post(TOKENS, json={"label": "nightly", "expires_in_days": 2})).json()
        header = {"Authorization": f"Bearer {body['token']}"}
        city.clock.advance(timedelta(hours=47))
        assert (await client.get("/api/v1/me")).status_code == 401
        assert (await client.get("/api/v1/vehicles", headers=header)).status_code == 200
        city.clock.advance(timedelta(hours=2))
        assert (await client.get("/api/v1/vehicles", headers=header)).status_code == 401
