"""A town in the application."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from tests.api import builders
from tests.api.builders import World
from tests.api.orders.town import Town


@pytest.fixture
async def town(world: World, app: FastAPI) -> AsyncIterator[Town]:
    async with builders.connected(app, None) as client:
        yield await Town(world, client).build()
