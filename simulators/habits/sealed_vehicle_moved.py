"""A sealed vehicle is driven; beside it one whose receiver wanders while it stands."""

from __future__ import annotations

from fleet.model.registry import VehicleStatus
from simulators.city import SiteKind
from simulators.days.model import Disturbance, Draft, Effect, Filing, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Found, Habit, Lived, label_outings
from simulators.habits.private import add_outing, town_site


def _driven(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    if subject.spec.status is not VehicleStatus.SEALED or not draws.chance(0.5):
        return False
    sites = [(town_site(subject, draws, SiteKind.HOUSING, SiteKind.COMPANY), draws.between(20, 90))]
    add_outing(draft, today, "sealed_and_driven", draws.between(9.0, 17.0), 20.0, sites, Filing.NONE)
    return True


def _sealed(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del today, draft, draws
    return subject.spec.status is VehicleStatus.SEALED


def _wanders(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    del subject, today
    begins = lived.begins_at + draws.between(600, 40_000)
    ends = begins + draws.between(3_600, 20_000)
    size = draws.between(40, 80)
    return Found(
        [Effect(Disturbance.DRIFT, begins, ends, size)], labels=[habit.label(begins, ends, size_m=round(size))]
    )


HABITS = (
    Habit("sealed_vehicle_moved", "sealed_and_driven", False, 0.0200, label_outings, _driven),
    Habit("sealed_vehicle_moved", "sealed_and_drifting", True, 0.0300, _wanders, _sealed),
)
