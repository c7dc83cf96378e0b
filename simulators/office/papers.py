"""Every order that the people of one organ file for a day, with the moment of each step. Pure: the same seed, vehicles,
drivers and date give the same papers.

What habits plan comes about as planned: outings without an order, late approvals, emergencies that depart first,
orders for a vehicle that stays at home. Windows of one vehicle never overlap, for nothing is promised twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from math import ceil, floor

from fleet.model.registry import Body
from simulators.days.model import Area, DayPlan, Filing, OrderWanted
from simulators.days.orders import area_needed
from simulators.days.timeline import Activity, Episode, Timeline
from simulators.draws import Draws
from simulators.office.forms import order_form
from simulators.office.staff import Driver, Wheel, pairs
from simulators.truth import moment
from simulators.vehicle import Vehicle

FILED = frozenset({Filing.IN_TIME, Filing.LATE, Filing.EMERGENCY, Filing.WRONG_VEHICLE})
_GRID_S = 600.0
_STANDS_S = 3_600.0  # before and after its window a stand-in does not move
_AT_ONCE_S = 60.0


class Step(StrEnum):
    """As the interface calls it; `write` is the form itself."""

    WRITE = "write"
    SUBMIT = "submit"
    APPROVE = "approve"
    ASSIGN = "assign"
    DEPART = "depart"
    RETURN = "return"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Member:
    """A vehicle of the organ, with what an applicant knows of it."""

    vehicle_id: int
    vehicle: Vehicle
    seats: int

    @property
    def wheel(self) -> Wheel:
        return Wheel(self.vehicle_id, self.vehicle.spec.body, self.seats, self.vehicle.spec.energy)


@dataclass(frozen=True, slots=True)
class Paper:
    """One order. `steps`: each with when it is due (Unix seconds), in that order. `vehicle_id` None: none was found.

    `goes_on_at`: when the drive of the second day begins, None = it lasts one day. `in_time`: it is to be approved
    before the departure.
    """

    reference: str
    division: int
    organ_id: int
    vehicle_id: int | None
    driver_id: int | None
    form: dict[str, object]
    steps: tuple[tuple[Step, float], ...]
    bodies: Mapping[Step, dict[str, object]]
    departs_at: float
    in_time: bool
    goes_on_at: float | None = None

    def from_now(self, now: float) -> Paper:
        """For a vehicle that is on its way already when the office opens: an order for the rest, applied for now."""
        assert self.goes_on_at is not None
        leaves = self.goes_on_at
        hours = {Step.WRITE: now, Step.SUBMIT: now, Step.APPROVE: now + _AT_ONCE_S, Step.ASSIGN: now + 2 * _AT_ONCE_S}
        steps = tuple((step, hours.get(step, max(at, leaves + _AT_ONCE_S))) for step, at in self.steps)
        bodies = dict(self.bodies)
        if Step.DEPART in bodies:
            bodies[Step.DEPART] = {"vehicle_id": self.vehicle_id, "at": moment(leaves)}
        form = {**self.form, "planned_from": moment(floor(now / _GRID_S) * _GRID_S)}
        return replace(self, form=form, steps=steps, bodies=bodies, departs_at=leaves)


@dataclass(slots=True)
class _Going:
    """One outing, or one way to the filling station, as it takes place. `order` None = the latter."""

    member: Member
    number: str
    departs_at: float
    returns_at: float | None
    odometer_out_m: int
    odometer_in_m: int | None
    window: tuple[float, float]
    filed_at: float
    approved_at: float
    form: dict[str, object] = field(default_factory=dict)
    order: OrderWanted | None = None
    filled: tuple[int, int] | None = None  # millilitres or watt-hours, fen
    goes_on_at: float | None = None

    @property
    def filing(self) -> Filing:
        return Filing.IN_TIME if self.order is None else self.order.filing


def papers_of(members: Sequence[Member], drivers: Iterable[Driver], day: date) -> list[Paper]:
    """All papers of an organ's vehicles for the fleet's day; `drivers`: the organ's own. Earliest departure first."""
    at_the_wheel = pairs([one.wheel for one in members], drivers, day)
    found: list[Paper] = []
    for member in members:
        goings = sorted(_goings(member, day), key=lambda one: one.departs_at)
        _part([one for one in goings if one.filing is not Filing.WRONG_VEHICLE])
        for going in goings:
            vehicle_id: int | None = member.vehicle_id
            if going.filing is Filing.WRONG_VEHICLE:
                vehicle_id = _stand_in(members, going, day)
            driver_id = None if vehicle_id is None else at_the_wheel.get(vehicle_id)
            found.append(_paper(going, day, vehicle_id, driver_id))
    return sorted(found, key=lambda paper: (paper.departs_at, paper.reference))


# ---------------------------------------------------------------- what takes place


def _goings(member: Member, day: date) -> Iterator[_Going]:
    plan, timeline = member.vehicle.plan(day), member.vehicle.timeline(day)
    driven = [one for one in timeline.episodes if one.activity is Activity.DRIVING and one.leg is not None]
    for order in plan.orders:
        legs = [one for one in driven if one.leg is not None and one.leg.outing == order.outing]
        if order.filing in FILED and legs:
            yield _outing(member, plan, order, legs, day)
    if member.vehicle.spec.body is not Body.AMBULANCE:  # they are exempt
        yield from _errands(member, timeline, day)


def _outing(member: Member, plan: DayPlan, order: OrderWanted, legs: list[Episode], day: date) -> _Going:
    first = legs[0].leg
    assert first is not None
    last: Episode | None = legs[-1]
    goes_on_at = None
    if plan.outings[order.outing].days > 1:
        last = None
        goes_on = _goes_on(member.vehicle, day + timedelta(days=1))
        if goes_on:
            goes_on_at, last = goes_on[0].begins_at, goes_on[-1]
    return _Going(
        member=member,
        number=str(order.outing),
        departs_at=first.departs_at - first.warm_s,
        returns_at=None if last is None else last.ends_at,
        odometer_out_m=legs[0].before.odometer_m,
        odometer_in_m=None if last is None else last.after.odometer_m,
        window=(order.window_from, order.window_to),
        filed_at=order.filed_at,
        approved_at=order.filed_at if order.approved_at is None else order.approved_at,
        order=order,
        goes_on_at=goes_on_at,
    )


def _goes_on(vehicle: Vehicle, day: date) -> list[Episode]:
    """The drives of a mission's second day."""
    under_way = {order.outing for order in vehicle.plan(day).orders if order.filing is Filing.UNDER_WAY}
    return [
        one
        for one in vehicle.timeline(day).episodes
        if one.activity is Activity.DRIVING and one.leg is not None and one.leg.outing in under_way
    ]


def _errands(member: Member, timeline: Timeline, day: date) -> Iterator[_Going]:
    """Ways to the filling station and back. Away from the yard somebody searches, to and fro: it is one errand all the
    same, with as many ways before the filling as after it."""
    vehicle = member.vehicle
    ways = [(one, one.leg) for one in timeline.episodes if one.leg is not None and one.leg.outing < 0]
    filled = [one for one in timeline.episodes if one.activity is Activity.FILLING]
    for number, station in enumerate(filled):
        rounds = sum(one.begins_at < station.begins_at for one, _ in ways)
        first, there, last, back = ways[0][0], ways[0][1], *ways[2 * rounds - 1]
        ways = ways[2 * rounds :]
        draws = Draws(vehicle.subject.key, day.toordinal(), "servicing", number)
        approved_at = first.begins_at - draws.between(600, 5_400)
        places = [there.start.place, there.end.place]
        window = (
            floor((first.begins_at - draws.between(0, 600)) / _GRID_S) * _GRID_S,
            ceil((last.ends_at + draws.between(600, 2_400)) / _GRID_S) * _GRID_S,
        )
        card = next((one for one in timeline.cards if one.at >= station.ends_at), None)
        yield _Going(
            member=member,
            number=f"f{number}",
            departs_at=first.begins_at,
            returns_at=last.ends_at,
            odometer_out_m=first.before.odometer_m,
            odometer_in_m=last.after.odometer_m,
            window=window,
            filed_at=approved_at - draws.between(300, 7_200),
            approved_at=approved_at,
            filled=None if card is None else (card.volume_ml, card.amount_fen),
            form={
                "area": area_needed((), (there, back), places, vehicle.subject),
                "origin": places[0],
                "destinations": ((there.name, places[1]),),
            },
        )


def _part(goings: Sequence[_Going]) -> None:
    """Where the window of one reaches into that of the next, they meet shortly before the next departs."""
    for one, following in pairwise(goings):
        begin, end = one.window
        if end > following.window[0]:
            border = max(begin + _GRID_S, floor(following.departs_at / _GRID_S) * _GRID_S)
            one.window = (begin, min(end, border))
            following.window = (border, max(following.window[1], border + _GRID_S))


def _stand_in(members: Sequence[Member], going: _Going, day: date) -> int | None:
    """A vehicle of the organ that stays where it is all the while; None where every other one moves."""
    begin, end = going.window[0] - _STANDS_S, max(going.window[1], going.returns_at or 0.0) + _STANDS_S
    others = [
        one.vehicle_id
        for one in members
        if one is not going.member
        and not any(
            episode.activity is Activity.DRIVING and episode.begins_at < end and episode.ends_at > begin
            for episode in one.vehicle.timeline(day).episodes
        )
        and not any(order.window_from < end and order.window_to > begin for order in one.vehicle.plan(day).orders)
    ]
    return Draws(going.member.vehicle.subject.key, day.toordinal(), "stand-in").one_of(others) if others else None


# ---------------------------------------------------------------- what is written of it


def _paper(going: _Going, day: date, vehicle_id: int | None, driver_id: int | None) -> Paper:
    member, order = going.member, going.order
    subject = member.vehicle.subject
    reference = f"模拟用车单 v{member.vehicle_id}/{day.isoformat()}/{going.number}"
    draws = Draws(subject.key, day.toordinal(), "paper", going.number)
    written = going.form
    if order is not None:
        written = {"area": order.area, "origin": order.origin, "destinations": _named(order)}
    area = written["area"]
    assert isinstance(area, Area)
    form = order_form(
        organ_id=subject.spec.organ or 0,
        purpose=None if order is None else order.purpose,
        emergency=going.filing is Filing.EMERGENCY,
        window=going.window,
        area=area,
        county=subject.county,
        origin=written["origin"],  # type: ignore[arg-type]
        destinations=written["destinations"],  # type: ignore[arg-type]
        passengers=min(1 if order is None else order.passengers, max(0, member.seats - 1)),
        reference=reference,
        draws=draws,
    )
    bodies = _bodies(going, vehicle_id, driver_id, area, draws)
    return Paper(
        reference=reference,
        division=subject.spec.division,
        organ_id=subject.spec.organ or 0,
        vehicle_id=vehicle_id,
        driver_id=driver_id,
        form=form,
        steps=_steps(going, bodies, draws),
        bodies=bodies,
        departs_at=going.departs_at,
        in_time=going.filing is Filing.IN_TIME,
        goes_on_at=going.goes_on_at,
    )


def _named(order: OrderWanted) -> tuple[tuple[str, tuple[float, float]], ...]:
    return order.destinations or (("驻地附近", order.origin),)


def _bodies(
    going: _Going, vehicle_id: int | None, driver_id: int | None, area: Area, draws: Draws
) -> Mapping[Step, dict[str, object]]:
    """What each step from the assignment on states; a step without a body is not taken."""
    if vehicle_id is None:
        return {}
    given = {"vehicle_id": vehicle_id}
    bodies: dict[Step, dict[str, object]] = {Step.ASSIGN: {**given, "driver_id": driver_id}}
    if driver_id is None or going.filing is Filing.WRONG_VEHICLE:
        return bodies  # what stays at home neither departs nor returns
    bodies[Step.DEPART] = {**given, "at": moment(going.departs_at), "odometer_km": going.odometer_out_m / 1_000}
    if going.returns_at is not None and going.odometer_in_m is not None:
        spent: dict[str, object] = {}
        if going.filled is not None:
            spent = {"fuel_l": going.filled[0] / 1_000, "fuel_yuan": going.filled[1] / 100}
        if area is Area.PROVINCE:
            spent |= {"tolls_yuan": float(35 + draws.below(90)), "parking_yuan": float(5 * draws.below(5))}
        bodies[Step.RETURN] = {
            **given,
            "at": moment(going.returns_at),
            "odometer_km": going.odometer_in_m / 1_000,
            **spent,
        }
        bodies[Step.SETTLE] = {}
    return bodies


def _steps(going: _Going, bodies: Mapping[Step, dict[str, object]], draws: Draws) -> tuple[tuple[Step, float], ...]:
    """When each step is due. People file departures and returns shortly after them, and settle within hours."""
    filed, approved, leaves = going.filed_at, going.approved_at, going.departs_at
    soon = draws.between(30, 240)
    due = {Step.WRITE: filed, Step.SUBMIT: filed, Step.APPROVE: approved}
    if going.filing is Filing.EMERGENCY:
        due[Step.ASSIGN] = filed + soon
    else:
        due[Step.ASSIGN] = approved + (soon if leaves <= approved else min(soon, (leaves - approved) / 2))
    due[Step.DEPART] = max(leaves + draws.between(30, 240), due[Step.ASSIGN] + _AT_ONCE_S)
    due[Step.RETURN] = max((going.returns_at or leaves) + draws.between(120, 1_500), due[Step.DEPART] + _AT_ONCE_S)
    due[Step.SETTLE] = max(due[Step.RETURN], approved) + draws.between(600, 3 * 3_600)
    taken = [(step, at) for step, at in due.items() if step in bodies or step in _ALWAYS]
    return tuple(sorted(taken, key=lambda one: one[1]))


_ALWAYS = frozenset({Step.WRITE, Step.SUBMIT, Step.APPROVE})
