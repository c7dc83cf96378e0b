"""Plans one day of one vehicle: duties, habits, nights away, ways, orders. A function of the seed, the vehicle and the
date; about a third of a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from fleet.geography.divisions import CITY_CODE
from fleet.model.registry import VehicleStatus
from simulators.city import City, Site
from simulators.days.calendar import at_hour, begins_at, kind_of, season_of
from simulators.days.duties import draft_day, stop_at
from simulators.days.model import (
    Area,
    Counters,
    DayPlan,
    Disturbance,
    Draft,
    Effect,
    Filing,
    Label,
    Outing,
    Purpose,
    Stop,
    Subject,
    Today,
    VehicleSpec,
)
from simulators.days.orders import order_for
from simulators.days.schedule import Scheduler
from simulators.days.task_force import TaskForce
from simulators.draws import Draws, key_of
from simulators.habits import Density, Found, Habit, Lived, habit_named, habit_of
from simulators.habits.commuting_pattern import commuter_night, on_call_night
from simulators.habits.fuel_drop import lost_at
from simulators.habits.overnight_parking import CHANCE, MISSION_CHANCE, mission_night, private_night
from simulators.powertrain import Powertrain

_DAY_S = 86_400.0
_DEAD_VALLEYS_PCT = 7
_MISSION = "approved_overnight_duty"
_ON_CALL = "on_call_near_home"


def subject_of(spec: VehicleSpec, city: City, seed: int) -> Subject:
    """The vehicle in its city. `spec.key` must be set."""
    key = key_of(seed, "vehicle", spec.key)
    home = spec.home if spec.home is not None else city.yard(spec.division, Draws(key, "yard"))
    return Subject(
        spec=spec,
        city=city,
        seed=seed,
        key=key,
        home=city.router.anchor(*home),
        county=city.county_of(spec.division),
        on_the_whole_city=spec.division == CITY_CODE,
    )


def power_of(subject: Subject) -> Powertrain:
    """What drives the vehicle."""
    spec = subject.spec
    return Powertrain.build(subject.key, spec.energy, spec.body, spec.tank_l, spec.battery_kwh)


@dataclass(frozen=True, slots=True)
class _Night:
    site: Site
    name: str
    innocent: bool
    rule: str


class Planner:
    """Plans any day of one vehicle. `scale` multiplies the chances of all habits; 0 = all behave. `always`: the name of
    a habit that takes every vehicle on every day on which it can, in place of all others."""

    def __init__(
        self,
        subject: Subject,
        power: Powertrain,
        scale: float = 1.0,
        task_force: TaskForce | None = None,
        always: str | None = None,
        density: Density | None = None,
    ) -> None:
        """`density` stands above `scale` and `always`."""
        self._subject, self._power, self._scale, self._task_force = subject, power, scale, task_force
        self._density = density
        self._private_night, self._mission = CHANCE * scale, MISSION_CHANCE * min(scale, 20.0)
        if density is not None:
            self._private_night, self._mission = density.private_night, density.mission
        self._always = None if always is None else habit_named(always)
        self._in_service = subject.spec.status is VehicleStatus.IN_SERVICE

    def plan(self, day: date) -> DayPlan:
        """What the vehicle does from 04:00 of `day` on."""
        subject, today = self._subject, Today(day, kind_of(day), season_of(day))
        before, after = self._night(day - timedelta(days=1)), self._night(day)
        stands_at = before.site.anchor if before is not None else subject.home
        ends_at = after.site.anchor if after is not None else subject.home
        draft, serves = self._draft(today)
        habits = [] if serves or before is not None or after is not None else self._habits(today, draft)
        self._come_from(draft, today, before)
        self._go_to(draft, today, before, after)
        draws = self._draws(today, "schedule")
        scheduler = Scheduler(subject, self._power, today, stands_at, draws)
        driven = scheduler.run(draft, ends_at)
        lived = Lived(begins_at(day), begins_at(day) + _DAY_S, driven.legs, driven.outings)
        found = Found()
        for habit in habits:
            found.add(habit.settle(habit, subject, today, lived, self._draws(today, habit.name, "settle")))
        self._label_nights(found, lived, after)
        found.effects += dead_valleys(lived)
        # A day's measurement ends with the day.
        found.effects = [replace(one, ends_at=min(one.ends_at, lived.ends_at)) for one in found.effects]
        found.labels = [replace(one, ends_at=min(one.ends_at, lived.ends_at)) for one in found.labels]
        orders = tuple(
            order_for(number, outing, legs, subject, draws)
            for number, outing in enumerate(driven.outings)
            if (legs := [leg for leg in driven.legs if leg.outing == number])
        )
        return DayPlan(
            day=day,
            kind=today.kind,
            stands_at=stands_at,
            legs=driven.legs,
            outings=driven.outings,
            orders=orders,
            effects=tuple(found.effects),
            notices=tuple(found.notices),
            cards=tuple(found.cards),
            labels=tuple(found.labels),
            lost_ml=driven.spent.lost_ml,
            lost_at=lost_at(lived) if driven.spent.lost_ml else 0.0,
            spent=driven.spent,
        )

    def _habits(self, today: Today, draft: Draft) -> list[Habit]:
        """Those that take the day; the draft is then as they want it."""
        subject, density = self._subject, self._density
        if density is None:
            wanted = self._always or habit_of(subject, today, self._scale)
            disturbance = None
            tried = iter(() if wanted is None else (wanted,))
        else:
            disturbance = density.disturbance_of(subject, today)
            tried = density.acts_of(subject, today)
        act = next((one for one in tried if one.draft(subject, today, draft, self._draws(today, one.name))), None)
        return [one for one in (act, disturbance) if one is not None]

    def spent(self, day: date) -> Counters:
        """What a day adds to the counters."""
        return self.plan(day).spent

    def _draft(self, today: Today) -> tuple[Draft, bool]:
        """The intentions of duty, and whether a task force has the vehicle."""
        if not self._in_service:
            return Draft(), False
        if self._task_force is not None:
            draft = self._task_force.draft(self._subject, today)
            if draft is not None:
                return draft, True
        return draft_day(self._subject, today), False

    def _night(self, day: date) -> _Night | None:
        subject, scale = self._subject, self._scale
        if not self._in_service or (self._task_force is not None and self._serves(day)):
            return None
        site = mission_night(subject, day, self._mission)
        if site is not None:
            return _Night(site, _MISSION, True, "overnight_parking")
        site = on_call_night(subject, day, scale)
        if site is not None and mission_night(subject, day + timedelta(days=1), self._mission) is None:
            return _Night(site, _ON_CALL, True, "commuting_pattern")
        site = commuter_night(subject, day, scale)
        if site is not None:
            return _Night(site, "goes_home_with_driver", False, "commuting_pattern")
        site = private_night(subject, day, self._private_night)
        return None if site is None else _Night(site, "night_elsewhere", False, "overnight_parking")

    def _serves(self, day: date) -> bool:
        force = self._task_force
        return force is not None and self._subject.spec.key in force.vehicles and force.first <= day <= force.last

    def _come_from(self, draft: Draft, today: Today, before: _Night | None) -> None:
        """After a night elsewhere the day begins with the way to the yard, or with the end of the mission."""
        if before is None:
            return
        draws, home = self._draws(today, "morning"), self._subject.home
        back = Stop(home, 600.0, "", self._subject.county)
        if before.name == _MISSION:
            work = stop_at(before.site, 5) if draws.chance(0.3) else None
            leaves = at_hour(today.day, draws.between(9.0, 14.0))
            stops = [work, back] if work is not None else [back]
            draft.outings[:] = [
                Outing(
                    Purpose.LONG_TRIP,
                    leaves,
                    stops,
                    Filing.UNDER_WAY,
                    one_way=True,
                    area=Area.PROVINCE,
                    tags=(_MISSION,),
                )
            ]
            return
        if today.kind.worked or draft.outings:
            on_call = before.name == _ON_CALL
            leaves = at_hour(today.day, draws.between(7.1, 7.6) - on_call)  # back before the day's first order
            filing = Filing.UNDER_WAY if on_call else Filing.NONE
            draft.outings.insert(0, Outing(Purpose.COMMUTE, leaves, [back], filing, one_way=True, tags=(before.name,)))

    def _go_to(self, draft: Draft, today: Today, before: _Night | None, after: _Night | None) -> None:
        """Before a night elsewhere the day ends there."""
        if after is None:
            return
        draws = self._draws(today, "evening")
        there = Stop(after.site.anchor, 0.0, after.site.name, after.site.division)
        if after.name == _MISSION:
            leaves = at_hour(today.day, draws.between(8.0, 10.0))
            draft.outings[:] = [
                Outing(Purpose.LONG_TRIP, leaves, [there], one_way=True, area=Area.PROVINCE, days=2, tags=(_MISSION,))
            ]
            return
        stays = before is not None and before.site is after.site and not draft.outings
        leaves = at_hour(today.day, draws.between(17.8, 18.6))
        if after.name == _ON_CALL:
            draft.outings.append(Outing(Purpose.ON_CALL, leaves, [there], one_way=True, days=2, tags=(after.name,)))
        elif not stays:
            draft.outings.append(
                Outing(Purpose.COMMUTE, leaves, [there], Filing.NONE, one_way=True, tags=(after.name,))
            )

    @staticmethod
    def _label_nights(found: Found, lived: Lived, after: _Night | None) -> None:
        if after is not None:
            begins = lived.legs[-1].arrives_at if lived.legs else lived.begins_at
            facts: dict[str, object] = {"place": after.site.place, "site": after.site.name}
            label = Label(after.rule, after.name, after.innocent, begins, lived.ends_at, facts)
            found.labels.append(label)

    def _draws(self, today: Today, *names: str) -> Draws:
        return self._subject.draws(*names, today.day.toordinal())


def dead_valleys(lived: Lived) -> list[Effect]:
    """Some villages have no network: what is measured on a stay there leaves the unit on the way back."""
    found: list[Effect] = []
    for number, leg in enumerate(lived.legs):
        if leg.name.endswith("村") and key_of("valley", leg.end.junction) % 100 < _DEAD_VALLEYS_PCT:
            following = lived.legs[number + 1] if number + 1 < len(lived.legs) else None
            near_s = min(300.0, (leg.arrives_at - leg.departs_at) / 2)
            until = (
                lived.ends_at
                if following is None
                else following.departs_at + min(300.0, (following.arrives_at - following.departs_at) / 2)
            )
            found.append(Effect(Disturbance.OUT_OF_REACH, leg.arrives_at - near_s, until))
    return found


__all__ = ["Habit", "Planner", "power_of", "subject_of"]
