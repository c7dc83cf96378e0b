"""MQTT 5 on the wire, as far as ingest needs it: what it sends, and what a broker's bytes hold. Pure.

`Splitter` is written for many small PUBLISH packets in one piece of bytes: each byte is looked at once, and nothing is
made for a message but its topic, its payload and its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

PUBLISH, PUBACK, SUBACK, PINGRESP, CONNACK, DISCONNECT = 0x30, 0x40, 0x90, 0xD0, 0x20, 0xE0
PINGREQ = b"\xc0\x00"
_PUBACK = b"\x40\x02"
_RETAINED_QOS_1, _AGAIN = 0x33, 0x08

_RETAIN_IF_NEW = 0x10
"""Retain handling 1 of a subscription: retained messages once, when the subscription is new."""

_MOST_TOPICS = 50_000
"""Topics remembered as text; three for each of 6,000 units and room to spare, about 10 MB."""


class MalformedPacket(Exception):
    """The broker sent what is no MQTT 5; the connection is of no use any more."""


class Subscription(NamedTuple):
    """One topic filter, as SUBSCRIBE says it."""

    filter: str
    qos: int = 1
    retained_if_new: bool = False  # else at every SUBSCRIBE


class Acknowledged(NamedTuple):
    """A CONNACK."""

    session_present: bool
    code: int  # 0 = let in; from 0x80 on refused
    keep_alive_s: int | None  # where the broker demands another one than was offered
    receive_maximum: int = 65_535  # packets that it takes before it has acknowledged one


class Published:
    """PUBLISH packets in the order of their arrival, as parallel lists."""

    __slots__ = ("packet_ids", "payloads", "retained", "topics")

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.payloads: list[bytes] = []
        self.packet_ids: list[bytes] = []  # two bytes each; empty for QoS 0, where nothing is to be acknowledged
        self.retained: list[int] = []  # places of those that the broker had kept

    def __len__(self) -> int:
        return len(self.topics)


class Splitter:
    """Takes the broker's bytes as they come, cut anywhere, and finds the packets in them.

    `feed` fills `published`, which belongs to the caller and may be replaced at any time, and returns what else came:
    packets of other types as (type, body), and as (PUBLISH, payload) those on the topic `aside`.
    """

    def __init__(self, aside: str) -> None:
        self.published = Published()
        self._aside = aside.encode()
        self._rest = b""  # the beginning of a packet
        self._pieces: list[bytes] = []  # what came of it since, not joined before it is needed
        self._missing = 0  # bytes without which `_rest` stays incomplete for certain
        self._names: dict[bytes, str] = {}

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Raises MalformedPacket."""
        if self._rest:
            self._missing -= len(data)
            if self._missing > 0:
                self._pieces.append(data)
                return []
            data = b"".join([self._rest, *self._pieces, data])
            self._pieces.clear()
        try:
            others, parsed, whole = self._split(data)
        except IndexError:
            raise MalformedPacket("a packet that is shorter than it says") from None
        self._rest = data[parsed:]
        self._missing = whole - len(data)
        return others

    # One loop in one piece: a call for each message would cost a quarter of all this.
    def _split(self, data: bytes) -> tuple[list[tuple[int, bytes]], int, int]:  # noqa: PLR0912
        """The packets other than PUBLISH, where the first incomplete packet begins, and where it ends at the least."""
        published, names = self.published, self._names
        others: list[tuple[int, bytes]] = []
        keep_topic, keep_payload = published.topics.append, published.payloads.append
        keep_id = published.packet_ids.append
        size, start = len(data), 0
        while start + 2 <= size:
            head = data[start]
            length = data[start + 1]
            at = start + 2
            if length > 127:
                if start + 5 > size:  # no packet with a length of two bytes is shorter than this
                    break
                length += (data[at] << 7) - 128
                at += 1
                if data[at - 1] > 127:
                    length, at = _length(data, start + 1)
            end = at + length
            if end > size:
                return others, start, end
            if head & 0xF0 != PUBLISH:
                others.append((head & 0xF0, data[at:end]))
                start = end
                continue
            after = at + 2 + (data[at] << 8 | data[at + 1])
            topic = data[at + 2 : after]
            if head & 0x06:
                packet_id = data[after : after + 2]
                after += 2
            else:
                packet_id = b""
            properties = data[after]
            after += 1
            if properties:
                after = _after_properties(data, after - 1)
            if after > end:
                raise MalformedPacket("a PUBLISH whose topic or properties are longer than it is")
            name = names.get(topic)
            if name is None:
                if topic == self._aside:
                    others.append((PUBLISH, data[after:end]))
                    start = end
                    continue
                name = self._name(topic)
            if head & 0x01:
                published.retained.append(len(published.topics))
            keep_topic(name)
            keep_payload(data[after:end])
            keep_id(packet_id)
            start = end
        return others, start, start + 2

    def _name(self, topic: bytes) -> str:
        if len(self._names) >= _MOST_TOPICS:
            self._names.clear()
        # A topic that is no UTF-8 lies outside the grammar however it is shown, and is refused with its bytes there.
        name = self._names[topic] = topic.decode("utf-8", "replace")
        return name


def connect(
    client_id: str,
    username: str | None,
    password: str | None,
    *,
    keep_alive_s: int,
    receive_maximum: int,
    session_expiry_s: int,
) -> bytes:
    """CONNECT that takes up the session which the broker kept for `client_id`."""
    flags = (0x80 if username is not None else 0) | (0x40 if password is not None else 0)
    properties = b"\x11" + session_expiry_s.to_bytes(4, "big") + b"\x21" + receive_maximum.to_bytes(2, "big")
    body = _text("MQTT") + bytes((5, flags)) + keep_alive_s.to_bytes(2, "big")
    body += _number(len(properties)) + properties + _text(client_id)
    for one in (username, password):
        body += _text(one) if one is not None else b""
    return _packet(0x10, body)


def subscribe(packet_id: int, subscriptions: Sequence[Subscription]) -> bytes:
    filters = b"".join(
        _text(one.filter) + bytes((one.qos | (_RETAIN_IF_NEW if one.retained_if_new else 0),)) for one in subscriptions
    )
    return _packet(0x82, packet_id.to_bytes(2, "big") + b"\x00" + filters)


def acknowledgements(packet_ids: Sequence[bytes]) -> bytes:
    """A PUBACK for each number, in their order."""
    asked = [one for one in packet_ids if one]
    return _PUBACK + _PUBACK.join(asked) if asked else b""


def publish(topic: str, payload: bytes, packet_id: int) -> bytes:
    """A PUBLISH that the broker keeps for whoever comes later, with QoS 1."""
    return _packet(_RETAINED_QOS_1, _text(topic) + packet_id.to_bytes(2, "big") + b"\x00" + payload)


def said_again(packet: bytes) -> bytes:
    """The same PUBLISH, marked as one that may have come before."""
    return bytes((packet[0] | _AGAIN,)) + packet[1:]


def disconnect(code: int = 0) -> bytes:
    return _packet(DISCONNECT, bytes((code,)) if code else b"")


def read_connack(body: bytes) -> Acknowledged:
    """Raises MalformedPacket."""
    try:
        found = _numbers(body[2:])
        return Acknowledged(
            bool(body[0] & 1), body[1], found.get(_SERVER_KEEP_ALIVE), found.get(_RECEIVE_MAXIMUM, 65_535)
        )
    except IndexError:
        raise MalformedPacket("a CONNACK that is too short") from None


def read_puback(body: bytes) -> tuple[int, int]:
    """The packet number and the reason code; from 0x80 on it is refused. Raises MalformedPacket."""
    if len(body) < 2:
        raise MalformedPacket("a PUBACK that is too short")
    return int.from_bytes(body[:2], "big"), body[2] if len(body) > 2 else 0


def read_suback(body: bytes) -> list[int]:
    """The answer to each topic filter; from 0x80 on it is refused. Raises MalformedPacket."""
    try:
        return list(body[_after_properties(body, 2) :])
    except IndexError:
        raise MalformedPacket("a SUBACK that is too short") from None


def reason(code: int) -> str:
    """A reason code in words."""
    return _REASONS.get(code, f"reason code 0x{code:02x}")


_REASONS = {
    0x04: "disconnected with its last will",
    0x80: "unspecified error",
    0x81: "malformed packet",
    0x82: "protocol error",
    0x83: "implementation specific error",
    0x84: "unsupported protocol version",
    0x85: "client identifier not valid",
    0x86: "bad user name or password",
    0x87: "not authorised",
    0x88: "server unavailable",
    0x89: "server busy",
    0x8A: "banned",
    0x8B: "server shutting down",
    0x8D: "keep-alive timeout",
    0x8E: "session taken over",
    0x8F: "topic filter invalid",
    0x93: "receive maximum exceeded",
    0x95: "packet too large",
    0x97: "quota exceeded",
    0x98: "administrative action",
    0x9E: "shared subscriptions not supported",
    0x9F: "connection rate exceeded",
    0xA2: "wildcard subscriptions not supported",
}

# Lengths of the values of properties that CONNACK may bear; the others are texts, one or two.
_FIXED = {0x11: 4, 0x13: 2, 0x21: 2, 0x22: 2, 0x24: 1, 0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1}
_TEXTS = {0x12: 1, 0x15: 1, 0x16: 1, 0x1A: 1, 0x1C: 1, 0x1F: 1, 0x26: 2}
_SERVER_KEEP_ALIVE, _RECEIVE_MAXIMUM = 0x13, 0x21


def _numbers(properties: bytes) -> dict[int, int]:
    """The numeric ones among the properties of a CONNACK."""
    end = _after_properties(properties, 0)
    at = end - _length(properties, 0)[0]
    found: dict[int, int] = {}
    while at < end:
        identifier = properties[at]
        at += 1
        if identifier in _FIXED:
            found[identifier] = int.from_bytes(properties[at : at + _FIXED[identifier]], "big")
            at += _FIXED[identifier]
        elif identifier in _TEXTS:
            for _ in range(_TEXTS[identifier]):
                at += 2 + int.from_bytes(properties[at : at + 2], "big")
        else:
            raise MalformedPacket(f"a CONNACK with a property 0x{identifier:02x} that MQTT 5 does not know")
    return found


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends. Raises IndexError, MalformedPacket."""
    value = 0
    for place in range(4):
        digit = data[at + place]
        value |= (digit & 127) << (7 * place)
        if digit < 128:
            return value, at + place + 1
    raise MalformedPacket("a length of more than four bytes")


def _after_properties(data: bytes, at: int) -> int:
    length, begin = _length(data, at)
    return begin + length


def _number(value: int) -> bytes:
    encoded = bytearray()
    while True:
        value, digit = divmod(value, 128)
        encoded.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(encoded)


def _text(value: str) -> bytes:
    encoded = value.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _packet(head: int, body: bytes) -> bytes:
    return bytes((head,)) + _number(len(body)) + body
