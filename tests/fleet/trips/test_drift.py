"""A parked vehicle whose receiver wanders, and moves too short to be trips."""

from __future__ import annotations

from math import cos, sin

import numpy as np
import pytest

from fleet.model.trips import CutKind
from tests.fleet.trips.journeys import (
    Truth,
    Unit,
    point,
    position,
)
from tests.fleet.trips.stories import excursion, parked_fixes, told


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
