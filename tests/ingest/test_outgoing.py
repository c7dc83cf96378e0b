"""What is published: within the window, and sent again until the broker has it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.outgoing import Outgoing
from ingest.packets import MalformedPacket, Splitter, publish, said_again

steps = st.lists(
    st.tuples(st.sampled_from(["publish", "publish", "acknowledge", "open"]), st.integers(1, 6)), max_size=60
)


def sent(packets: bytes) -> list[tuple[int, bytes]]:
    """Number and payload of each PUBLISH."""
    splitter = Splitter("")
    if splitter.feed(packets):
        raise MalformedPacket("something else than PUBLISH")
    found = splitter.published
    return [(int.from_bytes(one, "big"), body) for one, body in zip(found.packet_ids, found.payloads, strict=True)]


@given(steps)
def test_every_packet_is_sent_until_it_is_acknowledged_and_never_beyond_the_window(
    steps: list[tuple[str, int]],
) -> None:
    outgoing, window, published = Outgoing(most=5), 5, 0
    open_here: dict[int, bytes] = {}  # as the broker of this connection sees them
    done: list[bytes] = []

    def take(packets: bytes) -> None:
        for number, body in sent(packets):
            assert number > 1
            assert number not in open_here
            open_here[number] = body
        assert len(open_here) <= window

    def acknowledge(number: int) -> None:
        done.append(open_here.pop(number))
        take(outgoing.acknowledged(number))

    take(outgoing.opened(5))
    for what, number in steps:
        if what == "open":
            window = min(number, 5)
            open_here.clear()
            take(outgoing.opened(number))
        elif what == "publish" and outgoing.room:
            take(outgoing.publish("t", b"%d" % published))
            published += 1
        elif what == "acknowledge" and open_here:
            acknowledge(list(open_here)[number % len(open_here)])
    while open_here:
        acknowledge(next(iter(open_here)))
    assert sorted(done, key=int) == [b"%d" % number for number in range(published)]
    assert outgoing.room == window


def test_numbers_go_round_without_those_that_are_under_way() -> None:
    outgoing = Outgoing(most=3)
    outgoing.opened(3)
    ((kept, _),) = sent(outgoing.publish("t", b"kept"))
    numbers = set()
    for _ in range(65_534):
        ((number, _),) = sent(outgoing.publish("t", b""))
        numbers.add(number)
        outgoing.acknowledged(number)
    assert (kept, len(numbers), min(numbers)) == (2, 65_533, 3)


def test_it_is_a_retained_publish_with_an_acknowledgement_to_come() -> None:
    packet = publish("a/b", b"body", 258)
    assert packet == b"\x33\x0c\x00\x03a/b\x01\x02\x00body"
    assert said_again(packet) == b"\x3b" + packet[1:]
