"""Accounts of the message broker: who connects, and for which units."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class BrokerAccountKind(StrEnum):
    UNIT = "unit"  # named as the unit's code
    GATEWAY = "gateway"  # `gateway.NAME`: speaks for every unit of its division
    SERVICE = "service"  # `service.NAME`: a part of this product


class BrokerAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account. `division` is a gateway's; `password_hash` is in the broker's own format."""

    username: str
    kind: BrokerAccountKind
    division: int | None = None
    password_hash: str
