"""From what is intended to what is driven: ways, times, costs. Nothing moves at 04:00.

What a day spends follows from the intentions of that day alone, never from what was in the tank: so days add up in
any order, forwards and backwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulators.days.calendar import begins_at
from simulators.days.climate import temperature_c
from simulators.days.model import (
    Counters,
    Draft,
    Filing,
    Leg,
    Outing,
    Purpose,
    Stop,
    Subject,
    Today,
)
from simulators.draws import Draws
from simulators.powertrain import Powertrain
from simulators.routing import Anchor

_DAY_S = 86_400.0
_NIGHT_RESERVE_S = 3_600.0  # no outing ends later than so long before the day does
_COLD_AFTER_S = 7_200.0
_PAUSE_S = 180.0
_LEAST_M = 120.0  # nobody drives for less
_TANK_AN_OUTING = 0.5  # no outing burns a larger share of the tank
_BATTERY_A_DAY = 0.36  # no intended day takes a larger share of the battery
_RUSH = ((7.6, 8.9, 0.80), (11.6, 12.2, 0.92), (17.2, 18.7, 0.78))


@dataclass(frozen=True, slots=True)
class Driven:
    """The part of a day's plan that moves."""

    legs: tuple[Leg, ...]
    outings: tuple[Outing, ...]  # those that took place, with the stops that were reached
    ends_at: Anchor
    spent: Counters


class Scheduler:
    """Lays one draft into one day. Use once."""

    def __init__(self, subject: Subject, power: Powertrain, today: Today, stands_at: Anchor, draws: Draws) -> None:
        self._subject, self._power, self._today, self._draws = subject, power, today, draws
        self._begins = begins_at(today.day)
        self._until = self._begins + _DAY_S - _NIGHT_RESERVE_S
        self._here = stands_at
        self._now = self._begins
        self._parked_since = self._begins - _COLD_AFTER_S
        self._legs: list[Leg] = []
        self._done: list[Outing] = []
        self._last: Outing | None = None  # the intention of the last one done
        self._energy_wh = 0
        self._pace = 0.86 + 0.14 * subject.draws("pace").unit()
        battery = power.battery
        self._most_wh = None
        if battery is not None and power.tank is None:
            self._most_wh = _BATTERY_A_DAY * battery.capacity * (1.25 if power.hydrogen else 1.0)

        self._most_m = float("inf")
        if power.tank is not None and not power.hybrid:
            self._most_m = 1_000 * _TANK_AN_OUTING * power.tank.capacity / power.litres_100km / 10

    def run(self, draft: Draft, ends_at: Anchor) -> Driven:
        """Drive what is intended, and be at `ends_at` in the end, whatever was left out."""
        for outing in sorted(draft.outings, key=lambda outing: outing.departs_at):
            self._go(outing, outing.returns or self._subject.home)
        if self._here.place != ends_at.place:
            # Whatever the clock says: the day ends there, as its last outing wants it, by that outing's order.
            last = max(draft.outings, key=lambda outing: outing.departs_at, default=None)
            if last is None:
                last = Outing(Purpose.COMMUTE, self._begins + 50_000.0, [], Filing.NONE)
            if not self._done or self._last is not last:
                self._done.append(replace(last, stops=last.stops[-1:]))
            at = max(self._now + _PAUSE_S, last.departs_at)
            self._drive(ends_at, at, last, len(self._done) - 1, last.stops[-1].name if last.stops else "", None, 0.0)
        legs = tuple(self._legs)
        spent = Counters(
            sum(leg.distance_m for leg in legs),
            sum(leg.cost.fuel_ml + leg.warm_cost.fuel_ml + leg.idle_cost.fuel_ml for leg in legs),
            draft.lost_ml if self._power.tank is not None else 0,
            sum(leg.cost.energy_wh + leg.warm_cost.energy_wh + leg.idle_cost.energy_wh for leg in legs),
            sum(leg.cost.engine_s + leg.warm_cost.engine_s + leg.idle_cost.engine_s for leg in legs),
        )
        return Driven(legs, tuple(self._done), self._here, spent)

    def _go(self, outing: Outing, home: Anchor) -> None:
        """Drive an outing as far as time and battery allow; one that cannot even begin does not take place."""
        now = max(float(round(outing.departs_at)), self._now + _PAUSE_S)
        taken: list[Stop] = []
        here = self._here
        latest = min(self._until, outing.back_by + 1_800.0 if outing.back_by is not None else self._until)
        energy_wh, metres = self._energy_wh, 0.0
        clock = now
        for stop in outing.stops:
            there_s = self._seconds(here, stop.where, clock, outing)
            back_s = 0.0 if outing.one_way else self._seconds(stop.where, home, clock, outing)
            leaves = clock + there_s + stop.stay_s
            soonest = outing.back_by if outing.back_by is not None and taken else latest
            wanted_wh = energy_wh + self._energy(here, stop.where, there_s) + self._energy(stop.where, home, back_s)
            if leaves + back_s > soonest or (self._most_wh is not None and wanted_wh > self._most_wh):
                continue
            back_m = self._metres(stop.where, home)
            if metres + self._metres(here, stop.where) + back_m > self._most_m:
                continue
            metres += self._metres(here, stop.where)
            energy_wh += self._energy(here, stop.where, there_s)
            taken.append(stop)
            here, clock = stop.where, leaves
        if not taken:
            return
        number = len(self._done)
        for stop in taken:
            self._drive(stop.where, now, outing, number, stop.name, stop.stay_s if stop.idles else None)
            now = max(self._now, now) + stop.stay_s + (5.0 if stop.idles else 0.0)
        if not outing.one_way and self._here.place != home.place:
            self._drive(home, now, outing, number, "", None)
        self._done.append(replace(outing, stops=taken))
        self._last = outing

    def _seconds(self, start: Anchor, end: Anchor, at: float, outing: Outing) -> float:
        if start.place == end.place:
            return 0.0
        return self._subject.city.router.way(start, end).drive_s / (self._pace * outing.pace * 0.9)

    def _metres(self, start: Anchor, end: Anchor) -> float:
        return 0.0 if start.place == end.place else self._subject.city.router.way(start, end).distance_m

    def _energy(self, start: Anchor, end: Anchor, seconds: float) -> int:
        if self._most_wh is None or start.place == end.place:
            return 0
        way = self._subject.city.router.way(start, end)
        return self._power.drive(way, max(seconds, 1.0), 8.0, False, 1.1, 0).energy_wh

    def _drive(
        self,
        end: Anchor,
        at: float,
        outing: Outing,
        number: int,
        name: str,
        idles_s: float | None,
        least_m: float = _LEAST_M,
    ) -> None:
        if self._here.place == end.place:
            return
        draws, start = self._draws, self._here
        way = self._subject.city.router.way(start, end)
        if way.distance_m < least_m:
            return
        departs_at = float(round(at))
        hour = (departs_at - self._begins) / 3_600 + 4
        pace = self._pace * outing.pace * draws.between(0.9, 1.03) * _traffic(hour, way.crossings)
        seconds = float(max(20, round(way.drive_s / pace)))
        temperature = temperature_c(self._today.day, hour, 1_900)
        cold = departs_at - self._parked_since > _COLD_AFTER_S
        distance_m = round(way.distance_m)
        left_wh = max(0, self._power.usable_wh - self._energy_wh)
        cost = self._power.drive(way, seconds, temperature, cold, draws.between(1.0, 1.14), left_wh)
        # The engine was off for a while at least.
        warm_s = float(round(draws.between(15, 70))) if draws.chance(0.35) else 3.0
        warm_s = max(2.0, min(warm_s, departs_at - self._parked_since - 5.0))
        idle_s = 2.0
        if idles_s is not None:
            idle_s = float(round(idles_s))
        elif draws.chance(0.2):
            idle_s = float(round(draws.between(15, 120)))
        arrives_at = departs_at + seconds
        leg = Leg(
            start=start,
            end=end,
            departs_at=departs_at,
            arrives_at=arrives_at,
            way=way,
            distance_m=distance_m,
            cost=cost,
            warm_s=warm_s,
            warm_cost=self._power.idle(warm_s, temperature),
            idle_s=idle_s,
            idle_cost=self._power.idle(idle_s, temperature),
            pace=pace,
            speeding=outing.speeding,
            outing=number,
            name=name,
            key=int(draws.unit() * 2**53),
        )
        self._legs.append(leg)
        self._energy_wh += cost.energy_wh + leg.warm_cost.energy_wh + leg.idle_cost.energy_wh
        self._here = end
        # Whoever lets the engine run stays at least as long as it does.
        self._now = arrives_at if idles_s is not None else arrives_at + idle_s
        self._parked_since = arrives_at + idle_s


def _traffic(hour: float, crossings: float) -> float:
    """How much slower the streets are at an hour; open roads do not mind."""
    share = min(1.0, crossings / 10)
    for begins, ends, pace in _RUSH:
        if begins <= hour < ends:
            return 1 - share * (1 - pace)
    return 1.0
