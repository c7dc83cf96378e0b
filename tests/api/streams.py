"""A real server on loopback, and a reader of server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from api.__main__ import Server, configured, listen
from api.protocol import GuardedProtocol
from tests.api.builders import PASSWORD
from tests.services import free_port


async def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen within 5 s")


@dataclass(frozen=True, slots=True)
class Served:
    url: str
    server: Server
    done: asyncio.Task[None]


class InTest(Server):
    """Leaves the test runner's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@contextlib.asynccontextmanager
async def served(
    app: FastAPI,
    *,
    send_buffer: int | None = None,
    tls: tuple[Path, Path] | None = None,
    trusted_proxies: str | None = None,
    http: type[GuardedProtocol] = GuardedProtocol,
) -> AsyncIterator[Served]:
    """`app` behind uvicorn as `python -m api` sets it up; the application's own start is the caller's.

    With a small `send_buffer` a reader that does not read is felt at once and not after megabytes.
    """
    port = free_port()
    listener = listen("127.0.0.1", port)
    if send_buffer is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    config = configured(app, tls=tls, trusted_proxies=trusted_proxies, lifespan=False, http=http)
    server = InTest(config, app.state.services)
    done = asyncio.create_task(server.serve([listener]))
    await until(lambda: server.started)
    try:
        yield Served(f"{'http' if tls is None else 'https'}://127.0.0.1:{port}", server, done)
    finally:
        server.should_exit = True
        await done


async def logged_in(url: str) -> dict[str, str]:
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{url}/api/v1/auth/token", data={"username": "admin", "password": PASSWORD})
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@dataclass(frozen=True, slots=True)
class Event:
    kind: str
    id: int | str | None  # of /positions/stream a number
    data: dict[str, Any]


@contextlib.asynccontextmanager
async def events(
    url: str, headers: dict[str, str], *, last: int | str | None = None, path: str = "positions/stream", **query: Any
) -> AsyncIterator[AsyncIterator[Event]]:
    """The events of a stream, without the comments and those of kind `health`."""
    if last is not None:
        headers = {**headers, "Last-Event-ID": str(last)}
    async with (
        httpx.AsyncClient(timeout=20) as client,
        client.stream("GET", f"{url}/api/v1/{path}", headers=headers, params=query) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        async with contextlib.aclosing(_parse(answer.aiter_lines())) as parsed:
            yield parsed


async def _parse(lines: AsyncIterator[str]) -> AsyncGenerator[Event, None]:
    fields: dict[str, str] = {}
    async for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
            continue
        if "data" in fields and fields.get("event") != "health":
            mark = fields.get("id")
            number = int(mark) if mark is not None and mark.isdigit() else mark
            yield Event(fields.get("event", "message"), number, json.loads(fields["data"]))
        fields = {}


async def next_event(stream: AsyncIterator[Event], within_s: float = 5) -> Event:
    async with asyncio.timeout(within_s):
        return await anext(stream)
