"""The night away from the yard; beside it the night of a mission that an order covers."""

from __future__ import annotations

from datetime import date, timedelta

from simulators.city import Site, SiteKind
from simulators.days.calendar import kind_of
from simulators.days.model import Subject
from simulators.days.roles import Role, role_of

CHANCE = 0.0012  # of a vehicle on a day
MISSION_CHANCE = 0.004
_GOES_ON_MISSIONS = (Role.ERRANDS, Role.FIELD, Role.COURT)


def private_night(subject: Subject, day: date, chance: float) -> Site | None:
    """Where the vehicle stands in the night after `day` without leave; None = it does not."""
    draws = subject.draws("overnight", day.toordinal())
    if not draws.chance(chance):
        return None
    return draws.one_of(subject.city.sites_of(subject.county, draws.one_of((SiteKind.HOTEL, SiteKind.HOUSING))))


def mission_night(subject: Subject, day: date, chance: float) -> Site | None:
    """The hotel of a mission of two days that begins on `day`; never two in a row."""
    if not _mission_begins(subject, day, chance) or _mission_begins(subject, day - timedelta(days=1), chance):
        return None
    draws = subject.draws("mission", day.toordinal(), "where")
    others = [code for code in subject.city.counties if code != subject.county]
    place = subject.city.beyond if draws.chance(0.5) and subject.spec.tank_l is not None else draws.one_of(others)
    return draws.one_of(subject.city.sites_of(place, SiteKind.HOTEL))


def _mission_begins(subject: Subject, day: date, chance: float) -> bool:
    if not kind_of(day).worked or not kind_of(day + timedelta(days=1)).worked:
        return False
    return (
        subject.draws("mission", day.toordinal()).chance(chance)
        and role_of(subject) in _GOES_ON_MISSIONS
        and (subject.spec.tank_l is not None)
    )
