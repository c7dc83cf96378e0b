"""How far each called vehicle has come, what is still missing of each need, and who is where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from fleet.model.tasks import Answer, Call, RosterState, TaskNeed

COUNTED = frozenset({RosterState.CALLED, RosterState.ACKNOWLEDGED, RosterState.DEPARTED, RosterState.ON_SITE})
"""States in which a vehicle fills its need: it has answered, is on its way or there, or may still answer."""


def answer_of(call: Call) -> Answer | None:
    """A person's word stands above the unit's."""
    return call.answer or call.unit_answer


def state_of(call: Call, now: datetime) -> RosterState:
    """Where a vehicle is counts for more than what was answered, unless it was refused: that it drives is then for
    something else. A drive without any answer is not taken for one to the task before it arrives."""
    answer = answer_of(call)
    if call.released_at is not None:
        return RosterState.RELEASED
    if answer is Answer.REFUSED:
        return RosterState.REFUSED
    if call.near:
        return RosterState.ON_SITE
    if answer is Answer.ACKNOWLEDGED:
        return RosterState.ACKNOWLEDGED if call.departed_at is None else RosterState.DEPARTED
    if call.arrived_at is not None:
        return RosterState.DEPARTED
    return RosterState.CALLED if now < call.answer_by else RosterState.TIMED_OUT


def missing(needs: Iterable[TaskNeed], calls: Sequence[Call], now: datetime) -> dict[int, int]:
    """How many vehicles each need lacks, by its number; needs that lack none are left out."""
    filled = Counter(call.need for call in calls if state_of(call, now) in COUNTED)
    lacking = {need.n: need.count - filled[need.n] for need in needs}
    return {n: count for n, count in lacking.items() if count > 0}


def counted(states: Iterable[RosterState]) -> Mapping[str, int]:
    """How many are in each state; every state is named."""
    found = Counter(states)
    return {state.value: found[state] for state in RosterState}
