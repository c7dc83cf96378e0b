"""The journal: the one task of a process that appends to the audit log, many entries in one commit.

Whoever reads calls `read` and may answer when it returns. Whoever changes something records it in the change's own
transaction (`fleet.store.audit.record`), commits, and calls `settled` before answering: the journal moves the entry
into the chain. While one group is being committed the next one gathers, so a commit is shared by all who came
meanwhile and nobody waits for a timer.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from fleet.audit.entry import Actor, Entry, Link, make_entry
from fleet.audit.keys import Keys
from fleet.audit.seals import Anchor
from fleet.audit.verify import ANCHORED
from fleet.errors import FleetError, StoreUnavailable
from fleet.store.audit_chain import Chain, chain_what_came_before, take_chain
from fleet.store.audit_files import AuditFiles
from fleet.store.pool import UNAVAILABLE

log = logging.getLogger(__name__)

MOST_WAITING = 5_000
"""Reads in the queue; the next one is refused, which is answered as 503."""

GROUP = 500
POLL_S = 1.0
"""How long an entry of a command may lie in `audit_pending` before somebody looks."""

OTHERS_TURN_S = 0.005
SYNC_EVERY_S = 1.0
LOOK_FOR_ANCHOR_S = 30.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.1, 4.0

ACTOR = "service"
"""Who the log names for what the service does by itself."""

# The driver calls it an internal fault when the server ends a session just as a statement begins. What the database
# refuses for other reasons (a right that was taken, a table that is gone) is waited for too.
BROKEN = (asyncpg.PostgresError, asyncpg.InternalClientError, *UNAVAILABLE)

APPLICATION_NAME = "one-network-audit"
STATEMENT_TIMEOUT_S = 10.0


@dataclass(slots=True)
class _Waiter:
    entry: Entry
    done: asyncio.Future[None]


@dataclass(slots=True)
class JournalState:
    """For probes and figures. `trouble`: a sentence while something is wrong."""

    appending: bool = False
    chain: int | None = None
    entries: int = 0
    commits: int = 0
    late: int = 0  # changes that were answered before their entry was chained
    trouble: str | None = None
    distrusted: list[str] = field(default_factory=list)


class Journal:
    """Life: `start`, then `read` and `settled` from any task of the loop, then `stop`, which finishes what it took.

    A reader waits `read_patience_s` for its entry before it is refused, a change `settle_patience_s` before it is
    answered all the same.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        keys: Keys,
        files: AuditFiles,
        now: Callable[[], datetime],
        *,
        read_patience_s: float = 5.0,
        settle_patience_s: float = 2.0,
    ) -> None:
        self.state = JournalState()
        self.keys = keys
        self.files = files
        self.connect = connect
        self._now = now
        self._read_patience_s = read_patience_s
        self._settle_patience_s = settle_patience_s
        self._queue: deque[_Waiter] = deque()
        self._settling: dict[int, list[asyncio.Future[None]]] = {}
        self._work = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._chain: Chain | None = None
        self._doubt: tuple[Link, list[_Waiter]] | None = None
        self._previous_backend: int | None = None

    # ------------------------------------------------------------ for everybody

    def start(self, on_fault: Callable[[], None] | None = None) -> None:
        """`on_fault` is called when the journal ends by a fault of its own: the process must end too."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (fault := task.exception()) is not None:
                self.state.trouble = f"the audit log ended by a fault: {fault}"
                log.critical("%s", self.state.trouble, exc_info=fault)
                if on_fault is not None:
                    on_fault()

        self._task = asyncio.create_task(self._run(), name="audit-journal")
        self._keeper = asyncio.create_task(self._keep(), name="audit-keeper")
        for task in (self._task, self._keeper):
            task.add_done_callback(ended)

    async def stop(self) -> None:
        """Appends what is in the queue, as long as the database takes it."""
        self._stopping = True
        self._work.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._read_patience_s)
        for task in (self._task, self._keeper):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])

    async def read(
        self,
        account: Actor | str,
        *,
        action: str,
        subject: str,
        purpose: str | None = None,
        detail: Mapping[str, Any] | None = None,
        organ_ids: Iterable[int] = (),
    ) -> None:
        """Returns when the entry is committed; answer after that. Raises StoreUnavailable when it cannot be."""
        entry = make_entry(
            self._now(), account, action=action, subject=subject, purpose=purpose, detail=detail, organ_ids=organ_ids
        )
        await self.append(entry)

    async def append(self, entry: Entry) -> None:
        if len(self._queue) >= MOST_WAITING or self._stopping:
            raise StoreUnavailable("the audit log takes no more entries at the moment")
        waiter = _Waiter(entry, asyncio.get_running_loop().create_future())
        self._queue.append(waiter)
        self._work.set()
        try:
            async with asyncio.timeout(self._read_patience_s):
                await waiter.done
        except TimeoutError as error:
            raise StoreUnavailable(f"the audit log was not written: {self.state.trouble or 'too slow'}") from error

    async def settled(self, ids: Collection[int]) -> bool:
        """Returns when these entries, which are committed as pending, are chained; False when it takes too long.

        Then they are as safe as the change they tell of, and chained as soon as that is possible again.
        """
        loop = asyncio.get_running_loop()
        futures = []
        for one in ids:
            future: asyncio.Future[None] = loop.create_future()
            self._settling.setdefault(one, []).append(future)
            futures.append(future)
        self._work.set()
        _, late = await asyncio.wait(futures, timeout=self._settle_patience_s)
        if not late:
            return True
        for one, future in zip(ids, futures, strict=True):
            waiting = self._settling.get(one, [])
            if future in waiting:
                waiting.remove(future)
            if not waiting:
                self._settling.pop(one, None)
        self.state.late += 1
        log.error("a change was answered before its entry was chained: %s", self.state.trouble or "too slow")
        return False

    # ------------------------------------------------------------ the task

    async def _run(self) -> None:
        back_off_s = FIRST_BACK_OFF_S
        while True:
            connection: asyncpg.Connection | None = None
            try:
                connection = await self.connect()
                await self._take_chain(connection)
                back_off_s = FIRST_BACK_OFF_S
                await self._serve()
                await connection.close()
                return
            except (FleetError, *BROKEN) as error:
                self.state.trouble = f"the audit log cannot be written ({type(error).__name__}: {error})"
                log.error("%s; trying again in %.1f s", self.state.trouble, back_off_s)
            finally:
                self.state.appending = False
                if self._chain is not None:
                    self._chain.close()
                    self._chain = None
                if connection is not None and not connection.is_closed():
                    connection.terminate()
            if self._stopping:
                return
            await asyncio.sleep(back_off_s)
            back_off_s = min(back_off_s * 2, LONGEST_BACK_OFF_S)

    async def _take_chain(self, connection: asyncpg.Connection) -> None:
        if self._previous_backend is not None:
            # Our own earlier session may still hold the chain behind a connection that broke.
            await connection.execute(
                "select pg_terminate_backend(pid, 1000) from pg_stat_activity where pid = $1 and application_name = $2",
                self._previous_backend,
                APPLICATION_NAME,
            )
        self._previous_backend = connection.get_server_pid()
        if moved := await chain_what_came_before(connection, self.keys, self.files):
            log.info("%d entries from before there were audit chains are chain 0 now", moved)
        chain, troubles = await take_chain(connection, self.keys, self.files)
        for trouble in troubles:
            log.error("%s; appending to chain %d", trouble, chain.number)
        self._chain = chain
        await self._settle_doubt(connection)
        self.state.distrusted = troubles
        self.state.chain = chain.number
        self.state.appending = True
        self.state.trouble = None

    async def _settle_doubt(self, connection: asyncpg.Connection) -> None:
        """A connection that breaks during a commit leaves open whether it took place: look."""
        if self._doubt is None:
            return
        last, group = self._doubt
        stored = await connection.fetchval("select mac from audit_log where chain = $1 and n = $2", last.chain, last.n)
        self._doubt = None
        if stored == last.mac:
            _resolve(group)
        else:
            self._queue.extendleft(reversed(group))

    async def _serve(self) -> None:
        assert self._chain is not None
        loop = asyncio.get_running_loop()
        look_at = loop.time()
        while True:
            if not self._queue and not self._settling:
                if self._stopping:
                    return
                self._work.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(look_at - loop.time(), 0.001)):
                        await self._work.wait()
            look = bool(self._settling) or loop.time() >= look_at
            taken = await self._append_group(look=look)
            if look:
                look_at = loop.time() + (0.0 if taken else POLL_S)
            if self._settling and await self._settle(taken):
                await asyncio.sleep(OTHERS_TURN_S)

    async def _append_group(self, *, look: bool) -> list[int]:
        """Commit what waits, with what is pending if `look`; answers the pending ids that were chained."""
        assert self._chain is not None
        group: list[_Waiter] = []
        while self._queue and len(group) < GROUP:
            waiter = self._queue.popleft()
            if not waiter.done.done():  # its reader has not given up
                group.append(waiter)
        if not group and not look:
            return []
        taken: list[int] = []
        try:
            entries = [waiter.entry for waiter in group]
            if look:
                taken = await self._chain.append_with_pending(entries)
            else:
                await self._chain.append(entries)
        except asyncpg.UniqueViolationError as error:
            self._queue.extendleft(reversed(group))
            raise StoreUnavailable(f"somebody else wrote into audit chain {self._chain.number}") from error
        except BROKEN:
            # Entries that wait go on waiting, until they are written or their reader has been refused.
            attempted = self._chain.attempted
            if attempted is None:
                self._queue.extendleft(reversed(group))
            else:
                self._doubt = (attempted, group)
            raise
        self.state.entries += len(group) + len(taken)
        self.state.commits += bool(group or taken)
        _resolve(group)
        return taken

    async def _settle(self, taken: Collection[int]) -> bool:
        """Tell those whose entries are chained; answers whether some still wait."""
        assert self._chain is not None
        for one in taken:
            _finish(self._settling.pop(one, ()))
        if not self._settling:
            return False
        # What is neither pending nor was taken by us was chained by another process.
        asked = list(self._settling)
        pending = await self._chain.still_pending(asked)
        for one in asked:
            if one not in pending:
                _finish(self._settling.pop(one, ()))
        return bool(self._settling)

    # ------------------------------------------------------------ heads and anchors

    async def _keep(self) -> None:
        """Syncs the head file every second, and anchors every full hour."""
        loop = asyncio.get_running_loop()
        anchor_at = loop.time() + LOOK_FOR_ANCHOR_S
        while True:
            await asyncio.sleep(SYNC_EVERY_S)
            chain = self._chain
            if chain is not None and chain.unsynced:
                await asyncio.to_thread(self._sync, chain)
            if loop.time() >= anchor_at:
                anchor_at = loop.time() + LOOK_FOR_ANCHOR_S
                await self.anchor_if_due()

    def _sync(self, chain: Chain) -> None:
        with suppress(OSError):  # it was closed meanwhile
            chain.sync()

    async def anchor_if_due(self) -> Anchor | None:
        """Anchor all heads when the last anchor is of an earlier hour; the log itself tells of it too."""
        now = self._now()

        def due(last: Anchor | None) -> bool:
            return last is None or _hour(last.at) < _hour(now)

        try:
            made = await asyncio.to_thread(self.files.anchor, now, self.keys, due=due)
        except OSError as error:
            self.state.trouble = f"the audit anchors cannot be written: {error}"
            log.error("%s", self.state.trouble)
            return None
        if made is None:
            return None
        anchor, line = made
        log.info("audit anchor %s", line)
        with suppress(StoreUnavailable):
            await self.read(
                ACTOR,
                action=ANCHORED,
                subject=f"anchor:{anchor.number}",
                detail={"anchor": anchor.number, "seal": anchor.seal},
            )
        return anchor


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _resolve(group: Iterable[_Waiter]) -> None:
    _finish(waiter.done for waiter in group)


def _finish(futures: Iterable[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
