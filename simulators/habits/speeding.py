"""Far above the limit on open roads; beside it one wrong value of a receiver."""

from __future__ import annotations

from simulators.days.model import Disturbance, Draft, Effect, Filing, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Found, Habit, Lived, label_outings, needs_a_drive


def _fast(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    """Only who leaves the county meets roads that invite to it."""
    del today
    for outing in draft.outings:
        far = any(stop.division != subject.county for stop in outing.stops)
        if far and outing.filing is Filing.IN_TIME:
            outing.speeding, outing.pace = draws.between(34, 48), outing.pace * 1.2
            outing.tags = (*outing.tags, "too_fast")
            return True
    return False


def _spike(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    del subject, today
    found = Found()
    if lived.legs:
        leg = draws.one_of(lived.legs)
        at = leg.departs_at + draws.unit() * (leg.arrives_at - leg.departs_at)
        found.effects.append(Effect(Disturbance.SPIKE, at, at + 12.0, draws.between(70, 120)))
        found.labels.append(habit.label(at, at + 12.0))
    return found


HABITS = (
    Habit("speeding", "too_fast", False, 0.0100, label_outings, _fast),
    Habit("speeding", "speed_spike", True, 0.0030, _spike, needs_a_drive),
)
