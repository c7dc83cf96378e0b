"""What a receiver knows us by: a signature over id, time and body, so that none can be exchanged. Pure but for chance.

Signed as Standard Webhooks says (HMAC-SHA256). While a secret is being replaced there is a signature of each.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


def new_secret() -> str:
    """Shown once to the owner: 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(body: bytes, event_id: str, at: datetime, keys: Sequence[str]) -> dict[str, str]:
    """`keys`: the secret, and the one before it while that is valid."""
    seconds = str(int(at.timestamp()))
    return {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": "one-network-webhooks/1",
        "webhook-id": event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(signature(body, event_id, seconds, key) for key in keys),
    }


def signature(body: bytes, event_id: str, seconds: str, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((event_id.encode(), seconds.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
