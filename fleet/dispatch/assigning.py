"""Which vehicles and drivers an order is given: what must be true of them, and what changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from fleet.dispatch import commands as c
from fleet.dispatch.fitness import driver_refusals, need_of, vehicle_refusals
from fleet.dispatch.given import Given
from fleet.dispatch.outings import out_now
from fleet.dispatch.reasons import Reason, data, state
from fleet.model.orders import Assignment, Order, OrderState

MOST_VEHICLES = 50
"""More than these are a task of their own."""


def assigned(order: Order, command: c.Assign, *, by_id: int, now: datetime) -> tuple[Assignment, ...]:
    """All assignments after the command: what is not wanted any more ends now, what is new begins now."""
    wanted = {one.vehicle_id: one for one in command.vehicles}
    result: list[Assignment] = []
    kept: set[int] = set()
    for one in order.assignments:
        if one.ended_at is not None:
            result.append(one)
            continue
        asked = wanted.get(one.vehicle_id)
        outing = order.outing_of(one.vehicle_id)
        if asked is None and outing is not None and outing.returned_at is not None:
            result.append(one)  # it has served
        elif asked is not None and asked.driver_id == one.driver_id:
            result.append(one)
            kept.add(one.vehicle_id)
        else:
            result.append(replace(one, ended_at=now))
    result += [
        Assignment(vehicle_id=one.vehicle_id, driver_id=one.driver_id, at=now, by_id=by_id)
        for one in sorted(command.vehicles, key=lambda one: one.vehicle_id)
        if one.vehicle_id not in kept
    ]
    return tuple(result)


def assign_refusals(order: Order, command: c.Assign, given: Given) -> Iterable[Reason]:
    """Every reason why these vehicles and drivers may not be given to the order; double bookings are the store's."""
    yield from _list(order, command)
    need = need_of(order, given.division)
    seats = 0
    for one in command.vehicles:
        vehicle = given.vehicles.get(one.vehicle_id)
        if vehicle is None:
            yield unknown("vehicle_id", one.vehicle_id)
            continue
        seats += vehicle.seats - 1
        outing = order.outing_of(one.vehicle_id)
        if outing is None:
            yield from vehicle_refusals(vehicle, need)
        elif outing.returned_at is not None and not _holds(order, one):
            zh, en = f"{vehicle.plate} 已回车", f"{vehicle.plate} has returned already"
            yield state("vehicle_has_returned", zh, en, one.vehicle_id)
        if one.driver_id is None:
            continue
        driver = given.drivers.get(one.driver_id)
        if driver is None:
            yield unknown("driver_id", one.driver_id)
        elif not _holds(order, one):
            yield from driver_refusals(driver, need, vehicle)
    known = all(one.vehicle_id in given.vehicles for one in command.vehicles)
    if command.vehicles and known and seats < need.passengers and order.state is not OrderState.DEPARTED:
        zh, en = f"座位不足：{seats} 座，{need.passengers} 人", f"{seats} seats for {need.passengers} passengers"
        yield data("vehicles", "seats_short", zh, en, seats)


def unknown(field: str, number: int) -> Reason:
    """For what does not exist, or may not be seen."""
    zh, en = f"编号 {number} 不存在", f"There is nothing with the number {number}"
    return data(field, "unknown_reference", zh, en, number)


def _list(order: Order, command: c.Assign) -> Iterable[Reason]:
    vehicles = {one.vehicle_id for one in command.vehicles}
    if len(vehicles) < len(command.vehicles):
        yield data("vehicles", "vehicle_twice", "同一车辆重复", "A vehicle is named twice")
    drivers = [one.driver_id for one in command.vehicles if one.driver_id is not None]
    if len(set(drivers)) < len(drivers):
        yield data("vehicles", "driver_twice", "同一驾驶员重复", "A driver is named twice")
    if len(vehicles) > MOST_VEHICLES:
        zh, en = f"一个订单最多 {MOST_VEHICLES} 辆车", f"At most {MOST_VEHICLES} vehicles in one order"
        yield data("vehicles", "too_many_vehicles", zh, en, len(vehicles))
    for outing in out_now(order):
        if outing.vehicle_id not in vehicles:
            zh = f"车辆 {outing.vehicle_id} 已出车，不能撤换"
            en = f"The vehicle {outing.vehicle_id} has departed: it is not taken off the order before it returns"
            yield state("vehicle_is_out", zh, en, outing.vehicle_id)


def _holds(order: Order, wanted: c.Wanted) -> bool:
    return any((held.vehicle_id, held.driver_id) == (wanted.vehicle_id, wanted.driver_id) for held in order.assigned)
