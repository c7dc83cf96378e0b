"""The API process: settings -> engine -> application -> server, wired by hand."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import uvicorn
import uvloop

from api.app import create_app
from api.state import Services
from fleet.errors import DependencyMissing, FleetError
from fleet.local.audit_key import audit_keys
from fleet.settings import Settings, load_settings
from fleet.store.audit_files import AuditFiles
from fleet.store.audit_journal import APPLICATION_NAME, STATEMENT_TIMEOUT_S, Journal
from fleet.store.pool import await_database, connect, create_engine

GRACE_S = 5
"""How long a request may go on after SIGTERM; streams end at once."""

POOL_SIZE = 10


class Server(uvicorn.Server):
    """Ends streams before it waits for requests, and ends with exit code 0 when it was told to."""

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._services.closing.set()
        self._services.live.wake()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handled = (signal.SIGINT, signal.SIGTERM)
        for number in handled:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in handled:
                loop.remove_signal_handler(number)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM. Raises FleetError: the address is taken, a setting is wrong, or no database is there."""
    database_url = settings.service_database_url("api")
    keys = audit_keys(settings, make=True)
    listener = listen(settings.http_host, settings.http_port)
    await await_database(database_url)
    engine = create_engine(database_url, size=POOL_SIZE, application_name="one-network-api")
    app = create_app(
        engine,
        now,
        Journal(
            lambda: connect(database_url, application_name=APPLICATION_NAME, statement_timeout_s=STATEMENT_TIMEOUT_S),
            keys,
            AuditFiles(settings.audit_directory),
            now,
        ),
        require_totp=settings.require_totp,
    )
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        loop="none",  # we are inside it
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        backlog=2048,
    )
    logging.getLogger("api").info("listening on http://%s:%d", settings.http_host, settings.http_port)
    await Server(config, app.state.services).serve([listener])


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the entry point reads the clock


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises DependencyMissing when the address cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        raise DependencyMissing(
            f"cannot listen on {host}:{port} ({error.strerror or error}): "
            "is another process there? FLEET_HTTP_HOST and FLEET_HTTP_PORT choose another address"
        ) from error
    return listener


def main() -> int:
    try:
        settings = load_settings()
        logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        logging.getLogger("uvicorn").setLevel("WARNING")
        uvloop.run(serve(settings))
    except FleetError as error:
        sys.stderr.write(f"api: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
