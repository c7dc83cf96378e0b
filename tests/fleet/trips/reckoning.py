"""What a vehicle's segments add up to in a day and a month: counted here once more, beside the database.

A trip belongs whole to the day it began in; a stop or gap is divided among the days it lies in. All in whole
numbers, so that days add up to months and segments to days to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from fleet.model.moments import day_of
from fleet.model.trips import Gap, Segment, Stop, Trip
from fleet.trips.days import split


class Sums(msgspec.Struct, kw_only=True):
    """What a vehicle did in a day, or in a longer time."""

    trips: int = 0
    distance_m: int = 0
    odometer_m: int = 0  # of trips that know it
    driving_s: int = 0
    idle_s: int = 0
    standing_s: int = 0  # engine off, inside trips
    silent_s: int = 0  # inside trips
    stopped_s: int = 0  # stops
    gap_s: int = 0
    gaps: int = 0  # that began
    gap_odometer_m: int = 0  # what the odometer grew in gaps that began
    fuel_ml: int = 0
    energy_wh: int = 0
    fuel_distance_m: int = 0  # of trips that tell their fuel
    energy_distance_m: int = 0  # of trips that tell their electricity
    fuel_counter_ml: int = 0  # of trips whose counter tells it, as the next three
    fuel_counter_m: int = 0
    energy_counter_wh: int = 0
    energy_counter_m: int = 0
    max_speed_dkmh: int | None = None
    divisions: dict[int, list[int]] = msgspec.field(default_factory=dict)  # division -> [metres, seconds] of trips

    def add(self, other: Sums) -> None:
        """Take in another time's sums."""
        self.trips += other.trips
        self.distance_m += other.distance_m
        self.odometer_m += other.odometer_m
        self.driving_s += other.driving_s
        self.idle_s += other.idle_s
        self.standing_s += other.standing_s
        self.silent_s += other.silent_s
        self.stopped_s += other.stopped_s
        self.gap_s += other.gap_s
        self.gaps += other.gaps
        self.gap_odometer_m += other.gap_odometer_m
        self.fuel_ml += other.fuel_ml
        self.energy_wh += other.energy_wh
        self.fuel_distance_m += other.fuel_distance_m
        self.energy_distance_m += other.energy_distance_m
        self.fuel_counter_ml += other.fuel_counter_ml
        self.fuel_counter_m += other.fuel_counter_m
        self.energy_counter_wh += other.energy_counter_wh
        self.energy_counter_m += other.energy_counter_m
        self._see_speed(other.max_speed_dkmh)
        for division, (distance_m, seconds) in other.divisions.items():
            self._pass(division, distance_m, seconds)

    def add_trip(self, trip: Trip) -> None:
        """Take in a trip, whole."""
        self.trips += 1
        self.distance_m += trip.distance_m
        self.odometer_m += trip.odometer_distance_m or 0
        self.driving_s += trip.driving_s
        self.idle_s += trip.idle_s
        self.standing_s += trip.standing_s
        self.silent_s += trip.silent_s
        self.fuel_ml += trip.fuel_ml or 0
        self.energy_wh += trip.energy_wh or 0
        self.fuel_distance_m += 0 if trip.fuel_ml is None else trip.distance_m
        self.energy_distance_m += 0 if trip.energy_wh is None else trip.distance_m
        if trip.fuel_method == "counter":
            self.fuel_counter_ml += trip.fuel_ml or 0
            self.fuel_counter_m += trip.distance_m
        if trip.energy_method == "counter":
            self.energy_counter_wh += trip.energy_wh or 0
            self.energy_counter_m += trip.distance_m
        self._see_speed(trip.max_speed_dkmh)
        for part in trip.divisions:
            self._pass(part.division, part.distance_m, part.seconds)

    def _pass(self, division: int, distance_m: int, seconds: int) -> None:
        known = self.divisions.setdefault(division, [0, 0])
        known[0] += distance_m
        known[1] += seconds

    def _see_speed(self, speed_dkmh: int | None) -> None:
        if speed_dkmh is not None and (self.max_speed_dkmh is None or speed_dkmh > self.max_speed_dkmh):
            self.max_speed_dkmh = speed_dkmh


def roll_up(segments: Iterable[Segment]) -> dict[date, Sums]:
    """What a vehicle's segments say of each day; running ones (no end yet) are left out."""
    days: dict[date, Sums] = {}

    def on(day: date) -> Sums:
        return days.setdefault(day, Sums())

    for segment in segments:
        if segment.ended_us is None:
            continue
        if isinstance(segment, Trip):
            on(day_of(segment.started_us)).add_trip(segment)
            continue
        for day, seconds in split(segment.started_us, segment.ended_us):
            if isinstance(segment, Stop):
                on(day).stopped_s += seconds
            else:
                on(day).gap_s += seconds
        if isinstance(segment, Gap):
            began = on(day_of(segment.started_us))
            began.gaps += 1
            began.gap_odometer_m += segment.odometer_m or 0
    return days


def month_of(day: date) -> date:
    """The first of its month."""
    return day.replace(day=1)


def months(days: dict[date, Sums]) -> dict[date, Sums]:
    """Days added up to months."""
    sums: dict[date, Sums] = {}
    for day, each in days.items():
        sums.setdefault(month_of(day), Sums()).add(each)
    return sums
