"""Real services at their most talkative: no secret that they were given, or gave out, is in any log."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg
import httpx
import pyotp
import pytest

from fleet.identity.broker_access import INGEST, hash_password, render_access, render_passwords
from fleet.local.mosquitto import Mosquitto
from fleet.local.processes import spawn
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from tests import services
from tests.api import builders
from tests.simulators.stage import wait_until, write_files

pytestmark = [pytest.mark.store, pytest.mark.seam, pytest.mark.end_to_end]

BROKER_PASSWORD = "the-units-and-the-service-use-this"
TYPED_WRONG = "my-bank-password-1987"
NEW_PASSWORD = "a-password-that-was-changed"
CLERKS_PASSWORD = "the-clerks-first-password"
KEYS = {"FLEET_TOTP_KEY": "totp-key-" + "t" * 40, "FLEET_AUDIT_KEY": "audit-key-" + "a" * 40}


@contextlib.contextmanager
def running(logs: Path, environment: dict[str, str], *modules: tuple[str, ...]) -> Iterator[None]:
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes += (
            spawn(
                [sys.executable, "-m", *module],
                directory=services.ROOT,
                log=logs / f"{module[0]}.log",
                death=signal.SIGKILL,
                environment={**os.environ, **environment, "PYTHONASYNCIODEBUG": "1"},
            )
            for module in modules
        )
        yield
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(30)
    finally:
        for process in processes:
            process.kill()
            process.wait()


async def use_everything(url: str, secrets: dict[str, str]) -> None:
    """What people and scripts do with secrets, rightly and wrongly; every secret that is given out is added."""
    token = "/api/v1/auth/token"
    async with httpx.AsyncClient(base_url=url, timeout=20) as client:

        async def log_in(username: str, password: str, **more: str) -> dict[str, Any]:
            answer = await client.post(token, data={"username": username, "password": password, **more})
            client.cookies.clear()
            found: dict[str, Any] = answer.json()
            for name in ("access_token", "refresh_token"):
                if name in found:
                    secrets[f"{name} {len(secrets)}"] = found[name]
            return found

        def bearer(value: str) -> dict[str, str]:
            return {"Authorization": f"Bearer {value}"}

        await log_in("admin", TYPED_WRONG)
        await log_in(TYPED_WRONG, "x")
        session = await log_in("admin", builders.PASSWORD)
        header = bearer(session["access_token"])
        form = {"grant_type": "refresh_token", "refresh_token": session["refresh_token"]}
        secrets["renewed"] = (await client.post(token, data=form)).json()["refresh_token"]
        client.cookies.clear()
        await client.post(token, data=form)  # shown twice
        header = bearer((await log_in("admin", builders.PASSWORD))["access_token"])
        personal = (
            await client.post("/api/v1/auth/tokens", json={"label": "x", "expires_in_days": 1}, headers=header)
        ).json()
        secrets["personal"] = personal["token"]
        for path in ("/api/v1/me", "/api/v1/vehicles", "/api/v1/vehicles/1/track", "/api/v1/positions/latest"):
            await client.get(path, headers=bearer(personal["token"]))
            await client.get(path, headers=bearer(personal["token"] + "x"))
            await client.get(path, params={"access_token": personal["token"]})
        account = {"username": "looker", "password": CLERKS_PASSWORD, "role": "viewer"}
        assert (await client.post("/api/v1/accounts", json=account, headers=header)).status_code == 201
        await client.post("/api/v1/accounts", json={**account, "role": 7}, headers=header)
        await client.post("/api/v1/accounts", content=json.dumps(account)[:-3], headers=header)
        change = {"password": TYPED_WRONG, "new_password": NEW_PASSWORD}
        await client.post("/api/v1/auth/password", json=change, headers=header)
        changed = await client.post(
            "/api/v1/auth/password", json={**change, "password": builders.PASSWORD}, headers=header
        )
        assert changed.status_code == 204
        factor = (await client.post("/api/v1/auth/totp", headers=header)).json()
        secrets["totp"] = factor["secret"]
        code = pyotp.TOTP(factor["secret"]).now()
        confirmed = await client.post("/api/v1/auth/totp/confirm", json={"code": code}, headers=header)
        assert confirmed.status_code == 200, confirmed.text
        for number, one in enumerate(confirmed.json()["recovery_codes"]):
            secrets[f"recovery {number}"] = one
        assert "access_token" in await log_in("admin", NEW_PASSWORD, otp=confirmed.json()["recovery_codes"][0])


def give_passwords(credentials: Path, broker: Mosquitto) -> None:
    """The simulator's accounts, and that of ingest, with a password that no other word contains."""
    content = json.loads(credentials.read_text())
    hashed = hash_password(BROKER_PASSWORD)
    accounts = [BrokerAccount(username=INGEST, kind=BrokerAccountKind.SERVICE, password_hash=hashed)]
    for kind, name in ((BrokerAccountKind.GATEWAY, "gateways"), (BrokerAccountKind.UNIT, "units")):
        for one in content[name]:
            one["password"] = BROKER_PASSWORD
            accounts.append(
                BrokerAccount(
                    username=one["username"],
                    kind=kind,
                    division=int(one["division"]),
                    password_hash=hashed,
                )
            )
    credentials.write_text(json.dumps(content))
    broker.write_access(render_passwords(accounts), render_access(accounts))


async def everything_kept_about_people(url: str) -> str:
    """The audit log as text: it is read by many."""
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("select string_agg(a::text, chr(10)) from audit_log a"))
    finally:
        await connection.close()


def test_no_secret_is_in_any_log(database_url: str, broker: Mosquitto, tmp_path: Path) -> None:
    credentials, roster = write_files(tmp_path, broker, gateway_units=5, single_units=2)
    give_passwords(credentials, broker)
    secrets = {
        "database": urlsplit(database_url).password or "",
        "broker": BROKER_PASSWORD,
        "administrator": builders.PASSWORD,
        "typed wrong": TYPED_WRONG,
        "changed": NEW_PASSWORD,
        "clerk": CLERKS_PASSWORD,
        **KEYS,
    }

    async def prepare() -> None:
        async with builders.world(database_url) as world:
            assert await world.scalar("select count(*) from account") == 1

    services.run(prepare())
    port = services.free_port()
    environment = {
        "FLEET_DATABASE_URL": database_url,
        "FLEET_MQTT_URL": broker.url("service.ingest", BROKER_PASSWORD),
        "FLEET_HTTP_PORT": str(port),
        "FLEET_DATA_DIR": str(tmp_path / "var"),
        "FLEET_LOG_LEVEL": "debug",
        **KEYS,
    }
    simulate = ("simulators", "--credentials", str(credentials), "--roster", str(roster), "--vehicles", "7")
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{url}/readyz").is_success
        return False

    with running(tmp_path, environment, ("ingest",), ("api",), simulate):
        wait_until(ready, 60, "the services are ready")
        asyncio.run(use_everything(url, secrets))
        wait_until(lambda: "units on" in (tmp_path / "simulators.log").read_text(), 20, "the simulator plays")
    kept = services.run(everything_kept_about_people(database_url))
    logs = {
        **{path.name: path.read_text() for path in tmp_path.glob("*.log")},
        "broker": broker.log.read_text(),
        "database": Path(services.shared_cluster().log).read_text(errors="replace"),
        "audit log": kept,
    }
    assert all(logs.values()), {name: len(text) for name, text in logs.items()}
    assert "listening on" in logs["api.log"]
    assert "session.failed" in kept
    assert len(secrets) > 20
    told = [
        f"{name} is in the log of {log}"
        for name, secret in secrets.items()
        for log, text in logs.items()
        if secret in text or quote(secret, safe="") in text
    ]
    assert told == []
