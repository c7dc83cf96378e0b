"""What an applicant would put into the order of an outing, and when it is filed and approved."""

from __future__ import annotations

from math import ceil, floor

from simulators.days.model import Area, Filing, Leg, OrderWanted, Outing, Subject
from simulators.draws import Draws

_TEN_MINUTES = 600.0
_DAY_S = 86_400.0


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
    window_to = max(window_to, window_from + 1_800.0) + (outing.days - 1) * _DAY_S
    filed, approved = _times(outing.filing, departs, draws)
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
        area=outing.area or _area(outing, subject),
        passengers=1 + draws.below(4),
        filed_at=filed,
        approved_at=approved,
    )


def _times(filing: Filing, departs: float, draws: Draws) -> tuple[float, float | None]:
    match filing:
        case Filing.LATE:
            filed = departs + draws.between(600, 6 * 3_600)
            return filed, filed + draws.between(1_200, 20 * 3_600)
        case Filing.EMERGENCY:
            filed = departs + draws.between(600, 3 * 3_600)
            return filed, filed + draws.between(1_200, 30 * 3_600)
        case Filing.NONE | Filing.EXEMPT | Filing.UNDER_WAY:
            return departs, None
        case _:
            approved = departs - draws.between(300, 5_400)
            return approved - draws.between(300, 18 * 3_600), approved


def _area(outing: Outing, subject: Subject) -> Area:
    counties = {stop.division for stop in outing.stops}
    if subject.city.beyond in counties:
        return Area.PROVINCE
    return Area.CITY if subject.on_the_whole_city or counties - {subject.county} else Area.COUNTY
