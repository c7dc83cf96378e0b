"""How much one caller may ask for: requests a second by account and address, log-ins by address, open streams.

In memory of this process and bounded: the keys that were quiet longest go first, which at worst forgives them. With
several processes each has its own count.
"""

from __future__ import annotations

import ipaddress
import math
from collections import Counter, OrderedDict
from collections.abc import Callable

MAX_KEYS = 20_000

BURST_S = 10
"""So many seconds' worth may come at once: a page that opens, a script that catches up."""

ADDRESS_FACTOR = 3
"""An office behind one address has several people."""

LOG_INS_PER_S, LOG_IN_BURST = 2.0, 120.0
"""Attempts with a password, right or wrong, by address: each costs a core some ten milliseconds."""

MAX_STREAMS_AN_ACCOUNT = 100


class Buckets:
    """Token buckets: each key gains `per_s` a second, up to `burst`, and pays one for each request."""

    def __init__(self, per_s: float, burst: float, *, max_keys: int = MAX_KEYS) -> None:
        self._per_s, self._burst, self._max_keys = per_s, burst, max_keys
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str, now_s: float) -> int:
        """0 = paid; otherwise whole seconds until it can be."""
        level, at_s = self._levels.get(key, (self._burst, now_s))
        level = min(self._burst, level + (now_s - at_s) * self._per_s)
        paid = level >= 1
        self._levels[key] = (level - 1 if paid else level, now_s)
        self._levels.move_to_end(key)
        while len(self._levels) > self._max_keys:
            self._levels.popitem(last=False)
        return 0 if paid else math.ceil((1 - level) / self._per_s)

    def __len__(self) -> int:
        return len(self._levels)


class Rates:
    """The three limits. `per_s`: what one account may keep up; 0 = only log-ins are limited."""

    def __init__(self, per_s: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._accounts = Buckets(per_s, per_s * BURST_S) if per_s else None
        self._addresses = Buckets(per_s * ADDRESS_FACTOR, per_s * ADDRESS_FACTOR * BURST_S) if per_s else None
        self._log_ins = Buckets(LOG_INS_PER_S, LOG_IN_BURST)

    def account_wait_s(self, account_id: int) -> int:
        return 0 if self._accounts is None else self._accounts.wait_s(str(account_id), self._clock())

    def address_wait_s(self, address: str) -> int:
        return 0 if self._addresses is None else self._addresses.wait_s(_network(address), self._clock())

    def log_in_wait_s(self, address: str) -> int:
        return self._log_ins.wait_s(_network(address), self._clock())


class Seats:
    """Streams that are open, by account."""

    def __init__(self, most: int = MAX_STREAMS_AN_ACCOUNT) -> None:
        self.most = most
        self._taken: Counter[int] = Counter()

    def full(self, account_id: int) -> bool:
        return self._taken[account_id] >= self.most

    def take(self, account_id: int) -> None:
        self._taken[account_id] += 1

    def leave(self, account_id: int) -> None:
        self._taken[account_id] -= 1
        if not self._taken[account_id]:
            del self._taken[account_id]


def _network(address: str) -> str:
    """An IPv6 caller has a whole /64 to choose addresses from."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
