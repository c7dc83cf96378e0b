"""Whether a unit keeps to the reporting contract, and how far its clock is off. Moments in microseconds since 1970."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from statistics import median_low

import msgspec

from fleet.model.policies import POLICIES

_SAMPLES = 15
_AT_ONCE_US = 5_000_000


class UnitCondition(StrEnum):
    """Against the contract: a position every 10 s while moving, every 10 min while parked."""

    ONLINE = "online"
    LATE = "late"
    SILENT = "silent"
    NEVER_SEEN = "never_seen"


class ReportingLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Beyond how many seconds without anything newer a unit is late, and silent: policies `reporting.…`."""

    late_moving_s: int = 60
    late_parked_s: int = 660
    silent_moving_s: int = 180
    silent_parked_s: int = 1_800


REPORTING_SLUGS = tuple(f"reporting.{name}" for name in ReportingLimits.__struct_fields__)
assert all(slug in POLICIES for slug in REPORTING_SLUGS)


class UnitSeen(msgspec.Struct):
    """What is remembered of one unit. `offsets_ms`: received - observed of its latest samples that came at once."""

    vehicle_id: int | None = None
    observed_us: int | None = None
    received_us: int | None = None
    moving: bool = False
    offsets_ms: deque[int] = msgspec.field(default_factory=lambda: deque(maxlen=_SAMPLES))
    offset_ms: int | None = None
    condition: UnitCondition = UnitCondition.NEVER_SEEN
    since_us: int = 0
    touched: bool = True

    def heard(self, observed_us: int, received_us: int) -> None:
        """Takes the newest sample of a batch. Only what is newer than all before says anything.

        A sample counts for the clock when the time since the one before is the same on both clocks: what a unit had
        stored and sends in one go is not.
        """
        if self.observed_us is not None and observed_us <= self.observed_us:
            return
        if self.observed_us is not None and self.received_us is not None:
            apart_us = (received_us - self.received_us) - (observed_us - self.observed_us)
            if abs(apart_us) <= _AT_ONCE_US:
                self.offsets_ms.append((received_us - observed_us) // 1_000)
                self.offset_ms = median_low(self.offsets_ms)
        self.observed_us, self.received_us = observed_us, received_us
        self.touched = True

    def judge(self, now_us: int, limits: ReportingLimits) -> bool:
        """Brings the condition up to `now_us`; answers whether it is another one."""
        condition, since_us = condition_of(self, now_us, limits)
        if condition is self.condition and self.since_us:
            return False
        self.condition, self.since_us, self.touched = condition, since_us, True
        return True


def condition_of(seen: UnitSeen, now_us: int, limits: ReportingLimits) -> tuple[UnitCondition, int]:
    """The condition at `now_us`, and since when it holds.

    The age of what a unit said last is measured on its own clock, put right by how far that is known to be off.
    """
    if seen.observed_us is None:
        return UnitCondition.NEVER_SEEN, now_us
    said_us = seen.observed_us + 1_000 * (seen.offset_ms or 0)
    late_us = said_us + 1_000_000 * (limits.late_moving_s if seen.moving else limits.late_parked_s)
    silent_us = said_us + 1_000_000 * (limits.silent_moving_s if seen.moving else limits.silent_parked_s)
    if now_us >= silent_us:
        return UnitCondition.SILENT, silent_us
    if now_us >= late_us:
        return UnitCondition.LATE, late_us
    return UnitCondition.ONLINE, said_us
