"""`python -m api.delivery`: settings -> deliveries -> run. SIGTERM finishes the round; what was cut off comes again."""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from api.delivery.guard import networks_of
from api.delivery.post import Poster
from api.delivery.process import Deliveries, Means
from fleet.daemon import on_signal, start
from fleet.local.totp_key import totp_keys
from fleet.settings import Settings
from fleet.store.pool import await_database, create_engine


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 the entry point's clock


def chance() -> float:
    return secrets.randbelow(1_000_000) / 1_000_000


async def run(settings: Settings) -> int:
    url = settings.service_database_url("api")
    poster = Poster(networks_of(settings.webhook_networks))
    await await_database(url)
    engine = create_engine(url, size=1, application_name="one-network webhooks")
    deliveries = Deliveries(engine, Means(now, chance, totp_keys(settings).webhooks, poster))
    on_signal(deliveries.stop)
    logging.getLogger("httpx").setLevel("WARNING")  # every request would be a line, with its address
    try:
        await deliveries.run()
    finally:
        await poster.close()
        await engine.dispose()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fleet webhooks", description="Deliver what is told of cases to webhooks.")
    parser.parse_args(arguments)
    return start("fleet webhooks", run)


if __name__ == "__main__":
    sys.exit(main())
