"""What the ignition says, and when it is not believed."""

from __future__ import annotations

import msgspec
import pytest

from fleet.model.trips import CutKind, Doubt, PositionReading
from tests.fleet.trips.journeys import (
    Truth,
    Unit,
    changed,
    event,
    since_start,
)
from tests.fleet.trips.stories import between, told

replace = msgspec.structs.replace


class TestIgnition:
    def test_stuck_on(self) -> None:
        truth = Truth().stand(1_300).drive(4_000).stand(4_000).drive(4_000).stand(4_000)
        readings = list(
            changed(
                Unit(parked_every_s=10).report(truth),
                lambda one: replace(one, ignition=True) if isinstance(one, PositionReading) else one,
            )
        )
        folded = told(readings)
        assert folded.story == "STSTS"
        for trip, (from_s, to_s) in zip(folded.trips, truth.drives, strict=True):
            assert trip.end is not None
            assert (trip.begin.kind, trip.end.kind) == (CutKind.MOVEMENT, CutKind.LONG_IDLE)
            assert abs(since_start(trip.started_us) - from_s) <= 10
            assert abs(since_start(trip.ended_us or 0) - to_s) <= 10

    @pytest.mark.parametrize("odometer", [True, False])
    def test_broken_wire(self, odometer: bool) -> None:
        """It says off all the time: believed while it stands, refuted as soon as it drives."""
        truth = Truth().stand(1_300).drive(8_000, red_lights=(150, 130)).stand(4_000)
        readings = changed(
            Unit(parked_every_s=10, odometer=odometer).report(truth),
            lambda one: replace(one, ignition=False) if isinstance(one, PositionReading) else one,
        )
        folded = told(readings)
        assert folded.story == "STS"
        trip = folded.trips[0]
        assert trip.doubts & Doubt.IGNITION
        assert trip.end is not None
        assert trip.end.kind is CutKind.NO_MOVEMENT
        assert trip.idle_s >= 250
        assert trip.standing_s == 0
        assert abs(since_start(trip.started_us) - 1_300) <= 10
        assert abs(trip.distance_m - 8_000) <= 100

    def test_towed_on_its_wheels_or_on_a_lorry(self) -> None:
        """The engine is off and the odometer stands, but the receiver shows kilometres at speed."""
        truth = Truth().stand(1_300).drive(9_000, 50).stand(4_000)
        readings = changed(
            Unit(parked_every_s=10, odometer=False).report(truth),
            lambda one: replace(one, ignition=False, odometer_m=300_001) if isinstance(one, PositionReading) else one,
        )
        folded = told(readings)
        assert folded.story == "STS"
        assert folded.trips[0].doubts & Doubt.IGNITION
        assert folded.trips[0].doubts & Doubt.ODOMETER_DIFFERS
        assert folded.trips[0].odometer_distance_m == 0
        assert abs(since_start(folded.trips[0].started_us) - 1_300) <= 10

    def test_an_engine_that_was_off_for_a_moment_while_the_trip_ended(self) -> None:
        """It idles for too long, which ends the trip; it leaves soon after, and the stop keeps what was read in it."""
        truth = Truth().stand(1_300).drive(4_000).stand(300, True).stand(90).stand(930, True).drive(4_000).stand(2_000)
        readings = Unit(parked_every_s=10).report(truth)
        folded = told(readings)
        assert folded.story == "STSTS"
        stop = folded.stops[1]
        assert stop.begin.kind is CutKind.LONG_IDLE
        assert stop.end is not None
        assert stop.end.kind is CutKind.IGNITION_ON
        read = [
            one
            for one in readings
            if isinstance(one, PositionReading) and stop.started_us <= one.observed_at_us < (stop.ended_us or 0)
        ]
        assert len(read) - 1 <= stop.positions <= len(read) + 1

    def test_an_engine_event_between_two_fixes_begins_the_trip(self) -> None:
        """Parked fixes every ten minutes; the engine goes on, and the first fix after it is a kilometre away."""
        truth = Truth().stand(1_250).stand(20, True).drive(6_000, 60).stand(2_500)
        readings = [
            one
            for one in Unit(ignition=False, events=False, wakes=False).report(truth)
            if not between(one, 1_250, 1_345)
        ]
        readings += [one for one in Unit(ignition=False).report(truth) if between(one, 1_345, truth.end_s) and one.key]
        readings = list({one.key[0]: one for one in readings}.values())
        folded = told([*readings, event(1_250, "ignition_on"), event(truth.drives[0][1] + 2, "ignition_off")])
        trip = folded.trips[0]
        assert folded.story == "STS"
        assert since_start(trip.started_us) == 1_250
        assert trip.begin.kind is CutKind.IGNITION_ON
        assert trip.end is not None
        assert trip.end.kind is CutKind.IGNITION_OFF
        assert since_start(trip.ended_us or 0) == truth.drives[0][1] + 2
        assert abs(trip.distance_m - 6_000) <= 150

    def test_without_the_event_the_departure_is_estimated(self) -> None:
        truth = Truth().stand(1_250).stand(20, True).drive(6_000, 36).stand(2_500)
        readings = [one for one in Unit(ignition=False).report(truth) if not between(one, 1_201, 1_371)]
        folded = told(readings)
        trip = folded.trips[0]
        assert trip.doubts & Doubt.STARTS_IN_GAP
        assert 1_200 <= since_start(trip.started_us) <= 1_300
        assert abs(since_start(trip.started_us) - 1_270) <= 30
        assert trip.origin.lat_e7 != 0
        assert abs(trip.distance_m - 6_000) <= 100
