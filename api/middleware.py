"""What surrounds every request: limits, security headers, counting. Plain ASGI, so that streams pass untouched."""

from __future__ import annotations

import time
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem_response
from api.health.metrics import Metrics

MAX_BODY_BYTES = 1024 * 1024
MAX_SHEET_BYTES = 16 * 1024 * 1024
SHEETS = "/api/v1/imports/"
"""Whole registries come as one sheet; only administrators get so far that a body is read."""

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Edge:
    """The outermost layer; it also sees the answers to faults."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                self._count(scope, message["status"], time.perf_counter() - began)
            await send(message)

        received = 0
        most = _most_bytes(scope)

        async def receive_bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                # FastAPI passes this kind of error on while it reads a body; others it would call a bad request.
                status, _, _, detail = _too_large(most)
                raise HTTPException(status, detail)
            return message

        if refusal := self._refusal(scope):
            status, slug, title, detail = refusal
            await problem_response(status, slug, title, detail)(scope, receive, send_safely)
            return
        await self._app(scope, receive_bounded, send_safely)

    @staticmethod
    def _refusal(scope: Scope) -> tuple[int, str, str, str] | None:
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or int(value) > _most_bytes(scope)):
                return _too_large(_most_bytes(scope))
        if b"%00" in scope["query_string"] or "\0" in scope["path"]:
            # PostgreSQL knows no NUL in texts; nothing of ours contains one.
            return 400, "invalid-request", "Invalid request", "The address contains a NUL character."
        return None

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        template = _template(scope)
        self._metrics.requests.labels(scope["method"], template, str(status)).inc()
        self._metrics.seconds.labels(scope["method"], template).observe(seconds)


def _template(scope: Scope) -> str:
    """The route without its values: one series a route, however many vehicles there are, and one for all strays."""
    if "endpoint" not in scope:
        return "unmatched"
    path: str = scope["path"]
    for name, value in reversed(scope.get("path_params", {}).items()):
        head, found, tail = path.rpartition(f"/{value}")
        path = f"{head}/{{{name}}}{tail}" if found else path
    return path


def _most_bytes(scope: Scope) -> int:
    return MAX_SHEET_BYTES if scope["path"].startswith(SHEETS) else MAX_BODY_BYTES


def _too_large(most: int) -> tuple[int, str, str, str]:
    return 413, "content-too-large", "Content too large", f"A body may have at most {most} bytes."
