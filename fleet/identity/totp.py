"""Time-based one-time passwords (RFC 6238: SHA-1, 6 digits, 30 s) and recovery codes. Pure: time is an argument."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

import pyotp

from fleet.identity.tokens import token_digest

ISSUER = "One Network"
PERIOD_S = 30
DRIFT_STEPS = 1
"""A telephone's clock may be half a minute off, either way."""

RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks like something else


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 recommends."""
    return pyotp.random_base32(32)


def provisioning_uri(secret: str, username: str) -> str:
    """`otpauth://totp/…`: what authenticator apps read from a QR code."""
    return pyotp.TOTP(secret, interval=PERIOD_S).provisioning_uri(name=username, issuer_name=ISSUER)


def matching_step(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """The time step, later than `after`, whose code this is; None = of none that is near enough to `now`."""
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        return None
    generator = pyotp.TOTP(secret, interval=PERIOD_S)
    present = int(now.timestamp()) // PERIOD_S
    found = None
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if hmac.compare_digest(generator.generate_otp(step), code) and step > after:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes of 50 bits, like `k7mq2-x9dfn`; each works once in place of a one-time password."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)
    ]


def recovery_digest(code: str) -> bytes:
    """What is stored of a recovery code, however it is typed."""
    return token_digest(code.strip().lower().replace(" ", "").replace("-", ""))
