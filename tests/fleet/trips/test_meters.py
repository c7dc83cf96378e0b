"""Odometer, fuel and energy of a trip."""

from __future__ import annotations

from collections.abc import Callable
from math import sin

import msgspec

from fleet.model.trips import CutKind, Doubt, PositionReading, StoredReading, Trip
from tests.fleet.trips.journeys import (
    PARAMETERS,
    Truth,
    Unit,
    changed,
    fold,
    point,
    position,
    usage,
)
from tests.fleet.trips.stories import between, told

replace = msgspec.structs.replace


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
