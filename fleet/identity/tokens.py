"""Opaque bearer tokens: 32 random bytes. Only the SHA-256 is stored, so a copy of the database opens nothing."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

LIFETIME = timedelta(hours=12)
"""A working day: who logs in in the morning is not thrown out in the afternoon."""

PREFIX = "fleet_"
"""Makes a leaked token findable by secret scanners."""


def new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """What is stored of a token; a plain hash is enough because the token is random, not chosen by a person."""
    return hashlib.sha256(token.encode()).digest()
