"""An excursion on a day of rest; beside it duty that was approved, and the weekend that is worked."""

from __future__ import annotations

from simulators.city import SiteKind
from simulators.days.calendar import DayKind
from simulators.days.model import Draft, Filing, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Habit, label_outings
from simulators.habits.private import add_outing, can_move, town_site


def _excursion(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    if today.kind.worked or not can_move(subject):
        return False
    villages = subject.city.sites_of(subject.county, SiteKind.VILLAGE)
    sites = [(draws.one_of(villages), draws.between(60, 180))]
    add_outing(draft, today, "excursion", draws.between(8.8, 11.5), 20.0, sites, Filing.NONE)
    return True


def _weekend_duty(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    if today.kind.worked or not can_move(subject):
        return False
    sites = [(town_site(subject, draws, SiteKind.OFFICE, SiteKind.HOSPITAL), draws.between(30, 120))]
    add_outing(draft, today, "approved_weekend_duty", draws.between(8.8, 14.0), 20.0, sites, Filing.IN_TIME)
    return True


def _make_up(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    """The day is worked as any other; only the label is new."""
    del subject, draws
    if today.kind is not DayKind.MAKE_UP or not draft.outings:
        return False
    for outing in draft.outings:
        outing.tags = (*outing.tags, "make_up_working_day")
    return True


HABITS = (
    Habit("holiday_use", "excursion", False, 0.0040, label_outings, _excursion),
    Habit("holiday_use", "approved_weekend_duty", True, 0.0080, label_outings, _weekend_duty),
    Habit("holiday_use", "make_up_working_day", True, 0.0300, label_outings, _make_up),
)
