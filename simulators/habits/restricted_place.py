"""A stay at a place officials keep away from; beside it the inspection of one, and a short halt in front of it."""

from __future__ import annotations

from simulators.city import SiteKind
from simulators.days.duties import stop_at
from simulators.days.model import Draft, Filing, Outing, Purpose, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Habit, label_outings
from simulators.habits.private import town_site

_KINDS = (SiteKind.ENTERTAINMENT, SiteKind.SCENIC, SiteKind.PRIVATE_CLUB)


def _stay(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del today
    return _one_more(subject, draft, draws, "restricted_stay", draws.between(25, 90))


def _halt(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del today
    return _one_more(subject, draft, draws, "restricted_short_halt", draws.between(3, 6))


def _one_more(subject: Subject, draft: Draft, draws: Draws, tag: str, minutes: float) -> bool:
    """Another stop that the order does not name."""
    outings = [one for one in draft.outings if one.filing is Filing.IN_TIME]
    if not outings:
        return False
    outing = draws.one_of(outings)
    stop = stop_at(town_site(subject, draws, *_KINDS), minutes)
    stop.ordered = False
    outing.stops = [outing.stops[0], stop, *outing.stops[1:]]
    outing.back_by, outing.tags = None, (*outing.tags, tag)
    return True


def _inspection(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    outings = [one for one in draft.outings if one.filing is Filing.IN_TIME]
    if not outings or not today.kind.worked:
        return False
    outing: Outing = draws.one_of(outings)
    outing.purpose = Purpose.INSPECTION
    outing.stops.append(stop_at(town_site(subject, draws, *_KINDS), draws.between(20, 60)))
    outing.back_by, outing.tags = None, (*outing.tags, "restricted_inspection")
    return True


HABITS = (
    Habit("restricted_place", "restricted_stay", False, 0.0010, label_outings, _stay),
    Habit("restricted_place", "restricted_inspection", True, 0.0025, label_outings, _inspection),
    Habit("restricted_place", "restricted_short_halt", True, 0.0015, label_outings, _halt),
)
