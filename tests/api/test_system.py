"""The state of the service as people see it: what `/readyz` says, part by part."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, update

from api.system.schemas import SickUnits, SystemShown
from fleet.model.registry import Role
from fleet.store import tables
from tests.api.builders import World, connected

pytestmark = pytest.mark.store


@pytest.fixture
async def at_work(world: World) -> World:
    """A worker that has just written, a monitor two minutes behind, no judge; three units, one of them silent."""
    now = world.clock()
    await world.organ(1, kind="city", division=530300)
    await world.organ(2, parent_id=1)
    await world.organ(3, parent_id=1)
    for vehicle_id, organ, state, offset_ms in (
        (11, 2, "online", 400),
        (12, 2, "silent", -90_000),
        (13, 3, "silent", 0),
    ):
        await world.vehicle(vehicle_id, organ=organ)
        row = {"unit_id": vehicle_id, "vehicle_id": vehicle_id, "state": state, "since": now - timedelta(hours=1)}
        row |= {"moving": False, "clock_offset_ms": offset_ms, "clock_samples": 9, "written_at": now}
        await world.execute(insert(tables.unit_state).values(row))
    await world.execute(
        insert(tables.ingest_worker).values(
            worker=0, started_at=now, seen_at=now, connected=True, waiting_messages=7, broker_dropped=0
        )
    )
    for worker, n, ago_s in ((0, 5, 3), (1, 2, 60)):
        at = now - timedelta(seconds=ago_s)
        batch = {"worker": worker, "n": n, "received_at": at - timedelta(milliseconds=250), "committed_at": at}
        batch |= {"revision": n, "messages": 300, "received": 300, "stored": 290, "duplicate": 7, "quarantined": 3}
        await world.execute(insert(tables.batch).values(batch))
    counters = ("behind_batches", "vehicles", "late_spans", "recompute_waiting", "readings_folded", "readings_late")
    more = ("refolds", "refolds_refused", "readings_unbound")
    monitor = {**dict.fromkeys((*counters, *more), 0), "id": 1, "started_at": now, "seen_at": now, "behind_ms": 120_000}
    await world.execute(insert(tables.monitor_status).values(monitor))
    return world


async def ask(client: httpx.AsyncClient, **query: Any) -> SystemShown:
    answer = await client.get("/api/v1/system", params=query)
    assert answer.status_code == 200, answer.text
    return SystemShown.model_validate(answer.json())


async def test_each_part_says_what_the_probe_says_of_it(at_work: World, client: httpx.AsyncClient) -> None:
    shown = await ask(client, minutes=60)
    steps = {step.part.value: step for step in shown.flow}
    assert list(steps) == ["broker", "ingest", "store", "monitor", "judge", "stream", "log"]
    assert {name: step.state for name, step in steps.items()} == {
        **dict.fromkeys(("broker", "ingest", "store", "stream", "log"), "working"),
        "monitor": "late",
        "judge": "absent",
    }
    assert steps["monitor"].lag_s == 120
    assert steps["ingest"].lag_s == pytest.approx(0.25)
    assert (steps["ingest"].figures["per_s"], steps["ingest"].figures["waiting"]) == (2.0, 7)
    ready = (await client.get("/readyz")).json()
    assert ready["status"] == shown.status == "degraded"
    assert ready["reasons"] == [reason for step in shown.flow for reason in step.reasons]
    assert [(one.received, one.quarantined) for one in shown.minutes] in ([(300, 3), (300, 3)], [(600, 6)])
    assert (await ask(client)).minutes == []


async def test_what_stands_still_is_told_apart(at_work: World, client: httpx.AsyncClient) -> None:
    await at_work.execute(update(tables.ingest_worker).values(connected=False))
    shown = await ask(client)
    assert {step.part.value for step in shown.flow if step.state == "stopped"} == {"broker"}
    at_work.clock.advance(timedelta(minutes=3))
    shown = await ask(client)
    assert {step.part.value for step in shown.flow if step.state == "stopped"} == {"ingest", "monitor"}
    assert shown.status == "unavailable"


async def test_units_that_are_not_well_are_those_one_may_see(at_work: World, app: FastAPI) -> None:
    await at_work.account("ours", Role.SUPERVISOR, 2)
    async with connected(app) as admin, connected(app, "ours") as ours:
        units = (await ask(admin)).units
        assert (units.online, units.late, units.silent, units.never_seen, units.clock_off) == (1, 0, 2, 0, 1)
        shown = await ask(ours)
        assert (shown.units.silent, shown.quarantine) == (1, None)
        for client, condition, expected in (
            *((admin, "silent", ["U12", "U13"]), (ours, "silent", ["U12"])),
            *((admin, "clock_off", ["U12"]), (admin, "late", [])),
        ):
            answer = await client.get("/api/v1/system/units", params={"condition": condition})
            listed = SickUnits.model_validate(answer.json())
            assert [one.code for one in listed.items] == expected
            assert not listed.truncated


async def test_dead_deliveries_and_refused_messages_are_counted(at_work: World, client: httpx.AsyncClient) -> None:
    await at_work.refused(1)
    at_work.clock.advance(timedelta(minutes=2))
    shown = await ask(client)
    assert shown.quarantine == {"malformed_json": 1}
    assert shown.webhooks.model_dump() == {"active": 0, "stopped": 0, "waiting": 0, "dead": 0}
