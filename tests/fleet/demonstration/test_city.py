"""The demonstration city keeps the promised numbers and the rules of the domain."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import numpy as np
import pytest

from fleet.demonstration.bodies import CARS
from fleet.demonstration.city import build_city
from fleet.demonstration.draws import apportion
from fleet.demonstration.organs import build_organs
from fleet.demonstration.plates import with_check_digit
from fleet.demonstration.units import FITTED_ON
from fleet.demonstration.vehicles import LAST_REGISTRATION
from fleet.geography.distance import haversine_m
from fleet.geography.divisions import CITY_CODE, COUNTIES, division_index
from fleet.model.city import City
from fleet.model.registry import Body, Energy, Management, OrganKind, VehicleStatus, VehicleUse


@pytest.fixture(scope="module")
def city() -> City:
    return build_city()


def test_the_promised_numbers(city: City) -> None:
    assert len(city.organs) == 520
    assert sum(organ.energy_saving for organ in city.organs) == 347
    assert len(city.vehicles) == len(city.units) == len(city.bindings) == 6_000
    assert [organ.name for organ in city.organs[:2]] == ["曲靖市", "麒麟区"]


def test_equal_seeds_give_equal_cities_and_others_differ(city: City) -> None:
    assert build_city() == city
    assert build_organs(7).all() != city.organs


def test_the_organs_form_a_tree_of_city_counties_and_organs(city: City) -> None:
    by_id = {organ.id: organ for organ in city.organs}
    assert [organ.id for organ in city.organs] == list(range(1, len(city.organs) + 1))
    assert len({organ.code for organ in city.organs}) == len({organ.name for organ in city.organs}) == len(city.organs)
    assert Counter(organ.kind for organ in city.organs)[OrganKind.COUNTY] == len(COUNTIES)
    for organ in city.organs:
        if organ.kind is OrganKind.CITY:
            assert organ.parent_id is None
        else:
            assert organ.parent_id is not None
            parent = by_id[organ.parent_id]
            assert parent.id < organ.id
            assert parent.kind in (OrganKind.CITY, OrganKind.COUNTY)
            assert organ.kind is OrganKind.COUNTY or parent.division == organ.division
    assert {organ.kind for organ in city.organs} == set(OrganKind)


def test_only_organs_below_the_counties_have_vehicles_and_each_of_them_has(city: City) -> None:
    owners = Counter(vehicle.organ_id for vehicle in city.vehicles)
    staffed = {organ.id for organ in city.organs if organ.kind not in (OrganKind.CITY, OrganKind.COUNTY)}
    assert set(owners) == staffed
    divisions = {organ.id: organ.division for organ in city.organs}
    assert all(vehicle.division == divisions[vehicle.organ_id] for vehicle in city.vehicles)
    quotas = {organ.id: organ.vehicle_quota for organ in city.organs}
    over = [organ for organ, count in owners.items() if count > (quotas[organ] or 0)]
    assert 15 <= len(over) <= 80  # some organs have more vehicles than they may: an audit finding to show


def test_every_county_has_a_fleet_of_plausible_size(city: City) -> None:
    sizes = Counter(vehicle.division for vehicle in city.vehicles)
    assert set(sizes) == {CITY_CODE, *(county.code for county in COUNTIES)}
    assert all(250 <= size <= 1_000 for size in sizes.values())


def test_plates_follow_the_energy_kind(city: City) -> None:
    ordinary = re.compile(r"云D[0-9A-HJ-NP-Z]{5}")
    battery = re.compile(r"云D([DABCE][0-9A-HJ-NP-Z][0-9]{4}|[0-9]{5}[DABCE])")
    other = re.compile(r"云D([FGHJK][0-9A-HJ-NP-Z][0-9]{4}|[0-9]{5}[FGHJK])")
    for vehicle in city.vehicles:
        expected = ordinary if not vehicle.energy.new_energy else battery if vehicle.energy is Energy.BEV else other
        assert expected.fullmatch(vehicle.plate), (vehicle.plate, vehicle.energy)
    assert len({vehicle.plate for vehicle in city.vehicles}) == len(city.vehicles)


def test_vins_are_valid_and_unique(city: City) -> None:
    for vehicle in city.vehicles:
        assert re.fullmatch(r"[A-HJ-NPR-Z0-9]{8}[0-9X][A-HJ-NPR-Z0-9]{8}", vehicle.vin)
        assert with_check_digit(vehicle.vin) == vehicle.vin
    assert len({vehicle.vin for vehicle in city.vehicles}) == len(city.vehicles)


@pytest.mark.parametrize("code", ["11111111111111111", "1M8GDM9AXKP042788"])
def test_the_check_digit_is_that_of_the_standard(code: str) -> None:
    assert with_check_digit(code) == code  # the standard's own example, and a published one


def test_prices_and_engines_keep_the_rules(city: City) -> None:
    for vehicle in city.vehicles:
        yuan = vehicle.price_fen / 100
        if vehicle.body in CARS and vehicle.energy.new_energy:
            assert yuan <= 180_000
        elif vehicle.use is VehicleUse.COMMUNICATIONS:
            assert yuan <= 120_000
        if vehicle.use is VehicleUse.COMMUNICATIONS:
            assert vehicle.body in CARS
            assert (vehicle.displacement_ml or 0) <= 1_600


def test_what_drives_a_vehicle_is_there_and_nothing_else(city: City) -> None:
    for vehicle in city.vehicles:
        burns = vehicle.energy not in (Energy.BEV, Energy.FCEV)
        assert (vehicle.tank_ml is not None) == (vehicle.displacement_ml is not None) == burns
        assert (vehicle.battery_wh is not None) == (vehicle.energy.new_energy or vehicle.energy is Energy.HEV)
        assert (vehicle.rated_range_km is not None) == vehicle.energy.new_energy
        if vehicle.rated_range_km is not None:
            assert 40 <= vehicle.rated_range_km <= 650
        assert 2 <= vehicle.seats <= 45


def test_new_energy_rises_to_a_quarter_of_the_stock(city: City) -> None:
    new = [vehicle for vehicle in city.vehicles if vehicle.energy.new_energy]
    assert 0.22 <= len(new) / len(city.vehicles) <= 0.28
    bought = Counter(vehicle.registered_on.year for vehicle in city.vehicles)
    shares = [sum(vehicle.registered_on.year == year for vehicle in new) / bought[year] for year in range(2015, 2026)]
    assert shares == sorted(shares)
    assert shares[-1] >= 0.3  # the quota of new purchases


def test_every_class_of_the_domain_occurs(city: City) -> None:
    assert {vehicle.use for vehicle in city.vehicles} == set(VehicleUse)
    assert {vehicle.management for vehicle in city.vehicles} == set(Management)
    assert {vehicle.energy for vehicle in city.vehicles} == set(Energy)
    assert {vehicle.body for vehicle in city.vehicles} == set(Body)
    status = Counter(vehicle.status for vehicle in city.vehicles)
    assert status[VehicleStatus.IN_SERVICE] > 5_700
    assert 40 < status[VehicleStatus.SEALED] < 120
    assert 40 < status[VehicleStatus.REPAIR] < 150
    assert 0 < sum(vehicle.confidential for vehicle in city.vehicles) < 60
    assert not any(vehicle.confidential and vehicle.marked for vehicle in city.vehicles)


def test_dates_are_in_order(city: City) -> None:
    for vehicle in city.vehicles:
        assert date(2011, 1, 1) < vehicle.purchased_on < vehicle.registered_on <= LAST_REGISTRATION


def test_vehicles_park_near_their_organ_inside_their_county(city: City) -> None:
    organs = {organ.id: organ for organ in city.organs}
    found = division_index().lookup(
        np.array([vehicle.parking_lat_e7 for vehicle in city.vehicles], dtype=np.int32),
        np.array([vehicle.parking_lon_e7 for vehicle in city.vehicles], dtype=np.int32),
    )
    for vehicle, division in zip(city.vehicles, found.tolist(), strict=True):
        home = COUNTIES[0].code if vehicle.division == CITY_CODE else vehicle.division
        organ = organs[vehicle.organ_id]
        away_m = haversine_m(
            vehicle.parking_lat_e7 / 1e7, vehicle.parking_lon_e7 / 1e7, organ.lat_e7 / 1e7, organ.lon_e7 / 1e7
        )
        assert away_m < 40
        assert division == home


def test_every_vehicle_has_one_unit_of_its_own_division(city: City) -> None:
    assert city.units[0].code == "QJ000001"
    assert len({unit.code for unit in city.units}) == len(city.units)
    for vehicle, unit, binding in zip(city.vehicles, city.units, city.bindings, strict=True):
        assert (binding.unit_id, binding.vehicle_id) == (unit.id, vehicle.id)
        assert unit.division == vehicle.division
        assert binding.bound_from.date() == max(FITTED_ON, vehicle.registered_on)
        assert binding.bound_from.utcoffset() is not None


def test_apportioning_adds_up_and_keeps_the_minimum() -> None:
    assert apportion(10, [1.0, 1.0, 1.0], least=1) == [4, 3, 3]
    assert apportion(7, [0.0, 5.0], least=1) == [1, 6]
