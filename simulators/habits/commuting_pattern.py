"""The vehicle goes home with its driver, night after night of the working week."""

from __future__ import annotations

from datetime import date

from simulators.city import Site, SiteKind
from simulators.days.calendar import kind_of
from simulators.days.model import Subject
from simulators.days.roles import Role, role_of

CHANCE = 0.003  # of a vehicle, for good
_NEVER = (Role.CALLS, Role.SHUTTLE, Role.DELIVERY)


def commuter_night(subject: Subject, day: date, scale: float) -> Site | None:
    """Where a commuter's vehicle stands in the night after a working day; None = in its yard."""
    draws = subject.draws("commuter")
    if not draws.chance(CHANCE * min(scale, 30.0)) or role_of(subject) in _NEVER:
        return None
    near = subject.city.around(SiteKind.HOUSING, subject.county, subject.home)
    site = draws.one_of(near[4:])  # not beside the yard
    if not kind_of(day).worked or not subject.draws("commutes", day.toordinal()).chance(0.9):
        return None
    return site
