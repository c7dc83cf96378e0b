"""How a unit answers what it is told: it takes every command that it can read and that is not over. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec


class _Command(msgspec.Struct):
    id: int
    kind: str
    expires_at: datetime


_decoder = msgspec.json.Decoder(_Command)


def answer(payload: bytes, now: float) -> bytes | None:
    """What a unit sends as `command/result` to this `command` at `now` (Unix seconds); None when it cannot read it.

    The same command is answered each time it comes: that it comes again says that the answer was not heard.
    """
    try:
        command = _decoder.decode(payload)
    except msgspec.MsgspecError:
        return None
    moment = datetime.fromtimestamp(now, tz=UTC)
    result = {"id": command.id, "time": moment.isoformat(timespec="milliseconds")}
    if command.expires_at <= moment:
        return msgspec.json.encode({**result, "result": "refused", "reason": "expired"})
    return msgspec.json.encode({**result, "result": "acknowledged"})
