"""Laws that hold for any readings: of the fold, of its memory, of the order of arrival, of days."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fleet.model.moments import day_begins_us, day_of, from_us
from fleet.model.trips import Gap, Stop, StoredReading, Trip
from fleet.trips.days import split
from fleet.trips.fold import begin, decode, encode, is_checkpoint, open_segment, step, tick
from fleet.trips.measure import seconds_between
from tests.fleet.trips.journeys import PARAMETERS, START_S, Truth, Unit, fold, us
from tests.fleet.trips.keeper import Keeper
from tests.fleet.trips.laws import Habits, assert_lawful, wild, wild_readings
from tests.fleet.trips.reckoning import Sums, months, roll_up

_shuffles = st.integers(0, 1 << 30)


# It sets out between two readings, and its engine goes off between two: two points of its track were never read.
@example(wild([(119, 70, (1, 0), 6), (60, 0, (1, 0), 3)], Habits(889, False, False, True, 1, False)))
@settings(max_examples=300, deadline=None)
@given(wild_readings)
def test_every_fold_is_lawful(readings: list[StoredReading]) -> None:
    assert_lawful(fold(readings), readings)


@settings(max_examples=100, deadline=None)
@given(wild_readings)
def test_looking_changes_nothing_and_memory_survives_its_bytes(readings: list[StoredReading]) -> None:
    looked, kept = begin(1), begin(1)
    for reading in readings:
        closed = step(looked, reading, PARAMETERS)
        before = encode(looked)
        open_segment(looked, PARAMETERS)
        tick(looked, reading.observed_at_us + us(7_200), PARAMETERS)
        assert encode(looked) == before
        kept = decode(encode(kept))
        assert step(kept, reading, PARAMETERS) == closed
        assert is_checkpoint(kept) == is_checkpoint(looked) == bool(closed)
        assert encode(kept) == before
        assert step(kept, reading, PARAMETERS) == [], "the same reading once more"
        assert encode(kept) == before


def arrivals(readings: list[StoredReading], seed: int, disorder: float) -> list[list[StoredReading]]:
    """Batches: most readings in order, some late, some very late, some twice."""
    rng = np.random.default_rng(seed)
    delays = np.where(rng.random(len(readings)) < disorder, rng.exponential(len(readings) / 3, len(readings)), 0.0)
    order = np.argsort(np.arange(len(readings)) + delays, kind="stable").tolist()
    stream = [readings[k] for k in order]
    for k in rng.integers(0, len(stream), size=len(stream) // 8).tolist():
        stream.insert(int(rng.integers(0, len(stream))), stream[k])
    batches: list[list[StoredReading]] = []
    while stream:
        size = int(rng.integers(1, 12))
        batch, stream = stream[:size], stream[size:]
        rng.shuffle(batch)
        batches.append(batch)
    return batches


def assert_same_in_any_order(readings: list[StoredReading], seed: int, disorder: float) -> Keeper:
    """Any order, any batches, any crashes: the same as one clean pass."""
    rng = np.random.default_rng(seed)
    clean = fold(readings)
    keeper = Keeper()
    for batch in arrivals(readings, seed, disorder):
        keeper.store(batch)
        match int(rng.integers(0, 8)):
            case 0:
                keeper.keep()
            case 1:
                keeper.die()
            case 2:
                pass
            case _:
                while keeper.followed < len(keeper.batches):
                    keeper.follow()
    assert keeper.finish() == clean.segments
    assert keeper.tracks() == {closed[0].started_us: closed[1] for closed in clean.closed if closed[1]}
    state = begin(1)
    for reading in readings:
        step(state, reading, PARAMETERS)
    assert encode(keeper.state) == encode(state)
    return keeper


@settings(max_examples=150, deadline=None)
@given(wild_readings, _shuffles, st.sampled_from((0.02, 0.2, 1.0)))
def test_any_order_of_wild_readings_gives_the_same(readings: list[StoredReading], seed: int, disorder: float) -> None:
    assert_same_in_any_order(readings, seed, disorder)


DAY = (
    Truth()
    .stand(1_900)
    .stand(20, True)
    .drive(9_000, 60, red_lights=(40, 20))
    .stand(60, True)
    .stand(2_500)
    .stand(10, True)
    .drive(4_000, 45, red_lights=(30,))
    .stand(1_300, True)
    .drive(7_000, 70)
    .stand(2_500)
)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from((10.0, 30.0)), st.booleans(), st.booleans(), _shuffles, st.sampled_from((0.01, 0.1, 0.5)))
def test_any_order_of_a_day_gives_the_same(
    every_s: float, ignition: bool, odometer: bool, seed: int, disorder: float
) -> None:
    unit = Unit(every_s=every_s, ignition=ignition, odometer=odometer, seed=seed, usage_every_s=60)
    readings = unit.report(DAY)
    assert len(fold(readings).trips) == 3
    assert_same_in_any_order(readings, seed, disorder)


def test_a_second_fold_stops_where_it_meets_what_stands() -> None:
    """One late reading in the first trip: the afternoon is not folded again."""
    readings = Unit(usage_every_s=60).report(DAY)
    late = next(k for k, one in enumerate(readings) if one.observed_at_us >= us(START_S + 2_100))
    keeper = Keeper()
    keeper.store(readings[:late] + readings[late + 1 :])
    keeper.store([readings[late]])
    assert keeper.finish() == fold(readings).segments
    assert (keeper.folded_again, keeper.joined) == (1, 1)


@settings(max_examples=150, deadline=None)
@given(wild_readings)
def test_days_say_what_the_segments_say(readings: list[StoredReading]) -> None:
    segments = [segment for segment, _ in fold(readings).closed]
    rolled = roll_up(segments)
    whole = Sums()
    for each in rolled.values():
        whole.add(each)
    trips = [one for one in segments if isinstance(one, Trip)]
    assert whole.trips == len(trips)
    assert whole.distance_m == sum(one.distance_m for one in trips)
    assert whole.distance_m == sum(distance_m for distance_m, _ in whole.divisions.values())
    driven_s = whole.driving_s + whole.idle_s + whole.standing_s + whole.silent_s
    assert driven_s == sum(seconds for _, seconds in whole.divisions.values())
    for kind, seconds in ((Stop, whole.stopped_s), (Gap, whole.gap_s)):
        assert seconds == sum(
            seconds_between(one.started_us, one.ended_us or 0) for one in segments if isinstance(one, kind)
        )
    if segments:
        ended_us = segments[-1].ended_us
        assert ended_us is not None
        assert driven_s + whole.stopped_s + whole.gap_s == seconds_between(segments[0].started_us, ended_us)
    by_month = months(rolled)
    assert sum(each.distance_m for each in by_month.values()) == whole.distance_m
    assert sum(each.stopped_s for each in by_month.values()) == whole.stopped_s


@given(st.integers(us(1_577_836_800), us(1_893_456_000)), st.integers(0, us(400_000)))
def test_a_span_is_divided_among_its_days(begins_us: int, lasts_us: int) -> None:
    parts = list(split(begins_us, begins_us + lasts_us))
    assert sum(seconds for _, seconds in parts) == seconds_between(begins_us, begins_us + lasts_us)
    assert parts[0][0] == day_of(begins_us)
    for (day, seconds), (following, _) in pairwise(parts):
        assert following == day + timedelta(days=1)
        assert 0 <= seconds <= 86_400
    assert day_begins_us(parts[0][0]) <= begins_us < day_begins_us(parts[0][0] + timedelta(days=1))


@pytest.mark.parametrize(
    ("local", "day"),
    [("2026-03-01T03:59:59", "2026-02-28"), ("2026-03-01T04:00:00", "2026-03-01"), ("2026-03-02T00:10", "2026-03-01")],
)
def test_the_day_begins_at_four(local: str, day: str) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    assert day_of(round(at.timestamp() * 1_000_000)).isoformat() == day
    assert from_us(day_begins_us(day_of(us(at.timestamp())))).astimezone(at.tzinfo).hour == 4
