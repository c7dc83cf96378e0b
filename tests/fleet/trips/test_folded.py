"""What else a fold says: counties, places, moments; and how little it has to remember."""

from __future__ import annotations

import msgspec
import pytest

from fleet.model.trips import PositionReading
from fleet.trips.fold import begin, encode, step
from tests.fleet.trips.journeys import (
    PARAMETERS,
    START_S,
    Truth,
    Unit,
    changed,
    fold,
    point,
    position,
    since_start,
    us,
)
from tests.fleet.trips.stories import told

replace = msgspec.structs.replace


def test_divisions_are_passed_with_metres_and_seconds() -> None:
    truth = Truth().stand(1_300).drive(10_000, 60).stand(3_000)
    readings = changed(
        Unit().report(truth),
        lambda one: (
            replace(one, division=530302 if truth.at(since_start(one.observed_at_us)).odometer_m < 4_000 else 0)
            if isinstance(one, PositionReading)
            else one
        ),
    )
    trip = told(readings).trips[0]
    assert [part.division for part in trip.divisions] == [530302, 0]
    assert abs(trip.divisions[0].distance_m - 4_000) < 150
    assert (trip.origin.division, trip.destination and trip.destination.division) == (530302, 0)


def test_places_are_where_it_stood() -> None:
    truth = Truth().stand(1_300).drive(10_000, 60).stand(3_000)
    folded = told(Unit().report(truth))
    trip, (before, after) = folded.trips[0], folded.stops
    assert trip.destination is not None
    arrived = point(truth.east_m[-1], truth.north_m[-1])
    for place in (after.place, trip.destination):
        assert abs(place.lat_e7 - arrived[0]) < 1_500
        assert abs(place.lon_e7 - arrived[1]) < 1_500
    assert abs(before.place.lat_e7 - trip.origin.lat_e7) < 1_500
    assert after.radius_m < 20


def test_a_late_reading_is_refused() -> None:
    state = begin(1)
    step(state, position(100, *point(0, 0)), PARAMETERS)
    before = encode(state)
    with pytest.raises(ValueError, match="was folded"):
        step(state, position(90, *point(0, 0)), PARAMETERS)
    assert encode(state) == before


def test_a_parked_vehicle_is_remembered_in_few_bytes() -> None:
    truth = Truth().stand(700).drive(9_000).stand(40_000)
    state = begin(6_000)
    for one in Unit(events=True, usage_every_s=600).report(truth):
        step(state, one, PARAMETERS)
    assert len(encode(state)) < 500


def test_a_running_trip_is_remembered_compactly() -> None:
    truth = Truth().stand(700).drive(150_000, 56)
    state = begin(6_000)
    for one in Unit().report(truth):
        step(state, one, PARAMETERS)
    assert state.journey is not None
    assert state.journey.packed > 800
    assert len(encode(state)) < 16 * state.journey.packed


@pytest.mark.parametrize("start_s", [START_S, START_S + 43_200])
def test_moments_are_those_of_the_readings(start_s: int) -> None:
    """Nothing depends on what time it is."""
    truth = Truth().stand(1_300).drive(10_000, 60).stand(3_000)
    shift_us = us(start_s - START_S)
    shifted = [replace(one, observed_at_us=one.observed_at_us + shift_us) for one in Unit().report(truth)]
    first, second = fold(Unit().report(truth)).trips[0], fold(shifted).trips[0]
    assert second.started_us == first.started_us + shift_us
    assert (second.distance_m, second.driving_s) == (first.distance_m, first.driving_s)
