"""One vehicle's truth at any moment, past or to come: plans, counters, timelines. Pure.

Nothing is remembered that could not be asked again: a date gives the same day whoever asks. The counters at dawn are a
base at the world's epoch plus what the days between spent, forwards or backwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from simulators.city import City
from simulators.days.calendar import day_of
from simulators.days.model import Counters, DayPlan, VehicleSpec
from simulators.days.planner import Planner, power_of, subject_of
from simulators.days.task_force import TaskForce
from simulators.days.timeline import Activity, Clerk, Episode, Errand, Timeline
from simulators.habits import Density

EPOCH = date(2026, 11, 1)
"""From which day the odometers count where nothing else is said."""

_DAYS_KEPT = 3


@dataclass(frozen=True, slots=True)
class World:
    """What all vehicles of one run share.

    The farther a date lies from `epoch`, the more days must be planned to know the counters then: a process that runs
    from some date on does well to make that date the epoch, and to keep it for the same data. `habits` multiplies the
    chances of all habits and look-alikes (0 = everybody behaves); `always` names one that takes every vehicle whenever
    it can, for whoever tries out a rule; `density` takes the place of both for whoever measures all rules.
    """

    city: City
    seed: int
    epoch: date = EPOCH
    habits: float = 1.0
    task_force: TaskForce | None = None
    always: str | None = None
    density: Density | None = None


class Vehicle:
    """One vehicle of the world."""

    def __init__(self, spec: VehicleSpec, world: World) -> None:
        """`spec.key` must name it."""
        self.spec = spec
        self.subject = subject_of(spec, world.city, world.seed)
        self.power = power_of(self.subject)
        self._errand = Errand.of(self.subject, self.power)
        self._planner = Planner(self.subject, self.power, world.habits, world.task_force, world.always, world.density)
        self._plans: dict[date, DayPlan] = {}
        self._timelines: dict[date, Timeline] = {}
        draws = self.subject.draws("counters")
        odometer_km = draws.between(20_000, 160_000)
        battery = self.power.battery
        burnt = 0 if self.power.tank is None else round(odometer_km * 80)
        self._counted_to = world.epoch
        self._counted = Counters(
            odometer_m=round(1_000 * odometer_km),
            fuel_used_ml=burnt,
            lost_ml=0,
            energy_used_wh=0 if battery is None else round(odometer_km * 160),
            engine_s=0 if self.power.tank is None else round(odometer_km / 38 * 3_600),
        )

    def plan(self, day: date) -> DayPlan:
        """What happens from 04:00 of `day` to 04:00 of the next."""
        plan = self._plans.get(day)
        if plan is None:
            plan = self._plans[day] = self._planner.plan(day)
            _forget(self._plans)
        return plan

    def spent_before(self, day: date) -> Counters:
        """The counters at 04:00 of `day`, errands to the filling station aside."""
        while self._counted_to < day:
            self._counted += self.plan(self._counted_to).spent
            self._counted_to += timedelta(days=1)
        while self._counted_to > day:
            self._counted_to -= timedelta(days=1)
            self._counted -= self.plan(self._counted_to).spent
        return self._counted

    def recall(self, day: date, counters: Counters) -> None:
        """Take over what `spent_before` once answered for `day`, instead of planning every day since the epoch."""
        self._counted_to, self._counted = day, counters

    def timeline(self, day: date) -> Timeline:
        """The whole day without a gap, meters included."""
        timeline = self._timelines.get(day)
        if timeline is None:
            clerk = Clerk(self.subject, self.power, self._errand, self.plan(day), self.spent_before(day))
            timeline = self._timelines[day] = clerk.write()
            _forget(self._timelines)
        return timeline

    def episode(self, now: float) -> Episode:
        """What the vehicle does at a moment (Unix seconds)."""
        timeline = self.timeline(day_of(now))
        return next(one for one in reversed(timeline.episodes) if one.begins_at <= now)

    def driving(self, now: float) -> bool:
        """Whether it drives at a moment (Unix seconds)."""
        return self.episode(now).activity is Activity.DRIVING


def _forget(kept: dict[date, Any]) -> None:
    while len(kept) > _DAYS_KEPT:
        del kept[next(iter(kept))]
