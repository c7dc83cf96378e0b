"""The onboard unit's side of the wire: numbering, store and forward, receipts. Pure: time is passed in.

A unit keeps every sample until the service's receipt covers it. It sends a sample as soon as it can, again when no
receipt covered it within `resend_after_s`, at once when a receipt names it as a hole, and all that is not covered
after a reconnect. Every sample carries `seq`, `run` and the smallest `seq` of its run and kind that the unit still
holds, so that the service can tell a gap from a loss.

This class is also the oracle of the tests for loss: it knows what was produced and what it may forget.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

import msgspec

from fleet.model.readings import SAMPLE_KINDS, Kind

MAX_SAMPLES_A_MESSAGE = 200
_SLOWEST_RESEND = 10  # times `resend_after_s`
_IN_FLIGHT_GIVEN_UP_S = 60.0


class _Run(msgspec.Struct, kw_only=True):
    """A receipt of one run: all up to `seq` is safe (null: nothing yet), `again` names holes above it."""

    run: int
    seq: int | None = None
    again: list[tuple[int, int]] = []  # msgspec copies the default


class _Receipt(_Run, kw_only=True):
    """The run of one kind that was published last, and others of late."""

    others: list[_Run] = []  # msgspec copies the default


_receipt_decoder = msgspec.json.Decoder(dict[str, _Receipt])
_encode = msgspec.json.Encoder().encode


def covered_through(payload: bytes, run: int) -> dict[Kind, int]:
    """What a receipt says of one run: the greatest `seq` of each kind up to which everything is safe.

    Raises msgspec.MsgspecError when it cannot be read.
    """
    found: dict[Kind, int] = {}
    for name, receipt in _receipt_decoder.decode(payload).items():
        for one in (receipt, *receipt.others):
            if one.run == run and one.seq is not None and name in KIND_OF:
                found[KIND_OF[name]] = one.seq
    return found


KIND_OF = {kind.value: kind for kind in SAMPLE_KINDS}


@dataclass(slots=True)
class Sample:
    """One produced sample: `body` is its JSON without `oldest_seq`; `order` counts all samples of the unit."""

    kind: Kind
    run: int
    seq: int
    observed_at: float  # Unix seconds, as the unit's clock says
    body: bytes
    order: int
    sent_at: float = 0.0  # of the last sending
    sendings: int = 0
    waiting: bool = True  # to be sent
    held: bool = True  # not covered by a receipt, not dropped
    leaves_at: float = 0.0  # before that moment the radio network is out of reach


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish on the unit's topic of that kind. Hand `number` to `acknowledged`."""

    kind: Kind
    payload: bytes
    number: int
    samples: tuple[tuple[int, int], ...]  # (run, seq) of each element


@dataclass(slots=True)
class Counters:
    """What happened so far."""

    messages: int = 0
    samples_sent: int = 0  # each sending counts
    samples_resent: int = 0  # of these, the second and later ones
    acknowledged: int = 0  # messages the broker took
    receipts: int = 0
    receipts_unreadable: int = 0
    forgotten: int = 0  # dropped because the memory was full, or lost at a reboot


class OnboardUnit:
    """One unit. Call `record` when something is measured, `due` to learn what to publish now, and tell it what came
    of it: `acknowledged`, `receive_receipt`, `disconnected`, `connected`.

    Holds at most `capacity` samples; when full, the oldest is dropped and `oldest_seq` declares it gone.
    """

    def __init__(
        self,
        *,
        first_run: int = 1,
        capacity: int = 20_000,
        resend_after_s: float = 60.0,
        window: int = 8,
        settle_s: float = 2.0,
        integer_times: bool = False,
        keep_truth: bool = False,
    ) -> None:
        """A unit at its first start, not connected.

        first_run: the run it counts with; it must never have used it before. window: messages that may wait for the
        broker's acknowledgement at once. settle_s: how long it waits after a reconnect for retained receipts before
        it sends again. keep_truth: remember every sample ever produced (`truth`), for tests; this has no bound.
        """
        self.run = first_run
        self.counters = Counters()
        self.produced: dict[Kind, int] = dict.fromkeys(SAMPLE_KINDS, 0)
        self.truth: dict[tuple[Kind, int, int], Sample] | None = {} if keep_truth else None
        self.last_receipt: bytes | None = None
        self._capacity = capacity
        self._resend_after_s = resend_after_s
        self._patience_s = resend_after_s
        self._window = window
        self._settle_s = settle_s
        self._integer_times = integer_times
        self._connected = False
        self._resend_from = 0.0
        self._next_seq = dict.fromkeys(SAMPLE_KINDS, 1)
        self._recorded = 0
        self._tracks: dict[tuple[Kind, int], deque[Sample]] = {}  # by kind and run, each in order of `seq`
        self._held = 0
        self._queue: deque[Sample] = deque()  # waiting ones; forgotten ones among them are skipped
        self._first_sent_at = float("inf")  # no held sample that waits for a receipt was sent before
        self._in_flight: dict[int, float] = {}  # number of a message -> when it was sent

    # What the vehicle tells

    def record(
        self,
        kind: Kind,
        fields: Mapping[str, object],
        now: float,
        observed_at: float | None = None,
        leaves_at: float = 0.0,
    ) -> Sample:
        """Number and keep one sample of `kind` (position, usage or event); `fields` without time, seq and run.

        `observed_at` is the unit's own clock where that differs from `now` (Unix seconds). Where the radio network
        is out of reach, nothing leaves before `leaves_at`.
        """
        observed_at = now if observed_at is None else observed_at
        seq = self._next_seq[kind]
        self._next_seq[kind] = seq + 1
        body = _encode({"time": self._time(observed_at), **fields, "seq": seq, "run": self.run})
        sample = Sample(kind, self.run, seq, observed_at, body, self._recorded, leaves_at=leaves_at)
        self._recorded += 1
        self.produced[kind] += 1
        if self.truth is not None:
            self.truth[kind, self.run, seq] = sample
        track = self._tracks.get((kind, self.run))
        if track is None:
            track = self._tracks[kind, self.run] = deque()
        track.append(sample)
        self._held += 1
        self._queue.append(sample)
        if self._held > self._capacity:
            self._drop_oldest()
        return sample

    def reboot(self, now: float, *, memory_lost: bool = False) -> None:
        """Restart: a new run, `seq` from 1. Held samples survive with their old numbers unless the memory is lost."""
        self.run += 1
        self._next_seq = dict.fromkeys(SAMPLE_KINDS, 1)
        self.disconnected(now)
        if memory_lost:
            self.counters.forgotten += self._held
            for sample in self._samples():
                sample.held = False
            self._tracks.clear()
            self._queue.clear()
            self._held = 0
        self._tracks = {key: track for key, track in self._tracks.items() if track}

    # What the connection asks and tells

    def connected(self, now: float) -> None:
        """The wire is there (again): fresh samples go out now, the rest of what is not covered after `settle_s`."""
        self._connected = True
        self._in_flight.clear()
        self._patience_s = self._resend_after_s
        self._resend_from = now + self._settle_s
        self._first_sent_at = float("-inf")
        for sample in self._samples():
            sample.sent_at = float("-inf")

    def disconnected(self, now: float) -> None:
        """The wire is gone: `due` answers nothing until `connected`."""
        self._connected = False
        self._in_flight.clear()

    def in_reach(self) -> None:
        """The radio network is back: what was to wait for it leaves with the next `due`."""
        for sample in self._samples():
            sample.leaves_at = 0.0

    def due(self, now: float) -> list[Outgoing]:
        """What to publish now, oldest first; each sample in it counts as sent. Empty while the window is full."""
        if not self._connected:
            return []
        for number in [n for n, since in self._in_flight.items() if now - since > _IN_FLIGHT_GIVEN_UP_S]:
            del self._in_flight[number]
        if self._resend_is_due(now):
            self._queue_overdue(now)
        outgoing: list[Outgoing] = []
        batches: dict[tuple[Kind, int], list[Sample]] = {}
        while self._queue:
            sample = self._queue[0]
            if sample.held and sample.waiting:
                if sample.leaves_at > now:
                    break
                batch = batches.get((sample.kind, sample.run))
                if batch is None:
                    if len(self._in_flight) + len(batches) >= self._window:
                        break
                    batch = batches[sample.kind, sample.run] = []
                batch.append(sample)
                sample.waiting = False
                if len(batch) == MAX_SAMPLES_A_MESSAGE:
                    outgoing.append(self._send(batches.pop((sample.kind, sample.run)), now))
            self._queue.popleft()
        outgoing.extend(self._send(batch, now) for batch in batches.values())
        return outgoing

    def next_due(self, now: float) -> float | None:
        """When `due` should be asked next (Unix seconds); None while nothing is held or the wire is gone."""
        if not self._connected or not self._held:
            return None
        if self._queue:
            if len(self._in_flight) < self._window:
                return max(now, self._queue[0].leaves_at)
            return min(self._in_flight.values()) + _IN_FLIGHT_GIVEN_UP_S
        return max(self._resend_from, self._first_sent_at + self._patience_s, now)

    def acknowledged(self, number: int) -> None:
        """The broker took the message: it may still be lost, so this only makes room in the window."""
        if self._in_flight.pop(number, None) is not None:
            self.counters.acknowledged += 1

    def not_sent(self, outgoing: Outgoing) -> None:
        """The connection could not take the message: its samples are to be sent as if they never had been."""
        self._in_flight.pop(outgoing.number, None)
        for run, seq in outgoing.samples:
            self._send_again(self._tracks.get((outgoing.kind, run)), seq, seq)

    def receive_receipt(self, payload: bytes, now: float) -> None:
        """Forget what is safe and mark the named holes for sending. An unreadable receipt covers nothing."""
        try:
            receipts = _receipt_decoder.decode(payload)
        except msgspec.MsgspecError:
            self.counters.receipts_unreadable += 1
            return
        self.counters.receipts += 1
        self.last_receipt = payload
        progress = False
        for name, receipt in receipts.items():
            if name not in KIND_OF:
                continue
            for one in (receipt, *receipt.others):
                progress |= self._cover(KIND_OF[name], one)
        if progress:
            self._patience_s = self._resend_after_s

    # What a test asks

    def held(self) -> dict[Kind, set[tuple[int, int]]]:
        """(run, seq) of every sample that no receipt has covered yet."""
        held: dict[Kind, set[tuple[int, int]]] = {kind: set() for kind in SAMPLE_KINDS}
        for (kind, run), track in self._tracks.items():
            held[kind].update((run, sample.seq) for sample in track)
        return held

    @property
    def held_count(self) -> int:
        return self._held

    def _time(self, observed_at: float) -> int | str:
        milliseconds = round(observed_at * 1000)
        if self._integer_times:
            return milliseconds
        moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"

    def _samples(self) -> Iterator[Sample]:
        return chain.from_iterable(self._tracks.values())

    def _resend_is_due(self, now: float) -> bool:
        return now >= self._resend_from and now - self._first_sent_at >= self._patience_s

    def _queue_overdue(self, now: float) -> None:
        """Queue every sample whose last sending is too long ago, and find the next one that will be."""
        reconnected = self._first_sent_at == float("-inf")
        overdue, first_sent_at = [], float("inf")
        for sample in self._samples():
            if sample.waiting:
                continue
            if now - sample.sent_at >= self._patience_s:
                overdue.append(sample)
            else:
                first_sent_at = min(first_sent_at, sample.sent_at)
        self._first_sent_at = first_sent_at
        for sample in sorted(overdue, key=_order):
            sample.waiting = True
            self._queue.append(sample)
        if overdue and not reconnected:
            # A service that is down is not helped by the same samples every minute.
            self._patience_s = min(self._patience_s * 2, self._resend_after_s * _SLOWEST_RESEND)

    def _send(self, batch: list[Sample], now: float) -> Outgoing:
        kind, run = batch[0].kind, batch[0].run
        ending = b',"oldest_seq":%d}' % self._tracks[kind, run][0].seq
        elements = [sample.body[:-1] + ending for sample in batch]
        payload = elements[0] if len(elements) == 1 else b"[" + b",".join(elements) + b"]"
        for sample in batch:
            self.counters.samples_resent += sample.sendings > 0
            sample.sent_at = now
            sample.sendings += 1
        self._first_sent_at = min(self._first_sent_at, now)
        number = self.counters.messages
        self.counters.messages += 1
        self.counters.samples_sent += len(batch)
        self._in_flight[number] = now
        return Outgoing(kind, payload, number, tuple((run, sample.seq) for sample in batch))

    def _cover(self, kind: Kind, receipt: _Run) -> bool:
        """Apply the receipt of one run; whether it covered anything new."""
        track = self._tracks.get((kind, receipt.run))
        if track is None:
            return False
        progress = False
        while track and receipt.seq is not None and track[0].seq <= receipt.seq:
            self._forget(track.popleft())
            progress = True
        for first, last in receipt.again:
            self._send_again(track, first, last)
        if not track and receipt.run != self.run:
            del self._tracks[kind, receipt.run]
        return progress

    def _send_again(self, track: deque[Sample] | None, first: int, last: int) -> None:
        if not track:
            return
        # Numbers in a track have no holes: only its head is ever taken away.
        head = track[0].seq
        for k in range(max(0, first - head), min(len(track), last - head + 1)):
            sample = track[k]
            if not sample.waiting:
                sample.waiting = True
                self._queue.append(sample)

    def _forget(self, sample: Sample) -> None:
        sample.held = False
        self._held -= 1

    def _drop_oldest(self) -> None:
        key, track = min(
            ((key, track) for key, track in self._tracks.items() if track), key=lambda item: item[1][0].order
        )
        self._forget(track.popleft())
        self.counters.forgotten += 1
        while self._queue and not self._queue[0].held:
            self._queue.popleft()
        if not track and key[1] != self.run:
            del self._tracks[key]


def _order(sample: Sample) -> int:
    return sample.order
