"""The broker's accounts in a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.errors import Conflict, NotFound
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from fleet.settings import assume_role
from fleet.store import broker_accounts
from fleet.store.pool import create_engine

pytestmark = pytest.mark.store

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
GATEWAY = BrokerAccount(username="gateway.west", kind=BrokerAccountKind.GATEWAY, division=530303, password_hash="one")
UNIT = BrokerAccount(username="X1", kind=BrokerAccountKind.UNIT, password_hash="one")


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_engine(assume_role(database_url, "fleet_owner"), size=1)
    async with engine.connect() as opened:
        await opened.execute(text("insert into unit (code, division) values ('X1', 530302), ('X2', 530381)"))
        yield opened
    await engine.dispose()


async def active(connection: AsyncConnection) -> dict[str, tuple[int | None, str]]:
    return {
        account.username: (account.division, account.password_hash)
        for account in await broker_accounts.list_active(connection)
    }


async def test_an_account_is_created_once_and_replaced_only_on_demand(connection: AsyncConnection) -> None:
    await broker_accounts.create(connection, GATEWAY)
    changed = BrokerAccount(
        username="gateway.west", kind=BrokerAccountKind.GATEWAY, division=530304, password_hash="two"
    )
    with pytest.raises(Conflict, match=r"gateway\.west"):
        await broker_accounts.create(connection, changed)
    assert await active(connection) == {"gateway.west": (530303, "one")}
    await broker_accounts.create(connection, changed, replace=True)
    assert await active(connection) == {"gateway.west": (530304, "two")}


async def test_a_revoked_account_is_gone_but_not_forgotten_and_may_come_back(connection: AsyncConnection) -> None:
    await broker_accounts.create(connection, GATEWAY)
    await broker_accounts.revoke(connection, "gateway.west", NOW)
    assert await active(connection) == {}
    assert [one.revoked_at for one in await broker_accounts.list_all(connection)] == [NOW]
    with pytest.raises(NotFound):
        await broker_accounts.revoke(connection, "gateway.west", NOW)
    await broker_accounts.create(connection, GATEWAY)
    assert [one.revoked_at for one in await broker_accounts.list_all(connection)] == [None]


async def test_a_units_account_is_tied_to_the_registered_unit(connection: AsyncConnection) -> None:
    await broker_accounts.create(connection, UNIT)
    assert await active(connection) == {"X1": (530302, "one")}
    with pytest.raises(NotFound, match="'X9'"):
        await broker_accounts.create(
            connection, BrokerAccount(username="X9", kind=BrokerAccountKind.UNIT, password_hash="one")
        )
    await connection.execute(text("update unit set retired_at = now() where code = 'X1'"))
    assert await active(connection) == {}
    home = await broker_accounts.find_unit(connection, "X1")
    assert home is not None
    assert home.retired_at is not None
    assert await broker_accounts.find_unit(connection, "x1") is None


async def test_many_at_once(connection: AsyncConnection) -> None:
    other = BrokerAccount(username="X2", kind=BrokerAccountKind.UNIT, password_hash="two")
    await broker_accounts.create_many(connection, [])
    await broker_accounts.create_many(connection, [GATEWAY, UNIT, other])
    assert await active(connection) == {"X1": (530302, "one"), "X2": (530381, "two"), "gateway.west": (530303, "one")}
    again = BrokerAccount(username="X2", kind=BrokerAccountKind.UNIT, password_hash="three")
    await broker_accounts.create_many(connection, [again])
    assert (await active(connection))["X2"] == (530381, "three")
    with pytest.raises(NotFound, match="'X9'"):
        await broker_accounts.create_many(
            connection, [BrokerAccount(username="X9", kind=BrokerAccountKind.UNIT, password_hash="one")]
        )
    kinds = [one.account.kind for one in await broker_accounts.list_all(connection, BrokerAccountKind.UNIT)]
    assert kinds == [BrokerAccountKind.UNIT] * 2
