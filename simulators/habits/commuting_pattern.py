"""The vehicle goes home with its driver, night after night of the working week; beside it the week on call, in which
orders let it stand the nights near its driver."""

from __future__ import annotations

from datetime import date, timedelta

from simulators.city import Site, SiteKind
from simulators.days.calendar import kind_of
from simulators.days.model import Subject
from simulators.days.roles import Role, role_of

CHANCE = 0.003  # of a vehicle, for good
ON_CALL_CHANCE = 0.004  # of a vehicle in a week
_NEVER = (Role.CALLS, Role.SHUTTLE, Role.DELIVERY)
_ON_CALL = (Role.ERRANDS, Role.COURT, Role.FIELD, Role.RESERVE)


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


def on_call_night(subject: Subject, day: date, scale: float) -> Site | None:
    """Where a vehicle on call stands in the night between two working days of its week, the same place each night."""
    if not kind_of(day).worked or not kind_of(day + timedelta(days=1)).worked or role_of(subject) not in _ON_CALL:
        return None
    draws = subject.draws("on_call", *day.isocalendar()[:2])
    if not draws.chance(ON_CALL_CHANCE * min(scale, 20.0)):
        return None
    return draws.one_of(subject.city.around(SiteKind.HOUSING, subject.county, subject.home)[4:])
