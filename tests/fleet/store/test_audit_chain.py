"""The audit log on a real database: what is stored is what was coded, and a superuser without the key is found out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.audit.entry import Actor, Entry, make_entry
from fleet.audit.keys import Keys, read_keys
from fleet.audit.seals import Anchor, read_mark
from fleet.audit.verify import Fault
from fleet.store.audit_chain import read_links, take_chain
from fleet.store.audit_check import check
from fleet.store.audit_files import AuditFiles
from tests import services
from tests.fleet.store.audit_place import ENTRIES, KEYS, NOW, Place, fill, place

__all__ = ["place"]

pytestmark = pytest.mark.store


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


async def test_a_chain_that_is_being_begun_is_not_called_damaged_but_an_emptied_head_file_is(place: Place) -> None:
    await fill(place, 3)
    (place.files.directory / "heads" / "2").write_bytes(b"")
    assert (await place.report()).findings == ()
    (place.files.directory / "heads" / "1").write_bytes(b"")
    assert [(one.fault, one.chain) for one in (await place.report()).findings] == [(Fault.HEAD_FILE, 1)]


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
