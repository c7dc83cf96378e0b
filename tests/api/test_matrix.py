"""Every route with every role, generated from the application: a route that is added tomorrow is in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest
from fastapi import FastAPI

from api import access
from api.access import PUBLIC, Declared
from api.dependencies import COOKIE
from fleet.identity.permissions import TABLE
from fleet.model.registry import Role
from tests.api import builders
from tests.api.builders import World

pytestmark = pytest.mark.store

NOTHING_IN_THE_WAY = {"x-purpose": "test of the matrix", "if-match": '"1"', "content-type": "application/json"}
"""So that the answer of an allowed role is not about a missing header."""


def expected(route: Declared, role: Role) -> bool:
    (permission,) = route.permissions
    return role in TABLE[permission]


def address(route: Declared) -> str:
    """The route with ids of nothing."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda name: "999999" if name[1].endswith("id") else "nothing", route.path)


async def status_of(app: FastAPI, route: Declared, headers: dict[str, str]) -> tuple[int, dict[str, Any] | None]:
    """The status and, for problems, the body. Streams are left as soon as they have begun."""
    path = address(route)
    began: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    body = bytearray()
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()
        sent = True
        return {"type": "http.request", "body": b"{}" if route.method != "GET" else b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body":
            body.extend(message.get("body", b""))
        elif not began.done() and message["status"] < 400:
            began.set_result(message["status"])
        elif not began.done():
            body.clear()
            statuses.append(message["status"])

    statuses: list[int] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": route.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("fleet.test", 80),
    }
    task: asyncio.Task[None] = asyncio.create_task(_run(app, scope, receive, send))
    try:
        async with asyncio.timeout(10):
            waiting: list[asyncio.Future[Any]] = [task, began]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if began.done():
            return began.result(), None
        await task
        return statuses[0], json.loads(body) if body else None
    finally:
        task.cancel()
        began.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _run(app: FastAPI, scope: Any, receive: Any, send: Any) -> None:
    await app(scope, receive, send)


@pytest.fixture
async def accounts(world: World) -> dict[Role, int]:
    await world.organ(1, kind="city", division=530300)
    await world.organ(2, parent_id=1)
    return {role: await world.account(f"one-{role.value}", role, organ=2) for role in Role}


@pytest.fixture
async def app(world: World) -> AsyncIterator[FastAPI]:
    async with builders.running(world) as running:
        yield running


async def test_every_route_says_who_may_use_it(app: FastAPI) -> None:
    found = list(access.declared(app))
    undeclared = [route for route in found if not route.public and len(route.permissions) != 1]
    assert undeclared == []
    assert {(route.method, route.path) for route in found if route.public} == PUBLIC, "nothing is public by accident"
    assert [route for route in found if route.public and route.permissions] == []


async def test_the_whole_matrix(app: FastAPI, world: World, accounts: dict[Role, int]) -> None:
    wrong: list[str] = []
    for route in access.declared(app):
        if route.public:
            continue
        for role, account_id in accounts.items():
            # A token for each: some of the routes end the one they are asked with.
            header = await world.session_of(account_id)
            status, body = await status_of(app, route, {**header, **NOTHING_IN_THE_WAY})
            if expected(route, role) != (status not in (401, 403)) or status >= 500:
                wrong.append(f"{route.method} {route.path} as {role.value}: {status} {body}")
    assert wrong == []


async def test_without_a_log_in_nothing_answers(app: FastAPI) -> None:
    answers = {
        f"{route.method} {route.path}": (await status_of(app, route, NOTHING_IN_THE_WAY))[0]
        for route in access.declared(app)
        if not route.public
    }
    assert {name: status for name, status in answers.items() if status != 401} == {}


async def test_a_cookie_writes_nothing_without_the_fixed_header(
    app: FastAPI, world: World, accounts: dict[Role, int]
) -> None:
    wrong: list[str] = []
    for route in access.declared(app):
        if route.public or route.method == "GET":
            continue
        header = await world.session_of(accounts[Role.ADMINISTRATOR])
        cookie = {"cookie": f"{COOKIE}={header['Authorization'].removeprefix('Bearer ')}", **NOTHING_IN_THE_WAY}
        status, body = await status_of(app, route, cookie)
        if status != 403 or "X-Fleet-Request" not in (body or {}).get("detail", ""):
            wrong.append(f"{route.method} {route.path}: {status} {body}")
    assert wrong == []


async def test_a_token_that_only_reads_writes_nothing(app: FastAPI, world: World, accounts: dict[Role, int]) -> None:
    header = await world.token_of(accounts[Role.ADMINISTRATOR], read_only=True)
    answers = {
        f"{route.method} {route.path}": (await status_of(app, route, {**header, **NOTHING_IN_THE_WAY}))[0]
        for route in access.declared(app)
        if not route.public and route.method != "GET"
    }
    assert {name: status for name, status in answers.items() if status != 403} == {}


async def test_a_personal_token_changes_no_account(app: FastAPI, world: World, accounts: dict[Role, int]) -> None:
    header = await world.token_of(accounts[Role.ADMINISTRATOR])
    for route in access.declared(app):
        if route.method == "GET" or not re.match(r"/api/v1/(accounts|auth/(tokens|totp|password))", route.path):
            continue
        status, _ = await status_of(app, route, {**header, **NOTHING_IN_THE_WAY})
        assert status in (403, 422), f"{route.method} {route.path}: {status}"
