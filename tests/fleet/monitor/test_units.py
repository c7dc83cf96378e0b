"""Units against the reporting contract: by what they said, by the clock when they say nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.moments import from_us
from fleet.model.trips import PositionReading
from fleet.monitor.reporting import ReportingLimits, UnitCondition, UnitSeen, condition_of
from tests.fleet.monitor.stage import City, Clock, running, until
from tests.fleet.trips.journeys import START_S, position

LIMITS = ReportingLimits()
S = 1_000_000


@pytest.mark.parametrize(
    ("moving", "age_s", "condition", "for_s"),
    [
        (True, 59, "online", 59),
        (True, 60, "late", 0),
        (True, 179, "late", 119),
        (True, 200, "silent", 20),
        (False, 659, "online", 659),
        (False, 660, "late", 0),
        (False, 1_799, "late", 1_139),
        (False, 5_000, "silent", 3_200),
    ],
)
def test_the_contract(moving: bool, age_s: int, condition: str, for_s: int) -> None:
    seen = UnitSeen(observed_us=10_000 * S, received_us=10_000 * S, moving=moving)
    now_us = (10_000 + age_s) * S
    assert condition_of(seen, now_us, LIMITS) == (UnitCondition(condition), now_us - for_s * S)


def test_never_seen_stays_so_since_it_was_fitted() -> None:
    seen = UnitSeen()
    assert seen.judge(5 * S, LIMITS)
    assert not seen.judge(500 * S, LIMITS)
    assert (seen.condition, seen.since_us) == (UnitCondition.NEVER_SEEN, 5 * S)


@given(offset_s=st.integers(-500, 5_000), stored=st.integers(0, 200))
def test_a_wrong_clock_is_no_silence_and_a_full_memory_is_no_wrong_clock(offset_s: int, stored: int) -> None:
    """The unit's clock is off by `offset_s`; `stored` samples come in one go after an outage, ten seconds apart."""
    seen = UnitSeen(moving=True)
    now_s = 100_000
    for k in range(20):
        seen.heard((now_s + 10 * k - offset_s) * S, (now_s + 10 * k + 1) * S)
    now_s += 200 + 10 * stored
    for k in range(stored):
        seen.heard((now_s + 10 * (k - stored) - offset_s) * S, (now_s + 1) * S + k * 1_000)
    for k in range(3):
        seen.heard((now_s + 10 * k - offset_s) * S, (now_s + 10 * k + 1) * S)
    assert seen.offset_ms == (offset_s + 1) * 1_000
    assert condition_of(seen, (now_s + 30) * S, LIMITS)[0] is UnitCondition.ONLINE
    assert condition_of(seen, (now_s + 300) * S, LIMITS)[0] is UnitCondition.SILENT


def test_what_is_older_says_nothing() -> None:
    seen = UnitSeen()
    seen.heard(1_000 * S, 1_001 * S)
    before = (seen.observed_us, seen.received_us, list(seen.offsets_ms))
    seen.heard(900 * S, 1_500 * S)
    assert (seen.observed_us, seen.received_us, list(seen.offsets_ms)) == before


@pytest.mark.store
async def test_silence_shows_by_the_clock_alone(city: City) -> None:
    """Vehicle 1 is driving when it falls silent; nobody else ever said a word, unit 4 sits nowhere."""
    await city.connection.execute("delete from binding where unit_id = 4")
    readings = [driving(k) for k in range(60)]
    last = from_us(readings[-1].observed_at_us)
    async with running(city.url, Clock(last + timedelta(seconds=2))):
        await city.write(readings, received_at=last + timedelta(seconds=1))
        await city.settled()
        await becomes(city, {1: "online", 2: "never_seen", 3: "never_seen"})
    async with running(city.url, Clock(last + timedelta(minutes=2))):
        await becomes(city, {1: "late", 2: "never_seen", 3: "never_seen"})
        assert await city.rows("gap") == []
    async with running(city.url, Clock(last + timedelta(minutes=30))):
        await becomes(city, {1: "silent", 2: "never_seen", 3: "never_seen"})
        await until(lambda: has_gap(city), "the gap")
        gaps = await city.rows("gap")
        assert [(row["vehicle_id"], row["running"], row["started_at"]) for row in gaps] == [(1, True, last)]
        # It had only been without a network and sends what it had stored: there was no gap.
        await city.write([driving(k) for k in range(60, 240)], received_at=last + timedelta(minutes=30))
        await city.settled()
        assert await city.rows("gap") == []
        await becomes(city, {1: "online", 2: "never_seen", 3: "never_seen"})
    row = await city.connection.fetchrow("select * from unit_state where unit_id = 1")
    assert row is not None
    assert row["vehicle_id"] == 1
    assert row["last_observed_at"] == from_us((START_S + 2_390) * S)
    assert row["moving"]


@pytest.mark.store
async def test_while_ingest_is_away_nobody_is_silent(city: City) -> None:
    readings = [driving(k) for k in range(9)]
    last = from_us(readings[-1].observed_at_us)
    await city.write(readings, received_at=last + timedelta(seconds=1))
    await city.connection.execute(
        "insert into ingest_worker (worker, started_at, seen_at, connected, waiting_messages)"
        " values (1, $1, $1, true, 0)",
        last + timedelta(seconds=5),
    )
    async with running(city.url, Clock(last + timedelta(hours=5))):
        await city.settled()
        await becomes(city, {1: "online", 2: "never_seen", 3: "never_seen", 4: "never_seen"})
        assert await city.rows("gap") == []
        await city.connection.execute("update ingest_worker set seen_at = $1", last + timedelta(hours=5))
        await becomes(city, {1: "silent", 2: "never_seen", 3: "never_seen", 4: "never_seen"})
        await until(lambda: has_gap(city), "the gap")


@pytest.mark.store
async def test_what_is_not_followed_yet_is_no_silence(city: City) -> None:
    """The monitor was away for half an hour, and looks at the clock several times before it has caught up."""
    readings = [driving(k) for k in range(200)]
    last = from_us(readings[-1].observed_at_us)
    await city.write(readings[:9])
    async with running(city.url, Clock(from_us(readings[8].observed_at_us) + timedelta(seconds=2))):
        await city.settled()
        await becomes(city, {1: "online", 2: "never_seen", 3: "never_seen", 4: "never_seen"})
    await city.write(readings[9:10])
    await city.write(readings[10:])
    await city.connection.execute(
        "insert into ingest_worker (worker, started_at, seen_at, connected, waiting_messages)"
        " values (1, $1, $1, true, 0)",
        last + timedelta(seconds=5),
    )
    looked_at = last + timedelta(seconds=6)
    blocking = city.connection.transaction()
    await blocking.start()
    await city.connection.execute("lock table position_reading in access exclusive mode")
    async with running(city.url, Clock(looked_at)):
        await until(lambda: has_looked(city, looked_at + timedelta(seconds=1)), "a second of looking at the clock")
        assert [row["state"] for row in await city.rows("unit_state") if row["unit_id"] == 1] == ["online"]
        assert await city.rows("gap") == []
        await blocking.rollback()
        await city.settled()
        await becomes(city, {1: "online", 2: "never_seen", 3: "never_seen", 4: "never_seen"})


async def has_looked(city: City, at: datetime) -> bool:
    return bool(await city.connection.fetchval("select exists (select from monitor_status where seen_at > $1)", at))


async def becomes(city: City, wanted: dict[int, str]) -> None:
    async def reached() -> bool:
        return {row["unit_id"]: row["state"] for row in await city.rows("unit_state")} == wanted

    await until(reached, f"the units to be {wanted}")


async def has_gap(city: City) -> bool:
    return bool(await city.rows("gap"))


def driving(k: int) -> PositionReading:
    """The k-th position of unit 1, which drives north."""
    return position(10 * k, 255_000_000 + 9_000 * k, 1_038_000_000, speed_dkmh=360, unit_id=1)
