"""Sends the past of a fleet through the same door as the present, and remembers what receipts say is safe.

Generated just in time, in the order of time, never faster than ingest takes it. Kill it at any moment: what the
progress file does not call done is generated again, byte for byte the same, and what is stored already turns out as a
duplicate there.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from fleet.errors import BrokerUnavailable, InvalidSettings
from fleet.model.readings import Kind
from simulators.connection import Connection, Network, Subscriber
from simulators.days.calendar import day_of
from simulators.history import KINDS, Job, Numbers, Pace, Progress, Rate, thinned
from simulators.history_wire import messages
from simulators.life import Life
from simulators.onboard import writes_integer_times
from simulators.readings import Readings
from simulators.roster import Account, BrokerAddress
from simulators.truth import Truth
from simulators.unit import covered_through

log = logging.getLogger(__name__)

_MOST_UNCOVERED = 400_000  # samples kept in memory until their receipt comes, about 100 MB
_SETTLE_S = 3.0  # for retained receipts after connecting
_RESEND_AFTER_S = 90.0
_WORK_S = 0.02  # generating at a stretch, before the network has its turn
_WRITE_EVERY_S = 2.0
_REPORT_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class PastUnit:
    """A unit whose past is told."""

    code: str
    division: int
    life: Life


class HistoryFeed:
    """Call `turn` until `complete`, then `close`."""

    def __init__(
        self,
        units: list[PastUnit],
        broker: BrokerAddress,
        accounts: tuple[Account, ...],
        progress: Progress,
        path: Path,
        clock: Callable[[], float],
        truth: Truth | None = None,
    ) -> None:
        """`truth`: where it is written down what really happened. Raises InvalidSettings when no account speaks for
        any unit."""
        self._truth = truth
        self._progress, self._path, self._clock = progress, path, clock
        self._run, self._slices = progress.span.run, progress.span.slices()
        now = clock()
        self._network = Network(broker, Subscriber(self._up, self._down, self._message, self._done), "history")
        self._connections = {
            account.division: self._network.add(account, (f"fleet/v1/{account.division:06d}/+/receipt",), None, now)
            for account in accounts
        }
        self._units = [unit for unit in units if unit.division in self._connections]
        if not self._units:
            raise InvalidSettings("no account for history in the credentials file speaks for any unit of the roster")
        if left_out := len(units) - len(self._units):
            log.warning("%d units are left out: no account speaks for them", left_out)
        self._division = {unit.code: unit.division for unit in self._units}
        # Twice the sequence numbers used up: of the slices that are done, and of those generated so far.
        self._numbers: dict[str, Numbers] = dict(progress.numbers)
        self._done_numbers: deque[dict[str, Numbers]] = deque()
        self._jobs = self._generate()
        self._next: Job | None = None
        self._under_way: dict[str, deque[Job]] = {}
        self._open: dict[int, int] = {}  # slice -> jobs that are not covered yet
        self._covered: dict[str, dict[Kind, int]] = {}
        self._again: deque[Job] = deque()
        self._uncovered = 0
        self._pace = Pace(now)
        self._rate = Rate()
        self._settled_at: float | None = None
        self._resend_at = self._write_at = self._report_at = now
        progress.samples = sum(map(sum, progress.numbers.values()))  # of slices that are done, and of no others

    @property
    def complete(self) -> bool:
        return self._progress.complete

    @property
    def progress(self) -> Progress:
        return self._progress

    def turn(self) -> None:
        """Generate and send what may be sent now, then wait for the network. Raises BrokerUnavailable when the broker
        refuses what is sent."""
        now = self._clock()
        if self._ready(now):
            self._resend(now)
            until = now + _WORK_S
            while now < until and self._uncovered < _MOST_UNCOVERED and self._pace.may_send(now):
                if not self._send_next(now):
                    break
                now = self._clock()
        self._network.turn(now, 0.005)
        self._close_slices()
        if now >= self._write_at or self.complete:
            self._write_at = now + _WRITE_EVERY_S
            self._write(now)
        if now >= self._report_at:
            self._report_at = now + _REPORT_EVERY_S
            log.info("%s", self.sentence())

    def sentence(self) -> str:
        one = self._progress
        left = "" if one.left_s is None else f", about {one.left_s / 60:.0f} min left"
        return (
            f"{one.share:.0%} of {one.slices} days: {one.samples:,} samples are safe, "
            f"{one.samples_a_second:,.0f} a second{left}; {self._uncovered:,} on their way, "
            f"paced at {self._pace.rate:,.0f}"
        )

    def close(self) -> None:
        self._write(self._clock())
        self._network.close()

    # ------------------------------------------------------------ generating

    def _generate(self) -> Iterator[Job]:
        """Every job that is not done, slice by slice, in the order of the units."""
        for number in range(self._progress.slices_done, len(self._slices)):
            begin, end = self._slices[number]
            self._open[number] = len(self._units)
            for unit in self._units:
                readings = unit.life.readings(begin, end)
                readings = Readings(readings.positions, thinned(readings.usages), readings.events)
                first = self._numbers.get(unit.code, (0, 0, 0))
                found = messages(
                    readings, self._run, [one + 1 for one in first], integer_times=writes_integer_times(unit.code)
                )
                self._numbers[unit.code] = (
                    first[0] + len(readings.positions),
                    first[1] + len(readings.usages),
                    first[2] + len(readings.events),
                )
                if self._truth is not None:
                    self._truth.write(unit.life.truth(day_of(begin)))
                yield Job.of(unit.code, number, found)
            self._done_numbers.append(dict(self._numbers))

    def _send_next(self, now: float) -> bool:
        """Send one job; False when there is none, or no room for it."""
        job = self._next or next(self._jobs, None)
        self._next = None
        if job is None:
            return False
        if job.cover(self._covered.get(job.unit, {})):  # before an earlier end of ours
            self._open[job.number] -= 1
            self._progress.samples += job.samples
            return True
        if not self._publish(job, now):
            self._next = job
            return False
        job.place = self._pace.sent(job.samples)
        self._uncovered += job.samples
        self._under_way.setdefault(job.unit, deque()).append(job)
        return True

    def _publish(self, job: Job, now: float) -> bool:
        division = self._division[job.unit]
        connection = self._connections[division]
        if connection.room < len(job.messages):
            return False
        for message in job.messages:
            if message.kind in job.missing:
                topic = f"fleet/v1/{division:06d}/{job.unit}/{message.kind.value}"
                connection.publish(topic, message.payload, self)
        job.sent_at = now
        return True

    def _resend(self, now: float) -> None:
        """Send again what no receipt covers: the broker may have lost it."""
        if now >= self._resend_at:
            self._resend_at = now + 1.0
            queued = set(map(id, self._again))
            for jobs in self._under_way.values():
                if now - jobs[0].sent_at > _RESEND_AFTER_S:
                    self._again.extend(
                        job for job in jobs if now - job.sent_at > _RESEND_AFTER_S and id(job) not in queued
                    )
        while self._again:
            job = self._again[0]
            if job.missing and not self._publish(job, now):
                return
            self._again.popleft()

    # ------------------------------------------------------------ what the network tells

    def _ready(self, now: float) -> bool:
        """Whether every connection is up and has had time to hear its retained receipts."""
        if not all(connection.up for connection in self._connections.values()):
            self._settled_at = None
            return False
        if self._settled_at is None:
            self._settled_at = now + _SETTLE_S
        return now >= self._settled_at

    def _up(self, connection: Connection) -> None:
        log.debug("%s is connected", connection.account.username)

    def _down(self, connection: Connection) -> None:
        for jobs in self._under_way.values():
            for job in jobs:
                if self._division[job.unit] == connection.account.division:
                    job.sent_at = 0.0  # nobody knows what arrived: again after connecting

    def _done(self, token: object, taken: bool) -> None:
        if not taken:
            raise BrokerUnavailable(
                "the broker refuses the history's messages: does each account speak for its division?"
            )

    def _message(self, topic: str, payload: bytes) -> None:
        code = topic.split("/")[3]
        try:
            covered = covered_through(payload, self._run)
        except msgspec.MsgspecError:
            return
        if not covered:
            return
        self._covered[code] = covered
        jobs = self._under_way.get(code)
        if jobs is None:
            return
        while jobs and jobs[0].cover(covered):
            job = jobs.popleft()
            self._uncovered -= job.samples
            self._progress.samples += job.samples
            self._open[job.number] -= 1
            self._pace.covered(job.place, self._clock())
        if not jobs:
            del self._under_way[code]

    # ------------------------------------------------------------ what is kept

    def _close_slices(self) -> None:
        now, progress = self._clock(), self._progress
        while self._done_numbers and self._open.get(progress.slices_done) == 0:
            del self._open[progress.slices_done]
            progress.numbers = self._done_numbers.popleft()
            progress.slices_done += 1
            self._write_at = now
            begin, _ = self._slices[progress.slices_done - 1]
            log.info("day %d of %d is safe (Unix %d on)", progress.slices_done, len(self._slices), begin)

    def _write(self, now: float) -> None:
        """Replace the progress file in one step."""
        one = self._progress
        self._rate.note(now, one.samples)
        one.slices = len(self._slices)
        one.share = one.share_of({number: 1 - left / len(self._units) for number, left in self._open.items()})
        one.samples_a_second = self._rate.samples_a_second
        one.left_s = self._left_s()
        one.written_at = now
        write_progress(self._path, one)

    def _left_s(self) -> float | None:
        one = self._progress
        if one.complete or one.samples_a_second <= 0 or one.share <= 0.01:
            return 0.0 if one.complete else None
        return one.samples / one.share * (1 - one.share) / one.samples_a_second


def read_progress(path: Path) -> Progress | None:
    """None where there is none. Raises InvalidSettings when it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Progress)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise InvalidSettings(f"{path} is no progress of a history ({error}): remove it to begin anew") from error


def write_progress(path: Path, progress: Progress) -> None:
    """Replace the file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(msgspec.json.encode(progress))
    partial.replace(path)


assert len(KINDS) == 3
