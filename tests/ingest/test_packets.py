"""MQTT packets: what a broker's bytes hold, however they are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.packets import (
    CONNACK,
    DISCONNECT,
    PINGRESP,
    PUBLISH,
    SUBACK,
    Acknowledged,
    MalformedPacket,
    Splitter,
    Subscription,
    acknowledgements,
    connect,
    disconnect,
    read_connack,
    read_puback,
    read_suback,
    subscribe,
)

ASIDE = "$SYS/aside"


def length(value: int) -> bytes:
    encoded = b""
    while value > 127:
        encoded += bytes((value % 128 + 128,))
        value //= 128
    return encoded + bytes((value,))


def text(value: str) -> bytes:
    return len(value.encode()).to_bytes(2, "big") + value.encode()


def publish(topic: str, payload: bytes, packet_id: int = 0, *, retain: bool = False, properties: bytes = b"") -> bytes:
    body = text(topic) + (packet_id.to_bytes(2, "big") if packet_id else b"")
    body += length(len(properties)) + properties + payload
    return bytes((0x30 | (2 if packet_id else 0) | retain,)) + length(len(body)) + body


def expiring(expires_after_s: int, note: str) -> bytes:
    """Properties as a library writes them, without their length."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = expires_after_s
    properties.UserProperty = ("note", note)
    packed: bytes = properties.pack()  # type: ignore[no-untyped-call]
    return packed[1 if packed[0] < 128 else 2 :]


published = st.tuples(
    st.text(max_size=8).filter(lambda topic: topic != ASIDE),
    st.binary(max_size=3) | st.sampled_from([b"x" * size for size in (90, 120, 128, 200, 16_390, 40_000)]),
    st.integers(0, 65_535),
    st.booleans(),
    st.just(b"") | st.builds(expiring, st.integers(0, 2**32 - 1), st.sampled_from(["", "n" * 200])),
)
others = st.sampled_from([(PINGRESP, b""), (SUBACK, b"\0\1\0\1\1"), (DISCONNECT, b"\x8b\0"), (PUBLISH, b"aside")])
streams = st.lists(published | others, max_size=8)


def feed(splitter: Splitter, data: bytes, cuts: list[int]) -> list[tuple[int, bytes]]:
    found = []
    for begin, end in pairwise([0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]):
        found += splitter.feed(data[begin:end])
    return found


@given(streams, st.lists(st.integers(0, 200_000), max_size=8))
@example([("t", b"x" * 16_390, 7, False, b"")], list(range(0, 16_400, 7)))
@settings(max_examples=50)
def test_packets_are_found_wherever_the_bytes_are_cut(stream: list[tuple[object, ...]], cuts: list[int]) -> None:
    data = b""
    messages = [one for one in stream if len(one) == 5]
    for one in stream:
        if len(one) == 5:
            topic, payload, packet_id, retain, properties = one
            data += publish(topic, payload, packet_id, retain=retain, properties=properties)  # type: ignore[arg-type]
        elif one[0] == PUBLISH:
            data += publish(ASIDE, one[1])  # type: ignore[arg-type]
        else:
            data += bytes((one[0], len(one[1]))) + one[1]  # type: ignore[arg-type, operator]
    splitter = Splitter(ASIDE)
    assert feed(splitter, data, cuts) == [one for one in stream if len(one) == 2]
    found = splitter.published
    assert found.topics == [one[0] for one in messages]
    assert found.payloads == [one[1] for one in messages]
    assert found.packet_ids == [one[2].to_bytes(2, "big") if one[2] else b"" for one in messages]  # type: ignore[attr-defined]
    assert found.retained == [place for place, one in enumerate(messages) if one[3]]


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_no_bytes_do_worse_than_end_the_connection(data: bytes, cuts: list[int]) -> None:
    splitter = Splitter(ASIDE)
    try:
        for kind, body in feed(splitter, data, cuts):
            if kind == CONNACK:
                read_connack(body)
            elif kind == SUBACK:
                read_suback(body)
    except MalformedPacket:
        pass
    found = splitter.published
    assert len(found.topics) == len(found.payloads) == len(found.packet_ids)


def test_a_topic_that_is_no_text_is_handed_on_as_one_outside_the_grammar() -> None:
    splitter = Splitter(ASIDE)
    splitter.feed(b"\x32\x08\x00\x02\xff\xfe\x00\x07\x00x")
    assert splitter.published.topics == ["��"]


@pytest.mark.parametrize(
    "packet",
    [
        b"\x32\x04\x00\x09to",  # a topic longer than its packet
        b"\x30\x04\x00\x01t\x7f",  # properties longer than their packet
        b"\x30\x00",
        b"\x30\xff\xff\xff\xff\x01",  # a length of five bytes
    ],
)
def test_a_packet_that_contradicts_itself_is_malformed(packet: bytes) -> None:
    with pytest.raises(MalformedPacket):
        Splitter(ASIDE).feed(packet + publish("t", b"x" * 20))


def test_what_we_send_is_what_the_standard_says() -> None:
    assert subscribe(1, [Subscription("a/+"), Subscription("b", qos=0), Subscription("c", retained_if_new=True)]) == (
        b"\x82\x11\x00\x01\x00" + b"\x00\x03a/+\x01" + b"\x00\x01b\x00" + b"\x00\x01c\x11"
    )
    assert acknowledgements([b"\x00\x01", b"", b"\xff\xff"]) == b"\x40\x02\x00\x01\x40\x02\xff\xff"
    assert acknowledgements([b""]) == b""
    assert (disconnect(), disconnect(0x81)) == (b"\xe0\x00", b"\xe0\x01\x81")
    hello = connect("id", "user", "secret", keep_alive_s=30, receive_maximum=65_535, session_expiry_s=600)
    assert hello == (
        b"\x10\x25\x00\x04MQTT\x05\xc0\x00\x1e" + b"\x08\x11\x00\x00\x02\x58\x21\xff\xff"
        b"\x00\x02id\x00\x04user\x00\x06secret"
    )
    assert connect("id", None, None, keep_alive_s=30, receive_maximum=1, session_expiry_s=0)[9] == 0


def test_answers_are_read_with_the_properties_that_a_broker_adds() -> None:
    assert read_connack(b"\x01\x00\x00") == Acknowledged(session_present=True, code=0, keep_alive_s=None)
    properties = Properties(PacketTypes.CONNACK)  # type: ignore[no-untyped-call]
    properties.AssignedClientIdentifier = "name"
    properties.UserProperty = ("a", "b")
    properties.ReceiveMaximum = 20
    properties.ServerKeepAlive = 12
    packed: bytes = properties.pack()  # type: ignore[no-untyped-call]
    accepted = Acknowledged(session_present=False, code=0, keep_alive_s=12, receive_maximum=20)
    assert read_connack(b"\x00\x00" + packed) == accepted
    assert read_connack(b"\x00\x87" + b"\x04\x1f\x00\x01x").code == 0x87
    assert read_suback(b"\x00\x01\x04\x1f\x00\x01x\x01\x87") == [1, 0x87]
    assert [read_puback(body) for body in (b"\x01\x02", b"\x00\x07\x87", b"\x00\x07\x10\x00")] == [
        *((258, 0), (7, 0x87), (7, 0x10)),
    ]
    with pytest.raises(MalformedPacket):
        read_puback(b"\x01")
