"""A town that has a task force to send."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from tests.api import builders
from tests.api.builders import World
from tests.api.tasks.force import Force


@pytest.fixture
async def force(world: World, app: FastAPI) -> AsyncIterator[Force]:
    async with builders.connected(app, None) as client:
        made = Force(world, client)
        await made.build()
        await made.fleet()
        yield made
