"""Turns messages into one `BatchWrite`: decoded, judged, counted, with nothing left out. Pure.

Each element of each message ends in exactly one of: a staged row, an in-batch duplicate, a status, a quarantine row.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.errors import InvalidTopic
from fleet.geography.datum import gcj02_to_wgs84
from fleet.model.batch import (
    IDENTITY_COLUMNS,
    READING_COLUMNS,
    READING_TABLE,
    AnswerRow,
    BatchWrite,
    Count,
    LedgerKey,
    QuarantineRow,
    ReceiptGain,
    ReceiptKey,
    Row,
    Staged,
    StatusRow,
    hour_of,
)
from fleet.model.readings import (
    IMPLAUSIBLE,
    KIND_NUMBERS,
    SAMPLE_KINDS,
    CommandResult,
    Event,
    GroundFlag,
    Kind,
    Position,
    Reason,
    Status,
    Usage,
)
from ingest.codecs import Codec, Refused
from ingest.codecs.base import Reading
from ingest.topics import Address, parse
from ingest.validate import KnownUnit, event_reason, ground_flags, time_reason, unit_reason

Locate = Callable[[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int32]]
"""Latitudes and longitudes in 1e-7 degrees -> division codes, 0 = outside all."""


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

    def messages(self) -> list[Incoming]:
        """One by one."""
        retained = set(self.retained)
        moments = [moment for moment, count in zip(self.moments, self._counts(), strict=True) for _ in range(count)]
        return [
            Incoming(topic, payload, received_at, place in retained)
            for place, (topic, payload, received_at) in enumerate(zip(self.topics, self.payloads, moments, strict=True))
        ]

    def _counts(self) -> list[int]:
        return [end - begin for begin, end in pairwise([0, *self.ends])]


class Origin(NamedTuple):
    """Where a staged row came from; enough to quarantine it if the store finds a conflict."""

    message: Incoming
    place: int  # of the element in its payload
    raw: bytes | None  # its bytes, where they were cut out already
    key: LedgerKey


_TOPIC_MEMORY = 50_000  # topics remembered; three for each of 6,000 units and room to spare, about 10 MB


class BatchBuilder:
    """Remembers parsed topics; else stateless. `units` maps a unit's code to what is registered."""

    def __init__(self, codec: Codec, locate: Locate) -> None:
        self._codec = codec
        self._locate = locate
        self._topics: dict[str, Address | None] = {}

    def address(self, topic: str) -> Address | None:
        """The topic's address, None outside the grammar."""
        try:
            return self._topics[topic]
        except KeyError:
            pass
        if len(self._topics) >= _TOPIC_MEMORY:
            self._topics.clear()
        try:
            address = parse(topic)
        except InvalidTopic:
            address = None
        self._topics[topic] = address
        return address

    def unknown_units(self, messages: Sequence[Incoming], units: Mapping[str, KnownUnit]) -> bool:
        """Whether a message names a unit (or a division of one) that `units` does not have: time to look again."""
        for message in messages:
            address = self.address(message.topic)
            if address is not None:
                unit = units.get(address.unit)
                if unit is None or unit.division != address.division:
                    return True
        return False

    def build(self, messages: Sequence[Incoming], units: Mapping[str, KnownUnit], received_at: datetime) -> BatchWrite:
        """The batch of all `messages`; `received_at` is the batch's own time (of its last message)."""
        return _Build(self, self._codec, self._locate, units, received_at).run(messages)


class _Build:
    """The state of one `build`; lives for one call."""

    def __init__(
        self,
        builder: BatchBuilder,
        codec: Codec,
        locate: Locate,
        units: Mapping[str, KnownUnit],
        received_at: datetime,
    ) -> None:
        self.builder, self.codec, self.locate, self.units = builder, codec, locate, units
        self.received_at = received_at
        self.counts: dict[LedgerKey, Count] = {}
        self.quarantine: list[QuarantineRow] = []
        self.receipts: dict[ReceiptKey, ReceiptGain] = {}
        self.statuses: dict[int, StatusRow] = {}
        self.positions: list[tuple[int, Position, Origin]] = []
        self.usages: list[tuple[int, Usage, Origin]] = []
        self.events: list[tuple[int, Event, Origin]] = []
        self.answers: list[AnswerRow] = []
        self.resolved: list[tuple[int, LedgerKey]] = []
        self.unknown_fields = 0

    def run(self, messages: Sequence[Incoming]) -> BatchWrite:
        for message in messages:
            address = self.builder.address(message.topic)
            if address is None:
                kinds = "|".join(kind.value for kind in Kind)
                detail = f"{message.topic!r} is not fleet/v1/{{division}}/{{unit}}/{kinds}"
                self._refuse_whole(
                    message, LedgerKey(hour_of(message.received_at), 0, 0), Reason("bad_topic", None, detail)
                )
            else:
                self._take(message, address)
        position_rows = self._position_rows()
        staged = {
            Kind.POSITION: self._stage(Kind.POSITION, position_rows, [origin for _, _, origin in self.positions]),
            Kind.USAGE: self._stage(Kind.USAGE, *self._usage_rows()),
            Kind.EVENT: self._stage(Kind.EVENT, *self._event_rows()),
        }
        times = [row[0] for one in staged.values() for row in one.rows]
        fresh = [message for message in messages if message.quarantine_id is None]
        return BatchWrite(
            received_at=self.received_at,
            messages=len(fresh),
            unknown_fields=self.unknown_fields,
            staged=staged,
            counts=self.counts,
            quarantine=self.quarantine,
            receipts=self.receipts,
            statuses=list(self.statuses.values()),
            latest_positions=self._latest_positions(staged[Kind.POSITION].rows),
            latest_usages=_latest_usages(staged[Kind.USAGE].rows),
            quarantine_of=self._quarantine_of,
            answers=self.answers,
            resolved=self.resolved,
            observed_from=min(times) if times else None,
            observed_to=max(times) if times else None,
        )

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
            elif isinstance(reading, Position):
                self.positions.append((unit_id, reading, origin))
            elif isinstance(reading, Usage):
                self.usages.append((unit_id, reading, origin))
            else:
                self.events.append((unit_id, reading, origin))

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
        self.quarantine.append(QuarantineRow(message.received_at, message.topic, message.payload, (reason,), key))

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
        if oldest_seq is not None and (gain.oldest_seq is None or oldest_seq > gain.oldest_seq):
            gain.oldest_seq = oldest_seq
        gain.observed_at = max(gain.observed_at, observed_at)

    # ---------------------------------------------------------------------------------------- rows

    def _position_rows(self) -> list[Row]:
        """Rows in the column order of `position_reading` without `batch`; converts datums and looks up divisions."""
        if not self.positions:
            return []
        lat = np.array([p.lat_e7 for _, p, _ in self.positions], dtype=np.int64)
        lon = np.array([p.lon_e7 for _, p, _ in self.positions], dtype=np.int64)
        converted = np.array([p.gcj02 for _, p, _ in self.positions], dtype=bool)
        if converted.any():
            wgs_lat, wgs_lon = gcj02_to_wgs84(lat[converted] / 1e7, lon[converted] / 1e7)
            lat[converted] = np.rint(wgs_lat * 1e7).astype(np.int64)
            lon[converted] = np.rint(wgs_lon * 1e7).astype(np.int64)
        flags = ground_flags(lat, lon)
        flags[converted] |= np.int16(GroundFlag.DATUM_CONVERTED)
        divisions = self.locate(lat.astype(np.int32), lon.astype(np.int32)).tolist()
        return [
            (
                *(p.observed_at, p.seq, unit_id, p.run, lat_e7, lon_e7, division or None, p.odometer_m),
                *(p.speed_dkmh, p.heading_deg, p.altitude_m, p.hdop_tenths, p.satellites, flag, p.ignition),
            )
            for (unit_id, p, _), lat_e7, lon_e7, division, flag in zip(
                self.positions, lat.tolist(), lon.tolist(), divisions, flags.tolist(), strict=True
            )
        ]

    def _usage_rows(self) -> tuple[list[Row], list[Origin]]:
        rows: list[Row] = [
            (
                *(u.observed_at, u.seq, unit_id, u.run, u.odometer_m, u.fuel_level_ml, u.fuel_used_ml),
                *(u.energy_used_wh, u.energy_charged_wh, u.engine_s, u.fuel_level_permille, u.soc_permille),
                *(u.charging, u.ignition),
            )
            for unit_id, u, _ in self.usages
        ]
        return rows, [origin for _, _, origin in self.usages]

    def _event_rows(self) -> tuple[list[Row], list[Origin]]:
        rows: list[Row] = [(e.observed_at, e.seq, unit_id, e.run, e.event, e.detail) for unit_id, e, _ in self.events]
        return rows, [origin for _, _, origin in self.events]

    def _stage(self, kind: Kind, rows: Sequence[Row], origins: Sequence[Origin]) -> Staged:
        """The rows less those whose identity stands earlier in this batch: the first of each goes to the store."""
        places = _IDENTITY_PLACES[kind]
        first: dict[Row, Row] = {}
        staged = Staged()
        for row, origin in zip(rows, origins, strict=True):
            identity = tuple([row[place] for place in places])
            earlier = first.setdefault(identity, row)
            if earlier is row:
                staged.rows.append(row)
                staged.keys.append(origin.key)
                staged.origins.append(origin)
            elif earlier == row:
                self.counts[origin.key].duplicate += 1
            else:
                self.counts[origin.key].quarantined += 1
                detail = "another sample of the same unit, kind, time, run and seq came with other content"
                self.quarantine.append(self._quarantine_of(origin, Reason("identity_conflict", None, detail)))
        return staged

    def _latest_positions(self, rows: Sequence[Row]) -> list[Row]:
        """The newest plausible fix of each unit (the newest of all where none is), as LATEST_POSITION takes it."""
        newest: dict[int, Row] = {}
        for row in rows:
            known = newest.get(row[2])
            if known is None or _rank(row) > _rank(known):
                newest[row[2]] = row
        return [
            (
                *(unit_id, row[0], self.received_at, row[4], row[5], row[6]),
                *(row[8], row[9], row[10], row[13], row[14], row[7]),
            )
            for unit_id, row in sorted(newest.items())
        ]

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


def _rank(row: Row) -> tuple[bool, datetime]:
    return (not row[13] & IMPLAUSIBLE, row[0])


def _latest_usages(rows: Sequence[Row]) -> list[Row]:
    newest: dict[int, Row] = {}
    for row in rows:
        known = newest.get(row[2])
        if known is None or row[0] > known[0]:
            newest[row[2]] = row
    return [(unit, row[0], row[4], row[10], row[5], row[11], row[12]) for unit, row in sorted(newest.items())]


def _places(kind: Kind) -> tuple[int, ...]:
    table = READING_TABLE[kind]
    columns = [name for name in READING_COLUMNS[table] if name != "batch"]
    return tuple(columns.index(name) for name in IDENTITY_COLUMNS[table])


_IDENTITY_PLACES = {kind: _places(kind) for kind in READING_TABLE}
