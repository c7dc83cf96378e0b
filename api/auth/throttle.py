"""Slows down whoever guesses passwords: after a few failures an account is closed to one address for a while.

In memory of this process, and bounded: the oldest entries go first, which at worst forgives a few failures.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

import msgspec


class _Failures(msgspec.Struct):
    count: int
    since: datetime


class Throttle:
    """Counts failed log-ins per key within a window."""

    def __init__(self, *, limit: int = 8, window: timedelta = timedelta(minutes=5), max_keys: int = 10_000) -> None:
        self._limit = limit
        self._window = window
        self._max_keys = max_keys
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait_s(self, key: str, now: datetime) -> int:
        """Seconds until `key` may try again; 0 = now."""
        failures = self._failures.get(key)
        if failures is None or failures.count < self._limit:
            return 0
        left = failures.since + self._window - now
        if left <= timedelta(0):
            del self._failures[key]
            return 0
        return int(left.total_seconds()) + 1

    def failed(self, key: str, now: datetime) -> None:
        failures = self._failures.get(key)
        if failures is None or failures.since + self._window <= now:
            self._failures[key] = _Failures(1, now)
        else:
            failures.count += 1
        self._failures.move_to_end(key)
        while len(self._failures) > self._max_keys:
            self._failures.popitem(last=False)

    def __len__(self) -> int:
        return len(self._failures)
