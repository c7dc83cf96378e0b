"""The desk of a judge on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fleet.judge.desk import Desk


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    made = Desk(database_url)
    await made.prepare()
    yield made
    await made.close()
