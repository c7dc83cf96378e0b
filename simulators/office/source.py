"""Where papers come from: the organs with their vehicles and drivers, planned one organ at a time. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fleet.model.registry import VehicleStatus
from simulators.office.papers import Member, Paper, papers_of
from simulators.office.staff import Driver
from simulators.roster import UnitSpec
from simulators.vehicle import Vehicle, World


class Organs:
    """Those whose vehicles are played. Vehicles that nobody may order (confidential ones) have no papers."""

    def __init__(self, roster: Iterable[UnitSpec], drivers: Iterable[Driver], world: World) -> None:
        self._members: dict[int, list[Member]] = {}
        self._drivers: dict[int, list[Driver]] = {}
        self.vehicles: list[Vehicle] = []
        for spec in roster:
            if spec.organ is None or spec.vehicle_id is None or spec.confidential:
                continue
            if spec.status is not VehicleStatus.IN_SERVICE:
                continue
            vehicle = Vehicle(spec.vehicle, world)
            self.vehicles.append(vehicle)
            self._members.setdefault(spec.organ, []).append(Member(spec.vehicle_id, vehicle, spec.seats or 5))
        for driver in drivers:
            self._drivers.setdefault(driver.organ_id, []).append(driver)

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(sorted(self._members))

    def papers(self, organ: int, day: date) -> list[Paper]:
        """All papers of an organ for a day, the earliest departure first."""
        return papers_of(self._members[organ], self._drivers.get(organ, ()), day)
