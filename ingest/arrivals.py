"""Messages on their way into a batch: one, and tens of thousands. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.model.batch import LedgerKey
from fleet.model.moments import to_us


class Incoming(NamedTuple):
    """One message as it came, from the broker or out of the quarantine."""

    topic: str
    payload: bytes
    received_at: datetime
    retain: bool = False
    quarantine_id: int | None = None  # set when a quarantined message is tried again
    quarantine_key: LedgerKey | None = None


@dataclass(slots=True)
class Arrivals:
    """Messages from the broker in the order of their arrival, as parallel lists: tens of thousands at once."""

    topics: list[str] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    retained: list[int] = field(default_factory=list)  # places of messages that the broker had kept, rising
    ends: list[int] = field(default_factory=list)  # messages up to (without) this place came at the moment beside it
    moments: list[datetime] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.topics)

    def received_at(self, place: int) -> datetime:
        return self.moments[bisect_right(self.ends, place)]

    def split(self, count: int) -> tuple[Arrivals, Arrivals]:
        """The first `count` messages, and the others."""
        whole = bisect_right(self.ends, count)  # moments of which all messages are among the first
        kept = bisect_left(self.retained, count)
        begun = whole < len(self.ends) and (self.ends[whole - 1] if whole else 0) < count
        return (
            Arrivals(
                *(self.topics[:count], self.payloads[:count], self.retained[:kept]),
                *(self.ends[:whole] + [count] * begun, self.moments[: whole + begun]),
            ),
            Arrivals(
                *(self.topics[count:], self.payloads[count:], [place - count for place in self.retained[kept:]]),
                *([end - count for end in self.ends[whole:]], self.moments[whole:]),
            ),
        )

    def received_us(self) -> NDArray[np.int64]:
        """The moment of each message, in microseconds since 1970."""
        counts = [end - begin for begin, end in pairwise([0, *self.ends])]
        return np.repeat(np.array([to_us(moment) for moment in self.moments], dtype=np.int64), counts)

    def message(self, place: int) -> Incoming:
        kept = bisect_left(self.retained, place)
        retain = kept < len(self.retained) and self.retained[kept] == place
        return Incoming(self.topics[place], self.payloads[place], self.received_at(place), retain)

    def messages(self) -> list[Incoming]:
        return [self.message(place) for place in range(len(self))]

    @classmethod
    def of(cls, messages: Sequence[Incoming]) -> Arrivals:
        """The same messages, each with a moment of its own."""
        return cls(
            [message.topic for message in messages],
            [message.payload for message in messages],
            [place for place, message in enumerate(messages) if message.retain],
            list(range(1, len(messages) + 1)),
            [message.received_at for message in messages],
        )
