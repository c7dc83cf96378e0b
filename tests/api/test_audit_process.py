"""Real processes that are killed while they log, and the command line that checks what they left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from fleet.model.registry import Role
from tests import services
from tests.api.builders import World
from tests.services import ROOT, free_port

pytestmark = [pytest.mark.store, pytest.mark.end_to_end]

KEY = "a key of the tests that is long enough"


def environment(world: World, data_dir: Path) -> dict[str, str]:
    return {
        **os.environ,
        "FLEET_DATABASE_URL": world.url,
        "FLEET_DATA_DIR": str(data_dir),
        "FLEET_AUDIT_DIR": str(world.audit),
        "FLEET_AUDIT_KEY": KEY,
        "FLEET_REQUEST_RATE_PER_S": "0",
        "FLEET_LOG_LEVEL": "error",
    }


@asynccontextmanager
async def api(world: World, data_dir: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api", cwd=ROOT, env={**environment(world, data_dir), "FLEET_HTTP_PORT": str(port)}
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            for _ in range(2000):
                try:
                    if (await client.get("/livez")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
            else:
                raise AssertionError("the API does not start")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def fleet(world: World, data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fleet.cli", "audit", *arguments],
        cwd=ROOT,
        env=environment(world, data_dir),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_killed_while_it_logs_nothing_that_was_answered_is_lost(
    world: World, tmp_path: Path, cluster: services.Cluster
) -> None:
    await world.organ(1)
    await world.vehicle(11, organ=1)
    header = await world.session_of(await world.account("worker", Role.AUDITOR))
    port = free_port()
    answered: dict[str, list[str]] = {"read": [], "change": []}
    stop, enough = asyncio.Event(), asyncio.Event()
    wanted = 40

    async def work(name: str) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", headers=header) as client:
            n = 0
            while not stop.is_set():
                n += 1
                mark = f"{name}-{n}"
                try:
                    track = await client.get("/vehicles/11/track", headers={"X-Purpose": mark})
                    if track.status_code == 200:
                        answered["read"].append(mark)
                    token = await client.post("/auth/tokens", json={"label": mark, "expires_in_days": 1})
                    if token.status_code == 201:
                        answered["change"].append(mark)
                    if min(map(len, answered.values())) >= wanted:
                        enough.set()
                except httpx.TransportError:
                    await asyncio.sleep(0.02)

    workers: list[asyncio.Task[None]] = []
    for _ in range(2):
        async with api(world, tmp_path, port) as process:
            if not workers:
                workers = [asyncio.create_task(work(f"w{one}")) for one in range(6)]
            await enough.wait()
            enough.clear()
            wanted += 40
            process.send_signal(signal.SIGKILL)
            await process.wait()
    stop.set()
    await asyncio.gather(*workers)

    logged = await world.rows("select action, purpose, detail ->> 'label' as label from audit_log")
    assert set(answered["read"]) <= {row["purpose"] for row in logged if row["action"] == "track.read"}
    assert set(answered["change"]) <= {row["label"] for row in logged if row["action"] == "token.create"}

    async with api(world, tmp_path, free_port()) as process:  # what a killed one left pending is chained by the next
        for _ in range(200):
            if await world.scalar("select count(*) from audit_pending") == 0:
                break
            await asyncio.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    made = await world.rows("select label from token where personal")
    told = await world.rows("select detail ->> 'label' as label from audit_log where action = 'token.create'")
    assert sorted(row["label"] for row in made) == sorted(row["label"] for row in told), "no change without its entry"
    assert await world.scalar("select max(chain) from audit_log") <= 2, "the same two chains went on each time"

    # What the command line says of it.
    checked = await asyncio.to_thread(fleet, world, tmp_path, "verify")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.splitlines()[-1] == "intact"
    printed = await asyncio.to_thread(fleet, world, tmp_path, "anchor", "--print")
    assert printed.returncode == 0, printed.stderr
    mark = printed.stdout.split("--anchor ")[1].strip()
    exported = await asyncio.to_thread(fleet, world, tmp_path, "export", "--purpose", "yearly audit")
    lines = [json.loads(line) for line in exported.stdout.splitlines()]
    assert len(lines) == await world.scalar("select count(*) from audit_log")
    assert {"chain", "n", "mac", "purpose", "detail"} <= lines[0].keys()
    assert await world.scalar("select account || ' ' || purpose from audit_pending") == "command line yearly audit"

    # A superuser without the key, who has rolled back the files here too: what was printed tells.
    superuser = f"{cluster.superuser_url.rpartition('/')[0]}/{world.url.rpartition('/')[2]}"
    services.execute(
        superuser, "alter table audit_log disable trigger all", "delete from audit_log where chain = 1 and n = 7"
    )
    broken = await asyncio.to_thread(fleet, world, tmp_path, "verify", "--json")
    report = json.loads(broken.stdout)
    assert broken.returncode == 1
    assert [(one["fault"], one["chain"], one["first"]) for one in report["findings"]] == [("deleted", 1, 7)]
    services.execute(superuser, "truncate audit_log")
    for head in (world.audit / "heads").iterdir():
        head.unlink()
    (world.audit / "anchors.jsonl").unlink()
    cut = await asyncio.to_thread(fleet, world, tmp_path, "verify", "--anchor", mark)
    assert cut.returncode == 1
    assert "TRUNCATED  chain 1: the whole chain is gone, but the printed anchor knows entry" in cut.stdout
    assert (await asyncio.to_thread(fleet, world, tmp_path, "verify", "--anchor", "1:2:xyz")).returncode == 2


def test_without_a_key_nothing_is_checked_and_none_is_made(database_url: str, tmp_path: Path) -> None:
    unset = {**os.environ, "FLEET_DATABASE_URL": database_url, "FLEET_DATA_DIR": str(tmp_path), "FLEET_AUDIT_KEY": ""}
    done = subprocess.run(
        [sys.executable, "-m", "fleet.cli", "audit", "verify"],
        cwd=ROOT,
        env=unset,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "FLEET_AUDIT_KEY" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
