"""An emergency order drives first: what is said of its trip while nobody has decided, and when the time for it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from fleet.store import tables
from tests.fleet.judge.desk import NINE, NOW, TEN, Desk
from tests.fleet.misuse.builders import place, stop, trip

pytestmark = pytest.mark.store

HOME_BEFORE = stop(NINE - timedelta(hours=3), NINE)
DRIVE = trip(NINE, TEN)
AWAY = stop(TEN, None, place=place(north_m=5_000))
DEADLINE = NINE + timedelta(days=2)


async def emergency(desk: Desk) -> None:
    """The desk's order, departed at nine and undecided; it has to be approved within two days of that."""
    order_id = await desk.order(NINE, NOW, decided_at=NINE)
    async with desk.owner.begin() as connection:
        await connection.execute(
            insert(tables.order_outing).values(
                order_id=order_id,
                vehicle_id=1,
                departed_at=NINE,
                departure_recorded_at=NINE,
                departure_source="person",
            )
        )
    await change(desk, "emergency = true, decision = 'pending', decided_at = null, state = 'departed'")
    await change(desk, "approve_by = :at", at=DEADLINE)
    await desk.write(HOME_BEFORE, DRIVE, AWAY)


async def change(desk: Desk, what: str, **values: Any) -> None:
    async with desk.owner.begin() as connection:
        await connection.execute(text(f"update dispatch_order set {what}"), values)
        await desk.mark(connection, NINE, TEN, "order.approve")


async def kind(desk: Desk, now: datetime) -> str:
    desk.now = now
    await desk.work()
    (found,) = await desk.rows("select kind from verdict")
    return str(found["kind"])


async def test_when_its_deadline_passes_the_clock_alone_says_so(desk: Desk) -> None:
    await emergency(desk)
    assert await kind(desk, NOW) == "emergency_pending"
    assert await desk.rows("select 1 from finding where outcome = 'finding' and rule = 'unapproved_trip'") == []
    assert await kind(desk, DEADLINE - timedelta(seconds=1)) == "emergency_pending"
    assert await kind(desk, DEADLINE + timedelta(seconds=1)) == "unapproved"
    (verdict,) = await desk.rows("select reasons, why from verdict")
    assert [one["code"] for one in verdict["reasons"]] == ["no_order", "emergency_not_decided"]
    (finding,) = await desk.rows("select severity from finding where rule = 'unapproved_trip'")
    assert finding["severity"] == "red"
    assert len(await desk.rows("select 1 from misuse_case where state = 'open'")) == 1


async def test_an_approval_in_time_leaves_nothing_and_a_later_one_its_deviation(desk: Desk) -> None:
    await emergency(desk)
    assert await kind(desk, NOW) == "emergency_pending"
    await change(desk, "decision = 'approved', decided_at = :at", at=DEADLINE - timedelta(hours=1))
    assert await kind(desk, DEADLINE - timedelta(hours=1)) == "approved"
    await change(desk, "decision = 'approved', decided_at = :at", at=DEADLINE + timedelta(hours=1))
    assert await kind(desk, DEADLINE + timedelta(hours=1)) == "approved_with_deviation"
    (verdict,) = await desk.rows("select deviations from verdict")
    assert verdict["deviations"] == ["approved_after_departure"]
