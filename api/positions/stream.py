"""The stream of live positions as server-sent events.

A reader holds one number, the tick it has seen. There is no queue for it: while its connection is full it simply
does not ask, and what it asks for afterwards is merged.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from api.datum import Datum
from api.live.fleet import Selection
from api.state import Services
from fleet.errors import NotAuthenticated, StoreUnavailable

KEEP_ALIVE_S = 15.0
HEALTH_S = 5.0
RECHECK_S = 15.0
"""How long a stream outlives the end of its session."""

MAX_READERS = 1_000


async def position_events(
    services: Services,
    chosen: Selection,
    datum: Datum,
    *,
    last_event_id: str | None,
    still_allowed: Callable[[], Awaitable[object]],
    account_id: int,
) -> AsyncIterator[bytes]:
    """Events until the service closes or the session ends. The fleet must have been caught up before."""
    live, clock = services.live, asyncio.get_running_loop()
    live.readers += 1
    services.seats.take(account_id)
    try:
        epoch = live.fleet.epoch
        yield b"retry: 2000\n\n"
        tick = live.fleet.tick
        for event in _opening(services, chosen, datum, last_event_id):
            yield event
        spoke_at = health_at = checked_at = clock.time()
        while not services.closing.is_set():
            await live.woken(min(KEEP_ALIVE_S, HEALTH_S))
            if services.closing.is_set():
                break
            if clock.time() - checked_at >= RECHECK_S:
                checked_at = clock.time()
                try:
                    await still_allowed()
                except NotAuthenticated:
                    break
                except StoreUnavailable:
                    checked_at -= RECHECK_S - HEALTH_S
            if epoch != live.fleet.epoch:
                epoch, seen = live.fleet.epoch, -1
                yield reset_event(live.fleet.revision)
            else:
                seen = tick
            tick = live.fleet.tick
            changes = live.events.since(seen, chosen, datum, services.now()) if seen != tick else None
            if changes is not None:
                yield changes
                spoke_at = clock.time()
            if clock.time() - health_at >= HEALTH_S:
                health_at = spoke_at = clock.time()
                yield health_event(services)
            elif clock.time() - spoke_at >= KEEP_ALIVE_S:
                spoke_at = clock.time()
                yield b": still here\n\n"
    finally:
        live.readers -= 1
        services.seats.leave(account_id)


def _opening(services: Services, chosen: Selection, datum: Datum, last_event_id: str | None) -> list[bytes]:
    """What a reader is told first: everything, or what came after the event it saw last."""
    fleet, events, now = services.live.fleet, services.live.events, services.now()
    everything = events.since(-1, chosen, datum, now) or b""
    if last_event_id is None:
        return [everything]
    revision = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else -1
    if not 0 <= revision <= fleet.revision:
        return [reset_event(fleet.revision), everything]
    tick = fleet.tick_of(revision)
    if tick is not None:
        changes = events.since(tick, chosen, datum, now)
    elif not chosen.narrowed:
        delta = fleet.later_than(revision, chosen)
        changes = events.of(delta, datum, now) if delta.entries else None
    else:
        changes = everything  # who has left the selection in the meantime is not known any more
    return [changes] if changes is not None else []


def reset_event(revision: int) -> bytes:
    return b'event: reset\ndata: {"revision":%d}\n\n' % revision


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
