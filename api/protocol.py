"""HTTP/1.1 as uvicorn reads it, with what it lacks: limits on the size of headers and on the time they may take.

Without the first a client fills our memory with one request; without the second it holds a connection for ever by
sending nothing, or a byte a minute.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.errors import MEDIA_TYPE, problem_body
from api.headers import SECURITY_HEADERS

MAX_HEAD_BYTES = 32 * 1024
"""Request line and headers together. A chunk from the socket is parsed whole: the `Edge` looks once more."""

HEAD_WITHIN_S = 10.0
"""From the first byte, or the connection itself, to the end of the headers."""


class GuardedProtocol(HttpToolsProtocol):
    """One connection."""

    head_within_s = HEAD_WITHIN_S

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head_bytes = 0
        self._in_head = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(
                431, "headers-too-large", "Headers too large", f"Address and headers may have {MAX_HEAD_BYTES} bytes."
            )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_is_there()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "bad-request", "Bad request", "This is no HTTP request.")

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(self.head_within_s, self._too_slow)

    def _head_is_there(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self._in_head:
            self._refuse(408, "request-timeout", "Request timeout", "The headers did not come in time.")
        else:
            self.transport.close()  # nobody asked anything

    def _refuse(self, status: int, slug: str, title: str, detail: str) -> None:
        body = problem_body(status, slug, title, detail)
        headers = {
            **SECURITY_HEADERS,
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Connection": "close",
        }
        head = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)
        self.transport.close()
