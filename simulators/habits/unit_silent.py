"""The unit says nothing for hours, a drive among them; beside it the valley without a network."""

from __future__ import annotations

from simulators.days.model import Disturbance, Effect, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Found, Habit, Lived, needs_a_drive


def _silent(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    del subject, today
    found = Found()
    legs = [leg for leg in lived.legs if leg.arrives_at - leg.departs_at > 1_300]
    if legs:
        leg = draws.one_of(legs)
        begins = leg.departs_at + draws.between(60, 240)
        ends = leg.arrives_at + draws.between(7_500, 16_000)
        found.effects.append(Effect(Disturbance.SILENT, begins, ends))
        found.labels.append(habit.label(begins, ends))
    return found


def _valley(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    """The samples are kept and come later."""
    del subject, today
    found = Found()
    if lived.legs:
        leg = draws.one_of(lived.legs)
        begins = leg.departs_at + 0.5 * (leg.arrives_at - leg.departs_at)
        ends = begins + draws.between(1_200, 6_000)
        found.effects.append(Effect(Disturbance.OUT_OF_REACH, begins, ends))
        found.labels.append(habit.label(begins, ends))
    return found


HABITS = (
    Habit("unit_silent", "switched_off", False, 0.0010, _silent, needs_a_drive),
    Habit("unit_silent", "dead_valley", True, 0.0080, _valley, needs_a_drive),
)
