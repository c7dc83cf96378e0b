"""Password hashes (argon2id), with the same work for accounts that do not exist.

The parameters are the smallest that OWASP recommends for argon2id: 19 MiB, two passes. More would let a few
log-ins at once starve a small machine.
"""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200


def password_problem(password: str, username: str) -> str | None:
    """Why a person may not choose this password; None = it may be chosen. Length counts, kinds of characters do not."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return f"from {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
    if "\0" in password:
        return "a NUL character cannot be typed"
    if username.casefold() in password.casefold() or len(set(password)) < 4:
        return "too easy to guess: the account's name, or the same few characters over and over"
    return None


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def password_matches(password: str, stored_hash: str | None) -> bool:
    """Whether `password` is the one behind `stored_hash`; None (no such account) costs the same and is False."""
    known = stored_hash is not None
    try:
        matches = _HASHER.verify(stored_hash if stored_hash is not None else _stand_in(), password)
    except (VerificationError, InvalidHashError):
        return False
    return matches and known


@cache
def _stand_in() -> str:
    return hash_password("the hash of an account that does not exist")
