"""Whom a task calls, of whom, in which order; how far each has come; what the task allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as vary
from hypothesis import strategies as st

from fleet.dispatch.candidates import Ask, Assumptions, Candidate
from fleet.dispatch.fitness import Need
from fleet.dispatch.mobilising import mobilise
from fleet.dispatch.roster import missing, state_of
from fleet.dispatch.task_life import grant_of
from fleet.model.orders import Decision, PermittedArea
from fleet.model.tasks import Answer, Call, RosterState, Task, TaskNeed
from fleet.model.verdicts import GrantKind
from tests.fleet.dispatch.builders import HOME, HOUR, NOW, ORGAN, OTHER_ORGAN, QILIN, plan, vehicle

ASK = Ask(
    need=Need(
        organ_id=ORGAN,
        division=HOME,
        emergency=True,
        bodies=(),
        equipment=(),
        passengers=0,
        begins_at=NOW,
        last_day=(NOW + 48 * HOUR).date(),
    ),
    plan=plan(destinations=(), passengers=0),
    now=NOW,
    assumptions=Assumptions(),
    drivers={ORGAN: {"A1": 99}, OTHER_ORGAN: {"A1": 99}},
)


def candidate(number: int, *, north_km: float = 1, **facts: Any) -> Candidate:
    lat_e7 = QILIN.lat_e7 + round(north_km / 111.2 * 1e7)
    at_s = int(NOW.timestamp())
    return Candidate(
        facts=vehicle(number, **facts),
        tank_ml=60_000,
        fuel_level_ml=60_000,
        lat_e7=lat_e7,
        lon_e7=QILIN.lon_e7,
        position_at_s=at_s,
    )


def picked(vehicles: list[Candidate], *needs: TaskNeed) -> dict[int, list[int]]:
    found = mobilise(vehicles, needs, ASK)
    return {need.n: [one.judged.vehicle.facts.id for one in found.picked if one.need == need.n] for need in needs}


def test_a_scarce_need_chooses_before_one_that_any_vehicle_meets() -> None:
    vehicles = [candidate(1, body="bus", seats=30, north_km=0.1), candidate(2), candidate(3)]
    anything, large = TaskNeed(n=1, count=2), TaskNeed(n=2, count=1, seats=20)
    assert picked(vehicles, anything, large) == {1: [2, 3], 2: [1]}


def test_special_bodies_are_left_for_needs_that_name_them() -> None:
    vehicles = [candidate(1, body="ambulance", north_km=0.1), candidate(2, north_km=40), candidate(3, north_km=45)]
    assert picked(vehicles, TaskNeed(n=1, count=2)) == {1: [2, 3]}
    assert picked(vehicles, TaskNeed(n=1, count=3)) == {1: [2, 3, 1]}, "where nothing else is left they go"
    assert picked(vehicles, TaskNeed(n=1, count=1, bodies=("ambulance",))) == {1: [1]}


def test_near_goes_before_whose_it_is() -> None:
    vehicles = [candidate(1, north_km=80), candidate(2, north_km=2, organ_id=OTHER_ORGAN), candidate(3, north_km=2)]
    assert picked(vehicles, TaskNeed(n=1, count=3)) == {1: [3, 2, 1]}


def test_what_is_missing_is_said_with_the_reason() -> None:
    vehicles = [candidate(1), candidate(2, status="repair"), candidate(3, body="bus", seats=9)]
    need = TaskNeed(n=1, count=3, bodies=("saloon",))
    found = mobilise(vehicles, [need], ASK)
    assert found.short([need]) == {1: 2}
    assert found.not_offered == {1: {"in_repair": 1, "other_body": 1}}
    assert found.offered == {1: 1}


BODIES = ("saloon", "suv", "bus", "ambulance")
fleets: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        body=st.sampled_from(BODIES),
        seats=st.integers(2, 40),
        north_km=st.floats(0, 90),
        equipment=st.sampled_from([(), ("winch",), ("winch", "pump")]),
        status=st.sampled_from(["in_service", "in_service", "repair", "sealed"]),
    ),
    max_size=30,
)
wants = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.lists(st.sampled_from(BODIES), max_size=2, unique=True).map(tuple),
        st.sampled_from([(), ("winch",), ("pump",)]),
        st.integers(0, 20),
    ),
    min_size=1,
    max_size=4,
)


@vary(fleets, wants)
def test_nobody_is_called_twice_and_whoever_is_called_meets_the_need(
    fleet: list[dict[str, Any]], wanted: list[tuple[int, tuple[str, ...], tuple[str, ...], int]]
) -> None:
    vehicles = [candidate(number, **values) for number, values in enumerate(fleet, start=1)]
    needs = [
        TaskNeed(n=n, count=count, bodies=bodies, equipment=equipment, seats=seats)
        for n, (count, bodies, equipment, seats) in enumerate(wanted, start=1)
    ]
    found = mobilise(vehicles, needs, ASK)
    ids = [one.judged.vehicle.facts.id for one in found.picked]
    assert len(ids) == len(set(ids))
    for one in found.picked:
        need, facts = needs[one.need - 1], one.judged.vehicle.facts
        assert not need.bodies or facts.body in need.bodies
        assert set(need.equipment) <= set(facts.equipment)
        assert facts.seats > need.seats
        assert facts.status != "repair"
    for need in needs:
        got = sum(one.need == need.n for one in found.picked)
        assert got <= need.count
        left = {one.facts.id for one in vehicles} - set(ids)
        if got < need.count:
            alone = mobilise([one for one in vehicles if one.facts.id in left], [need], ASK)
            assert not alone.picked, "what is missing is not there"
    assert mobilise(vehicles, needs, ASK) == found


def called(**values: Any) -> Call:
    usual: dict[str, Any] = {"need": 1, "vehicle_id": 100, "called_at": NOW, "answer_by": NOW + timedelta(seconds=25)}
    return Call(**{**usual, **values})


YES, NO = Answer.ACKNOWLEDGED, Answer.REFUSED


@pytest.mark.parametrize(
    ("values", "later_s", "expected"),
    [
        ({}, 24, RosterState.CALLED),
        ({}, 25, RosterState.TIMED_OUT),
        ({"unit_answer": YES}, 99, RosterState.ACKNOWLEDGED),
        ({"unit_answer": YES, "answer": NO}, 99, RosterState.REFUSED),
        ({"unit_answer": NO, "answer": YES}, 99, RosterState.ACKNOWLEDGED),
        ({"unit_answer": YES, "departed_at": NOW}, 99, RosterState.DEPARTED),
        ({"departed_at": NOW}, 99, RosterState.TIMED_OUT),
        ({"answer": NO, "departed_at": NOW, "near": True}, 99, RosterState.REFUSED),
        ({"near": True}, 99, RosterState.ON_SITE),
        ({"unit_answer": YES, "departed_at": NOW, "arrived_at": NOW}, 99, RosterState.DEPARTED),
        ({"near": True, "released_at": NOW}, 99, RosterState.RELEASED),
    ],
)
def test_how_far_a_vehicle_has_come(values: dict[str, Any], later_s: int, expected: RosterState) -> None:
    assert state_of(called(**values), NOW + timedelta(seconds=later_s)) is expected


def test_a_need_lacks_those_who_do_not_come() -> None:
    calls = [called(), called(unit_answer=NO), called(released_at=NOW), called(near=True)]
    needs = [TaskNeed(n=1, count=4), TaskNeed(n=2, count=1)]
    assert missing(needs, calls, NOW) == {1: 2, 2: 1}
    assert missing(needs, calls, NOW + HOUR) == {1: 3, 2: 1}


TASK = Task(
    id=5,
    version=1,
    organ_id=ORGAN,
    number="O7-2026-T001",
    commander_id=2,
    created_at=NOW,
    title="抢险",
    why="指令",
    place=QILIN,
    radius_m=1_000,
    begins_at=NOW,
    ends_at=NOW + 48 * HOUR,
    area=PermittedArea.CITY,
    division=None,
    approve_by=NOW + 24 * HOUR,
    decision=Decision.PENDING,
    decided_at=None,
    decider_id=None,
    decision_why=None,
    closed_at=None,
    needs=(TaskNeed(n=1, count=1),),
)


def test_what_a_task_allows_from_the_call_to_the_way_home() -> None:
    def grant(task: Task = TASK, **values: Any) -> Any:
        return grant_of(task, called(**values), divisions=frozenset({HOME}), return_within_s=3_600)

    open_ = grant(called_at=NOW + HOUR)
    assert (open_.kind, open_.begin, open_.end) == (GrantKind.TASK_OPEN, NOW + HOUR, NOW + 49 * HOUR)
    assert (open_.decide_by, open_.known_at) == (TASK.approve_by, NOW)
    approved = replace(TASK, decision=Decision.APPROVED, decided_at=NOW + 2 * HOUR, decider_id=3)
    assert (grant(approved).kind, grant(approved).known_at) == (GrantKind.TASK, NOW + 2 * HOUR)
    assert grant(released_at=NOW + 5 * HOUR).end == NOW + 6 * HOUR
    assert grant(answer=NO, answered_at=NOW + HOUR).end == NOW + HOUR, "whoever refuses is out"
    assert grant(unit_answer=NO, unit_answered_at=NOW) is None
    assert grant(replace(TASK, decision=Decision.REJECTED)) is None
