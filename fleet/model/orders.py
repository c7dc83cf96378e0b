"""Orders for vehicles: who asked for what, who allowed it, which vehicle was given, and when each of it was known.

Plain frozen data. What may happen to an order is `fleet.dispatch.life`; what an order permits, as it was known at any
moment, is `fleet.dispatch.coverage`. All times are aware. People are accounts by id; an order names nobody else but
its contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class OrderState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"  # 申请
    APPROVED = "approved"  # 审批
    REJECTED = "rejected"  # may be changed and submitted again
    ASSIGNED = "assigned"  # 派车
    DEPARTED = "departed"  # 出车: at least one of its vehicles
    RETURNED = "returned"  # 回车: all of them
    SETTLED = "settled"  # 结算
    CANCELLED = "cancelled"


class Decision(StrEnum):
    """Of an order or an amendment. Of an emergency it may be pending while the vehicle is out."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"  # amendments only


class PermittedArea(StrEnum):
    """From narrow to wide; each holds the ones before it."""

    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    BEYOND = "beyond"


class Source(StrEnum):
    """Where a departure or a return is known from."""

    PERSON = "person"
    ROAD = "road"  # from the vehicle's own track


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point with a name, in 1e-7 degrees (WGS-84). `area_id`: a registered area; the point is then its middle."""

    name: str
    lat_e7: int
    lon_e7: int
    area_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked for, and permitted once it is approved. `begins_at` < `ends_at`, the end not included.

    `division`: the county that `area` = county means; None for the wider areas. `passengers` without the driver.
    """

    begins_at: datetime
    ends_at: datetime
    area: PermittedArea
    division: int | None
    origin: Place
    destinations: tuple[Place, ...]
    passengers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One decision of one approver. `amendment` 0 = the order itself; `round` = which submission of it, from 1."""

    amendment: int
    round: int
    level: int  # 1, 2
    approver_id: int
    approved: bool
    decided_at: datetime
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A change of a running order: the whole plan as it would then be.

    It permits nothing before `decided_at`. One approved after the fact is known by that: `decided_at` lies behind the
    driving it would permit.
    """

    number: int  # 1, 2, ... within the order
    plan: Plan
    why: str
    requester_id: int
    requested_at: datetime
    decision: Decision = Decision.PENDING
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A vehicle, and who drives it, given to the order from `at` on, as far as anybody knew.

    A change of vehicle or driver ends one and begins another. `ended_at` is None while it holds; an assignment does
    not end with the return.
    """

    vehicle_id: int
    driver_id: int | None
    at: datetime
    by_id: int
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outing:
    """What one vehicle did for the order. `..._at` is when it happened, `..._recorded_at` when it was written down.

    Distances in metres, volumes in millilitres, energy in watt-hours, money in fen; what is filled or charged and paid
    for on the way. None = not known.
    """

    vehicle_id: int
    departed_at: datetime
    departure_recorded_at: datetime
    departure_source: Source = Source.PERSON
    odometer_out_m: int | None = None
    returned_at: datetime | None = None
    return_recorded_at: datetime | None = None
    return_source: Source | None = None
    odometer_in_m: int | None = None
    fuel_ml: int | None = None
    energy_wh: int | None = None
    fuel_fen: int | None = None
    energy_fen: int | None = None
    tolls_fen: int | None = None
    parking_fen: int | None = None
    other_fen: int | None = None
    remarks: str | None = None

    @property
    def stated(self) -> bool:
        """Whether a person has returned it, or completed a return that was known from the road."""
        return self.return_source is Source.PERSON or self.odometer_in_m is not None

    @property
    def unconfirmed(self) -> bool:
        """Out by the road, while nobody has stated anything of the departure yet."""
        return self.departure_source is Source.ROAD and self.odometer_out_m is None and self.returned_at is None

    @property
    def unaccounted(self) -> bool:
        """Back by the road, while nobody has stated its odometer and costs yet."""
        return self.returned_at is not None and not self.stated


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order, whole. Tuples are in the order of time.

    `plan` is what was submitted last; amendments carry their own. `submitted_at` is the last submission, `round` how
    many there were. `levels` approvals are needed, fixed at submission. `decision` and `decided_at` are those of the
    order itself; the last level's approval decides. `approve_by` is the end of the time in which an emergency that
    departed first may be approved; it is None before the departure, and for all other orders.
    """

    id: int
    organ_id: int
    applicant_id: int
    created_at: datetime
    plan: Plan
    purpose: str  # a slug of fleet.dispatch.purposes.PURPOSES
    state: OrderState = OrderState.DRAFT
    facts: Mapping[str, str] = field(default_factory=dict)
    emergency: bool = False
    bodies: tuple[str, ...] = ()  # any of them will do; empty = any
    equipment: tuple[str, ...] = ()  # all of it
    contact_name: str | None = None
    contact_phone: str | None = None
    remarks: str | None = None
    number: str | None = None  # from the first submission on
    round: int = 0
    levels: int = 1
    submitted_at: datetime | None = None
    submitter_id: int | None = None
    decision: Decision = Decision.PENDING
    decided_at: datetime | None = None
    approve_by: datetime | None = None
    approvals: tuple[Approval, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    outings: tuple[Outing, ...] = ()
    cancelled_at: datetime | None = None
    settled_at: datetime | None = None

    @property
    def effective_plan(self) -> Plan:
        """The plan as it stands: that of the last approved amendment, else the one submitted."""
        approved = [one for one in self.amendments if one.decision is Decision.APPROVED]
        return max(approved, key=_decided).plan if approved else self.plan

    @property
    def pending_amendment(self) -> Amendment | None:
        return next((one for one in self.amendments if one.decision is Decision.PENDING), None)

    @property
    def assigned(self) -> tuple[Assignment, ...]:
        """What is given to the order now."""
        return tuple(one for one in self.assignments if one.ended_at is None)

    def overdue(self, now: datetime) -> bool:
        """Whether it is an emergency that departed, and nobody has decided on it in the time for that."""
        undecided = self.emergency and self.decision is Decision.PENDING and self.cancelled_at is None
        return undecided and self.approve_by is not None and now > self.approve_by

    def outing_of(self, vehicle_id: int) -> Outing | None:
        return next((one for one in self.outings if one.vehicle_id == vehicle_id), None)


def _decided(amendment: Amendment) -> tuple[datetime, int]:
    assert amendment.decided_at is not None
    return amendment.decided_at, amendment.number
