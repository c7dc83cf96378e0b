"""`python -m ingest [--worker N]`: settings -> store, uplink, downlink, outbox -> pipeline -> run.

SIGTERM finishes what was taken, within a bound.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fleet.daemon import on_signal, start
from fleet.geography.divisions import division_index
from fleet.settings import Settings
from fleet.store.pool import await_database
from ingest.batch import BatchBuilder
from ingest.codecs import DEFAULT
from ingest.downlink import LEAST_PAUSE_S, Downlink
from ingest.housekeeping import Housekeeping
from ingest.outbox import Outbox
from ingest.paho_uplink import PahoUplink
from ingest.pipeline import Pipeline
from ingest.registry import RegistryCopy
from ingest.subscriber import BulkUplink
from ingest.uplink import Uplink
from ingest.writer import Writer

log = logging.getLogger("ingest")

STOP_WITHIN_S = 8.0
"""After SIGTERM; then the process goes with what is not committed, which the broker will deliver again."""


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 the entry point's clock


SUBSCRIBERS: dict[str, type[BulkUplink] | type[PahoUplink]] = {"bulk": BulkUplink, "paho": PahoUplink}
"""The same towards broker and pipeline; a message costs paho several times as much."""


async def run(settings: Settings, worker: int, receipt_pause_s: float = LEAST_PAUSE_S, subscriber: str = "bulk") -> int:
    database_url = settings.service_database_url("ingest")
    mqtt_url = settings.require_mqtt_url()
    uplink: Uplink = SUBSCRIBERS[subscriber](mqtt_url, worker, now, tls=settings.mqtt_client_tls)
    await await_database(database_url)
    registry = RegistryCopy(database_url)
    pipeline = Pipeline(
        uplink,
        BatchBuilder(DEFAULT, division_index().lookup),
        registry,
        Writer(database_url, worker),
        now,
    )
    downlink = Downlink(uplink, database_url, now, receipt_pause_s)
    outbox = Outbox(mqtt_url, database_url, worker, now, settings.mqtt_client_tls)
    housekeeping = Housekeeping(pipeline, registry, uplink, database_url, worker, now)

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    on_signal(stopped.set)
    failure: asyncio.Future[None] = loop.create_future()
    loop.set_exception_handler(lambda _, context: _fail(failure, context))  # a bug in a callback ends the process, too
    gc.freeze()  # the polygons and modules are for ever; the collector need not look at them again
    # A batch is tens of thousands of objects without cycles: to collect every 700 finds nothing, again and again.
    gc.set_threshold(200_000, 20, 20)

    streaming = asyncio.create_task(pipeline.run(), name="pipeline")
    beside = [
        asyncio.create_task(downlink.run(), name="downlink"),
        asyncio.create_task(outbox.run(), name="outbox"),
        asyncio.create_task(housekeeping.run(), name="housekeeping"),
    ]
    waiting = asyncio.create_task(stopped.wait(), name="signal")
    ends: set[asyncio.Future[Any]] = {streaming, waiting, failure, *beside}
    done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        if task is not waiting:
            task.result()  # raises the bug that ended it
    log.info("stopping: committing what was taken")
    pipeline.stop()
    if not pipeline.started:
        streaming.cancel()
    try:
        await asyncio.wait_for(streaming, STOP_WITHIN_S)
    except asyncio.CancelledError:
        log.info("nothing was taken yet")
    except TimeoutError:
        log.warning(
            "the store did not take the last batch within %.0f s; the broker will deliver it again", STOP_WITHIN_S
        )
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    await registry.close()
    log.info("stopped")
    return 0


def _fail(failure: asyncio.Future[None], context: dict[str, Any]) -> None:
    log.error("%s", context.get("message"))
    error = context.get("exception")
    if error is not None and not failure.done():
        failure.set_exception(error)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fleet ingest", description="Take messages from the broker into the store.")
    parser.add_argument(
        "--worker", type=int, default=1, choices=range(1, 16), metavar="1-15", help="this worker's number"
    )
    parser.add_argument(
        "--receipt-pause-s", type=float, default=LEAST_PAUSE_S, help="least seconds between two receipts of a unit"
    )
    parser.add_argument(
        "--subscriber", default="bulk", choices=SUBSCRIBERS, help="our own, or paho to compare it with (slower)"
    )
    options = parser.parse_args(arguments)
    return start(
        "fleet ingest", lambda settings: run(settings, options.worker, options.receipt_pause_s, options.subscriber)
    )


if __name__ == "__main__":
    sys.exit(main())
