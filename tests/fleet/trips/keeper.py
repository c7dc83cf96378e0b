"""What the monitor does with one vehicle, without a database: batches come in any order, and it may be killed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from fleet.model.trips import ReadingKey, Segment, StoredReading, TrackPoint
from fleet.trips.fold import Closed, State, begin, decode, encode, is_checkpoint, open_segment, step
from fleet.trips.timeline import Refold
from tests.fleet.trips.journeys import PARAMETERS


class Keeper:
    """The archive, the checkpoints and the segments stand as in the database; the state is memory."""

    def __init__(self) -> None:
        self.archive: list[tuple[ReadingKey, StoredReading, int]] = []  # and the batch it came with
        self.known: set[ReadingKey] = set()
        self.checkpoints: dict[ReadingKey, bytes] = {}
        self.segments: dict[tuple[str, int], Closed] = {}
        self.batches: list[list[ReadingKey]] = []
        self.state: State = begin(1)
        self.followed = 0
        self.snapshot = (encode(self.state), 0)
        self.again_to = 0
        """Batches up to here were followed before it died."""
        self.joined = 0
        self.folded_again = 0

    def store(self, batch: Iterable[StoredReading]) -> None:
        """Ingest: what is stored once, with a number of its batch."""
        keys: list[ReadingKey] = []
        for reading in batch:
            key = reading.key
            if key not in self.known:
                self.known.add(key)
                insort(self.archive, (key, reading, len(self.batches)), key=lambda row: row[0])
                keys.append(key)
        self.batches.append(keys)

    def follow(self) -> None:
        """The next batch, into the state or, where it is late, by a second fold."""
        number = self.followed
        keys = set(self.batches[number])
        self.followed += 1
        late: list[ReadingKey] = []
        for key, reading, _ in [row for row in self.archive if row[0] in keys]:
            if self.state.last_key is not None and key <= self.state.last_key:
                late.append(key)
                continue
            for closed in step(self.state, reading, PARAMETERS):
                self._write(closed)
            if is_checkpoint(self.state):
                self.checkpoints[key] = encode(self.state)
        if late:
            self._fold_again(late[0], late[-1])

    def keep(self) -> None:
        """A snapshot with its cursor."""
        self.snapshot = (encode(self.state), self.followed)

    def die(self) -> None:
        """Memory is gone; the snapshot, and all that was written since, is there."""
        self.again_to = max(self.again_to, self.followed)
        state, self.followed = self.snapshot
        self.state = decode(state)

    def finish(self) -> list[Segment]:
        """All closed segments, and the running one."""
        while self.followed < len(self.batches):
            self.follow()
        ordered = sorted((closed[0] for closed in self.segments.values()), key=lambda one: one.started_us)
        running = open_segment(self.state, PARAMETERS)
        return [*ordered, *([running] if running else [])]

    def tracks(self) -> dict[int, tuple[TrackPoint, ...]]:
        return {closed[0].started_us: closed[1] for closed in self.segments.values() if closed[1]}

    def _write(self, closed: Closed) -> None:
        self.segments[type(closed[0]).__name__, closed[0].started_us] = closed

    def _fold_again(self, first: ReadingKey, last: ReadingKey) -> None:
        keys = sorted(self.checkpoints)
        below = bisect_left(keys, first)
        base = decode(self.checkpoints[keys[below - 1]]) if below else begin(1)
        after = base.last_key
        refold = Refold(base, self.checkpoints if self.followed > self.again_to else {})
        seen = [(key, reading) for key, reading, batch in self.archive if batch < self.followed]
        start = 0 if after is None else bisect_right(seen, after, key=lambda row: row[0])
        self.folded_again += 1
        for _, reading in seen[start:]:
            if refold.feed([reading], lambda _: PARAMETERS, last):
                break
        to_us = refold.to_us
        for name in list(self.segments):
            if refold.from_us <= name[1] and (to_us is None or name[1] < to_us):
                del self.segments[name]
        for closed in refold.closed:
            self._write(closed)
        for key in keys[below:]:
            if refold.joined is None or key <= refold.joined:
                del self.checkpoints[key]
        self.checkpoints.update(refold.checkpoints)
        if refold.joined is None:
            self.state = refold.state
        else:
            self.joined += 1
