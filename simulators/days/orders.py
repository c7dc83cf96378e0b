"""What an applicant would put into the order of an outing, and when it is filed and approved."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import ceil, floor

import numpy as np

from fleet.geography.divisions import division_index
from simulators.days.calendar import at_hour, day_of
from simulators.days.model import Area, Filing, Leg, OrderWanted, Outing, Purpose, Subject
from simulators.draws import Draws
from simulators.routing import Place, counties_of

_TEN_MINUTES = 600.0
_DAY_S = 86_400.0
_BACK_FROM_A_MISSION_H = 22.0
_BACK_FROM_CALL_H = 7.5
_STILL_S = 120.0  # an order is handed in before its time is over


def order_for(number: int, outing: Outing, legs: list[Leg], subject: Subject, draws: Draws) -> OrderWanted:
    """The order of an outing as it was driven; its window leaves room unless a habit narrows it."""
    departs, returns = legs[0].departs_at - legs[0].warm_s, legs[-1].arrives_at + legs[-1].idle_s
    window_from = floor((departs - draws.between(0, 900)) / _TEN_MINUTES) * _TEN_MINUTES
    room_s = draws.between(1_200, 4_500)
    if "within_the_grace" in outing.tags:
        room_s = -draws.between(700, 2_000)
    window_to = ceil((returns + room_s) / _TEN_MINUTES) * _TEN_MINUTES
    if outing.window_s is not None:
        window_to = ceil((departs + outing.window_s) / _TEN_MINUTES) * _TEN_MINUTES
    window_to = max(window_to, window_from + 1_800.0)
    if outing.days > 1:
        # Nobody knows on the first day when the work of the last will be done.
        back_h = _BACK_FROM_CALL_H if outing.purpose is Purpose.ON_CALL else _BACK_FROM_A_MISSION_H
        window_to = at_hour(day_of(departs), back_h) + (outing.days - 1) * _DAY_S
    filed, approved = _times(outing.filing, departs, window_to, draws)
    named = outing.named
    if named is None:
        named = tuple((stop.name, stop.where.place) for stop in outing.stops if stop.ordered)
    return OrderWanted(
        outing=number,
        purpose=outing.purpose,
        filing=outing.filing,
        origin=legs[0].start.place,
        destinations=named,
        window_from=window_from,
        window_to=window_to,
        area=outing.area or _area(outing, legs, [legs[0].start.place, *(place for _, place in named)], subject),
        passengers=1 + draws.below(4),
        filed_at=filed,
        approved_at=approved,
    )


def _times(filing: Filing, departs: float, window_to: float, draws: Draws) -> tuple[float, float | None]:
    match filing:
        case Filing.LATE:
            filed = min(departs + draws.between(600, 6 * 3_600), window_to - _STILL_S)
            return filed, filed + draws.between(1_200, 20 * 3_600)
        case Filing.EMERGENCY:
            filed = departs + draws.between(600, 3 * 3_600)
            return filed, filed + draws.between(1_200, 30 * 3_600)
        case Filing.NONE | Filing.EXEMPT | Filing.UNDER_WAY:
            return departs, None
        case _:
            approved = departs - draws.between(300, 5_400)
            return approved - draws.between(300, 18 * 3_600), approved


def _area(outing: Outing, legs: list[Leg], places: list[Place], subject: Subject) -> Area:
    """What the ways need, not the stops alone: the quickest way to a village may run through the next county."""
    return area_needed({stop.division for stop in outing.stops}, legs, places, subject)


def area_needed(counties: Iterable[int], legs: Iterable[Leg], places: Iterable[Place], subject: Subject) -> Area:
    """The narrowest area that holds these counties, the ways of the legs, and the places."""
    found = set(counties).union(*(counties_of(leg.way.counties) for leg in legs), map(county_at, places))
    if subject.city.beyond in found or 0 in found:
        return Area.PROVINCE
    return Area.CITY if subject.on_the_whole_city or found - {subject.county} else Area.COUNTY


@lru_cache(maxsize=8_192)
def county_at(place: Place) -> int:
    """The county that a place lies in, 0 beyond the city."""
    lat_e7, lon_e7 = (np.array([round(degrees * 1e7)], dtype=np.int32) for degrees in place)
    return int(division_index().lookup(lat_e7, lon_e7)[0])
