"""From readings to findings with the product's own functions: the fold, the outings, verdicts and rules, day by day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from benchmarks.truth import papers
from benchmarks.truth.city import Days, Lived, Player
from fleet.dispatch.grants import inferred
from fleet.judging.outings import Known
from fleet.judging.vehicle import Dossier, PoliciesAt, Told, judge
from fleet.misuse.base import EventItem
from fleet.model.city import Organ
from fleet.model.findings import Finding
from fleet.model.moments import from_us, to_us
from fleet.model.orders import Order
from fleet.model.trips import EventReading, Gap, StoredReading, TrackPoint, Trip, TripParameters, segment_id
from fleet.model.verdicts import Grant, Verdict, VerdictKind
from fleet.store.dossiers import MOVED_M
from fleet.trips.fold import begin, step, tick
from fleet.workdays import STATUTORY

_AROUND = timedelta(days=4)  # how far around a day the service reads what may bear on it
_ORDERS_AROUND = timedelta(days=2)
_CLOCK_DOUBT_S = 5
_HEARD_WITHIN_US = 86_400_000_000
_TOLD = frozenset({"power_cut", "antenna_cut", "unit_removed", "unit_fitted"})


@dataclass(slots=True)
class Folded:
    """What became of one vehicle's readings."""

    player: Player
    lived: list[Lived]
    readings: int = 0
    segments: list[Known] = field(default_factory=list)
    tracks: dict[int, tuple[TrackPoint, ...]] = field(default_factory=dict)
    events: list[EventItem] = field(default_factory=list)


@dataclass(slots=True)
class Judged:
    """What is said of one vehicle."""

    folded: Folded
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    told: dict[tuple[str, str, int], Told] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        return [one.outcome for one in self.told.values() if isinstance(one.outcome, Finding)]


def fold(player: Player, days: Days) -> Folded:
    """Segments up to the end of the days, the last of them still running then."""
    folded = Folded(player, player.lived(days))
    vehicle_id = player.vehicle.id
    parameters = TripParameters(battery_wh=player.vehicle.battery_wh)
    state = begin(vehicle_id)
    events: list[EventReading] = []
    heard_us: list[int] = []
    for reading in player.readings(days):
        folded.readings += 1
        _keep(reading, events, heard_us)
        for segment, track in step(state, reading, parameters):
            known = Known(segment_id(vehicle_id, segment.started_us), segment)
            folded.segments.append(known)
            if track:
                folded.tracks[known.id] = track
    running = tick(state, to_us(days.end), parameters)
    if running is not None:
        folded.segments.append(Known(segment_id(vehicle_id, running.started_us), running))
    folded.events = _items(events, heard_us)
    return folded


def judge_organ(organ: Organ, folded: Sequence[Folded], days: Days) -> list[Judged]:
    """All vehicles of one organ; a second time where nothing explains a trip, as the judge does: with the orders of
    the organ whose own vehicle stood still."""
    policies_at = papers.policies_of(organ)
    policies = policies_at(days.begin)
    orders: list[Order] = []
    grants: list[list[Grant]] = []
    for one in folded:
        vehicle = one.player.vehicle
        own = papers.orders_of(organ, vehicle, one.lived)
        orders += own
        grants.append([grant for order in own for grant in papers.grants(order, vehicle.id, policies)])
        grants[-1] += papers.exemptions_of(vehicle, days)
    lent = _lent(orders, folded, lambda order, vehicle_id: papers.grants(order, vehicle_id, policies))
    return [_judge_vehicle(organ, one, own, lent, policies_at, days) for one, own in zip(folded, grants, strict=True)]


def _judge_vehicle(
    organ: Organ,
    folded: Folded,
    grants: Sequence[Grant],
    lent: Sequence[tuple[int, Grant]],
    policies_at: PoliciesAt,
    days: Days,
) -> Judged:
    vehicle = folded.player.vehicle
    judged = Judged(folded)

    def dossier(day_begins: datetime, day_ends: datetime, more: Iterable[Grant]) -> Dossier:
        first_us, last_us = to_us(day_begins - _AROUND), to_us(day_ends + _AROUND)
        return Dossier(
            vehicle_id=vehicle.id,
            home=papers.home_of(vehicle),
            home_divisions_at=lambda _: papers.home_divisions(organ),
            segments=tuple(
                one
                for one in folded.segments
                if one.segment.started_us <= last_us and (one.segment.ended_us or last_us) > first_us
            ),
            events=tuple(folded.events),
            grants=tuple(one for one in (*grants, *more) if _near(one, day_begins, day_ends)),
            sealings=papers.sealings_of(vehicle, days),
            calendar_at=lambda _: STATUTORY,
            policies_at=policies_at,
            track_of=lambda trip_id: folded.tracks.get(trip_id, ()),
            clock_doubt_s=_CLOCK_DOUBT_S,
            now=days.end,
        )

    for number in range(days.count):
        day_begins = days.begin + timedelta(days=number)
        day_ends = day_begins + timedelta(days=1)
        judgement = judge(dossier(day_begins, day_ends, ()), day_begins, day_ends)
        if any(verdict.kind is VerdictKind.UNAPPROVED for verdict in judgement.verdicts.values()):
            more = [grant for owner, grant in lent if owner != vehicle.id]
            judgement = judge(dossier(day_begins, day_ends, more), day_begins, day_ends)
        judged.verdicts.update(judgement.verdicts)
        # What begins in the span is said anew; an outing over the turn of the day is judged with either.
        for key in [key for key, one in judged.told.items() if judgement.begin <= one.item_at < judgement.end]:
            del judged.told[key]
        for told in judgement.told:
            judged.told[told.outcome.rule, told.outcome.subject.kind.value, told.outcome.subject.id] = told
    return judged


def _near(grant: Grant, day_begins: datetime, day_ends: datetime) -> bool:
    return grant.begin < day_ends + _ORDERS_AROUND and grant.end > day_begins - _ORDERS_AROUND


def _lent(
    orders: Sequence[Order], folded: Sequence[Folded], grants: Callable[[Order, int], tuple[Grant, ...]]
) -> list[tuple[int, Grant]]:
    """The orders' grants for other vehicles, each with the vehicle it names: those that stood still in the window, as
    `dossiers.inferred_grants` asks the database."""
    drove = {
        one.player.vehicle.id: sorted(
            (known.segment.started_us, known.segment.ended_us or 1 << 62)
            for known in one.segments
            if isinstance(known.segment, Trip) or (isinstance(known.segment, Gap) and _moved(known.segment))
        )
        for one in folded
    }
    found = []
    for order in orders:
        for owner in {one.vehicle_id for one in order.assignments}:
            for grant in grants(order, owner):
                trips = drove.get(owner, [])
                last = bisect_right(trips, (to_us(grant.end), 0))
                moved = any(ended > to_us(grant.begin) for _, ended in trips[:last])
                if grant.destinations and not moved:
                    found.append((owner, inferred(grant)))
    return found


def _moved(gap: Gap) -> bool:
    return gap.was_moving or max(gap.odometer_m or 0, gap.metres_apart or 0) >= MOVED_M


def _keep(reading: StoredReading, events: list[EventReading], heard_us: list[int]) -> None:
    if isinstance(reading, EventReading):
        if reading.event in _TOLD:
            events.append(reading)
    else:
        heard_us.append(reading.observed_at_us)


def _items(events: Sequence[EventReading], heard_us: Sequence[int]) -> list[EventItem]:
    """Each event with those after it, and with the first word within a day after it."""
    found = []
    for number, event in enumerate(events):
        place = bisect_right(heard_us, event.observed_at_us)
        heard = None
        if place < len(heard_us) and heard_us[place] < event.observed_at_us + _HEARD_WITHIN_US:
            heard = from_us(heard_us[place])
        found.append(EventItem(event, tuple(events[number + 1 :]), heard))
    return found
