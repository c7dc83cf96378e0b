"""Never where the order says; beside it parking around the corner of where it says."""

from __future__ import annotations

from simulators.city import Site, SiteKind
from simulators.days.model import Draft, Filing, Outing, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Habit, label_outings
from simulators.roads import moved


def _elsewhere(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    outing = _ordinary(draft, draws)
    if outing is None or not today.kind.worked:
        return False
    villages = subject.city.sites_of(subject.county, SiteKind.VILLAGE)
    far = [site for site in villages if all(_far(site, stop.where.place) for stop in outing.stops)]
    if not far:
        return False
    site = draws.one_of(far)
    outing.named, outing.tags = ((site.name, site.place),), (*outing.tags, "elsewhere")
    return True


def _around_the_corner(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del subject, today
    outing = _ordinary(draft, draws)
    if outing is None:
        return False
    east, north = draws.between(150, 250), draws.between(-250, 250)
    outing.named = tuple((stop.name, moved(*stop.where.place, east, north)) for stop in outing.stops)
    outing.tags = (*outing.tags, "around_the_corner")
    return True


def _ordinary(draft: Draft, draws: Draws) -> Outing | None:
    outings = [one for one in draft.outings if one.filing is Filing.IN_TIME and one.named is None]
    return draws.one_of(outings) if outings else None


def _far(site: Site, place: tuple[float, float]) -> bool:
    """More than some five kilometres."""
    return abs(site.place[0] - place[0]) + abs(site.place[1] - place[1]) > 0.07


HABITS = (
    Habit("destination_deviation", "elsewhere", False, 0.0010, label_outings, _elsewhere),
    Habit("destination_deviation", "around_the_corner", True, 0.0040, label_outings, _around_the_corner),
)
