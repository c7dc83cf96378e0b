"""The application on a fresh database, and a town in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from tests.api import builders
from tests.api.builders import World
from tests.api.orders.town import Town


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with builders.world(database_url) as made:
        yield made


@pytest.fixture
async def app(world: World) -> AsyncIterator[FastAPI]:
    async with builders.running(world) as running:
        yield running


@pytest.fixture
async def town(world: World, app: FastAPI) -> AsyncIterator[Town]:
    async with builders.connected(app, None) as client:
        yield await Town(world, client).build()
