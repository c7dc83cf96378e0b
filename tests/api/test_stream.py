"""The stream: full state, deltas, resume, merging, filters, slow readers, the end."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from api.live.poller import INTERVAL_S, LEAST_PAUSE_S, pause_s
from fleet.store import tables
from tests.api.builders import World
from tests.api.streams import Served, events, logged_in, next_event, served, until

pytestmark = pytest.mark.store


@pytest.fixture
async def city(world: World) -> World:
    await world.organ(1, kind="city", division=530300)
    await world.organ(2, parent_id=1)
    for number in (11, 12, 13):
        await world.vehicle(number, organ=1 if number == 11 else 2)
    await world.states({"unit_id": 11}, {"unit_id": 12})
    return world


@pytest.fixture
async def server(city: World, app: FastAPI) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


async def ask(method: str, url: str, headers: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.request(method, url, headers=headers)


async def test_first_everything_then_what_changed(city: World, server: Served) -> None:
    headers = await logged_in(server.url)
    async with events(server.url, headers) as stream:
        first = await next_event(stream)
        assert (first.kind, first.id, first.data["revision"], first.data["full"]) == ("positions", 1, 1, True)
        assert {item["vehicle_id"] for item in first.data["items"]} == {11, 12}
        await city.states({"unit_id": 12, "speed_dkmh": 500})
        second = await next_event(stream)
        assert (second.id, second.data["full"], second.data["gone"]) == (2, False, [])
        assert [(item["vehicle_id"], item["speed_kmh"]) for item in second.data["items"]] == [(12, 50.0)]
        latest = (await ask("GET", f"{server.url}/api/v1/positions/latest", headers)).json()
        assert {item["vehicle_id"]: set(item) for item in latest["items"]}[12] == set(second.data["items"][0])


async def test_resume_gives_every_row_of_a_later_revision_merged(city: World, server: Served) -> None:
    headers = await logged_in(server.url)
    async with events(server.url, headers) as stream:
        seen = await next_event(stream)
    for speed in (100, 200, 300):
        await city.states({"unit_id": 12, "speed_dkmh": speed})
    await city.states({"unit_id": 13})
    async with events(server.url, headers, last=seen.id) as stream:
        event = await next_event(stream)
        assert event.data["full"] is False
        assert {item["vehicle_id"]: item["speed_kmh"] for item in event.data["items"]} == {12: 30.0, 13: 0.0}
        assert event.id == 5


async def test_resume_by_revision_after_a_restart(city: World, app: FastAPI) -> None:
    await city.states({"unit_id": 12})
    await city.states({"unit_id": 13})
    async with served(app) as server:
        headers = await logged_in(server.url)
        async with events(server.url, headers, last=1) as stream:
            event = await next_event(stream)
            assert event.data["full"] is False
            assert {item["vehicle_id"] for item in event.data["items"]} == {12, 13}


@pytest.mark.parametrize("last", [999, 10**30])
async def test_an_id_of_the_future_resets(server: Served, last: int) -> None:
    headers = await logged_in(server.url)
    async with events(server.url, headers, last=last) as stream:
        assert (await next_event(stream)).kind == "reset"
        everything = await next_event(stream)
        assert everything.data["full"] is True
        assert len(everything.data["items"]) == 2


async def test_a_reset_database_resets_running_streams(city: World, server: Served) -> None:
    await city.states({"unit_id": 11})
    headers = await logged_in(server.url)
    async with events(server.url, headers) as stream:
        await next_event(stream)
        await city.execute(tables.latest_state.delete())
        city.revision = 0
        await city.states({"unit_id": 13})
        assert (await next_event(stream)).kind == "reset"
        everything = await next_event(stream)
        assert everything.data["full"] is True
        assert [item["vehicle_id"] for item in everything.data["items"]] == [13]


async def test_filters_also_tell_who_left(city: World, server: Served) -> None:
    headers = await logged_in(server.url)
    box = "103.7,25.4,103.9,25.6"
    async with (
        events(server.url, headers, bbox=box) as boxed,
        events(server.url, headers, organ=2) as organs,
        events(server.url, headers, division=530381) as division,
    ):
        assert {item["vehicle_id"] for item in (await next_event(boxed)).data["items"]} == {11, 12}
        assert {item["vehicle_id"] for item in (await next_event(organs)).data["items"]} == {12}
        assert (await next_event(division)).data["items"] == []
        await city.states({"unit_id": 12, "lat_e7": 262000000, "division": 530381})
        left = await next_event(boxed)
        assert (left.data["items"], left.data["gone"]) == ([], [12])
        assert [item["vehicle_id"] for item in (await next_event(organs)).data["items"]] == [12]
        assert [item["vehicle_id"] for item in (await next_event(division)).data["items"]] == [12]
        await city.states({"unit_id": 12, "lat_e7": 255000000, "division": 530302})
        assert [item["vehicle_id"] for item in (await next_event(boxed)).data["items"]] == [12]
        assert (await next_event(division)).data["gone"] == [12]


async def test_silence_is_told_though_nothing_was_written(city: World, server: Served) -> None:
    headers = await logged_in(server.url)
    async with events(server.url, headers) as stream:
        await next_event(stream)
        city.clock.advance(timedelta(minutes=31))
        event = await next_event(stream)
        assert {item["state"] for item in event.data["items"]} == {"silent"}


async def test_gcj02(city: World, server: Served) -> None:
    headers = await logged_in(server.url)
    async with events(server.url, headers, datum="gcj02") as stream:
        assert (await next_event(stream)).data["items"][0]["lat"] != 25.5
        await city.states({"unit_id": 11})
        assert (await next_event(stream)).data["items"][0]["lat"] != 25.5


async def test_a_reader_that_does_not_read_slows_nobody_and_gets_merged_rows(world: World, app: FastAPI) -> None:
    await world.many(400)
    async with served(app, send_buffer=8192) as server:
        headers = await logged_in(server.url)
        address = urlsplit(server.url)
        sleeper = socket.socket()
        sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        sleeper.connect((address.hostname, address.port))
        request = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        sleeper.sendall(f"GET /api/v1/positions/stream HTTP/1.1\r\nHost: x\r\n{request}\r\n".encode())
        async with events(server.url, headers) as stream:
            assert len((await next_event(stream)).data["items"]) == 400
            for number in range(1, 5):
                began = time.monotonic()
                await world.states({"unit_id": 7, "speed_dkmh": number * 1000})
                event = await next_event(stream)
                assert [item["speed_kmh"] for item in event.data["items"]] == [number * 100.0]
                assert time.monotonic() - began < 2.5
        # Only now the sleeper reads: the full state of the beginning, the change that waited in the server's hand,
        # and one row for the three after it.
        reader, writer = await asyncio.open_connection(sock=sleeper)
        told = [event async for event in _three_events(reader)]
        writer.close()
        assert [event["full"] for event in told] == [True, False, False]
        assert [item["speed_kmh"] for event in told[1:] for item in event["items"]] == [100.0, 400.0]


async def _three_events(reader: asyncio.StreamReader) -> AsyncIterator[dict[str, Any]]:
    """The data of the first three events `positions` of a chunked answer."""
    received = b""
    found = 0
    async with asyncio.timeout(10):
        while found < 3:
            received += await reader.read(65536)
            # Chunk sizes stand on lines of their own between the pieces.
            text = re.sub(rb"\r\n(?:[0-9a-f]+\r\n)?", b"", received)
            complete = re.findall(rb"event: positions\ndata: (.*?)\n\n", text)
            for data in complete[found:]:
                yield json.loads(data)
            found = len(complete)


async def test_streams_end_promptly_when_the_service_stops(server: Served) -> None:
    headers = await logged_in(server.url)
    async with events(server.url, headers) as stream:
        await next_event(stream)
        began = time.monotonic()
        server.server.should_exit = True
        with pytest.raises(StopAsyncIteration):
            async with asyncio.timeout(5):
                await anext(stream)
        await server.done
        assert time.monotonic() - began < 2.5


async def test_a_stream_ends_with_its_session(city: World, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.streaming.RECHECK_S", 0.5)
    headers = await logged_in(server.url)
    async with events(server.url, headers) as stream:
        await next_event(stream)
        assert (await ask("DELETE", f"{server.url}/api/v1/auth/token", headers)).status_code == 204
        await city.states({"unit_id": 11})
        async with asyncio.timeout(10):
            assert [event.kind async for event in stream] in ([], ["positions"])


async def test_the_number_of_readers_is_counted_down(server: Served, app: FastAPI) -> None:
    headers = await logged_in(server.url)
    async with events(server.url, headers) as stream:
        await next_event(stream)
        assert app.state.services.live.readers == 1
    await until(lambda: app.state.services.live.readers == 0)


@pytest.mark.parametrize(
    ("took_s", "pause"), [(0.0, INTERVAL_S), (0.25, 0.75), (0.9, LEAST_PAUSE_S), (7, LEAST_PAUSE_S)]
)
def test_the_fleet_is_asked_once_a_second_however_long_an_answer_takes(took_s: float, pause: float) -> None:
    assert pause_s(took_s) == pause
