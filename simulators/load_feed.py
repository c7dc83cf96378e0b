"""Sends load over raw sockets: one connection a gateway account, several thousand messages under way on each.

An open loop: at a given rate the moment of every message follows from its number alone, whatever the broker answers,
so a service that slows down is seen as a queue and not hidden by a generator that waits for it. Only a full window
makes it wait, and then it says how late it was.
"""

from __future__ import annotations

import json
import logging
import resource
import selectors
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from time import sleep

from fleet.errors import BrokerUnavailable, InvalidSettings
from simulators.load import RUNS_FROM, Composer, Workload, remaining_length, text
from simulators.roster import Account, BrokerAddress, UnitSpec

log = logging.getLogger(__name__)

WINDOW = 10_000
"""Messages of one connection that wait for the broker's acknowledgement; the broker's own limit is 20,000."""

_CONNECT_WITHIN_S = 5.0
_DRAIN_WITHIN_S = 60.0
_REPORT_EVERY_S = 10.0
_TICK_S = 0.002
_MOST_A_TURN = 256  # messages encoded for one connection before the others have their turn
_RECEIVED = 1 << 16
_ACKNOWLEDGEMENT = 4  # bytes of a PUBACK of MQTT 3.1.1


@dataclass(frozen=True, slots=True)
class Report:
    """What was done. Times count from the first byte sent: `seconds` to the last acknowledgement."""

    began_at: float  # Unix seconds
    samples: int
    messages: int
    acknowledged: int  # messages that the broker took
    seconds: float
    samples_a_second: float
    late_s: float  # how far it fell behind the wished rate at worst; 0 without one
    cpu_share: float  # of one core
    cpu_us_a_message: float

    def sentence(self) -> str:
        return (
            f"{self.samples:,} samples in {self.messages:,} messages sent, {self.acknowledged:,} messages acknowledged "
            f"by the broker, {self.samples_a_second:,.0f} samples/s over {self.seconds:.1f} s, at worst "
            f"{self.late_s:.2f} s behind the wished rate; {self.cpu_share:.0%} of one core, "
            f"{self.cpu_us_a_message:.1f} us a message"
        )

    def as_json(self) -> str:
        return json.dumps(asdict(self))


class Link:
    """One connection: a queue of bytes that is never longer than a turn's messages, and a count of what came back."""

    def __init__(self, broker: BrokerAddress, account: Account, composer: Composer, first: int, units: int) -> None:
        """Connects. It speaks for `units` units, of which the first is number `first` of all.

        Raises BrokerUnavailable when the broker does not answer or refuses the account.
        """
        self.composer = composer
        self._first, self.units = first, units
        self.sent = self.acknowledged = 0
        self.backlog = b""
        self._part = 0  # bytes of an acknowledgement that was cut in two
        self._name = account.username
        try:
            plain = socket.create_connection((broker.host, broker.port), timeout=_CONNECT_WITHIN_S)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket = (
                broker.client_tls.context().wrap_socket(plain, server_hostname=broker.host) if broker.tls else plain
            )
            self.socket.sendall(_connect_packet(account))
            answer = self._answer()
        except OSError as error:
            raise BrokerUnavailable(f"the broker at {broker.host}:{broker.port} cannot be reached ({error})") from error
        if answer[3]:
            raise BrokerUnavailable(f"the broker refuses {account.username} (code {answer[3]})")
        self.socket.setblocking(False)

    def send(self, turns: int, rest: int, now_ms: int) -> int:
        """Send what is due here once all units have had `turns` turns, and the first `rest` of them one more.

        Answers how many messages found room.
        """
        due = turns * self.units + min(max(rest - self._first, 0), self.units)
        room = 0 if self.backlog else WINDOW - (self.sent - self.acknowledged)
        count = min(due - self.sent, room, _MOST_A_TURN)
        if count <= 0:
            return 0
        self.backlog = b"".join(self.composer.packets(count, now_ms))
        self.sent += count
        self.flush()
        return count

    def flush(self) -> None:
        try:
            while self.backlog:
                self.backlog = self.backlog[self.socket.send(self.backlog) :]
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return
        except OSError as error:
            raise self._cut_off() from error

    def receive(self) -> None:
        """Count acknowledgements: the broker sends nothing else, since nothing was subscribed."""
        while True:
            try:
                data = self.socket.recv(_RECEIVED)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                raise self._cut_off() from error
            if not data:
                raise self._cut_off()
            whole, self._part = divmod(self._part + len(data), _ACKNOWLEDGEMENT)
            self.acknowledged += whole

    def close(self) -> None:
        self.socket.setblocking(True)
        self.socket.sendall(b"\xe0\x00")
        self.socket.close()

    def _answer(self) -> bytes:
        answer = b""
        while len(answer) < 4:
            piece = self.socket.recv(4 - len(answer))
            if not piece:
                raise ConnectionError("it closed the connection")
            answer += piece
        return answer

    def _cut_off(self) -> BrokerUnavailable:
        return BrokerUnavailable(
            f"the broker cut {self._name} off after {self.acknowledged:,} of {self.sent:,} messages: "
            "see its log, and whether the account speaks for the units' division"
        )


def send_load(
    broker: BrokerAddress,
    accounts: Sequence[Account],
    roster: Sequence[UnitSpec],
    workload: Workload,
    now: Callable[[], float],
    stop: Callable[[], bool],
) -> Report:
    """Sends until everything is sent or `stop` answers True, and waits for the acknowledgements.

    Raises BrokerUnavailable, and InvalidSettings when no account speaks for any unit.
    """
    run = RUNS_FROM + int(now()) % 1_000_000_000
    links = _links(broker, accounts, roster, workload.array, run)
    units = sum(link.units for link in links)
    total = None if workload.total is None else -(-workload.total // workload.array)
    rate = None if workload.rate is None else workload.rate / workload.array
    with selectors.DefaultSelector() as selector:
        for link in links:
            selector.register(link.socket, selectors.EVENT_READ, link)
        began_at, cpu_s = now(), _cpu_s()
        sent, late_s, report_at, reported = 0, 0.0, began_at + _REPORT_EVERY_S, 0
        while (total is None or sent < total) and not stop():
            at = now()
            due = sent + _MOST_A_TURN * len(links) if rate is None else int((at - began_at) * rate)
            due = due if total is None else min(due, total)
            given = sum(link.send(*divmod(due, units), round(at * 1_000)) for link in links)
            sent += given
            if rate is not None:
                late_s = max(late_s, (due - sent) / rate)
            # Acknowledgements are read some at a time: waking up for each would cost more than sending.
            if rate is not None or not given:
                sleep(_TICK_S)
            _network(selector, links)
            if at >= report_at:
                log.info("%d messages sent, %.0f messages/s", sent, (sent - reported) / _REPORT_EVERY_S)
                report_at, reported = at + _REPORT_EVERY_S, sent
        until = now() + _DRAIN_WITHIN_S
        while now() < until and any(link.backlog or link.acknowledged < link.sent for link in links):
            sleep(_TICK_S)
            _network(selector, links)
        seconds, cpu_s = max(now() - began_at, 1e-6), _cpu_s() - cpu_s
    for link in links:
        link.close()
    acknowledged = sum(link.acknowledged for link in links)
    return Report(
        began_at=began_at,
        samples=sent * workload.array,
        messages=sent,
        acknowledged=acknowledged,
        seconds=seconds,
        samples_a_second=acknowledged * workload.array / seconds,
        late_s=late_s,
        cpu_share=cpu_s / seconds,
        cpu_us_a_message=cpu_s / max(sent, 1) * 1e6,
    )


def _links(
    broker: BrokerAddress, accounts: Sequence[Account], roster: Sequence[UnitSpec], array: int, run: int
) -> list[Link]:
    links, first = [], 0
    for account in accounts:
        units = [unit for unit in roster if unit.division == account.division]
        if units:
            links.append(Link(broker, account, Composer(units, array, run), first, len(units)))
            first += len(units)
    if not links:
        raise InvalidSettings("no account for load in the credentials file speaks for any unit of the roster")
    return links


def _network(selector: selectors.BaseSelector, links: Sequence[Link]) -> None:
    for link in links:
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if link.backlog else 0)
        selector.modify(link.socket, wanted, link)
    for key, mask in selector.select(0):
        link = key.data
        if mask & selectors.EVENT_READ:
            link.receive()
        if mask & selectors.EVENT_WRITE:
            link.flush()


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _connect_packet(account: Account) -> bytes:
    """User name, password, clean session, a keep-alive long enough to need no ping."""
    body = text("MQTT") + b"\x04\xc2" + (600).to_bytes(2, "big") + text(f"load-{account.username}")
    body += text(account.username) + text(account.password)
    return b"\x10" + remaining_length(len(body)) + body
