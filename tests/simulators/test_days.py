"""Days make sense: who moves when, where, how far; and the same date is the same day whoever asks."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import chinese_calendar
import pytest

from fleet.geography.distance import haversine_m
from fleet.model.registry import Energy, VehicleStatus, VehicleUse
from simulators.city import City, SiteKind
from simulators.days.calendar import (
    ANNOUNCED_YEARS,
    DayKind,
    Season,
    at_hour,
    begins_at,
    day_of,
    kind_of,
    season_of,
)
from simulators.days.model import DayPlan, Filing, Purpose
from simulators.days.task_force import TaskForce
from simulators.roads import draw_roads
from simulators.vehicle import Vehicle, World
from tests.simulators.fleet import WORKING_DAY, city, spec, vehicles, world

SUNDAY, HOLIDAY, MAKE_UP = date(2026, 11, 22), date(2026, 10, 3), date(2026, 10, 10)


def plans(day: date) -> list[DayPlan]:
    return [vehicle.plan(day) for vehicle in vehicles()]


def share_moving(day: date, hour: float) -> float:
    at = at_hour(day, hour)
    moving = [any(leg.departs_at <= at < leg.arrives_at for leg in plan.legs) for plan in plans(day)]
    return sum(moving) / len(moving)


def test_the_fleets_day_begins_at_four_in_yunnan() -> None:
    begins = begins_at(date(2026, 11, 24))
    assert begins == 1_795_464_000  # 2026-11-23T20:00:00Z
    assert day_of(begins) == date(2026, 11, 24)
    assert day_of(begins - 1) == date(2026, 11, 23)
    assert at_hour(date(2026, 11, 24), 27.5) == begins + 23.5 * 3_600


@pytest.mark.parametrize("year", sorted(ANNOUNCED_YEARS))
def test_the_calendar_is_the_announced_one(year: int) -> None:
    """Two sources that know nothing of each other agree on every day."""
    for k in range(365):
        day = date(year, 1, 1) + timedelta(days=k)
        assert kind_of(day).worked == chinese_calendar.is_workday(day), day
    assert kind_of(date(2026, 10, 10)) is DayKind.MAKE_UP
    assert kind_of(date(2026, 10, 3)) is DayKind.HOLIDAY
    assert kind_of(date(2031, 10, 2)) is DayKind.HOLIDAY  # by law, whatever will be announced


def test_on_a_working_day_the_fleet_moves_as_offices_work() -> None:
    moved = [plan for plan in plans(WORKING_DAY) if plan.legs]
    assert 0.58 < len(moved) / len(vehicles()) < 0.78
    assert 0.14 < share_moving(WORKING_DAY, 10) < 0.26
    assert share_moving(WORKING_DAY, 27) < 0.01
    assert share_moving(WORKING_DAY, 13) < 0.6 * share_moving(WORKING_DAY, 10)
    assert 42 < sum(plan.spent.odometer_m for plan in moved) / len(moved) / 1_000 < 68
    assert 3 < sum(len(plan.legs) for plan in moved) / len(moved) < 6


def test_weekends_and_holidays_are_quiet_and_make_up_days_are_not() -> None:
    moved = {day: sum(bool(plan.legs) for plan in plans(day)) for day in (WORKING_DAY, SUNDAY, HOLIDAY, MAKE_UP)}
    assert moved[SUNDAY] < 0.4 * moved[WORKING_DAY]
    assert moved[HOLIDAY] <= 1.1 * moved[SUNDAY]
    assert abs(moved[MAKE_UP] - moved[WORKING_DAY]) < 0.12 * moved[WORKING_DAY]


def test_the_mail_goes_every_working_day_the_same_round() -> None:
    carriers = 0
    for vehicle in vehicles():
        rounds = [
            tuple(stop.name for outing in vehicle.plan(day).outings for stop in outing.stops)
            for day in (WORKING_DAY, WORKING_DAY + timedelta(days=1), WORKING_DAY + timedelta(days=2))
            if any(outing.purpose is Purpose.MAIL for outing in vehicle.plan(day).outings)
        ]
        carriers += bool(rounds)
        assert vehicle.spec.use is VehicleUse.COMMUNICATIONS or not rounds
        if len(rounds) == 3:
            assert Counter(rounds).most_common(1)[0][1] >= 2
    assert carriers > 15


def test_seasons_send_vehicles_to_schools_reservoirs_and_forest_posts() -> None:
    assert season_of(date(2026, 6, 8)) is Season.EXAM
    for day, purpose in (
        (date(2026, 6, 8), Purpose.EXAM),
        (date(2026, 8, 12), Purpose.FLOOD),
        (date(2026, 3, 12), Purpose.FIRE_WATCH),
    ):
        found = [o for v in vehicles()[:150] for o in v.plan(day).outings if o.purpose is purpose]
        assert len(found) >= 5
    assert not any(o.purpose is Purpose.FLOOD for plan in plans(WORKING_DAY) for o in plan.outings)


def test_legs_follow_each_other_in_place_and_time() -> None:
    for day in (WORKING_DAY, SUNDAY):
        for plan in plans(day):
            here, now = plan.stands_at, begins_at(day)
            for leg in plan.legs:
                assert leg.start.place == here.place
                assert leg.departs_at - leg.warm_s >= now
                assert leg.arrives_at > leg.departs_at
                mean_kmh = 3.6 * leg.distance_m / (leg.arrives_at - leg.departs_at)
                assert mean_kmh < 105
                here, now = leg.end, leg.arrives_at + leg.idle_s
            assert now < begins_at(day) + 86_400


def test_a_day_begins_where_the_one_before_ended() -> None:
    away = 0
    for vehicle in vehicles():
        ends = None
        for k in range(6):
            plan = vehicle.plan(WORKING_DAY + timedelta(days=k))
            assert ends is None or plan.stands_at.place == ends.place
            ends = plan.legs[-1].end if plan.legs else plan.stands_at
            away += ends.place != vehicle.subject.home.place
    assert away > 3


def test_the_same_date_is_the_same_day_whoever_asks_and_when() -> None:
    """Played backwards, forwards, from another epoch: one odometer, one tank, one itinerary."""
    days = [WORKING_DAY + timedelta(days=k) for k in range(-4, 5)]
    for number in range(0, 60, 3):
        forwards, backwards = Vehicle(spec(number), world()), Vehicle(spec(number), world())
        there = {day: forwards.timeline(day) for day in days}
        back = {day: backwards.timeline(day) for day in reversed(days)}
        alone = {day: Vehicle(spec(number), world()).timeline(day) for day in days[::3]}
        assert there == back
        assert all(there[day] == timeline for day, timeline in alone.items())


def test_neighbours_do_not_change_each_others_days() -> None:
    """Yards that share a junction, asked in this order and in that: a process that goes on asks in another."""
    offices = city().sites_of(530302, SiteKind.OFFICE)[:12]
    yards = [(lat + aside, lon - aside) for lat, lon in (one.place for one in offices) for aside in (-9e-4, 0.0, 9e-4)]
    specs = [replace(spec(number), home=yard) for number, yard in enumerate(yards)]
    found = []
    for order in (specs, specs[::-1]):
        fresh = replace(world(), city=City.of(draw_roads()))
        asked = [Vehicle(one, fresh) for one in order]
        found.append({one.spec.key: [one.timeline(WORKING_DAY + timedelta(days=k)) for k in range(3)] for one in asked})
    assert found[0] == found[1]


def test_the_epoch_moves_the_counters_and_not_the_days() -> None:
    one, other = (Vehicle(spec(11), world(epoch=day)) for day in (WORKING_DAY, WORKING_DAY - timedelta(days=3)))
    assert one.plan(WORKING_DAY) == other.plan(WORKING_DAY)
    between = sum(
        (other.plan(WORKING_DAY - timedelta(days=k)).spent.odometer_m for k in (1, 2, 3)),
    )
    assert other.spent_before(WORKING_DAY).odometer_m - one.spent_before(WORKING_DAY).odometer_m == between


def test_another_seed_is_another_life() -> None:
    assert [p.legs for p in plans(WORKING_DAY)][:50] != [v.plan(WORKING_DAY).legs for v in vehicles(50, seed=2)]


def test_most_outings_have_their_order_in_time() -> None:
    filings = Counter(order.filing for plan in plans(WORKING_DAY) for order in plan.orders)
    asked = sum(filings.values()) - filings[Filing.EXEMPT]
    assert 0.9 < filings[Filing.IN_TIME] / asked < 0.99
    for vehicle in vehicles():
        for order in vehicle.plan(WORKING_DAY).orders:
            legs = [leg for leg in vehicle.plan(WORKING_DAY).legs if leg.outing == order.outing]
            if order.filing is Filing.IN_TIME:
                assert order.approved_at is not None
                assert order.filed_at < order.approved_at < legs[0].departs_at
            assert order.window_from <= legs[0].departs_at
            assert order.destinations or order.purpose is Purpose.COMMUTE
            reached = [leg.end.place for leg in legs]
            if not set(vehicle.plan(WORKING_DAY).outings[order.outing].tags):
                assert order.window_to >= legs[-1].arrives_at
                for _, place in order.destinations:
                    assert min(haversine_m(*place, *there) for there in reached) < 130


def test_vehicles_out_of_service_stay_in_their_yards() -> None:
    for status in (VehicleStatus.REPAIR, VehicleStatus.SEALED, VehicleStatus.RETIRED):
        for number in range(20):
            vehicle = Vehicle(spec(number, status=status), world(habits=0))
            assert not vehicle.plan(WORKING_DAY).legs


def test_electric_vehicles_come_home_before_they_are_empty() -> None:
    for number in range(25):
        vehicle = Vehicle(spec(number, Energy.BEV), world())
        assert vehicle.power.battery is not None
        for k in range(4):
            spent = vehicle.plan(WORKING_DAY + timedelta(days=k)).spent
            assert spent.energy_used_wh < 0.5 * vehicle.power.battery.capacity
            assert spent.fuel_used_ml == 0


def test_a_task_force_takes_many_vehicles_at_once() -> None:
    specs = [spec(number) for number in range(120)]
    force = TaskForce.of(specs, 40, WORKING_DAY, WORKING_DAY + timedelta(days=2), 530381, seed=1)
    assert len(force.vehicles) == 40
    served = World(city(), 1, epoch=WORKING_DAY, task_force=force)
    took, others = 0, 0
    for one in specs:
        plan, usual = (Vehicle(one, some).plan(WORKING_DAY) for some in (served, world()))
        if one.key in force.vehicles:
            took += any(outing.purpose is Purpose.TASK_FORCE for outing in plan.outings)
        else:
            others += 1
            assert plan == usual
    assert took >= 36
    assert others == 80
