"""A database and a directory of audit files of a test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from fleet.audit.entry import Actor
from fleet.audit.keys import Keys, read_keys
from fleet.audit.seals import Head
from fleet.settings import assume_role
from fleet.store import audit
from fleet.store.audit_check import Report, check
from fleet.store.audit_files import AuditFiles
from fleet.store.audit_journal import APPLICATION_NAME, Journal
from fleet.store.pool import connect, create_engine
from tests import services

KEYS = read_keys("k" * 40, "the test")
NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
ENTRIES = 30


@dataclass(slots=True)
class Place:
    """A database of this test's own, and the directory beside it."""

    url: str
    superuser_url: str
    files: AuditFiles
    keys: Keys = KEYS

    def journal(self, now: Callable[[], datetime] = lambda: NOW) -> Journal:
        url = assume_role(self.url, "fleet_api")
        return Journal(lambda: connect(url, application_name=APPLICATION_NAME), self.keys, self.files, now)

    @asynccontextmanager
    async def written(self) -> AsyncIterator[Journal]:
        journal = self.journal()
        journal.start()
        try:
            yield journal
        finally:
            await journal.stop()

    async def report(self, *, marks: tuple[Head, ...] = ()) -> Report:
        connection = await asyncpg.connect(self.url, server_settings={"role": "fleet_owner"})
        try:
            return await check(connection, self.keys, self.files, marks=marks)
        finally:
            await connection.close()

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(self.superuser_url)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    async def change(self, purpose: str, account: Actor | str = "clerk") -> list[int]:
        """What a change leaves behind when it is committed."""
        engine = create_engine(assume_role(self.url, "fleet_api"), size=1)
        try:
            async with engine.begin() as connection:
                recorded: list[int] = []
                connection.info[audit.RECORDED] = recorded
                await audit.record(connection, account=account, action="x.change", subject="x", purpose=purpose)
            return recorded
        finally:
            await engine.dispose()


@pytest.fixture
def place(database_url: str, cluster: services.Cluster) -> Place:
    superuser = f"{cluster.superuser_url.rpartition('/')[0]}/{database_url.rpartition('/')[2]}"
    return Place(database_url, superuser, AuditFiles(services.fresh_directory("audit")))


async def fill(place: Place, count: int = ENTRIES) -> None:
    async with place.written() as journal:
        for n in range(count):
            await journal.read(
                Actor(account=f"a{n % 3}", role="auditor", address="127.0.0.1", organ_id=7),
                action="track.read",
                subject=f"vehicle:{n}",
                purpose=f"核查 {n}",
                detail={"from": NOW, "n": n},
            )
