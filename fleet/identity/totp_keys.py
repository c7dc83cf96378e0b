"""Encrypts secrets of second factors and webhooks with a key that is not in the database (AES-256-GCM).

Stored is `v1.<key id>.<nonce and ciphertext in base64>`, bound to its row: moved to another row it opens nothing.
What was stored before there was a key is the bare secret; whoever uses it writes it anew.
"""

from __future__ import annotations

import base64
import hashlib
import os
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fleet.errors import InvalidSettings

SHORTEST_KEY = 32
_VERSION = "v1"
_NONCE_BYTES = 12


class _Sealing:
    """The keys by their ids; the first encrypts, the others only read what was written with them."""

    label: ClassVar[bytes]

    def __init__(self, text: str, where: str) -> None:
        """`text`: keys on lines or separated by commas. Raises InvalidSettings for none, or one that is too short."""
        keys = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
        if not keys or any(len(key) < SHORTEST_KEY for key in keys):
            raise InvalidSettings(f"{where}: a key has at least {SHORTEST_KEY} random characters")
        self._by_id = {self._id(key): AESGCM(self._bytes(key)) for key in keys}
        self._current = self._id(keys[0])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(current={self._current!r}, older={len(self._by_id) - 1})"

    def is_current(self, stored: str) -> bool:
        """Whether it is encrypted, with the key that encrypts now."""
        return stored.startswith(f"{_VERSION}.{self._current}.")

    def _seal(self, secret: str, bound_to: bytes) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._by_id[self._current].encrypt(nonce, secret.encode(), bound_to)
        return f"{_VERSION}.{self._current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def _open(self, stored: str, bound_to: bytes, whose: str) -> str:
        _, key_id, encoded = stored.split(".", 2)
        key = self._by_id.get(key_id)
        if key is None:
            raise InvalidSettings(
                f"the {whose} was encrypted with the key {key_id}, which is not in FLEET_TOTP_KEY: add it after the"
                " present one, or replace that secret"
            )
        raw = base64.urlsafe_b64decode(encoded)
        try:
            return key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound_to).decode()
        except InvalidTag:
            raise InvalidSettings(f"the {whose} was changed in the database, or belongs to another row") from None

    @classmethod
    def _bytes(cls, key: str) -> bytes:
        return hashlib.sha256(cls.label + b"\0" + key.encode()).digest()

    @classmethod
    def _id(cls, key: str) -> str:
        """Names a key without telling anything of it."""
        return hashlib.sha256(cls.label + b" id\0" + key.encode()).hexdigest()[:8]


class WebhookKeys(_Sealing):
    """For the secrets of webhooks: keys of their own, made from the same text."""

    label = b"one-network webhook key"

    def encrypt(self, secret: str, webhook_id: int) -> str:
        return self._seal(secret, b"secret of webhook %d" % webhook_id)

    def decrypt(self, stored: str, webhook_id: int) -> str:
        """Raises InvalidSettings when its key is not among ours, or the text was changed or moved."""
        return self._open(stored, b"secret of webhook %d" % webhook_id, f"secret of webhook {webhook_id}")


class TotpKeys(_Sealing):
    """For the secrets of second factors; `webhooks` are those of the other secrets we keep."""

    label = b"one-network totp key"

    def __init__(self, text: str, where: str) -> None:
        super().__init__(text, where)
        self.webhooks = WebhookKeys(text, where)

    def encrypt(self, secret: str, account_id: int) -> str:
        return self._seal(secret, b"second factor of account %d" % account_id)

    def decrypt(self, stored: str, account_id: int) -> str:
        """The secret. Raises InvalidSettings when its key is not among ours, or the text was changed or moved."""
        if not stored.startswith(f"{_VERSION}."):
            return stored
        whose = f"second factor of account {account_id}"
        return self._open(stored, b"second factor of account %d" % account_id, whose)
