"""Judging on a real database: marks are taken, results written once, kept in versions, withdrawn with a reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncEngine

from fleet.judge.process import Judge
from fleet.model.trips import Gap, Segment, Stop, Trip, segment_id
from fleet.monitor.rows import row_of
from fleet.settings import assume_role
from fleet.store import tables
from fleet.store.pool import connect, create_engine
from fleet.store.trips import Changes, write_segments
from tests.fleet.misuse.builders import HOME_LAT_E7, HOME_LON_E7, gap, local, place, stop, trip

pytestmark = pytest.mark.store
NINE, TEN, NOW = (local(f"2026-11-23T{clock}:00") for clock in ("09", "10", "12"))


class Desk:
    """One organ, one vehicle, one order; segments as the monitor writes them; the judge as fleet_monitor."""

    def __init__(self, url: str) -> None:
        self.owner: AsyncEngine = create_engine(url)
        self.engine: AsyncEngine = create_engine(assume_role(url, "fleet_monitor"))
        self.url = url
        self.now = NOW
        self.judge = Judge(self.engine, lambda: self.now)

    async def prepare(self) -> None:
        async with self.owner.begin() as connection:
            await connection.execute(
                insert(tables.organ).values(id=1, code="O1", name="单位1", kind="government", division=530302)
            )
            for account_id, role in ((1, "organ_dispatcher"), (2, "approver"), (3, "city_dispatcher")):
                await connection.execute(
                    insert(tables.account).values(
                        id=account_id, username=f"a{account_id}", password_hash="x", role=role, organ_id=1
                    )
                )
            for vehicle_id in (1, 2):
                await connection.execute(
                    insert(tables.vehicle).values(
                        id=vehicle_id,
                        plate=f"云D0000{vehicle_id}",
                        organ_id=1,
                        division=530302,
                        use="other",
                        management="retained",
                        energy="petrol",
                        status="in_service",
                        body="saloon",
                        seats=5,
                        parking_lat_e7=HOME_LAT_E7,
                        parking_lon_e7=HOME_LON_E7,
                    )
                )

    async def write(self, *segments: Segment, reason: str = "live") -> None:
        """As the monitor does: rows and the mark in one transaction."""
        changes = Changes()
        for one in segments:
            known_to = one.ended_us or one.started_us
            row = row_of(one, known_to_us=known_to, written_at=self.now, named=lambda *_: None)
            changes.put({Trip: "trip", Stop: "stop", Gap: "gap"}[type(one)], row)
        connection: asyncpg.Connection = await connect(self.url)
        try:
            async with connection.transaction():
                await write_segments(connection, changes, now=self.now, reason=reason)
                for one in segments:
                    await connection.execute(
                        "insert into recompute (vehicle_id, period, reason, stage) values ($1, $2, $3, 'trips')",
                        one.vehicle_id,
                        asyncpg.Range(
                            datetime.fromtimestamp(one.started_us / 1e6, UTC),
                            datetime.fromtimestamp((one.ended_us or one.started_us) / 1e6 + 1, UTC),
                        ),
                        reason,
                    )
        finally:
            await connection.close()

    async def order(self, begin: datetime, end: datetime, *, decided_at: datetime, vehicle_id: int = 1) -> int:
        origin = {"name": "办公楼", "lat_e7": HOME_LAT_E7, "lon_e7": HOME_LON_E7, "area_id": None}
        there = place(north_m=5_000)
        goal = {"name": "目的地", "lat_e7": there.lat_e7, "lon_e7": there.lon_e7, "area_id": None}
        period = Range(begin, end, bounds="[)")
        async with self.owner.begin() as connection:
            order_id: int = (
                await connection.execute(
                    insert(tables.dispatch_order)
                    .values(
                        organ_id=1,
                        number=f"O1-2026-{vehicle_id:04}",
                        number_year=2026,
                        number_n=vehicle_id,
                        applicant_id=1,
                        submitter_id=1,
                        created_at=begin - timedelta(hours=3),
                        submitted_at=begin - timedelta(hours=3),
                        state="assigned",
                        purpose="meeting",
                        facts={},
                        emergency=False,
                        bodies=[],
                        equipment=[],
                        period=period,
                        effective_period=period,
                        area="county",
                        division=530302,
                        origin=origin,
                        destinations=[goal],
                        passengers=1,
                        round=1,
                        levels=1,
                        decision="approved",
                        decided_at=decided_at,
                    )
                    .returning(tables.dispatch_order.c.id)
                )
            ).scalar_one()
            await connection.execute(
                insert(tables.order_assignment).values(
                    order_id=order_id, vehicle_id=vehicle_id, at=begin - timedelta(hours=1), by_id=3
                )
            )
            await self.mark(connection, begin, end, "order.approve")
        return order_id

    async def mark(self, connection: Any, begin: datetime, end: datetime, reason: str) -> None:
        await connection.execute(
            insert(tables.recompute).values(
                vehicle_id=1, period=Range(begin, end, bounds="[)"), reason=reason, stage="trips"
            )
        )

    async def work(self) -> None:
        """Rounds until nothing is left."""
        async with self.engine.connect() as connection:
            while (await self.judge.round(connection)).vehicles:
                pass

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        async with self.owner.begin() as connection:
            return [dict(row) for row in (await connection.execute(text(sql))).mappings()]

    async def close(self) -> None:
        await self.engine.dispose()
        await self.owner.dispose()


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    made = Desk(database_url)
    await made.prepare()
    yield made
    await made.close()


HOME_BEFORE = stop(NINE - timedelta(hours=3), NINE)
DRIVE = trip(NINE, TEN)
AWAY = stop(TEN, None, place=place(north_m=5_000))


async def test_a_trip_without_an_order_becomes_a_verdict_a_finding_and_a_case(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    (verdict,) = await desk.rows("select * from verdict")
    assert (verdict["kind"], verdict["trip_id"]) == ("unapproved", segment_id(1, DRIVE.started_us))
    (finding,) = await desk.rows("select * from finding")
    assert (finding["rule"], finding["severity"], finding["outcome"]) == ("unapproved_trip", "red", "finding")
    (case,) = await desk.rows("select * from misuse_case")
    assert (case["id"], case["state"], case["findings"], case["number"]) == (
        finding["case_id"],
        "open",
        1,
        "XS-2026-000001",
    )
    assert await desk.rows("select * from recompute where stage = 'trips'") == []


async def test_judging_again_changes_nothing(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    tables_ = ("verdict", "finding", "misuse_case", "case_step", "verdict_version", "finding_version")
    before = {name: await desk.rows(f"select * from {name} order by 1") for name in tables_}
    async with desk.owner.begin() as connection:
        await desk.mark(connection, NINE, TEN, "again")
    await desk.work()
    assert {name: await desk.rows(f"select * from {name} order by 1") for name in tables_} == before


async def test_a_late_approval_leaves_its_deviation_and_the_case(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    await desk.order(NINE, NOW, decided_at=TEN)
    await desk.work()
    (verdict,) = await desk.rows("select * from verdict")
    assert verdict["kind"] == "approved_with_deviation"
    assert "approved_after_departure" in verdict["deviations"]
    (old,) = await desk.rows("select * from verdict_version")
    assert (old["kind"], old["superseded_why"]) == ("unapproved", "order.approve")
    (finding,) = await desk.rows("select * from finding")
    assert (finding["severity"], finding["withdrawn_at"]) == ("yellow", None)
    (case,) = await desk.rows("select * from misuse_case")
    assert (case["severity"], case["state"]) == ("yellow", "open")


async def test_an_order_found_in_time_withdraws_the_finding_with_its_reason(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    await desk.order(NINE, NOW, decided_at=NINE - timedelta(hours=1))
    await desk.work()
    assert [row["kind"] for row in await desk.rows("select kind from verdict")] == ["approved"]
    (finding,) = await desk.rows("select * from finding")
    assert finding["withdrawn_at"] == NOW
    assert finding["why"] == "order.approve"
    (case,) = await desk.rows("select * from misuse_case")
    assert (case["state"], case["withdrawn"]) == ("withdrawn", 1)
    steps = await desk.rows("select command, state_after from case_step order by n")
    assert [(one["command"], one["state_after"]) for one in steps] == [("opened", "open"), ("withdrawn", "withdrawn")]


async def test_late_readings_that_join_two_trips_leave_no_orphans(desk: Desk) -> None:
    second = trip(TEN + timedelta(minutes=20), TEN + timedelta(minutes=40))
    await desk.write(HOME_BEFORE, DRIVE, second)
    await desk.work()
    assert len(await desk.rows("select * from verdict")) == 2
    async with desk.owner.begin() as connection:
        await connection.execute(text("delete from trip"))
    await desk.write(trip(NINE, TEN + timedelta(minutes=40)), reason="late readings")
    await desk.work()
    (verdict,) = await desk.rows("select * from verdict")
    assert verdict["trip_id"] == segment_id(1, DRIVE.started_us)
    gone = await desk.rows("select * from verdict_version where trip_id <> (select trip_id from verdict)")
    assert [one["superseded_why"] for one in gone] == ["late readings"]
    withdrawn = await desk.rows("select subject_id from finding where withdrawn_at is not null")
    assert [one["subject_id"] for one in withdrawn] == [segment_id(1, second.started_us)]
    assert len(await desk.rows("select * from misuse_case")) == 1


async def test_the_clock_alone_finds_a_silent_unit(desk: Desk) -> None:
    desk.now = NINE + timedelta(minutes=5)
    await desk.write(HOME_BEFORE, gap(NINE, None))
    await desk.work()
    assert await desk.rows("select * from finding") == []
    (judged,) = await desk.rows("select review_at from judged_vehicle where vehicle_id = 1")
    desk.now = judged["review_at"]
    while not await desk.rows("select * from finding") and desk.now < NINE + timedelta(hours=3):
        desk.now = (await desk.rows("select review_at from judged_vehicle where vehicle_id = 1"))[0]["review_at"]
        await desk.work()
    (finding,) = await desk.rows("select * from finding")
    assert finding["rule"] == "unit_silent"
    assert desk.now == NINE + timedelta(hours=2)


async def test_another_vehicle_of_the_organ_drove_the_order(desk: Desk) -> None:
    """The order's own vehicle stood still; this one went to the order's destination in its window."""
    await desk.order(NINE, NOW, decided_at=NINE - timedelta(hours=1), vehicle_id=2)
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    (verdict,) = await desk.rows("select * from verdict")
    assert (verdict["kind"], verdict["deviations"]) == ("approved_with_deviation", ["vehicle"])


async def test_a_round_that_fails_leaves_its_marks(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    async with desk.owner.begin() as connection:
        await connection.execute(text("alter table finding add constraint refused check (false)"))
    with pytest.raises(Exception, match="refused"):
        await desk.work()
    assert len(await desk.rows("select * from recompute where stage = 'trips'")) == 3
    assert await desk.rows("select * from verdict") == []


async def test_a_vehicle_that_is_gone_is_not_looked_at_for_ever(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, gap(NINE, None))
    await desk.work()
    async with desk.owner.begin() as connection:
        await connection.execute(text("delete from vehicle where id = 1"))
        await connection.execute(text("update judged_vehicle set review_at = now() - interval '1 day'"))
    await desk.work()
    assert await desk.rows("select * from judged_vehicle where review_at is not null") == []


async def test_late_readings_are_judged_when_no_more_come(desk: Desk) -> None:
    """While a past is loaded day by day, the days that lack look like silence: nobody is told of it."""
    now = (await desk.rows("select clock_timestamp() as now"))[0]["now"]
    desk.now = now
    await desk.write(HOME_BEFORE, gap(NINE, TEN, odometer_m=90_000), reason="late")
    await desk.work()
    assert await desk.rows("select * from finding") == []
    desk.now = now + timedelta(minutes=6)
    await desk.work()
    assert [one["rule"] for one in await desk.rows("select rule from finding")] == ["odometer_gap"]
