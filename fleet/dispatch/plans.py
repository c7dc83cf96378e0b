"""What is wrong with a plan: its window, its places, its area."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from fleet.dispatch.reasons import Reason, data, when
from fleet.geography.divisions import COUNTIES, division_index
from fleet.model.orders import PermittedArea, Place, Plan

MOST_DESTINATIONS = 20
MOST_PASSENGERS = 1_000

_COUNTY_NAMES = {county.code: county for county in COUNTIES}


def county_of(place: Place) -> int:
    """The county in which a place lies, 0 = outside the city."""
    point = (np.array([place.lat_e7], dtype=np.int32), np.array([place.lon_e7], dtype=np.int32))
    return int(division_index().lookup(*point)[0])


def plan_reasons(plan: Plan, *, now: datetime, longest_s: int, emergency: bool) -> list[Reason]:
    """All that is wrong. An emergency may be written down when it is over, everything else not."""
    return [*_window(plan, now, longest_s, emergency), *_places(plan)]


def _window(plan: Plan, now: datetime, longest_s: int, emergency: bool) -> list[Reason]:
    found: list[Reason] = []
    if plan.ends_at <= plan.begins_at:
        found.append(data("planned_to", "window_empty", "结束应晚于开始", "The end lies after the beginning"))
    elif plan.ends_at - plan.begins_at > timedelta(seconds=longest_s):
        days = longest_s / 86_400
        zh, en = f"用车时间不得超过 {days:g} 天", f"At most {days:g} days in one order"
        found.append(data("planned_to", "window_too_long", zh, en, longest_s))
    if plan.ends_at <= now and not emergency:
        zh = "用车时间已过：补办只适用于应急用车"
        en = "The planned time is over: only emergencies are written down afterwards"
        found.append(when("window_past", zh, en, plan.ends_at.isoformat(), "planned_to"))
    return found


def _places(plan: Plan) -> list[Reason]:
    found: list[Reason] = []
    if not 1 <= len(plan.destinations) <= MOST_DESTINATIONS:
        zh, en = f"目的地应为 1 至 {MOST_DESTINATIONS} 个", f"From 1 to {MOST_DESTINATIONS} destinations"
        found.append(data("destinations", "destinations", zh, en, len(plan.destinations)))
    if not 0 <= plan.passengers <= MOST_PASSENGERS:
        found.append(data("passengers", "passengers", "乘车人数不对", f"From 0 to {MOST_PASSENGERS} passengers"))
    if plan.area is PermittedArea.COUNTY and plan.division not in _COUNTY_NAMES:
        zh, en = "县域范围须指明县（市、区）", "The area `county` needs to say which county"
        found.append(data("division", "county_missing", zh, en, plan.division))
        return found
    named = [("origin", plan.origin)]
    named += [(f"destinations.{number}", place) for number, place in enumerate(plan.destinations)]
    for field, place in named:
        county = county_of(place) if plan.area in (PermittedArea.COUNTY, PermittedArea.CITY) else 0
        if plan.area is PermittedArea.COUNTY and county != plan.division:
            own = _COUNTY_NAMES[plan.division] if plan.division else None
            assert own is not None
            zh, en = f"“{place.name}”不在{own.name}境内", f"{place.name!r} lies outside {own.name_en}"
            found.append(data(field, "outside_permitted_area", zh, en, county))
        elif plan.area is PermittedArea.CITY and county == 0:
            zh, en = f"“{place.name}”不在曲靖市境内", f"{place.name!r} lies outside the city"
            found.append(data(field, "outside_permitted_area", zh, en, county))
    return found
