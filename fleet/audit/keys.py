"""Keys of the audit log: the first is used, the others only check what was written with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fleet.errors import InvalidSettings

SHORTEST_KEY = 32
"""Characters; a random text of this length in base64 has 192 bits."""


def key_id(key: bytes) -> str:
    """Names a key without telling anything of it: 8 hexadecimal digits."""
    return hashlib.sha256(b"one-network audit key\0" + key).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Keys:
    """`current` is the id of the key that is used; `by_id` holds it and the older ones."""

    current: str
    by_id: Mapping[str, bytes]

    @property
    def key(self) -> bytes:
        return self.by_id[self.current]

    def __repr__(self) -> str:
        return f"Keys(current={self.current!r}, older={len(self.by_id) - 1})"


def read_keys(text: str, where: str) -> Keys:
    """Keys from text, one a line (or separated by commas), the one to use first; `where` names the text in errors.

    Raises InvalidSettings when there is none, or one is shorter than 32 characters.
    """
    keys = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
    if not keys:
        raise InvalidSettings(f"{where} holds no key: one line of at least {SHORTEST_KEY} random characters")
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise InvalidSettings(f"{where}: a key of the audit log has at least {SHORTEST_KEY} characters")
    encoded = [key.encode() for key in keys]
    return Keys(key_id(encoded[0]), MappingProxyType({key_id(key): key for key in encoded}))
