"""What becomes of readings that come late: the affected span is folded again, and no more than that.

The rule, for one vehicle:

1. A reading whose key is not above `State.last_key` is late (or a duplicate, which the archive has only once).
2. Take the newest kept checkpoint whose `last_key` is below the late key, or `begin`; fold again, from the archive,
   every reading after it, the late ones among them.
3. Beyond the last new reading the fold may stop as soon as its state equals a kept checkpoint of the same key, byte
   for byte: from there on everything would come out as it stands. Else it runs to the end of the archive.
4. Segments that began where the second fold began or later, and before where it ended, are replaced by what it
   closed; kept checkpoints in between are replaced by its own.

5. Rule 3 holds only of checkpoints that the standing state came through. After a restart from an older snapshot, those
   kept may know late readings that the snapshot does not: until all is followed again that had been followed, the
   second fold is given none to meet, and runs to the end.

So any order of arrival, any batches and any restart give what one pass in the order of keys gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fleet.model.trips import ReadingKey, StoredReading, TripParameters
from fleet.trips.fold import Closed, State, encode, is_checkpoint, open_segment, step

ParametersAt = Callable[[int], TripParameters]
"""The parameters that apply at a moment (microseconds)."""


class Refold:
    """A second fold, fed by the caller as it reads the archive.

    `state` is the checkpoint to start from and belongs to the fold from now on. `kept` are checkpoints that stand, by
    key; the caller may add to it while it reads on. `closed` and `checkpoints` are what came of it, in their order;
    `joined` is the key at which it met what stands (None: it has not).
    """

    def __init__(self, state: State, kept: Mapping[ReadingKey, bytes]) -> None:
        self.state = state
        self.closed: list[Closed] = []
        self.checkpoints: list[tuple[ReadingKey, bytes]] = []
        self.joined: ReadingKey | None = None
        self.from_us = begins_us(state)
        self._kept = kept

    @property
    def to_us(self) -> int | None:
        """Where what stands takes over: segments that begin there or later are not touched. None: at no place."""
        return None if self.joined is None else begins_us(self.state)

    def feed(self, readings: Iterable[StoredReading], parameters_at: ParametersAt, certain: ReadingKey) -> bool:
        """Fold the next readings, in the order of their keys; True once the rest stands as it is.

        `certain`: no reading after this key is new or read by other parameters than before. Checkpoints of the same
        microsecond are not trusted either, so that a key without its last parts will do.
        """
        state, kept = self.state, self._kept
        for reading in readings:
            self.closed += step(state, reading, parameters_at(reading.observed_at_us))
            if is_checkpoint(state):
                key = state.last_key
                assert key is not None
                kept_bytes = kept.get(key)
                now_bytes = encode(state)
                self.checkpoints.append((key, now_bytes))
                if kept_bytes == now_bytes and key[0] > certain[0]:
                    self.joined = key
                    return True
        return False


def begins_us(state: State) -> int:
    """From where on segments are not closed yet."""
    running = open_segment(state)
    if running is not None:
        return running.started_us
    return 0 if state.last_key is None else state.last_key[0]
