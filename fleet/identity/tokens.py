"""Opaque tokens: 32 random bytes. Only the SHA-256 is stored, so a copy of the database opens nothing."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

ACCESS_LIFETIME = timedelta(minutes=15)
"""What a stolen access token is worth; who has the refresh token renews it unseen."""

REFRESH_LIFETIME = timedelta(hours=12)
"""Each renewal gives as much again: a page that stays open stays logged in, one left over night does not."""

SESSION_LIFETIME = timedelta(days=7)
"""After a week of renewals the password, and the second factor, are asked for again."""

PREFIX = "fleet_"
"""Makes a leaked token findable by secret scanners."""


REFRESH_PREFIX = "fleetr_"


def new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def new_refresh_token() -> str:
    return REFRESH_PREFIX + secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """What is stored of a token; a plain hash is enough because the token is random, not chosen by a person."""
    return hashlib.sha256(token.encode()).digest()
