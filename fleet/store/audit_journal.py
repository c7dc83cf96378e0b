"""The journal: what a process appends to the audit log with, many entries in one commit.

Whoever reads calls `read` and may answer when it returns. Whoever changes something records it in the change's own
transaction (`fleet.store.audit.record`), commits, and calls `settled` before answering: the journal moves the entry
into the chain.

A process has two appenders (`fleet.store.audit_appender`), each with a chain of its own. The second one is started when
a read first finds the first one in the middle of a commit: such a read would wait for that commit and then for its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fleet.audit.entry import Actor, Entry, make_entry
from fleet.audit.keys import Keys
from fleet.audit.seals import Anchor
from fleet.audit.verify import ANCHORED
from fleet.errors import StoreUnavailable
from fleet.store.audit_appender import APPLICATION_NAME, Appender, Connect, Waiter, Work
from fleet.store.audit_files import AuditFiles

__all__ = ["APPLICATION_NAME", "MOST_WAITING", "STATEMENT_TIMEOUT_S", "Journal", "JournalState"]

log = logging.getLogger(__name__)

MOST_WAITING = 5_000
"""Reads in the queue; the next one is refused, which is answered as 503."""

SYNC_EVERY_S = 1.0
LOOK_FOR_ANCHOR_S = 30.0

ACTOR = "service"
"""Who the log names for what the service does by itself."""

STATEMENT_TIMEOUT_S = 10.0


@dataclass(slots=True)
class JournalState:
    """For probes and figures, of all appenders together. `trouble`: a sentence while something is wrong.

    `appending` and `chain` are those of the first appender: without it changes are not chained.
    """

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
        connect: Connect,
        keys: Keys,
        files: AuditFiles,
        now: Callable[[], datetime],
        *,
        read_patience_s: float = 5.0,
        settle_patience_s: float = 2.0,
    ) -> None:
        self.keys = keys
        self.files = files
        self.connect = connect
        self._now = now
        self._read_patience_s = read_patience_s
        self._settle_patience_s = settle_patience_s
        self._work = Work(deque(), {})
        self._first = Appender(connect, keys, files, self._work, first=True, returned=self._hand_out)
        self._second: Appender | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._keeper: asyncio.Task[None] | None = None
        self._on_fault: Callable[[], None] | None = None
        self._fault: str | None = None
        self._late = 0

    @property
    def state(self) -> JournalState:
        appenders = self._appenders()
        first = self._first
        return JournalState(
            appending=first.appending,
            chain=None if first.chain is None else first.chain.number,
            entries=sum(one.entries for one in appenders),
            commits=sum(one.commits for one in appenders),
            late=self._late,
            trouble=self._fault or first.trouble,
            distrusted=list(dict.fromkeys(trouble for one in appenders for trouble in one.distrusted)),
        )

    # ------------------------------------------------------------ for everybody

    def start(self, on_fault: Callable[[], None] | None = None) -> None:
        """`on_fault` is called when the journal ends by a fault of its own: the process must end too."""
        self._on_fault = on_fault
        self._start(self._first)
        self._keeper = asyncio.create_task(self._keep(), name="audit-keeper")
        self._keeper.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Appends what is in the queue, as long as the database takes it."""
        self._work.stopping = True
        for appender in self._appenders():
            appender.wake()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._read_patience_s)
        for task in (*self._tasks, self._keeper):
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
        if len(self._work.reads) >= MOST_WAITING or self._work.stopping:
            raise StoreUnavailable("the audit log takes no more entries at the moment")
        loop = asyncio.get_running_loop()
        waiter = Waiter(entry, loop.create_future())
        self._work.reads.append(waiter)
        self._hand_out()
        patience = loop.call_later(self._read_patience_s, self._refuse, waiter)
        try:
            await waiter.done
        finally:
            patience.cancel()

    def _refuse(self, waiter: Waiter) -> None:
        if not waiter.done.done():
            waiter.done.set_exception(
                StoreUnavailable(f"the audit log was not written: {self.state.trouble or 'too slow'}")
            )

    async def settled(self, ids: Collection[int]) -> bool:
        """Returns when these entries, which are committed as pending, are chained; False when it takes too long.

        Then they are as safe as the change they tell of, and chained as soon as that is possible again.
        """
        loop = asyncio.get_running_loop()
        settling = self._work.settling
        futures = []
        for one in ids:
            future: asyncio.Future[None] = loop.create_future()
            settling.setdefault(one, []).append(future)
            futures.append(future)
        self._first.wake()
        _, late = await asyncio.wait(futures, timeout=self._settle_patience_s)
        if not late:
            return True
        for one, future in zip(ids, futures, strict=True):
            waiting = settling.get(one, [])
            if future in waiting:
                waiting.remove(future)
            if not waiting:
                settling.pop(one, None)
        self._late += 1
        log.error("a change was answered before its entry was chained: %s", self.state.trouble or "too slow")
        return False

    # ------------------------------------------------------------ the appenders

    def _appenders(self) -> list[Appender]:
        return [self._first] if self._second is None else [self._first, self._second]

    def _hand_out(self) -> None:
        """Have somebody look at the queue: the first appender that is at rest; the others do when they are done."""
        if self._first.wake():
            return
        if self._second is not None:
            self._second.wake()
        elif self._first.chain is not None and self._first.appending and not self._work.stopping:
            self._second = Appender(
                self.connect,
                self.keys,
                self.files,
                self._work,
                first=False,
                chains_from=self._first.chain.number + 1,
                returned=self._hand_out,
            )
            self._start(self._second)

    def _start(self, appender: Appender) -> None:
        task = asyncio.create_task(appender.run(), name="audit-journal")
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._fault = f"the audit log ended by a fault: {fault}"
            log.critical("%s", self._fault, exc_info=fault)
            if self._on_fault is not None:
                self._on_fault()

    # ------------------------------------------------------------ heads and anchors

    async def _keep(self) -> None:
        """Syncs the head files every second, and anchors every full hour."""
        loop = asyncio.get_running_loop()
        anchor_at = loop.time() + LOOK_FOR_ANCHOR_S
        while True:
            await asyncio.sleep(SYNC_EVERY_S)
            for appender in self._appenders():
                if appender.chain is not None and appender.chain.unsynced:
                    await asyncio.to_thread(appender.sync_head)
            if loop.time() >= anchor_at:
                anchor_at = loop.time() + LOOK_FOR_ANCHOR_S
                await self.anchor_if_due()

    async def anchor_if_due(self) -> Anchor | None:
        """Anchor all heads when the last anchor is of an earlier hour; the log itself tells of it too."""
        now = self._now()

        def due(last: Anchor | None) -> bool:
            return last is None or _hour(last.at) < _hour(now)

        try:
            made = await asyncio.to_thread(self.files.anchor, now, self.keys, due=due)
        except OSError as error:
            self._first.trouble = f"the audit anchors cannot be written: {error}"
            log.error("%s", self._first.trouble)
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
