"""Takes MQTT in, and sends receipts: an `Uplink` that speaks MQTT 5 itself, for tens of thousands of messages a second.

The broker's bytes are split into packets many at a time (`packets.py`), and all messages of a batch are acknowledged
in one write. All else (back-off, session, subscriptions, what is held) is as over paho, and the same tests hold it.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast

from fleet.errors import BrokerUnavailable, InvalidSettings
from fleet.identity.tls import SYSTEM_TLS, ClientTls
from ingest import packets
from ingest.connection import (
    CONNECT_TIMEOUT_S,
    FIRST_BACK_OFF_S,
    KEEP_ALIVE_S,
    LONGEST_BACK_OFF_S,
    SESSION_EXPIRY_S,
    BrokerAddress,
)
from ingest.outgoing import Outgoing
from ingest.packets import Acknowledged, MalformedPacket, Splitter
from ingest.uplink import DROPPED_TOPIC, RECEIVE_MAXIMUM, START_WITHIN_S, Deliveries, Inbox, wanted

log = logging.getLogger(__name__)

_SUBSCRIBE_ID = 1
_MALFORMED = 0x81
_CLOSE_WITHIN_S = 1.0

TURN_S = 0.006
"""After each read so long nothing is read: what comes meanwhile is read in one piece. Waking up for a dozen messages
costs more than the messages, here and at the broker."""

BIG_READ_BYTES = 64 * 1024
"""After so much in one piece more is likely to be there: a rest would only let the broker's socket fill up."""

_T = TypeVar("_T")


class BulkUplink:
    """Its life: `start`, `stop`. `generation` rises with each connection that the broker accepts."""

    def __init__(
        self,
        url: str,
        worker: int,
        now: Callable[[], datetime],
        receive_maximum: int = RECEIVE_MAXIMUM,
        tls: ClientTls = SYSTEM_TLS,
        keep_alive_s: int = KEEP_ALIVE_S,
        start_within_s: float = START_WITHIN_S,
    ) -> None:
        """Raises InvalidSettings when the address or the files of `tls` do not fit."""
        self.broker_dropped: int | None = None
        self._address = BrokerAddress.parse(url)
        self._tls = tls.context() if self._address.tls else None
        self._worker = worker
        self._now = now
        self._keep_alive_s, self._start_within_s = keep_alive_s, start_within_s
        self._connect_packet = packets.connect(
            f"ingest-{worker}",  # a fixed name: the broker keeps this session while we are away
            self._address.username,
            self._address.password,
            keep_alive_s=keep_alive_s,
            receive_maximum=receive_maximum,
            session_expiry_s=SESSION_EXPIRY_S,
        )
        self._inbox = Inbox(receive_maximum)
        self._outgoing = Outgoing()
        self._generation = 0
        self._link: _Link | None = None  # the one that the broker accepted
        self._subscribed = False
        self._problem: str | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Connected and subscribed: what is published from now on reaches us, or waits for us at the broker."""
        return self._link is not None and self._subscribed

    async def start(self) -> None:
        self._task = asyncio.create_task(self._stay_connected(), name="mqtt subscriber")
        self._task.add_done_callback(self._ended)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._start_within_s
        while not self.connected:
            if self._task.done():
                self._task.result()  # raises what ended it
            if loop.time() > deadline:
                await self.stop()
                raise BrokerUnavailable(self._problem or "the MQTT broker does not let ingest subscribe")
            await asyncio.sleep(0.02)

    async def take(self, most: int, age_s: float, wait_s: float) -> Deliveries:
        deliveries = await self._inbox.take(most, age_s, wait_s)
        if self._link is not None:
            self._link.read_on_or_wait()
        return deliveries

    def acknowledge(self, deliveries: Deliveries) -> None:
        if self._link is not None and deliveries.generation == self._generation:
            self._link.write(packets.acknowledgements(deliveries.packet_ids))

    def room(self) -> int:
        return self._outgoing.room if self._link is not None else 0

    def publish(self, topic: str, payload: bytes) -> None:
        packet = self._outgoing.publish(topic, payload)
        if self._link is not None:
            self._link.write(packet)

    def waiting(self) -> int:
        return len(self._inbox)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            context = {"message": "the MQTT subscriber failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    # ---------------------------------------------------------------------------------------- one connection

    async def _stay_connected(self) -> None:
        back_off_s = FIRST_BACK_OFF_S
        while True:
            try:
                link, keep_alive_s = await self._open()
            except BrokerUnavailable as error:
                self._problem = str(error)
                log.warning("%s; trying again in %.1f s", error, back_off_s)
                await asyncio.sleep(back_off_s)
                back_off_s = min(back_off_s * 2, LONGEST_BACK_OFF_S)
                continue
            back_off_s = FIRST_BACK_OFF_S
            try:
                await self._listen(link, keep_alive_s)
            finally:
                await self._leave(link)
            log.warning("the broker at %s ended the connection: %s", self._address, link.why)

    async def _open(self) -> tuple[_Link, int]:
        """A connection over which we are subscribed, and its keep-alive in seconds.

        Raises BrokerUnavailable, and InvalidSettings when the broker refuses a subscription.
        """
        link = await self._reach()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                link.write(self._connect_packet)
                accepted = await link.answer(link.accepted)
                if accepted.code:
                    account = f"the account {self._address.username!r}: {packets.reason(accepted.code)}"
                    raise BrokerUnavailable(f"the MQTT broker at {self._address} refuses {account}")
                # Always, also with a kept session: subscribing twice is harmless, not being subscribed is not.
                link.write(packets.subscribe(_SUBSCRIBE_ID, wanted(self._worker)))
                refused = [packets.reason(code) for code in await link.answer(link.subscribed) if code >= 0x80]
        except (TimeoutError, ConnectionError) as error:
            await self._leave(link)
            why = str(error) or "no answer in time"
            raise BrokerUnavailable(f"the MQTT broker at {self._address} does not let us in ({why})") from error
        except BaseException:
            await self._leave(link)
            raise
        if refused:
            await self._leave(link)
            raise InvalidSettings(
                f"the broker refuses ingest's subscriptions ({', '.join(refused)}): check its access file"
            )
        self._subscribed = True
        log.info("connected to the broker at %s (session kept: %s)", self._address, accepted.session_present)
        return link, accepted.keep_alive_s or self._keep_alive_s

    async def _reach(self) -> _Link:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                _, link = await loop.create_connection(
                    lambda: _Link(self._inbox, self._now, self._begin, self._dropped, self._published),
                    self._address.host,
                    self._address.port,
                    ssl=self._tls,
                )
        except (OSError, ssl.SSLError) as error:
            why = str(error) or "no answer"
            raise BrokerUnavailable(f"cannot reach the MQTT broker at {self._address} ({why})") from error
        return link

    async def _listen(self, link: _Link, keep_alive_s: int) -> None:
        """Returns when the connection is lost, or when the broker has said nothing for a whole keep-alive."""
        silent = 0
        while True:
            heard = link.reads
            link.write(packets.PINGREQ)
            done, _ = await asyncio.wait([link.lost], timeout=keep_alive_s / 2)
            if done:
                return
            # Two turns: of one, this process itself may have slept through the answer.
            silent = silent + 1 if link.reads == heard and not link.waits else 0
            if silent == 2:
                link.why = f"it said nothing for {keep_alive_s} s"
                return

    async def _leave(self, link: _Link) -> None:
        self._link, self._subscribed = None, False
        await link.close()

    def _begin(self, link: _Link, accepted: Acknowledged) -> None:
        self._generation += 1
        self._link = link
        self._inbox.begin(self._generation, accepted.session_present)
        if again := self._outgoing.opened(accepted.receive_maximum):
            link.write(again)

    def _published(self, link: _Link, body: bytes) -> None:
        number, code = packets.read_puback(body)
        if code >= 0x80:
            log.warning("the broker refuses what ingest publishes: %s", packets.reason(code))
        if again := self._outgoing.acknowledged(number):
            link.write(again)

    def _dropped(self, payload: bytes) -> None:
        self.broker_dropped = int(payload)


class _Link(asyncio.Protocol):
    """One connection as asyncio sees it."""

    def __init__(
        self,
        inbox: Inbox,
        now: Callable[[], datetime],
        begin: Callable[[_Link, Acknowledged], None],
        dropped: Callable[[bytes], None],
        published: Callable[[_Link, bytes], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.accepted: asyncio.Future[Acknowledged] = loop.create_future()
        self.subscribed: asyncio.Future[list[int]] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.why = "it closed"
        self.reads = 0
        self.waits = False  # for room, and so does not read
        self._rests = False  # has just read
        self._reading = True
        self._inbox, self._now, self._begin, self._dropped, self._published = inbox, now, begin, dropped, published
        self._splitter = Splitter(aside=DROPPED_TOPIC)
        self._begun = self._deaf = False
        self._transport: asyncio.Transport | None = None

    async def answer(self, awaited: asyncio.Future[_T]) -> _T:
        """Raises ConnectionError when the connection is lost before it comes."""
        waited: set[asyncio.Future[Any]] = {awaited, self.lost}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not awaited.done():
            raise ConnectionError(self.why)
        return awaited.result()

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def close(self) -> None:
        """Sends what is queued, says DISCONNECT (the session stays at the broker), closes.

        The broker closes first: then it has read every acknowledgement before it.
        """
        assert self._transport is not None
        self._deaf = True
        self._transport.resume_reading()
        self.write(packets.disconnect())
        await asyncio.wait([self.lost], timeout=_CLOSE_WITHIN_S)
        if not self.lost.done():
            self._transport.abort()

    def read_on_or_wait(self) -> None:
        """Reads only while there is room: what is sent without a delivery promise is bounded by no window."""
        self.waits = self.subscribed.done() and self._inbox.full
        self._read_or_not()

    def _rest(self) -> None:
        self._rests = True
        self._read_or_not()
        asyncio.get_running_loop().call_later(TURN_S, self._rested)

    def _rested(self) -> None:
        self._rests = False
        self._read_or_not()

    def _read_or_not(self) -> None:
        transport = cast("asyncio.Transport", self._transport)
        wanted = not (self.waits or self._rests)
        if wanted == self._reading or self._deaf or transport.is_closing():
            return
        self._reading = wanted
        if wanted:
            transport.resume_reading()
        else:
            transport.pause_reading()

    # ---------------------------------------------------------------------------------------- called by the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return  # the broker will deliver it again over the next connection
        self.reads += 1
        if self._begun:
            self._splitter.published = self._inbox.published
        try:
            for kind, body in self._splitter.feed(data):
                self._take(kind, body)
        except MalformedPacket as error:
            self.why = f"it sent {error}"
            self.write(packets.disconnect(_MALFORMED))
            self._deaf = True
            cast("asyncio.Transport", self._transport).close()
            return
        if self._begun:
            self._inbox.mark(self._now(), len(data))
            self.read_on_or_wait()
            if len(data) < BIG_READ_BYTES:
                self._rest()

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None:
            self.why = str(error) or type(error).__name__
        if not self.lost.done():
            self.lost.set_result(None)

    def _take(self, kind: int, body: bytes) -> None:
        if kind == packets.PUBLISH:
            self._dropped(body)
        elif kind == packets.PUBACK:
            self._published(self, body)
        elif kind == packets.CONNACK and not self.accepted.done():
            accepted = packets.read_connack(body)
            if not accepted.code:
                # At once: what the broker delivers again may stand behind it in the same bytes.
                self._begin(self, accepted)
                self._inbox.published = self._splitter.published
                self._begun = True
            self.accepted.set_result(accepted)
        elif kind == packets.SUBACK and not self.subscribed.done():
            self.subscribed.set_result(packets.read_suback(body))
        elif kind == packets.DISCONNECT and body:
            self.why = packets.reason(body[0])
