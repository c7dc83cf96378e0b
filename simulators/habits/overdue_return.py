"""Hours after the order has ended; beside it the return within the grace."""

from __future__ import annotations

from simulators.days.model import Draft, Filing, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Found, Habit, Lived, label_outings


def _tagged(draft: Draft, draws: Draws, tag: str) -> bool:
    outings = [one for one in draft.outings if one.filing is Filing.IN_TIME and one.window_s is None]
    if not outings:
        return False
    outing = draws.one_of(outings)
    outing.tags = (*outing.tags, tag)
    return True


def _overdue(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    """The last stop takes hours longer than the order allows."""
    del subject, today
    if not _tagged(draft, draws, "hours_late"):
        return False
    for outing in draft.outings:
        if "hours_late" in outing.tags:
            outing.window_s = sum(stop.stay_s for stop in outing.stops) + 2_400.0
            outing.stops[-1].stay_s += draws.between(9_000, 16_000)
            outing.back_by = None
    return True


def _in_grace(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del subject, today
    return _tagged(draft, draws, "within_the_grace")


def _settle(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    return label_outings(habit, subject, today, lived, draws)


HABITS = (
    Habit("overdue_return", "hours_late", False, 0.0010, _settle, _overdue),
    Habit("overdue_return", "within_the_grace", True, 0.0040, _settle, _in_grace),
)
