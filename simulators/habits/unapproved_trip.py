"""Driving without an order; beside it the late approval, the other vehicle of the organ (both deviations, no trips
without an order), the emergency, and fixes that wander in a car park."""

from __future__ import annotations

from simulators.days.model import Disturbance, Draft, Effect, Filing, Purpose, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Found, Habit, Lived, label_outings


def _filed_as(filing: Filing, tag: str, draft: Draft, draws: Draws) -> bool:
    """Let the order of one ordinary outing come about otherwise."""
    outings = [outing for outing in draft.outings if outing.filing is Filing.IN_TIME]
    if not outings:
        return False
    outing = draws.one_of(outings)
    outing.filing, outing.tags = filing, (*outing.tags, tag)
    return True


def _no_order(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del subject
    return today.kind.worked and _filed_as(Filing.NONE, "no_order", draft, draws)


def _wrong_vehicle(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del subject, today
    return _filed_as(Filing.WRONG_VEHICLE, "wrong_vehicle", draft, draws)


def _late_approval(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del subject, today
    return _filed_as(Filing.LATE, "late_approval", draft, draws)


def _emergency(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del subject, today
    if not _filed_as(Filing.EMERGENCY, "emergency", draft, draws):
        return False
    for outing in draft.outings:
        if "emergency" in outing.tags:
            outing.purpose, outing.pace = Purpose.RESCUE, outing.pace * 1.08
    return True


def _drift(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    """Parked under a roof, the receiver shows places up to a hundred metres away."""
    del subject, today
    found = Found()
    spans = lived.parked_spans(3_600)
    if spans:
        begins, ends = draws.one_of(spans)
        begins += draws.unit() * (ends - begins - 3_600)
        ends = min(ends, begins + draws.between(3_600, 5 * 3_600))
        size = draws.between(50, 110)
        found.effects.append(Effect(Disturbance.DRIFT, begins, ends, size))
        found.labels.append(habit.label(begins, ends, size_m=round(size)))
    return found


HABITS = (
    Habit("unapproved_trip", "no_order", False, 0.0030, label_outings, _no_order),
    Habit("unapproved_trip", "wrong_vehicle", True, 0.0010, label_outings, _wrong_vehicle),
    Habit("unapproved_trip", "late_approval", True, 0.0080, label_outings, _late_approval),
    Habit("unapproved_trip", "emergency", True, 0.0080, label_outings, _emergency),
    Habit("unapproved_trip", "car_park_drift", True, 0.0040, _drift),
)
