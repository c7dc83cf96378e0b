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
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Walk every chain. `marks`: heads from printed anchors. `progress` hears how many entries were checked.

    What is kept outside is read first: a chain may grow meanwhile and never ends before what was kept.
    """
    kept = await asyncio.to_thread(files.read, keys)
    anchors = [anchor for anchor in kept.anchors if anchor is not None]
    outside = {head.chain for head in (*kept.heads, *marks)} | {one.chain for anchor in anchors for one in anchor.heads}
    stored = await stored_chains(connection)
    findings = [Finding(Fault.HEAD_FILE, None, None, None, sentence) for sentence in kept.damaged]
    headed = {head.chain for head in kept.heads}
    told: dict[int, str] = {}
    summaries: list[Summary] = []
    checked = 0
    for number in sorted(outside | set(stored)):
        walk = ChainWalk(number, keys, known_of(number, kept.heads, anchors, marks))
        async for links in read_links(connection, number, after=-(2**63)):
            await asyncio.to_thread(_feed, walk, links)
            checked += len(links)
            progress(checked)
        summary, found = walk.finish()
        summaries.append(summary)
        findings += found
        told |= walk.anchored
        if number not in headed and not any(f"chain {number} " in sentence for sentence in kept.damaged):
            sentence = f"chain {number}: there is no head file in {files.directory}; whether it was cut cannot be known"
            findings.append(Finding(Fault.HEAD_FILE, number, None, None, sentence))
    findings += anchor_findings(kept.anchors, told)
    pending = await connection.fetchval("select count(*) from audit_pending")
    return Report(tuple(summaries), len(kept.anchors), pending, tuple(findings))


async def check_database(
    url: str,
    keys: Keys,
    files: AuditFiles,
    *,
    marks: Sequence[Head] = (),
    progress: Callable[[int], None] = lambda _: None,
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
