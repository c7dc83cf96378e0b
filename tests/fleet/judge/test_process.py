"""Judging on a real database: results are written once, kept in versions, withdrawn with a reason."""

from __future__ import annotations

import os
import signal
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import Range

from fleet.local.processes import spawn
from fleet.model.trips import segment_id
from fleet.store import tables
from tests import services
from tests.fleet.judge.desk import NINE, NOW, TEN, Desk
from tests.fleet.misuse.builders import gap, place, stop, trip
from tests.fleet.monitor.stage import until

pytestmark = pytest.mark.store

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
    waiting = await desk.rows("select reason, due from recompute where stage = 'trips'")
    assert {row["reason"] for row in waiting} <= {"clock"}
    assert all(row["due"] > desk.now for row in waiting)


async def test_judging_again_changes_nothing(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    tables_ = ("verdict", "finding", "misuse_case", "case_step", "verdict_version", "finding_version")
    before = {name: await desk.rows(f"select * from {name} order by 1") for name in tables_}
    async with desk.owner.begin() as connection:
        await desk.mark(connection, NINE, TEN, "again")
    await desk.work()
    assert {name: await desk.rows(f"select * from {name} order by 1") for name in tables_} == before


async def test_killed_in_the_middle_it_loses_and_repeats_nothing(desk: Desk, tmp_path: Path) -> None:
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    before = await desk.rows("select period, reason from recompute")
    environment = {**os.environ, "FLEET_DATABASE_URL": desk.url}
    async with desk.owner.begin() as connection:
        # So it has taken the marks and written verdict and finding, and waits to open the case.
        await connection.execute(text("lock table misuse_case in exclusive mode"))
        process = spawn(
            [sys.executable, "-m", "fleet.judge"],
            directory=services.ROOT,
            log=tmp_path / "judge.log",
            death=signal.SIGKILL,
            environment=environment,
        )

        async def waits() -> bool:
            waiting = (
                "select 1 from pg_locks where not granted and relation = 'misuse_case'::regclass and database ="
                " (select oid from pg_database where datname = current_database())"
            )
            return bool(await desk.rows(waiting))

        try:
            await until(waits, "the judge to open the case")
        finally:
            process.kill()
            process.wait()
    assert await desk.rows("select * from verdict") == []
    assert await desk.rows("select period, reason from recompute") == before
    await desk.work()
    (finding,) = await desk.rows("select version, case_id from finding")
    assert (finding["version"], len(await desk.rows("select * from case_step"))) == (1, 1)
    assert await desk.rows("select * from finding_version") == []


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


async def test_an_outing_after_one_that_is_over_by_now_is_another_case(desk: Desk) -> None:
    """The judge was away meanwhile: when it looked last the first one went on, and its case had no end."""
    await desk.write(HOME_BEFORE, trip(NINE, None))
    await desk.work()
    (case,) = await desk.rows("select end_at from misuse_case")
    assert case["end_at"] is None
    async with desk.owner.begin() as connection:
        await connection.execute(text("delete from trip"))
    later = TEN + timedelta(hours=2)
    await desk.write(DRIVE, stop(TEN, later), trip(later, later + timedelta(minutes=30)))
    await desk.work()
    cases = await desk.rows("select begin_at, end_at, findings, version from misuse_case order by begin_at")
    assert [(one["begin_at"], one["end_at"], one["findings"]) for one in cases] == [
        (NINE, TEN, 1),
        (later, later + timedelta(minutes=30), 1),
    ]
    told = await desk.rows(
        "select kind from notice where case_id = (select min(id) from misuse_case) order by revision"
    )
    assert [one["kind"] for one in told].count("case.changed") == 1


async def test_a_case_ends_with_its_outing_though_none_of_its_findings_changes(desk: Desk) -> None:
    """Else it stood open, and whatever the vehicle did on any later day went into it."""
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    (case,) = await desk.rows("select end_at from misuse_case")
    assert case["end_at"] is None
    back = TEN + timedelta(minutes=40)
    async with desk.owner.begin() as connection:
        await connection.execute(text("delete from stop where running"))
    still_away = stop(TEN, TEN + timedelta(minutes=20), place=place(north_m=5_000))
    unseen = gap(TEN + timedelta(minutes=20), back, before=place(north_m=5_000))
    await desk.write(still_away, unseen, stop(back, None))
    await desk.work()
    (finding,) = await desk.rows("select version from finding where withdrawn_at is null")
    assert finding["version"] == 1
    (case,) = await desk.rows("select end_at from misuse_case")
    assert case["end_at"] == back


async def test_another_vehicle_of_the_organ_drove_the_order(desk: Desk) -> None:
    """The order's own vehicle stood still; this one went to the order's destination in its window."""
    await desk.order(NINE, NOW, decided_at=NINE - timedelta(hours=1), vehicle_id=2)
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    (verdict,) = await desk.rows("select * from verdict")
    assert (verdict["kind"], verdict["deviations"]) == ("approved_with_deviation", ["vehicle"])


async def test_a_trip_that_comes_back_goes_on_with_its_versions(desk: Desk) -> None:
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    for there in (False, True, False, True):
        async with desk.owner.begin() as connection:
            await connection.execute(text("delete from trip"))
            await desk.mark(connection, NINE, TEN, "late readings")
        if there:
            await desk.write(DRIVE, reason="late readings")
        await desk.work()
    assert [row["version"] for row in await desk.rows("select version from verdict")] == [3]
    assert [row["version"] for row in await desk.rows("select version from verdict_version order by 1")] == [1, 2]


@pytest.mark.parametrize(("heard_after_s", "tampered"), [(120, False), (None, True)])
async def test_power_is_back_when_the_unit_counts_again_with_or_without_a_place(
    desk: Desk, heard_after_s: int | None, tampered: bool
) -> None:
    """A unit below a roof has no fix; that it tells its odometer shows that it has power."""
    async with desk.owner.begin() as connection:
        await connection.execute(text("insert into unit (id, code, division) values (1, 'U1', 530302)"))
        await connection.execute(
            text("insert into binding (unit_id, vehicle_id, period) values (1, 1, tstzrange('2026-01-01', null))")
        )
        await connection.execute(
            text(
                "insert into event_reading (observed_at, batch, unit_id, run, event) values (:at, 1, 1, 0, 'power_cut')"
            ),
            {"at": NINE},
        )
        if heard_after_s is not None:
            await connection.execute(
                text(
                    "insert into usage_reading (observed_at, batch, unit_id, run, odometer_m) values (:at, 1, 1, 0, 5)"
                ),
                {"at": NINE + timedelta(seconds=heard_after_s)},
            )
    await desk.write(stop(NINE - timedelta(hours=3), None))
    async with desk.owner.begin() as connection:
        await desk.mark(connection, NINE, TEN, "events")
    await desk.work()
    found = await desk.rows("select rule from finding where rule = 'unit_tampered'")
    assert bool(found) is tampered


async def test_what_a_vehicle_did_is_held_against_the_organ_that_had_it_then(desk: Desk) -> None:
    """It changed hands after the trip, and before its readings came."""
    async with desk.owner.begin() as connection:
        await connection.execute(
            insert(tables.organ).values(id=2, code="O2", name="单位2", kind="government", division=530303)
        )
        attributes = {"use": "other", "management": "retained", "energy": "petrol", "status": "in_service"}
        moved = date(2026, 11, 24)
        for organ_id, division, begin, end in ((1, 530302, date(2026, 1, 1), moved), (2, 530303, moved, None)):
            await connection.execute(
                insert(tables.vehicle_history).values(
                    vehicle_id=1,
                    period=Range(begin, end, bounds="[)"),
                    organ_id=organ_id,
                    division=division,
                    **attributes,
                )
            )
        await connection.execute(text("update vehicle set organ_id = 2 where id = 1"))
        # Exempt since it is the new organ's; that says nothing of what it did for the old one.
        await connection.execute(
            insert(tables.exemption).values(
                organ_id=2, kind="duty", period=Range(NINE - timedelta(days=9), None, bounds="[)"), why="x"
            )
        )
    await desk.write(HOME_BEFORE, DRIVE, AWAY)
    await desk.work()
    (verdict,) = await desk.rows("select kind, organ_id from verdict")
    assert (verdict["kind"], verdict["organ_id"]) == ("unapproved", 1)
    (case,) = await desk.rows("select organ_id, division from misuse_case")
    assert (case["organ_id"], case["division"]) == (1, 530302)
    next_day = timedelta(days=1)
    desk.now = NOW + next_day
    await desk.write(trip(NINE + next_day, TEN + next_day))
    await desk.work()
    verdicts = await desk.rows("select kind, organ_id from verdict order by started_at")
    assert [(one["kind"], one["organ_id"]) for one in verdicts] == [("unapproved", 1), ("exempt", 2)]
