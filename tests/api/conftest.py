"""The application on a fresh database, and a client that is logged in as the administrator."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from tests.api import builders
from tests.api.builders import World
from tests.api.journeys import Journeys


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with builders.world(database_url) as made:
        yield made


@pytest.fixture
async def app(world: World) -> AsyncIterator[FastAPI]:
    async with builders.running(world) as running:
        yield running


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with builders.connected(app) as client:
        yield client


@pytest.fixture
async def journeys(world: World) -> Journeys:
    """Organs 1 and, below it, 2; vehicles 11 (of 1), 12 (of 2), 13 (of 1, confidential)."""
    await world.organ(1)
    await world.organ(2, parent_id=1)
    await world.organ(3)
    await world.vehicle(11, organ=1)
    await world.vehicle(12, organ=2)
    await world.vehicle(13, organ=1, confidential=True)
    return Journeys(world)
