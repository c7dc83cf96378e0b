"""Who should go: what refuses, what only raises a doubt, what comes first; and that all three answers agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from fleet.dispatch import commands as c
from fleet.dispatch.candidates import Ask, Assumptions, Candidate, Taken, doubts_for, judge, rank, reasons_for
from fleet.dispatch.driver_candidates import DriverCandidate, judge_driver, rank_drivers
from fleet.dispatch.fitness import Need, licence_fits, need_of, vehicle_refusals
from fleet.dispatch.guards import refusals
from fleet.dispatch.life import decide
from fleet.dispatch.ranges import fuel_in_tank_ml, range_m
from fleet.dispatch.reasons import codes
from fleet.model.registry import Body, Energy, Management, VehicleStatus
from tests.fleet.dispatch.builders import (
    APPLICANT,
    APPROVER,
    CLERK,
    HOME,
    HOUR,
    NOW,
    ORGAN,
    OTHER_ORGAN,
    QILIN,
    content,
    draft,
    driver,
    emergency,
    given,
    plan,
    vehicle,
)


def candidate(number: int = 100, *, km: float = 1, facts: dict[str, Any] | None = None, **values: Any) -> Candidate:
    """At `km` north of the origin, half full, heard a minute ago."""
    usual: dict[str, Any] = {
        "tank_ml": 50_000,
        "fuel_level_permille": 500,
        "soc_permille": 500,
        "rated_range_km": 400,
        "lat_e7": QILIN.lat_e7 + round(km * 89_932),
        "lon_e7": QILIN.lon_e7,
        "position_at_s": int((NOW - timedelta(minutes=1)).timestamp()),
    }
    return Candidate(facts=vehicle(number, **(facts or {})), **{**usual, **values})


def ask(**values: Any) -> Ask:
    need = values.pop("need", need_of(draft(), HOME))
    usual: dict[str, Any] = {"plan": plan(), "now": NOW, "assumptions": Assumptions(), "drivers": {ORGAN: {"C1": 2}}}
    return Ask(need=need, **{**usual, **values})


def need(**values: Any) -> Need:
    return replace(need_of(draft(), HOME), **values)


def ids(vehicles: list[Candidate], asked: Ask) -> list[int]:
    return [one.vehicle.facts.id for one in rank(vehicles, asked).offered]


@pytest.mark.parametrize(
    ("one", "asked", "expected"),
    [
        (candidate(facts={"status": "repair"}), ask(), ["in_repair"]),
        (candidate(facts={"status": "sealed", "sealing_list": "国庆封存"}), ask(), ["sealed", "on_sealing_list"]),
        (candidate(facts={"status": "sealed", "sealing_list": "国庆封存"}), ask(need=need(emergency=True)), []),
        (candidate(facts={"status": "repair"}), ask(need=need(emergency=True)), ["in_repair"]),
        (candidate(facts={"organ_id": OTHER_ORGAN}), ask(), ["of_another_organ"]),
        (candidate(facts={"organ_id": OTHER_ORGAN, "management": "platform"}), ask(), []),
        (candidate(facts={"organ_id": OTHER_ORGAN}), ask(need=need(emergency=True)), []),
        (candidate(), ask(need=need(bodies=("bus",), equipment=("警灯",))), ["other_body", "equipment_lacking"]),
        (candidate(facts={"seats": 3}), ask(), ["seats_short"]),
        (candidate(facts={"seats": 3}), ask(need=need(passengers=40)), []),
        (candidate(taken=Taken(7, "O7-2026-0001", NOW + HOUR)), ask(), ["taken"]),
        (candidate(taken=Taken(None, None, None)), ask(), ["taken"]),
        (candidate(facts={"energy": "bev"}, rated_range_km=50), ask(), ["range_short"]),
        (candidate(facts={"energy": "bev"}, rated_range_km=50, soc_permille=None), ask(), ["range_short"]),
        (candidate(facts={"energy": "bev"}, soc_permille=50), ask(), ["charge_short"]),
        (candidate(facts={"energy": "bev"}, soc_permille=50), ask(need=need(begins_at=NOW + 9 * HOUR)), []),
        (candidate(fuel_level_permille=1), ask(), []),
    ],
)
def test_what_refuses(one: Candidate, asked: Ask, expected: list[str]) -> None:
    judged = judge(one, asked)
    assert codes(judged.refusals) == expected
    assert judged.offered == (not expected)
    assert rank([one], asked).not_offered == dict.fromkeys(sorted(expected), 1)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (candidate(), []),
        (candidate(fuel_level_permille=None), ["energy_unknown"]),
        (candidate(fuel_level_permille=1), ["energy_low"]),
        (candidate(lat_e7=None, parking_lat_e7=QILIN.lat_e7, parking_lon_e7=QILIN.lon_e7), ["position_unknown"]),
        (candidate(position_at_s=int((NOW - HOUR).timestamp())), ["position_old"]),
        (candidate(still_out=True), ["still_out"]),
        (candidate(facts={"seats": 23}), ["no_driver"]),
        (candidate(facts={"body": "truck"}), ["no_driver"]),
    ],
)
def test_what_raises_a_doubt_only(one: Candidate, expected: list[str]) -> None:
    judged = judge(one, ask())
    assert judged.offered
    assert list(judged.doubts) == expected
    said = doubts_for(judged, ask())
    assert codes(said) == expected, "each has its words"
    assert all(one.zh and one.en for one in said)


def test_what_an_emergency_overrode() -> None:
    urgent = ask(need=need(emergency=True))
    judged = judge(candidate(facts={"organ_id": OTHER_ORGAN, "status": "sealed"}), urgent)
    assert list(judged.doubts) == ["sealed_but_emergency", "borrowed_for_emergency"]
    assert codes(doubts_for(judged, urgent)) == list(judged.doubts)


def test_the_order_of_ranking() -> None:
    better_first = [
        candidate(1, facts={"energy": "bev"}, uses=9),
        candidate(2, uses=1),
        candidate(3, uses=4),
        candidate(4, km=3, uses=4),
        candidate(5, facts={"seats": 9}),
        candidate(6, km=9),
        candidate(7, km=60),
        candidate(8, fuel_level_permille=None),
        candidate(9, facts={"organ_id": OTHER_ORGAN, "management": "platform"}),
        candidate(10, facts={"organ_id": OTHER_ORGAN, "management": "platform", "division": 530381}),
    ]
    assert ids(better_first[::-1], ask()) == list(range(1, 11))
    whole = rank(better_first, ask())
    assert (whole.considered, whole.not_offered) == (10, {})


def test_reasons_are_data_and_words() -> None:
    asked = ask(need=need(bodies=("saloon",)))
    judged = judge(candidate(facts={"energy": "phev"}, uses=3), asked)
    said = {one.code: one for one in reasons_for(judged, asked)}
    assert list(said) == [
        *("free", "own_organ", "seats_enough", "distance_km", "energy_sufficient"),
        *("new_energy", "body_fits", "uses", "drivers_free"),
    ]
    assert all(one.zh and one.en for one in said.values())
    assert (said["distance_km"].value, said["uses"].value, said["drivers_free"].value) == (1.4, 3, 2)
    assert said["distance_km"].zh == "距出发地约 1.4 公里"
    partial = ask(need=need(passengers=40))
    assert "seats_partial" in codes(reasons_for(judge(candidate(), partial), partial))


def test_distance_and_need_are_by_road_with_reserve() -> None:
    judged = judge(candidate(km=10), ask())
    assert judged.distance_m == pytest.approx(14_000, rel=0.01)
    assert ask().tour_m == pytest.approx(2 * 11_850 * 1.4, rel=0.01), "there and back"
    assert judged.needed_m == pytest.approx((2 * 14_000 + ask().tour_m) * 1.2, rel=0.01)


def test_ranges() -> None:
    full: dict[str, Any] = {"fuel_ml": 42_500, "rated_range_km": 100, "charge_permille": 500, "rated_pct": 80}
    assert range_m(body="saloon", energy="petrol", **full) == 500_000
    assert range_m(body="saloon", energy="bev", **full) == 40_000
    assert range_m(body="saloon", energy="phev", **full) == 540_000
    assert range_m(body="saloon", energy="gas", **full) is None
    assert range_m(body="saloon", energy="bev", **{**full, "charge_permille": None}) is None
    assert (fuel_in_tank_ml(50_000, None, 300), fuel_in_tank_ml(50_000, 9, 300), fuel_in_tank_ml(None, None, 1)) == (
        *(15_000, 9, None),
    )


FACTS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(sorted(VehicleStatus)).map(str),
        "organ_id": st.sampled_from([ORGAN, OTHER_ORGAN]),
        "division": st.sampled_from([HOME, 530381]),
        "management": st.sampled_from(sorted(Management)).map(str),
        "energy": st.sampled_from(sorted(Energy)).map(str),
        "body": st.sampled_from(sorted(Body)).map(str),
        "seats": st.integers(2, 45),
        "equipment": st.sampled_from([(), ("警灯",)]),
        "sealing_list": st.sampled_from([None, "国庆封存"]),
    }
)
LIVE = st.fixed_dictionaries(
    {
        "km": st.floats(0, 300),
        "fuel_level_permille": st.none() | st.integers(0, 1000),
        "soc_permille": st.none() | st.integers(0, 1000),
        "rated_range_km": st.none() | st.integers(50, 700),
        "taken": st.sampled_from([None, None, Taken(7, "O7-2026-0001", NOW)]),
        "uses": st.integers(0, 5),
        "still_out": st.booleans(),
    }
)
NEEDS = st.builds(
    lambda urgent, bodies, equipment, passengers: (emergency if urgent else content)(
        bodies=bodies, equipment=equipment, plan=plan(passengers=passengers)
    ),
    st.booleans(),
    st.sampled_from([(), ("saloon", "suv")]),
    st.sampled_from([(), ("警灯",)]),
    st.integers(0, 30),
)


@examples(st.lists(st.tuples(FACTS, LIVE), max_size=12), NEEDS)
def test_the_list_one_vehicle_and_the_assignment_agree(
    drawn: list[tuple[dict[str, Any], dict[str, Any]]], written: c.Content
) -> None:
    order = decide(draft(written), c.Submit("1"), APPLICANT, given())
    order = decide(order, c.Approve(), APPROVER, given())
    asked = ask(need=need_of(order, HOME), plan=order.plan)
    vehicles = [candidate(number, facts=facts, **live) for number, (facts, live) in enumerate(drawn, start=1)]
    ranking = rank(vehicles, asked)
    single = {one.facts.id: judge(one, asked) for one in vehicles}
    assert [one.vehicle.facts.id for one in ranking.offered] == [
        one.vehicle.facts.id for one in sorted((one for one in single.values() if one.offered), key=lambda one: one.key)
    ]
    assert len(ranking.offered) + sum(not one.offered for one in single.values()) == ranking.considered
    for one in vehicles:
        answer = refusals(order, c.Assign((c.Wanted(one.facts.id),)), CLERK, given(vehicles=[one.facts]))
        of_vehicle = [each for each in codes(answer) if each != "seats_short"]
        assert set(of_vehicle) <= set(codes(single[one.facts.id].refusals)), "what may not go is not offered"
        assert set(of_vehicle) == set(codes(vehicle_refusals(one.facts, asked.need)))


def test_drivers_who_may() -> None:
    people = [
        DriverCandidate(facts=driver(1), uses=5),
        DriverCandidate(facts=driver(2), uses=2),
        DriverCandidate(facts=driver(3, licence_class="C2")),
        DriverCandidate(facts=driver(4, licence_class="D")),
        DriverCandidate(facts=driver(5, licence_expires_on=date(2026, 5, 19))),
        DriverCandidate(facts=driver(6), taken=Taken(None, None, None)),
        DriverCandidate(facts=driver(7, organ_id=OTHER_ORGAN)),
        DriverCandidate(facts=driver(8, retired_on=date(2026, 5, 20))),
    ]
    pool = vehicle(organ_id=OTHER_ORGAN, management="platform")
    offered = rank_drivers(people, need(), pool, days=30)
    assert [one.driver.facts.id for one in offered] == [2, 1, 3, 7]
    assert codes(offered[2].doubts) == ["licence_automatic_only"]
    assert codes(offered[0].reasons) == ["free", "own_organ", "licence_fits", "uses"]
    assert codes(offered[3].reasons)[1] == "vehicles_organ"
    every = {one.facts.id: codes(judge_driver(one, need(), pool, days=30).refusals) for one in people}
    assert every == {
        **{number: [] for number in (1, 2, 3, 7)},
        4: ["licence_unfit"],
        5: ["licence_expired"],
        6: ["taken"],
        8: ["driver_retired"],
    }
    assert [one.driver.facts.id for one in rank_drivers(people, need(), None, days=30)] == [3, 4, 2, 1]
    assert msgspec.structs.asdict(offered[0].reasons[3])["value"] == 2


@pytest.mark.parametrize(
    ("body", "seats", "energy", "fitting", "unfit"),
    [
        ("saloon", 5, "petrol", "A1 A2 A3 B1 B2 C1", "C3 D"),
        ("bus", 19, "diesel", "A1 A2 B1", "A3 B2 C1"),
        ("bus", 45, "diesel", "A1", "A2 A3 B1 C1"),
        ("truck", 3, "diesel", "A1 A2 B2", "B1 C1"),
        ("saloon", 5, "bev", "C1 C2", "C4"),
    ],
)
def test_what_a_licence_covers(body: str, seats: int, energy: str, fitting: str, unfit: str) -> None:
    one = vehicle(body=body, seats=seats, energy=energy)
    assert all(licence_fits(driver(licence_class=each), one) is True for each in fitting.split())
    assert all(licence_fits(driver(licence_class=each), one) is False for each in unfit.split())
