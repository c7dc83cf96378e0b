"""The broker's listeners: the one thing of its configuration that differs from site to site.

Rendered to `conf.d/listener.conf` in the broker's directory, with copies of the certificates in `tls/`: the broker's
user may be unable to read the originals, and a renewed certificate is taken over by one command. Paths are relative,
as everything in the production file.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fleet.errors import InvalidSettings
from fleet.identity.certificates import ends_at
from fleet.settings import Settings

LISTENER = Path("conf.d") / "listener.conf"
CERTIFICATE, KEY, CLIENT_AUTHORITY = Path("tls/server.crt"), Path("tls/server.key"), Path("tls/client-ca.crt")

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has nothing else."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What the broker shows, and, with `client_authority`, whose certificates it demands. PEM."""

    certificate: bytes
    key: bytes
    client_authority: bytes | None = None


@dataclass(frozen=True, slots=True)
class Listeners:
    """Plain MQTT at `address`:`port` and, with `tls`, MQTT over TLS at `tls_address`:`tls_port`. None = no such."""

    port: int | None
    address: str = "127.0.0.1"
    tls_port: int | None = None
    tls_address: str = "127.0.0.1"
    tls: TlsFiles | None = None

    def render(self) -> str:
        """Mosquitto's configuration. Raises InvalidSettings when nothing would listen."""
        lines = ["# Rendered from the settings; changes here are lost."]
        if self.port is not None:
            lines += ["", f"listener {self.port} {self.address}"]
        if self.tls is not None:
            lines += [
                "",
                f"listener {self.tls_port} {self.tls_address}",
                f"certfile {CERTIFICATE}",
                f"keyfile {KEY}",
                "tls_version tlsv1.2",  # and later ones
                f"ciphers {_CIPHERS}",
            ]
            if self.tls.client_authority is not None:
                # The username stays that of the password: with `use_identity_as_username` Mosquitto no longer looks
                # into the password file, and a revoked unit would come in again.
                lines += [f"cafile {CLIENT_AUTHORITY}", "require_certificate true"]
        if len(lines) == 1:
            raise InvalidSettings(
                "the broker would listen nowhere: set FLEET_MQTT_TLS_PORT, or leave the plain listener"
            )
        return "\n".join(lines) + "\n"

    def write(self, directory: Path, put: Callable[[Path, bytes], None]) -> None:
        """Every file by `put`, which replaces it in one step; the key before its certificate."""
        if self.tls is not None:
            write_certificates(self.tls, directory, put)
        put(directory / LISTENER, self.render().encode())


def write_certificates(files: TlsFiles, directory: Path, put: Callable[[Path, bytes], None]) -> None:
    put(directory / KEY, files.key)
    put(directory / CERTIFICATE, files.certificate)
    if files.client_authority is not None:
        put(directory / CLIENT_AUTHORITY, files.client_authority)


def tls_files(settings: Settings) -> TlsFiles | None:
    """What FLEET_MQTT_TLS_* name; None without FLEET_MQTT_TLS_PORT. Raises InvalidSettings for what does not fit.

    Mosquitto would keep an old certificate without a word but in its log, so the pair is tried here first.
    """
    if settings.mqtt_tls_port is None:
        return None
    if settings.mqtt_tls_cert is None or settings.mqtt_tls_key is None:
        raise InvalidSettings(
            "FLEET_MQTT_TLS_PORT needs FLEET_MQTT_TLS_CERT and FLEET_MQTT_TLS_KEY (`fleet certificate server` makes a"
            " pair for trying out)"
        )
    certificate = read_pem("FLEET_MQTT_TLS_CERT", settings.mqtt_tls_cert)
    key = read_pem("FLEET_MQTT_TLS_KEY", settings.mqtt_tls_key)
    check_pair(settings.mqtt_tls_cert, settings.mqtt_tls_key)
    authority = settings.mqtt_tls_client_ca
    if authority is None:
        return TlsFiles(certificate, key)
    found = read_pem("FLEET_MQTT_TLS_CLIENT_CA", authority)
    ends_at(found)
    return TlsFiles(certificate, key, found)


def read_pem(variable: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidSettings(f"{variable}: {path} cannot be read: {error.strerror}") from None


def check_pair(certificate: Path, key: Path) -> None:
    """Raises InvalidSettings when the two do not belong together, or the key is readable by everybody."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise InvalidSettings(f"{certificate} and {key} are no certificate with its key: {error}") from None
    if key.stat().st_mode & 0o007:
        raise InvalidSettings(f"{key} can be read by everybody on this machine: `chmod o= {os.fspath(key)}`")
