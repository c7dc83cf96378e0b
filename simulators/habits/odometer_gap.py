"""The antenna is off during a drive, the odometer is not; beside it the tunnel."""

from __future__ import annotations

from simulators.days.model import Disturbance, Effect, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Found, Habit, Lived, needs_a_drive, spans_of

_LEAST_M = 9_000


def _blind(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    """No fix for a whole outing of at least some kilometres, out and back."""
    del subject, today
    found = Found()
    driven = [[leg for leg in lived.legs if leg.outing == number] for number in range(len(lived.outings))]
    outings = [legs for legs in driven if sum(leg.distance_m for leg in legs) >= _LEAST_M]
    if outings:
        legs = draws.one_of(outings)
        begins, ends = legs[0].departs_at - 60, legs[-1].arrives_at + 60
        found.effects.append(Effect(Disturbance.NO_FIX, begins, ends))
        metres = sum(leg.distance_m for leg in legs)
        found.labels.append(habit.label(begins, ends, distance_m=metres, trips=spans_of(legs)))
    return found


def _gap(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    """Some minutes without a fix, as below high walls; the straight line explains the distance."""
    del subject, today
    found = Found()
    legs = [leg for leg in lived.legs if leg.arrives_at - leg.departs_at > 900]
    if legs:
        leg = draws.one_of(legs)
        begins = leg.departs_at + draws.between(0.2, 0.6) * (leg.arrives_at - leg.departs_at)
        ends = begins + draws.between(60, 170)
        found.effects.append(Effect(Disturbance.NO_FIX, begins, ends))
        found.labels.append(habit.label(begins, ends))
    return found


HABITS = (
    Habit("odometer_gap", "antenna_off", False, 0.0010, _blind, needs_a_drive),
    Habit("odometer_gap", "short_gap", True, 0.0060, _gap, needs_a_drive),
)
