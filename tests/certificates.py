"""A private authority for the tests, made once a worker, and what it signed."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from fleet.identity.certificates import Pair, issue, new_authority
from fleet.identity.tls import ClientTls
from fleet.local.listeners import TlsFiles


@dataclass(frozen=True, slots=True)
class Authority:
    """`server` is for 127.0.0.1."""

    pair: Pair
    server: Pair

    def client(self, name: str) -> Pair:
        return issue(self.pair, name, hosts=(), now=datetime.now(UTC), days=5)

    def files(self, *, demand: bool) -> TlsFiles:
        return TlsFiles(self.server.certificate, self.server.key, self.pair.certificate if demand else None)


def authority(name: str = "ours") -> Authority:
    return _made(name)


@cache
def _made(name: str) -> Authority:
    now = datetime.now(UTC)
    pair = new_authority(name, now=now, days=30)
    return Authority(pair, issue(pair, "127.0.0.1", hosts=["127.0.0.1", "localhost"], now=now, days=20))


def written(directory: Path, trusted: Authority, shown: Pair | None = None) -> ClientTls:
    """The files of a client that trusts `trusted` and shows `shown`."""
    directory.mkdir(exist_ok=True)
    (directory / "ca.crt").write_bytes(trusted.pair.certificate)
    if shown is None:
        return ClientTls(directory / "ca.crt")
    for kind, content in (("crt", shown.certificate), ("key", shown.key)):
        (directory / f"client.{kind}").write_bytes(content)
        (directory / f"client.{kind}").chmod(0o600)
    return ClientTls(directory / "ca.crt", directory / "client.crt", directory / "client.key")


def shown_by(port: int) -> bytes:
    """The certificate a server shows whoever connects now, PEM."""
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=5).encode()
