"""The awkward cases, one by one: what must be a trip, what must not, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import cos, radians, sin

import msgspec
import numpy as np
import pytest

from fleet.model.readings import GroundFlag
from fleet.model.trips import CutKind, Doubt, Gap, PositionReading, StoredReading, Trip, UsageReading
from fleet.trips.fold import begin, encode, step, tick
from fleet.trips.measure import seconds_between
from tests.fleet.trips.journeys import (
    PARAMETERS,
    START_S,
    Folded,
    Truth,
    Unit,
    changed,
    event,
    fold,
    point,
    position,
    since_start,
    us,
    usage,
)
from tests.fleet.trips.laws import assert_lawful

replace = msgspec.structs.replace


def between(reading: StoredReading, from_s: float, to_s: float) -> bool:
    return from_s <= since_start(reading.observed_at_us) < to_s


def told(readings: Iterable[StoredReading]) -> Folded:
    """Folded, and lawful besides."""
    ordered = sorted(readings, key=lambda one: one.key)
    folded = fold(ordered)
    assert_lawful(folded, ordered)
    return folded


def parked_fixes(
    places_m: Iterable[tuple[float, float]],
    every_s: float = 10,
    *,
    from_s: float = 0,
    speed: Callable[[int], int | None] = lambda _: 0,
    odometer_m: int | None = None,
    ignition: bool | None = None,
    hdop_tenths: int | None = 9,
    satellites: int | None = 11,
) -> list[StoredReading]:
    return [
        position(
            from_s + k * every_s,
            *point(*place),
            seq=k,
            speed_dkmh=speed(k),
            odometer_m=odometer_m,
            ignition=ignition,
            hdop_tenths=hdop_tenths,
            satellites=satellites,
        )
        for k, place in enumerate(places_m)
    ]


def excursion(out_m: float, fixes: int) -> list[tuple[float, float]]:
    """Out and back in a smooth curve, with an hour of standing on either side."""
    still = [(0.0, 0.0)] * 360
    way = [(out_m * sin(radians(180 * k / fixes)), out_m * 0.3 * sin(radians(180 * k / fixes))) for k in range(fixes)]
    return [*still, *way, *still]


class TestDrift:
    @pytest.mark.parametrize("speed", [0, None])
    @pytest.mark.parametrize("ignition", [None, False, True])
    def test_noise_is_no_trip(self, speed: int | None, ignition: bool | None) -> None:
        rng = np.random.default_rng(4)
        noise = np.zeros(2)
        places = []
        for _ in range(3_000):
            noise = 0.95 * noise + 20 * (1 - 0.95**2) ** 0.5 * rng.standard_normal(2)
            places.append((float(noise[0]), float(noise[1])))
        assert told(parked_fixes(places, speed=lambda _: speed, ignition=ignition)).story == "S"

    def test_a_slow_walk_is_no_trip(self) -> None:
        """Four hundred metres in ten hours, with no other witness than the receiver."""
        rng = np.random.default_rng(5)
        walk = np.cumsum(rng.normal(0.1, 3, size=(3_600, 2)), axis=0)
        folded = told(parked_fixes([(float(x), float(y)) for x, y in walk], speed=lambda _: None))
        assert folded.story == "S"

    @pytest.mark.parametrize("out_m", [150, 400, 800])
    @pytest.mark.parametrize("speed", [None, 120])
    def test_under_a_roof_the_receiver_wanders(self, out_m: float, speed: int | None) -> None:
        """Hundreds of metres, with speeds that fit, but the receiver says itself that it is in doubt."""
        folded = told(
            parked_fixes(excursion(out_m, 40), speed=lambda _: speed, hdop_tenths=80, satellites=3, ignition=False)
        )
        assert folded.story == "S"

    @pytest.mark.parametrize("out_m", [150, 400, 900])
    def test_an_odometer_that_stands_says_so(self, out_m: float) -> None:
        folded = told(parked_fixes(excursion(out_m, 40), speed=lambda k: 90 * (360 <= k < 400), odometer_m=81_234_567))
        assert folded.story == "S"

    @pytest.mark.parametrize("out_m", [150, 250])
    def test_an_engine_that_is_off_asks_for_more(self, out_m: float) -> None:
        folded = told(parked_fixes(excursion(out_m, 30), speed=lambda _: None, ignition=False))
        assert folded.story == "S"

    def test_a_first_fix_that_was_off_is_not_where_it_stands(self) -> None:
        folded = told(parked_fixes([(90.0, 0.0), *[(0.0, 0.0)] * 300]))
        assert folded.story == "S"
        assert abs(folded.stops[0].place.lon_e7 - point(0, 0)[1]) < 100


class TestShortMoves:
    @pytest.mark.parametrize("odometer", [True, False])
    def test_a_hop_in_the_yard_is_no_trip(self, odometer: bool) -> None:
        truth = Truth().stand(1_300).stand(30, True).drive(110, 15).stand(60, True).stand(2_000)
        folded = told(Unit(odometer=odometer).report(truth))
        assert folded.story == "S"
        assert 90 <= folded.stops[0].ignition_on_s <= 150

    def test_unless_the_odometer_says_otherwise(self) -> None:
        """Eight rounds of the yard, never more than 40 m away."""
        round_m = [(20 - 20 * cos(k * 0.7), 20 * sin(k * 0.7)) for k in range(70)]
        readings = [
            position(600 + 5 * k, *point(*place), speed_dkmh=100, odometer_m=500_000 + 14 * k, ignition=True)
            for k, place in enumerate(round_m)
        ]
        before = [position(10 * k, *point(0, 0), speed_dkmh=0, odometer_m=500_000, ignition=False) for k in range(60)]
        last = point(*round_m[-1])
        after = [position(960 + 10 * k, *last, speed_dkmh=0, odometer_m=500_970, ignition=False) for k in range(60)]
        folded = told([*before, *readings, *after])
        assert folded.story == "STS"
        assert folded.trips[0].odometer_distance_m == 970

    def test_an_engine_that_runs_makes_no_trip(self) -> None:
        truth = Truth().stand(1_300).stand(1_500, True).stand(2_000)
        folded = told(Unit().report(truth))
        assert folded.story == "S"
        assert abs(folded.stops[0].ignition_on_s - 1_500) <= 1

    @pytest.mark.parametrize("wait_s", [60, 110])
    def test_an_engine_off_for_a_moment_does_not_end_a_trip(self, wait_s: int) -> None:
        truth = Truth().stand(1_300).drive(3_000).stand(wait_s).drive(3_000).stand(2_000)
        folded = told(Unit(parked_every_s=20).report(truth))
        assert folded.story == "STS"
        assert abs(folded.trips[0].standing_s - wait_s) <= 20
        assert told(Unit(parked_every_s=20).report(truth.stand(1))).story == "STS"

    def test_but_for_minutes_it_does(self) -> None:
        truth = Truth().stand(1_300).drive(3_000).stand(200).drive(3_000).stand(2_000)
        assert told(Unit(parked_every_s=20).report(truth)).story == "STSTS"

    @pytest.mark.parametrize(("wait_s", "story"), [(240, "STS"), (900, "STS"), (1_500, "STSTS")])
    def test_a_jam_is_part_of_the_trip_while_the_engine_runs(self, wait_s: int, story: str) -> None:
        truth = Truth().stand(1_300).drive(3_000, red_lights=(wait_s,)).stand(2_000)
        folded = told(Unit().report(truth))
        assert folded.story == story
        if story == "STSTS":
            cut = folded.trips[0].end
            assert cut is not None
            assert cut.kind is CutKind.LONG_IDLE
            assert abs(folded.stops[1].ignition_on_s - wait_s) <= 20
        else:
            assert abs(folded.trips[0].idle_s - wait_s) <= 30

    @pytest.mark.parametrize(("wait_s", "story"), [(240, "STS"), (400, "STSTS")])
    def test_where_the_engine_is_not_known_minutes_end_a_trip(self, wait_s: int, story: str) -> None:
        truth = Truth().stand(1_300).drive(3_000, red_lights=(wait_s,)).stand(2_000)
        assert told(Unit(ignition=False).report(truth)).story == story

    def test_a_crawl_is_a_trip(self) -> None:
        truth = Truth().stand(1_300).stand(20, True)
        for _ in range(20):
            truth.drive(60, 12).stand(45, True)
        folded = told(Unit().report(truth.stand(2_000)))
        assert folded.story == "STS"
        assert abs(folded.trips[0].distance_m - 1_200) < 100


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


class TestMeters:
    DRIVE = Truth().stand(1_300).stand(20, True).drive(12_000, 60).stand(20, True).stand(3_000)

    def test_a_reset_odometer_is_counted_in_pieces(self) -> None:
        readings = changed(
            Unit().report(self.DRIVE),
            lambda one: (
                replace(one, odometer_m=one.odometer_m - 41_234_567 - 4_000)
                if isinstance(one, PositionReading) and not between(one, 0, 1_700) and one.odometer_m is not None
                else one
            ),
        )
        trip = told(readings).trips[0]
        assert trip.odometer_distance_m is not None
        assert 11_500 <= trip.odometer_distance_m <= 12_000

    def test_an_odometer_far_from_the_track_is_flagged(self) -> None:
        readings = changed(
            Unit().report(self.DRIVE),
            lambda one: (
                replace(one, odometer_m=one.odometer_m + (one.odometer_m - 41_234_567))
                if isinstance(one, PositionReading) and one.odometer_m is not None
                else one
            ),
        )
        trip = told(readings).trips[0]
        assert trip.doubts & Doubt.ODOMETER_DIFFERS
        assert trip.odometer_distance_m is not None
        assert abs(trip.odometer_distance_m - 24_000) < 100

    def test_another_unit_while_it_stands(self) -> None:
        first = [one for one in Unit().report(self.DRIVE) if between(one, 0, 4_000)]
        other = Unit(unit_id=9, odometer_at_start_m=5).report(self.DRIVE)
        folded = told([*first, *(one for one in other if not between(one, 0, 4_000))])
        assert folded.story == "STSS"
        assert folded.stops[-1].begin.kind is CutKind.UNIT_CHANGED
        assert folded.stops[-1].unit_ids == (9,)

    def test_another_unit_while_it_drives(self) -> None:
        first = [one for one in Unit().report(self.DRIVE) if between(one, 0, 1_700)]
        other = Unit(unit_id=9, odometer_at_start_m=5).report(self.DRIVE)
        folded = told([*first, *(one for one in other if not between(one, 0, 1_700))])
        assert folded.story == "STS"
        trip = folded.trips[0]
        assert trip.unit_ids == (7, 9)
        assert trip.doubts & Doubt.UNIT_CHANGED
        assert trip.odometer_distance_m is not None
        assert 11_500 <= trip.odometer_distance_m <= 12_000

    @staticmethod
    def usages(value: Callable[[float], dict[str, int | bool | None]]) -> list[StoredReading]:
        """Usage readings every minute, of the share of the way that is done."""
        truth = TestMeters.DRIVE
        return [
            usage(at_s, seq=k, **value(truth.at(at_s).odometer_m / 12_000))  # type: ignore[arg-type]
            for k, at_s in enumerate(range(0, truth.end_s, 60))
        ]

    def trip(self, value: Callable[[float], dict[str, int | bool | None]], battery_wh: int | None = None) -> Trip:
        readings = sorted([*Unit().report(self.DRIVE), *self.usages(value)], key=lambda one: one.key)
        folded = fold(readings, msgspec.structs.replace(PARAMETERS, battery_wh=battery_wh))
        assert folded.story == "STS"
        return folded.trips[0]

    def test_a_counter_is_the_best_source(self) -> None:
        trip = self.trip(lambda done: {"fuel_used_ml": 9_000 + int(900 * done), "fuel_level_ml": 20_000})
        assert (trip.fuel_ml, trip.fuel_method) == (900, "counter")

    def test_a_level_serves_where_there_is_none(self) -> None:
        trip = self.trip(lambda done: {"fuel_level_ml": 20_000 - int(1_200 * done)})
        assert (trip.fuel_ml, trip.fuel_method) == (1_200, "level")

    def test_refuelling_on_the_way_makes_nothing_negative(self) -> None:
        trip = self.trip(lambda done: {"fuel_level_ml": 20_000 - int(1_200 * done) + 30_000 * (done > 0.5)})
        assert trip.fuel_method == "level"
        assert trip.fuel_ml is not None
        assert 1_000 <= trip.fuel_ml <= 1_200

    def test_a_sloshing_tank_makes_nothing_negative(self) -> None:
        trip = self.trip(lambda done: {"fuel_level_ml": 20_000 + int(2_000 * sin(40 * done))})
        assert trip.fuel_ml is not None
        assert 0 <= trip.fuel_ml <= 4_000

    def test_a_counter_that_is_reset(self) -> None:
        trip = self.trip(lambda done: {"fuel_used_ml": int(900 * done) + 9_000 * (done < 0.5)})
        assert trip.fuel_ml is not None
        assert 700 <= trip.fuel_ml <= 900

    def test_energy_from_a_counter(self) -> None:
        trip = self.trip(lambda done: {"energy_used_wh": 70_000 + int(2_000 * done)})
        assert (trip.energy_wh, trip.energy_method) == (2_000, "counter")

    def test_energy_from_the_state_of_charge(self) -> None:
        trip = self.trip(lambda done: {"soc_permille": 800 - int(40 * done)}, battery_wh=50_000)
        assert (trip.energy_wh, trip.energy_method) == (2_000, "soc")
        assert self.trip(lambda done: {"soc_permille": 800 - int(40 * done)}).energy_wh is None

    def test_charging_on_the_way_makes_nothing_negative(self) -> None:
        trip = self.trip(
            lambda done: {"soc_permille": 800 - int(40 * done) + 150 * (done > 0.5), "charging": done > 0.5},
            battery_wh=50_000,
        )
        assert trip.energy_wh is not None
        assert 1_500 <= trip.energy_wh <= 2_000

    def test_nothing_is_said_where_nothing_is_known(self) -> None:
        trip = fold(Unit().report(self.DRIVE)).trips[0]
        assert (trip.fuel_ml, trip.fuel_method, trip.energy_wh, trip.energy_method) == (None, None, None, None)

    def test_charging_is_the_stops(self) -> None:
        readings: list[StoredReading] = [position(600 * k, *point(0, 0), ignition=False) for k in range(12)]
        readings += [usage(600 * k + 1, energy_charged_wh=5_000 + 900 * k, charging=True) for k in range(12)]
        stop = told(readings).stops[0]
        assert stop.charged_wh == 9_900

    def test_refuelling_is_the_stops(self) -> None:
        readings: list[StoredReading] = [position(600 * k, *point(0, 0), ignition=False) for k in range(12)]
        readings += [usage(600 * k + 1, fuel_level_ml=11_000 + 30_000 * (k > 6)) for k in range(12)]
        assert told(readings).stops[0].fuel_change_ml == 30_000


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
