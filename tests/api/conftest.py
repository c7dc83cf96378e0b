"""The application on a fresh database, and a client that is logged in as the administrator."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from tests.api import builders
from tests.api.builders import World


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
