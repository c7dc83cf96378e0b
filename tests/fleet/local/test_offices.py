"""The people who file the demonstration's orders, and from when on orders count."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.identity.passwords import password_matches
from fleet.local.offices import ORDERS_KEPT, OfficeLogin, ensure_offices, ensure_orders_kept, opening
from fleet.store.pool import create_engine

pytestmark = pytest.mark.store

NOW = datetime(2026, 11, 24, 1, 20, tzinfo=UTC)
TREE = (
    "insert into organ (id, code, name, kind, division, parent_id) values"
    " (1, 'a', '市', 'city', 530300, null), (2, 'b', '县', 'county', 530302, 1),"
    " (3, 'c', '市局', 'government', 530300, 1), (4, 'd', '县局', 'government', 530302, 2)"
)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_engine(database_url, application_name="tests", size=1)
    async with engine.connect() as connection:
        yield connection
        await connection.rollback()
    await engine.dispose()


async def versions(connection: AsyncConnection) -> list[tuple[datetime, bool]]:
    rows = await connection.execute(
        text("select effective_from, value from policy_value where slug = :slug order by effective_from, id"),
        {"slug": ORDERS_KEPT},
    )
    return [(row.effective_from, row.value) for row in rows]


async def begun(connection: AsyncConnection, who: str = "demonstration") -> None:
    await connection.execute(
        text(
            "insert into policy_value (slug, organ_id, value, effective_from, who, why)"
            " values (:slug, null, 'false', '2025-01-01Z', :who, 'before')"
        ),
        {"slug": ORDERS_KEPT, "who": who},
    )


def alive(path: Path, at: datetime) -> Path:
    path.write_text(json.dumps({"opened_at": 0, "alive_at": at.timestamp(), "steps": {}}))
    return path


def passwords(logins: list[OfficeLogin]) -> dict[str, str]:
    return {one.username: one.password for one in logins}


async def test_a_county_has_three_people_and_each_organ_of_the_city_an_approver(connection: AsyncConnection) -> None:
    await connection.execute(text(TREE))
    assert await ensure_offices(connection, {}, fresh=False) == []
    made = await ensure_offices(connection, {}, fresh=True)
    rows = await connection.execute(text("select username, role, organ_id, password_hash from account"))
    stored = {row.username: row for row in rows}
    assert {(name, row.role, row.organ_id) for name, row in stored.items()} == {
        ("office-530300-dispatcher", "city_dispatcher", None),
        ("office-530302-dispatcher", "organ_dispatcher", 2),
        ("office-530302-approver", "approver", 2),
        ("office-530302-manager", "organ_manager", 2),
        ("office-organ-3-approver", "approver", 3),
    }
    assert all(password_matches(one.password, stored[one.username].password_hash) for one in made)
    assert {one.organ for one in made} == {None, 3}
    assert await ensure_offices(connection, passwords(made), fresh=False) == made


async def test_what_a_person_changed_is_left_alone_and_lost_passwords_are_made_anew(
    connection: AsyncConnection,
) -> None:
    await connection.execute(text(TREE))
    made = passwords(await ensure_offices(connection, {}, fresh=True))
    await connection.execute(text("update account set disabled_at = now() where username = 'office-530302-approver'"))
    await connection.execute(text("update account set password_hash = 'x' where username = 'office-530302-manager'"))
    left = passwords(await ensure_offices(connection, made, fresh=False))
    assert made.keys() - left.keys() == {"office-530302-approver", "office-530302-manager"}
    anew = passwords(await ensure_offices(connection, {}, fresh=False))
    assert anew.keys() == left.keys()
    assert not set(anew.values()) & set(left.values())
    assert passwords(await ensure_offices(connection, anew, fresh=False)) == anew


@pytest.mark.parametrize(
    ("now", "begins"),
    [("01:20", "02:00"), ("01:14", "01:30"), ("01:15", "01:30"), ("01:46", "02:30"), ("23:50", "00:30")],
)
def test_orders_count_from_a_half_hour_on_that_leaves_time_to_file_them(now: str, begins: str) -> None:
    at = datetime.fromisoformat(f"2026-11-24T{now}:00Z")
    assert f"{opening(at):%H:%M}" == begins
    assert timedelta(minutes=15) <= opening(at) - at < timedelta(minutes=45)


async def test_orders_count_while_the_offices_are_open(connection: AsyncConnection, tmp_path: Path) -> None:
    await connection.execute(text(TREE))
    diary, start = tmp_path / "office.json", datetime(2025, 1, 1, tzinfo=UTC)
    assert await ensure_orders_kept(connection, diary, NOW, wanted=True) is None  # a registry without the policy
    await begun(connection)
    first = await ensure_orders_kept(connection, diary, NOW, wanted=True)
    assert first == datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert await versions(connection) == [(start, False), (first, True)]

    # A restart within minutes, before and after the beginning, changes nothing.
    assert await ensure_orders_kept(connection, diary, NOW + timedelta(minutes=5), wanted=True) is None
    evening = NOW + timedelta(hours=9)
    alive(diary, evening - timedelta(minutes=20))
    assert await ensure_orders_kept(connection, diary, evening, wanted=True) is None
    assert len(await versions(connection)) == 2

    # A night without offices: nothing of it counts, nor what is on its way in the morning.
    morning = NOW + timedelta(days=1)
    again = await ensure_orders_kept(connection, diary, morning, wanted=True)
    closed = evening - timedelta(minutes=20)
    assert await versions(connection) == [(start, False), (first, True), (closed, False), (again, True)]
    assert again is not None
    assert again > morning

    # Nobody files any more.
    alive(diary, morning + timedelta(hours=3))
    assert await ensure_orders_kept(connection, diary, morning + timedelta(hours=4), wanted=False) is None
    assert (await versions(connection))[-1] == (morning + timedelta(hours=3), False)
    assert await ensure_orders_kept(connection, diary, morning + timedelta(hours=5), wanted=False) is None
    assert len(await versions(connection)) == 5


async def test_a_beginning_that_was_never_reached_is_taken_back(connection: AsyncConnection, tmp_path: Path) -> None:
    """Stopped before the orders began, started hours later: what happened meanwhile had no offices."""
    await connection.execute(text(TREE))
    await begun(connection)
    diary = alive(tmp_path / "office.json", NOW)
    first = await ensure_orders_kept(connection, diary, NOW, wanted=True)
    assert first is not None
    again = await ensure_orders_kept(connection, diary, NOW + timedelta(hours=5), wanted=True)
    assert (await versions(connection))[1:] == [(first, True), (first, False), (again, True)]


async def test_a_policy_that_somebody_gave_a_value_stays(connection: AsyncConnection, tmp_path: Path) -> None:
    await connection.execute(text(TREE))
    await begun(connection, who="admin")
    assert await ensure_orders_kept(connection, tmp_path / "none", NOW, wanted=True) is None
    assert len(await versions(connection)) == 1
