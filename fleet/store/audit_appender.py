"""One appender of the journal: a connection, the chain it holds, and the task that commits what waits.

While it commits one group the next one gathers, so a commit is shared by all who came meanwhile and nobody waits for
a timer.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

import asyncpg

from fleet.audit.entry import Entry, Link
from fleet.audit.keys import Keys
from fleet.errors import FleetError, StoreUnavailable
from fleet.store.audit_chain import Chain, chain_what_came_before, take_chain
from fleet.store.audit_files import AuditFiles
from fleet.store.pool import UNAVAILABLE

log = logging.getLogger(__name__)

GROUP = 500
POLL_S = 1.0
"""How long an entry of a command may lie in `audit_pending` before somebody looks."""

OTHERS_TURN_S = 0.005
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.1, 4.0

# What the database refuses for other reasons (a right that was taken, a table that is gone) is waited for too.
BROKEN = (asyncpg.PostgresError, *UNAVAILABLE)

APPLICATION_NAME = "one-network-audit"

Connect = Callable[[], Awaitable[asyncpg.Connection]]


@dataclass(slots=True)
class Waiter:
    """A read that is answered when `done` is."""

    entry: Entry
    done: asyncio.Future[None]


@dataclass(slots=True)
class Work:
    """What all appenders of a process share: reads in their order, and changes by the number of their entry."""

    reads: deque[Waiter]
    settling: dict[int, list[asyncio.Future[None]]]
    appending: int = 0
    """How many appenders hold a chain at the moment."""
    stopping: bool = False


class Appender:
    """Life: `run` until `work.stopping` and nothing waits. The first of a process also chains what is pending."""

    def __init__(
        self,
        connect: Connect,
        keys: Keys,
        files: AuditFiles,
        work: Work,
        *,
        first: bool,
        chains_from: int = 1,
        returned: Callable[[], None],
    ) -> None:
        """It takes the first free chain from number `chains_from` on. `returned` is called when it leaves reads
        in the queue to whoever is free."""
        self.chain: Chain | None = None
        self.entries = 0
        self.commits = 0
        self.trouble: str | None = None
        self.distrusted: list[str] = []
        self._connect = connect
        self._keys = keys
        self._files = files
        self._work = work
        self._first = first
        self._chains_from = chains_from
        self._returned = returned
        self._appending = False
        self._rest: asyncio.Future[None] | None = None
        self._doubt: tuple[Link, list[Waiter]] | None = None
        self._previous_backend: int | None = None

    @property
    def appending(self) -> bool:
        return self._appending

    @appending.setter
    def appending(self, now: bool) -> None:
        self._work.appending += now - self._appending
        self._appending = now

    def wake(self) -> bool:
        """Whether it was at rest, and now looks at the queue."""
        if self._rest is None or self._rest.done():
            return False
        self._rest.set_result(None)
        return True

    async def run(self) -> None:
        back_off_s = FIRST_BACK_OFF_S
        while True:
            connection: asyncpg.Connection | None = None
            try:
                connection = await self._connect()
                await self._take_chain(connection)
                back_off_s = FIRST_BACK_OFF_S
                await self._serve()
                await connection.close()
                return
            except (FleetError, *BROKEN) as error:
                what = "the audit log cannot be written" if self._first else "the audit log has one appender only"
                self.trouble = f"{what} ({type(error).__name__}: {error})"
                log.error("%s; trying again in %.1f s", self.trouble, back_off_s)
            finally:
                self.appending = False
                if self.chain is not None:
                    self.chain.close()
                    self.chain = None
                if connection is not None and not connection.is_closed():
                    connection.terminate()
            if self._work.stopping:
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
        if self._first and (moved := await chain_what_came_before(connection, self._keys, self._files)):
            log.info("%d entries from before there were audit chains are chain 0 now", moved)
        chain, troubles = await take_chain(connection, self._keys, self._files, first=self._chains_from)
        for trouble in troubles:
            log.error("%s; appending to chain %d", trouble, chain.number)
        self.chain = chain
        await self._settle_doubt(connection)
        self.distrusted = troubles
        self.appending = True
        self.trouble = None

    async def _settle_doubt(self, connection: asyncpg.Connection) -> None:
        """A connection that breaks during a commit leaves open whether it took place: look."""
        if self._doubt is None:
            return
        last, group = self._doubt
        stored = await connection.fetchval("select mac from audit_log where chain = $1 and n = $2", last.chain, last.n)
        self._doubt = None
        if stored == last.mac:
            finish(waiter.done for waiter in group)
        else:
            self._give_back(group)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        look_at = loop.time()
        while True:
            if not self._work.reads and not self._settles:
                if self._work.stopping:
                    return
                await self._wait_for_work(look_at if self._first else None)
            look = self._settles or (self._first and loop.time() >= look_at)
            taken = await self._append_group(look=look)
            if look:
                look_at = loop.time() + (0.0 if taken else POLL_S)
            if self._settles and await self._settle(taken):
                await asyncio.sleep(OTHERS_TURN_S)

    @property
    def _settles(self) -> bool:
        return self._first and bool(self._work.settling)

    async def _wait_for_work(self, until: float | None) -> None:
        # A bare future and one timer: what is spent here is spent by a read that finds us at rest.
        loop = asyncio.get_running_loop()
        self._rest = loop.create_future()
        timer = None if until is None else loop.call_at(until, self.wake)
        try:
            await self._rest
        finally:
            self._rest = None
            if timer is not None:
                timer.cancel()

    async def _append_group(self, *, look: bool) -> list[int]:
        """Commit what waits, with what is pending if `look`; answers the pending ids that were chained."""
        assert self.chain is not None
        reads = self._work.reads
        group: list[Waiter] = []
        # What is pending takes several round trips: reads go to the other one meanwhile.
        leave = look and self._work.appending > 1
        if leave and reads:
            self._returned()
        while reads and not leave and len(group) < GROUP:
            waiter = reads.popleft()
            if not waiter.done.done():  # its reader has not given up
                group.append(waiter)
        if not group and not look:
            return []
        taken: list[int] = []
        try:
            entries = [waiter.entry for waiter in group]
            if look:
                taken = await self.chain.append_with_pending(entries)
            else:
                await self.chain.append(entries)
        except asyncpg.UniqueViolationError as error:
            self._give_back(group)
            raise StoreUnavailable(f"somebody else wrote into audit chain {self.chain.number}") from error
        except BROKEN:
            # Entries that wait go on waiting, until they are written or their reader has been refused.
            attempted = self.chain.attempted
            if attempted is None:
                self._give_back(group)
            else:
                self._doubt = (attempted, group)
            raise
        self.entries += len(group) + len(taken)
        self.commits += bool(group or taken)
        finish(waiter.done for waiter in group)
        return taken

    def _give_back(self, group: Collection[Waiter]) -> None:
        self.appending = False
        self._work.reads.extendleft(reversed([*group]))
        if group:
            self._returned()

    async def _settle(self, taken: Collection[int]) -> bool:
        """Tell those whose entries are chained; answers whether some still wait."""
        assert self.chain is not None
        settling = self._work.settling
        for one in taken:
            finish(settling.pop(one, ()))
        if not settling:
            return False
        # What is neither pending nor was taken by us was chained by another process.
        asked = list(settling)
        pending = await self.chain.still_pending(asked)
        for one in asked:
            if one not in pending:
                finish(settling.pop(one, ()))
        return bool(settling)

    def sync_head(self) -> None:
        """Make the head file survive a power failure, if it was written since; blocks."""
        chain = self.chain
        if chain is not None and chain.unsynced:
            with suppress(OSError):  # it was closed meanwhile
                chain.sync()


def finish(futures: Iterable[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
