"""Between two reviews the clock changes nothing: so nothing that falls due is ever late or forgotten."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.judging.vehicle import Judgement
from fleet.misuse.base import EventItem, Sealing
from fleet.model.findings import Doubt, Finding
from fleet.model.moments import from_us
from fleet.model.trips import Segment, Trip
from fleet.model.verdicts import Grant, GrantKind
from tests.fleet.misuse.builders import event, gap, judged, local, order, place, stop, trip

MORNING = local("2026-11-20T08:00")  # a Friday
MINUTE = timedelta(minutes=1)


def said(judgement: Judgement) -> set[tuple[str, str, int, bool, str]]:
    """What stands, without the figures of what still goes on."""
    return {
        (one.rule, one.subject.kind.value, one.subject.id, isinstance(one, Finding), _colour(one))
        for one in judgement.outcomes
    } | {("verdict", one.kind.value, trip_id, True, "") for trip_id, one in judgement.verdicts.items()}


def _colour(one: Finding | Doubt) -> str:
    return one.severity.value if isinstance(one, Finding) else ""


@st.composite
def days(draw: st.DrawFn) -> tuple[tuple[Segment, ...], tuple[Grant, ...], tuple[Sealing, ...], tuple[EventItem, ...]]:
    """A morning at home, a drive or none, and something that goes on."""
    left = MORNING + draw(st.integers(0, 12 * 60)) * MINUTE
    back = left + draw(st.integers(10, 300)) * MINUTE
    away = place(north_m=draw(st.sampled_from([0, 60, 5_000])))
    going_on: list[Segment] = [
        trip(left, None, destination=None),
        stop(back, None, place=away),
        gap(back, None, before=away, was_moving=True),
        gap(back, None, before=away),
    ]
    last = draw(st.sampled_from(going_on))
    drive = () if isinstance(last, Trip) else (trip(left, back, destination=away),)
    grants = []
    for number in range(draw(st.integers(0, 2))):
        begin = left + draw(st.integers(-120, 240)) * MINUTE
        end = begin + draw(st.integers(10, 1_500)) * MINUTE
        kind = draw(st.sampled_from([GrantKind.ORDER, GrantKind.EMERGENCY_OPEN, GrantKind.EXEMPTION]))
        by = end + draw(st.integers(0, 900)) * MINUTE if kind is GrantKind.EMERGENCY_OPEN else None
        grants.append(order(begin, end, number=number + 1, kind=kind, decide_by=by))
    sealed = draw(st.none() | st.just(Sealing(1, "封存", left + draw(st.integers(-900, 900)) * MINUTE, None)))
    events = (EventItem(event("power_cut", from_us(last.started_us))),) if draw(st.booleans()) else ()
    return (stop(MORNING, left), *drive, last), tuple(grants), () if sealed is None else (sealed,), events


@settings(max_examples=120, deadline=None)
@given(days())
def test_nothing_changes_between_two_reviews(
    day: tuple[tuple[Segment, ...], tuple[Grant, ...], tuple[Sealing, ...], tuple[EventItem, ...]],
) -> None:
    """From the first minute of what goes on, review by review, for two days."""
    segments, grants, sealings, events = day
    now = from_us(segments[-1].started_us) + MINUTE
    horizon = now + timedelta(days=2)
    while now < horizon:
        judgement = judged(now, *segments, grants=grants, sealings=sealings, events=events)
        until = min((one.due for one in judgement.reviews), default=horizon)
        last = judged(until - timedelta(microseconds=1), *segments, grants=grants, sealings=sealings, events=events)
        assert said(last) == said(judgement)
        now = until
