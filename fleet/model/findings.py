"""What a rule says of what a vehicle did: findings with the evidence they stand on, and doubts that accuse nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """The province's colours."""

    RED = "red"
    YELLOW = "yellow"
    BLUE = "blue"


class SubjectKind(StrEnum):
    TRIP = "trip"
    STOP = "stop"
    GAP = "gap"
    EVENT = "event"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about. One rule finds one subject of one vehicle at most once, whatever it counts in it.

    `id` is that of the segment or order; of an event, its moment in microseconds.
    """

    kind: SubjectKind
    id: int


@dataclass(frozen=True, slots=True)
class Cited:
    """A reading, copied: evidence outlives the raw readings. Null = the reading did not say."""

    observed_at: datetime
    lat_e7: int | None = None
    lon_e7: int | None = None
    speed_dkmh: int | None = None
    odometer_m: int | None = None
    ignition: bool | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A policy value as it held; `version_id` None = the default."""

    slug: str
    value: int | str | bool
    version_id: int | None


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason as data; sentences are made at the edge. `data` holds plain JSON values only."""

    code: str
    data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`begin`, `end`: of what was found (`end` None = it goes on). `proven_at`: the reading that proves it.

    `count`: how often within the subject. With its readings, parameters, orders and calendar version a finding can be
    worked out again to the same result when the raw readings are gone.
    """

    rule: str
    rule_version: int
    vehicle_id: int
    subject: Subject
    severity: Severity
    begin: datetime
    end: datetime | None
    proven_at: datetime
    grounds: tuple[Ground, ...]
    readings: tuple[Cited, ...]
    parameters: tuple[Parameter, ...]
    count: int = 1
    order_ids: tuple[int, ...] = ()
    area_ids: tuple[int, ...] = ()
    calendar: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What a rule could not decide, because data or announcements are missing: shown, never an accusation."""

    rule: str
    rule_version: int
    vehicle_id: int
    subject: Subject
    begin: datetime
    end: datetime | None
    grounds: tuple[Ground, ...]


Outcome = Finding | Doubt
