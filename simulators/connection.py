"""Connections to the broker: many paho clients in one thread and one selector.

Each attempt to connect uses a fresh client: what was on its way when a connection broke is the units' affair, since
they keep everything until the receipt, so no library may send it again behind their backs.
"""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulators.roster import Account, BrokerAddress

log = logging.getLogger(__name__)

_KEEP_ALIVE_S = 60
_MOST_IN_FLIGHT = 1_000
_MISC_EVERY_S = 5.0
_ATTEMPT_EVERY_S = 0.1
_SHORTEST_TURN_S, _LONGEST_TURN_S = 0.005, 0.02
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
_ATTEMPTS_A_ROUND = 10  # so that two hundred connections do not come in one burst


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Whom a connection tells: that it is up or down, a message, and the fate of a publication by its token."""

    up: Callable[[Connection], None]
    down: Callable[[Connection], None]
    message: Callable[[str, bytes], None]
    done: Callable[[object, bool], None]  # token, whether the broker took it


@dataclass(slots=True, eq=False)
class Connection:
    """One account's connection. `up` = accepted by the broker and subscribed."""

    account: Account
    topics: tuple[str, ...]
    will_topic: str | None
    up: bool = False
    client: Client | None = None
    pending: dict[int, object] = field(default_factory=dict)  # message id -> token
    window: int = _MOST_IN_FLIGHT
    attempt_at: float = 0.0
    pause_s: float = _FIRST_PAUSE_S
    watched: socket.socket | None = None
    complained: bool = False  # a refusal was logged since it was last up

    @property
    def room(self) -> int:
        """Messages that may be published now; the bound is the broker's own, at most 1,000."""
        return self.window - len(self.pending) if self.up else 0

    @property
    def ready(self) -> bool:
        return self.room > 0

    def publish(self, topic: str, payload: bytes, token: object, *, retain: bool = False) -> bool:
        """Publish with QoS 1; False when it could not be taken. The token comes back with the acknowledgement."""
        if self.client is None or not self.ready:
            return False
        info = self.client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        self.pending[info.mid] = token
        return True


class Network:
    """All connections to one broker. Not thread-safe; call `turn` again and again."""

    def __init__(self, broker: BrokerAddress, subscriber: Subscriber, name: str = "simulator") -> None:
        """`name`: what its clients call themselves, each with its account; the broker cuts off a namesake.

        Raises InvalidSettings when the TLS files of the broker's address do not fit.
        """
        self._name = name
        self._broker = broker
        self._subscriber = subscriber
        self._selector = selectors.DefaultSelector()
        self._connections: list[Connection] = []
        self._writing: set[Connection] = set()
        self._now = 0.0
        self._misc_at = 0.0
        self._attempt_at = 0.0
        self._pause_s = _FIRST_PAUSE_S
        self._tls = broker.client_tls.context() if broker.tls else None
        self.refused = 0  # publications that the broker answered with an error

    def add(self, account: Account, topics: tuple[str, ...], will_topic: str | None, first_at: float) -> Connection:
        """A connection that is first attempted at `first_at` and kept up from then on."""
        connection = Connection(account, topics, will_topic, attempt_at=first_at)
        self._connections.append(connection)
        return connection

    @property
    def connections(self) -> tuple[Connection, ...]:
        return tuple(self._connections)

    def turn(self, now: float, wait_s: float) -> None:
        """Connect what is due, write, wait (`wait_s`, within 5 to 20 ms), read and write what came meanwhile."""
        self._now = now
        self._attempt(now)
        self._write()
        # Acknowledgements and receipts are read some at a time: waking up for each would cost twice as much.
        time.sleep(min(max(wait_s, _SHORTEST_TURN_S), _LONGEST_TURN_S))
        events = self._selector.select(0) if self._selector.get_map() else []
        for key, mask in events:
            connection: Connection = key.data
            if connection.client is None:
                continue
            if mask & selectors.EVENT_READ:
                connection.client.loop_read()
            if mask & selectors.EVENT_WRITE and connection.client is not None:
                self._writing.add(connection)
        self._write()
        if now >= self._misc_at:
            self._misc_at = now + _MISC_EVERY_S
            for connection in self._connections:
                if connection.client is not None:
                    connection.client.loop_misc()

    def cut(self, connection: Connection, now: float, until: float) -> None:
        """Break a connection without a word, as a dead radio does; it is attempted again at `until`."""
        client = connection.client
        connection.attempt_at = until
        if client is None or connection.watched is None:
            return
        # Shut down, not closed: the client finds the end of the stream and clears up by itself.
        self._now = now
        connection.watched.shutdown(socket.SHUT_RDWR)
        client.loop_read()
        connection.attempt_at = until

    def close(self) -> None:
        """Say goodbye on every connection; pending publications are given up."""
        for connection in self._connections:
            connection.attempt_at = float("inf")
            if connection.client is not None:
                connection.client.on_disconnect = None
                connection.client.disconnect()
                connection.client.loop_write()
        self._selector.close()

    def _attempt(self, now: float) -> None:
        if now < self._attempt_at:
            return
        self._attempt_at = now + _ATTEMPT_EVERY_S
        due = [one for one in self._connections if one.client is None and one.attempt_at <= now]
        for connection in due[:_ATTEMPTS_A_ROUND]:
            client = self._client(connection)
            connection.client = client
            connection.pending.clear()
            try:
                client.connect(self._broker.host, self._broker.port, keepalive=_KEEP_ALIVE_S)
            except (OSError, ssl.SSLError) as error:
                self._forget(connection)
                self._attempt_at = now + self._pause_s
                log.warning(
                    "the broker at %s:%d cannot be reached (%s), next attempt in %.0f s",
                    *(self._broker.host, self._broker.port, error, self._pause_s),
                )
                self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
                return
            self._pause_s = _FIRST_PAUSE_S

    def _client(self, connection: Connection) -> Client:
        account = connection.account
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{self._name}-{account.username}",
            protocol=MQTTProtocolVersion.MQTTv5,
            userdata=connection,
        )
        client.username_pw_set(account.username, account.password)
        client.connect_timeout = 3.0
        client.max_inflight_messages_set(_MOST_IN_FLIGHT)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        if connection.will_topic is not None:
            client.will_set(connection.will_topic, b'{"online":false}', qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_socket_open = self._on_socket_open
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_writable_wanted
        return client

    def _write(self) -> None:
        """Write at once what was published since; only a full socket is left to the selector."""
        for connection in tuple(self._writing):
            client = connection.client
            if client is None or connection.watched is None:
                self._writing.discard(connection)
                continue
            client.loop_write()
            blocked = connection.client is client and client.want_write()
            if connection.watched is not None:
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if blocked else 0)
                if self._selector.get_key(connection.watched).events != wanted:
                    self._selector.modify(connection.watched, wanted, connection)
            self._writing.discard(connection)

    def _forget(self, connection: Connection) -> None:
        client, connection.client, connection.up = connection.client, None, False
        self._writing.discard(connection)
        if connection.watched is not None:
            self._selector.unregister(connection.watched)
            connection.watched = None
        if client is not None:
            client.on_disconnect = client.on_socket_close = None

    # paho's callbacks

    def _on_socket_open(self, _: Client, connection: Connection, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.watched = sock
        self._selector.register(sock, selectors.EVENT_READ, connection)

    def _on_socket_close(self, _: Client, connection: Connection, sock: Any) -> None:
        if connection.watched is not None and connection.watched.fileno() == sock.fileno():
            self._selector.unregister(connection.watched)
            connection.watched = None

    def _on_writable_wanted(self, _: Client, connection: Connection, __: Any) -> None:
        self._writing.add(connection)

    def _on_connect(
        self,
        client: Client,
        connection: Connection,
        _: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            if not connection.complained:
                log.warning("the broker refuses %s: %s", connection.account.username, reason)
            connection.complained = True
            return
        connection.window = min(_MOST_IN_FLIGHT, getattr(properties, "ReceiveMaximum", 65_535))
        if connection.topics:
            # QoS 0: receipts are retained, commands repeated until they are answered; nothing hangs on one of them.
            client.subscribe([(topic, 0) for topic in connection.topics])
        else:
            self._is_up(connection)

    def _on_subscribe(
        self, _: Client, connection: Connection, __: int, reasons: list[ReasonCode], ___: Properties | None
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                log.warning("the broker refuses %s its receipts or commands: %s", connection.account.username, reason)
        self._is_up(connection)

    def _is_up(self, connection: Connection) -> None:
        connection.up, connection.complained, connection.pause_s = True, False, _FIRST_PAUSE_S
        self._subscriber.up(connection)

    def _on_disconnect(
        self, _: Client, connection: Connection, __: DisconnectFlags, reason: ReasonCode, ___: Properties | None
    ) -> None:
        was_up = connection.up
        self._forget(connection)
        connection.attempt_at = self._now + connection.pause_s
        connection.pause_s = min(connection.pause_s * 2, _LONGEST_PAUSE_S)
        if was_up:
            level = logging.DEBUG if connection.account.code is not None else logging.WARNING
            log.log(level, "connection of %s lost (%s)", connection.account.username, reason)
            self._subscriber.down(connection)

    def _on_message(self, _: Client, __: Connection, message: MQTTMessage) -> None:
        self._subscriber.message(message.topic, bytes(message.payload))

    def _on_publish(
        self, _: Client, connection: Connection, mid: int, reason: ReasonCode, __: Properties | None
    ) -> None:
        token = connection.pending.pop(mid, None)
        if token is None:
            return
        if reason.is_failure:
            self.refused += 1
            if self.refused == 1:
                log.warning("the broker refuses a message of %s: %s", connection.account.username, reason)
        self._subscriber.done(token, not reason.is_failure)
