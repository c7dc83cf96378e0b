"""A task force: one emergency takes many vehicles for some days, to villages and hospitals of one county."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from fleet.geography.distance import haversine_m
from fleet.model.registry import Body, VehicleStatus, VehicleUse
from simulators.city import SiteKind
from simulators.days.calendar import at_hour
from simulators.days.duties import stop_at
from simulators.days.model import Area, Draft, Filing, Outing, Purpose, Subject, Today, VehicleSpec
from simulators.draws import Draws

_NEAR_M = 50_000
_BEST_BODIES = (Body.LABORATORY, Body.COLD_CHAIN, Body.DISINFECTION, Body.BUS)


@dataclass(frozen=True, slots=True)
class TaskForce:
    """The vehicles (by key) that serve from `first` to `last`, both included: in the county `division`, or around
    their yards where that is too far."""

    vehicles: frozenset[str]
    first: date
    last: date
    division: int

    @classmethod
    def of(
        cls, specs: Iterable[VehicleSpec], count: int, first: date, last: date, division: int, seed: int
    ) -> TaskForce:
        """The `count` vehicles that suit best: special bodies, then emergency vehicles, then others, by the seed."""
        usable = [one for one in specs if one.status is VehicleStatus.IN_SERVICE and one.body is not Body.AMBULANCE]
        usable.sort(key=lambda one: (_rank(one), Draws(seed, "task force", one.key).unit()))
        return cls(frozenset(one.key for one in usable[:count]), first, last, division)

    def draft(self, subject: Subject, today: Today) -> Draft | None:
        """The day of a vehicle that serves; None where it does not."""
        if subject.spec.key not in self.vehicles or not self.first <= today.day <= self.last:
            return None
        draws, sites_of = subject.draws("task force", today.day.toordinal()), subject.city.sites_of
        division = self._where(subject)
        villages = sites_of(division, SiteKind.VILLAGE)
        hospitals = sites_of(division, SiteKind.HOSPITAL) or villages
        if division == subject.county:
            # Who serves at home serves around its yard.
            villages = subject.city.around(SiteKind.VILLAGE, division, subject.home)[:20]
        draft = Draft()
        for hour, back in ((7.2, 12.8), (13.6, 20.5)):
            stops = [stop_at(draws.one_of(villages), draws.between(25, 70)) for _ in range(3)]
            stops.insert(1, stop_at(draws.one_of(hospitals), draws.between(10, 25)))
            leaves = at_hour(today.day, hour + draws.between(0, 0.6))
            # The first order comes afterwards: an emergency departs at once.
            filing = Filing.EMERGENCY if today.day == self.first and hour < 12 else Filing.IN_TIME
            draft.outings.append(
                Outing(
                    Purpose.TASK_FORCE,
                    leaves,
                    stops,
                    filing,
                    back_by=at_hour(today.day, back),
                    area=Area.CITY,
                    tags=("task_force",),
                )
            )
        return draft

    def _where(self, subject: Subject) -> int:
        """The county in need; vehicles from farther away than an hour serve in their own, where it is needed too."""
        seat = subject.city.network.towns[self.division].division
        away_m = haversine_m(*subject.home.place, seat.seat_lat, seat.seat_lon)
        return self.division if away_m < _NEAR_M else subject.county


def _rank(spec: VehicleSpec) -> int:
    if spec.body in _BEST_BODIES:
        return 0
    return 1 if spec.use is VehicleUse.EMERGENCY else 2
