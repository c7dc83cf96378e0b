"""One chain of the audit log and the connection that alone appends to it.

A chain belongs to whoever holds its advisory lock, so several processes never wait for each other. A chain that does
not end as its head file says is left as it is, for the check to find: the next number is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from fleet.audit.entry import GENESIS, Entry, Link, canonical, chain_up, code_of
from fleet.audit.keys import Keys
from fleet.audit.seals import Head
from fleet.errors import StoreUnavailable
from fleet.store.audit_files import AuditFiles, HeadFile

LOCKS = 5303200
"""First part of the advisory locks: the second is the number of a chain, or `TAKING`."""

TAKING = -1
BEFORE = 0
"""The chain of what was recorded before there were chains."""

MOST_CHAINS = 1000
PENDING_AT_ONCE = 500
PAGE = 500

_NEVER = datetime.min.replace(tzinfo=UTC)

_COLUMNS = "chain, n, at, account, role, address, action, subject, organ_ids, purpose, detail, key_id, mac"

_INSERT = f"""
insert into audit_log ({_COLUMNS})
select $1, n, at, account, role, address, action, subject, organ_ids::integer[], purpose, detail::json, $2, mac
from unnest($3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
    $11::text[], $12::text[], $13::bytea[])
    as one (n, at, account, role, address, action, subject, organ_ids, purpose, detail, mac)
"""

_INSERT_ONE = f"""
insert into audit_log ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
"""Most groups of a quiet hour are one entry, and arrays of one cost a third more."""

_TAKE = """
with taken as (
    delete from audit_pending
    where id in (select id from audit_pending where before_chain = $2 order by id limit $1)
    returning id, at, account, role, address, action, subject, organ_ids, purpose, detail::text as detail
)
select * from taken order by id
"""

_SELECT = f"""
select {_COLUMNS.replace("detail", "detail::text as detail")} from audit_log
where chain = $1 and n > $2 order by n limit $3
"""


class Chain:
    """Append with `append`; after each commit the head file is written, then the caller may answer."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        number: int,
        keys: Keys,
        file: HeadFile,
        end: Head,
        insert_one: PreparedStatement,
    ) -> None:
        self.number = number
        self.end = end
        self.attempted: Link | None = None
        """The last link of the commit that is under way, or that broke: whether it took place must be looked up."""
        self._connection = connection
        self._keys = keys
        self._file = file
        self._insert_one = insert_one
        self._next_end = end

    async def append(self, entries: Sequence[Entry]) -> None:
        """Commit the entries, in this order. Raises what the driver raises; nothing is appended then, unless the
        connection broke during the commit."""
        self.attempted = None
        links = self._links(entries)
        await self._insert(links)
        self._ends_with(links)

    async def append_with_pending(self, entries: Sequence[Entry], *, before_chain: bool = False) -> list[int]:
        """The same with what waits in `audit_pending`; answers the ids that were taken from there.

        One process takes at a time; another takes nothing then and may ask again.
        """
        self.attempted = None
        async with self._connection.transaction():
            taken: list[asyncpg.Record] = []
            if await self._connection.fetchval("select pg_try_advisory_xact_lock($1, $2)", LOCKS, TAKING):
                taken = await self._connection.fetch(_TAKE, PENDING_AT_ONCE, before_chain)
            links = self._links([*map(_entry, taken), *entries])
            await self._insert(links)
        self._ends_with(links)
        return [row["id"] for row in taken]

    async def still_pending(self, ids: Sequence[int]) -> set[int]:
        rows = await self._connection.fetch("select id from audit_pending where id = any($1::bigint[])", ids)
        return {row["id"] for row in rows}

    def sync(self) -> None:
        """Make the head file survive a power failure; blocks."""
        self._file.sync()

    @property
    def unsynced(self) -> bool:
        return self._file.unsynced

    def close(self) -> None:
        self._file.close()

    def _links(self, entries: Sequence[Entry]) -> list[Link]:
        return chain_up(self._keys, self.number, self.end.n, self.end.mac, entries)

    async def _insert(self, links: Sequence[Link]) -> None:
        if not links:
            return
        last = links[-1]
        self.attempted = last
        self._next_end = Head(self.number, last.n, last.mac, last.entry.at)
        # Runs while the database works: what is left for after the commit is waited for by all readers.
        asyncio.get_running_loop().call_soon(self._file.prepare, self._next_end)
        if len(links) == 1:
            one = last.entry
            await self._insert_one.fetch(
                *(last.chain, last.n, one.at, one.account, one.role, one.address, one.action, one.subject),
                *(one.organ_ids, one.purpose, one.detail, last.key_id, last.mac),
            )
            return
        entries = [link.entry for link in links]
        await self._connection.execute(
            _INSERT,
            self.number,
            self._keys.current,
            [link.n for link in links],
            [one.at for one in entries],
            [one.account for one in entries],
            [one.role for one in entries],
            [one.address for one in entries],
            [one.action for one in entries],
            [one.subject for one in entries],
            ["{" + ",".join(map(str, one.organ_ids)) + "}" for one in entries],
            [one.purpose for one in entries],
            [one.detail for one in entries],
            [link.mac for link in links],
        )

    def _ends_with(self, links: Sequence[Link]) -> None:
        if links:
            self.end = self._next_end
            self._file.write(self.end)


async def take_chain(
    connection: asyncpg.Connection, keys: Keys, files: AuditFiles, *, first: int = 1
) -> tuple[Chain, list[str]]:
    """The first free chain from number `first` on that ends as it should, and a sentence for each that does not.

    The lock is the connection's: it ends with it. Raises StoreUnavailable when no chain can be had.
    """
    files.prepare()
    troubles: list[str] = []
    for number in range(first, first + MOST_CHAINS):
        if not await connection.fetchval("select pg_try_advisory_lock($1, $2)", LOCKS, number):
            continue
        end = await _end(connection, number, keys, files.read_head(number, keys))
        if isinstance(end, Head):
            file = await asyncio.to_thread(files.head_file, number, keys)
            file.write(end)  # also the head of an empty chain: a chain without one is a chain that lost it
            await asyncio.to_thread(file.sync)
            return Chain(connection, number, keys, file, end, await connection.prepare(_INSERT_ONE)), troubles
        troubles.append(end)
        await connection.execute("select pg_advisory_unlock($1, $2)", LOCKS, number)
    raise StoreUnavailable(f"none of the audit chains {first} to {first + MOST_CHAINS - 1} can be continued")


async def chain_what_came_before(connection: asyncpg.Connection, keys: Keys, files: AuditFiles) -> int:
    """Chain 0: what was recorded before there were chains, in its order. Answers how many entries it took now."""
    if not await connection.fetchval("select exists (select from audit_pending where before_chain)"):
        return 0
    chain, _ = await take_chain(connection, keys, files, first=BEFORE)
    moved = 0
    try:
        while chain.number == BEFORE and (taken := await chain.append_with_pending((), before_chain=True)):
            moved += len(taken)
        chain.sync()
    finally:
        chain.close()
        await connection.execute("select pg_advisory_unlock($1, $2)", LOCKS, chain.number)
    return moved


async def _end(connection: asyncpg.Connection, number: int, keys: Keys, head: Head | None) -> Head | str:
    """Where the chain ends, or why it must not be continued. Only what follows the head is checked here."""
    if head is None and not await connection.fetchval("select exists (select from audit_log where chain = $1)", number):
        return Head(number, 0, GENESIS, _NEVER)
    if head is None:
        return f"audit chain {number} has entries but no head file that this service's key wrote: it may have been cut"
    mac = await connection.fetchval("select mac from audit_log where chain = $1 and n = $2", number, head.n)
    if head.n > 0 and mac != head.mac:
        return f"audit chain {number} does not hold entry {head.n} as its head file says: run `fleet audit verify`"
    end = head
    async for links in read_links(connection, number, after=head.n):
        for link in links:
            if not _follows(link, end.n + 1, end.mac, keys):
                return (
                    f"entry {link.n} of audit chain {number} was not written by the service: run `fleet audit verify`"
                )
            end = Head(number, link.n, link.mac, link.entry.at)
    return end


def _follows(link: Link, n: int, previous: bytes | None, keys: Keys) -> bool:
    key = keys.by_id.get(link.key_id)
    if key is None or previous is None or link.n != n:
        return False
    return code_of(key, previous, canonical(link.chain, n, link.key_id, link.entry)) == link.mac


async def read_links(connection: asyncpg.Connection, chain: int, *, after: int) -> AsyncIterator[list[Link]]:
    """The links of a chain behind number `after`, in pages, as they are stored."""
    while rows := await connection.fetch(_SELECT, chain, after, PAGE):
        links = [_link(row) for row in rows]
        yield links
        after = links[-1].n


async def stored_chains(connection: asyncpg.Connection) -> list[int]:
    """The numbers of all chains, each found by one step through the index."""
    rows = await connection.fetch(
        "with recursive numbers as ("
        " (select chain from audit_log order by chain limit 1)"
        " union all select (select chain from audit_log where chain > numbers.chain order by chain limit 1)"
        " from numbers where numbers.chain is not null)"
        " select chain from numbers where chain is not null"
    )
    return [row["chain"] for row in rows]


def _link(row: asyncpg.Record) -> Link:
    """As it is stored. Somebody may have dropped constraints and emptied columns; then its code is wrong, no more."""
    return Link(row["chain"], row["n"], _entry(row), row["key_id"] or "", row["mac"] or b"")


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(
        at=row["at"] or _NEVER,
        account=row["account"],
        role=row["role"],
        address=row["address"],
        action=row["action"],
        subject=row["subject"],
        organ_ids=tuple(row["organ_ids"] or ()),
        purpose=row["purpose"],
        detail=row["detail"],
    )
