"""How long a batch waits for company."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from ingest.uplink import ENOUGH_BYTES, Inbox

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LONG_S = 600.0


def put(inbox: Inbox, count: int, size_bytes: int = 1) -> None:
    for _ in range(count):
        inbox.published.topics.append("t")
        inbox.published.payloads.append(b"")
        inbox.published.packet_ids.append(b"")
    inbox.mark(NOW, size_bytes)


@pytest.mark.parametrize(("more", "size_bytes"), [(9, 1), (1, ENOUGH_BYTES)], ids=["messages", "bytes"])
async def test_what_fills_a_batch_waits_for_nothing_more(more: int, size_bytes: int) -> None:
    inbox = Inbox(65_535)
    taking = asyncio.create_task(inbox.take(10, LONG_S, LONG_S))
    await asyncio.sleep(0)
    put(inbox, 1)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not taking.done()
    put(inbox, more, size_bytes)
    assert len(await asyncio.wait_for(taking, 60)) == 1 + more
    assert len(inbox) == 0


async def test_what_waits_already_is_taken_at_once() -> None:
    inbox = Inbox(65_535)
    put(inbox, 25)
    sizes = [len(await asyncio.wait_for(inbox.take(10, LONG_S, LONG_S), 60)) for _ in range(2)]
    assert sizes == [10, 10]
    assert len(await inbox.take(10, 0.001, LONG_S)) == 5
