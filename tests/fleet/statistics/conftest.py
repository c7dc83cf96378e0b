from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fleet.statistics.stage import Stage, staged


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    async with staged(database_url) as made:
        yield made
