"""`python -m fleet.judge`: settings -> judge -> run. SIGTERM finishes the round; what was not committed comes again."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import uvloop

from fleet.errors import FleetError
from fleet.judge.process import Judge
from fleet.settings import Settings, load_settings
from fleet.store.pool import await_database, create_engine


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 the entry point's clock


async def run(settings: Settings) -> int:
    url = settings.service_database_url("monitor")
    await await_database(url)
    engine = create_engine(url, size=1, application_name="one-network judge")
    judge = Judge(engine, now)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, judge.stop)
    try:
        await judge.run()
    finally:
        await engine.dispose()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fleet judge", description="Judge trips against orders and rules.")
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
        print(f"fleet judge: {error}", file=sys.stderr)  # noqa: T201 the command's answer
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
