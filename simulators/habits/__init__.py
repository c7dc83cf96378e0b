"""Habits: one file each, named like the rule it should trip, with its innocent look-alikes beside it. Pure.

A vehicle has at most one of them on a day, drawn from the seed; nights away from the yard come on top.
"""

from __future__ import annotations

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


__all__ = ["HABITS", "Found", "Habit", "Lived", "habit_named", "habit_of"]
