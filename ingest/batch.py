"""Turns messages into one `BatchWrite`: decoded, judged, counted, with nothing left out. Pure.

Each element of each message ends in exactly one of: a staged row, an in-batch duplicate, a status, a quarantine row.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.model.batch import (
    LATEST_COLUMNS,
    AnswerRow,
    BatchWrite,
    Book,
    Count,
    LedgerKey,
    QuarantineRow,
    ReceiptColumns,
    ReceiptGain,
    ReceiptKey,
    Row,
    Staged,
    StatusRow,
    hour_of,
)
from fleet.model.moments import from_us
from fleet.model.readings import (
    KIND_NUMBERS,
    SAMPLE_KINDS,
    CommandResult,
    Event,
    Kind,
    Position,
    Reason,
    Status,
    Usage,
)
from ingest.arrivals import Arrivals, Incoming
from ingest.blocks import Locate, arrival_order, block_of, joined, locate, newest, part_of
from ingest.clean import CLEAN_KINDS, Part, Routes, clean_part, gains
from ingest.codecs import Codec, Refused
from ingest.codecs.base import Reading
from ingest.topics import Address
from ingest.validate import KnownUnit, event_reason, time_reason, unit_reason

_WHY_CONFLICT = Reason(
    "identity_conflict", None, "another sample of the same unit, kind, time, run and seq came with other content"
)

_WEIGHED_AT_ONCE = 1_000


class Origin(NamedTuple):
    """Where a staged row came from; enough to quarantine it if the store finds a conflict."""

    message: Incoming
    place: int  # of the element in its payload
    raw: bytes | None  # its bytes, where they were cut out already
    key: LedgerKey


class Taken(NamedTuple):
    """A sample that came the long way."""

    message: int  # its place among the arrivals; retries come after them
    unit_id: int
    reading: Position | Usage
    origin: Origin


class BatchBuilder:
    """Remembers topics; else stateless. `units` maps a unit's code to what is registered."""

    def __init__(self, codec: Codec, locate: Locate, *, swift: bool = True) -> None:
        """Without `swift` every element is taken one by one: the same batch, at several times the cost."""
        self.codec, self.find, self.swift = codec, locate, swift
        self.routes = Routes()

    def unknown_units(self, arrivals: Arrivals, retries: Sequence[Incoming], units: Mapping[str, KnownUnit]) -> bool:
        """Whether a message names a unit (or a division of one) that `units` does not have: time to look again."""
        topics = arrivals.topics if not retries else [*arrivals.topics, *(one.topic for one in retries)]
        slots = self.routes.of(topics, units)
        return bool(self.routes.strange[slots].any())

    def fitting(self, arrivals: Arrivals, most_samples: int) -> int:
        """How many of the first messages make a batch of about `most_samples` samples; one at the least."""
        count, samples = 0, 0
        while count < len(arrivals):  # no more of them than fit are looked at: the others come again
            weights = self.codec.weights(arrivals.payloads[count : count + _WEIGHED_AT_ONCE])
            if samples + sum(weights) > most_samples:
                return max(count + bisect_right(list(accumulate(weights)), most_samples - samples), 1)
            count += len(weights)
            samples += sum(weights)
        return count

    def build(
        self,
        messages: Arrivals | Sequence[Incoming],
        units: Mapping[str, KnownUnit],
        received_at: datetime,
        retries: Sequence[Incoming] = (),
    ) -> BatchWrite:
        """The batch of all `messages`; `received_at` is the batch's own time (of its last message).

        `retries` are messages out of the quarantine.
        """
        arrivals = messages if isinstance(messages, Arrivals) else Arrivals.of(messages)
        return _Build(self, units, received_at, arrivals).run(retries)


class _Build:
    """The state of one `build`; lives for one call."""

    def __init__(
        self, builder: BatchBuilder, units: Mapping[str, KnownUnit], received_at: datetime, arrivals: Arrivals
    ) -> None:
        self.builder, self.codec, self.units = builder, builder.codec, units
        self.received_at, self.arrivals = received_at, arrivals
        self.counts: dict[LedgerKey, Count] = {}
        self.quarantine: list[QuarantineRow] = []
        self.receipts: dict[ReceiptKey, ReceiptGain] = {}
        self.receipt_columns: list[ReceiptColumns] = []
        self.statuses: dict[int, StatusRow] = {}
        self.taken: dict[Kind, list[Taken]] = {Kind.POSITION: [], Kind.USAGE: []}
        self.events: list[tuple[int, Event, Origin]] = []
        self.answers: list[AnswerRow] = []
        self.resolved: list[tuple[int, LedgerKey]] = []
        self.unknown_fields = 0
        self.place = 0  # of the message that is being taken

    def run(self, retries: Sequence[Incoming]) -> BatchWrite:
        routes, arrivals = self.builder.routes, self.arrivals
        every = routes.of([*arrivals.topics, *(one.topic for one in retries)], self.units)
        slots = every[: len(arrivals)]
        kinds = routes.kinds[slots] if self.builder.swift else np.zeros(len(slots), dtype=np.int64)
        parts: dict[Kind, Part] = {}
        left = np.flatnonzero(~np.isin(kinds, [KIND_NUMBERS[kind] for kind in CLEAN_KINDS])).tolist()
        for kind in CLEAN_KINDS:
            chosen = np.flatnonzero(kinds == KIND_NUMBERS[kind])
            if len(chosen):
                parts[kind], dirty = clean_part(kind, arrivals, chosen, slots, routes, self.codec)
                left += dirty
        for place in sorted(left):
            self._take_any(place, arrivals.message(place), routes.addresses[every[place]])
        for place, message in enumerate(retries, start=len(arrivals)):
            self._take_any(place, message, routes.addresses[every[place]])
        staged = {kind: self._staged(kind, parts.get(kind)) for kind in CLEAN_KINDS}
        staged[Kind.EVENT] = self._staged_events()
        blocks = {kind: one.block for kind, one in staged.items() if one.block is not None}
        times = [row[0] for row in staged[Kind.EVENT].rows]
        for block in blocks.values():
            observed_us = block.values["observed_at"]
            times += [from_us(int(observed_us.min())), from_us(int(observed_us.max()))]
        return BatchWrite(
            received_at=self.received_at,
            messages=len(arrivals),
            unknown_fields=self.unknown_fields,
            staged=staged,
            counts=self.counts,
            quarantine=self.quarantine,
            receipts=self.receipts,
            statuses=list(self.statuses.values()),
            quarantine_of=self._quarantine_of,
            receipt_columns=self.receipt_columns,
            latest={
                block.table: block.columns.chosen(LATEST_COLUMNS[block.table], newest(block))
                for block in blocks.values()
            },
            answers=self.answers,
            resolved=self.resolved,
            observed_from=min(times) if times else None,
            observed_to=max(times) if times else None,
        )

    # ---------------------------------------------------------------------------------------- many at once

    def _staged(self, kind: Kind, clean: Part | None) -> Staged:
        """Everything of one kind as a block: what was clean, and what came the long way."""
        taken = self.taken[kind]
        keys: list[LedgerKey] = []
        key_of = np.zeros(0, dtype=np.int64)
        book: Book | None = None
        if clean is not None and len(clean):
            book, key_of = self._book(kind, clean)
            self._cover_clean(kind, clean)
        booked = 0 if book is None else len(book)
        origins: dict[tuple[int, int], Origin] = {}
        part = clean
        if taken:
            keys = list(dict.fromkeys(one.origin.key for one in taken))
            numbers = {key: booked + place for place, key in enumerate(keys)}
            slow = part_of([(one.message, one.origin.place, one.unit_id, one.reading) for one in taken])
            origins = {(one.message, one.origin.place): one.origin for one in taken}
            slow_keys = np.array([numbers[one.origin.key] for one in taken], dtype=np.int64)
            part = slow if clean is None else joined(clean, slow)
            key_of = slow_keys if clean is None else np.concatenate((key_of, slow_keys))[arrival_order(clean, slow)]
        if part is None or not len(part):
            return Staged()
        if kind is Kind.POSITION:
            part = locate(part, self.builder.find)

        def origin_of(row: int) -> Origin:
            message, place = int(part.messages[row]), int(part.places[row])
            known = origins.get((message, place))
            if known is not None:
                return known
            assert book is not None
            return Origin(self.arrivals.message(message), place, None, book.key(int(key_of[row])))

        block, repeats = block_of(kind, part, book, keys, key_of, origin_of)
        for row, same in repeats:
            place = int(key_of[row])
            if book is None or place >= booked:
                self._repeated(origin_of(row), same)
            elif same:
                book.duplicate[place] += 1
            else:
                book.quarantined[place] += 1
                self.quarantine.append(self._quarantine_of(origin_of(row), _WHY_CONFLICT))
        return Staged(block=block)

    def _book(self, kind: Kind, clean: Part) -> tuple[Book, NDArray[np.int64]]:
        """Counts what was received; and which row of the book each sample belongs to."""
        hours = [hour_of(moment) for moment in self.arrivals.moments]
        listed = list(dict.fromkeys(hours))
        numbers = np.array([listed.index(hour) for hour in hours], dtype=np.int64)
        moment_of = np.searchsorted(np.array(self.arrivals.ends), clean.messages, side="right")
        width = len(self.builder.routes.addresses)
        code = numbers[moment_of] * width + clean.slots
        sums = np.bincount(code)
        found = np.flatnonzero(sums)
        place_of = np.zeros(len(sums), dtype=np.int64)
        place_of[found] = np.arange(len(found))
        none = np.zeros(len(found), dtype=np.int64)
        unit_ids = self.builder.routes.unit_ids[found % width]
        book = Book(KIND_NUMBERS[kind], listed, found // width, unit_ids, sums[found], none.copy(), none)
        return book, place_of[code]

    def _cover_clean(self, kind: Kind, clean: Part) -> None:
        received_us = self.arrivals.received_us()[clean.messages]
        columns, torn = gains(clean, kind, received_us, self.builder.routes)
        if columns is not None and len(columns):
            self.receipt_columns.append(columns)
        for key, gain in torn.items():
            known = self.receipts.get(key)
            if known is None:
                self.receipts[key] = gain
            else:
                known.spans += gain.spans
                known.raise_to(gain.oldest_seq, gain.observed_at)

    def _take_any(self, place: int, message: Incoming, address: Address | None) -> None:
        self.place = place
        if address is not None:
            self._take(message, address)
            return
        kinds = "|".join(kind.value for kind in Kind)
        detail = f"{message.topic!r} is not fleet/v1/{{division}}/{{unit}}/{kinds}"
        key = LedgerKey(hour_of(message.received_at), 0, 0)
        self._refuse_whole(message, key, Reason("bad_topic", None, detail))

    # ---------------------------------------------------------------------------------------- one message

    def _take(self, message: Incoming, address: Address) -> None:
        unit = self.units.get(address.unit)
        unit_id = 0 if unit is None else unit.unit_id
        key = LedgerKey(hour_of(message.received_at), unit_id, KIND_NUMBERS[address.kind])
        decoded = self.codec.decode(address.kind, message.payload)
        not_ours = unit_reason(address, self.units)
        if message.quarantine_id is not None:
            if not_ours is not None or not any(_acceptable(reading, message) for reading in decoded.readings):
                return  # still refused: it stays where it is, and is counted there
            assert message.quarantine_key is not None
            self.resolved.append((message.quarantine_id, message.quarantine_key))
        count = self._count(key)
        count.received += decoded.received
        self.unknown_fields += decoded.unknown_fields
        for refused in decoded.refused:
            self._refuse(message, address, key, refused, not_ours)
        for index, reading in enumerate(decoded.readings):
            raw = decoded.raws[index] if decoded.raws else None
            if isinstance(reading, Status):
                self._take_status(message, key, reading, not_ours)
                continue
            if not isinstance(reading, CommandResult):
                self._cover(
                    *(address, reading.run, reading.seq, reading.oldest_seq),
                    *(message.received_at, reading.observed_at),
                )
            reasons = [reason for reason in (not_ours, *_doubts(reading, message)) if reason is not None]
            origin = Origin(message, index, raw, key)
            if reasons:
                count.quarantined += 1
                payload = self._bytes_of(origin)
                self.quarantine.append(QuarantineRow(message.received_at, message.topic, payload, tuple(reasons), key))
            elif isinstance(reading, CommandResult):
                self.answers.append(
                    AnswerRow(
                        *(reading.command_id, unit_id, reading.answer, reading.reason, reading.observed_at),
                        *(message.received_at, key, origin),
                    )
                )
            elif isinstance(reading, Event):
                self.events.append((unit_id, reading, origin))
            else:
                self.taken[reading.kind].append(Taken(self.place, unit_id, reading, origin))

    def _take_status(self, message: Incoming, key: LedgerKey, status: Status, not_ours: Reason | None) -> None:
        count = self.counts[key]
        if not_ours is not None:
            count.quarantined += 1
            self.quarantine.append(QuarantineRow(message.received_at, message.topic, message.payload, (not_ours,), key))
            return
        count.stored += 1  # the store turns a redelivery of a retained status that says nothing new into a duplicate
        redelivered = self.statuses[key.unit_id].redelivered if key.unit_id in self.statuses else ()
        if message.retain:
            redelivered = (*redelivered, key)
        self.statuses[key.unit_id] = StatusRow(key.unit_id, status.online, message.received_at, redelivered)

    def _refuse(
        self, message: Incoming, address: Address, key: LedgerKey, refused: Refused, not_ours: Reason | None
    ) -> None:
        reasons = list(refused.reasons)
        if refused.observed_at is not None:
            late_or_early = time_reason(refused.observed_at, message.received_at)
            reasons += [late_or_early] if late_or_early is not None else []
        reasons += [not_ours] if not_ours is not None else []
        self.counts[key].quarantined += 1
        self.quarantine.append(QuarantineRow(message.received_at, message.topic, refused.raw, tuple(reasons), key))
        if address.kind in SAMPLE_KINDS:
            self._cover(
                *(address, refused.run, refused.seq, refused.oldest_seq),
                *(message.received_at, refused.observed_at or message.received_at),
            )

    def _refuse_whole(self, message: Incoming, key: LedgerKey, reason: Reason) -> None:
        if message.quarantine_id is not None:
            return
        count = self._count(key)
        count.received += 1
        count.quarantined += 1
        topic = message.topic.replace("\0", "\N{REPLACEMENT CHARACTER}")  # the one character the store cannot hold
        self.quarantine.append(QuarantineRow(message.received_at, topic, message.payload, (reason,), key))

    def _cover(
        self,
        address: Address,
        run: int,
        seq: int | None,
        oldest_seq: int | None,
        received_at: datetime,
        observed_at: datetime,
    ) -> None:
        """Notes for the receipt that this number is committed with this batch, whatever became of the sample."""
        if seq is None:
            return
        key = ReceiptKey(address.division, address.unit, KIND_NUMBERS[address.kind], run)
        observed_at = min(observed_at, received_at)
        gain = self.receipts.get(key)
        if gain is None:
            self.receipts[key] = ReceiptGain([seq], oldest_seq, observed_at)
            return
        gain.numbers.append(seq)
        gain.raise_to(oldest_seq, observed_at)

    # ---------------------------------------------------------------------------------------- rows

    def _staged_events(self) -> Staged:
        """The events less those whose identity stands earlier in this batch: the first of each goes to the store."""
        first: dict[Row, str | None] = {}
        staged = Staged()
        for unit_id, event, origin in self.events:
            identity = (event.observed_at, event.seq, unit_id, event.run, event.event)
            if identity in first:
                self._repeated(origin, first[identity] == event.detail)
                continue
            first[identity] = event.detail
            staged.rows.append((*identity, event.detail))
            staged.keys.append(origin.key)
            staged.origins.append(origin)
        return staged

    def _repeated(self, origin: Origin, same: bool) -> None:
        """A sample whose identity stands earlier in this batch, with the same content or another."""
        if same:
            self.counts[origin.key].duplicate += 1
        else:
            self.counts[origin.key].quarantined += 1
            self.quarantine.append(self._quarantine_of(origin, _WHY_CONFLICT))

    # ---------------------------------------------------------------------------------------- small helpers

    def _count(self, key: LedgerKey) -> Count:
        count = self.counts.get(key)
        if count is None:
            count = self.counts[key] = Count()
        return count

    def _bytes_of(self, origin: Origin) -> bytes:
        return origin.raw if origin.raw is not None else self.codec.element(origin.message.payload, origin.place)

    def _quarantine_of(self, origin: Any, reason: Reason) -> QuarantineRow:
        message = origin.message
        return QuarantineRow(message.received_at, message.topic, self._bytes_of(origin), (reason,), origin.key)


def _doubts(reading: Position | Usage | Event | CommandResult, message: Incoming) -> tuple[Reason | None, ...]:
    too_old_or_new = time_reason(reading.observed_at, message.received_at)
    return (too_old_or_new, event_reason(reading.event)) if isinstance(reading, Event) else (too_old_or_new,)


def _acceptable(reading: Reading, message: Incoming) -> bool:
    return isinstance(reading, Status) or not any(_doubts(reading, message))
