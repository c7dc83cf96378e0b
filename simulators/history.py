"""The past of a fleet in slices: which days, which numbers, how far it has come, how fast it may be sent. Pure.

A slice is a day of the fleet, from 04:00 to 04:00 (the first and the last may be shorter), and all vehicles' days are
sent before the next day begins: whoever folds readings in the order of time then finds them nearly so. What a unit
measured in a slice follows from the seed, the unit and the day, so nothing of it has to be remembered but the sequence
numbers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.errors import InvalidSettings
from fleet.model.readings import SAMPLE_KINDS, Kind
from simulators.history_wire import Message
from simulators.readings import Moments, Usages

DAY_S = 86_400
_DAY_OFFSET_S = 4 * 3_600  # 04:00 in Yunnan, where no clock is ever put forward
_USAGE_DRIVING_S, _USAGE_PARKED_S = 300, 1_800

KINDS: tuple[Kind, ...] = (Kind.POSITION, Kind.USAGE, Kind.EVENT)
"""The order of sequence numbers wherever three of them stand together."""

Numbers = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """Unix seconds, `begin` included, `until` not."""

    begin: int
    until: int

    @classmethod
    def of_days(cls, days: int, until: float) -> Span:
        """The `days` times 24 hours before `until`, in whole minutes. Raises InvalidSettings."""
        if not 1 <= days <= 400:
            raise InvalidSettings(f"--history takes 1 to 400 days, not {days}")
        end = int(until) // 60 * 60
        return cls(end - days * DAY_S, end)

    @property
    def run(self) -> int:
        """The run of all its samples: days since 1970, far below those of living units (seconds since 2023)."""
        return self.begin // DAY_S

    def slices(self) -> list[tuple[int, int]]:
        """Begin and end of each of the fleet's days, which begin at 04:00, the oldest first."""
        first = (self.begin + _DAY_OFFSET_S) // DAY_S * DAY_S - _DAY_OFFSET_S + DAY_S
        return list(pairwise([self.begin, *range(first, self.until, DAY_S), self.until]))


def thinned(usages: Usages) -> Usages:
    """Usage as a sparing unit reports it: every five minutes driving, every half hour parked, and around each change.

    The contract sets no interval for usage; history has to carry weeks of it.
    """
    count = len(usages)
    if count < 3:
        return usages
    every_ms = np.where(usages.ignition, _USAGE_DRIVING_S, _USAGE_PARKED_S) * 1_000
    keep = np.zeros(count, dtype=np.bool_)
    keep[[0, -1]] = True
    for flags in (usages.ignition, usages.charging):
        if flags is not None:
            changed = flags[1:] != flags[:-1]
            keep[1:] |= changed
            keep[:-1] |= changed
    # What lies on the beat, counted from any fixed moment, is kept: no sample depends on those before it.
    taken = usages.when.taken_ms
    keep[1:] |= taken[1:] // every_ms[1:] != taken[:-1] // every_ms[1:]
    rows = np.flatnonzero(keep)

    def part(column: NDArray[Any] | None) -> Any:
        return None if column is None else column[rows]

    return Usages(
        _part_of(usages.when, rows),
        *(part(usages.odometer_m), part(usages.ignition), part(usages.fuel_level_permille)),
        *(part(usages.fuel_level_ml), part(usages.fuel_used_ml), part(usages.engine_s), part(usages.soc_permille)),
        *(part(usages.energy_used_wh), part(usages.energy_charged_wh), part(usages.charging)),
    )


def _part_of(when: Moments, rows: NDArray[np.int64]) -> Moments:
    return Moments(when.taken_ms[rows], when.observed_ms[rows], when.leaves_ms[rows])


@dataclass(slots=True)
class Progress:
    """What is certain, as the progress file keeps it: slices of which every sample is covered by a receipt.

    `numbers` are, by unit, the sequence numbers that were used up in those slices.
    """

    seed: int
    begin: int
    until: int
    interval_s: float
    slices_done: int = 0
    samples: int = 0  # covered, of slices under way too
    slices: int = 0
    numbers: dict[str, Numbers] = field(default_factory=dict)
    share: float = 0.0  # 0 to 1
    samples_a_second: float = 0.0
    left_s: float | None = None
    written_at: float = 0.0

    @property
    def span(self) -> Span:
        return Span(self.begin, self.until)

    @property
    def complete(self) -> bool:
        return self.slices_done >= len(self.span.slices())

    def share_of(self, covered: Mapping[int, float]) -> float:
        """How much of the time is covered, 0 to 1, with shares of slices that are under way."""
        slices = self.span.slices()
        done_s = sum(end - begin for begin, end in slices[: self.slices_done])
        under_way_s = sum((slices[number][1] - slices[number][0]) * share for number, share in covered.items())
        return 1.0 if self.complete else min(0.999, (done_s + under_way_s) / (self.until - self.begin))

    def require_same(self, seed: int, days: int, until: float | None, interval_s: float, path: object) -> None:
        """Raises InvalidSettings when another history was begun here: their numbers would collide."""
        asked = (seed, days * DAY_S, interval_s)
        same = asked == (self.seed, self.until - self.begin, self.interval_s)
        if not same or (until is not None and int(until) // 60 * 60 != self.until):
            moment = datetime.fromtimestamp(self.until, tz=UTC)
            raise InvalidSettings(
                f"{path} holds the progress of another history (seed {self.seed}, "
                f"{(self.until - self.begin) // DAY_S} days until {moment:%Y-%m-%dT%H:%M}Z, every "
                f"{self.interval_s:g} s): ask for the same, or name another file with --progress"
            )


@dataclass(slots=True, eq=False)
class Job:
    """One unit's slice on its way: covered once receipts reach `last` of every kind it has samples of."""

    unit: str
    number: int  # of the slice
    messages: list[Message]
    samples: int
    missing: dict[Kind, int]
    place: int = 0  # all samples sent before and with it
    sent_at: float = 0.0

    @classmethod
    def of(cls, unit: str, number: int, messages: list[Message]) -> Job:
        missing: dict[Kind, int] = {}
        for message in messages:
            missing[message.kind] = message.last
        return cls(unit, number, messages, sum(one.last - one.first + 1 for one in messages), missing)

    def cover(self, covered: Mapping[Kind, int]) -> bool:
        """Take note of what a receipt covers; whether nothing is missing any more."""
        for kind in [kind for kind, last in self.missing.items() if covered.get(kind, 0) >= last]:
            del self.missing[kind]
        return not self.missing


class Pace:
    """How fast samples may be sent, so that living units' messages do not wait behind a queue of ours.

    Receipts tell how far the service has come. From that follow the rate at which it takes samples and how many wait
    before it; the pace is that rate, corrected such that about `queue_s` seconds' worth wait. So it doubles within
    seconds while the service takes all it gets, and falls as soon as more waits than should. Without receipts nothing
    more is sent than a few seconds' worth.
    """

    def __init__(self, now: float, *, queue_s: float = 0.8, first_rate: float = 10_000.0) -> None:
        self.rate = first_rate  # samples a second
        self._queue_s = queue_s
        self._sent = 0
        self._newest = 0  # place of the newest covered job
        self._allowed = 0.0
        self._at = now
        self._marks = deque([(now, 0)], maxlen=3)  # when the rate was judged, and how far the service was
        self._least_under_way = 0

    @property
    def under_way(self) -> int:
        """Samples sent after the newest covered job."""
        return self._sent - self._newest

    def may_send(self, now: float) -> bool:
        earned = (now - self._at) * self.rate
        self._at = now
        # What was not used is not saved up beyond a fraction of a second: no bursts.
        self._allowed = min(self._allowed + earned, 0.1 * self.rate)
        return self._allowed > 0 and self.under_way < (self._queue_s + _RECEIPT_LAG_S) * self.rate

    def sent(self, samples: int) -> int:
        """Note samples that go out; answers their place."""
        self._sent += samples
        self._allowed -= samples
        return self._sent

    def covered(self, place: int, now: float) -> None:
        """Note the newest job that receipts cover.

        They come in bursts, those that waited longest first: only the end of a burst tells how much is under way.
        """
        if place <= self._newest:
            return
        self._newest = place
        judged_at, _ = self._marks[-1]
        if now - judged_at < _JUDGE_EVERY_S:
            self._least_under_way = min(self._least_under_way, self.under_way)
            return
        self._marks.append((now, place))
        taken = max((last - first) / (ended - began) for (began, first), (ended, last) in pairwise(self._marks))
        waiting, self._least_under_way = self._least_under_way, self.under_way
        rate = taken + (self._queue_s * taken - waiting) / _JUDGE_EVERY_S
        self.rate = min(max(rate, 0.5 * self.rate, _LEAST_RATE), 1.5 * self.rate, _MOST_RATE)


_RECEIPT_LAG_S = 3.0  # receipts are looked up every 2 s, and take a moment to be said
_JUDGE_EVERY_S = 2.0
_LEAST_RATE, _MOST_RATE = 500.0, 200_000.0


class Rate:
    """Samples a second over the last half minute."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def note(self, now: float, samples: int) -> None:
        self._marks.append((now, samples))
        while now - self._marks[0][0] > 30:
            self._marks.popleft()

    @property
    def samples_a_second(self) -> float:
        (began, first), (ended, last) = self._marks[0], self._marks[-1]
        return (last - first) / (ended - began) if ended > began else 0.0


assert set(KINDS) == set(SAMPLE_KINDS)
