"""Encrypts the secrets of second factors with a key that is not in the database (AES-256-GCM).

Stored is `v1.<key id>.<nonce and ciphertext in base64>`, bound to its account: moved to another row it opens nothing.
What was stored before there was a key is the bare secret; whoever uses it writes it anew.
"""

from __future__ import annotations

import base64
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fleet.errors import InvalidSettings

SHORTEST_KEY = 32
_VERSION = "v1"
_NONCE_BYTES = 12


class TotpKeys:
    """The keys by their ids; the first encrypts, the others only read what was written with them."""

    def __init__(self, text: str, where: str) -> None:
        """`text`: keys on lines or separated by commas. Raises InvalidSettings for none, or one that is too short."""
        keys = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
        if not keys or any(len(key) < SHORTEST_KEY for key in keys):
            raise InvalidSettings(f"{where}: a key has at least {SHORTEST_KEY} random characters")
        self._by_id = {_id(key): AESGCM(_bytes(key)) for key in keys}
        self._current = _id(keys[0])

    def __repr__(self) -> str:
        return f"TotpKeys(current={self._current!r}, older={len(self._by_id) - 1})"

    def encrypt(self, secret: str, account_id: int) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._by_id[self._current].encrypt(nonce, secret.encode(), _bound_to(account_id))
        return f"{_VERSION}.{self._current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def decrypt(self, stored: str, account_id: int) -> str:
        """The secret. Raises InvalidSettings when its key is not among ours, or the text was changed or moved."""
        if not stored.startswith(f"{_VERSION}."):
            return stored
        _, key_id, encoded = stored.split(".", 2)
        key = self._by_id.get(key_id)
        if key is None:
            raise InvalidSettings(
                f"the second factor of account {account_id} was encrypted with the key {key_id}, which is not in"
                " FLEET_TOTP_KEY: add it after the present one, or remove that second factor"
            )
        raw = base64.urlsafe_b64decode(encoded)
        try:
            return key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound_to(account_id)).decode()
        except InvalidTag:
            raise InvalidSettings(
                f"the second factor of account {account_id} was changed in the database, or belongs to another account"
            ) from None

    def is_current(self, stored: str) -> bool:
        """Whether it is encrypted, with the key that encrypts now."""
        return stored.startswith(f"{_VERSION}.{self._current}.")


def _bytes(key: str) -> bytes:
    return hashlib.sha256(b"one-network totp key\0" + key.encode()).digest()


def _id(key: str) -> str:
    """Names a key without telling anything of it."""
    return hashlib.sha256(b"one-network totp key id\0" + key.encode()).hexdigest()[:8]


def _bound_to(account_id: int) -> bytes:
    return b"second factor of account %d" % account_id
