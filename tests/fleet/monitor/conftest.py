"""A city with a few vehicles, in a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fleet.monitor.stage import City, staged


@pytest.fixture
async def city(database_url: str) -> AsyncIterator[City]:
    async with staged(database_url) as city:
        yield city
