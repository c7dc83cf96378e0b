"""Deadlines of cases fire by the clock, once, through restarts; calendars are judged by as they are."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, text

from fleet.judge.process import Judge
from fleet.model.moments import day_begins_us, from_us
from fleet.store import tables
from fleet.store.deadlines import escalate
from tests.fleet.judge.desk import NINE, NOW, Desk
from tests.fleet.judge.test_process import AWAY, DRIVE, HOME_BEFORE

pytestmark = pytest.mark.store
THREE_DAYS = timedelta(days=3)


async def people(desk: Desk, *rows: tuple[str, str, int | None]) -> None:
    """The organ 1 below 2 below 3; accounts as name, role, organ."""
    async with desk.owner.begin() as connection:
        for organ_id, kind in ((3, "city"), (2, "county")):
            await connection.execute(
                insert(tables.organ).values(
                    id=organ_id,
                    code=f"O{organ_id}",
                    name=f"单位{organ_id}",
                    kind=kind,
                    division=530302,
                    parent_id=3 if organ_id == 2 else None,
                )
            )
        await connection.execute(text("update organ set parent_id = 2 where id = 1"))
        for n, (name, role, of_organ) in enumerate(rows):
            await connection.execute(
                insert(tables.account).values(
                    id=100 + n, username=name, password_hash="x", role=role, organ_id=of_organ
                )
            )


async def late(desk: Desk) -> int:
    async with desk.engine.connect() as connection, connection.begin():
        return await escalate(connection, desk.now)


async def test_a_case_that_nobody_takes_up_is_said_to_those_above_once(desk: Desk) -> None:
    await people(desk, ("inside", "supervisor", 1), ("county", "supervisor", 2), ("city", "supervisor", 3))
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    (case,) = await desk.rows("select due_at, escalated_at from misuse_case")
    assert (case["due_at"], case["escalated_at"]) == (NOW + THREE_DAYS, None)
    desk.now = NOW + THREE_DAYS - timedelta(seconds=1)
    assert await late(desk) == 0
    desk.now = NOW + THREE_DAYS
    judge = Judge(desk.engine, lambda: desk.now)
    running = asyncio.create_task(judge.run())
    for _ in range(600):
        if await desk.rows("select * from case_step where command = 'overdue'"):
            break
        await asyncio.sleep(0.1)
    judge.stop()
    await running
    (status,) = await desk.rows("select * from judge_status")
    assert (status["seen_at"], status["vehicles"] > 0) == (desk.now, True)
    assert await late(desk) == 0, "a judge that is started again says nothing twice"
    (step,) = await desk.rows("select * from case_step where command = 'overdue'")
    assert (step["account_id"], step["state_after"]) == (None, "open")
    assert step["data"]["to"] == ["county"]
    told = await desk.rows("select kind, data from notice where finding_id is null order by revision")
    (overdue,) = (one for one in told if one["kind"] == "case.overdue")
    assert overdue["data"]["escalated_at"] is not None


@pytest.mark.parametrize(("assignee", "to"), [("county", ["city"]), ("city", ["mayor"]), ("mayor", ["mayor"])])
async def test_an_assigned_case_is_late_with_its_supervisor(desk: Desk, assignee: str, to: list[str]) -> None:
    await people(desk, ("county", "supervisor", 2), ("city", "supervisor", 3), ("mayor", "supervisor", None))
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    async with desk.owner.begin() as connection:
        await connection.execute(
            text(
                "update misuse_case set state = 'assigned', due_at = now(),"
                " assignee_id = (select id from account where username = :name)"
            ),
            {"name": assignee},
        )
    desk.now = (await desk.rows("select now() as now"))[0]["now"]
    assert await late(desk) == 1
    (step,) = await desk.rows("select data from case_step where command = 'overdue'")
    assert step["data"]["to"] == to


async def test_what_is_said_of_findings_comes_in_one_order(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    await desk.order(NINE, NOW, decided_at=NINE - timedelta(hours=1))
    await desk.work()
    told = await desk.rows("select revision, kind, data from notice order by revision")
    assert [one["revision"] for one in told] == [1, 2, 3, 4]
    assert [one["kind"] for one in told] == ["case.opened", "finding.found", "case.withdrawn", "finding.withdrawn"]
    assert told[0]["data"]["findings"] == 1
    assert told[1]["data"]["rule"] == "unapproved_trip"
    assert told[3]["data"]["withdrawn_at"] is not None


async def test_a_calendar_entry_is_judged_by_at_once(desk: Desk) -> None:
    """The mark of a change is judged by the calendar after the change, however soon it is taken."""
    day = date(2026, 11, 23)
    day_span = (from_us(day_begins_us(day)), from_us(day_begins_us(day + timedelta(days=1))))
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    assert [one["rule"] for one in await desk.rows("select rule from finding")] == ["unapproved_trip"]
    async with desk.owner.begin() as connection:
        await connection.execute(insert(tables.calendar_entry).values(organ_id=1, day=day, worked=False, name="节"))
        await desk.mark(connection, *day_span, "calendar")
    await desk.work()
    (found,) = await desk.rows("select * from finding where rule = 'holiday_use'")
    assert (found["why"], found["calendar"]) == ("calendar", "calendar entry 1")
    async with desk.owner.begin() as connection:
        await connection.execute(text("delete from calendar_entry"))
        await desk.mark(connection, *day_span, "calendar")
    await desk.work()
    (found,) = await desk.rows("select * from finding where rule = 'holiday_use'")
    assert (found["withdrawn_at"], found["why"]) == (NOW, "calendar")
