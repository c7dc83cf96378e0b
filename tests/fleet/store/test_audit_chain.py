"""The audit log on a real database: what is stored is what was coded, and a superuser without the key is found out."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.audit.entry import Actor, Entry, make_entry
from fleet.audit.keys import Keys, read_keys
from fleet.audit.seals import Anchor, Head, read_mark
from fleet.audit.verify import Fault
from fleet.errors import InvalidSettings, StoreUnavailable
from fleet.local.audit_key import audit_keys, key_file
from fleet.settings import Settings, assume_role
from fleet.store import audit
from fleet.store.audit_chain import read_links, take_chain
from fleet.store.audit_check import Report, check
from fleet.store.audit_files import AuditFiles
from fleet.store.audit_journal import APPLICATION_NAME, MOST_WAITING, Journal
from fleet.store.pool import connect, create_engine
from tests import services
from tests.fleet.store.test_migrations import alembic

pytestmark = pytest.mark.store

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


# ---------------------------------------------------------------- what is stored is what was coded

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ANYTHING = st.builds(
    make_entry,
    st.timedeltas(timedelta(days=-40_000), timedelta(days=40_000)).map(lambda since: NOW + since),
    st.builds(
        Actor,
        account=st.text(),
        role=st.none() | st.text(),
        address=st.none() | st.text(),
        organ_id=st.none() | st.integers(1, 2**31 - 1),
    ),
    action=st.text(),
    subject=st.text(),
    organ_ids=st.lists(st.integers(1, 2**31 - 1), max_size=4),
    purpose=st.none() | st.text(),
    detail=st.none() | st.dictionaries(st.text(), JSON_VALUES, max_size=4),
)


def test_every_entry_comes_back_to_the_letter(place: Place) -> None:
    @settings(max_examples=40)
    @given(st.lists(ANYTHING, min_size=1, max_size=8))
    def round_trip(entries: list[Entry]) -> None:
        async def work() -> None:
            connection = await asyncpg.connect(place.url, server_settings={"role": "fleet_api"})
            try:
                chain, troubles = await take_chain(connection, KEYS, place.files)
                before = chain.end.n
                await chain.append(entries)
                chain.close()
                stored = [link async for page in read_links(connection, chain.number, after=before) for link in page]
            finally:
                await connection.close()
            assert troubles == []
            assert [link.entry for link in stored] == entries

        services.run(work())

    round_trip()
    assert services.run(place.report()).findings == ()


async def test_what_a_change_recorded_keeps_its_moment_and_its_detail(place: Place) -> None:
    ids = await place.change("first", Actor(account="clerk", role="auditor", organ_id=3))
    assert [row[0] for row in await place.rows("select purpose from audit_pending")] == ["first"]
    async with place.written() as journal:
        assert await journal.settled(ids)
        assert await place.rows("select account, role, organ_ids, purpose from audit_log") == [
            ("clerk", "auditor", [3], "first")
        ]
        assert await place.rows("select from audit_pending") == []
    assert (await place.report()).intact


# ---------------------------------------------------------------- a superuser without the key

SHIFT = "alter table audit_log drop constraint audit_log_pkey; update audit_log set n = n {} 1 where n > 10"
FORGED = (
    "insert into audit_log select chain, {}, at, 'forged', role, address, action, subject, organ_ids, purpose, detail,"
    " key_id, sha256(mac) from audit_log where n = 10"
)

TAMPERING = {
    **{
        f"edit {column}": (f"update audit_log set {column} = {value} where n = 10", {Fault.EDITED}, 10)
        for column, value in {
            "at": "at + interval '1 microsecond'",
            "account": "'nobody'",
            "role": "null",
            "address": "'::1'",
            "action": "'session.open'",
            "subject": "'vehicle:1'",
            "organ_ids": "'{8}'",
            "purpose": "null",
            "detail": "'{}'",
            "mac": "sha256(mac)",
        }.items()
    },
    "edit one and its code, without the key": (
        "update audit_log set purpose = '', mac = hmac('', '', 'sha256') where n = 10",
        {Fault.EDITED},
        10,
    ),
    "claim another key": ("update audit_log set key_id = '00000000' where n = 10", {Fault.KEY_MISSING}, 10),
    "delete": ("delete from audit_log where n = 10", {Fault.DELETED}, 10),
    "delete several": ("delete from audit_log where n between 10 and 14", {Fault.DELETED}, 10),
    "delete and close the gap": ("delete from audit_log where n = 11; " + SHIFT.format("-"), {Fault.DELETED}, 11),
    "insert and push the others": (
        SHIFT.format("+") + "; " + FORGED.format(11),
        {Fault.INSERTED},
        11,
    ),
    "append": (FORGED.format(ENTRIES + 1), {Fault.INSERTED}, ENTRIES + 1),
    "swap neighbours": (
        "alter table audit_log drop constraint audit_log_pkey; update audit_log set n = 21 - n where n in (10, 11)",
        {Fault.REORDERED},
        10,
    ),
    "swap contents": (
        "update audit_log one set purpose = other.purpose, subject = other.subject, detail = other.detail"
        " from audit_log other where one.n + other.n = 25 and one.n in (10, 15)",
        {Fault.EDITED},
        10,
    ),
    "truncate the tail": (f"delete from audit_log where n > {ENTRIES - 2}", {Fault.TRUNCATED}, ENTRIES - 1),
    "truncate the table": ("truncate audit_log", {Fault.TRUNCATED}, 1),
    "move to another chain": ("update audit_log set chain = 2 where n > 20", {Fault.TRUNCATED, Fault.HEAD_FILE}, None),
    "empty what must not be empty": (
        "alter table audit_log alter account drop not null, alter mac drop not null, alter organ_ids drop not null;"
        " update audit_log set account = null, mac = null, organ_ids = null where n = 10",
        {Fault.EDITED},
        10,
    ),
}


async def test_whatever_a_superuser_does_without_the_key_is_found_and_named(place: Place) -> None:
    """Each in a transaction of its own that is rolled back; the check reads what the superuser left."""
    await fill(place)
    assert (await place.report()).findings == ()
    connection = await asyncpg.connect(place.superuser_url)
    wrong: list[str] = []
    try:
        for name, (sql, faults, first) in TAMPERING.items():
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(
                "set local lock_timeout = '5s'; alter table audit_log disable trigger all;"
                " create function pg_temp.hmac(text, text, text) returns bytea language sql as"
                " $$ select sha256(($1 || $2)::bytea) $$;" + sql.replace("hmac(", "pg_temp.hmac(")
            )
            report = await check(connection, KEYS, place.files)
            await transaction.rollback()
            found = {one.fault for one in report.findings}
            places = {one.first for one in report.findings}
            if not faults <= found or (first is not None and (found != faults or first not in places)):
                wrong.append(f"{name}: {[one.message for one in report.findings]}")
    finally:
        await connection.close()
    assert wrong == []
    assert (await place.report()).intact, "every one was undone"


async def test_a_chain_that_was_cut_is_not_continued_over_the_cut(place: Place) -> None:
    await fill(place)
    services.execute(
        place.superuser_url,
        "alter table audit_log disable trigger all",
        f"delete from audit_log where n > {ENTRIES - 5}",
    )
    async with place.written() as journal:
        await journal.read("later", action="track.read", subject="vehicle:1")
        assert journal.state.chain == 2
        assert "does not hold entry 30 as its head file says" in journal.state.distrusted[0]
    report = await place.report()
    assert [(one.fault, one.chain, one.first) for one in report.findings] == [(Fault.TRUNCATED, 1, ENTRIES - 4)]


async def test_nobody_appends_to_what_somebody_else_appended(place: Place) -> None:
    async with place.written() as journal:
        await journal.read("one", action="track.read", subject="vehicle:1")
        services.execute(
            place.superuser_url,
            "insert into audit_log select chain, 2, at, 'forged', role, address, action, subject, organ_ids, purpose,"
            " detail, key_id, mac from audit_log",
        )
        await journal.read("two", action="track.read", subject="vehicle:2")
        assert journal.state.chain == 2
    assert await place.rows("select chain, n, account from audit_log order by 1, 2") == [
        (1, 1, "one"),
        (1, 2, "forged"),
        (2, 1, "two"),
    ]
    assert [(one.fault, one.chain, one.first) for one in (await place.report()).findings] == [(Fault.INSERTED, 1, 2)]


# ---------------------------------------------------------------- what is kept outside


async def test_files_that_were_touched(place: Place) -> None:
    clock = [NOW]
    journal = place.journal(lambda: clock[0])
    journal.start()
    for n in range(3):
        await journal.read("a", action="track.read", subject=f"vehicle:{n}")
        clock[0] += timedelta(hours=1)
        assert await journal.anchor_if_due() is not None
        assert await journal.anchor_if_due() is None, "one an hour"
    await journal.stop()
    assert (await place.report()).findings == ()
    heads, anchors = place.files.directory / "heads" / "1", place.files.anchor_file
    head, lines = heads.read_bytes(), anchors.read_text().splitlines(keepends=True)

    async def faults() -> list[Fault]:
        found = [one.fault for one in (await place.report()).findings]
        heads.write_bytes(head)
        anchors.write_text("".join(lines))
        return found

    heads.write_bytes(head.replace(b'"n":6', b'"n":5'))
    assert await faults() == [Fault.HEAD_FILE]
    heads.unlink()
    assert await faults() == [Fault.HEAD_FILE]
    heads.write_bytes(b"")
    assert await faults() == [Fault.HEAD_FILE]
    anchors.write_text("".join([lines[0].replace('"n":1', '"n":2'), *lines[1:]]))
    assert Fault.ANCHOR_FILE in await faults()
    anchors.write_text("".join([lines[0], lines[2]]))
    assert Fault.ANCHOR_FILE in await faults()
    anchors.write_text("".join(lines[:2]))
    assert await faults() == [Fault.ANCHOR_FILE], "the log tells of the third"
    anchors.unlink()
    assert set(await faults()) == {Fault.ANCHOR_FILE}
    assert (await place.report()).findings == ()


class Striking(AuditFiles):
    """The hour is over just after the file of anchors was read for the first time."""

    strike: Callable[[], object] | None = None

    def read_anchors(self, keys: Keys) -> list[Anchor | None]:
        lines = super().read_anchors(keys)
        strike, self.strike = self.strike, None
        if strike is not None:
            strike()
        return lines


async def test_an_anchor_made_during_the_check_is_not_missed(place: Place) -> None:
    await fill(place, 3)
    loop = asyncio.get_running_loop()
    async with place.written() as journal:
        assert await journal.anchor_if_due() is not None
        files = Striking(place.files.directory)
        later = place.journal(lambda: NOW + timedelta(hours=1))
        later.start()
        files.strike = lambda: asyncio.run_coroutine_threadsafe(later.anchor_if_due(), loop).result()
        connection = await asyncpg.connect(place.url, server_settings={"role": "fleet_owner"})
        try:
            report = await check(connection, KEYS, files)
        finally:
            await connection.close()
            await later.stop()
    assert (report.findings, report.anchors) == ((), 2)


async def test_an_anchor_finds_a_cut_even_where_the_head_file_was_rolled_back(place: Place) -> None:
    await fill(place, 5)
    older = (place.files.directory / "heads" / "1").read_bytes()
    await fill(place, 5)
    made = place.files.anchor(NOW, KEYS, due=lambda _: True)
    assert made is not None
    services.execute(
        place.superuser_url, "alter table audit_log disable trigger all", "delete from audit_log where n > 5"
    )
    (place.files.directory / "heads" / "1").write_bytes(older)
    findings = (await place.report()).findings
    assert [(one.fault, one.first, one.last) for one in findings] == [(Fault.TRUNCATED, 6, 10)]
    assert "anchor 1" in findings[0].message
    place.files.anchor_file.unlink()
    assert (await place.report()).findings == (), "with every copy here rolled back, only what was printed tells:"
    printed = read_mark(f"1:10:{made[0].heads[0].mac.hex()}")
    assert printed is not None
    assert [one.fault for one in (await place.report(marks=(printed,))).findings] == [Fault.TRUNCATED]


async def test_a_key_is_changed_and_the_older_one_still_checks(place: Place) -> None:
    await fill(place, 3)
    place.keys = read_keys("n" * 40 + "," + "k" * 40, "the test")
    await fill(place, 3)
    assert await place.rows("select count(distinct key_id), max(chain) from audit_log") == [(2, 1)]
    assert (await place.report()).intact
    place.keys = read_keys("n" * 40, "the test")
    assert {one.fault for one in (await place.report()).findings} == {Fault.KEY_MISSING}


# ---------------------------------------------------------------- the journal


async def test_many_at_once_share_commits_and_none_is_lost(place: Place) -> None:
    async with place.written() as journal:
        await asyncio.gather(
            *(journal.read("a", action="track.read", subject=f"vehicle:{n}") for n in range(400)),
        )
        assert journal.state.entries == 400
        assert journal.state.commits < 100
    assert await place.rows("select count(distinct subject), max(n) from audit_log") == [(400, 400)]
    assert (await place.report()).intact


async def test_two_processes_have_chains_of_their_own_and_share_what_is_pending(place: Place) -> None:
    async with place.written() as one, place.written() as other:
        ids = [await place.change(str(n)) for n in range(6)]
        answers = await asyncio.gather(
            *(journal.settled(recorded) for journal, recorded in zip([one, other] * 3, ids, strict=True)),
            *(journal.read("a", action="track.read", subject="vehicle:1") for journal in [one, other] * 5),
        )
        assert answers[:6] == [True] * 6
        assert {one.state.chain, other.state.chain} == {1, 2}
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
