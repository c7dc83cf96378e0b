"""Whether a vehicle may go for an order, and who may drive it: what refuses an assignment also explains a list.

What a driving licence covers follows the ordinance on driving licences; a vehicle's mass is not in the registry, so
bodies stand for it, on the safe side.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from fleet.dispatch.reasons import Reason, data
from fleet.model.moments import LOCAL
from fleet.model.orders import Order
from fleet.model.registry import Body, Energy, Management, VehicleStatus


class VehicleFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the registry says of a vehicle. `sealing_list`: the list it stands on in the window; None = on none."""

    id: int
    plate: str
    organ_id: int
    division: int
    management: str
    energy: str
    status: str
    body: str
    seats: int
    equipment: tuple[str, ...] = ()
    sealing_list: str | None = None


class DriverFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    id: int
    label: str
    organ_id: int
    licence_class: str
    licence_expires_on: date
    retired_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What an order asks of its vehicles. `division`: home of the organ; `last_day` of the window in Qujing."""

    organ_id: int
    division: int
    emergency: bool
    bodies: tuple[str, ...]
    equipment: tuple[str, ...]
    passengers: int
    begins_at: datetime
    last_day: date


def need_of(order: Order, division: int) -> Need:
    """`division`: the home of the order's organ."""
    plan = order.effective_plan
    return Need(
        organ_id=order.organ_id,
        division=division,
        emergency=order.emergency,
        bodies=order.bodies,
        equipment=order.equipment,
        passengers=plan.passengers,
        begins_at=plan.begins_at,
        last_day=plan.ends_at.astimezone(LOCAL).date(),
    )


# ---------------------------------------------------------------- vehicles

OF_ANOTHER_ORGAN = "of_another_organ"

_STATUS: dict[str, tuple[str, str, str]] = {
    VehicleStatus.REPAIR: ("in_repair", "维修中", "is in repair"),
    VehicleStatus.SEALED: ("sealed", "已封存", "is sealed"),
    VehicleStatus.RETIRED: ("retired", "已报废退出", "is retired"),
}
"""Of a vehicle that is not in service; keys compare as the words of the registry."""

_IN_SERVICE, _SEALED, _PLATFORM = VehicleStatus.IN_SERVICE.value, VehicleStatus.SEALED.value, Management.PLATFORM.value


def tier(vehicle: VehicleFacts, need: Need) -> int:
    """Whose it is: 0 the organ's own, 1 the platform's in its division, 2 the platform's elsewhere, 3 another's."""
    if vehicle.organ_id == need.organ_id:
        return 0
    if vehicle.management != _PLATFORM:
        return 3
    return 1 if vehicle.division == need.division else 2


def vehicle_refusals(vehicle: VehicleFacts, need: Need) -> list[Reason]:
    """Every reason why the vehicle may not go; an emergency opens what only order in daily use keeps closed."""
    found: list[Reason] = []
    if _nothing_refuses(vehicle, need):
        return found
    plate = vehicle.plate
    idle = _STATUS.get(vehicle.status)
    if idle is not None and not (need.emergency and idle[0] == "sealed"):
        code, zh, en = idle
        found.append(data("vehicle_id", code, f"{plate} {zh}", f"{plate} {en}", vehicle.status))
    if vehicle.sealing_list is not None and not need.emergency:
        zh, en = (
            f"{plate} 在封存名单“{vehicle.sealing_list}”中",
            f"{plate} is on the sealing list {vehicle.sealing_list!r}",
        )
        found.append(data("vehicle_id", "on_sealing_list", zh, en, vehicle.sealing_list))
    if not need.emergency and tier(vehicle, need) == 3:
        zh = f"{plate} 属其他单位，且不是平台车辆"
        en = f"{plate} belongs to another organ and is not in the platform's pool"
        found.append(data("vehicle_id", OF_ANOTHER_ORGAN, zh, en, vehicle.organ_id))
    if need.bodies and vehicle.body not in need.bodies:
        asked = ", ".join(need.bodies)
        zh, en = f"{plate} 车型不符（需要 {asked}）", f"{plate} is a {vehicle.body}; asked for: {asked}"
        found.append(data("vehicle_id", "other_body", zh, en, vehicle.body))
    if need.equipment and not set(need.equipment) <= set(vehicle.equipment):
        names = ", ".join(one for one in need.equipment if one not in vehicle.equipment)
        zh, en = f"{plate} 缺少设备：{names}", f"{plate} lacks: {names}"
        found.append(data("vehicle_id", "equipment_lacking", zh, en, names))
    return found


def _nothing_refuses(vehicle: VehicleFacts, need: Need) -> bool:
    """Whether there is nothing to look for: so it is with most of the thousands that are asked."""
    return (
        vehicle.status == _IN_SERVICE
        and not need.bodies
        and not need.equipment
        and (need.emergency or (vehicle.sealing_list is None and tier(vehicle, need) < 3))
    )


SEALED_BUT_EMERGENCY = "sealed_but_emergency"
BORROWED_FOR_EMERGENCY = "borrowed_for_emergency"


def vehicle_doubt_codes(vehicle: VehicleFacts, need: Need) -> tuple[str, ...]:
    """What an emergency overrode, by name: cheap, for thousands are asked."""
    if not need.emergency:
        return ()
    sealed = vehicle.status == _SEALED or vehicle.sealing_list is not None
    if tier(vehicle, need) == 3:
        return (SEALED_BUT_EMERGENCY, BORROWED_FOR_EMERGENCY) if sealed else (BORROWED_FOR_EMERGENCY,)
    return (SEALED_BUT_EMERGENCY,) if sealed else ()


def vehicle_doubts(vehicle: VehicleFacts, need: Need) -> list[Reason]:
    """The same in words."""
    words = {
        SEALED_BUT_EMERGENCY: ("已封存，因应急启用", "is sealed; taken for an emergency"),
        BORROWED_FOR_EMERGENCY: ("属其他单位，因应急调用", "is another organ's; taken for an emergency"),
    }
    return [
        data("vehicle_id", code, f"{vehicle.plate} {words[code][0]}", f"{vehicle.plate} {words[code][1]}")
        for code in vehicle_doubt_codes(vehicle, need)
    ]


# ---------------------------------------------------------------- drivers

_CARS = frozenset({"A1", "A2", "A3", "B1", "B2", "C1"})
_MEDIUM_BUS = frozenset({"A1", "A2", "B1"})
_LARGE_BUS = frozenset({"A1"})
_TRUCK = frozenset({"A1", "A2", "B2"})
AUTOMATIC = "C2"
"""Automatic gearboxes only: certain for battery-electric cars, of others the registry does not say."""

_AUTOMATIC_CARS = _CARS | {AUTOMATIC}
_NO_GEARS = frozenset({Energy.BEV, Energy.FCEV})


def licences_for(body: str, seats: int) -> frozenset[str]:
    """The classes that certainly cover such a vehicle."""
    if body == Body.TRUCK:
        return _TRUCK
    if seats >= 20:
        return _LARGE_BUS
    if seats >= 10:
        return _MEDIUM_BUS
    return _CARS


def licences_known_to_fit(vehicle: VehicleFacts) -> frozenset[str]:
    """The same, with the one for automatic gearboxes where the vehicle certainly has one."""
    fitting = licences_for(vehicle.body, vehicle.seats)
    return _AUTOMATIC_CARS if fitting is _CARS and vehicle.energy in _NO_GEARS else fitting


def licence_fits(driver: DriverFacts, vehicle: VehicleFacts) -> bool | None:
    """None = cannot be told from the registry."""
    if driver.licence_class in licences_known_to_fit(vehicle):
        return True
    doubtful = driver.licence_class == AUTOMATIC and licences_for(vehicle.body, vehicle.seats) is _CARS
    return None if doubtful else False


def driver_refusals(driver: DriverFacts, need: Need, vehicle: VehicleFacts | None = None) -> list[Reason]:
    """Every reason why the driver may not drive for the order; with a vehicle, why not this one."""
    found: list[Reason] = []
    label = driver.label
    if driver.retired_on is not None and driver.retired_on <= need.last_day:
        zh, en = f"{label} 已离岗", f"{label} has left (on {driver.retired_on})"
        found.append(data("driver_id", "driver_retired", zh, en, driver.retired_on.isoformat()))
    if driver.licence_expires_on < need.last_day:
        zh = f"{label} 的驾驶证在用车结束前到期（{driver.licence_expires_on}）"
        en = f"The licence of {label} expires on {driver.licence_expires_on}, before the order ends"
        found.append(data("driver_id", "licence_expired", zh, en, driver.licence_expires_on.isoformat()))
    others = {need.organ_id} if vehicle is None else {need.organ_id, vehicle.organ_id}
    if vehicle is not None and driver.organ_id not in others and not need.emergency:
        zh, en = f"{label} 不属用车单位或车辆单位", f"{label} belongs neither to the order's organ nor to the vehicle's"
        found.append(data("driver_id", "driver_of_another_organ", zh, en, driver.organ_id))
    if vehicle is not None and licence_fits(driver, vehicle) is False:
        zh = f"{label} 的准驾车型 {driver.licence_class} 不能驾驶 {vehicle.plate}（{vehicle.seats} 座）"
        en = f"The licence {driver.licence_class} of {label} does not cover {vehicle.plate} ({vehicle.seats} seats)"
        found.append(data("driver_id", "licence_unfit", zh, en, driver.licence_class))
    return found


def driver_doubts(driver: DriverFacts, vehicle: VehicleFacts) -> list[Reason]:
    if licence_fits(driver, vehicle) is not None:
        return []
    zh = f"{driver.label} 的 {AUTOMATIC} 仅限自动挡，请核对 {vehicle.plate}"
    en = f"The licence {AUTOMATIC} of {driver.label} covers automatic gearboxes only: check {vehicle.plate}"
    return [data("driver_id", "licence_automatic_only", zh, en, driver.licence_class)]
