"""`python -m fleet.monitor`: settings -> monitor -> run. SIGTERM finishes the round and keeps the state."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import uvloop

from fleet.errors import FleetError
from fleet.monitor.process import Monitor
from fleet.settings import Settings, load_settings
from fleet.store.pool import await_database


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 the entry point's clock


async def run(settings: Settings) -> int:
    url = settings.service_database_url("monitor")
    await await_database(url)
    monitor = Monitor(url, now)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, monitor.stop)
    gc.freeze()
    # States and rows hold no cycles; what a round leaves behind is freed by counting.
    gc.set_threshold(200_000, 20, 20)
    await monitor.run()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fleet monitor", description="Fold readings into trips, stops and gaps.")
    parser.parse_args(arguments)
    try:
        settings = load_settings()
        logging.basicConfig(
            level=settings.log_level.upper(),
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            stream=sys.stderr,
        )
        return uvloop.run(run(settings))
    except FleetError as error:
        print(f"fleet monitor: {error}", file=sys.stderr)  # noqa: T201 the command's answer
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
