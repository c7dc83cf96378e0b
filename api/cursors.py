"""Cursors of lists: opaque to the caller, inside the sort key of the last item that was given out."""

from __future__ import annotations

import base64
import binascii
from typing import TypeVar

import msgspec

from api.errors import bad_cursor

T = TypeVar("T")


def encode_cursor(key: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str, kind: type[T]) -> T:
    """Raises ApiProblem (400) for anything this service did not give out."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(packed, type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise bad_cursor() from None
