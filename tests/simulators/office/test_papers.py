"""Papers: the same for the same seed, in time where the plan says so, and nothing promised twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from fleet.dispatch.purposes import PURPOSES, purpose_reasons
from fleet.geography.divisions import COUNTIES
from fleet.model.registry import Body, Energy
from simulators.days.model import Area, Filing
from simulators.days.orders import county_at
from simulators.days.timeline import Activity
from simulators.habits import Density
from simulators.office.papers import Member, Paper, Step, papers_of
from simulators.office.staff import Driver, Wheel, licences, pairs
from simulators.vehicle import Vehicle
from tests.simulators.fleet import WORKING_DAY, spec, world

_VEHICLES = 96
_EXPIRES = date(2040, 1, 1)


def members(seed: int = 1, always: str | None = None, first: int = 0) -> dict[int, list[Member]]:
    """By organ."""
    made = world(seed=seed, always=always)
    found: dict[int, list[Member]] = {}
    for number in range(first, first + _VEHICLES):
        vehicle = Vehicle(spec(number), made)
        found.setdefault(vehicle.spec.organ or 0, []).append(Member(number + 1, vehicle, 5))
    return found


def drivers(organ: int, count: int) -> list[Driver]:
    return [Driver(100 * organ + k, organ, "A1", _EXPIRES) for k in range(count)]


@cache
def papers(seed: int = 1, always: str | None = None, day: date = WORKING_DAY) -> tuple[Paper, ...]:
    return tuple(
        paper
        for organ, some in members(seed, always).items()
        for paper in papers_of(some, drivers(organ, len(some)), day)
    )


def at(paper: Paper, step: Step) -> float:
    return dict(paper.steps)[step]


def window(paper: Paper) -> tuple[datetime, datetime]:
    begin, end = (datetime.fromisoformat(str(paper.form[name])) for name in ("planned_from", "planned_to"))
    return begin, end


def test_the_same_seed_gives_the_same_papers_in_any_process() -> None:
    again = tuple(
        paper for organ, some in members().items() for paper in papers_of(some, drivers(organ, len(some)), WORKING_DAY)
    )
    assert again == papers()
    assert papers(seed=2) != papers()


def test_what_is_ordered_in_time_is_approved_and_given_before_it_leaves() -> None:
    in_time = [paper for paper in papers() if paper.in_time]
    assert len(in_time) > 60
    for paper in in_time:
        assert at(paper, Step.SUBMIT) < at(paper, Step.APPROVE) < at(paper, Step.ASSIGN) < paper.departs_at
        assert [step for step, _ in paper.steps][:4] == [Step.WRITE, Step.SUBMIT, Step.APPROVE, Step.ASSIGN]
        assert paper.departs_at < at(paper, Step.DEPART) < at(paper, Step.RETURN) < at(paper, Step.SETTLE)
        begin, end = window(paper)
        assert begin - timedelta(minutes=30) <= datetime.fromisoformat(str(paper.bodies[Step.DEPART]["at"])) < end


def test_every_form_is_one_the_interface_takes() -> None:
    counties = {county.code for county in COUNTIES}
    for paper in papers():
        form: dict[str, Any] = paper.form
        assert form["purpose"] in PURPOSES
        assert purpose_reasons(form["purpose"], form["facts"], emergency=form["emergency"]) == []
        places = [form["origin"], *form["destinations"]]
        assert 2 <= len(places) <= 21
        lies_in = {county_at((place["lat"], place["lon"])) for place in places}
        if form["area"] == Area.COUNTY:
            assert lies_in == {form["division"]}
        elif form["area"] == Area.CITY:
            assert lies_in <= counties
        assert 0 <= form["passengers"] <= 4


def test_no_vehicle_and_no_driver_is_promised_twice() -> None:
    for key in ("vehicle_id", "driver_id"):
        taken: dict[Any, list[Paper]] = {}
        for paper in papers():
            taken.setdefault(getattr(paper, key), []).append(paper)
        assert any(len(some) > 1 for some in taken.values())
        for some in taken.values():
            spans = sorted(map(window, some))
            assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_the_way_to_the_filling_station_is_ordered_too() -> None:
    servicing = [paper for paper in papers() if paper.form["purpose"] == "vehicle_servicing"]
    assert servicing
    filled = [paper.bodies[Step.RETURN] for paper in servicing if "fuel_l" in paper.bodies[Step.RETURN]]
    assert filled
    assert all(float(str(body["fuel_yuan"])) > 0 for body in filled)


def test_who_searches_for_a_station_far_from_home_has_one_order_for_it() -> None:
    """Away from the yard the way is driven to and fro: dozens of drives, and one errand."""
    made = replace(world(), density=Density({}, {}, private_night=0.0, mission=0.5))
    searched = 0
    for number in range(_VEHICLES):
        vehicle = Vehicle(spec(number), made)
        episodes = vehicle.timeline(WORKING_DAY).episodes
        ways = [one for one in episodes if one.leg is not None and one.leg.outing < 0]
        filled = [one for one in episodes if one.activity is Activity.FILLING]
        if len(ways) == 2 * len(filled):
            continue
        searched += 1
        some = papers_of([Member(number + 1, vehicle, 5)], drivers(vehicle.spec.organ or 0, 1), WORKING_DAY)
        servicing = [paper for paper in some if paper.form["purpose"] == "vehicle_servicing"]
        assert len(servicing) == len(filled)
        spans = [(paper.departs_at, window(paper)[1].timestamp()) for paper in servicing]
        assert all(any(begin <= one.begins_at and one.ends_at <= end for begin, end in spans) for one in ways)
    assert searched


def test_the_odometer_goes_on_from_paper_to_paper() -> None:
    by_vehicle: dict[int | None, list[Paper]] = {}
    for paper in papers():
        if Step.RETURN in paper.bodies:
            by_vehicle.setdefault(paper.vehicle_id, []).append(paper)
    for some in by_vehicle.values():
        some.sort(key=lambda paper: paper.departs_at)
        marks = [float(str(p.bodies[step]["odometer_km"])) for p in some for step in (Step.DEPART, Step.RETURN)]
        assert marks == sorted(marks)


@pytest.mark.parametrize("name", ["no_order", "late_approval", "emergency", "wrong_vehicle"])
def test_what_habits_plan_comes_about_as_planned(name: str) -> None:
    planned = [
        (member, order)
        for some in members(always=name).values()
        for member in some
        for order in member.vehicle.plan(WORKING_DAY).orders
        if name in member.vehicle.plan(WORKING_DAY).outings[order.outing].tags
    ]
    assert len(planned) > 20
    filed = {paper.reference.partition(" ")[2]: paper for paper in papers(always=name)}
    for member, order in planned:
        paper = filed.get(f"v{member.vehicle_id}/{WORKING_DAY.isoformat()}/{order.outing}")
        if name == "no_order":
            assert paper is None
            continue
        assert paper is not None
        assert not paper.in_time
        if name == "late_approval":
            assert order.filing is Filing.LATE
            assert paper.departs_at < at(paper, Step.SUBMIT) < window(paper)[1].timestamp()
            assert at(paper, Step.APPROVE) < at(paper, Step.ASSIGN) < at(paper, Step.DEPART)
        elif name == "emergency":
            assert paper.form["emergency"]
            assert paper.departs_at < at(paper, Step.SUBMIT) < at(paper, Step.ASSIGN) < at(paper, Step.APPROVE)
        else:
            assert paper.vehicle_id != member.vehicle_id
            assert Step.DEPART not in paper.bodies
    if name == "wrong_vehicle":
        assert any(paper.vehicle_id is not None and not paper.in_time for paper in filed.values())


def test_a_mission_of_two_days_returns_on_the_second_and_may_be_taken_up_on_it() -> None:
    missions = [
        paper for k in range(6) for paper in papers(day=WORKING_DAY + timedelta(days=k)) if paper.goes_on_at is not None
    ]
    assert missions
    for paper in missions:
        assert paper.goes_on_at is not None
        assert datetime.fromtimestamp(paper.goes_on_at).astimezone() < window(paper)[1]
        late = paper.from_now(paper.goes_on_at - 3_600)
        assert late.reference == paper.reference
        assert window(late)[0].timestamp() <= paper.goes_on_at - 3_600 < window(late)[1].timestamp()
        assert at(late, Step.APPROVE) < paper.goes_on_at
        assert [step for step, _ in late.steps] == [step for step, _ in paper.steps]


def test_whoever_may_drive_least_goes_first_and_nobody_drives_two() -> None:
    bus, truck = Wheel(1, Body.BUS, 34, Energy.DIESEL), Wheel(2, Body.TRUCK, 3, Energy.DIESEL)
    car, electric = Wheel(3, Body.SALOON, 5, Energy.PETROL), Wheel(4, Body.SALOON, 5, Energy.BEV)
    crew = [Driver(1, 9, "A1", _EXPIRES), Driver(2, 9, "C1", _EXPIRES), Driver(3, 9, "B2", _EXPIRES)]
    crew += [Driver(4, 9, "C2", _EXPIRES), Driver(5, 9, "C1", WORKING_DAY), Driver(6, 9, "C1", _EXPIRES, WORKING_DAY)]
    assert pairs([car, electric, truck, bus], crew, WORKING_DAY) == {1: 1, 2: 3, 3: 2, 4: 4}
    assert pairs([car, bus], [crew[3]], WORKING_DAY) == {}
    assert licences(bus) == {"A1"}
