"""What is doubtful about a step that is taken all the same: said to whoever takes it, and kept in the history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from fleet.dispatch import commands as c
from fleet.dispatch.commands import Command
from fleet.dispatch.fitness import driver_doubts, need_of, vehicle_doubts
from fleet.dispatch.given import Given
from fleet.dispatch.guards import content_reasons
from fleet.dispatch.reasons import Reason, data, when
from fleet.model.orders import Decision, Order, OrderState

MOST_KM_A_DAY = 2_000


def doubts(before: Order, command: Command, after: Order, given: Given) -> tuple[Reason, ...]:
    """About a command that no guard refused; `after` is what it made."""
    match command:
        case c.Edit():
            return tuple(content_reasons(after, given))
        case c.Submit():
            return tuple(_late_submission(after))
        case c.Approve():
            return tuple(_late_approval(before, given))
        case c.Assign():
            return tuple(_assignment(command, after, given))
        case c.Depart() | c.Return() | c.Correct():
            return tuple(_driven(before, after, given))
        case _:
            return ()


def _late_submission(order: Order) -> Iterable[Reason]:
    assert order.submitted_at is not None
    if order.plan.begins_at <= order.submitted_at and not order.emergency:
        zh, en = "计划用车时间已开始", "The planned time has begun already"
        yield when("begun_already", zh, en, order.plan.begins_at.isoformat())


def _late_approval(order: Order, given: Given) -> Iterable[Reason]:
    if order.approve_by is not None and given.now > order.approve_by:
        zh, en = "已超过应急补批时限", "The time in which the emergency had to be approved is over"
        yield when("after_deadline", zh, en, order.approve_by.isoformat())
    elif order.plan.begins_at <= given.now and not order.emergency:
        zh = "审批晚于计划用车开始：此前的行驶不算已批准"
        en = "Approved after the planned beginning: what was driven before does not count as approved"
        yield when("approved_late", zh, en, order.plan.begins_at.isoformat())


def _assignment(command: c.Assign, after: Order, given: Given) -> Iterable[Reason]:
    need = need_of(after, given.division)
    for one in command.vehicles:
        vehicle = given.vehicles[one.vehicle_id]
        yield from vehicle_doubts(vehicle, need)
        if one.driver_id is None:
            zh, en = f"{vehicle.plate} 尚未指派驾驶员", f"{vehicle.plate} has no driver yet"
            yield data("driver_id", "driver_missing", zh, en, vehicle.id)
        else:
            yield from driver_doubts(given.drivers[one.driver_id], vehicle)


def _driven(before: Order, after: Order, given: Given) -> Iterable[Reason]:
    plan = after.effective_plan
    early = timedelta(seconds=given.rules.early_departure_s)
    for one in after.outings:
        if one in before.outings:
            continue
        if one.departed_at < plan.begins_at - early:
            zh, en = "出车早于计划时间", "It departed before the planned time"
            yield when("departed_early", zh, en, one.departed_at.isoformat())
        approved_at = after.decided_at if after.decision is Decision.APPROVED else None
        if approved_at is not None and one.departed_at < approved_at and not after.emergency:
            zh, en = "出车早于审批", "It departed before the order was approved"
            yield when("departed_before_approval", zh, en, approved_at.isoformat())
        if one.returned_at is None:
            continue
        if one.returned_at > plan.ends_at and after.state is not OrderState.SETTLED:
            zh, en = "回车晚于计划时间", "It returned after the planned time"
            yield when("returned_late", zh, en, one.returned_at.isoformat())
        if one.odometer_out_m is not None and one.odometer_in_m is not None:
            days = max(1.0, (one.returned_at - one.departed_at) / timedelta(days=1))
            km = (one.odometer_in_m - one.odometer_out_m) / 1000
            if km > MOST_KM_A_DAY * days:
                yield data("odometer_km", "odometer_jump", f"行驶 {km:g} 公里，请核对", f"{km:g} km: check it", km)
