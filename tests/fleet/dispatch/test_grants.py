"""What an order allows a vehicle, at every stage of its life."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fleet.dispatch.grants import grants_of
from fleet.model.orders import (
    Amendment,
    Assignment,
    Decision,
    Order,
    OrderState,
    Outing,
    PermittedArea,
    Place,
    Plan,
)
from fleet.model.verdicts import Grant, GrantKind

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
OFFICE = Place(name="办公楼", lat_e7=255_000_000, lon_e7=1_038_000_000)
PLAN = Plan(
    begins_at=NOON,
    ends_at=NOON + 4 * HOUR,
    area=PermittedArea.COUNTY,
    division=530302,
    origin=OFFICE,
    destinations=(OFFICE,),
    passengers=2,
)
APPROVED = Order(
    id=5,
    organ_id=1,
    applicant_id=1,
    created_at=NOON - 3 * HOUR,
    plan=PLAN,
    purpose="meeting",
    state=OrderState.ASSIGNED,
    number="A-2026-0001",
    round=1,
    submitted_at=NOON - 3 * HOUR,
    decision=Decision.APPROVED,
    decided_at=NOON - 2 * HOUR,
    assignments=(Assignment(vehicle_id=7, driver_id=70, at=NOON - HOUR, by_id=2),),
)


def of(order: Order, vehicle_id: int = 7) -> tuple[Grant, ...]:
    def divisions(plan: Plan) -> frozenset[int] | None:
        return None if plan.division is None else frozenset({plan.division})

    return grants_of(order, vehicle_id, divisions=divisions, radius_m=500, emergency_within_s=172_800)


def test_an_approved_order_is_one_grant_for_its_own_vehicle() -> None:
    (grant,) = of(APPROVED)
    assert grant.kind is GrantKind.ORDER
    assert (grant.begin, grant.end, grant.known_at) == (NOON, NOON + 4 * HOUR, NOON - 2 * HOUR)
    assert grant.divisions == frozenset({530302})
    assert [one.key for one in grant.destinations] == ["1"]
    assert grant.vehicle_known_at == NOON - HOUR
    assert of(APPROVED, vehicle_id=8) == ()


def test_what_is_not_approved_allows_nothing() -> None:
    assert of(replace(APPROVED, decision=Decision.PENDING, decided_at=None)) == ()
    assert of(replace(APPROVED, decision=Decision.REJECTED)) == ()
    assert of(replace(APPROVED, submitted_at=None)) == ()
    assert of(replace(APPROVED, cancelled_at=NOON - HOUR)) == ()


def test_an_emergency_waits_for_its_decision() -> None:
    open_ = replace(APPROVED, emergency=True, decision=Decision.PENDING, decided_at=None)
    (grant,) = of(open_)
    assert grant.kind is GrantKind.EMERGENCY_OPEN
    assert grant.decide_by == NOON + 48 * HOUR
    (departed,) = of(replace(open_, approve_by=NOON + 50 * HOUR))
    assert departed.decide_by == NOON + 50 * HOUR
    (decided,) = of(replace(APPROVED, emergency=True, approve_by=NOON + 50 * HOUR))
    assert decided.kind is GrantKind.ORDER
    assert decided.decide_by == NOON + 50 * HOUR


def test_only_approved_amendments_add_to_it() -> None:
    longer = replace(PLAN, ends_at=NOON + 8 * HOUR)
    asked = Amendment(number=1, plan=longer, why="延长", requester_id=1, requested_at=NOON + HOUR)
    assert len(of(replace(APPROVED, amendments=(asked,)))) == 1
    allowed = replace(asked, decision=Decision.APPROVED, decided_at=NOON + 2 * HOUR)
    base, extension = of(replace(APPROVED, amendments=(allowed,)))
    assert base.end == NOON + 4 * HOUR
    assert (extension.kind, extension.version) == (GrantKind.AMENDMENT, 1)
    assert (extension.end, extension.known_at) == (NOON + 8 * HOUR, NOON + 2 * HOUR)


def test_a_vehicle_taken_off_the_order_is_covered_until_then() -> None:
    (given,) = APPROVED.assignments
    (grant,) = of(replace(APPROVED, assignments=(replace(given, ended_at=NOON + HOUR),)))
    assert grant.end == NOON + HOUR
    assert of(replace(APPROVED, assignments=(replace(given, ended_at=NOON - HOUR / 2),))) == ()


def test_a_driver_named_after_departure_is_another_driver() -> None:
    (given,) = APPROVED.assignments
    outing = Outing(vehicle_id=7, departed_at=NOON, departure_recorded_at=NOON)
    changed = (
        replace(given, ended_at=NOON + HOUR),
        Assignment(vehicle_id=7, driver_id=71, at=NOON + HOUR, by_id=2),
    )
    (same,) = of(replace(APPROVED, outings=(outing,)))
    assert same.driver_id == same.drove_id == 70
    (other,) = of(replace(APPROVED, outings=(outing,), assignments=changed))
    assert (other.driver_id, other.drove_id) == (70, 71)
