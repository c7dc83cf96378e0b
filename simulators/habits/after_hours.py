"""Out in the evening without an order; beside it overtime that was approved."""

from __future__ import annotations

from simulators.days.model import Draft, Filing, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Habit, label_outings
from simulators.habits.private import AT_LEISURE, add_outing, can_move, town_site


def _evening(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    if not today.kind.worked or not can_move(subject):
        return False
    sites = [(town_site(subject, draws, *AT_LEISURE), draws.between(25, 90))]
    add_outing(draft, today, "evening_out", draws.between(19.6, 21.0), 24.5, sites, Filing.NONE)
    return True


def _overtime(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    if not today.kind.worked or not can_move(subject):
        return False
    sites = [(town_site(subject, draws, *AT_LEISURE), draws.between(30, 100))]
    add_outing(draft, today, "approved_overtime", draws.between(18.8, 20.2), 23.9, sites, Filing.IN_TIME)
    return True


HABITS = (
    Habit("after_hours", "evening_out", False, 0.0012, label_outings, _evening),
    Habit("after_hours", "approved_overtime", True, 0.0060, label_outings, _overtime),
)
