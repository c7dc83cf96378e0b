"""What surrounds every request: limits, security headers, counting. Plain ASGI, so that streams pass untouched."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem_response
from api.headers import SECURITY_HEADERS, TRANSPORT_SECURITY
from api.health.metrics import Metrics
from api.limits import Rates

MAX_BODY_BYTES = 1024 * 1024
MAX_SHEET_BYTES = 16 * 1024 * 1024
BODY_WITHIN_S, SHEET_WITHIN_S = 30.0, 180.0
SHEETS = "/api/v1/imports/"
"""Whole registries come as one sheet; only who may import something gets so far that a body is read."""

MAX_PATH_BYTES, MAX_QUERY_BYTES = 2 * 1024, 8 * 1024
MAX_HEADERS, MAX_HEADER_BYTES = 100, 32 * 1024
MAX_RUNNING = 2_000
"""Requests in this process at one time, open streams included."""


class Refusal(NamedTuple):
    status: int
    slug: str
    title: str
    detail: str
    retry_after_s: int | None = None


class Edge:
    """The outermost layer; it also sees the answers to faults."""

    most_running = MAX_RUNNING

    def __init__(self, app: ASGIApp, metrics: Metrics, rates: Rates) -> None:
        self._app = app
        self._metrics = metrics
        self._rates = rates
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    # The page and reports have policies of their own, stricter, with a nonce or a hash.
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers[TRANSPORT_SECURITY[0]] = TRANSPORT_SECURITY[1]
                self._count(scope, message["status"], time.perf_counter() - began)
            await send(message)

        if refusal := self._refusal(scope):
            waiting = {} if refusal.retry_after_s is None else {"Retry-After": str(refusal.retry_after_s)}
            answer = problem_response(refusal.status, refusal.slug, refusal.title, refusal.detail, headers=waiting)
            await answer(scope, receive, send_safely)
            return
        self._running += 1
        try:
            await self._app(scope, Body(scope["path"], receive).receive, send_safely)
        finally:
            self._running -= 1

    def _refusal(self, scope: Scope) -> Refusal | None:
        address = scope["client"][0] if scope.get("client") else "unknown"
        if wait_s := self._rates.address_wait_s(address):
            detail = f"More requests than one address may make: try again in {wait_s} s."
            return Refusal(429, "too-many-requests", "Too many requests", detail, wait_s)
        if self._running >= self.most_running:
            return Refusal(503, "overloaded", "Overloaded", "Too many requests are being answered: try again.", 5)
        if len(scope["path"]) > MAX_PATH_BYTES or len(scope["query_string"]) > MAX_QUERY_BYTES:
            return Refusal(414, "address-too-long", "Address too long", f"A query may have {MAX_QUERY_BYTES} bytes.")
        if len(scope["headers"]) > MAX_HEADERS or sum(len(n) + len(v) for n, v in scope["headers"]) > MAX_HEADER_BYTES:
            detail = f"There may be {MAX_HEADERS} headers of {MAX_HEADER_BYTES} bytes together."
            return Refusal(431, "headers-too-large", "Headers too large", detail)
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or int(value) > _most_bytes(scope["path"])):
                return _too_large(_most_bytes(scope["path"]))
        if b"%00" in scope["query_string"] or "\0" in scope["path"]:
            # PostgreSQL knows no NUL in texts; nothing of ours contains one.
            return Refusal(400, "invalid-request", "Invalid request", "The address contains a NUL character.")
        return None

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        template = _template(scope)
        self._metrics.requests.labels(scope["method"], template, str(status)).inc()
        self._metrics.seconds.labels(scope["method"], template).observe(seconds)


class Body:
    """What comes with a request, bounded in size and in the time it may take, with a length announced or without."""

    def __init__(self, path: str, receive: Receive) -> None:
        self._receive = receive
        self._most_bytes = _most_bytes(path)
        self.within_s = SHEET_WITHIN_S if path.startswith(SHEETS) else BODY_WITHIN_S
        self._until_s: float | None = None
        self._received = 0
        self._complete = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        loop = asyncio.get_running_loop()
        if self._until_s is None:
            self._until_s = loop.time() + self.within_s
        # FastAPI passes this kind of error on while it reads a body; others it would call a bad request.
        try:
            async with asyncio.timeout_at(self._until_s):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, f"The body did not come within {self.within_s:.0f} s.") from None
        self._received += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._received > self._most_bytes:
            too_large = _too_large(self._most_bytes)
            raise HTTPException(too_large.status, too_large.detail)
        return message


def _template(scope: Scope) -> str:
    """The route without its values: one series a route, however many vehicles there are, and one for all strays."""
    if "endpoint" not in scope:
        return "unmatched"
    path: str = scope["path"]
    for name, value in reversed(scope.get("path_params", {}).items()):
        head, found, tail = path.rpartition(f"/{value}")
        path = f"{head}/{{{name}}}{tail}" if found else path
    return path


def _most_bytes(path: str) -> int:
    return MAX_SHEET_BYTES if path.startswith(SHEETS) else MAX_BODY_BYTES


def _too_large(most: int) -> Refusal:
    return Refusal(413, "content-too-large", "Content too large", f"A body may have at most {most} bytes.")
