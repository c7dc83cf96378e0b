"""Fuel is drawn off at night; beside it the gauge on a slope, and the gauge that sticks."""

from __future__ import annotations

from simulators.days.model import Disturbance, Draft, Effect, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Found, Habit, Lived


def _burns(subject: Subject) -> bool:
    return subject.spec.tank_l is not None


def _drawn_off(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    if not _burns(subject) or not today.kind.worked:
        return False
    assert subject.spec.tank_l is not None
    lost_ml = round(1_000 * min(draws.between(9, 16), 0.22 * subject.spec.tank_l))
    if lost_ml < 8_500:
        return False
    draft.lost_ml = lost_ml
    draft.habits.append("drawn_off")
    return True


def _settle(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    """Planned to the last quiet span of the day; see `lost_at`."""
    del subject, today, draws
    at = lost_at(lived)
    return Found(labels=[habit.label(at, at + 300.0)])


def lost_at(lived: Lived) -> float:
    """When fuel is drawn off: an hour before the day ends, or in the middle of its last quiet span."""
    spans = lived.parked_spans(1_800)
    if not spans:
        return lived.ends_at - 1_200.0
    begins, ends = spans[-1]
    return float(round(max(begins, ends - 5_400.0)))


def _has_tank(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del today, draft, draws
    return _burns(subject)


def _slope(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    """Parked nose up, the gauge shows less; on level ground it shows the truth again."""
    del subject, today
    spans = lived.parked_spans(3_000)
    if not spans:
        return Found()
    begins, ends = draws.one_of(spans)
    size = -draws.between(90, 180)
    return Found(
        [Effect(Disturbance.GAUGE_TILTED, begins - 590, ends + 590, size)],
        labels=[habit.label(begins - 590, ends + 590, permille=round(size))],
    )


def _sticks(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    del subject, today, draws
    return Found(
        [Effect(Disturbance.GAUGE_STUCK, lived.begins_at, lived.ends_at)],
        labels=[habit.label(lived.begins_at, lived.ends_at)],
    )


HABITS = (
    Habit("fuel_drop", "drawn_off", False, 0.0012, _settle, _drawn_off),
    Habit("fuel_drop", "gauge_on_a_slope", True, 0.0060, _slope, _has_tank),
    Habit("fuel_drop", "gauge_stuck", True, 0.0040, _sticks, _has_tank),
)
