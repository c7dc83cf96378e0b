"""How a process of the service begins and is told to end: the same for each of them."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from fleet.errors import FleetError
from fleet.settings import Settings, load_settings


def start(name: str, run: Callable[[Settings], Coroutine[Any, Any, int]]) -> int:
    """Runs with the settings of the environment and logs to standard error. What must be mended first is one sentence
    and the exit code of its kind, not a traceback."""
    try:
        settings = load_settings()
        logging.basicConfig(
            level=settings.log_level.upper(),
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            stream=sys.stderr,
        )
        return uvloop.run(run(settings))
    except FleetError as error:
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201 the command's answer
        return error.exit_code


def on_signal(stop: Callable[[], object]) -> None:
    """Calls `stop` when the process is asked to end, from within its loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
