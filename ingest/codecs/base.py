"""What every payload dialect offers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from fleet.model.moments import to_us
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


class Columns(NamedTuple):
    """Samples of one kind in columns named like the fields of the reading: whole numbers, moments in microseconds since
    1970, booleans as 0 and 1. `known` says for a column in which some are absent which are not."""

    sizes: NDArray[np.int64]  # samples of each payload; 0 = it was not read
    values: dict[str, NDArray[np.int64]]
    known: dict[str, NDArray[np.bool_]]


class Codec(Protocol):
    """`decode` never raises for bad input: what cannot be read is in `refused`."""

    def decode(self, kind: Kind, payload: bytes) -> Decoded: ...

    def columns(self, kind: Kind, payloads: Sequence[bytes]) -> Columns:
        """The samples of many payloads, those of each together and in their order. Only for kinds whose samples are
        numbers alone; what `decode` would refuse, or finds an unknown field in, is not read."""
        ...

    def weights(self, payloads: Sequence[bytes]) -> list[int]:
        """About how many samples each holds, at next to no cost; for bounds."""
        ...

    def element(self, payload: bytes, index: int) -> bytes:
        """The bytes of element `index` of a payload that was read without refusals."""
        ...

    def encode(self, reading: Reading) -> bytes: ...


def whole(values: Sequence[int | None]) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
    """Whole numbers (0 where absent), and which are there; None = all."""
    try:
        return np.array(values, dtype=np.int64), None
    except TypeError:
        known = np.array([value is not None for value in values])
        return np.array([0 if value is None else value for value in values], dtype=np.int64), known


def scaled(values: Sequence[float | None], per_unit: int) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
    """The same in whole small units; halves to even, as Python's own `round`."""
    numbers = np.array(values, dtype=np.float64)  # None becomes NaN, which JSON cannot hold
    absent = np.isnan(numbers)
    if not absent.any():
        return np.rint(numbers * per_unit).astype(np.int64), None
    numbers[absent] = 0
    return np.rint(numbers * per_unit).astype(np.int64), ~absent


def instants_us(values: Sequence[datetime | int]) -> NDArray[np.int64]:
    """Moments in microseconds since 1970, from aware moments or whole milliseconds."""
    try:
        return np.array(values, dtype=np.int64) * 1_000
    except TypeError:
        us = [value * 1_000 if isinstance(value, int) else to_us(value) for value in values]
        return np.array(us, dtype=np.int64)
