"""The API process: settings -> engine -> application -> server, wired by hand."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
import uvloop
from fastapi import FastAPI

from api.app import create_app
from api.database import SERVER_SETTINGS
from api.protocol import GuardedProtocol
from api.state import Services
from fleet.errors import DependencyMissing, FleetError, InvalidSettings
from fleet.local.audit_key import audit_keys
from fleet.local.listeners import check_pair
from fleet.local.totp_key import totp_keys
from fleet.settings import Settings, load_settings
from fleet.store.audit_files import AuditFiles
from fleet.store.audit_journal import APPLICATION_NAME, STATEMENT_TIMEOUT_S, Journal
from fleet.store.pool import await_database, connect, create_engine

KEEP_ALIVE_S = 5
"""How long a connection may wait for its next request."""

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
        loop.add_signal_handler(signal.SIGHUP, self.read_certificate)
        try:
            yield
        finally:
            for number in (*handled, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def read_certificate(self) -> None:
        """A renewed one is shown to whoever connects from now on; one that does not fit changes nothing."""
        context, certificate, key = self.config.ssl, self.config.ssl_certfile, self.config.ssl_keyfile
        if context is None or certificate is None:
            return
        try:
            check_pair(Path(certificate), Path(key or certificate))
            context.load_cert_chain(certificate, key)
        except (InvalidSettings, OSError) as error:
            logging.getLogger("api").error("the certificate stays as it was: %s", error)
        else:
            logging.getLogger("api").info("read the certificate again")


def collect_rarely() -> None:
    """Modules and routes are for ever; answers hold no cycles. Looking through all of it stops every request for as
    long as it takes to rank six thousand vehicles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM. Raises FleetError: the address is taken, a setting is wrong, or no database is there."""
    database_url = settings.service_database_url("api")
    keys = audit_keys(settings, make=True)
    audit_files = AuditFiles(settings.audit_directory)
    audit_files.prepare()
    second_factors = totp_keys(settings)
    tls = server_tls(settings)
    listener = listen(settings.http_host, settings.http_port)
    await await_database(database_url)
    engine = create_engine(
        database_url, size=POOL_SIZE, application_name="one-network-api", server_settings=SERVER_SETTINGS
    )
    app = create_app(
        engine,
        now,
        Journal(
            lambda: connect(database_url, application_name=APPLICATION_NAME, statement_timeout_s=STATEMENT_TIMEOUT_S),
            keys,
            audit_files,
            now,
        ),
        second_factors,
        require_totp=settings.require_totp,
        request_rate_per_s=settings.request_rate_per_s,
    )
    collect_rarely()
    config = configured(app, tls=tls, trusted_proxies=settings.trusted_proxies)
    scheme = "http" if tls is None else "https"
    logging.getLogger("api").info("listening on %s://%s:%d", scheme, settings.http_host, settings.http_port)
    await Server(config, app.state.services).serve([listener])


def configured(
    app: FastAPI,
    *,
    tls: tuple[Path, Path] | None = None,
    trusted_proxies: str | None = None,
    lifespan: bool = True,
    http: type[GuardedProtocol] = GuardedProtocol,
) -> uvicorn.Config:
    """How uvicorn serves the application; the tests serve it in the same way. `tls`: certificate and key."""
    return uvicorn.Config(
        app,
        loop="none",  # we are inside it
        http=http,
        ws="none",
        lifespan="on" if lifespan else "off",
        log_config=None,
        access_log=False,
        server_header=False,
        # Only of proxies that were named: anybody can write these headers.
        proxy_headers=trusted_proxies is not None,
        forwarded_allow_ips=trusted_proxies or "",
        ssl_certfile=None if tls is None else tls[0],
        ssl_keyfile=None if tls is None else tls[1],
        ssl_context_factory=None if tls is None else _modern,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        backlog=2048,
    )


def _modern(_: uvicorn.Config, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def server_tls(settings: Settings) -> tuple[Path, Path] | None:
    """Certificate and key, where the API shall speak TLS itself. Raises InvalidSettings for what does not fit."""
    certificate, key = settings.http_tls_cert, settings.http_tls_key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise InvalidSettings("set both FLEET_HTTP_TLS_CERT and FLEET_HTTP_TLS_KEY, or neither")
    check_pair(certificate, key)
    return certificate, key


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
