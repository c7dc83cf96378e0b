"""What every rule is, what it is given, and what it may answer.

A rule judges one *item* at a time: a trip with its verdict, a stop, a gap, an event, or the clock. It is a function of
the item and of the facts around it, and keeps nothing: judged again after a restart, after late data, or years later
from copied evidence, it answers the same. A rule that looks at many days (`lookback`) is given the segments of those
days. Missing data gives a `Doubt`, never a `Finding`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from fleet.model.findings import Cited, Doubt, Finding, Ground, Outcome, Parameter, Severity, Subject, SubjectKind
from fleet.model.moments import from_us
from fleet.model.trips import EventReading, Gap, Segment, Stop, TrackPoint, Trip
from fleet.model.verdicts import Grant, Verdict
from fleet.workdays import STATUTORY, WorkCalendar


@dataclass(frozen=True, slots=True)
class Home:
    """The designated parking place."""

    lat_e7: int
    lon_e7: int
    area_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sealing:
    """A vehicle's time on a sealing list."""

    list_id: int
    name: str
    begin: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What holds around an item, as the registry, the orders and the policies say it for its vehicle and time.

    `policies`: every policy a rule may ask for, resolved for the vehicle's organ at the item's beginning. `grants`:
    orders and exemptions near the item. `segments`: those of the rule's `lookback` before the item, in time order.
    `off_home_since`: when the outing that is under way or that holds the item left the designated place;
    `perhaps_home_at`: the end of the last silence since then, before the item, in which it may have come back.
    """

    vehicle_id: int
    home_divisions: frozenset[int]  # the counties that need no order's leave: of a city organ all nine
    policies: Mapping[str, Parameter]
    now: datetime
    home: Home | None = None
    calendar: WorkCalendar = STATUTORY
    grants: tuple[Grant, ...] = ()
    sealings: tuple[Sealing, ...] = ()
    segments: tuple[Segment, ...] = ()
    off_home_since: datetime | None = None
    perhaps_home_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TripItem:
    """A trip, running or ended, with its verdict. `track` is given to rules that want it, else it is empty."""

    id: int
    trip: Trip
    verdict: Verdict
    track: tuple[TrackPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class StopItem:
    id: int
    stop: Stop


@dataclass(frozen=True, slots=True)
class GapItem:
    """A silence; while it lasts (`ended_us` None) it is judged by the clock."""

    id: int
    gap: Gap


@dataclass(frozen=True, slots=True)
class EventItem:
    """An event, with the readings that followed it within the time the rule asks for (`after`). `replaced_at`: when,
    by the registry, another unit took the place of the one that spoke.
    """

    event: EventReading
    after: tuple[EventReading, ...] = ()
    heard_again_at: datetime | None = None
    replaced_at: datetime | None = None


Item = TripItem | StopItem | GapItem | EventItem


class Rule(Protocol):
    """One rule. `version` rises whenever the same input may give another answer."""

    slug: ClassVar[str]
    version: ClassVar[int]
    title_zh: ClassVar[str]
    title_en: ClassVar[str]
    severity: ClassVar[Severity]
    judges: ClassVar[tuple[type[Item], ...]]
    policies: ClassVar[tuple[str, ...]]
    lookback: ClassVar[timedelta]

    def wants_track(self, item: TripItem, facts: Facts) -> bool:
        """Whether the trip's track is needed: most trips can be judged without."""
        ...

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        """What it says of the item: at most one outcome for a subject."""
        ...

    def review(self, item: Item, facts: Facts) -> Iterable[datetime]:
        """Moments at which the clock alone may change the answer; those before `facts.now` are ignored."""
        ...

    def watch(self, item: TripItem, facts: Facts) -> datetime | None:
        """Of a running trip: from which moment on each reading may prove what is not found yet; None = none may."""
        ...


class Base:
    """What rules share: how an outcome is put together."""

    slug: ClassVar[str]
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.YELLOW
    policies: ClassVar[tuple[str, ...]] = ()
    lookback: ClassVar[timedelta] = timedelta(0)

    def wants_track(self, item: TripItem, facts: Facts) -> bool:
        return False

    def review(self, item: Item, facts: Facts) -> Iterable[datetime]:
        return ()

    def watch(self, item: TripItem, facts: Facts) -> datetime | None:
        return None

    def _number(self, facts: Facts, name: str) -> int:
        return int(facts.policies[f"{self.slug}.{name}"].value)

    def _found(
        self,
        item: Item,
        facts: Facts,
        *,
        begin: datetime,
        end: datetime | None,
        proven_at: datetime,
        grounds: Sequence[Ground],
        readings: Sequence[Cited] = (),
        subject: Subject | None = None,
        severity: Severity | None = None,
        count: int = 1,
        orders: Iterable[int] = (),
        calendar: str | None = None,
        area_ids: tuple[int, ...] = (),
    ) -> Finding:
        return Finding(
            rule=self.slug,
            rule_version=self.version,
            vehicle_id=facts.vehicle_id,
            subject=subject or subject_of(item),
            severity=severity or self.severity,
            begin=begin,
            end=end,
            proven_at=proven_at,
            grounds=tuple(grounds),
            readings=tuple(readings),
            parameters=tuple(facts.policies[slug] for slug in self.policies),
            count=count,
            order_ids=tuple(sorted(set(orders))),
            area_ids=area_ids,
            calendar=calendar,
        )

    def _doubt(
        self,
        item: Item,
        facts: Facts,
        *,
        begin: datetime,
        end: datetime | None,
        grounds: Sequence[Ground],
        subject: Subject | None = None,
    ) -> Doubt:
        return Doubt(
            rule=self.slug,
            rule_version=self.version,
            vehicle_id=facts.vehicle_id,
            subject=subject or subject_of(item),
            begin=begin,
            end=end,
            grounds=tuple(grounds),
        )


# ---------------------------------------------------------------- items in the words of rules


def subject_of(item: Item) -> Subject:
    match item:
        case TripItem():
            return Subject(SubjectKind.TRIP, item.id)
        case StopItem():
            return Subject(SubjectKind.STOP, item.id)
        case GapItem():
            return Subject(SubjectKind.GAP, item.id)
        case EventItem():
            return Subject(SubjectKind.EVENT, item.event.observed_at_us)


def span_of(item: TripItem | StopItem | GapItem, now: datetime) -> tuple[datetime, datetime]:
    """From and to; what still runs goes to `now`."""
    match item:
        case TripItem(trip=segment):
            pass
        case StopItem(stop=segment):
            pass
        case GapItem(gap=segment):
            pass
    begin = from_us(segment.started_us)
    return begin, max(begin, now if segment.ended_us is None else from_us(segment.ended_us))


def ends_of(trip: Trip) -> tuple[Cited, ...]:
    """The first and last place of a trip as evidence."""
    cited = [Cited(from_us(trip.started_us), trip.origin.lat_e7, trip.origin.lon_e7)]
    if trip.ended_us is not None and trip.destination is not None:
        cited.append(Cited(from_us(trip.ended_us), trip.destination.lat_e7, trip.destination.lon_e7))
    return tuple(cited)


def cite(point: TrackPoint) -> Cited:
    return Cited(from_us(point.at_us), point.lat_e7, point.lon_e7, point.speed_dkmh, point.odometer_m, point.ignition)
