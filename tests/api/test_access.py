"""Log-in, cookies, roles, and what every answer carries."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from fleet.model.registry import Role
from tests.api.builders import PASSWORD, World, connected

pytestmark = pytest.mark.store

TOKEN = "/api/v1/auth/token"


async def test_password_form_gives_a_bearer_token_and_a_cookie(app: FastAPI) -> None:
    async with connected(app, None) as client:
        answer = await client.post(TOKEN, data={"grant_type": "password", "username": "admin", "password": PASSWORD})
        assert answer.status_code == 200
        body = answer.json()
        assert body["token_type"] == "bearer"
        assert body["expires_in"] == 15 * 60
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert answer.headers["cache-control"] == "no-store"
        client.cookies.clear()
        me = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {body['access_token']}"})
        assert me.status_code == 200
        assert me.json()["username"] == "admin"
        assert me.json()["role"] == "administrator"
        assert "retry_quarantine" in me.json()["rights"]


async def test_only_the_digest_of_a_token_is_stored(client: httpx.AsyncClient, world: World) -> None:
    token = client.headers["Authorization"].removeprefix("Bearer ")
    assert await world.scalar("select count(*) from token where sha256 = sha256(convert_to('" + token + "', 'utf8'))")
    assert not await world.scalar(f"select count(*) from token t where t::text like '%{token}%'")


@pytest.mark.parametrize(
    ("username", "password"),
    [("admin", "wrong-password"), ("nobody", PASSWORD), ("admin\0", PASSWORD), ("admin", "x" * 5000)],
)
async def test_wrong_credentials_are_one_and_the_same_problem(app: FastAPI, username: str, password: str) -> None:
    async with connected(app, None) as client:
        answer = await client.post(TOKEN, data={"username": username, "password": password})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["detail"] == "The name or the password is wrong."


async def test_guessing_is_slowed_down_and_forgiven_after_a_while(app: FastAPI, world: World) -> None:
    async with connected(app, None) as client:
        for _ in range(10):
            assert (await client.post(TOKEN, data={"username": "admin", "password": "guess"})).status_code == 401
        closed = await client.post(TOKEN, data={"username": "admin", "password": PASSWORD})
        assert closed.status_code == 429
        assert 0 < int(closed.headers["retry-after"]) <= 31
        world.clock.advance(timedelta(seconds=31))
        assert (await client.post(TOKEN, data={"username": "admin", "password": PASSWORD})).status_code == 200


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer fleet_nonsense"}, {"Authorization": "Basic YTpi"}])
async def test_without_a_valid_token_nothing_is_read(app: FastAPI, header: dict[str, str]) -> None:
    async with connected(app, None) as client:
        for path in (
            "me",
            "vehicles",
            "units",
            "organs",
            "positions/latest",
            "positions/stream",
            "ledger",
            "quarantine",
        ):
            answer = await client.get(f"/api/v1/{path}", headers=header)
            assert answer.status_code == 401, path
            assert answer.json()["type"] == "urn:one-network:problem:not-authenticated"


async def test_the_cookie_reads_but_writes_only_with_the_fixed_header(app: FastAPI) -> None:
    async with connected(app, None) as client:
        await client.post(TOKEN, data={"username": "admin", "password": PASSWORD})
        assert (await client.get("/api/v1/me")).status_code == 200
        refused = await client.post("/api/v1/quarantine/retry", json={"ids": [1]})
        assert refused.status_code == 403
        assert "X-Fleet-Request" in refused.json()["detail"]
        assert (await client.delete(TOKEN)).status_code == 403
        allowed = await client.post("/api/v1/quarantine/retry", json={"ids": [1]}, headers={"X-Fleet-Request": "1"})
        assert allowed.status_code == 202


async def test_log_out_ends_the_token_at_once(client: httpx.AsyncClient, world: World) -> None:
    assert (await client.delete(TOKEN)).status_code == 204
    assert (await client.get("/api/v1/me")).status_code == 401
    assert await world.scalar("select count(*) from audit_log where action = 'session.close'") == 1


async def test_an_access_token_ends_after_a_quarter_of_an_hour(client: httpx.AsyncClient, world: World) -> None:
    world.clock.advance(timedelta(minutes=14))
    assert (await client.get("/api/v1/me")).status_code == 200
    world.clock.advance(timedelta(minutes=2))
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_a_disabled_account_is_out_within_ten_seconds(client: httpx.AsyncClient, world: World) -> None:
    assert await world.scalar("update account set disabled_at = now() where username = 'admin' returning 1") == 1
    world.clock.advance(timedelta(seconds=11))
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_roles_without_the_right_are_refused(app: FastAPI, world: World) -> None:
    await world.account("looker", Role.VIEWER)
    await world.account("checker", Role.AUDITOR)
    async with connected(app, "looker") as client:
        assert (await client.get("/api/v1/quarantine")).status_code == 403
    async with connected(app, "checker") as client:
        assert (await client.get("/api/v1/quarantine")).status_code == 200
        assert (await client.post("/api/v1/quarantine/retry", json={"ids": [1]})).status_code == 403


async def test_another_site_cannot_log_a_browser_in(app: FastAPI) -> None:
    async with connected(app, None) as client:
        answer = await client.post(
            TOKEN, data={"username": "admin", "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
        )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
