"""Whole records: vehicles, organs, drivers, areas."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.records import DriverRecord, OrganRecord, VehicleRecord
from fleet.model.registry import Body, Energy, Management, OrganKind, VehicleStatus, VehicleUse
from fleet.registry.area import Shape, shape_problems
from fleet.registry.driver import driver_problems
from fleet.registry.organ import organ_problems
from fleet.registry.problems import Refused, Severity, warnings_of
from fleet.registry.vehicle import vehicle_problems

TODAY = date(2026, 6, 30)
CAR = VehicleRecord(
    plate="云D12345",
    vin="1M8GDM9AXKP042788",
    organ_id=1,
    division=530302,
    use=VehicleUse.COMMUNICATIONS,
    management=Management.PLATFORM,
    energy=Energy.PETROL,
    body=Body.SALOON,
    seats=5,
    displacement_ml=1598,
    price_fen=11_900_000,
    tank_ml=50_000,
    purchased_on=date(2022, 3, 1),
    registered_on=date(2022, 3, 20),
)


@pytest.mark.parametrize(
    ("changes", "errors", "warnings"),
    [
        ({}, [], []),
        ({"price_fen": 12_000_000}, [], []),
        ({"price_fen": 12_000_001}, [], ["over_standard_price"]),
        ({"price_fen": 12_000_001, "use": VehicleUse.EMERGENCY}, [], []),
        ({"displacement_ml": 1_601}, [], ["over_standard_displacement"]),
        ({"seats": 0}, ["out_of_range"], []),
        ({"energy": Energy.BEV}, ["no_engine", "no_engine"], ["plate_not_new_energy", "battery_unknown"]),
        ({"rated_range_km": 400}, ["no_range"], []),
        ({"registered_on": date(2022, 2, 1)}, ["dates_out_of_order"], []),
        ({"registered_on": TODAY + timedelta(days=1)}, ["date_ahead"], []),
        ({"retired_on": TODAY}, ["not_retired"], []),
        ({"retired_on": TODAY, "status": VehicleStatus.RETIRED}, [], []),
        ({"parking_lat_e7": 255_000_000}, ["half_a_place"], []),
        ({"parking_lat_e7": 0, "parking_lon_e7": 0}, ["out_of_range", "out_of_range"], []),
        ({"marked": False}, [], ["unmarked"]),
        ({"marked": False, "confidential": True}, [], []),
        ({"confidential": True}, [], ["marked_and_confidential"]),
        ({"lender_organ_id": 1}, ["lends_to_itself"], []),
        ({"vin": "1"}, ["vin_length"], []),
    ],
)
def test_vehicles(changes: dict[str, Any], errors: list[str], warnings: list[str]) -> None:
    found = vehicle_problems(replace(CAR, **changes), today=TODAY)
    assert [one.code for one in found if one.severity is Severity.ERROR] == errors
    assert [one.code for one in found if one.severity is Severity.WARNING] == warnings


def test_new_energy_cars_have_their_own_limit_and_buses_none() -> None:
    car = replace(
        CAR,
        plate="云DD12345",
        energy=Energy.BEV,
        displacement_ml=None,
        tank_ml=None,
        battery_wh=1,
        price_fen=18_000_100,
    )
    car = replace(car, battery_wh=60_000)
    assert [one.code for one in vehicle_problems(car, today=TODAY)] == ["over_standard_price"]
    bus = replace(car, body=Body.BUS, plate="云D12345D", use=VehicleUse.OTHER)
    assert vehicle_problems(bus, today=TODAY) == []


def test_an_error_refuses_with_every_reason_and_warnings_pass() -> None:
    with pytest.raises(Refused) as refused:
        warnings_of(vehicle_problems(replace(CAR, seats=0, marked=False), today=TODAY))
    assert [one.code for one in refused.value.problems] == ["out_of_range", "unmarked"]
    assert [one.code for one in warnings_of(vehicle_problems(replace(CAR, marked=False), today=TODAY))] == ["unmarked"]


def test_organs() -> None:
    bureau = OrganRecord(
        code="530302-001", name="局", kind=OrganKind.GOVERNMENT, division=530302, parent_id=1, vehicle_quota=3
    )
    assert organ_problems(bureau, today=TODAY) == []
    for changes, code in (
        ({"code": "有 空格"}, "organ_code"),
        ({"name": " "}, "blank"),
        ({"parent_id": None}, "organ_parent"),
        ({"kind": OrganKind.CITY}, "organ_parent"),
        ({"vehicle_quota": -1}, "out_of_range"),
        ({"vehicle_quota": None}, "quota_unknown"),
    ):
        assert [one.code for one in organ_problems(replace(bureau, **changes), today=TODAY)] == [code]


def test_drivers() -> None:
    driver = DriverRecord(
        label="驾驶员 0001", organ_id=1, licence_class="C1", licence_expires_on=date(2030, 1, 1), phone="00000000001"
    )
    assert driver_problems(driver, today=TODAY) == []
    for changes, code in (
        ({"label": ""}, "blank"),
        ({"licence_class": "Z9"}, "licence_class"),
        ({"phone": "call me"}, "phone"),
        ({"licence_expires_on": TODAY - timedelta(days=1)}, "licence_expired"),
        ({"licence_expires_on": TODAY}, "licence_expires"),
    ):
        assert [one.code for one in driver_problems(replace(driver, **changes), today=TODAY)] == [code]


SQUARE = (
    (250_000_000, 1_030_000_000),
    (250_010_000, 1_030_000_000),
    (250_010_000, 1_030_010_000),
    (250_000_000, 1_030_010_000),
)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (Shape(ring=SQUARE), None),
        (Shape(centre=SQUARE[0], radius_m=50), None),
        (Shape(), "one_shape"),
        (Shape(centre=SQUARE[0]), "one_shape"),
        (Shape(ring=SQUARE, centre=SQUARE[0], radius_m=50), "one_shape"),
        (Shape(centre=SQUARE[0], radius_m=1), "out_of_range"),
        (Shape(centre=(0, 0), radius_m=50), "outside_country"),
        (Shape(ring=SQUARE[:2]), "ring_points"),
        (Shape(ring=(SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3])), "ring_crosses"),
        (Shape(ring=(SQUARE[0], SQUARE[1], SQUARE[0])), "ring_crosses"),
    ],
)
def test_areas(shape: Shape, code: str | None) -> None:
    assert [one.code for one in shape_problems(shape)] == ([] if code is None else [code])


@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**62), 2**62), st.sampled_from(list(Energy)))
def test_no_number_makes_the_check_fail(small: int, large: int, energy: Energy) -> None:
    vehicle_problems(
        replace(CAR, seats=small, price_fen=large, tank_ml=small, battery_wh=small, energy=energy), today=TODAY
    )
