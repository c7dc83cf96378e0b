"""The whole audit log, checked: every chain, its head, the anchors. In pages; the loop goes on answering others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg

from fleet.audit.entry import Link
from fleet.audit.keys import Keys
from fleet.audit.seals import Head
from fleet.audit.verify import ChainWalk, Fault, Finding, Summary, anchor_findings, known_of
from fleet.store.audit_chain import read_links, stored_chains
from fleet.store.audit_files import AuditFiles
from fleet.store.pool import connect, store_errors


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. `pending`: entries that are committed and not chained yet, which no code protects."""

    chains: tuple[Summary, ...]
    anchors: int
    pending: int
    findings: tuple[Finding, ...]

    @property
    def intact(self) -> bool:
        return not self.findings

    @property
    def entries(self) -> int:
        return sum(chain.entries for chain in self.chains)


async def check(
    connection: asyncpg.Connection,
    keys: Keys,
    files: AuditFiles,
    *,
    marks: Sequence[Head] = (),
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> Report:
    """Walk every chain. `marks`: heads from printed anchors. `progress` hears how many entries were checked, and of
    how many the heads know.

    The service goes on meanwhile, and what it writes later is read later: a chain is listed before its head is looked
    for, and walked after the heads and anchors that say how far it went. The anchors of which the log tells are looked
    for in the file as it is at the end.
    """
    stored = await stored_chains(connection)
    kept = await asyncio.to_thread(files.read_heads, keys)
    anchors = [anchor for anchor in await asyncio.to_thread(files.read_anchors, keys) if anchor is not None]
    outside = {head.chain for head in (*kept.heads, *marks)} | {one.chain for anchor in anchors for one in anchor.heads}
    findings = [Finding(Fault.HEAD_FILE, chain, None, None, sentence) for chain, sentence in kept.damaged.items()]
    expected = sum(head.n for head in kept.heads)
    headed = {head.chain for head in kept.heads} | kept.damaged.keys()
    told: dict[int, str] = {}
    summaries: list[Summary] = []
    checked = 0
    for number in sorted(outside | set(stored)):
        walk = ChainWalk(number, keys, known_of(number, kept.heads, anchors, marks))
        async for links in read_links(connection, number, after=-(2**63)):
            await asyncio.to_thread(_feed, walk, links)
            checked += len(links)
            progress(checked, expected)
        summary, found = walk.finish()
        summaries.append(summary)
        findings += found
        told |= walk.anchored
        if number not in headed:
            if number in kept.empty and await asyncio.to_thread(files.read_head, number, keys) is not None:
                continue  # it was begun while the files were read
            sentence = f"chain {number}: there is no head file in {files.directory}; whether it was cut cannot be known"
            findings.append(Finding(Fault.HEAD_FILE, number, None, None, sentence))
    lines = await asyncio.to_thread(files.read_anchors, keys)
    findings += anchor_findings(lines, told)
    pending = await connection.fetchval("select count(*) from audit_pending")
    return Report(tuple(summaries), len(lines), pending, tuple(findings))


async def check_database(
    url: str,
    keys: Keys,
    files: AuditFiles,
    *,
    marks: Sequence[Head] = (),
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> Report:
    """The same over a connection of its own. Raises StoreUnavailable."""
    async with store_errors():
        connection = await connect(url, application_name="one-network audit check")
        try:
            return await check(connection, keys, files, marks=marks, progress=progress)
        finally:
            connection.terminate()


def _feed(walk: ChainWalk, links: Sequence[Link]) -> None:
    walk.feed(links)
