"""Sessions that are renewed, lock-outs that are kept, and the second factor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from fastapi import FastAPI

from fleet.model.registry import Role
from tests.api import builders
from tests.api.builders import PASSWORD, World, connected

pytestmark = pytest.mark.store

TOKEN = "/api/v1/auth/token"


async def log_in(client: httpx.AsyncClient, username: str = "admin", **form: str) -> httpx.Response:
    answer = await client.post(TOKEN, data={"username": username, "password": PASSWORD, **form})
    client.cookies.clear()
    return answer


async def renew(client: httpx.AsyncClient, refresh: str) -> httpx.Response:
    answer = await client.post(TOKEN, data={"grant_type": "refresh_token", "refresh_token": refresh})
    client.cookies.clear()
    return answer


async def status(client: httpx.AsyncClient, body: dict[str, Any]) -> int:
    header = {"Authorization": f"Bearer {body['access_token']}"}
    return (await client.get("/api/v1/me", headers=header)).status_code


async def test_a_session_is_renewed_through_a_whole_day(app: FastAPI, world: World) -> None:
    async with connected(app, None) as client:
        body = (await log_in(client)).json()
        for _ in range(100):
            world.clock.advance(timedelta(minutes=14))
            answer = await renew(client, body["refresh_token"])
            assert answer.status_code == 200
            body = answer.json()
        assert await status(client, body) == 200
        world.clock.advance(timedelta(hours=13))
        assert (await renew(client, body["refresh_token"])).status_code == 401, "a night without renewal ends it"


async def test_a_session_ends_after_a_week_whatever_is_renewed(app: FastAPI, world: World) -> None:
    async with connected(app, None) as client:
        body = (await log_in(client)).json()
        for _ in range(15):
            world.clock.advance(timedelta(hours=11))
            body = (await renew(client, body["refresh_token"])).json()
        world.clock.advance(timedelta(hours=4))
        assert (await renew(client, body["refresh_token"])).status_code == 401


async def test_a_refresh_token_shown_twice_ends_its_session_and_no_other(app: FastAPI, world: World) -> None:
    async with connected(app, None) as client:
        other = (await log_in(client)).json()
        first = (await log_in(client)).json()
        second = (await renew(client, first["refresh_token"])).json()
        assert await status(client, second) == 200
        assert (await renew(client, first["refresh_token"])).status_code == 401
        assert await status(client, second) == 401, "the thief, or the robbed, is out"
        assert await status(client, first) == 401
        assert (await renew(client, second["refresh_token"])).status_code == 401
        assert await status(client, other) == 200
    assert await world.scalar("select count(*) from audit_log where action = 'session.reuse'") == 1


async def test_an_access_token_renews_nothing_and_a_refresh_token_reads_nothing(app: FastAPI) -> None:
    async with connected(app, None) as client:
        body = (await log_in(client)).json()
        assert (await renew(client, body["access_token"])).status_code == 401
        assert await status(client, {"access_token": body["refresh_token"]}) == 401


async def test_log_out_ends_the_whole_family(app: FastAPI) -> None:
    async with connected(app, None) as client:
        first = (await log_in(client)).json()
        second = (await renew(client, first["refresh_token"])).json()
        header = {"Authorization": f"Bearer {second['access_token']}"}
        assert (await client.delete(TOKEN, headers=header)).status_code == 204
        assert await status(client, first) == 401
        assert (await renew(client, second["refresh_token"])).status_code == 401


async def test_the_page_renews_by_its_cookie_and_only_with_the_fixed_header(app: FastAPI, world: World) -> None:
    async with connected(app, None) as client:
        answer = await client.post(TOKEN, data={"username": "admin", "password": PASSWORD})
        cookies = answer.headers.get_list("set-cookie")
        assert len(cookies) == 2
        assert all("HttpOnly" in one and "SameSite=strict" in one for one in cookies)
        assert "Path=/api/v1/auth" in cookies[1]
        form = {"grant_type": "refresh_token"}
        assert (await client.post(TOKEN, data=form)).status_code == 403
        world.clock.advance(timedelta(minutes=16))
        assert (await client.get("/api/v1/me")).status_code == 401
        assert (await client.post(TOKEN, data=form, headers={"X-Fleet-Request": "1"})).status_code == 200
        assert (await client.get("/api/v1/me")).status_code == 200
        await client.delete(TOKEN, headers={"X-Fleet-Request": "1"})
        assert (await client.post(TOKEN, data=form, headers={"X-Fleet-Request": "1"})).status_code == 401


async def test_ten_failures_close_the_door_longer_each_time_and_a_restart_forgives_nothing(world: World) -> None:
    async def guess(client: httpx.AsyncClient, password: str = "guess") -> httpx.Response:
        return await client.post(TOKEN, data={"username": "admin", "password": password})

    async with builders.running(world) as app, connected(app, None) as client:
        for _ in range(10):
            assert (await guess(client)).status_code == 401
    waits = []
    async with builders.running(world) as app, connected(app, None) as client:
        for _ in range(3):
            closed = await guess(client, PASSWORD)
            assert closed.status_code == 429
            waits.append(int(closed.headers["retry-after"]))
            world.clock.advance(timedelta(seconds=waits[-1]))
            assert (await guess(client)).status_code == 401
        assert waits == [31, 61, 121]
        assert (await guess(client, PASSWORD)).status_code == 429
        admin = await world.account("second", Role.ADMINISTRATOR)
        header = await _person(client, "second")
        account_id = await world.scalar("select id from account where username = 'admin'")
        assert admin != account_id
        shown = await client.get(f"/api/v1/accounts/{account_id}", headers=header)
        assert shown.json()["locked_until"] is not None
        assert (await client.post(f"/api/v1/accounts/{account_id}/unlock", headers=header)).status_code == 204
        assert (await guess(client, PASSWORD)).status_code == 200
    assert await world.scalar("select count(*) from audit_log where action = 'session.failed'") == 13
    assert await world.scalar("select count(*) from audit_log where action = 'session.locked'") == 4
    assert await world.scalar("select count(*) from audit_log where action = 'account.unlock'") == 1


async def _person(client: httpx.AsyncClient, username: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await log_in(client, username)).json()['access_token']}"}


async def test_what_is_no_account_is_slowed_down_too_and_its_name_not_written_down(app: FastAPI, world: World) -> None:
    async with connected(app, None) as client:
        for _ in range(10):
            await client.post(TOKEN, data={"username": "my-secret-typed-here", "password": "x"})
        answer = await client.post(TOKEN, data={"username": "my-secret-typed-here", "password": "x"})
    assert answer.status_code == 429
    assert not await world.scalar(
        "select count(*) from audit_log a where (a::text || coalesce(a.detail::text, '')) like '%my-secret%'"
    )


async def test_the_second_factor_from_setting_up_to_removal(app: FastAPI, world: World) -> None:
    async with connected(app, None) as client:
        header = await _person(client, "admin")
        enrolment = (await client.post("/api/v1/auth/totp", headers=header)).json()
        assert enrolment["uri"].startswith("otpauth://totp/")
        assert (await log_in(client)).status_code == 200, "not asked for before it is confirmed"
        generator = pyotp.TOTP(enrolment["secret"])
        wrong = await client.post("/api/v1/auth/totp/confirm", json={"code": "000000"}, headers=header)
        assert wrong.status_code == 403
        code = generator.at(world.clock())
        confirmed = await client.post("/api/v1/auth/totp/confirm", json={"code": code}, headers=header)
        assert confirmed.status_code == 200, confirmed.text
        recovery = confirmed.json()["recovery_codes"]
        assert len(set(recovery)) == 10

        asked = await log_in(client)
        assert asked.status_code == 401
        assert asked.json()["type"] == "urn:one-network:problem:otp_required"
        assert (await log_in(client, otp=code)).status_code == 401, "it confirmed: no code works twice"
        world.clock.advance(timedelta(seconds=30))
        assert (await log_in(client, otp=generator.at(world.clock()))).status_code == 200
        assert (await log_in(client, otp=generator.at(world.clock()))).status_code == 401
        assert (await log_in(client, otp=recovery[0].upper())).status_code == 200
        assert (await log_in(client, otp=recovery[0])).status_code == 401

        header = {"Authorization": f"Bearer {(await log_in(client, otp=recovery[1])).json()['access_token']}"}
        state = (await client.get("/api/v1/auth/totp", headers=header)).json()
        assert state == {"enrolled": True, "recovery_codes_left": 8, "required": False}
        assert (await client.post("/api/v1/auth/totp", headers=header)).status_code == 409
        removal = {"code": recovery[2]}
        assert (await client.post("/api/v1/auth/totp/remove", json=removal, headers=header)).status_code == 204
        assert (await log_in(client)).status_code == 200


async def test_where_the_policy_asks_for_it_nothing_else_is_open_before(world: World) -> None:
    await world.account("boss", Role.SUPERVISOR)
    await world.account("looker", Role.VIEWER)
    async with builders.running(world, require_totp=True) as app, connected(app, None) as client:
        header = await _person(client, "boss")
        refused = await client.get("/api/v1/positions/latest", headers=header)
        assert refused.status_code == 403
        assert refused.json()["type"].endswith(":otp_enrolment_required")
        assert (await client.get("/api/v1/me", headers=header)).json()["must_enrol"] is True
        secret = (await client.post("/api/v1/auth/totp", headers=header)).json()["secret"]
        code = {"code": pyotp.TOTP(secret).at(world.clock())}
        assert (await client.post("/api/v1/auth/totp/confirm", json=code, headers=header)).status_code == 200
        assert (await client.get("/api/v1/positions/latest", headers=header)).status_code == 200
        looker = await _person(client, "looker")
        assert (await client.get("/api/v1/positions/latest", headers=looker)).status_code == 200


async def test_codes_cannot_be_guessed_with_an_open_session(app: FastAPI) -> None:
    async with connected(app, None) as client:
        header = await _person(client, "admin")
        await client.post("/api/v1/auth/totp", headers=header)
        answers = [
            (await client.post("/api/v1/auth/totp/confirm", json={"code": "000000"}, headers=header)).status_code
            for _ in range(9)
        ]
    assert answers == [403] * 8 + [429]
