"""The broker's password file and access rules, rendered from the accounts. Mosquitto's formats; pure but for secrets.

Rules for units are patterns, and a pattern holds for every user: whoever is called like a unit may do what that unit
may. Therefore the names of gateways and services contain a dot, which no unit's code can (`check_username`): a
pattern opens to them only topics outside the grammar, which ingest refuses.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable

from fleet.errors import InvalidSettings
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from fleet.model.readings import Kind

INGEST = "service.ingest"
"""The account of ingest: takes every uplink message, sends receipts and commands, watches the broker's counters."""

UPLINK = tuple(kind.value for kind in Kind)
DOWNLINK = ("receipt", "command")

_ROOT = "fleet/v1"
_UNIT_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_OTHER_NAME = re.compile(r"(gateway|service)\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_LONGEST_NAME = 64

# Mosquitto's own default. More would protect nothing, since passwords are random, and cost the broker's only thread
# a second and more whenever the whole fleet reconnects.
ITERATIONS = 101
_SALT_BYTES = 12  # the one length that Mosquitto 2.0 accepts
_SCHEME = "7"  # PBKDF2 with SHA-512


def new_password() -> str:
    """192 random bits, in characters that need no quoting in a URL or a shell."""
    return secrets.token_urlsafe(24)


def hash_password(password: str, salt: bytes | None = None) -> str:
    """`$7$iterations$salt$hash`, the form that `mosquitto_passwd` writes."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"${_SCHEME}${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def password_matches(password: str, stored_hash: str) -> bool:
    """Whether `stored_hash` is of this password; False also for what is no such hash."""
    try:
        empty, scheme, iterations, salt, digest = stored_hash.split("$")
        if empty or scheme != _SCHEME:
            return False
        found = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(salt), int(iterations))
        return hmac.compare_digest(found, base64.b64decode(digest))
    except ValueError:
        return False


def gateway_username(name: str) -> str:
    """`gateway.NAME`. Raises InvalidSettings when the name would not be one."""
    username = f"gateway.{name.removeprefix('gateway.')}"
    check_username(username, BrokerAccountKind.GATEWAY)
    return username


def check_username(username: str, kind: BrokerAccountKind) -> None:
    """Raises InvalidSettings when an account of this kind must not be called so."""
    if kind is BrokerAccountKind.UNIT:
        if not _UNIT_NAME.fullmatch(username):
            raise InvalidSettings(f"{username!r} is no unit code: 1 to 32 letters, digits, '_' or '-'")
        return
    if not _OTHER_NAME.fullmatch(username) or not username.startswith(f"{kind}.") or len(username) > _LONGEST_NAME:
        raise InvalidSettings(
            f"{username!r} is no name for a {kind}: {kind}. and letters, digits, '_' or '-', in parts joined by a dot,"
            f" {_LONGEST_NAME} characters at most"
        )


def render_passwords(accounts: Iterable[BrokerAccount]) -> str:
    """The password file: one line an account, in the order of their names."""
    return "".join(f"{account.username}:{account.password_hash}\n" for account in _checked(accounts))


def render_access(accounts: Iterable[BrokerAccount]) -> str:
    """The access file: one block of patterns for all units, then each gateway and service in the order of its name."""
    lines = ["# Rendered from the accounts in the database; changes here are lost.", ""]
    lines += [f"pattern write {_ROOT}/+/%u/{kind}" for kind in UPLINK]
    lines += [f"pattern read {_ROOT}/+/%u/{kind}" for kind in DOWNLINK]
    for account in _checked(accounts):
        if account.kind is BrokerAccountKind.UNIT:
            continue
        lines += ["", f"user {account.username}", *_rules(account)]
    return "\n".join(lines) + "\n"


def _rules(account: BrokerAccount) -> list[str]:
    if account.kind is BrokerAccountKind.GATEWAY:
        place = f"{_ROOT}/{account.division:06d}/+"
        return [
            *(f"topic write {place}/{kind}" for kind in UPLINK),
            *(f"topic read {place}/{kind}" for kind in DOWNLINK),
        ]
    if account.username == INGEST:
        return [
            *(f"topic read {_ROOT}/+/+/{kind}" for kind in UPLINK),
            *(f"topic write {_ROOT}/+/+/{kind}" for kind in DOWNLINK),
            "topic read $SYS/#",
        ]
    raise InvalidSettings(f"no rules are known for the service account {account.username!r}")


def _checked(accounts: Iterable[BrokerAccount]) -> list[BrokerAccount]:
    """In the order of their names, each name fit for its kind: a wrong one could take another account's rights."""
    ordered = sorted(accounts, key=lambda account: account.username)
    for account in ordered:
        check_username(account.username, account.kind)
        if account.kind is BrokerAccountKind.GATEWAY and not account.division:
            raise InvalidSettings(f"the gateway {account.username!r} has no division")
    return ordered
