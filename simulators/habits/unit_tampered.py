"""The power is cut, the vehicle driven, the power put back; beside it the short dip of a weak battery."""

from __future__ import annotations

from simulators.days.model import Disturbance, Effect, Notice, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Found, Habit, Lived, needs_a_drive, spans_of


def _cut(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    del subject, today
    found = Found()
    if lived.legs:
        first = draws.below(len(lived.legs))
        leg = lived.legs[first]
        begins = float(round(leg.departs_at - leg.warm_s - draws.between(60, 300)))
        ends = float(round(leg.arrives_at + leg.idle_s + draws.between(1_200, 4_000)))
        name = "power_cut" if draws.chance(0.7) else "unit_removed"
        found.notices.append(Notice(begins, name))
        if name == "unit_removed":
            found.notices.append(Notice(ends, "unit_fitted"))
        found.effects.append(Effect(Disturbance.SILENT, begins + 1.0, ends))
        found.labels.append(habit.label(begins, ends, event=name, trips=spans_of([leg])))
    return found


def _dip(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    """Back within the grace, at the moment the engine starts."""
    del subject, today
    found = Found()
    if lived.legs:
        leg = draws.one_of(lived.legs)
        begins = float(round(leg.departs_at - leg.warm_s + 1))
        ends = float(round(begins + draws.between(20, 150)))
        found.notices.append(Notice(begins, "power_cut"))
        found.effects.append(Effect(Disturbance.SILENT, begins + 1.0, ends))
        found.labels.append(habit.label(begins, ends))
    return found


HABITS = (
    Habit("unit_tampered", "power_cut_and_driven", False, 0.0010, _cut, needs_a_drive),
    Habit("unit_tampered", "short_power_dip", True, 0.0040, _dip, needs_a_drive),
)
