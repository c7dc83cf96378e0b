"""What really happened, asked rule by rule. It reads the simulator's plans and timelines and no word of the product's,
but for the policies that say where a rule begins."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import numpy as np

from benchmarks.truth.city import SEED, Lived, Player
from benchmarks.truth.papers import home_divisions
from fleet.geography.borders import outside_m
from fleet.geography.distance import haversine_m
from fleet.judging.vehicle import Policies
from fleet.model.city import Organ
from fleet.model.findings import Finding, Severity
from fleet.model.moments import LOCAL
from fleet.model.registry import VehicleStatus
from simulators.days.calendar import day_of, kind_of
from simulators.days.model import Area, Disturbance, Filing, Label, Leg, OrderWanted
from simulators.days.timeline import Activity
from simulators.sensing import UnitTraits
from simulators.trip import Trip

_MARGIN_S = 120.0  # engines run before and after a drive, and readings come every ten seconds
_CITY_HIDDEN_M = 500  # by how much a hidden distance may look longer than it is
_ALLOWED = frozenset({Filing.IN_TIME, Filing.EMERGENCY, Filing.UNDER_WAY, Filing.EXEMPT})


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive with the order that it should have; `filing` None = an errand for fuel between two outings."""

    begins_at: float
    ends_at: float
    leg: Leg
    filing: Filing
    order: OrderWanted | None
    errand: bool

    def touches(self, begins_at: float, ends_at: float) -> bool:
        return self.begins_at < ends_at + _MARGIN_S and self.ends_at > begins_at - _MARGIN_S


class Oracle:
    """The truth of one vehicle over the days."""

    def __init__(self, organ: Organ, player: Player, lived: Sequence[Lived], policies: Policies) -> None:
        self._player, self._lived, self._policies = player, lived, policies
        self._home_divisions = home_divisions(organ)
        self._division = organ.division
        vehicle = player.vehicle
        self._home = vehicle.parking_lat_e7 / 1e7, vehicle.parking_lon_e7 / 1e7
        self._sealed = vehicle.status is VehicleStatus.SEALED
        self._clock_s = UnitTraits.of(SEED, player.life.unit).clock_ms / 1_000
        self._grace_s = self._number("overdue_return.grace_s")
        self.drives = list(self._drives())
        self._begins = [one.begins_at for one in self.drives]
        self.effects = [effect for one in lived for effect in one.plan.effects]
        self.labels = [label for one in lived for label in (*one.plan.labels, *one.timeline.labels)]
        self.labels += [*self._permitted_journeys(), *self._wandering_nights()]

    # ------------------------------------------------------------ what is asked

    def true(self, finding: Finding) -> bool:
        """Whether what the finding says did happen, then and there."""
        begins_at = finding.begin.timestamp() - self._clock_s
        ends_at = begins_at if finding.end is None else finding.end.timestamp() - self._clock_s
        return _QUESTIONS[finding.rule](self, finding, begins_at, ends_at)

    def holds(self, label: Label) -> bool:
        """Whether what was planted came about far enough for the rule to speak: an order that ended in time was not
        overdue, whatever was meant."""
        match label.rule:
            case "overdue_return":
                return any(self._late_s(one) > self._number("overdue_return.grace_s") for one in self._orders(label))
            case "speeding":
                return any(
                    self._fast_s(one) >= self._number("speeding.least_s") + 10
                    for one in self._touching(label.begins_at, label.ends_at)
                )
        return True

    def found(self, label: Label, findings: Sequence[Finding]) -> bool:
        """Whether one of the findings speaks of what was planted."""
        return any(self.speaks_of(one, label) for one in findings)

    def speaks_of(self, finding: Finding, label: Label) -> bool:
        begins_at = finding.begin.timestamp() - self._clock_s
        ends_at = float("inf") if finding.end is None else finding.end.timestamp() - self._clock_s
        # A night goes on after the turn of the fleet's day, where its label ends.
        until = label.ends_at + (8 * 3_600 if label.rule == "overnight_parking" else _MARGIN_S)
        return finding.rule == label.rule and begins_at < until and ends_at > label.begins_at - _MARGIN_S

    def hidden(self, begins_at: float, ends_at: float) -> bool:
        """Whether readings are missing in the span for a reason that was planted."""
        return any(
            one.what in (Disturbance.SILENT, Disturbance.NO_FIX)
            and one.begins_at < ends_at + _MARGIN_S
            and one.ends_at > begins_at - _MARGIN_S
            for one in self.effects
        )

    # ------------------------------------------------------------ rule by rule

    def _unapproved(self, finding: Finding, begins_at: float, ends_at: float) -> bool:
        """A red one needs a drive that nobody ordered; a lighter one, an order that came late."""
        allowed = {Filing.NONE} if finding.severity is Severity.RED else {Filing.NONE, Filing.LATE}
        return any(one.filing in allowed for one in self._touching(begins_at, ends_at))

    def _at_odd_hours(self, finding: Finding, begins_at: float, ends_at: float) -> bool:
        """A drive, or a part of it, that no order allowed at its time, outside the hours or on a day off."""
        wanted = finding.rule == "after_hours"
        return any(
            self._is_after_hours(at) if wanted else not kind_of(day_of(at)).worked
            for one in self._touching(begins_at, ends_at)
            for at in self._not_allowed(one, begins_at, ends_at)
        )

    def _sealed_and_moved(self, finding: Finding, begins_at: float, ends_at: float) -> bool:
        return self._sealed and bool(self._touching(begins_at, ends_at))

    def _outside(self, finding: Finding, begins_at: float, ends_at: float) -> bool:
        return any(self._leaves_area(one) for one in self._touching(begins_at, ends_at))

    def _overdue(self, finding: Finding, begins_at: float, ends_at: float) -> bool:
        """Not back at the deadline: the order's last drive ended later, or somewhere else."""
        grace_s = self._number("overdue_return.grace_s")
        return any(
            abs(one.window_to - begins_at - self._clock_s) < 1
            and (self._late_s(one) > grace_s - 10 or self._stays_away(one, one.window_to + grace_s))
            for one in self._all_orders()
        )

    def _stays_away(self, order: OrderWanted, at: float) -> bool:
        """Whether no drive of the order's outing had come home by then, and the vehicle still stands elsewhere."""
        ends = [one for one in self.drives if one.order is order and not one.errand and one.ends_at <= at]
        place = self._player.life.vehicle.episode(at).where.place
        return bool(ends) and min(
            haversine_m(*where, *self._home) for where in (place, ends[-1].leg.end.place)
        ) > self._number("overdue_return.radius_m")

    def _overnight(self, finding: Finding, begins_at: float, ends_at: float) -> bool:
        """Elsewhere an hour after the finding begins, and come there without an order."""
        at = begins_at + 3_600
        place = self._player.life.vehicle.episode(at).where.place
        if haversine_m(*place, *self._home) < self._number("overnight_parking.radius_m"):
            return False
        last = self.drives[bisect_right(self._begins, at) - 1]
        return last.filing is Filing.NONE or last.order is None or last.order.window_to < at

    def _speeding(self, finding: Finding, begins_at: float, ends_at: float) -> bool:
        least_s = self._number("speeding.least_s")
        return any(self._fast_s(one) >= least_s - 15 for one in self._touching(begins_at, ends_at))

    def _odometer(self, finding: Finding, begins_at: float, ends_at: float) -> bool:
        return self._hidden_m(begins_at, ends_at) >= self._number("odometer_gap.least_m") - _CITY_HIDDEN_M

    def _silent(self, finding: Finding, begins_at: float, ends_at: float) -> bool:
        """Nothing was measured for as long as the finding says."""
        return any(
            one.what is Disturbance.SILENT and one.begins_at < ends_at + _MARGIN_S and one.ends_at > begins_at
            for one in self.effects
        )

    def _tampered(self, finding: Finding, begins_at: float, ends_at: float) -> bool:
        notices = [one for day in self._lived for one in day.plan.notices]
        told = any(
            one.name in ("power_cut", "unit_removed", "antenna_cut") and abs(one.at - begins_at) < 2 for one in notices
        )
        silent_to = begins_at
        for one in sorted(self.effects, key=lambda effect: effect.begins_at):
            if one.what is Disturbance.SILENT and one.begins_at < silent_to + 5:
                silent_to = max(silent_to, one.ends_at)
        return told and silent_to - begins_at > self._number("unit_tampered.grace_s")

    # ------------------------------------------------------------ look-alikes that no habit had to plant

    def _permitted_journeys(self) -> Iterator[Label]:
        """Every outing to another county that its order permits."""
        subject = self._player.life.vehicle.subject
        if subject.on_the_whole_city:
            return
        for one in self._lived:
            for order in one.plan.orders:
                outing = one.plan.outings[order.outing]
                away = (
                    any(stop.division != subject.county for stop in outing.stops)
                    or "approved_overnight_duty" in outing.tags
                )
                if (
                    away
                    and order.filing in _ALLOWED
                    and order.area is not Area.COUNTY
                    and "other_county_permitted" not in outing.tags
                ):
                    legs = [leg for leg in one.plan.legs if leg.outing == order.outing]
                    yield Label("outside_area", "permitted_journey", True, legs[0].departs_at, legs[-1].arrives_at)

    def _wandering_nights(self) -> Iterator[Label]:
        """Every night in which the receiver of a vehicle in its yard wandered."""
        for effect in self.effects:
            hours = {datetime.fromtimestamp(effect.begins_at + k, tz=LOCAL).hour for k in (0, 3_600)}
            if effect.what is Disturbance.DRIFT and hours <= {22, 23, 0, 1, 2, 3, 4, 5}:
                place = self._player.life.vehicle.episode(effect.begins_at).where.place
                if haversine_m(*place, *self._home) < 50:
                    yield Label("overnight_parking", "wandering_in_the_yard", True, effect.begins_at, effect.ends_at)

    # ------------------------------------------------------------ facts

    def _drives(self) -> Iterator[Drive]:
        mission: OrderWanted | None = None
        for one in self._lived:
            orders = {order.outing: order for order in one.plan.orders}
            begun = mission
            mission = next((o for o in orders.values() if one.plan.outings[o.outing].days > 1), None)
            episodes = [e for e in one.timeline.episodes if e.activity is Activity.DRIVING and e.leg is not None]
            legs = [(e, e.leg) for e in episodes if e.leg is not None]
            real = [(e.begins_at, leg.outing) for e, leg in legs if leg.outing >= 0]
            for episode, leg in legs:
                # An errand for fuel belongs to the outing before or after it that is nearest.
                nearest = min(real, key=lambda pair: abs(pair[0] - episode.begins_at))[1] if real else -1
                order = orders.get(leg.outing if leg.outing >= 0 else nearest)
                filing = Filing.NONE if order is None else order.filing
                order = begun if filing is Filing.UNDER_WAY else order
                if leg.outing < 0:
                    filing = self._of_errand(filing, order, episode.begins_at)
                yield Drive(episode.begins_at, episode.ends_at, leg, filing, order, leg.outing < 0)

    def _of_errand(self, filing: Filing, order: OrderWanted | None, begins_at: float) -> Filing:
        """An order leads to a station while it lets its vehicle be out, and only once it is approved."""
        if order is None or filing is Filing.EXEMPT:
            return filing
        if filing is Filing.WRONG_VEHICLE:
            return Filing.NONE  # what the other vehicle's order says does not lead to a station
        early_s = self._number("orders.early_departure_s")
        if not order.window_from - early_s <= begins_at <= order.window_to + self._grace_s:
            return Filing.NONE
        unknown = filing is Filing.IN_TIME and order.approved_at is not None and order.approved_at > begins_at
        return Filing.LATE if unknown else filing

    def _touching(self, begins_at: float, ends_at: float) -> list[Drive]:
        last = bisect_right(self._begins, ends_at + _MARGIN_S)
        return [one for one in self.drives[max(0, last - 60) : last] if one.touches(begins_at, ends_at)]

    def _not_allowed(self, drive: Drive, begins_at: float, ends_at: float) -> list[float]:
        """Moments of the drive at which no order held, graces counted."""
        begins, ends = drive.begins_at - drive.leg.warm_s, drive.ends_at + drive.leg.idle_s
        first, last = max(begins, begins_at - _MARGIN_S), min(ends, ends_at + _MARGIN_S)
        moments = list(np.linspace(first, last, 20))
        if drive.filing in (Filing.NONE, Filing.LATE):
            return moments
        if drive.filing is Filing.EXEMPT or drive.order is None:
            return []
        early = drive.order.window_from - self._number("orders.early_departure_s")
        late = drive.order.window_to + self._number("overdue_return.grace_s")
        return [at for at in moments if not early - 30 <= at <= late + 30]

    def _is_after_hours(self, at: float) -> bool:
        if not kind_of(day_of(at)).worked:
            return False
        local = datetime.fromtimestamp(at, tz=LOCAL)
        grace_s = self._number("after_hours.grace_s")
        begin, end = (
            time.fromisoformat(str(self._policies[f"after_hours.{name}"].value)) for name in ("work_from", "work_to")
        )
        second = local.hour * 3_600 + local.minute * 60 + local.second
        opens = begin.hour * 3_600 + begin.minute * 60 - grace_s
        closes = end.hour * 3_600 + end.minute * 60 + grace_s
        return second < opens + 60 or second > closes - 60

    def _leaves_area(self, drive: Drive) -> bool:
        allowed = self._home_divisions
        if drive.filing is Filing.EXEMPT:
            return False
        if drive.filing is not Filing.NONE and drive.order is not None:
            if drive.order.area is Area.PROVINCE:
                return False
            if drive.order.area is Area.CITY:
                allowed = frozenset(self._player.life.vehicle.subject.city.counties)
        points = self._player.life.vehicle.subject.city.router.route(drive.leg.start, drive.leg.end).points
        lat_e7, lon_e7 = (np.rint(points[:, column] * 1e7).astype(np.int64).tolist() for column in (0, 1))
        return bool((outside_m(lat_e7, lon_e7, allowed) > self._number("outside_area.buffer_m") - 30).any())

    def _all_orders(self) -> list[OrderWanted]:
        return [order for one in self._lived for order in one.plan.orders]

    def _orders(self, label: Label) -> list[OrderWanted]:
        """The orders of the outings that a label is of."""
        return [
            order
            for one in self._lived
            for order in one.plan.orders
            if label in one.plan.labels and label.name in one.plan.outings[order.outing].tags
        ]

    def _late_s(self, order: OrderWanted) -> float:
        """How long after the planned end the last drive of the order came to its end; negative = before it."""
        ends = [one.ends_at for one in self.drives if one.order is order and not one.errand]
        return max(ends, default=0.0) - order.window_to

    def _fast_s(self, drive: Drive) -> float:
        """The longest stretch above the limit, in seconds."""
        router = self._player.life.vehicle.subject.city.router
        seconds = drive.ends_at - drive.begins_at
        trip = Trip(router.route(drive.leg.start, drive.leg.end), seconds, drive.leg.key, drive.leg.speeding)
        above = trip.at(np.arange(0.0, seconds)).speed_ms * 3.6 > self._number("speeding.limit_kmh")
        edges = np.flatnonzero(np.diff(np.concatenate([[0], above.astype(np.int8), [0]])))
        return float(max(edges[1::2] - edges[0::2], default=0))

    def _hidden_m(self, begins_at: float, ends_at: float) -> float:
        """Metres driven in the span while nothing, or no place, was measured."""
        total = 0.0
        router = self._player.life.vehicle.subject.city.router
        for drive in self._touching(begins_at, ends_at):
            seconds = drive.ends_at - drive.begins_at
            trip = Trip(router.route(drive.leg.start, drive.leg.end), seconds, drive.leg.key, drive.leg.speeding)
            grid = np.arange(0.0, seconds)
            motions = trip.at(grid)
            dark = motions.tunnel.copy()
            for effect in self.effects:
                if effect.what in (Disturbance.SILENT, Disturbance.NO_FIX):
                    dark |= (grid + drive.begins_at >= effect.begins_at) & (grid + drive.begins_at < effect.ends_at)
            total += float(motions.speed_ms[dark].sum())
        return total

    def _number(self, slug: str) -> int:
        return int(self._policies[slug].value)


_Question = Callable[[Oracle, Finding, float, float], bool]
_QUESTIONS: dict[str, _Question] = {
    "unapproved_trip": Oracle._unapproved,
    "after_hours": Oracle._at_odd_hours,
    "holiday_use": Oracle._at_odd_hours,
    "sealed_vehicle_moved": Oracle._sealed_and_moved,
    "outside_area": Oracle._outside,
    "overdue_return": Oracle._overdue,
    "overnight_parking": Oracle._overnight,
    "speeding": Oracle._speeding,
    "odometer_gap": Oracle._odometer,
    "unit_silent": Oracle._silent,
    "unit_tampered": Oracle._tampered,
}
