"""The engine runs while somebody waits; beside it the traffic jam."""

from __future__ import annotations

from simulators.days.model import Draft, Filing, Subject, Today
from simulators.draws import Draws
from simulators.habits.habit import Found, Habit, Lived, label_outings


def _waits(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del subject, today
    outings = [one for one in draft.outings if one.filing is Filing.IN_TIME]
    if not outings:
        return False
    outing = draws.one_of(outings)
    stop = draws.one_of(outing.stops)
    stop.idles, stop.stay_s = True, draws.between(1_600, 4_200)
    outing.back_by, outing.tags = None, (*outing.tags, "engine_left_on")
    return True


def _settle(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    del subject, today, draws
    found = Found()
    for _, legs in lived.tagged(habit.name):
        for leg in legs:
            if leg.idle_s >= 1_500:
                found.labels.append(habit.label(leg.arrives_at, leg.arrives_at + leg.idle_s, place=leg.end.place))
    return found


def _jam(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    del subject, today
    if not draft.outings:
        return False
    outing = draws.one_of(draft.outings)
    outing.pace *= 0.45
    outing.tags = (*outing.tags, "traffic_jam")
    return True


HABITS = (
    Habit("long_idle", "engine_left_on", False, 0.0015, _settle, _waits),
    Habit("long_idle", "traffic_jam", True, 0.0030, label_outings, _jam),
)
