"""What the database holds of a second factor, and which key opens it."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pyotp
import pytest

from fleet.identity.totp_keys import TotpKeys
from tests.api import builders
from tests.api.builders import PASSWORD, TOTP_KEYS, World, connected

pytestmark = pytest.mark.store

STORED = "select secret from second_factor"


async def log_in(client: httpx.AsyncClient, **form: str) -> int:
    form = {"username": "admin", "password": PASSWORD, **form}
    return (await client.post("/api/v1/auth/token", data=form)).status_code


async def test_a_copy_of_the_database_makes_no_codes(world: World) -> None:
    async with builders.running(world) as app, connected(app) as client:
        secret = (await client.post("/api/v1/auth/totp")).json()["secret"]
        stored = await world.scalar(STORED)
        assert secret not in stored
        assert stored.startswith("v1.")
        code = pyotp.TOTP(secret).at(world.clock())
        assert (await client.post("/api/v1/auth/totp/confirm", json={"code": code})).status_code == 200
        assert await world.scalar(STORED) == stored
        world.clock.advance(timedelta(seconds=30))
        assert await log_in(client, otp=pyotp.TOTP(secret).at(world.clock())) == 200


async def test_bare_secrets_and_those_of_an_older_key_are_written_anew_at_their_next_use(world: World) -> None:
    account_id = await world.scalar("select id from account where username = 'admin'")
    secret = pyotp.random_base32(32)
    older = TotpKeys("an older key of the tests, in use for years".replace(",", ""), "the tests")
    async with builders.running(world) as app, connected(app, None) as client:
        for before in (secret, TOTP_KEYS.encrypt(secret, account_id)):
            await world.execute_sql("delete from second_factor")
            await world.execute_sql(
                f"insert into second_factor (account_id, secret, confirmed_at) values ({account_id}, '{before}', now())"
            )
            assert await log_in(client, otp="000000") == 401
            world.clock.advance(timedelta(seconds=30))
            assert await log_in(client, otp=pyotp.TOTP(secret).at(world.clock())) == 200
            stored = await world.scalar(STORED)
            assert TOTP_KEYS.is_current(stored)
            assert TOTP_KEYS.decrypt(stored, account_id) == secret

        # A key that nobody has any more: nobody gets in, and the log says what to do.
        world.clock.advance(timedelta(minutes=1))
        lost = older.encrypt(secret, account_id)
        await world.execute_sql(f"update second_factor set secret = '{lost}', last_step = 0")
        answer = await client.post(
            "/api/v1/auth/token",
            data={"username": "admin", "password": PASSWORD, "otp": pyotp.TOTP(secret).at(world.clock())},
        )
        assert answer.status_code == 500
        assert "key" not in answer.json()["detail"]
