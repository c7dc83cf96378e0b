"""What a trip is held against, and what comes of it: grants, facts, and exactly one verdict a trip.

Moments are aware UTC datetimes; distances are whole metres.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class VerdictKind(StrEnum):
    APPROVED = "approved"
    EXEMPT = "exempt"
    EMERGENCY_PENDING = "emergency_pending"
    APPROVED_WITH_DEVIATION = "approved_with_deviation"
    UNDETERMINED = "undetermined"
    UNAPPROVED = "unapproved"


BADNESS = {kind: rank for rank, kind in enumerate(VerdictKind)}
"""Better before worse. Approved and exempt differ in what they say, not in how they weigh."""


class Deviation(StrEnum):
    """In what a trip departs from what was approved."""

    TIME = "time"
    AREA = "area"
    DESTINATION = "destination"
    VEHICLE = "vehicle"
    DRIVER = "driver"
    APPROVED_AFTER_DEPARTURE = "approved_after_departure"


class GrantKind(StrEnum):
    ORDER = "order"  # approved: may drive
    AMENDMENT = "amendment"  # an approved extension or change of a running order
    EMERGENCY_OPEN = "emergency_open"  # may drive first; not decided yet
    EXEMPTION = "exemption"  # on the list of duty vehicles
    TASK = "task"  # called for a task force, which was approved
    TASK_OPEN = "task_open"  # called for one that may drive first; not decided yet


UNDECIDED = frozenset({GrantKind.EMERGENCY_OPEN, GrantKind.TASK_OPEN})
"""They allow driving until their deadline."""

OF_ORDERS = frozenset({GrantKind.ORDER, GrantKind.AMENDMENT, GrantKind.EMERGENCY_OPEN})
"""Their `source_id` is that of an order."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A place an order names. `key` names it within its order."""

    key: str
    lat_e7: int
    lon_e7: int
    radius_m: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What one decision allows one vehicle: an order has one for its approval and one for each approved amendment.

    `known_at`: when the decision was made. `begin`, `end`: the window, without grace. `divisions`: where it may be;
    None = anywhere. `vehicle_known_at`: when the vehicle was given to the order. `inferred`: the order names another
    vehicle of the same organ, which stood still meanwhile. `decide_by`: for an open emergency, until when the decision
    may follow the departure; kept on the grant of an emergency that was decided, so that a decision in time counts as
    one before departure. `driver_id` was named when it departed, `drove_id` is named since. `returned_at`: when the
    vehicle came back, as the order says.
    """

    kind: GrantKind
    source_id: int  # the order's, exemption's or task's
    number: str | None
    version: int
    known_at: datetime
    begin: datetime
    end: datetime
    divisions: frozenset[int] | None = None
    destinations: tuple[Destination, ...] = ()
    vehicle_known_at: datetime | None = None
    driver_id: int | None = None
    drove_id: int | None = None
    decide_by: datetime | None = None
    inferred: bool = False
    returned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DivisionFact:
    """Time spent in one county during the trip."""

    division: int
    seconds: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a trip; not empty."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class TripFacts:
    """What is known of one trip and of the outing it belongs to (from leaving the designated place to coming back).

    `ended`: None while it runs. `left_home_after`, `left_home_before`: when the outing began, between the last sign
    of standing at the designated place and the first of having left it; where no such place is known, when the trip
    itself began: in the silence before it, or at `started`. Never after `started`.
    `outing_over`: the vehicle is back, or its outing was cut off by the end of what is known for good.
    `reached`: per (source_id, destination key), whether the outing came within the radius; a key is absent where that
    cannot be known, because a silence was long enough to go there and back. `silent_until`: where the trip's last
    reading is followed by a silence, its end: until then the trip may have gone on. `farthest_m`: greatest distance
    from the designated place during the trip, None where there is none or it was not measured. `clock_doubt_s`: by
    how much the unit's clock may err.
    """

    trip_id: int
    vehicle_id: int
    started: datetime
    ended: datetime | None
    left_home_after: datetime
    left_home_before: datetime
    outing_over: bool
    divisions: tuple[DivisionFact, ...]
    reached: dict[tuple[int, str], bool] = field(default_factory=dict)
    silent_until: datetime | None = None
    farthest_m: int | None = None
    clock_doubt_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The policy values a verdict goes by."""

    early_s: int = 900  # before the window: a driver warms up and drives up
    late_s: int = 3_600  # after the window: `overdue_return.grace_s`
    home_radius_m: int = 50  # `unapproved_trip.radius_m`
    area_least_s: int = 120  # `outside_area.least_s`
    attribute_within_s: int = 86_400  # how long after its window an order still explains an outing that began in it
    orders_kept: bool = True  # whether the organ's orders of that time are kept here at all


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason as data: sentences are made at the edge. `data` holds plain JSON values only."""

    code: str
    source_id: int | None = None
    data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`deviations` are named only for `approved_with_deviation`; `grants` are those the verdict leans on.

    `review_at`: the moment from which time alone may change it (an emergency's deadline); None = only new facts do.
    `provisional`: the trip or its outing still goes on.
    """

    kind: VerdictKind
    deviations: frozenset[Deviation]
    reasons: tuple[Reason, ...]
    grants: tuple[Grant, ...]
    uncovered: tuple[Part, ...] = ()
    covered_late: tuple[Part, ...] = ()
    review_at: datetime | None = None
    provisional: bool = False

    @property
    def order_ids(self) -> tuple[int, ...]:
        """The orders it leans on."""
        return tuple(sorted({one.source_id for one in self.grants if one.kind in OF_ORDERS}))
