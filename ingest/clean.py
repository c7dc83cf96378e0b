"""The clean part of a batch: samples by the ten thousand in columns, instead of one by one. Pure.

A message is clean when its unit is registered where the topic says, its payload is read without a refusal, and no
time in it is doubtful. Whatever is not clean is left to `batch.py`, which takes it apart element by element; both
ways lead to the same batch, and a test holds them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.errors import InvalidTopic
from fleet.model.batch import ReceiptColumns, ReceiptGain, ReceiptKey
from fleet.model.moments import from_us, to_us
from fleet.model.readings import KIND_NUMBERS, Kind
from ingest.arrivals import Arrivals
from ingest.codecs import Codec
from ingest.codecs.base import Columns
from ingest.topics import Address, parse
from ingest.validate import EARLIEST, MOST_AHEAD, KnownUnit

CLEAN_KINDS = (Kind.POSITION, Kind.USAGE)
"""Kinds whose samples are numbers alone."""

_TOPIC_MEMORY = 50_000  # topics remembered; three for each of 6,000 units and room to spare, about 20 MB
_EARLIEST_US = to_us(EARLIEST)
_MOST_AHEAD_US = MOST_AHEAD // (from_us(1) - from_us(0))


class Routes:
    """What is known of each topic, by the topic's slot: parallel lists and arrays."""

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}
        self.addresses: list[Address | None] = []  # None outside the grammar
        self._units: Mapping[str, KnownUnit] | None = None
        self._kinds: list[int] = []
        self._unit_ids: list[int] = []
        self._strange: list[bool] = []
        self.strange: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)  # named by the grammar, and not registered so
        self.kinds: NDArray[np.int64] = np.zeros(0, dtype=np.int64)  # 0 = not registered so, or outside the grammar
        self.unit_ids: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.divisions: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.codes: NDArray[np.bytes_] = np.zeros(0, dtype="S1")  # of the units, as the topics name them

    def of(self, topics: Sequence[str], units: Mapping[str, KnownUnit]) -> NDArray[np.int64]:
        """The slot of each topic; slots hold until the next call."""
        if len(self._slots) >= _TOPIC_MEMORY or units is not self._units:
            self.__init__()  # type: ignore[misc]
            self._units = units
        slots = list(map(self._slots.get, topics))
        if None in slots:
            for place, topic in enumerate(topics):
                if slots[place] is None:
                    known = self._slots.get(topic)
                    slots[place] = self._add(topic, units) if known is None else known
            self.strange = np.array(self._strange, dtype=np.bool_)
            self.kinds = np.array(self._kinds, dtype=np.int64)
            self.unit_ids = np.array(self._unit_ids, dtype=np.int64)
            named = [(0, "") if one is None else (one.division, one.unit) for one in self.addresses]
            self.divisions = np.array([division for division, _ in named], dtype=np.int64)
            self.codes = np.array([code.encode() for _, code in named], dtype=np.bytes_)
        return np.array(slots, dtype=np.int64)

    def _add(self, topic: str, units: Mapping[str, KnownUnit]) -> int:
        try:
            address: Address | None = parse(topic)
        except InvalidTopic:
            address = None
        unit = None if address is None else units.get(address.unit)
        right = address is not None and unit is not None and unit.division == address.division
        self._kinds.append(KIND_NUMBERS[address.kind] if right and address is not None else 0)
        self._unit_ids.append(unit.unit_id if right and unit is not None else 0)
        self._strange.append(address is not None and not right)
        self.addresses.append(address)
        slot = self._slots[topic] = len(self._slots)
        return slot


@dataclass(frozen=True, slots=True)
class Part:
    """Samples of one kind in the order of their arrival. `values` and `known` as in `Columns`."""

    values: dict[str, NDArray[np.int64]]
    known: dict[str, NDArray[np.bool_]]
    unit_ids: NDArray[np.int64]
    slots: NDArray[np.int64]  # of their topics; -1 where a sample came the long way
    messages: NDArray[np.int64]  # the place of each one's message among the arrivals
    places: NDArray[np.int64]  # of the sample in its message

    def __len__(self) -> int:
        return len(self.messages)


def clean_part(
    kind: Kind, arrivals: Arrivals, chosen: NDArray[np.int64], slots: NDArray[np.int64], routes: Routes, codec: Codec
) -> tuple[Part, list[int]]:
    """The samples of the clean ones among the `chosen` messages, and which of these messages are not clean."""
    payloads = arrivals.payloads
    columns = codec.columns(kind, [payloads[number] for number in chosen.tolist()])
    owners = np.repeat(np.arange(len(chosen)), columns.sizes)
    doubtful = _doubtful(columns, arrivals.received_us()[chosen][owners])
    dirty = columns.sizes == 0
    dirty[owners[doubtful]] = True
    places = np.arange(len(owners)) - np.repeat(np.cumsum(columns.sizes) - columns.sizes, columns.sizes)
    messages = chosen[owners]
    values, known = columns.values, columns.known
    if doubtful.any():
        kept = ~dirty[owners]
        values = {name: column[kept] for name, column in values.items()}
        known = {name: column[kept] for name, column in known.items()}
        messages, places = messages[kept], places[kept]
    slots_of = slots[messages]
    part = Part(values, known, routes.unit_ids[slots_of], slots_of, messages, places)
    return part, chosen[dirty].tolist()


def _doubtful(columns: Columns, received_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    observed_us = columns.values["observed_at"]
    doubtful = (observed_us < _EARLIEST_US) | (observed_us > received_us + _MOST_AHEAD_US)
    oldest, seq = columns.values["oldest_seq"], columns.values["seq"]
    contradicts = oldest > seq
    for name in ("oldest_seq", "seq"):
        if name in columns.known:
            contradicts &= columns.known[name]
    result: NDArray[np.bool_] = doubtful | contradicts
    return result


def gains(
    part: Part, kind: Kind, received_us: NDArray[np.int64], routes: Routes
) -> tuple[ReceiptColumns | None, dict[ReceiptKey, ReceiptGain]]:
    """What receipts may promise once these samples are committed. `received_us` is of each sample.

    In columns where the numbers of a receipt are one span; the others one by one.
    """
    seq, run, slots = part.values["seq"], part.values["run"], part.slots
    oldest = part.values["oldest_seq"]
    if "oldest_seq" in part.known:
        oldest = np.where(part.known["oldest_seq"], oldest, -1)
    observed_us = np.minimum(part.values["observed_at"], received_us)
    if "seq" in part.known:
        numbered = part.known["seq"]
        seq, run, slots, oldest = seq[numbered], run[numbered], slots[numbered], oldest[numbered]
        observed_us = observed_us[numbered]
    if not len(seq):
        return None, {}
    of = slots << 31 | run
    order = np.lexsort((seq, of))
    seq, of = seq[order], of[order]
    other = np.concatenate(([True], of[1:] != of[:-1]))
    firsts = np.flatnonzero(other)
    begins = np.flatnonzero(other | np.concatenate(([True], seq[1:] > seq[:-1] + 1)))
    starts, ends = seq[begins], seq[np.append(begins[1:], len(seq)) - 1]
    spans_before = np.searchsorted(begins, np.append(firsts, len(seq)))
    newest_us = np.maximum.reduceat(observed_us[order], firsts)
    oldest_of = np.maximum.reduceat(oldest[order], firsts)
    runs, slots_of = run[order][firsts], of[firsts] >> 31
    number = KIND_NUMBERS[kind]
    whole = np.flatnonzero(np.diff(spans_before) == 1)
    span, slot = spans_before[whole], slots_of[whole]
    columns = ReceiptColumns(
        *(number, routes.divisions[slot], routes.codes[slot], runs[whole], starts[span], ends[span]),
        *(oldest_of[whole], newest_us[whole]),
    )
    torn: dict[ReceiptKey, ReceiptGain] = {}
    for place in np.flatnonzero(np.diff(spans_before) > 1).tolist():
        address = routes.addresses[int(slots_of[place])]
        assert address is not None
        spans = slice(int(spans_before[place]), int(spans_before[place + 1]))
        torn[ReceiptKey(address.division, address.unit, number, int(runs[place]))] = ReceiptGain(
            [],
            int(oldest_of[place]) if oldest_of[place] >= 0 else None,
            from_us(int(newest_us[place])),
            list(zip(starts[spans].tolist(), ends[spans].tolist(), strict=True)),
        )
    return columns, torn
