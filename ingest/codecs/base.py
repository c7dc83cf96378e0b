"""What every payload dialect offers."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from fleet.model.readings import CommandResult, Event, Kind, Position, Reason, Status, Usage

Reading = Position | Usage | Event | Status | CommandResult


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """One element that cannot be read. What could be read of its identity is kept, so that a receipt can cover it."""

    raw: bytes
    reasons: tuple[Reason, ...]
    observed_at: datetime | None = None
    run: int = 0
    seq: int | None = None
    oldest_seq: int | None = None


class Decoded(msgspec.Struct, frozen=True, kw_only=True):
    """What one payload holds: each element is in `readings` or in `refused`.

    `received` is counted from the payload's structure alone, before anything is judged. `raws` holds the bytes of
    each reading where the payload had to be taken apart anyway; else it is empty and `Codec.element` finds them.
    """

    received: int
    readings: list[Reading]
    raws: list[bytes] = []
    refused: list[Refused] = []
    unknown_fields: int = 0


class Codec(Protocol):
    """`decode` never raises for bad input: what cannot be read is in `refused`."""

    def decode(self, kind: Kind, payload: bytes) -> Decoded: ...

    def element(self, payload: bytes, index: int) -> bytes:
        """The bytes of element `index` of a payload that was read without refusals."""
        ...

    def encode(self, reading: Reading) -> bytes: ...
