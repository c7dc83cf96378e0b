"""A vehicle's record as a whole: plate, VIN, what drives it, dates, place."""

from __future__ import annotations

from datetime import date

from fleet.model.records import VehicleRecord
from fleet.model.registry import Body, Energy, VehicleStatus
from fleet.registry.plates import plate_problems
from fleet.registry.problems import Problem, error, warning
from fleet.registry.standards import Standards, standard_problems
from fleet.registry.vin import vin_problems

_BATTERY_ONLY = frozenset({Energy.BEV, Energy.FCEV})
_HEAVY = {Body.BUS: True, Body.TRUCK: True, Body.SALOON: False, Body.SUV: False, Body.MPV: False}
"""Bodies whose plate size is certain enough to doubt another one; the others come in both."""


def vehicle_problems(vehicle: VehicleRecord, *, today: date, limits: Standards | None = None) -> list[Problem]:
    """Errors and warnings; `today` is the day in Asia/Shanghai. Plate and VIN are normalised already."""
    return [
        *plate_problems(vehicle.plate, vehicle.energy, heavy=_HEAVY.get(vehicle.body)),
        *(vin_problems(vehicle.vin) if vehicle.vin is not None else ()),
        *_numbers(vehicle),
        *_dates(vehicle, today),
        *_drive(vehicle),
        *_marks(vehicle),
        *standard_problems(vehicle, limits or Standards()),
    ]


def _numbers(vehicle: VehicleRecord) -> list[Problem]:
    bounds: tuple[tuple[str, int | None, int, int], ...] = (
        ("seats", vehicle.seats, 1, 100),
        ("displacement_ml", vehicle.displacement_ml, 50, 20_000),
        ("price_fen", vehicle.price_fen, 0, 10**11),
        ("tank_ml", vehicle.tank_ml, 1_000, 2_000_000),
        ("battery_wh", vehicle.battery_wh, 100, 2_000_000),
        ("rated_range_km", vehicle.rated_range_km, 1, 3_000),
        ("parking_lat_e7", vehicle.parking_lat_e7, 180_000_000, 540_000_000),
        ("parking_lon_e7", vehicle.parking_lon_e7, 730_000_000, 1_360_000_000),
    )
    found = [
        error(name, "out_of_range", f"应在 {least} 至 {most} 之间", f"Must be from {least} to {most}")
        for name, value, least, most in bounds
        if value is not None and not least <= value <= most
    ]
    if (vehicle.parking_lat_e7 is None) != (vehicle.parking_lon_e7 is None):
        found.append(
            error("parking_lat_e7", "half_a_place", "停放点需要纬度和经度", "A place has latitude and longitude")
        )
    if vehicle.lender_organ_id is not None and vehicle.lender_organ_id == vehicle.organ_id:
        zh = "借出单位与使用单位相同"
        found.append(error("lender_organ_id", "lends_to_itself", zh, "An organ does not borrow from itself"))
    return found


def _dates(vehicle: VehicleRecord, today: date) -> list[Problem]:
    found: list[Problem] = []
    order = (
        ("registered_on", vehicle.purchased_on, vehicle.registered_on, "购置日期", "purchased"),
        ("retired_on", vehicle.registered_on or vehicle.purchased_on, vehicle.retired_on, "登记日期", "registered"),
    )
    for field, earlier, later, zh, en in order:
        if earlier is not None and later is not None and later < earlier:
            found.append(
                error(field, "dates_out_of_order", f"早于{zh} {earlier}", f"Lies before it was {en} ({earlier})")
            )
    for field, day in (("registered_on", vehicle.registered_on), ("retired_on", vehicle.retired_on)):
        if day is not None and day > today:
            found.append(error(field, "date_ahead", f"{day} 晚于今天", f"{day} lies ahead"))
    if vehicle.retired_on is not None and vehicle.status is not VehicleStatus.RETIRED:
        zh = "有报废（退出）日期的车辆，状态应为 retired"
        found.append(error("retired_on", "not_retired", zh, "A vehicle with this date has the status retired"))
    return found


def _drive(vehicle: VehicleRecord) -> list[Problem]:
    found: list[Problem] = []
    if vehicle.energy in _BATTERY_ONLY:
        for field, value in (("displacement_ml", vehicle.displacement_ml), ("tank_ml", vehicle.tank_ml)):
            if value is not None:
                zh = "纯电动和燃料电池车没有发动机排量和油箱"
                found.append(error(field, "no_engine", zh, f"{vehicle.energy.value} has neither engine nor tank"))
    if not vehicle.energy.new_energy and vehicle.rated_range_km is not None:
        zh = "纯电续航仅用于可外接充电或燃料电池车辆"
        found.append(error("rated_range_km", "no_range", zh, "Only new-energy vehicles have an electric range"))
    if vehicle.energy.new_energy and vehicle.battery_wh is None:
        found.append(warning("battery_wh", "battery_unknown", "未填写电池容量", "The battery's capacity is not known"))
    return found


def _marks(vehicle: VehicleRecord) -> list[Problem]:
    if vehicle.confidential and vehicle.marked:
        zh = "涉密车辆通常不喷涂标识，请核对"
        return [warning("marked", "marked_and_confidential", zh, "Confidential vehicles usually carry no mark")]
    if not vehicle.marked and not vehicle.confidential and vehicle.status is not VehicleStatus.RETIRED:
        return [warning("marked", "unmarked", "未喷涂公务用车标识", "Carries no mark of an official vehicle")]
    return []
