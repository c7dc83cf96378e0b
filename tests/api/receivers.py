"""A receiver of webhooks, a town of which it is told, and the office that enters it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.delivery.guard import networks_of
from api.delivery.post import Poster
from api.delivery.process import Deliveries, Means
from api.webhooks.schemas import DeliveryPage, WebhookCreated
from fleet.model.registry import Role
from fleet.settings import assume_role
from fleet.store.pool import create_engine
from tests.api.builders import TOTP_KEYS, World, connected
from tests.api.case_rows import case
from tests.api.test_case_stream import CITY, OFFICE, OTHER


@dataclass(slots=True)
class Receiver:
    """An HTTP server of its own; answers `status`, keeps what came."""

    url: str = ""
    status: int = 200
    extra: str = ""
    hangs: bool = False
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # whoever asked is gone, or the test is over
        finally:
            self.tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.got.append((headers, body))
        if self.hangs:
            await asyncio.sleep(60)
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\n{self.extra}\r\n".encode())
        await writer.drain()
        with contextlib.suppress(ConnectionError):
            await reader.read()  # until the other side closes

    async def end(self) -> None:
        left = list(self.tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://localhost:{server.sockets[0].getsockname()[1]}/hook?a=b"
    yield made
    server.close()
    await made.end()
    await asyncio.sleep(0.05)  # its transports close in the next turns of the loop


@pytest.fixture
async def town(world: World) -> World:
    await world.organ(CITY, kind="city", division=530300)
    await world.organ(OFFICE, parent_id=CITY)
    await world.organ(OTHER, parent_id=CITY)
    for vehicle_id, organ_id in ((1, OFFICE), (2, OTHER)):
        await world.vehicle(vehicle_id, organ=organ_id)
        await case(world, vehicle_id, organ_id, vehicle_id=vehicle_id)
    return world


@dataclass(slots=True)
class Office:
    """A supervisor of the city with the API, and the one that delivers, on the test's clock."""

    town: World
    client: httpx.AsyncClient
    deliveries: Deliveries

    async def enter(self, url: str, **values: Any) -> dict[str, Any]:
        answer = await self.client.post("/api/v1/webhooks", json={"label": "x", "url": url, **values})
        assert answer.status_code == 201, answer.text
        WebhookCreated.model_validate(answer.json())
        made: dict[str, Any] = answer.json()
        return made

    async def work(self) -> None:
        """Rounds until nothing is due."""
        async with self.deliveries._engine.connect() as connection:
            while await self.deliveries.round(connection):
                pass

    async def listed(self, hook_id: int, **query: Any) -> list[dict[str, Any]]:
        answer = await self.client.get(f"/api/v1/webhooks/{hook_id}/deliveries", params=query)
        DeliveryPage.model_validate(answer.json())
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@pytest.fixture
async def office(town: World, app: FastAPI) -> AsyncIterator[Office]:
    await town.account("boss", Role.SUPERVISOR, CITY)
    engine = create_engine(assume_role(town.url, "fleet_api"))
    poster = Poster(networks_of("127.0.0.0/8, ::1"))
    means = Means(town.clock, lambda: 0.5, TOTP_KEYS.webhooks, poster)
    async with connected(app, "boss") as client:
        yield Office(town, client, Deliveries(engine, means))
    await poster.close()
    await engine.dispose()
