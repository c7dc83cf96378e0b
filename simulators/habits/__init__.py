"""Habits: one file each, named like the rule it should trip, with its innocent look-alikes beside it. Pure.

A vehicle has at most one of them on a day, drawn from the seed; nights away from the yard come on top.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from simulators.days.model import Subject, Today
from simulators.habits import (
    after_hours,
    destination_deviation,
    fuel_drop,
    holiday_use,
    long_idle,
    odometer_gap,
    outside_area,
    overdue_return,
    refuel_mismatch,
    restricted_place,
    sealed_vehicle_moved,
    speeding,
    unapproved_trip,
    unit_silent,
    unit_tampered,
)
from simulators.habits.habit import Found, Habit, Lived

HABITS: tuple[Habit, ...] = tuple(
    chain(
        unapproved_trip.HABITS,
        after_hours.HABITS,
        holiday_use.HABITS,
        sealed_vehicle_moved.HABITS,
        outside_area.HABITS,
        destination_deviation.HABITS,
        overdue_return.HABITS,
        restricted_place.HABITS,
        speeding.HABITS,
        long_idle.HABITS,
        fuel_drop.HABITS,
        refuel_mismatch.HABITS,
        odometer_gap.HABITS,
        unit_silent.HABITS,
        unit_tampered.HABITS,
    )
)


@dataclass(frozen=True, slots=True)
class Density:
    """More habits than any real city has, for whoever measures the rules; what a habit does stays the same.

    `acts` are tried in an order drawn by their weights, until one is possible that day. Whatever came of it,
    `disturbances` may come on top: chances of habits that leave the day as it is and disturb only its measurement;
    their sum is at most 1. `private_night`, `mission`: chances of nights away from the yard.
    """

    acts: Mapping[str, float]
    disturbances: Mapping[str, float]
    private_night: float
    mission: float

    def acts_of(self, subject: Subject, today: Today) -> Iterator[Habit]:
        """In the order in which they are to be tried."""
        draws = subject.draws("acts", today.day.toordinal())
        left = [(weight, habit_named(name)) for name, weight in self.acts.items() if weight > 0]
        while left:
            chosen = draws.weighted([(weight, number) for number, (weight, _) in enumerate(left)])
            yield left.pop(chosen)[1]

    def disturbance_of(self, subject: Subject, today: Today) -> Habit | None:
        dice = subject.draws("disturbance", today.day.toordinal()).unit()
        for name, chance in self.disturbances.items():
            dice -= chance
            if dice < 0:
                return habit_named(name)
        return None


def habit_named(name: str) -> Habit:
    """Raises KeyError where none has the name."""
    return {habit.name: habit for habit in HABITS}[name]


def habit_of(subject: Subject, today: Today, scale: float) -> Habit | None:
    """The habit that wants this vehicle on this date; `scale` multiplies every chance."""
    left = subject.draws("habit", today.day.toordinal()).unit()
    if scale <= 0:
        return None
    left /= scale
    for habit in HABITS:
        left -= habit.chance
        if left < 0:
            return habit
    return None


__all__ = ["HABITS", "Density", "Found", "Habit", "Lived", "habit_named", "habit_of"]
