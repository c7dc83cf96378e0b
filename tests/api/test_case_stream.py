"""Cases and findings on the stream: told once and in order, within scope and permission, resumed without a hole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from api.stream.schemas import CaseNotice, FindingNotice
from fleet.model.notices import NoticeKind
from fleet.model.registry import Role
from fleet.store import notices, tables
from tests.api.builders import World
from tests.api.case_rows import case
from tests.api.streams import Served, events, next_event, served

pytestmark = pytest.mark.store

CITY, OFFICE, OTHER = 1, 2, 3
TOLD: dict[str, Any] = {"path": "stream", "topics": "cases,findings"}


@pytest.fixture
async def town(world: World) -> World:
    """An open case in each of two offices; the second one's vehicle is confidential."""
    await world.organ(CITY, kind="city", division=530300)
    await world.organ(OFFICE, parent_id=CITY)
    await world.organ(OTHER, parent_id=CITY)
    await world.vehicle(1, organ=OFFICE)
    await world.vehicle(2, organ=OTHER, confidential=True)
    await case(world, 1, OFFICE)
    await case(world, 2, OTHER, vehicle_id=2)
    return world


@pytest.fixture
async def server(app: FastAPI, town: World) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


async def tell(town: World, case_id: int, kind: NoticeKind = NoticeKind.CASE_CHANGED) -> None:
    """As whoever changes a case does, in a transaction of its own."""
    async with town.engine.begin() as connection:
        found = select(tables.misuse_case).where(tables.misuse_case.c.id == case_id)
        row = (await connection.execute(found)).mappings().one()
        if kind.value.startswith("finding"):
            about = select(tables.finding).where(tables.finding.c.case_id == case_id)
            finding = (await connection.execute(about)).mappings().one()
            await notices.tell(connection, [notices.of_finding(kind, finding, row, town.clock())])
        else:
            await notices.tell(connection, [notices.of_case(kind, row, town.clock())])


async def header(town: World, name: str, role: Role, organ: int | None) -> dict[str, str]:
    return await town.session_of(await town.account(name, role, organ))


async def test_a_step_is_told_within_the_scope(town: World, server: Served) -> None:
    city = await header(town, "city", Role.SUPERVISOR, CITY)
    office = await header(town, "office", Role.ORGAN_MANAGER, OFFICE)
    other = await header(town, "other", Role.ORGAN_MANAGER, OTHER)
    async with (
        events(server.url, city, **TOLD) as everything,
        events(server.url, office, **TOLD) as ours,
        events(server.url, other, **TOLD) as theirs,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        step = await client.post("/api/v1/cases/1/comment", json={"why": "personal words"}, headers=city)
        assert step.status_code == 200, step.text
        first = await next_event(everything, 15)
        assert (first.kind, first.data["type"], first.id) == ("case", "case.commented", "-.1")
        CaseNotice.model_validate(first.data)
        assert "personal words" not in json.dumps(first.data)
        await tell(town, 1, NoticeKind.FINDING_FOUND)
        found = await next_event(everything, 15)
        FindingNotice.model_validate(found.data)
        assert (found.kind, found.data["finding_id"], found.id) == ("finding", 1, "-.2")
        assert [(await next_event(ours, 15)).data["revision"] for _ in range(2)] == [1, 2]
        await tell(town, 2)  # confidential: its organ's manager may not know of it
        assert (await next_event(everything, 15)).data["case_id"] == 2
        await town.execute_sql("update vehicle set confidential = false where id = 2")
        await asyncio.sleep(1.5)
        await town.execute_sql("update vehicle set organ_id = 2 where id = 2")  # a case stays with its organ
        for case_id in (2, 1):
            await tell(town, case_id)
        assert (await next_event(theirs, 15)).data["revision"] == 4
        assert (await next_event(ours, 15)).data["revision"] == 5


async def test_who_may_not_read_cases(town: World, server: Served) -> None:
    viewer = await header(town, "viewer", Role.VIEWER, CITY)
    async with httpx.AsyncClient(base_url=server.url) as client:
        for path, status in (
            ("stream?topics=positions,cases", 403),
            ("alerts/stream", 403),
            ("stream?topics=weather", 422),
        ):
            assert (await client.get(f"/api/v1/{path}", headers=viewer)).status_code == status
    async with events(server.url, viewer, path="stream") as stream:
        assert (await next_event(stream, 15)).kind == "positions"
        await tell(town, 1)
        await town.states({"unit_id": 1})
        assert (await next_event(stream, 15)).kind == "positions", "all that the role may read, and nothing else"


async def test_resuming_misses_and_repeats_nothing(
    town: World, server: Served, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = await header(town, "city", Role.SUPERVISOR, CITY)
    for _ in range(7):
        await tell(town, 1)
    monkeypatch.setattr("api.live.streaming.PAGE", 2)
    async with events(server.url, city, last="-.3", path="alerts/stream") as stream:
        assert [(await next_event(stream, 15)).id for _ in range(4)] == [f"-.{n}" for n in (4, 5, 6, 7)]
    feed = app.state.services.live.feed
    feed._entries.clear()  # as after a restart of the service: what it knows not it reads from the database
    assert feed.since(3) is None
    async with events(server.url, city, last="0.3", **TOLD) as stream:
        assert [(await next_event(stream, 15)).data["revision"] for _ in range(4)] == [4, 5, 6, 7]
        await tell(town, 1)
        assert (await next_event(stream, 15)).data["revision"] == 8


@pytest.mark.parametrize("last", ["-.99", "3", "x.y", "-.-1"])
async def test_an_id_that_was_never_given_out_resets(town: World, server: Served, last: str) -> None:
    city = await header(town, "city", Role.SUPERVISOR, CITY)
    await tell(town, 1)
    async with events(server.url, city, last=last, path="alerts/stream") as stream:
        assert (await next_event(stream, 15)).kind == "reset"
        await tell(town, 1)
        assert (await next_event(stream, 15)).data["revision"] == 2


async def test_forgotten_notices_reset_their_reader(town: World, server: Served, app: FastAPI) -> None:
    city = await header(town, "city", Role.SUPERVISOR, CITY)
    for _ in range(3):
        await tell(town, 1)
    async with town.engine.begin() as connection:
        assert await notices.forget(connection, town.clock() + timedelta(seconds=1), limit=2) == 2
    await app.state.services.live.catch_up()
    app.state.services.live.feed._entries.clear()
    async with events(server.url, city, last="-.1", path="alerts/stream") as stream:
        assert (await next_event(stream, 15)).kind == "reset"
    async with events(server.url, city, last="-.2", path="alerts/stream") as stream:
        assert (await next_event(stream, 15)).data["revision"] == 3


async def test_no_reader_skips_what_commits_late(town: World, server: Served) -> None:
    """A transaction that told first and commits last keeps the others waiting: numbers become visible in order."""
    city = await header(town, "city", Role.SUPERVISOR, CITY)
    async with events(server.url, city, **TOLD) as stream:
        async with town.engine.begin() as slow:
            row = (await slow.execute(select(tables.misuse_case).where(tables.misuse_case.c.id == 1))).mappings().one()
            await notices.tell(slow, [notices.of_case(NoticeKind.CASE_CHANGED, row, town.clock())])
            quick = asyncio.create_task(tell(town, 2))
            await asyncio.sleep(1.5)
            assert not quick.done()
            async with town.engine.begin() as other:
                assert (await other.execute(text("select count(*) from notice"))).scalar_one() == 0
        await quick
        assert [(await next_event(stream, 15)).data["revision"] for _ in range(2)] == [1, 2]


async def test_the_account_that_loses_its_role_loses_its_stream(
    town: World, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.streaming.RECHECK_S", 0.2)
    monkeypatch.setattr("api.auth.sessions.REMEMBER", timedelta(0))
    manager = await header(town, "manager", Role.ORGAN_MANAGER, OFFICE)
    async with events(server.url, manager, **TOLD) as stream:
        await tell(town, 1)
        assert (await next_event(stream, 15)).data["revision"] == 1
        await town.execute_sql("update account set role = 'approver' where username = 'manager'")
        await asyncio.sleep(0.3)
        await tell(town, 1)
        async with asyncio.timeout(15):
            assert [event.data["revision"] async for event in stream] == []
