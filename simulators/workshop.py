"""Onboard units that are replaced in a workshop: innocent, though the old one says that it was taken out. Pure.

The registry is told first, over the public interface, and the wire follows it: until the other unit is fitted the old
one is still the vehicle's, so nothing is ever sent by a unit that sits nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from simulators.days.calendar import at_hour, day_of
from simulators.days.model import DayPlan
from simulators.roster import UnitSpec
from simulators.truth import moment
from simulators.vehicle import Vehicle

CHANCE = 0.0005
"""Of a vehicle on a day: three of the city's six thousand."""

ENTERED_BEFORE_S = 120.0
"""So long before the old unit is taken out the registry is told: what it says is known when the unit says so."""

TRIED_S = 600.0
"""So long after it is fitted the other unit speaks: a clock that is slow by minutes says nothing of before."""

OPENS_H, CLOSES_H = 8.5, 17.0
_LEAST_S, _LONGEST_S = 1_500.0, 4_200.0
_MARGIN_S = 900.0
_MARK = "-R"


@dataclass(frozen=True, slots=True)
class Exchange:
    """The unit of a vehicle is taken out at one moment (Unix seconds), and one with the code `fitted` put in at a
    later one."""

    vehicle_id: int
    division: int
    removed: str
    fitted: str
    removed_at: float
    fitted_at: float

    @property
    def label(self) -> dict[str, Any]:
        """The record for a `Truth`."""
        return {
            "vehicle": f"v{self.vehicle_id}",
            "unit": self.removed,
            "record": "look_alike",
            "rule": "unit_tampered",
            "name": "unit_replaced",
            "from": moment(self.removed_at),
            "to": moment(self.fitted_at + TRIED_S),
            "facts": {"fitted": self.fitted},
        }


def exchange_of(spec: UnitSpec, vehicle: Vehicle, day: date, chance: float = CHANCE) -> Exchange | None:
    """The exchange of this day, while the vehicle stands in opening hours; None on nearly all days.

    It follows from seed, vehicle and date, whichever unit sits in the vehicle now.
    """
    draws = vehicle.subject.draws("workshop", day.toordinal())
    if spec.vehicle_id is None or not draws.chance(chance):
        return None
    plan = vehicle.plan(day)
    lasts_s = draws.between(_LEAST_S, _LONGEST_S)
    least_s = lasts_s + TRIED_S + 2 * _MARGIN_S
    spans = [(begins, ends) for begins, ends in _standing(plan, day) if ends - begins >= least_s]
    if not spans or plan.effects or any(label.rule == "unit_tampered" for label in plan.labels):
        return None
    begins, ends = draws.one_of(spans)
    at = float(round(draws.between(begins, ends - least_s) + _MARGIN_S))
    fitted = f"{original(spec.code)}{_MARK}{day:%y%m%d}"
    return Exchange(spec.vehicle_id, spec.division, spec.code, fitted, at, float(round(at + lasts_s)))


class Registry(Protocol):
    """Who enters exchanges; see `simulators.registrar`."""

    def ask(self, exchange: Exchange) -> None: ...

    def told(self) -> list[Exchange]: ...


class Workshop:
    """The exchanges of all days to come, and how far each has got. `chance`: of a vehicle on a day."""

    def __init__(self, registry: Registry, chance: float = CHANCE) -> None:
        self._registry = registry
        self._chance = chance
        self._day: date | None = None
        self._planned: list[Exchange] = []
        self._entered: list[Exchange] = []
        self._taken_out: list[Exchange] = []

    def turn(
        self, now: float, sitting: Callable[[], Iterable[tuple[UnitSpec, Vehicle]]]
    ) -> tuple[list[Exchange], list[Exchange]]:
        """What is to be done at `now` (Unix seconds): units to take out, and units to fit. `sitting`: which unit sits
        in which vehicle; asked once a day."""
        if (day := day_of(now)) != self._day:
            self._day = day
            found = (exchange_of(spec, vehicle, day, self._chance) for spec, vehicle in sitting())
            self._planned = [one for one in found if one is not None and one.removed_at - ENTERED_BEFORE_S > now]
        for one in [one for one in self._planned if one.removed_at - ENTERED_BEFORE_S <= now]:
            self._planned.remove(one)
            self._registry.ask(one)
        self._entered += self._registry.told()
        leaving = [one for one in self._entered if one.removed_at <= now]
        self._entered = [one for one in self._entered if one.removed_at > now]
        self._taken_out += leaving
        coming = [one for one in self._taken_out if one.fitted_at + TRIED_S <= now]
        self._taken_out = [one for one in self._taken_out if one.fitted_at + TRIED_S > now]
        return leaving, coming


def original(code: str) -> str:
    """The unit that sat in the vehicle before the first exchange: what the past was measured with."""
    return code.partition(_MARK)[0]


def with_first_units(roster: Iterable[UnitSpec]) -> list[UnitSpec]:
    """The roster as it was before the living fleet began: exchanges belong to the living fleet alone."""
    return [replace(spec, code=original(spec.code)) for spec in roster]


def _standing(plan: DayPlan, day: date) -> list[tuple[float, float]]:
    opens, closes = at_hour(day, OPENS_H), at_hour(day, CLOSES_H)
    marks = [opens]
    for leg in plan.legs:
        marks += [leg.departs_at - leg.warm_s, leg.arrives_at + leg.idle_s]
    marks.append(closes)
    inside = [min(max(mark, opens), closes) for mark in marks]
    return [(inside[k], inside[k + 1]) for k in range(0, len(inside), 2)]
