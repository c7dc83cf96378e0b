"""Commands on the wire, and how patiently they are sent again. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec

from fleet.model.downlink import DueCommand

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0


def pause_s(tries: int) -> float:
    """How long to wait for an answer after so many tries, from 1: 5 s, 10, 20, 40 ... 300 s."""
    return float(min(FIRST_PAUSE_S * 2 ** min(tries - 1, 16), LONGEST_PAUSE_S))


def payload(command: DueCommand) -> bytes:
    """What the unit is sent. It answers with the same `id`, however often it was sent."""
    return msgspec.json.encode(
        {
            "id": command.id,
            "kind": command.kind,
            "time": command.created_at,
            "expires_at": command.expires_at,
            "content": msgspec.Raw(command.content.encode()),
        }
    )


def remaining_s(command: DueCommand, now: datetime) -> int:
    """Whole seconds for which the broker may keep the message for a unit that is away; at least 1."""
    return max(1, int((command.expires_at - now).total_seconds()))
