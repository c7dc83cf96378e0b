"""Knocks at a broker as a client would, for the doctor: TCP, TLS, and one CONNECT with the account's own password."""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from fleet.errors import InvalidSettings
from fleet.identity.tls import ClientTls

_REFUSALS = {4: "the username or the password is wrong", 5: "the account may not connect"}


@dataclass(frozen=True, slots=True)
class Knock:
    """`problem` is empty when the broker let the account in; `ends_at`: when its certificate ends, where it has one."""

    problem: str = ""
    remedy: str = ""
    ends_at: datetime | None = None


def knock(url: str, tls: ClientTls, *, within_s: float = 5) -> Knock:
    """Never raises for what it finds."""
    parts = urlsplit(url)
    secure = parts.scheme == "mqtts"
    host, port = parts.hostname or "127.0.0.1", parts.port or (8883 if secure else 1883)
    wrong_url = "start it (`fleet up`), or correct FLEET_MQTT_URL"
    try:
        context = tls.context() if secure else None
    except InvalidSettings as error:
        return Knock(str(error), "correct FLEET_MQTT_TLS_CA, FLEET_MQTT_TLS_CLIENT_CERT and FLEET_MQTT_TLS_CLIENT_KEY")
    ends_at = None
    try:
        with contextlib.ExitStack() as stack:
            wire = stack.enter_context(socket.create_connection((host, port), timeout=within_s))
            if context is not None:
                secured = stack.enter_context(context.wrap_socket(wire, server_hostname=host))
                ends_at, wire = _ends_at(secured), secured
            answer = b""
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                wire.sendall(_connect_packet(unquote(parts.username or ""), unquote(parts.password or "")))
                answer = wire.recv(4)
    except ssl.SSLCertVerificationError as error:
        return Knock(
            f"its certificate does not hold: {error.verify_message}",
            "name the authority in FLEET_MQTT_TLS_CA, or the broker in FLEET_MQTT_URL as its certificate does",
        )
    except ssl.SSLError as error:
        remedy = "if the broker demands a client certificate: FLEET_MQTT_TLS_CLIENT_CERT, FLEET_MQTT_TLS_CLIENT_KEY"
        return Knock(f"TLS fails: {error.reason or error}", remedy)
    except OSError as error:
        return Knock(str(error), wrong_url)
    if len(answer) < 4 or answer[0] != 0x20:
        remedy = "a broker that demands TLS or a client certificate hangs up like this: see FLEET_MQTT_URL and its log"
        return Knock("it ends the connection without an answer", remedy, ends_at)
    if answer[3]:
        reason = _REFUSALS.get(answer[3], f"refusal {answer[3]}")
        return Knock(reason, "correct FLEET_MQTT_URL, or write the accounts: `fleet broker render`", ends_at)
    return Knock(ends_at=ends_at)


def _ends_at(wire: ssl.SSLSocket) -> datetime | None:
    shown = wire.getpeercert() or {}
    ends = shown.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None


def _connect_packet(username: str, password: str) -> bytes:
    """MQTT 3.1.1, a clean session under a name of the broker's choice."""
    flags = 0x02 | (0xC0 if username else 0)
    body = _text("MQTT") + bytes([4, flags, 0, 10]) + _text("")
    if username:
        body += _text(username) + _text(password)
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return b"\x10" + bytes(digits) + body


def _text(value: str) -> bytes:
    encoded = value.encode()
    return len(encoded).to_bytes(2, "big") + encoded
