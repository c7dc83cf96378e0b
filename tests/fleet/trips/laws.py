"""What holds of every fold, whatever was read; and readings drawn without regard to any road."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from fleet.model.readings import IMPLAUSIBLE, GroundFlag
from fleet.model.trips import (
    Gap,
    PositionReading,
    Segment,
    Stop,
    StoredReading,
    TrackPoint,
    Trip,
)
from fleet.trips.measure import distance_m, seconds_between
from tests.fleet.trips.journeys import Folded, event, point, position, usage


def assert_lawful(folded: Folded, readings: list[StoredReading]) -> None:
    """Every law of the module `fold`."""
    segments = folded.segments
    good = [one for one in readings if isinstance(one, PositionReading) and not one.flags & IMPLAUSIBLE]
    if not good:
        assert not segments
        return
    assert segments[0].started_us == good[0].observed_at_us
    for segment, following in pairwise(segments):
        assert segment.ended_us == following.started_us, (segment, following)
    for segment, _ in folded.closed:
        assert segment.ended_us is not None
        assert segment.ended_us > segment.started_us
    begins = [(type(segment), segment.started_us // 1_000_000) for segment in segments]
    assert len(begins) == len(set(begins)), "two of a kind begin in one second"
    for segment, track in folded.closed:
        if isinstance(segment, Trip):
            _assert_closed_trip(segment, track)
        else:
            assert track == ()
    for segment in segments:
        _assert_lawful(segment)
    for segment, _ in folded.closed:
        _assert_positions_were_read(segment, readings)


def _assert_positions_were_read(segment: Segment, readings: list[StoredReading]) -> None:
    """Whether raw readings are gone is told by counting them: points that were made for the track do not count."""
    if isinstance(segment, Gap):
        return
    assert segment.ended_us is not None
    read = sum(
        isinstance(one, PositionReading) and segment.started_us <= one.observed_at_us <= segment.ended_us
        for one in readings
    )
    assert segment.positions <= read, segment


def _assert_lawful(segment: Segment) -> None:
    if isinstance(segment, Gap):
        assert segment.odometer_m is None or segment.odometer_m >= 0
        assert segment.metres_apart is None or segment.metres_apart >= 0
        return
    assert segment.begin.seconds is None or segment.begin.seconds >= 0
    assert segment.end is None or segment.end.seconds is None or segment.end.seconds >= 0
    assert segment.positions >= 0
    if isinstance(segment, Stop):
        assert segment.radius_m >= 0
        assert segment.ignition_on_s >= 0
        assert segment.charged_wh is None or segment.charged_wh >= 0
        if segment.ended_us is not None:
            assert segment.ignition_on_s <= seconds_between(segment.started_us, segment.ended_us)
        return
    seconds = (segment.driving_s, segment.idle_s, segment.standing_s, segment.silent_s)
    assert min(seconds) >= 0
    assert sum(part.seconds for part in segment.divisions) == sum(seconds)
    assert sum(part.distance_m for part in segment.divisions) == segment.distance_m
    assert all(part.distance_m >= 0 and part.seconds >= 0 for part in segment.divisions)
    assert len({part.division for part in segment.divisions}) == len(segment.divisions)
    assert segment.distance_m >= 0
    for quantity in (segment.odometer_distance_m, segment.fuel_ml, segment.energy_wh, segment.max_speed_dkmh):
        assert quantity is None or quantity >= 0
    assert len(segment.set_aside) <= min(100, segment.set_aside_count)
    assert segment.destination is not None
    apart_m = distance_m(
        segment.origin.lat_e7, segment.origin.lon_e7, segment.destination.lat_e7, segment.destination.lon_e7
    )
    assert segment.distance_m >= apart_m * 0.998 - 2
    assert sum(seconds_between(each.from_us, each.to_us) for each in segment.bridged) == segment.silent_s
    for bridged, following in pairwise(segment.bridged):
        assert bridged.to_us <= following.from_us
    for bridged in segment.bridged:
        assert bridged.from_us < bridged.to_us
        assert bridged.odometer_m is None or bridged.odometer_m >= 0


def _assert_closed_trip(trip: Trip, track: tuple[TrackPoint, ...]) -> None:
    assert trip.ended_us is not None
    total_s = trip.driving_s + trip.idle_s + trip.standing_s + trip.silent_s
    assert total_s == seconds_between(trip.started_us, trip.ended_us)
    assert trip.positions <= len(track)
    assert track[0].at_us == trip.started_us
    assert all(before.at_us < after.at_us for before, after in pairwise(track))
    assert track[-1].at_us <= trip.ended_us
    assert trip.end is not None
    assert trip.end.decided_at_us >= trip.ended_us
    assert trip.begin.decided_at_us >= trip.started_us
    for bridged in trip.bridged:
        assert trip.started_us <= bridged.from_us
        assert bridged.to_us <= trip.ended_us


_STEPS_S = (0, 0.25, 0.8, 1, 5, 10, 10, 10, 10, 29.5, 60, 119, 121, 299, 301, 599, 601, 1_205, 1_801, 4_000)
_MOVES_M = (0, 0, 0, 4, 15, 35, 70, 90, 120, 160, 300, 300, 700, 2_000, 9_000)
_HEADINGS = ((1, 0), (0, 1), (-1, 0), (0, -1), (1, 1))
_MAYBE = (None, True, False)
_EVENTS = ("ignition_on", "ignition_off", "harsh_braking")

Leg = tuple[float, int, tuple[int, int], int]
"""Seconds and metres from reading to reading, which way, how many readings."""


@dataclass(frozen=True)
class Habits:
    """Of a unit that does what no unit should."""

    seed: int
    speed: bool
    ignition: bool
    odometer: bool
    odometer_step_m: int
    two_units: bool


_legs = st.lists(
    st.tuples(st.sampled_from(_STEPS_S), st.sampled_from(_MOVES_M), st.sampled_from(_HEADINGS), st.integers(1, 9)),
    min_size=1,
    max_size=12,
)
_habits = st.builds(
    Habits,
    st.integers(0, 10_000),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from((1, 100, 1_000)),
    st.booleans(),
)


def wild(legs: list[Leg], habits: Habits) -> list[StoredReading]:
    """Readings in the order of their keys: moves, silences, jumps, resets, broken wires, two units, all at random."""
    rng = np.random.default_rng(habits.seed)
    readings: dict[object, StoredReading] = {}
    at_s, east_m, north_m, odometer_m, seq = 0.0, 0.0, 0.0, 500_000, 0
    for step_s, move_m, heading, count in legs:
        for dice in rng.integers(0, 1 << 16, size=(count, 10)).tolist():
            seq += 1
            at_s += step_s
            east_m += heading[0] * move_m
            north_m += heading[1] * move_m
            odometer_m += move_m if dice[0] % 4 else 0
            oddity = dice[1] % 41
            if oddity == 0:
                odometer_m = dice[2] * 30
            reading = _reading(at_s, east_m, north_m, odometer_m, seq, dice, habits)
            readings[reading.key] = reading
    return sorted(readings.values(), key=lambda one: one.key)


def _reading(
    at_s: float, east_m: float, north_m: float, odometer_m: int, seq: int, dice: list[int], habits: Habits
) -> StoredReading:
    oddity = dice[1] % 41
    unit_id = 8 if habits.two_units and oddity in {1, 2} else 7
    ignition = _MAYBE[dice[3] % 3] if habits.ignition else None
    said_m = odometer_m - odometer_m % habits.odometer_step_m if habits.odometer and dice[4] % 3 else None
    kind = "pppppue"[dice[5] % 7]
    if kind == "p":
        lat_e7, lon_e7 = point(east_m + (80_000 if oddity in {3, 4} else 0), north_m)
        return position(
            at_s,
            lat_e7,
            lon_e7,
            seq=seq,
            unit_id=unit_id,
            speed_dkmh=(0, 0, 40, 300)[dice[6] % 4] if habits.speed else None,
            odometer_m=said_m,
            ignition=ignition,
            hdop_tenths=(None, 8, 90)[dice[7] % 3],
            flags=int(GroundFlag.NULL_ISLAND) if oddity == 5 else 0,
            division=(None, 530302, 530302, 530303)[dice[8] % 4],
        )
    if kind == "u":
        return usage(
            at_s,
            seq=seq,
            unit_id=unit_id,
            odometer_m=said_m,
            ignition=ignition,
            fuel_used_ml=(None, 1_000 + seq * 50, 0)[dice[6] % 3],
            fuel_level_ml=(None, 30_000, 29_000, 50_000)[dice[7] % 4],
            energy_charged_wh=(None, seq * 100)[dice[8] % 2],
            soc_permille=(None, 500, 480, 800)[dice[9] % 4],
            charging=_MAYBE[dice[2] % 3],
        )
    return event(at_s, _EVENTS[dice[6] % 3], seq=seq, unit_id=unit_id)


wild_readings = st.builds(wild, _legs, _habits)
