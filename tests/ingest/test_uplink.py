"""What every subscriber keeps towards a real broker: our own, and paho, which it is held against."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleet.errors import BrokerUnavailable, InvalidSettings
from fleet.identity.tls import SYSTEM_TLS, ClientTls
from fleet.local.mosquitto import Mosquitto
from ingest.__main__ import SUBSCRIBERS
from ingest.uplink import Deliveries, Uplink
from tests.certificates import authority, written
from tests.ingest.stage import DIVISION, PASSWORD, Publisher, Stage
from tests.services import free_port, fresh_broker

pytestmark = [pytest.mark.seam]


@pytest.fixture(params=SUBSCRIBERS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def open_uplink(kind: str, broker: Mosquitto, tmp_path: Path) -> Callable[..., Any]:
    """`async with open_uplink(worker=1, …) as uplink`: started, and stopped at the end."""
    Stage("", broker, tmp_path)  # accounts

    @asynccontextmanager
    async def opened(worker: int = 1, *, url: str | None = None, **more: Any) -> AsyncIterator[Uplink]:
        address = url or broker.url("service.ingest", PASSWORD)
        uplink: Uplink = SUBSCRIBERS[kind](address, worker, lambda: datetime.now(UTC), **more)
        await uplink.start()
        try:
            yield uplink
        finally:
            await uplink.stop()

    return opened


@pytest.fixture
def units(open_uplink: Any, broker: Mosquitto) -> Iterator[Publisher]:
    publisher = Publisher(broker.port, f"gateway.{DIVISION}", DIVISION, receipts=False)
    try:
        yield publisher
    finally:
        publisher.close()


async def until(condition: Callable[[], bool], what: str, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {within_s:.0f} s for {what}"
        await asyncio.sleep(0.02)


async def gather(uplink: Uplink, count: int, *, acknowledge: bool = True) -> list[bytes]:
    """The payloads of the next `count` messages."""
    return [payload for one in await deliveries_of(uplink, count, acknowledge) for payload in one.arrivals.payloads]


async def deliveries_of(uplink: Uplink, count: int, acknowledge: bool) -> list[Deliveries]:
    found: list[Deliveries] = []
    deadline = time.monotonic() + 30
    while sum(map(len, found)) < count:
        assert time.monotonic() < deadline, f"{sum(map(len, found))} of {count} messages came"
        taken = await uplink.take(100_000, 0.02, 0.5)
        found.append(taken)
        if acknowledge:
            uplink.acknowledge(taken)
    assert sum(map(len, found)) == count
    return found


async def nothing_more(uplink: Uplink) -> None:
    assert len(await uplink.take(10, 0.05, 0.3)) == 0


def numbered(first: int, count: int, kind: str = "position") -> list[tuple[str, str, bytes]]:
    return [(f"u{number % 7}", kind, b"%d" % number) for number in range(first, first + count)]


def bodies(messages: list[tuple[str, str, bytes]]) -> list[bytes]:
    return [body for _, _, body in messages]


async def test_messages_come_in_order_with_topic_bytes_and_moment(open_uplink: Any, units: Publisher) -> None:
    async with open_uplink() as uplink:
        began = datetime.now(UTC)
        units.send_many([*numbered(0, 300), ("u1", "usage", b"\x00[\xff"), ("u1", "event", b"")])
        taken = await deliveries_of(uplink, 302, acknowledge=True)
    messages = [message for one in taken for message in one.arrivals.messages()]
    assert [message.payload for message in messages[:300]] == bodies(numbered(0, 300))
    assert [(message.topic, message.payload) for message in messages[299:]] == [
        (f"fleet/v1/{DIVISION}/u5/position", b"299"),
        (f"fleet/v1/{DIVISION}/u1/usage", b"\x00[\xff"),
        (f"fleet/v1/{DIVISION}/u1/event", b""),
    ]
    assert all(began <= message.received_at <= datetime.now(UTC) for message in messages)
    assert not any(message.retain for message in messages)


async def test_the_window_closes_until_something_is_acknowledged(open_uplink: Any, units: Publisher) -> None:
    async with open_uplink(receive_maximum=10) as uplink:
        units.send_many(numbered(0, 25))
        await until(lambda: uplink.waiting() == 10, "ten messages")
        await asyncio.sleep(0.2)
        taken = await uplink.take(100, 0.01, 1)
        assert taken.arrivals.payloads == bodies(numbered(0, 10))
        uplink.acknowledge(taken)
        assert await gather(uplink, 15) == bodies(numbered(10, 15))


async def test_it_takes_no_more_than_it_is_asked_for(open_uplink: Any, units: Publisher) -> None:
    async with open_uplink() as uplink:
        units.send_many(numbered(0, 25))
        await until(lambda: uplink.waiting() == 25, "25 messages")
        found: list[bytes] = []
        for expected in (10, 10, 5):
            taken = await uplink.take(10, 0.01, 1)
            assert len(taken) == expected
            assert [message.payload for message in taken.arrivals.messages()] == taken.arrivals.payloads
            found += taken.arrivals.payloads
            uplink.acknowledge(taken)
        assert found == bodies(numbered(0, 25))


async def test_what_was_not_acknowledged_comes_again_and_nothing_else(
    open_uplink: Any, units: Publisher, kind: str
) -> None:
    async with open_uplink() as uplink:
        units.send_many(numbered(0, 40))
        await until(lambda: uplink.waiting() == 40, "40 messages")
        uplink.acknowledge(await uplink.take(15, 0.01, 1))
        await uplink.take(15, 0.01, 1)
        if kind == "paho":
            await asyncio.sleep(1)  # it closes without waiting for the broker to have read what it said last
    units.send_many(numbered(40, 20))  # while nobody is there
    async with open_uplink() as uplink:
        assert await gather(uplink, 45, acknowledge=False) == bodies(numbered(15, 45))
    async with open_uplink() as uplink:
        await until(lambda: uplink.waiting() == 45, "the same once more")
        assert await gather(uplink, 45) == bodies(numbered(15, 45))
    if kind == "bulk":
        async with open_uplink() as uplink:
            await nothing_more(uplink)


async def test_a_broker_that_is_killed_is_found_again(open_uplink: Any, units: Publisher, broker: Mosquitto) -> None:
    async with open_uplink() as uplink:
        units.send_many(numbered(0, 5))
        before = await deliveries_of(uplink, 5, acknowledge=False)
        broker.kill()
        await until(lambda: not uplink.connected, "the loss to be seen")
        broker.start()
        await until(lambda: uplink.connected, "the connection")
        await until(units._client.is_connected, "the publisher's connection")
        for one in before:
            uplink.acknowledge(one)  # of a connection that is no more: must hit no message of this one
        units.send_many(numbered(5, 20))
        assert await gather(uplink, 20) == bodies(numbered(5, 20))


async def test_a_connection_that_breaks_with_its_session_kept_gives_each_message_once(
    open_uplink: Any, units: Publisher, broker: Mosquitto
) -> None:
    async with open_uplink() as uplink:
        units.send_many(numbered(0, 30))
        await until(lambda: uplink.waiting() == 30, "30 messages")
        taken = await uplink.take(10, 0.01, 1)
        broker.stop()  # saves its sessions
        await until(lambda: not uplink.connected, "the loss to be seen")
        broker.start()
        await until(lambda: uplink.connected and uplink.waiting() >= 30, "the connection and all messages again")
        uplink.acknowledge(taken)
        assert sorted(await gather(uplink, 30), key=int) == bodies(numbered(0, 30))
        await nothing_more(uplink)


async def test_workers_share_what_comes_and_one_has_the_statuses(open_uplink: Any, units: Publisher) -> None:
    async with open_uplink(1) as first, open_uplink(2) as second:
        units.send_many([*numbered(0, 200), ("u1", "status", b"s")])
        await until(lambda: first.waiting() + second.waiting() == 201, "all messages")
        shares = [await gather(one, one.waiting()) for one in (first, second)]
    assert sorted(shares[0] + shares[1]) == sorted([*bodies(numbered(0, 200)), b"s"])
    assert min(map(len, shares)) > 50
    assert b"s" in shares[0]


async def test_retained_statuses_come_once_for_each_session(open_uplink: Any, units: Publisher) -> None:
    units.send("u1", "status", b"on", retain=True)
    async with open_uplink() as uplink:
        messages = (await deliveries_of(uplink, 1, acknowledge=True))[0].arrivals.messages()
        assert [(message.payload, message.retain) for message in messages] == [(b"on", True)]
        units.send("u1", "status", b"off", retain=True)
        messages = (await deliveries_of(uplink, 1, acknowledge=True))[0].arrivals.messages()
        assert [(message.payload, message.retain) for message in messages] == [(b"off", False)]
    async with open_uplink() as uplink:
        await nothing_more(uplink)


async def test_a_message_without_promise_needs_no_acknowledgement(open_uplink: Any, units: Publisher) -> None:
    async with open_uplink(receive_maximum=1) as uplink:
        for _ in range(3):
            units._client.publish(f"fleet/v1/{DIVISION}/u1/position", b"0", qos=0)
        units.send_many(numbered(1, 3))
        assert await gather(uplink, 6) == [b"0", b"0", b"0", b"1", b"2", b"3"]


@pytest.mark.parametrize("kind", ["bulk"])
async def test_no_more_is_read_than_there_is_room_for_though_it_has_no_window(
    open_uplink: Any, units: Publisher
) -> None:
    sent = [b"%04d" % number + bytes(100_000) for number in range(100)]
    async with open_uplink(receive_maximum=10, keep_alive_s=1) as uplink:
        for body in sent:
            units._client.publish(f"fleet/v1/{DIVISION}/u1/position", body, qos=0)
        await until(lambda: uplink.waiting() > 10, "more than the window")
        await asyncio.sleep(3)  # several keep-alives: who does not read must not take the broker for silent
        assert uplink.connected
        assert uplink.waiting() < 30
        assert await gather(uplink, 100) == sent
        units.send_many(numbered(0, 5))
        assert await gather(uplink, 5) == bodies(numbered(0, 5))


async def test_packets_of_all_sizes_come_whole(open_uplink: Any, units: Publisher) -> None:
    sizes = [0, 1, 90, 91, 92, 93, 94, 127, 128, 16_200, 16_300, 16_350, 16_384, 200_000, 1_048_000, 1, 300_000, 2]
    sent = [("u1", "position", os.urandom(size)) for size in sizes for _ in range(2)]
    async with open_uplink() as uplink:
        units.send_many(sent)
        assert await gather(uplink, len(sent)) == bodies(sent)


async def test_an_idle_connection_is_kept_alive_on_both_sides(open_uplink: Any, units: Publisher) -> None:
    async with open_uplink(keep_alive_s=1) as uplink:
        await asyncio.sleep(4)
        assert uplink.connected
        units.send_many(numbered(0, 1))
        assert [one.generation for one in await deliveries_of(uplink, 1, acknowledge=True)] == [1]


async def test_a_broker_that_falls_silent_is_left_and_found_again(
    open_uplink: Any, units: Publisher, broker: Mosquitto
) -> None:
    assert broker.pid is not None
    async with open_uplink(keep_alive_s=1) as uplink:
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            await until(lambda: not uplink.connected, "the silence to be noticed")
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        await until(lambda: uplink.connected, "the connection")
        units.send_many(numbered(0, 5))
        assert await gather(uplink, 5) == bodies(numbered(0, 5))


async def test_what_it_publishes_is_kept_for_units_and_sent_again_over_the_next_connection(
    open_uplink: Any, broker: Mosquitto
) -> None:
    async with open_uplink() as uplink:
        room = uplink.room()
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGSTOP)  # what it is sent now it will neither acknowledge nor remember
        for number in range(50):
            uplink.publish(f"fleet/v1/{DIVISION}/u{number}/receipt", b'{"seq":%d}' % number)
        assert uplink.room() == room - 50
        broker.kill()
        await until(lambda: not uplink.connected, "the loss to be seen")
        assert uplink.room() == 0
        broker.start()
        await until(lambda: uplink.room() == room, "all acknowledgements")
        reader = Publisher(broker.port, f"gateway.{DIVISION}", DIVISION, receipts=True)
        try:
            await until(lambda: len(reader.receipts) == 50, "the receipts that the broker kept")
        finally:
            reader.close()
    assert reader.receipts == {f"u{number}": {"seq": number} for number in range(50)}


async def test_it_speaks_tls_with_a_certificate_of_its_own(kind: str, tmp_path: Path) -> None:
    with fresh_broker(authority().files(demand=True)) as broker:
        Stage("", broker, tmp_path)
        url = f"mqtts://service.ingest:{PASSWORD}@127.0.0.1:{broker.tls_port}"

        def made(tls: ClientTls, **more: Any) -> Uplink:
            return SUBSCRIBERS[kind](url, 1, lambda: datetime.now(UTC), tls=tls, **more)

        uplink = made(written(tmp_path / "files", authority(), authority().client("service.ingest")))
        units = Publisher(broker.port, f"gateway.{DIVISION}", DIVISION, receipts=False)
        try:
            await uplink.start()
            sent = [*numbered(0, 500), ("u1", "position", os.urandom(700_000)), *numbered(500, 500)]
            units.send_many(sent)
            assert await gather(uplink, len(sent)) == bodies(sent)
        finally:
            await uplink.stop()
            units.close()
        for wrong in (SYSTEM_TLS, written(tmp_path / "none", authority())):
            with pytest.raises(BrokerUnavailable, match="MQTT broker"):
                await made(wrong, start_within_s=0.1).start()


@pytest.mark.parametrize("wrong", ["password", "port"])
async def test_a_broker_that_does_not_let_us_in_is_named_with_its_reason(
    open_uplink: Any, broker: Mosquitto, wrong: str
) -> None:
    urls = {
        "password": (broker.url("service.ingest", "not-the-password"), "refuses the account 'service.ingest'"),
        "port": (f"mqtt://x:y@127.0.0.1:{free_port()}", "cannot reach the MQTT broker"),
    }
    url, words = urls[wrong]
    with pytest.raises(BrokerUnavailable, match=words):
        async with open_uplink(url=url, start_within_s=0.2):
            pass


async def test_a_refused_subscription_is_a_setting_that_must_be_mended(kind: str) -> None:
    answering: list[asyncio.Task[None]] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.read(1):
                body = await reader.readexactly((await reader.readexactly(1))[0])
                if head == b"\x10":
                    writer.write(b"\x20\x03\x00\x00\x00")
                elif head == b"\xe0":
                    break
                elif head == b"\x82":
                    writer.write(b"\x90\x09" + body[:2] + b"\x00" + b"\x87" * 6)
        finally:
            writer.close()
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering.append(asyncio.create_task(refuse(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    failures: list[BaseException] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))
    url = f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    uplink = SUBSCRIBERS[kind](url, 1, lambda: datetime.now(UTC), start_within_s=2)
    with pytest.raises((BrokerUnavailable, InvalidSettings)):
        await uplink.start()
    await until(lambda: bool(failures), "the failure")
    assert isinstance(failures[0], InvalidSettings)
    assert "check its access file" in str(failures[0])
    assert not uplink.connected
    await uplink.stop()
    server.close()
    await server.wait_closed()
    # A socket that is left open is a warning in whichever test runs when it is found.
    async with asyncio.timeout(30):
        await asyncio.gather(*answering, return_exceptions=True)


async def test_it_knows_what_the_broker_has_dropped(open_uplink: Any, units: Publisher) -> None:
    async with open_uplink() as uplink:
        await until(lambda: uplink.broker_dropped is not None, "the broker's own figures")
        assert uplink.broker_dropped == 0
        assert uplink.waiting() == 0
