"""`python -m fleet.monitor`: settings -> monitor -> run. SIGTERM finishes the round and keeps the state."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from fleet.daemon import on_signal, start
from fleet.monitor.process import Monitor
from fleet.settings import Settings
from fleet.store.pool import await_database


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 the entry point's clock


async def run(settings: Settings) -> int:
    url = settings.service_database_url("monitor")
    await await_database(url)
    monitor = Monitor(url, now)
    on_signal(monitor.stop)
    gc.freeze()
    # States and rows hold no cycles; what a round leaves behind is freed by counting.
    gc.set_threshold(200_000, 20, 20)
    await monitor.run()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fleet monitor", description="Fold readings into trips, stops and gaps.")
    parser.parse_args(arguments)
    return start("fleet monitor", run)


if __name__ == "__main__":
    sys.exit(main())
