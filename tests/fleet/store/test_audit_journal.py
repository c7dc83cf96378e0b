"""The journal of what was read: many at once, broken connections, no database, and a start from what was there."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from fleet.audit.entry import make_entry
from fleet.audit.keys import read_keys
from fleet.audit.verify import Fault
from fleet.errors import InvalidSettings, StoreUnavailable
from fleet.local.audit_key import audit_keys, key_file
from fleet.settings import Settings, assume_role
from fleet.store.audit_journal import APPLICATION_NAME, MOST_WAITING, Journal
from fleet.store.pool import connect
from tests import services
from tests.fleet.store.audit_place import KEYS, NOW, Place, fill, place
from tests.fleet.store.test_migrations import alembic

__all__ = ["place"]

pytestmark = pytest.mark.store


async def test_many_at_once_share_commits_and_none_is_lost(place: Place) -> None:
    async with place.written() as journal:
        await asyncio.gather(
            *(journal.read("a", action="track.read", subject=f"vehicle:{n}") for n in range(400)),
        )
        assert journal.state.entries == 400
        assert journal.state.commits < 100
    assert await place.rows("select count(distinct subject), count(*) from audit_log") == [(400, 400)]
    assert (await place.report()).intact


async def test_a_read_that_finds_a_commit_under_way_goes_into_the_second_chain(place: Place) -> None:
    async with place.written() as journal:
        await journal.read("a", action="track.read", subject="vehicle:1")
        ids = await place.change("held up")
        holder = await asyncpg.connect(place.superuser_url)
        try:
            async with holder.transaction():
                await holder.execute("lock table audit_pending")
                changed = asyncio.create_task(journal.settled(ids))
                for _ in range(1000):
                    if await place.rows(
                        "select from pg_locks where relation = 'audit_pending'::regclass and not granted and database ="
                        " (select oid from pg_database where datname = current_database())"
                    ):
                        break
                    await asyncio.sleep(0.01)
                for n in (2, 3):
                    await journal.read("a", action="track.read", subject=f"vehicle:{n}")
                assert not changed.done()
        finally:
            await holder.close()
        assert await changed
        assert journal.state.entries == 4
    assert await place.rows("select chain, n, subject from audit_log order by 1, 2") == [
        (1, 1, "vehicle:1"),
        (1, 2, "x"),
        (2, 1, "vehicle:2"),
        (2, 2, "vehicle:3"),
    ]
    assert (await place.report()).intact


async def test_two_processes_have_chains_of_their_own_and_share_what_is_pending(place: Place) -> None:
    async with place.written() as one, place.written() as other:
        ids = [await place.change(str(n)) for n in range(6)]
        answers = await asyncio.gather(
            *(journal.settled(recorded) for journal, recorded in zip([one, other] * 3, ids, strict=True)),
            *(journal.read("a", action="track.read", subject="vehicle:1") for journal in [one, other] * 5),
        )
        assert answers[:6] == [True] * 6
        assert one.state.chain != other.state.chain
    assert await place.rows("select count(*) from audit_log where action = 'x.change'") == [(6,)]
    assert (await place.report()).intact


async def test_a_broken_connection_costs_nothing_that_was_answered(place: Place) -> None:
    answered: list[int] = []
    async with place.written() as journal:

        async def reader(first: int) -> None:
            for n in range(first, first + 40):
                await journal.read("a", action="track.read", subject=f"vehicle:{n}")
                answered.append(n)

        readers = [asyncio.create_task(reader(1000 * one)) for one in range(5)]
        cut: list[tuple[Any, ...]] = []
        for _ in range(3):
            await asyncio.sleep(0.05)
            cut += await place.rows(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                f" where datname = current_database() and application_name = '{APPLICATION_NAME}'"
            )
        await asyncio.gather(*readers)
        assert cut, "it was cut at least once"
        assert journal.state.chain == 1, "the same chain goes on"
    stored = {int(row[0].partition(":")[2]) for row in await place.rows("select subject from audit_log")}
    assert stored == set(answered)
    assert len(answered) == 200
    assert (await place.report()).intact


async def test_without_a_database_reads_are_refused_and_changes_wait(place: Place) -> None:
    away = True

    async def opened() -> asyncpg.Connection:
        if away:
            raise StoreUnavailable("away")
        return await connect(assume_role(place.url, "fleet_api"), application_name=APPLICATION_NAME)

    ids = await place.change("kept")
    journal = Journal(opened, KEYS, place.files, lambda: NOW, read_patience_s=0.3, settle_patience_s=0.3)
    journal.start()
    try:
        with pytest.raises(StoreUnavailable, match="away"):
            await journal.read("a", action="track.read", subject="vehicle:1")
        assert not await journal.settled(ids)
        assert (journal.state.late, journal.state.appending) == (1, False)
        away = False
        for _ in range(200):
            if await place.rows("select from audit_log where purpose = 'kept'"):
                break
            await asyncio.sleep(0.05)
        assert await place.rows("select purpose from audit_log") == [("kept",)], "nobody got the track: no entry of it"
        assert journal.state.trouble is None
    finally:
        await journal.stop()


async def test_what_was_recorded_before_there_were_chains_is_chain_0(place: Place) -> None:
    assert (await asyncio.to_thread(alembic, place.url, "downgrade", "0003")).returncode == 0
    services.execute(
        place.superuser_url,
        "insert into audit_log (account, action, object, purpose, detail)"
        " select 'a' || n, 'track.read', 'vehicle:' || n, 'why', jsonb_build_object('b', n, 'a', 1.50)"
        " from generate_series(1, 1200) n",
    )
    assert (await asyncio.to_thread(alembic, place.url, "upgrade", "head")).returncode == 0
    await fill(place, 2)
    assert await place.rows("select chain, count(*), max(n) from audit_log group by 1 order by 1") == [
        (0, 1200, 1200),
        (1, 2, 2),
    ]
    assert await place.rows("select account from audit_log where chain = 0 order by n limit 2") == [("a1",), ("a2",)]
    assert (await place.report()).intact
    down = await asyncio.to_thread(alembic, place.url, "downgrade", "0003")
    assert down.returncode == 0, down.stderr
    kept = await place.rows("select account, object, detail->>'b' from audit_log order by id limit 1")
    assert kept == [("a1", "vehicle:1", "1")]
    assert await place.rows("select count(*) from audit_log") == [(1202,)]
    assert (await asyncio.to_thread(alembic, place.url, "upgrade", "head")).returncode == 0


async def test_a_directory_that_is_not_there_is_no_clean_bill(place: Place, tmp_path: Path) -> None:
    await fill(place, 3)
    shutil.rmtree(place.files.directory)
    report = await place.report()
    assert [(one.fault, one.chain) for one in report.findings] == [(Fault.HEAD_FILE, 1)]
    async with place.written() as journal:
        await journal.read("later", action="track.read", subject="vehicle:1")
        assert journal.state.chain == 2, "a new head for what may have been cut would hide it"
        assert "no head file" in journal.state.distrusted[0]
    report = await place.report()
    assert [(one.fault, one.chain) for one in report.findings] == [(Fault.HEAD_FILE, 1)]


async def test_more_than_the_queue_holds_is_refused_at_once(place: Place) -> None:
    journal = Journal(place.journal().connect, KEYS, place.files, lambda: NOW, read_patience_s=0.2)  # never started
    entry = make_entry(NOW, "a", action="x", subject="x")
    waiting = [asyncio.create_task(journal.append(entry)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable, match="no more entries"):
        await journal.append(entry)
    assert all(isinstance(one, StoreUnavailable) for one in await asyncio.gather(*waiting, return_exceptions=True))


def test_the_key_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    house = Settings(data_dir=tmp_path, audit_key=None, _env_file=None)
    with pytest.raises(InvalidSettings, match="FLEET_AUDIT_KEY"):
        audit_keys(house, make=False)
    made = audit_keys(house, make=True)
    assert audit_keys(house, make=True).current == audit_keys(house, make=False).current == made.current
    assert key_file(house).stat().st_mode & 0o777 == 0o600
    assert made.key.decode() not in repr(made)
    key_file(house).write_text(f"{'n' * 40}\n{made.key.decode()}\n")
    both = audit_keys(house, make=False)
    assert (both.current != made.current, made.current in both.by_id) == (True, True)
    with pytest.raises(InvalidSettings, match="at least 32"):
        read_keys("short", "FLEET_AUDIT_KEY")
