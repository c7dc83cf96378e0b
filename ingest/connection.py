"""One paho connection driven by the asyncio loop: no thread of its own, so an acknowledgement costs no wake-up.

Shared by `outbox.py`, which sends commands, and by `paho_uplink.py`. What takes in is `subscriber.py`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from fleet.errors import BrokerUnavailable, InvalidSettings
from fleet.identity.tls import SYSTEM_TLS, ClientTls

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 30
SESSION_EXPIRY_S = 7 * 24 * 3600
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.5, 8.0
CONNECT_TIMEOUT_S = 5.0
READS_A_TURN = 100


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """`mqtt[s]://user:password@host:port` taken apart."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool

    @classmethod
    def parse(cls, url: str) -> BrokerAddress:
        """Raises InvalidSettings."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InvalidSettings(f"FLEET_MQTT_URL is not an address: {error}") from None
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise InvalidSettings("FLEET_MQTT_URL must look like mqtt://user:password@host:1883 (or mqtts://…:8883)")
        tls = parts.scheme == "mqtts"
        return cls(
            host=parts.hostname,
            port=port or (8883 if tls else 1883),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=tls,
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Connection:
    """Connects, stays connected with back-off, and calls `on_ready(session_present)` after each CONNACK.

    Its life: `start`, `stop`. `generation` rises with each connection, so that an acknowledgement for a message of an
    earlier one can be told: the broker has given its number to another message since.
    """

    def __init__(
        self,
        address: BrokerAddress,
        client_id: str,
        *,
        receive_maximum: int,
        clean_start: bool,
        tls: ClientTls = SYSTEM_TLS,
        keep_alive_s: int = KEEP_ALIVE_S,
        on_message: paho.CallbackOnMessage | None = None,
        on_ready: Callable[[bool], None] | None = None,
    ) -> None:
        """`tls` is for an address that speaks it. Raises InvalidSettings when its files do not fit."""
        self.address = address
        self.generation = 0
        self.connected = False
        self.refusal: str | None = None
        self.problem: str | None = None  # why the last attempt failed
        self._clean_start = clean_start
        self._keep_alive_s = keep_alive_s
        self._properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        self._properties.ReceiveMaximum = receive_maximum
        self._properties.SessionExpiryInterval = 0 if clean_start else SESSION_EXPIRY_S
        self._taken = 0
        self._on_message = on_message
        self._on_ready = on_ready or (lambda _present: None)
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5, manual_ack=True
        )
        self.client.connect_timeout = CONNECT_TIMEOUT_S
        self.client.max_inflight_messages_set(2_000)  # ours towards the broker; paho's default of 20 throttles
        self.client.max_queued_messages_set(20_000)  # bound of what a caller may hand over while disconnected
        if address.username is not None:
            self.client.username_pw_set(address.username, address.password)
        self._tls = tls.context() if address.tls else None
        if self._tls is not None:
            self.client.tls_set_context(self._tls)
        self.client.on_message = self._message
        self.client.on_connect = self._connected
        self.client.on_disconnect = self._disconnected
        self.client.on_socket_open = self._socket_open
        self.client.on_socket_close = self._socket_close
        self.client.on_socket_register_write = self._want_write
        self.client.on_socket_unregister_write = self._no_more_write

    def start(self) -> None:
        self._task = asyncio.create_task(self._stay_connected(), name="mqtt connection")
        self._task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Sends what is queued, says DISCONNECT (the session stays at the broker), closes."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.connected:
            self.client.disconnect()
            self.client.loop_write()
            self.client.loop_misc()

    def publish(self, topic: str, payload: bytes, *, expires_after_s: int) -> int:
        """Publishes with QoS 1; its packet number. The broker forgets it for whoever is not there within that time."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = expires_after_s
        return self.client.publish(topic, payload, qos=1, properties=properties).mid

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._loop.call_exception_handler({"message": "the MQTT connection failed", "exception": error})

    async def _stay_connected(self) -> None:
        back_off_s = FIRST_BACK_OFF_S
        while True:
            try:
                await self._connect()
            except BrokerUnavailable as error:
                self.problem = str(error)
                log.warning("%s; trying again in %.1f s", error, back_off_s)
                await asyncio.sleep(back_off_s)
                back_off_s = min(back_off_s * 2, LONGEST_BACK_OFF_S)
                continue
            back_off_s = FIRST_BACK_OFF_S
            while not self._lost.is_set():
                self.client.loop_misc()  # keep-alive
                try:
                    await asyncio.wait_for(self._lost.wait(), timeout=1)
                except TimeoutError:
                    continue

    async def _connect(self) -> None:
        self._lost.clear()
        self.refusal = None
        try:
            # paho connects with a blocking call. Whether anybody answers, and with a right certificate, is found out
            # first, without blocking; paho itself stays in this thread, so that its sockets are registered and taken
            # away in one order.
            _, writer = await asyncio.wait_for(
                asyncio.open_connection(self.address.host, self.address.port, ssl=self._tls), CONNECT_TIMEOUT_S
            )
            writer.close()
            self.client.connect(
                self.address.host,
                self.address.port,
                self._keep_alive_s,
                clean_start=self._clean_start,
                properties=self._properties,
            )
        except (OSError, ssl.SSLError) as error:
            reason = str(error) or "no answer"
            raise BrokerUnavailable(f"cannot reach the MQTT broker at {self.address} ({reason})") from error
        deadline = self._loop.time() + CONNECT_TIMEOUT_S
        while not self.connected:
            if self.refusal is not None:
                raise BrokerUnavailable(f"the MQTT broker at {self.address} refuses {self.refusal}")
            if self._lost.is_set() or self._loop.time() > deadline:
                raise BrokerUnavailable(f"the MQTT broker at {self.address} does not answer CONNECT")
            await asyncio.sleep(0.01)

    def _connected(self, _client: Any, _data: Any, flags: paho.ConnectFlags, code: ReasonCode, _props: Any) -> None:
        if code.is_failure:
            self.refusal = f"the account {self.address.username!r}: {code}"
            return
        self.generation += 1
        self.connected = True
        log.info("connected to the broker at %s (session kept: %s)", self.address, flags.session_present)
        self._on_ready(flags.session_present)

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, code: ReasonCode, _props: Any) -> None:
        if self.connected:
            log.warning("the broker at %s ended the connection: %s", self.address, code)
        self.connected = False
        self._lost.set()

    # ---------------------------------------------------------------- paho's sockets on the asyncio loop
    # All at once and in this thread: a descriptor is free for others as soon as paho has closed it.

    def _socket_open(self, _client: Any, _data: Any, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._loop.add_reader(sock.fileno(), self._readable)

    def _socket_close(self, _client: Any, _data: Any, sock: Any) -> None:
        self._loop.remove_reader(sock.fileno())
        self._loop.remove_writer(sock.fileno())

    def _want_write(self, _client: Any, _data: Any, sock: Any) -> None:
        self._loop.add_writer(sock.fileno(), self._writable)

    def _no_more_write(self, _client: Any, _data: Any, sock: Any) -> None:
        self._loop.remove_writer(sock.fileno())

    def _readable(self) -> None:
        # Some messages a call: enough to make the event loop's share small, few enough to let commits have their turn.
        for _ in range(READS_A_TURN):
            before = self._taken
            if self.client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or self._taken == before:
                break
        sock = self.client.socket()
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            self._loop.call_soon(self._readable)  # decrypted already: the socket will not become readable for it

    def _message(self, client: paho.Client, data: Any, message: paho.MQTTMessage) -> None:
        self._taken += 1
        if self._on_message is not None:
            self._on_message(client, data, message)

    def _writable(self) -> None:
        self.client.loop_write()
