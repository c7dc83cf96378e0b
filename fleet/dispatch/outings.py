"""Departure, return and their correction: what must be true of the times and readings of an outing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fleet.dispatch import commands as c
from fleet.dispatch.reasons import Reason, data, state, when
from fleet.model.orders import Order, OrderState, Outing, Source

TOLERANCE = timedelta(minutes=1)
"""How far a recorded time may lie ahead: two clocks are never the same."""

MOST = 10**9
ACCOUNT = (
    *("odometer_in_m", "fuel_ml", "energy_wh"),
    *("fuel_fen", "energy_fen", "tolls_fen", "parking_fen", "other_fen", "remarks"),
)
"""What a return states."""

CORRECTABLE = frozenset({"departed_at", "odometer_out_m", "returned_at", *ACCOUNT})


def out_now(order: Order) -> list[Outing]:
    """Those that have departed and not returned."""
    return [one for one in order.outings if one.returned_at is None]


def outing_refusals(order: Order, command: c.Depart | c.Return | c.Correct, now: datetime) -> Iterable[Reason]:
    match command:
        case c.Depart():
            yield from _depart(order, command, now)
        case c.Return():
            yield from _return(order, command, now)
        case c.Correct():
            yield from _correct(order, command, now)


def leaving(order: Order, command: c.Depart) -> list[int]:
    """The vehicles that a departure is about: those that have not departed, else those that did so by the road and of
    which nobody has stated anything yet."""
    named = [one.vehicle_id for one in order.assigned if command.vehicle_id in (None, one.vehicle_id)]
    outings = {number: order.outing_of(number) for number in named}
    return [number for number, one in outings.items() if one is None] or [
        number for number, one in outings.items() if one is not None and one.unconfirmed
    ]


def coming_back(order: Order, command: c.Return) -> Outing | None:
    """The outing that a return is about: one that is out, else one that is back by the road and was not stated yet.

    None when it cannot be told, or is none.
    """
    named = [one for one in order.outings if command.vehicle_id in (None, one.vehicle_id)]
    out = [one for one in named if one.returned_at is None] or [one for one in named if one.unaccounted]
    return out[0] if len(out) == 1 else None


def departed(order: Order, command: c.Depart, now: datetime) -> tuple[Outing, ...]:
    chosen = leaving(order, command)
    fresh = [number for number in chosen if order.outing_of(number) is None]
    confirmed = [_confirmed(one, command, now) if one.vehicle_id in chosen else one for one in order.outings]
    new = [
        Outing(
            vehicle_id=vehicle_id,
            departed_at=command.at or now,
            departure_recorded_at=now,
            odometer_out_m=command.odometer_out_m,
        )
        for vehicle_id in fresh
    ]
    return (*confirmed, *new)


def _confirmed(outing: Outing, command: c.Depart, now: datetime) -> Outing:
    """A departure that is known from the road keeps its time, unless the person states another."""
    known = replace(outing, odometer_out_m=command.odometer_out_m)
    if command.at is None:
        return known
    return replace(known, departed_at=command.at, departure_recorded_at=now, departure_source=Source.PERSON)


def returned(order: Order, command: c.Return, now: datetime) -> tuple[Outing, ...]:
    back = coming_back(order, command)
    assert back is not None
    written = _written(back, command, now)
    return tuple(written if one is back else one for one in order.outings)


def _written(back: Outing, command: c.Return, now: datetime) -> Outing:
    """A return that is known from the road keeps its time, unless the person states another."""
    if back.returned_at is not None and command.at is None:
        return replace(back, **command.account)
    at = command.at or now
    return replace(back, returned_at=at, return_recorded_at=now, return_source=Source.PERSON, **command.account)


def corrected(outing: Outing, changes: Mapping[str, Any], now: datetime) -> Outing | None:
    """The outing as it should have been; None when the vehicle never departed."""
    if "departed_at" in changes and changes["departed_at"] is None:
        return None
    new = replace(outing, **changes)
    if "departed_at" in changes:
        new = replace(new, departure_recorded_at=now, departure_source=Source.PERSON)
    if "returned_at" in changes and new.returned_at is None:
        return replace(new, return_recorded_at=None, return_source=None)
    if "returned_at" in changes:
        return replace(new, return_recorded_at=now, return_source=Source.PERSON)
    return new


def _depart(order: Order, command: c.Depart, now: datetime) -> Iterable[Reason]:
    if command.at is not None and command.at > now + TOLERANCE:
        yield when("ahead", "出车时间不能晚于现在", "The departure cannot lie ahead", command.at.isoformat(), "at")
    if not leaving(order, command) and order.state in (OrderState.ASSIGNED, OrderState.DEPARTED):
        zh, en = "没有可出车的车辆", "None of its vehicles is still to depart"
        yield state("nothing_to_depart", zh, en, command.vehicle_id)
    if command.odometer_out_m is not None:
        if command.vehicle_id is None and len(leaving(order, command)) > 1:
            zh, en = "多辆车出车时请指明车辆", "Say which vehicle the odometer is of"
            yield data("vehicle_id", "which_vehicle", zh, en)
        yield from _bounded({"odometer_out_m": command.odometer_out_m})


def _return(order: Order, command: c.Return, now: datetime) -> Iterable[Reason]:
    at = command.at or now
    if at > now + TOLERANCE:
        yield when("ahead", "回车时间不能晚于现在", "The return cannot lie ahead", at.isoformat(), "at")
    yield from _bounded(command.account)
    if command.account.get("odometer_in_m") is None:
        yield data("odometer_km", "odometer_missing", "请填写回车里程表读数", "The odometer at the return is needed")
    if order.state not in (OrderState.DEPARTED, OrderState.RETURNED):
        return
    back = coming_back(order, command)
    if back is None and command.vehicle_id is None:
        zh, en = "有多辆车在外，请指明车辆", "Several of its vehicles are out: say which one returned"
        yield data("vehicle_id", "which_vehicle", zh, en)
    elif back is None:
        zh, en = f"车辆 {command.vehicle_id} 不在外", f"The vehicle {command.vehicle_id} is not out for this order"
        yield data("vehicle_id", "not_out", zh, en, command.vehicle_id)
    else:
        yield from _consistent(_written(back, command, now))


def _correct(order: Order, command: c.Correct, now: datetime) -> Iterable[Reason]:
    outing = order.outing_of(command.vehicle_id)
    if outing is None:
        zh, en = f"车辆 {command.vehicle_id} 没有出车记录", f"The vehicle {command.vehicle_id} has no departure here"
        yield data("vehicle_id", "not_out", zh, en, command.vehicle_id)
        return
    changes = command.changes
    if not any(getattr(outing, name) != value for name, value in changes.items()):
        yield data(None, "nothing_changed", "没有更正内容", "The correction changes nothing")
        return
    yield from _bounded(changes)
    for name in ("departed_at", "returned_at"):
        at = changes.get(name)
        if at is not None and at > now + TOLERANCE:
            yield when("ahead", "时间不能晚于现在", "The time cannot lie ahead", at.isoformat(), name)
        if name in changes and at is None and order.state is OrderState.SETTLED:
            zh, en = "已结算的订单不能撤销出回车", "What a settled order has driven is not undone"
            yield state("settled", zh, en)
    after = corrected(outing, changes, now)
    if after is None:
        if outing.returned_at is not None and changes.get("returned_at", outing.returned_at) is not None:
            zh, en = "请先撤销回车", "Undo its return together with the departure"
            yield data("departed_at", "has_returned", zh, en)
        return
    if after.returned_at is None and outing.returned_at is None and changes.keys() & (set(ACCOUNT) - {"remarks"}):
        zh, en = "尚未回车，请在回车时填写", "It has not returned: state this with the return"
        yield state("not_returned", zh, en)
    yield from _consistent(after)


def _consistent(outing: Outing) -> Iterable[Reason]:
    if outing.returned_at is not None and outing.returned_at < outing.departed_at:
        zh, en = "回车早于出车", "The return lies before the departure"
        yield data("returned_at", "returned_before_departed", zh, en, outing.departed_at.isoformat())
    out, back = outing.odometer_out_m, outing.odometer_in_m
    if out is not None and back is not None and back < out:
        zh, en = "回车里程小于出车里程", "The odometer at the return is below that at the departure"
        yield data("odometer_km", "odometer_backwards", zh, en, out)


def _bounded(numbers: Mapping[str, Any]) -> Iterable[Reason]:
    for name, value in numbers.items():
        if name not in CORRECTABLE:
            yield data(name, "unknown_field", f"没有“{name}”这一项", f"There is no field {name!r}")
        elif isinstance(value, int) and not 0 <= value <= MOST:
            yield data(name, "out_of_range", "数值超出范围", f"From 0 to {MOST}", value)
