"""When a delivery that failed is tried again: ever later, by chance a little apart, for three days. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST = timedelta(seconds=10)
LONGEST = timedelta(hours=4)
GIVES_UP = timedelta(days=3)


def next_attempt(
    attempts: int, since: datetime, now: datetime, chance: float, *, asked_for: timedelta | None = None
) -> datetime | None:
    """After so many attempts, the first of which was due at `since`; None: no more. `chance` is from [0, 1).

    Twice as long each time, of which the second half is left to chance: many that failed together do not come together.
    `asked_for`: what the receiver itself named (Retry-After), up to the longest pause of ours.
    """
    pause = min(FIRST * 2 ** min(attempts - 1, 20), LONGEST)
    pause = pause / 2 + pause / 2 * chance
    if asked_for is not None:
        pause = max(pause, min(asked_for, LONGEST))
    at = now + pause
    return at if at - since <= GIVES_UP else None
