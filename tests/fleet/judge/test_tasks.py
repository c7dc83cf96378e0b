"""A trip made for a task force is explained by it: open, approved in time, too late, or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import Range

from fleet.store import tables
from tests.fleet.judge.desk import NINE, NOW, TEN, Desk
from tests.fleet.misuse.builders import place, stop, trip

pytestmark = pytest.mark.store

HOME_BEFORE = stop(NINE - timedelta(hours=3), NINE)
DRIVE = trip(NINE, TEN)
AWAY = stop(TEN, None, place=place(north_m=5_000))
CALLED = NINE - timedelta(minutes=10)


async def task(desk: Desk, *, approve_by: datetime, **call: Any) -> None:
    """The desk's vehicle is called for it before it drives."""
    async with desk.owner.begin() as connection:
        await connection.execute(
            insert(tables.task).values(
                id=7,
                organ_id=1,
                number="O1-2026-T001",
                number_year=2026,
                number_n=1,
                commander_id=3,
                created_at=CALLED,
                title="抢险",
                why="指令",
                place={"name": "某乡", "lat_e7": 254000000, "lon_e7": 1038000000, "area_id": None},
                radius_m=1_000,
                period=Range(CALLED, NOW + timedelta(days=2), bounds="[)"),
                area="city",
                approve_by=approve_by,
                decision="pending",
            )
        )
        need = {"task_id": 7, "n": 1, "bodies": [], "equipment": [], "seats": 0, "count": 1}
        await connection.execute(insert(tables.task_need).values(need))
        row = {"task_id": 7, "need": 1, "vehicle_id": 1, "called_at": CALLED, "answer_by": NINE, **call}
        await connection.execute(insert(tables.task_call).values(row))


async def decided(desk: Desk, decision: str) -> None:
    async with desk.owner.begin() as connection:
        await connection.execute(
            text("update task set decision = :decision, decided_at = :at, decider_id = 2"),
            {"decision": decision, "at": desk.now},
        )
        await desk.mark(connection, NINE, TEN, f"task.{decision}")


async def verdict(desk: Desk) -> dict[str, Any]:
    await desk.work()
    (found,) = await desk.rows("select * from verdict")
    return found


async def test_an_open_task_is_pending_until_its_deadline_and_then_nothing(desk: Desk) -> None:
    await task(desk, approve_by=NOW + timedelta(hours=6))
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    found = await verdict(desk)
    assert found["kind"] == "emergency_pending"
    assert found["grants"] == [{"kind": "task_open", "id": 7, "number": "O1-2026-T001", "version": 0}]
    assert await desk.rows("select 1 from misuse_case") == []
    desk.now = NOW + timedelta(hours=6, seconds=1)
    found = await verdict(desk)
    assert found["kind"] == "unapproved", "the clock alone brings it to light"
    assert [one["code"] for one in found["reasons"]] == ["no_order", "task_not_decided"]
    (finding,) = await desk.rows("select rule, order_ids from finding where rule = 'unapproved_trip'")
    assert finding["order_ids"] == [], "a task is no order"


async def test_an_approval_in_time_is_as_good_as_one_before(desk: Desk) -> None:
    await task(desk, approve_by=NOW + timedelta(hours=6))
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await verdict(desk)
    desk.now = NOW + timedelta(hours=5)
    await decided(desk, "approved")
    found = await verdict(desk)
    assert (found["kind"], found["deviations"]) == ("approved", [])
    assert found["grants"][0]["kind"] == "task"


async def test_an_approval_too_late_stays_visible(desk: Desk) -> None:
    await task(desk, approve_by=NOW + timedelta(hours=6))
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    desk.now = NOW + timedelta(hours=7)
    await decided(desk, "approved")
    found = await verdict(desk)
    assert (found["kind"], found["deviations"]) == ("approved_with_deviation", ["approved_after_departure"])


async def test_a_rejected_task_and_a_refused_call_explain_nothing(desk: Desk) -> None:
    await task(
        desk,
        approve_by=NOW + timedelta(hours=6),
        answer="refused",
        answered_at=CALLED + timedelta(seconds=1),
        answered_by=3,
    )
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    assert (await verdict(desk))["kind"] != "emergency_pending"
    async with desk.owner.begin() as connection:
        await connection.execute(text("update task_call set answer = null, answered_at = null, answered_by = null"))
        await desk.mark(connection, NINE, TEN, "task.answer")
    assert (await verdict(desk))["kind"] == "emergency_pending"
    await decided(desk, "rejected")
    assert (await verdict(desk))["kind"] == "unapproved"
