"""A day without a gap: parked, driving, idling, filling, charging, from 04:00 to 04:00, with the counters at each turn.

Fuel is fetched from the station nearest to the yard, out and back before the outing that passes the next mark of the
tank, or after it. Each such errand is the same distance and costs the same: so the counters follow from what the days
spent and from the number of errands, and that number follows from what they spent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from simulators.city import Site, SiteKind
from simulators.days.calendar import begins_at
from simulators.days.model import NOTHING, CardRecord, Cost, Counters, DayPlan, Filing, Label, Leg, Notice, Subject
from simulators.draws import Draws
from simulators.powertrain import Powertrain, Reservoir
from simulators.routing import Anchor, Way

_DAY_S = 86_400.0
_FILLING_S = 300.0
_MARGIN_S = 90.0
_CHARGERS_KW = (7.0, 11.0, 20.0, 40.0, 60.0, 120.0)
_LONGEST_CHARGE_S = 8 * 3_600.0
_FEN_A_LITRE = 768
_SOON_S = 7_200.0
_ERRAND_SPREAD_S = 600.0  # how much earlier than need be somebody fetches fuel before an outing
_ROUNDS = tuple(range(1, 40, 2))  # odd: the last of them ends at the station
_PARKED_FIRST_S = 200.0  # who has come home switches off before fetching fuel
_EARLY_S = 1_800.0  # before its window an order lets a vehicle leave
_BOOKED_LATE = 0.04  # of the fillings reach the card's books later
_ROOM = 0.25  # share of a tank that is surely free when a mark lies before it


class Activity(Enum):
    PARKED = 1
    DRIVING = 2
    IDLING = 3  # standing, ignition on
    FILLING = 4
    CHARGING = 5


@dataclass(frozen=True, slots=True)
class Meters:
    """What the vehicle's own instruments count: metres, millilitres, watt-hours, seconds."""

    odometer_m: int
    fuel_used_ml: int
    lost_ml: int
    filled_ml: int
    energy_used_wh: int
    charged_wh: int
    engine_s: int

    def plus(
        self, distance_m: int = 0, cost: Cost = NOTHING, filled: int = 0, charged: int = 0, lost: int = 0
    ) -> Meters:
        return Meters(
            self.odometer_m + distance_m,
            self.fuel_used_ml + cost.fuel_ml,
            self.lost_ml + lost,
            self.filled_ml + filled,
            self.energy_used_wh + cost.energy_wh,
            self.charged_wh + charged,
            self.engine_s + cost.engine_s,
        )


@dataclass(frozen=True, slots=True)
class Episode:
    """A span of one activity; the meters run from `before` to `after` in it. `leg` where it drives, else `where`."""

    activity: Activity
    begins_at: float
    ends_at: float
    where: Anchor
    leg: Leg | None
    before: Meters
    after: Meters


@dataclass(frozen=True, slots=True)
class Timeline:
    """One whole day; `notices` are the events of the wire in order of time."""

    begins_at: float
    episodes: tuple[Episode, ...]
    notices: tuple[Notice, ...]
    cards: tuple[CardRecord, ...]
    labels: tuple[Label, ...] = ()  # of what only shows when fuel is fetched


@dataclass(frozen=True, slots=True)
class Errand:
    """Fetching fuel: always the same way from the yard to its station and back."""

    station: Site
    out: Way
    back: Way
    seconds: float  # each way
    cost: Cost  # each way

    @classmethod
    def of(cls, subject: Subject, power: Powertrain) -> Errand | None:
        """None for what needs no station."""
        if tank_of(power) is None:
            return None
        station = subject.city.nearest(SiteKind.STATION, subject.home)
        out, back = (
            subject.city.router.way(subject.home, station.anchor),
            subject.city.router.way(station.anchor, subject.home),
        )
        seconds = float(max(40, round(out.drive_s / 0.8)))
        return cls(station, out, back, seconds, power.drive(out, seconds, 15.0, False, 1.0, 0))

    @property
    def distance_m(self) -> int:
        """Each way."""
        return round(self.out.distance_m)


def tank_of(power: Powertrain) -> Reservoir | None:
    """What a station fills."""
    return power.tank or (power.battery if power.hydrogen else None)


def meters_at_dawn(power: Powertrain, errand: Errand | None, spent: Counters) -> Meters:
    """What the instruments say at 04:00, when the days so far spent `spent` in all."""
    tank, errands, filled = tank_of(power), 0, 0
    if tank is not None and errand is not None:
        used = _used(power, spent)
        errands = tank.passed(used)
        each = 2 * (errand.cost.energy_wh if power.hydrogen else errand.cost.fuel_ml)
        filled = tank.filled(used) + errands * each
    cost = errand.cost if errand is not None else NOTHING
    energy_wh = spent.energy_used_wh + 2 * errands * cost.energy_wh
    charged_wh = 0
    if power.plugs_in and power.battery is not None:
        charged_wh = energy_wh if power.hybrid else power.battery.filled(spent.energy_used_wh)
    return Meters(
        spent.odometer_m + (2 * errands * errand.distance_m if errand is not None else 0),
        spent.fuel_used_ml + 2 * errands * cost.fuel_ml,
        spent.lost_ml,
        0 if power.hydrogen else filled,
        energy_wh,
        filled if power.hydrogen else charged_wh,
        spent.engine_s + 2 * errands * cost.engine_s,
    )


def levels(power: Powertrain, meters: Meters) -> tuple[int, int]:
    """Millilitres in the tank and watt-hours in the battery (or of hydrogen); 0 where there is none."""
    fuel_ml = charge_wh = 0
    if power.tank is not None:
        fuel_ml = power.tank.level(meters.fuel_used_ml + meters.lost_ml, meters.filled_ml)
    if power.battery is not None:
        charge_wh = power.battery.level(meters.energy_used_wh, meters.charged_wh)
    return fuel_ml, charge_wh


def _used(power: Powertrain, spent: Counters) -> int:
    return spent.energy_used_wh if power.hydrogen else spent.fuel_used_ml + spent.lost_ml


class Clerk:
    """Writes one day's timeline. Use once."""

    def __init__(
        self, subject: Subject, power: Powertrain, errand: Errand | None, plan: DayPlan, before: Counters
    ) -> None:
        self._subject, self._power, self._errand, self._plan = subject, power, errand, plan
        self._before = before
        self._meters = self._owed = meters_at_dawn(power, errand, before)
        self._now = self._begins = begins_at(plan.day)
        self._here = plan.stands_at
        self._episodes: list[Episode] = []
        self._notices = list(plan.notices)
        self._cards = list(plan.cards)
        self._labels: list[Label] = []
        self._filled_at = float("-inf")
        self._lost_left = plan.lost_ml if power.tank is not None else 0
        self._draws = Draws(subject.key, plan.day.toordinal(), "clerk")

    def write(self) -> Timeline:
        outings = self._outings()
        before, after = self._errands(outings)
        for number, legs in enumerate(outings):
            for amount in before.get(number, ()):
                self._fetch(amount, legs[0].departs_at - legs[0].warm_s - _MARGIN_S)
            for leg in legs:
                self._leg(leg)
            for amount in after.get(number, ()):
                self._fetch(amount, None)
        self._charge()
        self._park(self._begins + _DAY_S)
        self._notices.sort(key=lambda notice: notice.at)
        return Timeline(
            self._begins, tuple(self._episodes), tuple(self._notices), tuple(self._cards), tuple(self._labels)
        )

    def _outings(self) -> list[list[Leg]]:
        found: list[list[Leg]] = []
        for leg in self._plan.legs:
            if not found or found[-1][0].outing != leg.outing:
                found.append([])
            found[-1].append(leg)
        return found

    def _errands(self, outings: list[list[Leg]]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """What is filled before and after which outing; several portions are fetched one by one."""
        tank, errand = tank_of(self._power), self._errand
        before: dict[int, list[int]] = {}
        after: dict[int, list[int]] = {}
        if tank is None or errand is None:
            return before, after
        hydrogen = self._power.hydrogen
        used = _used(self._power, self._before)
        done = tank.passed(used)
        each = 2 * (errand.cost.energy_wh if hydrogen else errand.cost.fuel_ml)
        need_s = 2 * errand.seconds + _FILLING_S + 4 * _MARGIN_S
        free_from = self._begins
        lost = self._lost_left
        for number, legs in enumerate(outings):
            begins = legs[0].departs_at - legs[0].warm_s
            if lost and self._plan.lost_at <= begins:
                used, lost = used + lost, 0
            start = used
            used += sum(_takes(leg, hydrogen) for leg in legs)
            if number == len(outings) - 1:
                used += lost
            ends = legs[-1].arrives_at + legs[-1].idle_s
            following = outings[number + 1][0] if number + 1 < len(outings) else None
            free_to = following.departs_at - following.warm_s if following else float("inf")
            home = legs[0].start.place == self._subject.home.place
            while done < tank.passed(used):
                amount = tank.mark(done + 1) - tank.mark(done) + each
                room = tank.mark(done + 1) - start <= _ROOM * tank.capacity
                allowed = self._allowed(legs[0].outing, begins - need_s - _ERRAND_SPREAD_S)
                # Nobody waits for leave with a tank that does not last.
                dry = tank.top + tank.mark(done) - used < 0
                if home and room and (allowed or dry) and begins - free_from >= need_s:
                    before.setdefault(number, []).append(amount)
                    free_from += need_s
                elif free_to - ends >= need_s:
                    after.setdefault(number, []).append(amount)
                    ends += need_s
                else:
                    break  # the next outing's turn
                done += 1
            free_from = ends
        return before, after

    def _allowed(self, outing: int, at: float) -> bool:
        """Whether the outing's order lets the vehicle leave already then, to fetch fuel for it."""
        order = next((one for one in self._plan.orders if one.outing == outing), None)
        if order is None or order.filing not in (Filing.IN_TIME, Filing.EMERGENCY):
            return True
        known_at = order.approved_at if order.filing is Filing.IN_TIME else None
        return max(known_at or at, order.window_from - _EARLY_S) <= at

    def _add(
        self,
        activity: Activity,
        ends_at: float,
        leg: Leg | None = None,
        distance_m: int = 0,
        cost: Cost = NOTHING,
        filled: int = 0,
        charged: int = 0,
    ) -> None:
        """Go on until `ends_at`; what falls into no time at all is counted with what follows."""
        after = self._owed.plus(distance_m, cost, filled, charged)
        if ends_at <= self._now:
            self._owed = after
            return
        self._episodes.append(Episode(activity, self._now, ends_at, self._here, leg, self._meters, after))
        self._meters = self._owed = after
        self._now = ends_at

    def _park(self, until: float) -> None:
        """Stand there; what is taken out of the tank meanwhile is gone within five minutes."""
        lost_at = self._plan.lost_at
        if self._lost_left and lost_at < until:
            begins = max(lost_at, self._now)
            self._add(Activity.PARKED, begins)
            ends = min(until, begins + 300.0)
            self._owed = self._owed.plus(lost=self._lost_left)
            self._lost_left = 0
            self._add(Activity.PARKED, ends)
        self._add(Activity.PARKED, until)

    def _leg(self, leg: Leg) -> None:
        begins = max(self._now, leg.departs_at - leg.warm_s)
        self._park(begins)
        self._here = leg.start
        self._notices.append(Notice(begins, "ignition_on"))
        self._add(Activity.IDLING, leg.departs_at, cost=leg.warm_cost)
        self._add(Activity.DRIVING, leg.arrives_at, leg, leg.distance_m, leg.cost)
        self._here = leg.end
        self._add(Activity.IDLING, leg.arrives_at + leg.idle_s, cost=leg.idle_cost)
        self._notices.append(Notice(self._now, "ignition_off"))

    def _fetch(self, amount: int, until: float | None) -> None:
        """Drive to the station and back, arriving at `until` (None: begin at once)."""
        assert self._errand is not None
        errand, here, hydrogen = self._errand, self._here, self._power.hydrogen
        needs_s = 2 * errand.seconds + _FILLING_S + 2 * _MARGIN_S
        begins = (
            self._now + _PARKED_FIRST_S
            if until is None
            else max(self._now + _PARKED_FIRST_S, until - needs_s - self._draws.between(0, _ERRAND_SPREAD_S))
        )
        begins = float(round(begins))
        if begins + needs_s > self._begins + _DAY_S:
            # The night is too short for the way: the bowser comes to the yard.
            self._owed = self._owed.plus(2 * errand.distance_m, errand.cost + errand.cost)
            self._owed = self._owed.plus(filled=0 if hydrogen else amount, charged=amount if hydrogen else 0)
            return
        station, rounds = errand.station, 1
        if here.place != self._subject.home.place:
            station, rounds = self._station_near(here)
        self._errand_way(here, station.anchor, begins, rounds, station.name)
        arrived = self._now
        self._park(arrived + 40)
        self._add(
            Activity.FILLING,
            arrived + 40 + _FILLING_S,
            filled=0 if hydrogen else amount,
            charged=amount if hydrogen else 0,
        )
        unit = "kwh" if hydrogen else "litres"
        self._notices.append(Notice(self._now, "refuelled", {unit: round(amount / 1_000, 2)}))
        if not hydrogen:
            fen = round(amount / 1_000 * _FEN_A_LITRE)
            at = self._now
            if at - self._filled_at < _SOON_S:
                # Two marks in one day: the tank is small for the way.
                label = Label("refuel_mismatch", "filled_twice", True, self._filled_at, at, {"station": station.name})
                self._labels.append(label)
            self._filled_at = at
            if self._draws.chance(_BOOKED_LATE):
                at = float(round(at + self._draws.between(1_500, 5_000)))
                facts: dict[str, object] = {"filled_at": self._now, "booked_at": at, "station": station.name}
                self._labels.append(Label("refuel_mismatch", "booked_late", True, self._now, at, facts))
            self._cards.append(CardRecord(at, amount, fen, station.name, station.place))
        self._errand_way(station.anchor, here, self._now + 40, rounds, "")

    def _station_near(self, here: Anchor) -> tuple[Site, int]:
        """Away from the yard: a station, and how often its way is driven. The meters count the way from the yard to its
        own station, so what is driven here must be about as long: to and fro, as one who searches."""
        assert self._errand is not None
        away = [
            (site, self._subject.city.router.way(here, site.anchor).distance_m)
            for site in self._subject.city.nearby(SiteKind.STATION, here)
        ]
        distance_m = self._errand.distance_m
        tried = [
            (abs(rounds * metres - distance_m), rounds, k) for k, (_, metres) in enumerate(away) for rounds in _ROUNDS
        ]
        _, rounds, best = min(tried)
        return away[best][0], rounds

    def _errand_way(self, start: Anchor, end: Anchor, begins_at: float, rounds: int, name: str) -> None:
        """There, or there and back and there again; the sums are those of the errand."""
        assert self._errand is not None
        errand, router = self._errand, self._subject.city.router
        for number in range(rounds):
            one, other = (start, end) if number % 2 == 0 else (end, start)
            first, last = (round(errand.seconds * k / rounds) for k in (number, number + 1))
            metres = errand.distance_m // rounds + (errand.distance_m % rounds if number == 0 else 0)
            self._leg(
                Leg(
                    start=one,
                    end=other,
                    departs_at=begins_at + first,
                    arrives_at=begins_at + last,
                    way=router.way(one, other),
                    distance_m=metres,
                    cost=errand.cost if number == 0 else NOTHING,
                    warm_s=0.0,
                    warm_cost=NOTHING,
                    idle_s=0.0,
                    idle_cost=NOTHING,
                    pace=0.8,
                    speeding=0.0,
                    outing=-1,
                    name=name,
                    key=int(self._draws.unit() * 2**53),
                )
            )

    def _charge(self) -> None:
        """In the evening, where the vehicle stands, what the plan's marks or the night's habit ask for."""
        battery = self._power.battery
        if not self._power.plugs_in or battery is None or not self._plan.legs:
            return
        if self._power.hybrid:
            amount = self._meters.energy_used_wh - self._meters.charged_wh
        else:
            before = self._before.energy_used_wh
            amount = battery.filled(before + self._plan.spent.energy_used_wh) - battery.filled(before)
        if amount <= 0:
            return
        begins = min(self._now + 2 * _MARGIN_S, self._begins + _DAY_S - 600.0)
        longest_s = min(_LONGEST_CHARGE_S, self._begins + _DAY_S - 120 - begins)
        power_kw = next(
            (one for one in _CHARGERS_KW if amount * 3.6 / one <= longest_s), max(120.0, amount * 3.6 / longest_s)
        )
        self._park(begins)
        ends = float(round(self._now + amount * 3.6 / power_kw))
        self._notices.append(Notice(self._now, "charging_started", {"power_kw": round(power_kw, 1)}))
        self._add(Activity.CHARGING, ends, charged=amount)
        self._notices.append(Notice(self._now, "charging_ended"))


def _takes(leg: Leg, hydrogen: bool) -> int:
    cost = leg.warm_cost + leg.cost + leg.idle_cost
    return cost.energy_wh if hydrogen else cost.fuel_ml
