"""The stage as a fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.local.mosquitto import Mosquitto
from tests.ingest.stage import Stage


@pytest.fixture
def stage(database_url: str, broker: Mosquitto, tmp_path: Path) -> Iterator[Stage]:
    on_stage = Stage(database_url, broker, tmp_path)
    try:
        yield on_stage
    finally:
        on_stage.close()
