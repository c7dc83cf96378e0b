"""`python -m fleet.judge`: settings -> judge and keeper of the tallies -> run.

SIGTERM finishes the rounds; what was not committed comes again.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from fleet.daemon import on_signal, start
from fleet.judge.keeper import Keeper
from fleet.judge.process import Judge
from fleet.settings import Settings
from fleet.store.pool import await_database, create_engine


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 the entry point's clock


async def run(settings: Settings) -> int:
    url = settings.service_database_url("monitor")
    await await_database(url)
    engine = create_engine(url, size=1, application_name="one-network judge")
    tallies = create_engine(url, size=1, application_name="one-network tallies")
    judge, keeper = Judge(engine, now), Keeper(tallies, now)

    def stop() -> None:
        judge.stop()
        keeper.stop()

    on_signal(stop)
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(judge.run())
            both.create_task(keeper.run())
    finally:
        await engine.dispose()
        await tallies.dispose()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fleet judge", description="Judge trips against orders and rules.")
    parser.parse_args(arguments)
    return start("fleet judge", run)


if __name__ == "__main__":
    sys.exit(main())
