"""`make clean-data`: stop what runs from the data directory, then remove it, fallback place included."""

from __future__ import annotations

import contextlib
import shutil
import sys
from pathlib import Path

import psutil

from fleet.errors import FleetError, InvalidSettings
from fleet.local.discovery import is_up, lock_file
from fleet.local.mosquitto import Mosquitto
from fleet.local.postgres import Postgres
from fleet.local.processes import await_end
from fleet.settings import load_settings

_MARKS = {"postgres", "mosquitto", "run"}


def clean(data_dir: Path, *, database_port: int, mqtt_port: int) -> None:
    """Stop `fleet up` and its servers here and remove `data_dir`.

    Raises InvalidSettings when the directory is not one of ours: a mistyped FLEET_DATA_DIR must not cost a home.
    """
    if not data_dir.exists():
        return
    content = {entry.name for entry in data_dir.iterdir()}
    if content and not content & _MARKS:
        raise InvalidSettings(f"{data_dir.absolute()} does not look like a data directory of `fleet up`: left alone")
    if is_up(data_dir):
        # The lock is held, so the process that wrote this number into it lives.
        with contextlib.suppress(ValueError, psutil.NoSuchProcess):
            supervisor = psutil.Process(int(lock_file(data_dir).read_text()))
            supervisor.terminate()
            await_end([supervisor], within_s=180)
    Postgres(data_dir / "postgres", database_port).remove()
    Mosquitto(data_dir / "mosquitto", mqtt_port).remove()
    shutil.rmtree(data_dir)


def main() -> None:
    try:
        settings = load_settings()
        clean(settings.data_dir, database_port=settings.database_port, mqtt_port=settings.mqtt_port)
    except FleetError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    sys.stdout.write(f"{settings.data_dir} is empty\n")


if __name__ == "__main__":
    main()
