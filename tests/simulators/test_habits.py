"""Habits and look-alikes: each happens, each is labelled, and the truth says what a rule needs to know."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from fleet.geography.distance import haversine_m
from fleet.model.registry import Energy, VehicleStatus
from simulators.days.calendar import begins_at
from simulators.days.model import DayPlan, Filing, Label, Purpose
from simulators.days.planner import Planner
from simulators.habits import HABITS
from simulators.life import Life
from simulators.truth import CARD_COLUMNS, TruthFile, card_row
from simulators.vehicle import Vehicle
from tests.simulators.fleet import WORKING_DAY, spec, vehicles, world

RULES = {
    *("unapproved_trip", "after_hours", "holiday_use", "sealed_vehicle_moved", "outside_area"),
    *("destination_deviation", "overdue_return", "overnight_parking", "commuting_pattern", "restricted_place"),
    *("speeding", "long_idle", "fuel_drop", "refuel_mismatch", "odometer_gap", "unit_silent", "unit_tampered"),
}
SUNDAY = date(2026, 11, 22)


def forced(name: str, count: int = 40) -> list[tuple[Life, DayPlan, Label]]:
    """Vehicles of which a habit has taken hold, on a day on which it can."""
    habit = next(one for one in HABITS if one.name == name)
    status = VehicleStatus.SEALED if habit.rule == "sealed_vehicle_moved" else VehicleStatus.IN_SERVICE
    found = []
    for day in (WORKING_DAY, SUNDAY, date(2026, 10, 10)):
        for number in range(count):
            life = Life(spec(number, status=status), f"U{number}", world(always=name), 10.0)
            plan = life.plan(day)
            found += [(life, plan, label) for label in plan.labels if label.name == name]
        if found:
            return found
    return found


@pytest.mark.parametrize("name", [habit.name for habit in HABITS])
def test_every_habit_happens_and_is_labelled(name: str) -> None:
    habit = next(one for one in HABITS if one.name == name)
    found = forced(name)
    assert found
    for _, plan, label in found:
        assert (label.rule, label.innocent) == (habit.rule, habit.innocent)
        assert begins_at(plan.day) <= label.begins_at <= label.ends_at <= begins_at(plan.day) + 86_400
        json.dumps(label.facts)


def test_every_rule_has_a_habit_and_most_have_a_look_alike() -> None:
    chronic = {"overnight_parking", "commuting_pattern"}
    assert {habit.rule for habit in HABITS if not habit.innocent} | chronic == RULES
    assert len({habit.rule for habit in HABITS if habit.innocent}) >= 13
    assert len({habit.name for habit in HABITS}) == len(HABITS)
    assert sum(habit.chance for habit in HABITS) < 0.25


def test_who_behaves_has_no_habits() -> None:
    for number in range(60):
        plan = Vehicle(spec(number), world(habits=0)).plan(WORKING_DAY)
        assert not plan.labels
        assert all(order.filing in (Filing.IN_TIME, Filing.EXEMPT) for order in plan.orders)


def test_without_an_order_means_none_is_filed() -> None:
    for _, plan, label in forced("no_order"):
        assert label.facts["filing"] == "none"
        assert any(order.filing is Filing.NONE for order in plan.orders)


def test_elsewhere_is_far_from_where_the_order_says() -> None:
    for _, plan, _ in forced("elsewhere"):
        number, outing = next((k, one) for k, one in enumerate(plan.outings) if "elsewhere" in one.tags)
        order = next(one for one in plan.orders if one.outing == number)
        for _, place in order.destinations:
            assert min(haversine_m(*place, *stop.where.place) for stop in outing.stops) > 3_000


def test_the_late_come_later_than_the_grace() -> None:
    late = 0
    for _, plan, label in forced("hours_late"):
        order = next(o for o in plan.orders if "hours_late" in plan.outings[o.outing].tags)
        late += label.ends_at > order.window_to + 3_600
    assert late >= 5
    for _, plan, label in forced("within_the_grace"):
        order = next(o for o in plan.orders if "within_the_grace" in plan.outings[o.outing].tags)
        assert label.ends_at < order.window_to + 3_600


def test_speeding_shows_in_the_readings_and_a_spike_is_one_reading() -> None:
    fast = []
    for life, _, label in forced("too_fast", 60):
        positions = life.readings(label.begins_at, label.ends_at).positions
        fast.append(int((positions.speed_dkmh > 1_200).sum()))
    assert max(fast) > 10
    for life, plan, _ in forced("speed_spike"):
        begins = begins_at(plan.day)
        positions = life.readings(begins, begins + 86_400).positions
        assert (positions.speed_dkmh > 1_250).sum() <= 2


def test_fuel_that_is_drawn_off_is_gone_without_being_used() -> None:
    for life, plan, label in forced("drawn_off", 12):
        usages = life.readings(label.begins_at - 1_200, label.ends_at + 1_000).usages
        assert usages.fuel_level_ml is not None
        assert usages.fuel_used_ml is not None
        assert usages.fuel_used_ml[0] == usages.fuel_used_ml[-1]
        assert usages.fuel_level_ml[0] - usages.fuel_level_ml[-1] == pytest.approx(plan.lost_ml, abs=700)
        assert plan.lost_ml >= 8_500


def test_an_antenna_that_is_off_leaves_the_odometer() -> None:
    for life, _, label in forced("antenna_off", 15):
        readings = life.readings(label.begins_at, label.ends_at)
        assert len(readings.positions) == 0
        assert readings.usages.odometer_m[-1] - readings.usages.odometer_m[0] > 6_000


def test_a_silent_unit_measures_nothing_and_a_dead_valley_only_delays() -> None:
    for life, _, label in forced("switched_off", 15):
        assert len(life.readings(label.begins_at, label.ends_at)) == 0
    for life, _, label in forced("dead_valley", 15):
        readings = life.readings(label.begins_at, label.ends_at)
        when = readings.positions.when
        assert len(when)
        assert (when.leaves_ms >= round(label.ends_at * 1_000)).all()
        assert (when.taken_ms < round(label.ends_at * 1_000)).all()


def test_power_is_cut_with_an_event_and_back_within_the_grace_for_the_innocent() -> None:
    for name, least_s, most_s in (("power_cut_and_driven", 900, 40_000), ("short_power_dip", 15, 160)):
        for life, plan, label in forced(name, 12):
            begins = begins_at(plan.day)
            events = life.readings(begins, begins + 86_400).events
            assert {"power_cut", "unit_removed"} & set(events.names)
            assert least_s < label.ends_at - label.begins_at < most_s


def test_drift_moves_the_fixes_and_not_the_odometer() -> None:
    far = 0.0
    for life, _, label in forced("car_park_drift", 10):
        positions = life.readings(label.begins_at, label.ends_at).positions
        if life.gcj02 or not len(positions):
            continue
        assert positions.odometer_m[0] == positions.odometer_m[-1]
        spread = np.hypot(np.ptp(positions.lat_e7), np.ptp(positions.lon_e7)) * 0.011
        far = max(far, float(spread))
    assert far > 60


def test_nights_away_are_labelled_and_a_mission_is_innocent() -> None:
    names = set()
    for number in range(150):
        vehicle = Vehicle(spec(number, Energy.PETROL), world(habits=15))
        for k in range(3):
            names |= {label.name for label in vehicle.plan(WORKING_DAY + timedelta(days=k)).labels}
    assert {"goes_home_with_driver", "night_elsewhere", "approved_overnight_duty"} <= names


def test_a_commuter_stands_at_the_same_place_night_after_night() -> None:
    for number in range(200):
        vehicle = Vehicle(spec(number, Energy.PETROL), world(habits=30))
        nights = []
        for k in range(14):
            plan = vehicle.plan(WORKING_DAY - timedelta(days=k))
            nights += [one.facts["place"] for one in plan.labels if one.name == "goes_home_with_driver"]
        if len(nights) >= 5:
            assert len(set(map(str, nights))) == 1
            return
    pytest.fail("nobody goes home with the vehicle")


def test_on_call_it_stands_near_home_each_night_with_an_order_and_is_back_in_its_window() -> None:
    weeks = 0
    for number in range(400):
        vehicle = Vehicle(spec(number, Energy.PETROL), world(habits=20))
        monday = WORKING_DAY - timedelta(days=WORKING_DAY.weekday())
        plans = [vehicle.plan(monday + timedelta(days=k)) for k in range(5)]
        nights = [(k, one) for k, plan in enumerate(plans) for one in plan.labels if one.name == "on_call_near_home"]
        for k, label in nights:
            assert (label.rule, label.innocent) == ("commuting_pattern", True)
            order = next(one for one in plans[k].orders if one.purpose is Purpose.ON_CALL)
            assert order.filing is Filing.IN_TIME
            home = next(one for one in plans[k + 1].orders if one.filing is Filing.UNDER_WAY)
            back = max(leg.arrives_at for leg in plans[k + 1].legs if leg.outing == home.outing)
            assert order.window_from < label.begins_at < back <= order.window_to + 1_800
        if len(nights) >= 3:
            weeks += 1
            assert len({str(one.facts["place"]) for _, one in nights}) == 1
    assert weeks >= 3


def test_the_truth_is_written_line_by_line(tmp_path: Path) -> None:
    truth = TruthFile(tmp_path / "truth.jsonl")
    for number in range(60):
        truth.write(Life(spec(number), f"U{number}", world(habits=5), 10.0).truth(WORKING_DAY))
    truth.close()
    records = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert {"trip", "habit", "look_alike"} <= {one["record"] for one in records}
    trip = next(one for one in records if one["record"] == "trip")
    assert trip["vehicle"].startswith("test ")
    assert trip["order"]["filing"] in {filing.value for filing in Filing}
    assert trip["drives"][0]["from"].endswith("Z")
    assert sum(drive["distance_m"] for drive in trip["drives"]) == trip["distance_m"]


def test_a_filling_is_on_the_card_at_the_station_with_what_went_in() -> None:
    seen = 0
    for vehicle in vehicles()[:120]:
        for k in range(4):
            timeline = vehicle.timeline(WORKING_DAY + timedelta(days=k))
            filled = [n for n in timeline.notices if n.name == "refuelled" and n.detail and "litres" in n.detail]
            planted = vehicle.plan(WORKING_DAY + timedelta(days=k)).cards
            cards = [card for card in timeline.cards if card not in planted]
            assert len(filled) == len(cards)
            for notice, card in zip(filled, cards, strict=True):
                assert notice.detail is not None
                assert notice.detail["litres"] == pytest.approx(card.volume_ml / 1_000, abs=0.01)
                assert haversine_m(*card.place, *vehicle.episode(notice.at - 1).where.place) < 1
                assert card.at == notice.at or timeline.labels[0].name == "booked_late"
                assert len(card_row("v", card)) == len(CARD_COLUMNS)
                seen += 1
    assert seen > 10


def test_a_planner_takes_no_notice_of_who_asked_before() -> None:
    one, other = vehicles()[3], Vehicle(spec(3), world())
    other.plan(SUNDAY)
    planner = Planner(other.subject, other.power)
    assert planner.plan(WORKING_DAY) == one.plan(WORKING_DAY) == planner.plan(WORKING_DAY)
