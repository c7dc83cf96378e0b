"""Departure and return by the road: what a vehicle's own track says of the orders it was given.

The road says what it saw and nothing else. What a person stated or corrected stands; what lies in a silence is left to
people; and a later, better look takes back what an earlier one said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fleet.dispatch.commands import Name
from fleet.dispatch.guards import FROM
from fleet.dispatch.life import deadline_moved, on_the_road
from fleet.dispatch.outings import TOLERANCE
from fleet.model.orders import Decision, Order, Outing, Source

SLOPPY = timedelta(minutes=30)
"""By so much a departure that a person stated may lie before the one that the road shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """One absence from the designated place, in which the vehicle really went away.

    It left between `left_after` and `left_before`; `left_at` is the moment if it was seen leaving, else None. `over`:
    it is back; `back_at` is the moment if it was seen coming back, else None.
    """

    left_after: datetime
    left_before: datetime
    left_at: datetime | None
    over: bool
    back_at: datetime | None


class Sighting(NamedTuple):
    """What the road shows of one vehicle's outing for one order; None = it did not happen, or was not seen."""

    departed_at: datetime | None
    returned_at: datetime | None


@dataclass(frozen=True, slots=True)
class Overruled:
    """What people have taken back: the road does not say it again."""

    departure: bool = False
    return_: bool = False


NOTHING = Overruled()


def follows(order: Order) -> bool:
    """Whether the road may say something about an order in this state."""
    return order.state in FROM[Name.ROAD]


def sightings(
    orders: Iterable[Order],
    vehicle_id: int,
    aways: Sequence[Away],
    *,
    early: Mapping[int, timedelta],
    known_from: datetime,
    known_to: datetime,
) -> dict[int, Sighting]:
    """By order, for those that have the vehicle. `aways` in the order of time, complete in [known_from, known_to].

    `early`: by order, how long before its planned beginning a departure still belongs to it. An order with several
    absences in its window has one outing, from the first leaving to the last coming back. Of an order of which only a
    part was looked at nothing is said that the rest might change.
    """
    given = [one for one in orders if follows(one) and (_has(one, vehicle_id) or one.outing_of(vehicle_id))]
    owners = [_owner(away.left_before, given, early) for away in aways]
    found: dict[int, Sighting] = {}
    for order in given:
        outing = order.outing_of(vehicle_id)
        if _ends_after(order, outing, known_to):
            continue
        mine = [away for away, owner in zip(aways, owners, strict=True) if owner is order]
        if not mine and outing is not None:
            free = (away for away, owner in zip(aways, owners, strict=True) if owner is None)
            mine = [away for away in free if _covers(away, outing.departed_at)]
        departed_at = mine[0].left_at if mine else None
        if order.effective_plan.begins_at - early[order.id] < known_from:
            # Its beginning lies before what was looked at: what is said of the departure stands.
            if not mine:
                continue
            departed_at = None if outing is None else outing.departed_at
        found[order.id] = Sighting(departed_at, mine[-1].back_at if mine and mine[-1].over else None)
    return found


def by_road(
    order: Order,
    vehicle_id: int,
    seen: Sighting,
    *,
    now: datetime,
    emergency_within: timedelta,
    overruled: Overruled = NOTHING,
) -> Order | None:
    """The order with what the road shows written into it; None where that changes nothing."""
    if not follows(order):
        return None
    old = order.outing_of(vehicle_id)
    new = _departure(order, vehicle_id, old, seen, now, overruled)
    new = None if new is None else _return(new, seen, now, overruled)
    if new == old:
        return None
    outings = tuple(one for one in order.outings if one.vehicle_id != vehicle_id)
    if new is None and not outings and order.decision is Decision.REJECTED:
        return None  # refused because it was believed to be out: people say whether it was
    changed = replace(order, outings=outings if new is None else (*outings, new))
    return on_the_road(deadline_moved(order, changed, emergency_within))


def overruled_by(events: Iterable[Mapping[str, Any]], vehicle_id: int) -> Overruled:
    """What people have taken back of the vehicle's outing, from the rows of the order's history."""
    departure = return_ = False
    for event in events:
        if event["command"] != Name.CORRECT.value:
            continue
        before, after = (_told(event[side], vehicle_id) for side in ("before", "after"))
        if before is None:
            continue
        departure = departure or after is None
        return_ = return_ or (before["returned_at"] is not None and (after is None or after["returned_at"] is None))
    return Overruled(departure, return_)


def _told(fields: Mapping[str, Any], vehicle_id: int) -> Mapping[str, Any] | None:
    return next((one for one in fields.get("outings", ()) if one["vehicle_id"] == vehicle_id), None)


def _has(order: Order, vehicle_id: int) -> bool:
    return any(one.vehicle_id == vehicle_id for one in order.assigned)


def _owner(moment: datetime, orders: Sequence[Order], early: Mapping[int, timedelta]) -> Order | None:
    """The order in whose window a leaving lies: the one that began last; else the next one that it is early for."""
    inside = [one for one in orders if one.effective_plan.begins_at <= moment < one.effective_plan.ends_at]
    if inside:
        return max(inside, key=lambda one: (one.effective_plan.begins_at, one.id))
    ahead = [
        one for one in orders if one.effective_plan.begins_at - early[one.id] <= moment < one.effective_plan.begins_at
    ]
    return min(ahead, key=lambda one: (one.effective_plan.begins_at, one.id), default=None)


def _ends_after(order: Order, outing: Outing | None, moment: datetime) -> bool:
    back = None if outing is None else outing.returned_at
    return order.effective_plan.ends_at > moment or (back is not None and back > moment)


def _covers(away: Away, moment: datetime) -> bool:
    return away.left_after - SLOPPY <= moment and (away.back_at is None or away.back_at > moment)


def _departure(
    order: Order, vehicle_id: int, old: Outing | None, seen: Sighting, now: datetime, overruled: Overruled
) -> Outing | None:
    at = seen.departed_at
    if at is not None and at > now + TOLERANCE:
        return old  # a clock that runs ahead
    if old is None:
        refused = order.decision is Decision.REJECTED
        if at is None or refused or overruled.departure or not _has(order, vehicle_id):
            return None
        return Outing(vehicle_id=vehicle_id, departed_at=at, departure_recorded_at=now, departure_source=Source.ROAD)
    if old.departure_source is Source.PERSON or at == old.departed_at:
        return old
    if at is None:
        return old if old.stated or old.odometer_out_m is not None else None
    if old.returned_at is not None and old.returned_at < at:
        if old.stated:
            return old
        old = replace(old, **_NOT_BACK)
    return replace(old, departed_at=at, departure_recorded_at=now)


_NOT_BACK: Mapping[str, Any] = {"returned_at": None, "return_recorded_at": None, "return_source": None}


def _return(outing: Outing, seen: Sighting, now: datetime, overruled: Overruled) -> Outing:
    if outing.return_source is Source.PERSON:
        return outing
    at = seen.returned_at
    if at is None or at <= outing.departed_at or at > now + TOLERANCE:
        if outing.returned_at is None or outing.stated:
            return outing
        return replace(outing, **_NOT_BACK)
    if at == outing.returned_at or (outing.returned_at is None and overruled.return_):
        return outing
    return replace(outing, returned_at=at, return_recorded_at=now, return_source=Source.ROAD)
