"""A city with a few vehicles, in a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.fleet.monitor.stage import City


@pytest.fixture
async def city(database_url: str) -> AsyncIterator[City]:
    connection = await asyncpg.connect(database_url)
    staged = City(connection, database_url)
    await staged.register(4)
    yield staged
    await staged.close()
    await connection.close()
