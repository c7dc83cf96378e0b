"""Drivers, areas and cards of the demonstration pass the rules that a clerk's entries are judged by."""

from __future__ import annotations

from datetime import date

import pytest

from fleet.demonstration.city import build_city
from fleet.model.city import City
from fleet.model.policies import POLICIES
from fleet.model.records import DriverRecord, VehicleRecord
from fleet.model.rulings import AreaPurpose
from fleet.registry.area import Shape, shape_problems
from fleet.registry.driver import driver_problems
from fleet.registry.problems import Severity
from fleet.registry.vehicle import vehicle_problems

TODAY = date(2026, 7, 1)


@pytest.fixture(scope="module")
def city() -> City:
    return build_city()


def test_every_vehicle_is_one_a_clerk_could_enter(city: City) -> None:
    names = set(VehicleRecord.__dataclass_fields__) & set(type(city.vehicles[0]).__dataclass_fields__)
    for vehicle in city.vehicles:
        record = VehicleRecord(**{name: getattr(vehicle, name) for name in names})
        found = vehicle_problems(record, today=TODAY)
        assert [one for one in found if one.severity is Severity.ERROR] == []
        assert {one.code for one in found} <= {"unmarked"}


def test_drivers_are_numbers_with_phones_of_nobody(city: City) -> None:
    assert 6_500 < len(city.drivers) < 7_500
    assert len({driver.label for driver in city.drivers}) == len(city.drivers)
    for driver in city.drivers:
        assert driver.phone is not None
        assert driver.phone.startswith("00000")
        record = DriverRecord(
            label=driver.label,
            organ_id=driver.organ_id,
            licence_class=driver.licence_class,
            licence_expires_on=driver.licence_expires_on,
            phone=driver.phone,
        )
        assert {one.code for one in driver_problems(record, today=TODAY)} <= {"licence_expires"}


def test_areas_are_drawn_rightly(city: City) -> None:
    assert {area.purpose for area in city.areas} == set(AreaPurpose)
    assert [area.id for area in city.areas] == list(range(1, len(city.areas) + 1))
    for area in city.areas:
        assert shape_problems(Shape(ring=area.ring, centre=area.centre, radius_m=area.radius_m)) == []


def test_cards_policies_and_exemptions(city: City) -> None:
    assert len({card.card for card in city.fuel_cards}) == len(city.fuel_cards) > 4_000
    assert city.policies
    for given in city.policies:
        assert POLICIES[given.slug].fault(given.value) is None
    assert 100 < len(city.exemptions) < 600
