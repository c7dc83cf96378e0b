"""Servers of a test's own, in a directory that their users can enter, removed whatever happens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleet.local.mosquitto import Mosquitto
from fleet.local.postgres import Postgres
from tests.services import free_port, fresh_directory

SMALL = {"shared_buffers": "32MB", "min_wal_size": "32MB", "max_connections": "20"}


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """Not started, and durable: `fsync` stays on."""
    server = Postgres(fresh_directory("postgres"), free_port(), SMALL)
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def mosquitto() -> Iterator[Mosquitto]:
    """Not started."""
    server = Mosquitto(fresh_directory("mosquitto"), free_port())
    try:
        yield server
    finally:
        server.remove()
