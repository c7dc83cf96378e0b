"""Departures and returns, and their correction."""

from __future__ import annotations

from datetime import timedelta

from fleet.dispatch import commands as c
from fleet.dispatch.commands import Wanted
from fleet.dispatch.life import decide
from fleet.model.orders import OrderState
from tests.fleet.dispatch.builders import (
    CLERK,
    HOUR,
    NOW,
    content,
    draft,
    emergency,
    given,
    plan,
)
from tests.fleet.dispatch.steps import APPROVE, ASSIGN, BACK, DEPART, RETURN, SETTLE, SUBMIT, go, refused


class TestRoad:
    def test_too_early_and_too_late(self) -> None:
        order = go(
            draft(content(plan=plan(begins_at=NOW + 9 * HOUR, ends_at=NOW + 12 * HOUR))), SUBMIT, APPROVE, ASSIGN
        )
        assert refused(order, c.Depart(), CLERK, hours=8) == ["too_early"]
        assert refused(order, c.Depart(), CLERK, hours=12) == ["window_over"]
        assert decide(order, c.Depart(at=NOW + 11 * HOUR), CLERK, given(NOW + 13 * HOUR)).state is OrderState.DEPARTED
        assert refused(order, c.Depart(at=NOW + 20 * HOUR), CLERK, hours=9) == ["ahead", "window_over"]

    def test_a_vehicle_needs_a_driver_before_it_leaves(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, (c.Assign((Wanted(100),)), CLERK))
        assert refused(order, c.Depart(), CLERK, hours=3) == ["driver_missing"]

    def test_a_vehicle_that_is_still_out_elsewhere(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN)
        assert refused(order, c.Depart(), CLERK, hours=3, out_elsewhere=frozenset({100})) == ["still_out"]
        urgent = go(draft(emergency()), SUBMIT, APPROVE, ASSIGN)
        left = decide(urgent, c.Depart(), CLERK, given(NOW + 3 * HOUR, out_elsewhere=frozenset({100})))
        assert left.state is OrderState.DEPARTED

    def test_several_vehicles_return_one_by_one(self) -> None:
        both = c.Assign((Wanted(101, 201), Wanted(100, 200)))
        order = go(draft(), SUBMIT, APPROVE, (both, CLERK), (c.Depart(), CLERK))
        assert [one.vehicle_id for one in order.outings] == [100, 101]
        assert "which_vehicle" in refused(order, BACK, CLERK, hours=4)
        order = go(order, (c.Return(vehicle_id=101, account={"odometer_in_m": 5}), CLERK), at=4)
        assert order.state is OrderState.DEPARTED
        assert refused(order, c.Return(vehicle_id=101, account={"odometer_in_m": 5}), CLERK) == ["not_out"]
        assert go(order, RETURN, at=5).state is OrderState.RETURNED

    def test_a_vehicle_that_never_left_is_taken_off(self) -> None:
        both = c.Assign((Wanted(101, 201), Wanted(100, 200)))
        order = go(draft(), SUBMIT, APPROVE, (both, CLERK), (c.Depart(vehicle_id=100), CLERK), RETURN)
        assert order.state is OrderState.DEPARTED, "101 may still leave"
        assert refused(order, c.Assign(()), CLERK) == ["why_missing"]
        order = go(order, (c.Assign((), "不需要了"), CLERK), at=5)
        assert (order.state, [one.vehicle_id for one in order.assigned]) == (OrderState.RETURNED, [100])

    def test_a_breakdown_is_replaced_but_not_forgotten(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART)
        assert refused(order, c.Assign((Wanted(101, 201),), "抛锚"), CLERK) == ["vehicle_is_out"]
        order = go(order, (c.Assign((Wanted(100, 202), Wanted(101, 201)), "换人并加车"), CLERK), at=4)
        assert [(one.vehicle_id, one.driver_id, one.ended_at) for one in order.assignments] == [
            (100, 200, NOW + 4 * HOUR),
            (100, 202, None),
            (101, 201, None),
        ]

    def test_readings_that_contradict_each_other(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART)
        assert refused(order, c.Return(), CLERK, hours=4) == ["odometer_missing"]
        below = c.Return(account={"odometer_in_m": 999_999, "tolls_fen": -1})
        assert refused(order, below, CLERK, hours=4) == ["out_of_range", "odometer_backwards"]
        before = c.Return(at=NOW, account={"odometer_in_m": 1_000_001})
        assert refused(order, before, CLERK, hours=4) == ["returned_before_departed"]


class TestCorrection:
    def test_times_and_readings(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART, RETURN)
        fixed = c.Correct(100, {"returned_at": NOW + 4 * HOUR - HOUR / 2, "tolls_fen": 0}, "误登记")
        order = go(order, (fixed, CLERK), at=6)
        assert (order.outings[0].returned_at, order.outings[0].tolls_fen) == (NOW + 3.5 * HOUR, 0)
        assert order.outings[0].return_recorded_at == NOW + 6 * HOUR
        assert refused(order, c.Correct(100, {"tolls_fen": 1}, None), CLERK) == ["why_missing"]
        assert refused(order, c.Correct(100, {"tolls_fen": 0}, "again"), CLERK) == ["nothing_changed"]
        assert refused(order, c.Correct(101, {"tolls_fen": 0}, "other"), CLERK) == ["not_out"]
        assert refused(order, c.Correct(100, {"departed_at": NOW + 9 * HOUR}, "x y"), CLERK, hours=6) == [
            *("ahead", "returned_before_departed")
        ]

    def test_what_never_happened(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART, RETURN)
        out_again = go(order, (c.Correct(100, {"returned_at": None}, "仍在外"), CLERK), at=6)
        assert out_again.state is OrderState.DEPARTED
        never = go(out_again, (c.Correct(100, {"departed_at": None}, "未出车"), CLERK), at=7)
        assert (never.state, never.outings) == (OrderState.ASSIGNED, ())

    def test_the_deadline_of_an_emergency_moves_with_its_departure(self) -> None:
        order = go(draft(emergency()), SUBMIT, ASSIGN, DEPART)
        moved = go(order, (c.Correct(100, {"departed_at": NOW + HOUR}, "实际出车更早"), CLERK), at=5)
        assert moved.approve_by == NOW + HOUR + timedelta(days=2)
        never = go(order, (c.Correct(100, {"departed_at": None}, "未出车"), CLERK), at=5)
        assert (never.state, never.approve_by) == (OrderState.ASSIGNED, None)

    def test_settled_books_close(self) -> None:
        order = go(draft(), SUBMIT, APPROVE, ASSIGN, DEPART, RETURN, SETTLE)
        assert go(order, (c.Correct(100, {"parking_fen": 500}, "漏记"), CLERK), at=6).state is OrderState.SETTLED
        assert refused(order, c.Correct(100, {"returned_at": None}, "x y"), CLERK) == ["settled"]
        assert refused(order, c.Correct(100, {"parking_fen": 500}, "漏记"), CLERK, hours=24 * 40) == [
            "correct_too_late"
        ]
