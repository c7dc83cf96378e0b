"""Judges one vehicle over a span: a verdict for every trip, and what each rule says of every item.

The same dossier gives the same judgement, whenever and wherever it is made.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from fleet.dispatch.reconciliation import reconcile
from fleet.judging.outings import YARD_M, Known, Outing, TrackOf, farthest_m, outings, perhaps_home_at, reached
from fleet.misuse.base import EventItem, Facts, GapItem, Home, Item, Rule, Sealing, StopItem, TripItem
from fleet.misuse.registry import RULES
from fleet.model.findings import Outcome, Parameter
from fleet.model.moments import from_us
from fleet.model.trips import Gap, Segment, Stop, Trip
from fleet.model.verdicts import DivisionFact, Grant, Limits, TripFacts, Verdict
from fleet.workdays import WorkCalendar

Policies = Mapping[str, Parameter]
PoliciesAt = Callable[[datetime], Policies]
"""Every policy as it held at a moment for the vehicle's organ."""

Silences = Mapping[int, Gap]
"""The gaps by the moment at which they began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that is known of a vehicle around a span. `segments` in the order of time, with what the lookback needs.

    `grants`: of its own orders, inferred ones and exemptions, near the span. `held`: ids of the gaps of which nothing
    is said yet, because readings that may fill them are still on their way.
    """

    vehicle_id: int
    home: Home | None
    home_divisions_at: Callable[[datetime], frozenset[int]]
    segments: Sequence[Known]
    events: Sequence[EventItem]
    grants: tuple[Grant, ...]
    sealings: tuple[Sealing, ...]
    calendar_at: Callable[[datetime], WorkCalendar]
    policies_at: PoliciesAt
    track_of: TrackOf
    clock_doubt_s: int
    now: datetime
    held: frozenset[int] = frozenset()


class Review(NamedTuple):
    """The item that began at `item_at` has to be judged again at `due`: the clock alone may change what is said. Of a
    running trip that is watched: from `due` on at each of its readings."""

    item_at: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """An outcome, with when the item that it was found in began: what a later judgement of that time replaces.

    `incident_from`, `incident_to`: the outing that holds it, or the item alone (None = it goes on). All findings of
    one incident are one case.
    """

    item_at: datetime
    incident_from: datetime
    incident_to: datetime | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Judgement:
    """`verdicts` by trip id; `told` holds each (rule, subject) at most once.

    It stands for every segment that begins in [begin, end): whatever was said of one before and is not said here is
    withdrawn, but for the gaps that are held. Until the first of `reviews` only new facts change any of it. `watches`:
    running trips of which each reading from a moment on may prove something.
    """

    begin: datetime
    end: datetime
    verdicts: Mapping[int, Verdict]
    told: tuple[Told, ...]
    reviews: tuple[Review, ...]
    watches: tuple[Review, ...] = ()

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return tuple(one.outcome for one in self.told)


def judge(dossier: Dossier, begin: datetime, end: datetime, *, rules: Sequence[Rule] = RULES) -> Judgement:
    """What is to be said of whatever touches [begin, end], and of the whole outings that do.

    Where an outing goes decides on all of its trips, so they are judged together.
    """
    radius_m = int(dossier.policies_at(begin)["unapproved_trip.radius_m"].value)
    found = outings(dossier.segments, dossier.home, radius_m)
    outing_of = {(type(one.segment), one.id): outing for outing in found for one in outing.members}
    chosen = _chosen(dossier, found, begin, end)
    if chosen:
        begin = min(begin, from_us(chosen[0].segment.started_us))
        end = max(end, from_us(chosen[-1].segment.started_us + 1))
    silences = {one.segment.started_us: one.segment for one in dossier.segments if isinstance(one.segment, Gap)}
    verdicts: dict[int, Verdict] = {}
    told: dict[tuple[str, str, int], Told] = {}
    reviews: dict[Review, None] = {}
    watches: list[Review] = []
    items: list[tuple[Item, datetime, Outing | None, Known | None]] = [
        (_item(dossier, known, outing, silences, verdicts), from_us(known.segment.started_us), outing, known)
        for known in chosen
        if not (isinstance(known.segment, Gap) and known.id in dossier.held)
        for outing in (outing_of.get((type(known.segment), known.id)),)
    ]
    for event in dossier.events:
        at = from_us(event.event.observed_at_us)
        if begin <= at < end:
            items.append((event, at, None, None))
    for item, at, outing, known in items:
        facts = _facts(dossier, at, outing)
        due = _due(item, facts, rules, silences)
        if due is not None:
            reviews[Review(at, due)] = None
        if isinstance(item, TripItem) and item.trip.ended_us is None:
            tracked = replace(item, track=tuple(dossier.track_of(item.id)))
            since = [one for rule in rules if (one := rule.watch(tracked, facts)) is not None]
            watches += [Review(at, min(since))] if since else []
        for outcome in _outcomes(item, facts, rules, dossier, known):
            key = (outcome.rule, outcome.subject.kind.value, outcome.subject.id)
            told.setdefault(key, Told(at, *_incident(at, outing, known), outcome))
    return Judgement(begin, end, verdicts, tuple(told.values()), tuple(reviews), tuple(watches))


def _incident(at: datetime, outing: Outing | None, known: Known | None) -> tuple[datetime, datetime | None]:
    if known is None:
        return at, at
    first, last = (known, known) if outing is None else (outing.members[0], outing.members[-1])
    ended = last.segment.ended_us
    return from_us(first.segment.started_us), None if ended is None else from_us(ended)


def _chosen(dossier: Dossier, found: Sequence[Outing], begin: datetime, end: datetime) -> list[Known]:
    """The segments that touch the span, and those between the ends of the outings that do."""
    touching = [one for one in dossier.segments if _touches(one, begin, end)]
    if not touching:
        return []
    ids = {(type(one.segment), one.id) for one in touching}
    first, last = touching[0].segment.started_us, touching[-1].segment.started_us
    for outing in found:
        if any((type(one.segment), one.id) in ids for one in outing.members):
            first = min(first, outing.members[0].segment.started_us)
            last = max(last, outing.members[-1].segment.started_us)
    return [one for one in dossier.segments if first <= one.segment.started_us <= last]


def _touches(known: Known, begin: datetime, end: datetime) -> bool:
    ended = known.segment.ended_us
    return from_us(known.segment.started_us) <= end and (ended is None or from_us(ended) >= begin)


def _item(
    dossier: Dossier, known: Known, outing: Outing | None, silences: Silences, verdicts: dict[int, Verdict]
) -> Item:
    segment = known.segment
    if isinstance(segment, Stop):
        return StopItem(known.id, segment)
    if isinstance(segment, Gap):
        return GapItem(known.id, segment)
    assert outing is not None  # every trip belongs to one
    facts = _trip_facts(dossier, known.id, segment, outing, silences)
    limits = replace(_limits(dossier.policies_at(facts.started)), orders_kept=_orders_kept(dossier, facts))
    verdict = reconcile(facts, dossier.grants, limits, dossier.now)
    verdicts[known.id] = verdict
    return TripItem(known.id, segment, verdict)


def _facts(dossier: Dossier, at: datetime, outing: Outing | None) -> Facts:
    maybe_home_at = None
    if outing is not None and dossier.home is not None:
        radius_m = int(dossier.policies_at(at)["unapproved_trip.radius_m"].value)
        maybe_home_at = perhaps_home_at(outing, dossier.home, radius_m, at)
    return Facts(
        vehicle_id=dossier.vehicle_id,
        home_divisions=dossier.home_divisions_at(at),
        policies=dossier.policies_at(at),
        now=dossier.now,
        home=dossier.home,
        calendar=dossier.calendar_at(at),
        grants=dossier.grants,
        sealings=dossier.sealings,
        off_home_since=None if outing is None else outing.left_before,
        perhaps_home_at=maybe_home_at,
    )


def _outcomes(
    item: Item, facts: Facts, rules: Sequence[Rule], dossier: Dossier, known: Known | None
) -> Iterator[Outcome]:
    for rule in rules:
        if not isinstance(item, rule.judges):
            continue
        given, around = item, facts
        if isinstance(item, TripItem) and rule.wants_track(item, facts):
            given = TripItem(item.id, item.trip, item.verdict, tuple(dossier.track_of(item.id)))
        if rule.lookback and known is not None:
            around = replace(facts, segments=_before(dossier, known, rule.lookback))
        yield from rule.judge(given, around)


def _before(dossier: Dossier, known: Known, lookback: timedelta) -> tuple[Segment, ...]:
    """What had not ended when the lookback begins, and all from there to the item itself."""
    first_us = known.segment.started_us - lookback // timedelta(microseconds=1)
    last = bisect_right(dossier.segments, known.segment.started_us, key=_started_us)
    found = (one.segment for one in dossier.segments[:last])
    return tuple(one for one in found if one.ended_us is None or one.ended_us >= first_us)


def _started_us(known: Known) -> int:
    return known.segment.started_us


def _due(item: Item, facts: Facts, rules: Sequence[Rule], silences: Silences) -> datetime | None:
    # Some borders count from their moment on, some only after it: both are looked at.
    borders = _borders(item, facts, rules, silences)
    moments = (one for border in borders for one in (border, border + timedelta(microseconds=1)))
    return min((one for one in moments if one > facts.now), default=None)


def _borders(item: Item, facts: Facts, rules: Sequence[Rule], silences: Silences) -> Iterator[datetime]:
    """Of the verdict, and of every rule that judges such an item."""
    if isinstance(item, TripItem):
        if item.verdict.review_at is not None:
            yield item.verdict.review_at
        if item.trip.ended_us is None or _silent_until(silences, item.trip, facts.now) == facts.now:
            # A running trip comes out of the windows of its orders, or into them; one cut off by silence may.
            limits = _limits(facts.policies)
            for grant in facts.grants:
                yield grant.begin
                yield grant.end
                yield grant.end + timedelta(seconds=limits.late_s)
                yield grant.begin - timedelta(seconds=limits.early_s)
    for rule in rules:
        if isinstance(item, rule.judges):
            yield from rule.review(item, facts)


def _limits(policies: Policies) -> Limits:
    def number(slug: str) -> int:
        return int(policies[slug].value)

    return Limits(
        early_s=number("orders.early_departure_s"),
        late_s=number("overdue_return.grace_s"),
        home_radius_m=number("unapproved_trip.radius_m"),
        area_least_s=number("outside_area.least_s"),
        attribute_within_s=number("reconciliation.attribute_within_s"),
        orders_kept=bool(policies["reconciliation.orders_kept"].value),
    )


def _orders_kept(dossier: Dossier, facts: TripFacts) -> bool:
    """Whether the organ kept its orders here when the trip began, and when its outing did: an outing that was on its
    way when the orders began has none. One that lasts longer than an order may explain is no reason any more."""
    earliest = facts.started - timedelta(seconds=_limits(dossier.policies_at(facts.started)).attribute_within_s)
    moments = {facts.started, *(max(one, earliest) for one in (facts.left_home_after, facts.left_home_before))}
    return all(bool(dossier.policies_at(one)["reconciliation.orders_kept"].value) for one in moments)


def _trip_facts(dossier: Dossier, trip_id: int, trip: Trip, outing: Outing, silences: Silences) -> TripFacts:
    started = from_us(trip.started_us)
    farthest = None
    if dossier.home is not None and trip.distance_m <= YARD_M:
        farthest = farthest_m(dossier.track_of(trip_id), dossier.home)
    measured = {
        (grant.source_id, place.key): reached(outing, place, dossier.track_of)
        for grant in dossier.grants
        for place in grant.destinations
    }
    return TripFacts(
        trip_id=trip_id,
        vehicle_id=dossier.vehicle_id,
        started=started,
        ended=None if trip.ended_us is None else from_us(trip.ended_us),
        left_home_after=min(outing.left_after, started),
        left_home_before=min(outing.left_before, started),
        outing_over=outing.over,
        divisions=tuple(DivisionFact(part.division, part.seconds, part.distance_m) for part in trip.divisions),
        reached={key: value for key, value in measured.items() if value is not None},
        silent_until=_silent_until(silences, trip, dossier.now),
        farthest_m=farthest,
        clock_doubt_s=dossier.clock_doubt_s,
    )


def _silent_until(silences: Silences, trip: Trip, now: datetime) -> datetime | None:
    """The end of the silence that follows the trip's last reading, if one does."""
    silence = None if trip.ended_us is None else silences.get(trip.ended_us)
    if silence is None:
        return None
    return now if silence.ended_us is None else from_us(silence.ended_us)
