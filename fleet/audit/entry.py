"""An entry of the audit log, its bytes, and its code.

The code of an entry is HMAC-SHA256 over the code of the entry before it and the entry itself, its chain and number
included. Whoever lacks the key can therefore neither change, remove, add nor move an entry without leaving a code
that is wrong. The bytes are made from values that the database keeps exactly as they are: instants in whole
microseconds, and the detail as the JSON text that was stored.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from fleet.audit.keys import Keys
from fleet.model.moments import to_us

GENESIS = bytes(32)
"""Stands where the code before the first entry would."""

_DOMAIN = b"one-network audit entry 1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something: an account's name, and as far as known its role, its organ, and from which address."""

    account: str
    role: str | None = None
    address: str | None = None
    organ_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who did what to what, when and why. Made by `make_entry`, or read from the database.

    `at` is aware UTC; `organ_ids` are the organs it is about, ascending; `detail` is JSON text.
    """

    at: datetime
    account: str
    role: str | None
    address: str | None
    action: str
    subject: str
    organ_ids: tuple[int, ...]
    purpose: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """An entry at its place in a chain, with its code and the id of the key that made it."""

    chain: int
    n: int
    entry: Entry
    key_id: str
    mac: bytes


def make_entry(at: datetime, account: Actor | str, **described: Any) -> Entry:
    """An entry that happened `at` (aware UTC); for the other parts see `describe`."""
    return Entry(at=at, **describe(account, **described))


def describe(
    account: Actor | str,
    *,
    action: str,
    subject: str,
    organ_ids: Iterable[int] = (),
    purpose: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The parts of an entry but its moment, as the database can keep them to the letter.

    Without organs it is about the actor's own.
    """
    actor = account if isinstance(account, Actor) else Actor(account=account)
    organs = set(organ_ids)
    if not organs and actor.organ_id is not None:
        organs = {actor.organ_id}
    return {
        "account": storable(actor.account),
        "role": None if actor.role is None else storable(actor.role),
        "address": None if actor.address is None else storable(actor.address),
        "action": storable(action),
        "subject": storable(subject),
        "organ_ids": tuple(sorted(organs)),
        "purpose": None if purpose is None else storable(purpose),
        "detail": None if detail is None else detail_text(detail),
    }


def storable(text: str) -> str:
    """`text` without NUL and lone surrogates, which no database text can hold."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def detail_text(detail: Mapping[str, Any]) -> str:
    """A detail as the JSON text that is stored: keys sorted, instants and days as text, no NUL in any text."""
    return json.dumps(
        _storable(msgspec.to_builtins(detail, str_keys=True)),
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case dict():
            return {storable(name): _storable(one) for name, one in value.items()}
        case list():
            return [_storable(one) for one in value]
        case _:
            return value


def canonical(chain: int, n: int, key: str, entry: Entry) -> bytes:
    """The bytes of an entry at its place. Different entries have different bytes: every part says how long it is."""
    parts: tuple[str | None, ...] = (
        str(chain),
        str(n),
        key,
        str(to_us(entry.at)),
        entry.account,
        entry.role,
        entry.address,
        entry.action,
        entry.subject,
        ",".join(map(str, entry.organ_ids)),
        entry.purpose,
        entry.detail,
    )
    pieces: list[bytes] = []
    for part in parts:
        if part is None:
            pieces.append(b"-")
        else:
            encoded = part.encode()
            pieces.extend((b"%d:" % len(encoded), encoded))
    return b"".join(pieces)


def code_of(key: bytes, previous: bytes, body: bytes) -> bytes:
    """The code of an entry: 32 bytes."""
    return hmac.digest(key, _DOMAIN + previous + body, "sha256")


def chain_up(keys: Keys, chain: int, n: int, mac: bytes, entries: Iterable[Entry]) -> list[Link]:
    """`entries` as the links that follow link `n` with the code `mac`."""
    links: list[Link] = []
    for entry in entries:
        n += 1
        mac = code_of(keys.key, mac, canonical(chain, n, keys.current, entry))
        links.append(Link(chain, n, entry, keys.current, mac))
    return links
