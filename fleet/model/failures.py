"""How failed log-ins add up. Pure: time is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_FAILURES = 10
WINDOW = timedelta(minutes=15)
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Failures:
    """Of one name from one address: how many in a row, when the last was, and until when nothing is tried."""

    count: int
    last_at: datetime
    locked_until: datetime | None = None

    def wait_s(self, now: datetime) -> int:
        """Whole seconds until the next attempt; 0 = now."""
        if self.locked_until is None or self.locked_until <= now:
            return 0
        return int((self.locked_until - now).total_seconds()) + 1


def one_more(known: Failures | None, now: datetime) -> Failures:
    """After another failure. From the tenth on each closes the door, for twice as long as the one before.

    Failures are forgotten when for a quarter of an hour, counted from the end of the last lock, none was added.
    """
    count = 1
    if known is not None and max(known.last_at, known.locked_until or known.last_at) + WINDOW > now:
        count = known.count + 1
    if count < FREE_FAILURES:
        return Failures(count, now)
    doublings = min(count - FREE_FAILURES, 20)
    return Failures(count, now, now + min(FIRST_DELAY * 2**doublings, LONGEST_DELAY))
