"""What units are told of their order, and what is taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fleet.dispatch.telling import Telling, telling
from fleet.model.orders import Assignment, Order, OrderState, Outing
from tests.fleet.dispatch.builders import CLERK, HOUR, NOW, draft


def given(*vehicles: int, state: OrderState = OrderState.ASSIGNED) -> Order:
    found = tuple(Assignment(vehicle_id=one, driver_id=200 + one, at=NOW, by_id=CLERK.account_id) for one in vehicles)
    return replace(draft(), number="O7-2026-0001", state=state, assignments=found)


def parts(news: Telling | None) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] | None:
    return None if news is None else (news.tell, news.take_back, news.silent)


def test_who_gets_it_and_who_loses_it() -> None:
    approved = given(state=OrderState.APPROVED)
    assert parts(telling(approved, given(100, 101))) == ((100, 101), (), ())
    assert parts(telling(given(100, 101), given(101, 102))) == ((102,), (100,), ())
    assert parts(telling(given(100), replace(given(100), state=OrderState.CANCELLED))) == ((), (100,), ())
    assert telling(given(100), given(100)) is None


def test_a_new_plan_is_told_to_all_and_who_is_back_learns_nothing() -> None:
    order = given(100, 101, state=OrderState.DEPARTED)
    later = replace(order, plan=replace(order.plan, ends_at=order.plan.ends_at + HOUR))
    news = telling(order, later)
    assert news is not None
    assert (parts(news), news.expires_at) == (((100, 101), (), ()), later.plan.ends_at)
    back = Outing(vehicle_id=100, departed_at=NOW, departure_recorded_at=NOW, returned_at=NOW + timedelta(hours=1))
    assert parts(telling(order, replace(order, outings=(back,)))) == ((), (), (100,))
    assert parts(telling(replace(order, outings=(back,)), replace(later, outings=(back,)))) == ((101,), (), ())


def test_nobody_is_named() -> None:
    order = replace(given(100), contact_name="某同志", contact_phone="00000001234", remarks="接某同志")
    news = telling(None, order)
    assert news is not None
    assert not {"某同志", "00000001234", "接某同志"} & {str(value) for value in news.content.values()}
    assert news.content["number"] == "O7-2026-0001"
