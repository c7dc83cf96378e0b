"""Server-sent events from the copies in memory: one loop for every stream, and the sources it asks.

A reader holds one number for each source, up to where it was told; together they are the id of its events. There is
no queue for it: while its connection is full it simply does not ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from typing import NamedTuple, Protocol

import msgspec

from api.cases.notices import notice_shown
from api.datum import Datum
from api.dependencies import Caller
from api.errors import ApiProblem
from api.live.feed import Entry, entry_of
from api.live.fleet import Selection
from api.state import Services
from fleet.errors import NotAuthenticated, StoreUnavailable
from fleet.store import notices

KEEP_ALIVE_S = 15.0
HEALTH_S = 5.0
RECHECK_S = 15.0
"""How long a stream outlives the end of its session."""

MAX_READERS = 1_000
PAGE = 500
ABSENT = "-"


class Event(NamedTuple):
    """One event without its id; `marked`: a reader may resume after it."""

    body: bytes
    marked: bool = True


class Source(Protocol):
    """What a stream tells of. `at`: up to where it has told."""

    at: int

    def opening(self, last: int | None) -> AsyncIterator[Event]:
        """What a reader is told first; `last`: what it has seen, -1 where that cannot be read, None = nothing."""
        ...

    def news(self) -> AsyncIterator[Event]:
        """What came since."""
        ...


def check_seat(services: Services, caller: Caller) -> None:
    """Raises ApiProblem (429, 503) where one more stream is one too many."""
    if services.live.readers >= MAX_READERS:
        raise ApiProblem(
            503, "too-many-streams", "Too many streams", "Too many streams are open.", headers={"Retry-After": "30"}
        )
    if services.seats.full(caller.session.account_id):
        raise ApiProblem(
            429,
            "too-many-streams",
            "Too many streams",
            "This account has too many streams open: close some of them.",
            headers={"Retry-After": "30"},
        )


async def stream(
    services: Services,
    sources: Sequence[Source | None],
    *,
    last_event_id: str | None,
    health: bool,
    still_allowed: Callable[[], Awaitable[object]],
    account_id: int,
) -> AsyncIterator[bytes]:
    """Events until the service closes or the session ends. `sources`: None = the reader does not want this one."""
    live, clock = services.live, asyncio.get_running_loop()
    live.readers += 1
    services.seats.take(account_id)

    def told(event: Event) -> bytes:
        if not event.marked:
            return event.body
        marks = ".".join(ABSENT if one is None else str(one.at) for one in sources)
        return b"id: " + marks.encode() + b"\n" + event.body

    try:
        yield b"retry: 2000\n\n"
        async for event in _opening(sources, _marks(last_event_id, len(sources))):
            yield told(event)
        spoke_at = health_at = checked_at = clock.time()
        while not services.closing.is_set():
            await live.woken(min(KEEP_ALIVE_S, HEALTH_S))
            if services.closing.is_set():
                break
            if clock.time() - checked_at >= RECHECK_S:
                checked_at = clock.time()
                allowed = await _allowed(still_allowed)
                if allowed is False:
                    break
                if allowed is None:
                    checked_at -= RECHECK_S - HEALTH_S
            async for event in _news(sources):
                spoke_at = clock.time()
                yield told(event)
            if health and clock.time() - health_at >= HEALTH_S:
                health_at = spoke_at = clock.time()
                yield health_event(services)
            elif clock.time() - spoke_at >= KEEP_ALIVE_S:
                spoke_at = clock.time()
                yield b": still here\n\n"
    finally:
        live.readers -= 1
        services.seats.leave(account_id)


async def _opening(sources: Sequence[Source | None], marks: Sequence[int | None]) -> AsyncIterator[Event]:
    for source, last in zip(sources, marks, strict=True):
        if source is not None:
            async for event in source.opening(last):
                yield event


async def _news(sources: Sequence[Source | None]) -> AsyncIterator[Event]:
    for source in sources:
        if source is not None:
            async for event in source.news():
                yield event


async def _allowed(still_allowed: Callable[[], Awaitable[object]]) -> bool | None:
    """None: it cannot be known now."""
    try:
        await still_allowed()
    except NotAuthenticated:
        return False
    except StoreUnavailable:
        return None
    return True


def _marks(last_event_id: str | None, count: int) -> list[int | None]:
    """What the reader has seen of each source; -1 where the id is none of ours."""
    if last_event_id is None:
        return [None] * count
    parts = last_event_id.split(".")
    if len(parts) != count:
        return [-1] * count
    return [
        None if one == ABSENT else int(one) if one.isascii() and one.isdigit() and len(one) < 19 else -1
        for one in parts
    ]


class Positions:
    """The live fleet: first everything, or what changed since; then changes."""

    def __init__(self, services: Services, chosen: Selection, datum: Datum) -> None:
        self.at = services.live.fleet.revision
        self._services, self._chosen, self._datum = services, chosen, datum
        self._epoch = services.live.fleet.epoch
        self._tick = services.live.fleet.tick

    async def opening(self, last: int | None) -> AsyncIterator[Event]:
        fleet, events, now = self._services.live.fleet, self._services.live.events, self._services.now()
        self.at, self._tick, self._epoch = fleet.revision, fleet.tick, fleet.epoch
        everything = events.since(-1, self._chosen, self._datum, now) or b""
        if last is None:
            yield _unnumbered(everything)
            return
        if not 0 <= last <= fleet.revision:
            yield reset_event("positions", fleet.revision)
            yield _unnumbered(everything)
            return
        tick = fleet.tick_of(last)
        if tick is not None:
            changes = events.since(tick, self._chosen, self._datum, now)
        elif not self._chosen.narrowed:
            delta = fleet.later_than(last, self._chosen)
            changes = events.of(delta, self._datum, now) if delta.entries else None
        else:
            changes = everything  # who has left the selection in the meantime is not known any more
        if changes is not None:
            yield _unnumbered(changes)

    async def news(self) -> AsyncIterator[Event]:
        fleet, seen = self._services.live.fleet, self._tick
        if self._epoch != fleet.epoch:
            self._epoch, seen = fleet.epoch, -1
            yield reset_event("positions", fleet.revision)
        self._tick = fleet.tick
        if seen == self._tick:
            return
        changes = self._services.live.events.since(seen, self._chosen, self._datum, self._services.now())
        if changes is not None:
            self.at = fleet.revision
            yield _unnumbered(changes)


class Notices:
    """Cases and findings: each notice one event. A reader that comes for the first time is told what comes next."""

    def __init__(self, services: Services, chosen: Selection, topics: Collection[str]) -> None:
        self._services, self._chosen, self._topics = services, chosen, frozenset(topics)
        self._epoch = services.live.feed.epoch
        self.at = services.live.feed.revision

    async def opening(self, last: int | None) -> AsyncIterator[Event]:
        feed = self._services.live.feed
        self.at, self._epoch = feed.revision, feed.epoch
        if last is None:
            return
        if not 0 <= last <= feed.revision or not await self._kept(last):
            yield reset_event("cases", feed.revision)
            return
        self.at = last
        async for event in self.news():
            yield event

    async def news(self) -> AsyncIterator[Event]:
        feed = self._services.live.feed
        if self._epoch != feed.epoch:
            self._epoch, self.at = feed.epoch, feed.revision
            yield reset_event("cases", feed.revision)
            return
        while self.at < feed.revision:
            upto, entries = feed.revision, feed.since(self.at)
            if entries is None:
                entries = await self._read()
                if entries is None:
                    return
                if len(entries) == PAGE:
                    upto = entries[-1].revision
            members = self._services.live.fleet.subtree(self._chosen.organ)
            for one in entries:
                self.at = one.revision
                if one.topic not in self._topics or (members is not None and one.organ_id not in members):
                    continue
                if self._chosen.division in {None, one.division} and feed.visible(one, self._chosen.scope):
                    yield Event(one.event)
            self.at = max(self.at, upto)

    async def _read(self) -> list[Entry] | None:
        """What memory has forgotten; None while the database is away, which is asked again later."""
        try:
            async with self._services.database.begin() as connection:
                rows = await notices.after(connection, self.at, limit=PAGE)
        except StoreUnavailable:
            return None
        return [entry_of(row, notice_shown(row)) for row in rows]

    async def _kept(self, last: int) -> bool:
        """Whether everything after `last` is still there."""
        if self._services.live.feed.since(last) is not None:
            return True
        try:
            async with self._services.database.begin() as connection:
                first = await notices.oldest(connection)
        except StoreUnavailable:
            return True
        return first is not None and last >= first - 1


def _unnumbered(event: bytes) -> Event:
    """An event of positions is encoded once for all readers, with the fleet's revision: theirs stands before it."""
    return Event(event.partition(b"\n")[2])


def reset_event(topic: str, revision: int) -> Event:
    data = msgspec.json.encode({"topic": topic, "revision": revision})
    return Event(b"event: reset\ndata: " + data + b"\n\n", marked=False)


def health_event(services: Services) -> bytes:
    live = services.live
    data = msgspec.json.encode(
        {
            "revision": live.fleet.revision,
            "server_time": services.now(),
            "checked_at": live.checked_at,
            "store": "unavailable" if live.failing else "ok",
        }
    )
    return b"event: health\ndata: " + data + b"\n\n"
