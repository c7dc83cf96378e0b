"""Heads and anchors: what is kept of the chains outside the database, sealed with the same key.

A head says where a chain ends; it is written after every commit, so a chain that ends earlier was cut. An anchor
holds the heads of all chains at one moment and the seal of the anchor before it; printed, or copied to where nobody
of this machine can reach it, it proves later that nothing before that moment was changed, even by a holder of the key.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fleet.audit.keys import Keys

FIRST_SEAL = "0" * 64
"""Stands where the seal before the first anchor would."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain when it was written."""

    chain: int
    n: int
    mac: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Anchor:
    """The heads at one moment (aware UTC); `number` rises by one, `seal` is 64 hexadecimal digits."""

    number: int
    at: datetime
    heads: tuple[Head, ...]
    previous: str
    seal: str


def head_line(head: Head, keys: Keys) -> str:
    """One line of JSON."""
    values = {"chain": head.chain, "n": head.n, "mac": head.mac.hex(), "at": _instant(head.at), "key": keys.current}
    return _sealed(values, b"head", keys)


def read_head(line: str, keys: Keys) -> Head | None:
    """The head, or None when the line is not one that a holder of a key wrote."""
    values = _opened(line, b"head", keys)
    if values is None:
        return None
    return Head(values["chain"], values["n"], bytes.fromhex(values["mac"]), _moment(values["at"]))


def make_anchor(number: int, at: datetime, heads: Sequence[Head], previous: str, keys: Keys) -> tuple[Anchor, str]:
    """An anchor, and its line of JSON."""
    listed = sorted(heads, key=lambda head: head.chain)
    values = {
        "anchor": number,
        "at": _instant(at),
        "heads": [{"chain": one.chain, "n": one.n, "mac": one.mac.hex(), "at": _instant(one.at)} for one in listed],
        "previous": previous,
        "key": keys.current,
    }
    line = _sealed(values, b"anchor", keys)
    return Anchor(number, at, tuple(listed), previous, json.loads(line)["seal"]), line


def read_anchor(line: str, keys: Keys) -> Anchor | None:
    """The anchor, or None when the line is not one that a holder of a key wrote."""
    values = _opened(line, b"anchor", keys)
    if values is None:
        return None
    heads = tuple(
        Head(one["chain"], one["n"], bytes.fromhex(one["mac"]), _moment(one["at"])) for one in values["heads"]
    )
    return Anchor(values["anchor"], _moment(values["at"]), heads, values["previous"], values["seal"])


def printed(anchor: Anchor) -> str:
    """An anchor for paper: what a person needs to compare, or to hand to `fleet audit verify --anchor`."""
    lines = [f"One Network audit anchor {anchor.number}, {anchor.at:%Y-%m-%d %H:%M:%S} UTC"]
    lines += [f"  {mark(head)}" for head in anchor.heads]
    lines.append("Check it later: fleet audit verify" + "".join(f" --anchor {mark(head)}" for head in anchor.heads))
    return "\n".join(lines)


def mark(head: Head) -> str:
    """`CHAIN:N:CODE`, the code whole: it must not be possible to find another entry that begins alike."""
    return f"{head.chain}:{head.n}:{head.mac.hex()}"


def read_mark(text: str) -> Head | None:
    """What `mark` wrote; None when it is something else. The moment is not in it."""
    chain, _, rest = text.partition(":")
    n, _, code = rest.partition(":")
    try:
        mac = bytes.fromhex(code)
        head = Head(int(chain), int(n), mac, datetime.min.replace(tzinfo=UTC))
    except ValueError:
        return None
    return head if len(mac) == 32 else None


def _seal(values: Mapping[str, Any], domain: bytes, key: bytes) -> str:
    body = json.dumps(values, sort_keys=True, separators=(",", ":")).encode()
    return hmac.digest(key, b"one-network audit " + domain + b" 1\0" + body, "sha256").hex()


def _sealed(values: dict[str, Any], domain: bytes, keys: Keys) -> str:
    return json.dumps({**values, "seal": _seal(values, domain, keys.key)}, separators=(",", ":"))


def _opened(line: str, domain: bytes, keys: Keys) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
        seal = values.pop("seal")
        key = keys.by_id[values["key"]]
        good = hmac.compare_digest(seal, _seal(values, domain, key))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return {**values, "seal": seal} if good else None


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
