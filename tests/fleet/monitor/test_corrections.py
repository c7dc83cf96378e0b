"""What the registry corrects after the fact: bindings, policies, areas, organs; and what cannot be made again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.moments import from_us, to_us
from fleet.model.trips import StoredReading, TripParameters
from fleet.monitor.work import DEPENDANTS
from fleet.store import bindings, policies, rulings
from fleet.store.pool import create_engine
from fleet.store.retention import drop_old_readings
from tests.fleet.monitor.rollups import assert_rolled_up
from tests.fleet.monitor.stage import City, Clock, assert_clean, running, staged
from tests.fleet.trips.journeys import START_S, Truth, Unit

pytestmark = pytest.mark.store

TWO_WEEKS = timedelta(days=14)


def outing(unit_id: int) -> list[StoredReading]:
    """Two trips with a pause of four minutes at half way."""
    truth = Truth().stand(1_000).drive(3_000).stand(1_300).drive(5_000, red_lights=[240]).stand(2_000)
    return Unit(unit_id=unit_id, every_s=10, seed=unit_id, ignition=False).report(truth)


async def test_a_binding_corrected_two_weeks_later(city: City) -> None:
    """The unit was moved into another vehicle between the trips; that is entered a fortnight after."""
    readings = outing(1)
    moved = from_us((START_S + 1_900) * 1_000_000)
    now = from_us(readings[-1].observed_at_us) + TWO_WEEKS
    await city.connection.execute("update binding set period = '[2020-01-01,2020-02-01)' where unit_id = 2")
    async with running(city.url, Clock(now)):
        await city.write(readings)
        await city.settled()
        await assert_clean(city, {1: readings})
        engine = create_engine(city.url, size=1)
        async with engine.begin() as connection:
            before = await _binding(connection, 1)
            await connection.execute(
                text("update binding set period = tstzrange(lower(period), :moved) where unit_id = 1"), {"moved": moved}
            )
            await bindings.wrote(connection, before, await _binding(connection, 1), now)
            await connection.execute(
                text("insert into binding (unit_id, vehicle_id, period) values (1, 2, tstzrange(:moved, null))"),
                {"moved": moved},
            )
            added = (await connection.execute(text("select * from binding where unit_id = 1 and vehicle_id = 2"))).one()
            await bindings.wrote(connection, None, added._mapping, now)
        await engine.dispose()
        await city.settled()
        split_us = to_us(moved)
        first = [one for one in readings if one.observed_at_us < split_us]
        second = [one for one in readings if one.observed_at_us >= split_us]
        await assert_clean(city, {1: first, 2: second})
        kept = await city.rows("trip_version")
        assert {row["vehicle_id"] for row in kept} == {1}
        assert {row["reason"] for row in kept} <= {"binding", "late"}
    await assert_rolled_up(city)


async def test_there_and_back_again(city: City) -> None:
    """A unit is entered in another vehicle, then in the first one again: every version is kept and told apart."""
    readings = outing(1)
    now = from_us(readings[-1].observed_at_us) + TWO_WEEKS
    await city.connection.execute("delete from binding where unit_id = 2")
    async with running(city.url, Clock(now)):
        await city.write(readings)
        await city.settled()
        for vehicle_id in (2, 1, 2, 1):
            engine = create_engine(city.url, size=1)
            async with engine.begin() as connection:
                before = await _binding(connection, 1)
                await connection.execute(
                    text("update binding set vehicle_id = :v where unit_id = 1"), {"v": vehicle_id}
                )
                await bindings.wrote(connection, before, await _binding(connection, 1), now)
            await engine.dispose()
            await city.settled()
            await assert_clean(city, {vehicle_id: readings})
    assert {row["version"] for row in await city.rows("trip")} == {3}
    kept = [(row["vehicle_id"], row["version"]) for row in await city.rows("trip_version")]
    assert sorted(set(kept)) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    await assert_rolled_up(city)


async def _binding(connection: AsyncConnection, unit_id: int):  # type: ignore[no-untyped-def]
    return (await connection.execute(text("select * from binding where unit_id = :u"), {"u": unit_id})).mappings().one()


async def test_a_policy_that_holds_since_a_moment_in_the_past(city: City) -> None:
    """From half way on a pause of three minutes ends a trip; before, it takes five."""
    readings = outing(1)
    since = from_us((START_S + 2_000) * 1_000_000)
    now = from_us(readings[-1].observed_at_us) + timedelta(hours=1)
    async with running(city.url, Clock(now)):
        await city.write(readings)
        await city.settled()
        assert len(await city.rows("trip")) == 2
        engine = create_engine(city.url, size=1)
        async with engine.begin() as connection:
            await policies.add_version(
                connection,
                slug="trips.stop_after_s",
                organ_id=None,
                value=180,
                effective_from=since,
                who="a",
                why="b",
                now=now,
            )
        await engine.dispose()
        await city.settled()
    since_us = to_us(since)
    await assert_clean(
        city, {1: readings}, lambda at_us: TripParameters(stop_after_s=180 if at_us >= since_us else 300)
    )
    assert len(await city.rows("trip")) == 3
    await assert_rolled_up(city)


async def test_an_area_drawn_later_names_the_places(city: City) -> None:
    readings = outing(1)
    now = from_us(readings[-1].observed_at_us) + timedelta(hours=1)
    async with running(city.url, Clock(now)):
        await city.write(readings)
        await city.settled()
        assert {row["origin_name"] for row in await city.rows("trip")} == {None}
        engine = create_engine(city.url, size=1)
        async with engine.begin() as connection:
            area = await connection.execute(
                text(
                    "insert into area (name, purpose, organ_id, centre_lat_e7, centre_lon_e7, radius_m, period)"
                    " values ('院子', 'parking', 1, 255000000, 1038000000, 200, '[2020-01-01,)') returning *"
                )
            )
            await rulings.wrote_area(connection, None, area.mappings().one(), now)
        await engine.dispose()
        await city.settled()
        trips = await city.rows("trip")
        assert [row["origin_name"] for row in trips] == ["院子", None]
        assert [row["version"] for row in trips] == [2, 1]
        assert [row["reason"] for row in await city.rows("trip_version")] == ["area"]
        await assert_clean(city, {1: readings})


async def test_what_is_said_of_trips_does_not_fold_them_again(city: City) -> None:
    """A fuel card, an exemption: rows for a later stage, which the monitor leaves alone."""
    engine = create_engine(city.url, size=1)
    now = datetime(2026, 5, 1, tzinfo=UTC)
    async with running(city.url, Clock(now)), engine.begin() as connection:
        row = await connection.execute(
            text(
                "insert into exemption (vehicle_id, kind, period, why) values (1, 'duty', '[2026-01-01,)', 'w')"
                " returning *"
            )
        )
        await rulings.wrote_exemption(connection, None, row.mappings().one(), now)
    await engine.dispose()
    await asyncio.sleep(0.3)
    assert [(row["stage"], row["reason"]) for row in await city.rows("recompute")] == [("trips", "exemption")]


async def test_what_comes_while_many_are_made_again(database_url: str) -> None:
    """More vehicles than are written at once, again and again: none is folded twice at a time, nothing is lost."""
    vehicles = 20
    async with staged(database_url, vehicles) as city:
        outings = {one: outing(one) for one in range(1, vehicles + 1)}
        now = from_us(outings[1][-1].observed_at_us) + timedelta(minutes=5)
        async with running(city.url, Clock(now)):
            await city.write([one for readings in outings.values() for one in readings[2::3]])
            await city.settled()
            for start in range(0, len(outings[1]), 150):
                missed = [one for readings in outings.values() for one in readings[start : start + 150]]
                await city.write([one for one in missed if (one.seq or 0) % 3 != (outings[1][2].seq or 0) % 3])
                await city.connection.execute(
                    "insert into recompute (vehicle_id, period, reason, at, stage)"
                    " select id, '(,)', 'replay', $1, 'readings' from vehicle",
                    now,
                )
                await asyncio.sleep(0.1)
            await city.settled()
            await assert_clean(city, outings)
        await assert_rolled_up(city)


async def test_readings_that_are_gone_are_not_made_again(city: City) -> None:
    """Raw readings of the first day are dropped; a correction that would need them leaves its trips alone."""
    first, second = outing(1), [_later(one, 3) for one in outing(1)]
    now = from_us(second[-1].observed_at_us) + timedelta(minutes=5)
    async with running(city.url, Clock(now)):
        await city.write(first)
        await city.write(second)
        await city.settled()
    before = {name: await city.rows(name) for name in ("trip", "stop", "gap", "trip_track", "vehicle_day")}
    engine = create_engine(city.url, size=1)
    async with engine.begin() as connection:
        dropped = await drop_old_readings(connection, 1, now)
    assert dropped.chunks > 0
    assert await city.connection.fetchval("select count(*) from position_reading") == len(second)
    async with running(city.url, Clock(now)):
        async with engine.begin() as connection:
            # Two minutes ended a trip all along, they say now.
            await policies.add_version(
                connection,
                slug="trips.stop_after_s",
                organ_id=None,
                value=180,
                effective_from=from_us((START_S - 86_400) * 1_000_000),
                who="a",
                why="b",
                now=now,
            )
        await city.settled()
    await engine.dispose()
    old = {name: [row["id"] for row in rows] for name, rows in before.items() if name in ("trip", "stop")}
    trips = await city.rows("trip")
    assert [row["id"] for row in trips][:2] == old["trip"][:2]
    assert [row["version"] for row in trips][:2] == [1, 1]
    assert len(trips) == 5, "the second day is cut anew"
    refused = await city.rows("recompute_refused")
    assert [(row["vehicle_id"], row["reason"]) for row in refused] == [(1, "policy.trips.stop_after_s")]
    assert refused[0]["kept_to"] > from_us(first[-1].observed_at_us) - timedelta(hours=1)
    status = await city.connection.fetchrow("select refolds_refused, last_refusal from monitor_status")
    assert status is not None
    assert status["refolds_refused"] == 1
    assert "raw readings" in status["last_refusal"]
    await assert_rolled_up(city)


def _later(reading: StoredReading, days: int) -> StoredReading:
    import msgspec

    return msgspec.structs.replace(reading, observed_at_us=reading.observed_at_us + days * 86_400_000_000, run=2)


async def test_somebody_elses_long_transaction_stops_nothing(city: City, database_url: str) -> None:
    """An import that holds every row of the registry, and a writer that never ends."""
    readings = outing(1)
    other = await asyncpg.connect(database_url)
    held = other.transaction()
    await held.start()
    await other.fetch("select * from vehicle for update")
    await other.execute("update vehicle set remarks = 'x'")
    await other.execute("update binding set note = 'x'")
    await other.execute("insert into recompute (vehicle_id, period, reason) values (2, '[2020-01-01,)', 'binding')")
    try:
        async with running(city.url, Clock(from_us(readings[-1].observed_at_us)), dependants=DEPENDANTS):
            await city.write(readings)
            await city.settled()
            await assert_clean(city, {1: readings})
    finally:
        await held.rollback()
        await other.close()
