"""Silences: bridged, or the end of a trip."""

from __future__ import annotations

import msgspec
import pytest

from fleet.model.trips import CutKind, Doubt, Gap, PositionReading, Trip, UsageReading
from fleet.trips.fold import begin, step, tick
from fleet.trips.measure import seconds_between
from tests.fleet.trips.journeys import (
    PARAMETERS,
    Truth,
    Unit,
    changed,
    point,
    position,
    since_start,
    us,
    usage,
)
from tests.fleet.trips.stories import between, told

replace = msgspec.structs.replace


class TestSilence:
    def test_a_tunnel_does_not_split_a_trip(self) -> None:
        truth = Truth().stand(1_300).drive(15_000, 72, turn=0).stand(3_000)
        folded = told(one for one in Unit().report(truth) if not between(one, 1_600, 1_850))
        assert folded.story == "STS"
        trip = folded.trips[0]
        assert len(trip.bridged) == 1
        assert abs(trip.bridged[0].metres - 5_200) <= 300
        assert trip.bridged[0].odometer_m is not None
        assert abs(trip.bridged[0].odometer_m - 5_200) <= 300
        assert 250 <= trip.silent_s <= 270
        assert trip.doubts & Doubt.BRIDGED_GAP
        assert abs(trip.distance_m - 15_000) <= 300

    def test_a_tunnel_in_which_only_counters_are_sent(self) -> None:
        """Twelve minutes without a fix; the odometer tells that it drove on."""
        truth = Truth().stand(1_300).drive(30_000, 72).stand(3_000)
        readings = Unit(odometer=False, usage_every_s=30).report(truth)
        folded = told(one for one in readings if isinstance(one, UsageReading) or not between(one, 1_600, 2_320))
        assert folded.story == "STS"
        assert folded.trips[0].silent_s >= 720
        assert folded.trips[0].odometer_distance_m is not None
        assert abs(folded.trips[0].odometer_distance_m - 30_000) <= 600

    def test_a_long_silence_is_a_gap(self) -> None:
        truth = Truth().stand(1_300).drive(40_000, 72).stand(3_000)
        folded = told(one for one in Unit().report(truth) if not between(one, 1_600, 2_440))
        assert folded.story == "STGTS"
        gap = folded.gaps[0]
        assert gap.was_moving
        assert gap.metres_apart is not None
        assert gap.odometer_m is not None
        assert abs(gap.odometer_m - 17_000) <= 400
        before, after = folded.trips
        assert before.end is not None
        assert (before.end.kind, after.begin.kind) == (CutKind.GAP, CutKind.GAP_ENDED)
        assert before.doubts & Doubt.ENDS_IN_GAP
        assert after.doubts & Doubt.STARTS_IN_GAP
        assert before.end.seconds is not None
        assert 840 <= before.end.seconds <= 860
        odometers_m = [before.odometer_distance_m, gap.odometer_m, after.odometer_distance_m]
        assert abs(sum(each or 0 for each in odometers_m) - 40_000) <= 50

    @pytest.mark.parametrize("usage_only", [False, True])
    def test_an_odometer_that_grew_in_a_gap(self, usage_only: bool) -> None:
        """Two hours silent, found where it was, with 30 km more."""
        truth = Truth().stand(20_000)
        readings = changed(
            [one for one in Unit(usage_every_s=600).report(truth) if not between(one, 6_100, 13_000)],
            lambda one: (
                one
                if not isinstance(one, PositionReading | UsageReading) or one.odometer_m is None
                else replace(
                    one,
                    odometer_m=None
                    if usage_only and isinstance(one, PositionReading)
                    else one.odometer_m + 30_000 * (not between(one, 0, 10_000)),
                )
            ),
        )
        folded = told(readings)
        assert folded.story == "SGS"
        assert folded.gaps[0].odometer_m == 30_000
        assert folded.gaps[0].metres_apart is not None
        assert folded.gaps[0].metres_apart < 20

    def test_an_odometer_that_grew_between_two_parked_readings(self) -> None:
        """Ten minutes are no silence, but five kilometres were driven in them: that is a gap, not a stop."""
        readings = [
            position(600 * k, *point(0, 0), speed_dkmh=0, odometer_m=70_000 + 5_000 * (k > 5), ignition=False)
            for k in range(12)
        ]
        folded = told(readings)
        assert folded.story == "SGS"
        assert (since_start(folded.gaps[0].started_us), folded.gaps[0].odometer_m) == (3_000, 5_000)

    def test_an_odometer_that_is_read_late_makes_no_gap(self) -> None:
        """Its last value before the stop is half a minute old; the next one, ten minutes later, has caught up."""
        truth = Truth().stand(1_300).drive(6_000, 50).stand(4_000)
        readings = changed(
            Unit().report(truth),
            lambda one: (
                replace(
                    one,
                    odometer_m=41_234_567
                    + int(
                        truth.at(since_start(one.observed_at_us) - 25).odometer_m if between(one, 0, 1_800) else 6_000
                    ),
                )
                if isinstance(one, PositionReading)
                else one
            ),
        )
        assert told(readings).story == "STS"

    @pytest.mark.parametrize("usage_every_s", [10, 60, 600])
    def test_a_garage_without_sky_is_no_gap(self, usage_every_s: float) -> None:
        """All night only counters: the unit is not silent, and the vehicle is where it was."""
        truth = Truth().stand(700).drive(5_000).stand(40_000)
        readings = [
            one
            for one in Unit(usage_every_s=usage_every_s).report(truth)
            if isinstance(one, UsageReading) or since_start(one.observed_at_us) < truth.drives[0][1] - 5
        ]
        folded = told(readings)
        assert folded.story == "STS"
        assert since_start(folded.trips[0].ended_us or 0) <= truth.drives[0][1] + 2

    def test_a_garage_reached_in_silence_is_a_gap_of_minutes(self) -> None:
        """Its last words are a moving fix; ten minutes later the counters say that it went on by a few metres."""
        truth = Truth().stand(700).drive(5_000).stand(40_000)
        arrived_s = truth.drives[0][1]
        readings = [
            one
            for one in Unit(usage_every_s=600).report(truth)
            if since_start(one.observed_at_us) < arrived_s - 5
            or (isinstance(one, UsageReading) and since_start(one.observed_at_us) > arrived_s + 5)
        ]
        folded = told(readings)
        assert folded.story == "STGS"
        assert seconds_between(folded.gaps[0].started_us, folded.gaps[0].ended_us or 0) < 700

    def test_a_parked_unit_may_be_silent_for_half_an_hour(self) -> None:
        readings = [position(1_700 * k, *point(0, 0), ignition=False) for k in range(5)]
        assert told(readings).story == "S"
        assert told([*readings, position(9_000, *point(0, 0), ignition=False)]).story == "SGS"

    def test_what_runs_shows_its_silence(self) -> None:
        truth = Truth().stand(700).drive(20_000).stand(10)
        state = begin(1)
        for one in Unit().report(truth):
            if since_start(one.observed_at_us) <= 1_200:
                step(state, one, PARAMETERS)
        last_us = state.alive_us
        assert isinstance(tick(state, last_us + us(590), PARAMETERS), Trip)
        gap = tick(state, last_us + us(610), PARAMETERS)
        assert isinstance(gap, Gap)
        assert (gap.started_us, gap.ended_us, gap.was_moving) == (last_us, None, True)

    def test_only_counters_are_no_segment(self) -> None:
        assert told([usage(60 * k, odometer_m=1_000 + k, ignition=True) for k in range(50)]).story == ""
