"""`python -m api.delivery` as a process: killed and started again, it loses nothing and goes on where it was."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from fleet.model.registry import Role
from tests.api.builders import World
from tests.api.receivers import Receiver, receiver, town
from tests.api.test_case_stream import CITY, tell

pytestmark = [pytest.mark.store, pytest.mark.end_to_end]
ROOT = Path(__file__).resolve().parents[2]
KEY = "another key of the tests long enough to be one"  # that of `TOTP_KEYS`

__all__ = ["receiver", "town"]


async def started(url: str) -> asyncio.subprocess.Process:
    settings = {"FLEET_DATABASE_URL": url, "FLEET_TOTP_KEY": KEY, "FLEET_WEBHOOK_NETWORKS": "127.0.0.0/8, ::1"}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "api.delivery",
        cwd=ROOT,
        env={**os.environ, **settings},
        stderr=asyncio.subprocess.PIPE,
    )


async def until(true: Callable[[], bool]) -> None:
    for _ in range(1_200):
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen within 60 s")


@pytest.fixture
async def boss(town: World, client: httpx.AsyncClient) -> httpx.AsyncClient:
    account_id = await town.account("boss", Role.SUPERVISOR, CITY)
    client.headers.update(await town.session_of(account_id))
    return client


async def test_a_kill_loses_nothing(town: World, boss: httpx.AsyncClient, receiver: Receiver) -> None:
    entered = await boss.post("/api/v1/webhooks", json={"label": "x", "url": receiver.url})
    assert entered.status_code == 201, entered.text
    process = await started(town.url)
    await tell(town, 1)
    await until(lambda: len(receiver.got) == 1)
    process.kill()
    await process.wait()
    await tell(town, 2)
    process = await started(town.url)
    try:
        await until(lambda: len(receiver.got) >= 2)
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = await process.communicate()
    assert process.returncode == 0, errors
    assert b"Traceback" not in errors
    seen = [json.loads(body)["data"]["case_id"] for _, body in receiver.got]
    assert (seen[0], set(seen)) == (1, {1, 2})
