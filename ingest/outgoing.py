"""What was published and not acknowledged yet: at most a window of it, sent again over the next connection. Pure."""

from __future__ import annotations

from collections import deque

from ingest import packets

MOST_UNDERWAY = 1_000

_FIRST_ID, _LAST_ID = 2, 65_535
"""The packet number 1 is SUBSCRIBE's."""


class Outgoing:
    """Its bytes are to be written in the order in which they are given out."""

    def __init__(self, most: int = MOST_UNDERWAY) -> None:
        self._most = self._window = most
        self._underway: dict[int, bytes] = {}  # packet number -> PUBLISH, in the order of their first sending
        self._again: deque[int] = deque()  # those of an earlier connection that were not sent over this one yet
        self._last_id = _LAST_ID

    @property
    def room(self) -> int:
        """How many more may be published."""
        return 0 if self._again else max(self._window - len(self._underway), 0)

    def opened(self, window: int) -> bytes:
        """A connection begins over which the broker takes `window` packets at once: what must be sent first."""
        self._window = min(self._most, window)
        self._again = deque(self._underway)
        return b"".join(self._resend() for _ in range(min(self._window, len(self._again))))

    def publish(self, topic: str, payload: bytes) -> bytes:
        """A retained PUBLISH with QoS 1. Only where there is `room`."""
        number = self._last_id
        while number in self._underway or number == self._last_id:
            number = number + 1 if number < _LAST_ID else _FIRST_ID
        self._last_id = number
        packet = self._underway[number] = packets.publish(topic, payload, number)
        return packet

    def acknowledged(self, number: int) -> bytes:
        """The broker has taken this packet; what may be sent now."""
        known = self._underway.pop(number, None)
        return self._resend() if known is not None and self._again else b""

    def _resend(self) -> bytes:
        return packets.said_again(self._underway[self._again.popleft()])
