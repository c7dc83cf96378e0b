"""Which step is next, by what the interface says of an order."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.office.agenda import Seen, next_step, request_of
from simulators.office.papers import Paper, Step

PAPER = Paper(
    reference="r",
    division=530302,
    organ_id=7,
    vehicle_id=1,
    driver_id=2,
    form={},
    steps=tuple((step, float(number)) for number, step in enumerate(Step)),
    bodies={
        Step.ASSIGN: {"vehicle_id": 1, "driver_id": 2},
        Step.DEPART: {"vehicle_id": 1, "at": "2026-11-24T01:00:00Z", "odometer_km": 10.0},
        Step.RETURN: {"vehicle_id": 1, "at": "2026-11-24T03:00:00Z", "odometer_km": 30.5, "tolls_yuan": 5.0},
    },
    departs_at=0.0,
    in_time=True,
)
GONE = {"departed_at": "2026-11-24T01:00:00Z"}
BACK = {**GONE, "returned_at": "2026-11-24T03:00:00Z"}


def seen(state: str, decision: str | None = None, **more: Any) -> Seen:
    return Seen.of({"id": 5, "state": state, "decision": decision, "remarks": "r", **more})


@pytest.mark.parametrize(
    ("found", "step"),
    [
        (None, Step.WRITE),
        (seen("draft"), Step.SUBMIT),
        (seen("submitted", "pending"), Step.APPROVE),
        (seen("submitted", "pending", approvals=[{"approved": True}]), Step.APPROVE),  # the second level
        (seen("approved", "approved"), Step.ASSIGN),
        (seen("assigned", "approved", vehicles=[{}]), Step.DEPART),
        (seen("departed", "approved", vehicles=[GONE]), Step.RETURN),
        (seen("returned", "approved", vehicles=[BACK]), Step.RETURN),  # by the road, without an odometer
        (seen("returned", "approved", vehicles=[{**BACK, "odometer_in_km": 30.5}]), Step.SETTLE),
        (seen("settled", "approved", vehicles=[BACK]), None),
        (seen("cancelled"), None),
        (seen("rejected", "rejected"), None),
    ],
)
def test_the_next_step_follows_from_the_order(found: Seen | None, step: Step | None) -> None:
    following = next_step(PAPER, found)
    assert (None if following is None else following[0]) == step


def test_an_emergency_is_approved_when_it_is_back() -> None:
    order = (Step.WRITE, Step.SUBMIT, Step.ASSIGN, Step.DEPART, Step.RETURN, Step.APPROVE, Step.SETTLE)
    steps = tuple((step, float(number)) for number, step in enumerate(order))
    emergency = Paper("r", 530302, 7, 1, 2, {}, steps, PAPER.bodies, 0.0, False)
    waits = seen("submitted", "pending")
    assert next_step(emergency, waits) == (Step.ASSIGN, 2.0)
    back = seen("returned", "pending", vehicles=[{**BACK, "odometer_in_km": 30.5}])
    assert next_step(emergency, back) == (Step.APPROVE, 5.0)


def test_what_the_road_returned_is_completed_by_a_person() -> None:
    for vehicle in (GONE, BACK):  # by the road it is back, and waits for the odometer
        out = seen("departed", "approved", vehicles=[vehicle])
        assert next_step(PAPER, out) == (Step.RETURN, 5.0)
        assert request_of(PAPER, Step.RETURN, out) == ("return", PAPER.bodies[Step.RETURN])
    back = seen("returned", "approved", vehicles=[BACK])
    name, body = request_of(PAPER, Step.RETURN, back)
    assert name == "correct"
    assert body == {"vehicle_id": 1, "tolls_yuan": 5.0, "odometer_in_km": 30.5, "why": "补登里程与费用"}
