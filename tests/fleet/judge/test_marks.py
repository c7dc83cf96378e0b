"""What has to be judged, and when: marks are taken once, merged, held, cut in pieces, and fall due by the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import Range

from fleet.store import tables
from fleet.store.checkpoints import LATE_SETTLES
from fleet.store.dossiers import FILLS_WITHIN
from tests.fleet.judge.desk import NINE, NOW, TEN, Desk
from tests.fleet.misuse.builders import gap, place, stop, trip

pytestmark = pytest.mark.store

HOME_BEFORE = stop(NINE - timedelta(hours=3), NINE)
DRIVE = trip(NINE, TEN)
AWAY = stop(TEN, None, place=place(north_m=5_000))


async def test_the_clock_alone_finds_a_silent_unit(desk: Desk) -> None:
    desk.now = NINE + timedelta(minutes=5)
    await desk.write(HOME_BEFORE, gap(NINE, None))
    await desk.work()
    assert await desk.rows("select * from finding") == []
    while not await desk.rows("select * from finding") and desk.now < NINE + timedelta(hours=3):
        desk.now = (await desk.rows("select min(due) as first from recompute"))[0]["first"]
        await desk.work()
    (finding,) = await desk.rows("select * from finding")
    assert finding["rule"] == "unit_silent"
    assert desk.now == NINE + timedelta(hours=2)


async def test_a_round_that_fails_leaves_its_marks(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    async with desk.owner.begin() as connection:
        await connection.execute(text("alter table finding add constraint refused check (false)"))
    with pytest.raises(Exception, match="refused"):
        await desk.work()
    (mark,) = await desk.rows("select period from recompute where stage = 'trips'")
    assert mark["period"].lower == NINE - timedelta(hours=3)
    assert await desk.rows("select * from verdict") == []


async def test_a_vehicle_that_is_gone_is_not_looked_at_for_ever(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, gap(NINE, None))
    await desk.work()
    async with desk.owner.begin() as connection:
        await connection.execute(text("delete from vehicle where id = 1"))
    desk.now = NOW + timedelta(days=1)
    await desk.work()
    assert await desk.rows("select * from recompute") == []


async def test_late_readings_are_judged_when_no_more_come(desk: Desk) -> None:
    """While a past is loaded day by day, the days that lack look like silence: nobody is told of it."""
    await desk.write(HOME_BEFORE, gap(NINE, TEN, odometer_m=90_000), reason="late")
    await desk.work()
    assert await desk.rows("select * from finding") == []
    for _ in range(2):
        desk.now += timedelta(minutes=6)
        await desk.work()
    assert [one["rule"] for one in await desk.rows("select rule from finding")] == ["odometer_gap"]


async def test_a_silence_is_held_while_late_readings_come(desk: Desk) -> None:
    """A past that is loaded beside the present: live marks touch the silence before it too, and it is not said yet."""
    await desk.write(HOME_BEFORE, gap(NINE, TEN, odometer_m=90_000), stop(TEN, None))
    async with desk.owner.begin() as connection:
        await connection.execute(
            insert(tables.late_span).values(vehicle_id=1, from_at=NINE, to_at=TEN, readings=7, since=desk.now)
        )
    for _ in range(3):
        await desk.work()
        assert await desk.rows("select * from finding") == []
        (held,) = await desk.rows("select due from recompute where reason = 'silence'")
        assert held["due"] > desk.now
        desk.now = held["due"]
    async with desk.owner.begin() as connection:
        await connection.execute(text("delete from late_span"))
    await desk.work()
    assert [one["rule"] for one in await desk.rows("select rule from finding")] == ["odometer_gap"]


async def test_a_silence_that_nothing_touches_is_not_held_for_ever(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, gap(NINE, TEN, odometer_m=90_000), stop(TEN, None))
    async with desk.owner.begin() as connection:
        await connection.execute(
            insert(tables.late_span).values(vehicle_id=1, from_at=NINE, to_at=TEN, readings=7, since=desk.now)
        )
    end = desk.now + FILLS_WITHIN + timedelta(minutes=10)
    while not await desk.rows("select * from finding") and desk.now < end:
        await desk.work()
        desk.now += timedelta(minutes=5)
    assert [one["rule"] for one in await desk.rows("select rule from finding")] == ["odometer_gap"]


async def test_a_finding_stands_while_its_silence_is_held(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, gap(NINE, TEN, odometer_m=90_000), stop(TEN, None))
    await desk.work()
    assert [one["withdrawn_at"] for one in await desk.rows("select * from finding")] == [None]
    async with desk.owner.begin() as connection:
        await connection.execute(
            insert(tables.late_span).values(vehicle_id=1, from_at=NINE, to_at=TEN, readings=7, since=desk.now)
        )
        await desk.mark(connection, NINE, TEN, "again")
    await desk.work()
    (finding,) = await desk.rows("select * from finding")
    assert (finding["withdrawn_at"], finding["version"]) == (None, 1)


async def test_every_item_keeps_its_own_review(desk: Desk) -> None:
    """What was judged last does not make the clock forget what was judged before."""
    desk.now = NINE + timedelta(minutes=5)
    silence = gap(NINE, None)
    await desk.write(HOME_BEFORE, silence)
    await desk.work()
    before = await desk.rows("select period, due from recompute where reason = 'clock'")
    assert [row["period"].lower for row in before] == [NINE]
    async with desk.owner.begin() as connection:
        await desk.mark(connection, NINE - timedelta(hours=3), NINE - timedelta(hours=2), "order.approve")
        await connection.execute(
            insert(tables.recompute).values(
                vehicle_id=1, period=Range(TEN, TEN, bounds="[]"), reason="clock", stage="trips", due=NOW
            )
        )
    await desk.work()
    after = await desk.rows("select period, due from recompute where reason = 'clock' order by due")
    assert before[0] in after


async def test_marks_without_an_end_are_judged_piece_by_piece(desk: Desk) -> None:
    """A policy that holds from the beginning touches years: they are judged, and what happens now does not wait."""
    drives = [trip(NINE - timedelta(days=days), TEN - timedelta(days=days)) for days in (100, 60, 20, 0)]
    await desk.write(*drives)
    await desk.work()
    async with desk.owner.begin() as connection:
        await connection.execute(text("delete from verdict"))
        await connection.execute(
            insert(tables.recompute).values(vehicle_id=1, period=Range(None, None), reason="policy", stage="trips")
        )
    async with desk.engine.connect() as connection:
        rounds = [await desk.judge.round(connection) for _ in range(5)]
    assert rounds == [1, 1, 1, 1, 0]
    assert len(await desk.rows("select * from verdict")) == 4


async def test_who_is_told_of_most_often_does_not_wait_longest(desk: Desk) -> None:
    """While the judge is behind, a vehicle that drives on keeps its place, and since when it waits."""
    desk.now = TEN
    await desk.write(trip(NINE, TEN))
    waiting = "select id, at from recompute where reason = 'live'"
    before = await desk.rows(waiting)
    desk.now = TEN + timedelta(minutes=5)
    await desk.write(trip(NINE, desk.now))
    assert await desk.rows(waiting) == before


async def test_marks_do_not_pile_up_while_nobody_judges(desk: Desk) -> None:
    for minutes in range(0, 60, 5):
        desk.now = TEN + timedelta(minutes=minutes)
        await desk.write(trip(NINE, desk.now))
        await desk.write(trip(NINE, desk.now), reason="late")
    rows = await desk.rows("select reason, period, due from recompute order by reason")
    assert [(row["reason"], row["due"]) for row in rows] == [("late", TEN + LATE_SETTLES), ("live", None)]
    assert all(row["period"].lower == NINE and row["period"].upper > desk.now for row in rows)
