"""Positions that are kept out: jumps, stuck clocks."""

from __future__ import annotations

import msgspec

from fleet.model.readings import GroundFlag
from fleet.model.trips import Doubt, PositionReading, StoredReading
from tests.fleet.trips.journeys import (
    Truth,
    Unit,
    changed,
    fold,
    point,
    position,
)
from tests.fleet.trips.stories import between, told

replace = msgspec.structs.replace


class TestSetAside:
    DRIVE = Truth().stand(1_300).drive(12_000, 60, turn=0).stand(3_000)

    def test_a_jump_and_back(self) -> None:
        readings = Unit().report(self.DRIVE)
        for at_s in (1_500.5, 1_650.5, 3_000.5):
            readings.append(position(at_s, *point(60_000, 5_000), speed_dkmh=600, ignition=True))
        folded = told(readings)
        assert folded.story == "STS"
        trip = folded.trips[0]
        assert trip.set_aside_count == 2
        assert [one.reason for one in trip.set_aside] == ["jump", "jump"]
        assert trip.doubts & Doubt.JUMP
        assert abs(trip.distance_m - 12_000) <= 120
        assert folded.stops[-1].doubts & Doubt.JUMP

    def test_a_jump_that_stays(self) -> None:
        """Carried a hundred kilometres within a second: the data cannot say how, so a gap says that it was."""
        stood = [position(10 * k, *point(0, 0), speed_dkmh=0) for k in range(100)]
        there = [position(1_000 + 10 * k, *point(100_000, 0), speed_dkmh=0) for k in range(100)]
        folded = told([*stood, *there])
        assert folded.story == "SGS"
        assert folded.gaps[0].metres_apart is not None
        assert abs(folded.gaps[0].metres_apart - 100_000) < 500

    def test_a_jump_that_stays_ends_a_trip_it_cannot_belong_to(self) -> None:
        readings = changed(
            Unit(odometer=False).report(self.DRIVE),
            lambda one: (
                replace(one, lat_e7=one.lat_e7 + 3_000_000)
                if isinstance(one, PositionReading) and not between(one, 0, 1_600)
                else one
            ),
        )
        folded = told(readings)
        assert folded.story == "STGTS"
        before, after = folded.trips
        assert abs(before.distance_m + after.distance_m - 12_000) < 1_500
        assert before.doubts & Doubt.JUMP
        assert folded.gaps[0].metres_apart is not None
        assert abs(folded.gaps[0].metres_apart - 33_400) < 1_500

    def test_a_vehicle_that_stood_at_both_ends_was_not_fast_in_between(self) -> None:
        """One fix of a minute is 3.5 km off: 210 km/h, from a standstill to a standstill."""
        readings: list[StoredReading] = []
        for one in Unit(every_s=60, odometer=False).report(
            Truth().stand(1_300).drive(3_000, 40, red_lights=(600,)).stand(3_000)
        ):
            if isinstance(one, PositionReading) and between(one, 1_700, 1_760):
                one = replace(one, lat_e7=one.lat_e7 + 315_000)  # noqa: PLW2901
            readings.append(one)
        trip = told(readings).trips[0]
        assert (trip.set_aside_count, trip.set_aside[0].reason) == (1, "jump")
        assert abs(trip.distance_m - 3_000) < 100

    def test_a_receiver_that_was_stuck_in_a_tunnel(self) -> None:
        """It repeats its last place for three minutes and then is 3.3 km on: one trip, bridged."""
        stuck: PositionReading | None = None
        readings: list[StoredReading] = []
        for one in Unit(odometer=False).report(self.DRIVE):
            if isinstance(one, PositionReading) and between(one, 1_500, 1_700):
                stuck = stuck or one
                readings.append(replace(one, lat_e7=stuck.lat_e7, lon_e7=stuck.lon_e7, speed_dkmh=0))
            else:
                readings.append(one)
        folded = told(readings)
        assert folded.story == "STS"
        trip = folded.trips[0]
        assert abs(trip.distance_m - 12_000) <= 400
        assert trip.doubts & Doubt.JUMP
        assert trip.doubts & Doubt.BRIDGED_GAP

    def test_several_places_at_one_moment(self) -> None:
        readings = Unit().report(self.DRIVE)
        moving = [one for one in readings if isinstance(one, PositionReading) and between(one, 1_500, 1_520)]
        for k in range(4):
            readings.append(replace(moving[0], seq=10_000 + k, lat_e7=moving[0].lat_e7 + 90_000 * (k + 1)))
        readings.append(replace(moving[0], run=5))  # the same place once more is nothing to set aside
        folded = told(readings)
        trip = folded.trips[0]
        assert trip.set_aside_count == 4
        assert {one.reason for one in trip.set_aside} == {"stuck_clock"}
        assert trip.doubts & Doubt.STUCK_CLOCK
        assert abs(trip.distance_m - 12_000) <= 120

    def test_implausible_places_never_enter(self) -> None:
        readings = Unit().report(self.DRIVE)
        for at_s in (5.5, 1_500.5, 1_600.5):
            readings.append(position(at_s, 0, 0, flags=int(GroundFlag.NULL_ISLAND), ignition=None))
        folded = told(readings)
        assert folded.story == "STS"
        assert [one.reason for one in folded.trips[0].set_aside] == ["implausible", "implausible"]
        assert not folded.trips[0].doubts

    def test_a_converted_datum_is_no_fault(self) -> None:
        readings = [
            replace(one, flags=int(GroundFlag.DATUM_CONVERTED)) if isinstance(one, PositionReading) else one
            for one in Unit().report(self.DRIVE)
        ]
        assert told(readings).segments == fold(Unit().report(self.DRIVE)).segments

    def test_all_are_counted_and_the_first_hundred_kept(self) -> None:
        readings = Unit().report(self.DRIVE)
        for k in range(150):
            readings.append(position(1_400.5 + k, 0, 0, flags=int(GroundFlag.NULL_ISLAND)))
        trip = told(readings).trips[0]
        assert (trip.set_aside_count, len(trip.set_aside)) == (150, 100)
