"""`python -m api` as a process: starts, answers, ends on SIGTERM with open streams, explains itself in one line."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.api.builders import World
from tests.api.streams import events, logged_in, next_event
from tests.services import free_port

ROOT = Path(__file__).resolve().parents[2]


async def started(**settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "api",
        cwd=ROOT,
        env={**os.environ, "FLEET_TOTP_KEY": "a key of this test that is long enough", **settings},
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.store
@pytest.mark.end_to_end
async def test_it_serves_and_ends_promptly_with_an_open_stream(world: World) -> None:
    port = free_port()
    process = await started(FLEET_DATABASE_URL=world.url, FLEET_HTTP_PORT=str(port))
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as client:
            for _ in range(200):
                try:
                    assert (await client.get(f"{url}/livez")).status_code == 200
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
            assert (await client.get(f"{url}/readyz")).status_code == 200
        async with events(url, await logged_in(url)) as stream:
            await next_event(stream)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            _, errors = await process.communicate()
            assert process.returncode == 0, errors
            assert time.monotonic() - began < 20
        assert b"Traceback" not in errors
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_taken_address_and_a_missing_setting_are_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = await started(
            FLEET_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", FLEET_HTTP_PORT=str(taken.getsockname()[1])
        )
        _, errors = await process.communicate()
    assert process.returncode == 3
    assert errors.count(b"\n") == 1
    assert b"FLEET_HTTP_PORT" in errors
    process = await started(FLEET_DATABASE_URL="", FLEET_API_DATABASE_URL="")
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert errors.count(b"\n") == 1
    assert b"FLEET_DATABASE_URL" in errors
