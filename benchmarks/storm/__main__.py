"""`make storm`: a private service of its own, the storm over it, its accounting. Exit code 1 where it does not hold."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.storm.plan import Plan, parse
from benchmarks.storm.storm import weather
from fleet.local.mosquitto import Mosquitto
from fleet.local.postgres import Postgres
from tests.services import free_port, migrate

_DATABASE_BYTES = 6 << 30
_BROKER_BYTES = 1 << 30
# Its files lie in memory where its disk is to be filled: full-page images and checkpoints as ever.
_SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "1GB", "timescaledb.max_background_workers": "0"}


def main(arguments: Sequence[str] | None = None) -> int:
    plan = parse(arguments)
    for name in [name for name in os.environ if name.startswith("FLEET_")]:
        del os.environ[name]  # what the person who runs it works with is not ours to touch
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}; {plan}", flush=True
    )
    began = time.monotonic()
    directory = Path(tempfile.mkdtemp(prefix="one-network-storm-"))
    directory.chmod(0o711)
    with _directories(plan, directory) as (database, queue):
        postgres = Postgres(database / "server", free_port(), _SETTINGS)
        broker = Mosquitto(queue / "server", free_port())
        try:
            postgres.start()
            migrate(postgres.url())
            broker.start()
            report = weather(plan, directory, postgres, broker)
        finally:
            broker.stop()
            postgres.stop()
            if plan.keep:
                print(f"kept in {directory}")
    if not plan.keep:
        shutil.rmtree(directory, ignore_errors=True)
    for fault in report.faults:
        print(f"BROKEN  {fault}")
    verdict = "the storm was weathered" if not report.faults else f"{len(report.faults)} things do not hold"
    print(f"{verdict}, after {time.monotonic() - began:.0f} s; seed {plan.seed}")
    return 1 if report.faults else 0


@contextlib.contextmanager
def _directories(plan: Plan, directory: Path) -> Iterator[tuple[Path, Path]]:
    """Where the database and the broker keep their files: file systems of their own, where disks are to be filled."""
    places = {directory / "database": _DATABASE_BYTES, directory / "broker": _BROKER_BYTES}
    mounted = []
    try:
        for place, size in places.items():
            place.mkdir()
            if "disk" in plan.disasters and _mount(place, size):
                mounted.append(place)
            place.chmod(0o711)
        yield directory / "database", directory / "broker"
    finally:
        for place in mounted:
            if not plan.keep:
                subprocess.run(["umount", "--lazy", str(place)], check=False)


def _mount(place: Path, size: int) -> bool:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=711", "tmpfs", str(place)], check=False, capture_output=True
    )
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
