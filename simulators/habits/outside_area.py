"""Beyond the area the order permits; beside it the way to another county that the order permits."""

from __future__ import annotations

from simulators.city import SiteKind
from simulators.days.duties import stop_at
from simulators.days.model import Area, Draft, Filing, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Found, Habit, Lived, label_outings


def _beyond(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    """One more stop, in another county, that the order does not name."""
    outings = [one for one in draft.outings if one.filing is Filing.IN_TIME and one.area is None]
    if not outings or not today.kind.worked or subject.on_the_whole_city:
        return False
    outing = draws.one_of(outings)
    if any(stop.division != subject.county for stop in outing.stops):
        return False
    others = [code for code in subject.city.counties if code != subject.county]
    lat, lon = subject.home.place
    towns = subject.city.network.towns
    near = sorted(
        others,
        key=lambda code: (towns[code].division.seat_lat - lat) ** 2 + (towns[code].division.seat_lon - lon) ** 2,
    )[:2]
    site = draws.one_of(subject.city.sites_of(draws.one_of(near), SiteKind.OFFICE))
    stop = stop_at(site, draws.between(30, 70))
    stop.ordered = False
    outing.stops = [outing.stops[0], stop]
    outing.area, outing.back_by = Area.COUNTY, None
    outing.tags = (*outing.tags, "beyond_the_area")
    return True


def _settle(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    """Where the day was too short for the other county, nothing was done."""
    reached = [one for one, _ in lived.tagged(habit.name) if any(stop.division != subject.county for stop in one.stops)]
    return label_outings(habit, subject, today, lived, draws) if reached else Found()


def _permitted(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del today, draws
    for outing in draft.outings:
        if outing.filing is Filing.IN_TIME and any(stop.division != subject.county for stop in outing.stops):
            outing.tags = (*outing.tags, "other_county_permitted")
            return True
    return False


HABITS = (
    Habit("outside_area", "beyond_the_area", False, 0.0010, _settle, _beyond),
    Habit("outside_area", "other_county_permitted", True, 0.0080, label_outings, _permitted),
)
