"""The same journey, reported in many ways, is the same journey."""

from __future__ import annotations

import pytest

from fleet.geography.distance import haversine_m
from fleet.model.trips import CutKind, Doubt
from fleet.trips.measure import distance_m
from tests.fleet.trips.journeys import Truth, Unit, fold, since_start

DAY = (
    Truth()
    .stand(1_300)
    .stand(25, True)
    .drive(12_000, 60, red_lights=(40, 90, 20))
    .stand(30, True)
    .stand(4_000)
    .stand(10, True)
    .drive(3_000, 40)
    .stand(100, True)
    .drive(9_000, 80, red_lights=(75,))
    .stand(3_000)
)

KNOWN = {
    "10 s": Unit(),
    "1 s": Unit(every_s=1),
    "30 s": Unit(every_s=30),
    "60 s": Unit(every_s=60),
    "irregular": Unit(jitter_s=6, seed=3),
    "events only": Unit(ignition=False, events=True),
    "no odometer": Unit(odometer=False),
    "odometer in steps of 1 km": Unit(odometer_step_m=1_000),
    "no speed": Unit(speed=False),
    "no speed, no odometer": Unit(speed=False, odometer=False),
    "no speed, no odometer, 1 s": Unit(speed=False, odometer=False, every_s=1),
    "a noisy receiver": Unit(noise_m=8, quality=None),
    "parked every minute": Unit(parked_every_s=60),
}

UNKNOWN = {
    "10 s": Unit(ignition=False),
    "1 s": Unit(ignition=False, every_s=1),
    "30 s": Unit(ignition=False, every_s=30),
    "no odometer": Unit(ignition=False, odometer=False),
    "no odometer, 1 s": Unit(ignition=False, odometer=False, every_s=1),
    "no odometer, 30 s": Unit(ignition=False, odometer=False, every_s=30),
    "no speed": Unit(ignition=False, speed=False, odometer=False),
    "no speed, 1 s": Unit(ignition=False, speed=False, odometer=False, every_s=1),
    "no speed, 30 s": Unit(ignition=False, speed=False, odometer=False, every_s=30),
}


@pytest.mark.parametrize("unit", KNOWN.values(), ids=KNOWN)
def test_a_known_ignition_cuts_where_it_changed(unit: Unit) -> None:
    folded = fold(unit.report(DAY))
    assert folded.story == "STSTS"
    # The list of seconds begins a second after the state changed.
    for trip, (on_s, off_s) in zip(folded.trips, ((1_301, 2_266), (6_266, DAY.end_s - 2_999)), strict=True):
        assert trip.begin.kind is CutKind.IGNITION_ON
        assert abs(since_start(trip.started_us) - on_s) <= unit.every_s
        assert trip.end is not None
        assert trip.end.kind is CutKind.IGNITION_OFF
        assert abs(since_start(trip.ended_us or 0) - off_s) <= unit.every_s
        assert abs(trip.distance_m - 12_000) <= 240
        if unit.odometer:
            assert trip.odometer_distance_m is not None
            assert abs(trip.odometer_distance_m - 12_000) <= 30 + unit.odometer_step_m
        assert not trip.doubts & ~Doubt.NO_ODOMETER


@pytest.mark.parametrize("unit", UNKNOWN.values(), ids=UNKNOWN)
def test_without_ignition_trips_begin_and_end_with_movement(unit: Unit) -> None:
    folded = fold(unit.report(DAY))
    assert folded.story == "STSTS"
    drives = DAY.drives
    spans = ((drives[0][0], drives[0][1]), (drives[1][0], drives[2][1]))
    for trip, (from_s, to_s) in zip(folded.trips, spans, strict=True):
        assert trip.begin.kind is CutKind.MOVEMENT
        assert trip.end is not None
        assert trip.end.kind is CutKind.NO_MOVEMENT
        # A receiver without a speed needs some metres to tell rolling from standing.
        leeway_s = unit.every_s + (0 if unit.speed else 5)
        assert abs(since_start(trip.started_us) - from_s) <= leeway_s
        assert abs(since_start(trip.ended_us or 0) - to_s) <= leeway_s
        assert abs(trip.distance_m - 12_000) <= 240


def test_distance_is_that_of_the_sphere() -> None:
    for lat in (18.0, 25.5, 45.0, 53.5):
        for north, east in ((0.0, 0.0001), (0.0003, 0.0), (0.01, 0.02), (0.3, 0.3), (-0.4, 0.1), (0.0, 0.45)):
            exact_m = haversine_m(lat, 103.8, lat + north, 103.8 + east)
            assert exact_m < 60_000
            quick_m = distance_m(
                round(lat * 1e7), 1_038_000_000, round((lat + north) * 1e7), round((103.8 + east) * 1e7)
            )
            assert abs(quick_m - exact_m) <= exact_m * 0.001
