"""One attempt: the address looked up and checked, the body posted, the status read. Never a redirect, never long."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from api.delivery.guard import Network, Refused, checked, resolve, url_fault

CONNECT_S, READ_S, WHOLE_S = 5.0, 10.0, 15.0
GONE = 410


class Answer(NamedTuple):
    """`status` None: none came. `error` None: taken. `retry_after`: what the receiver asked for."""

    status: int | None
    error: str | None
    retry_after: timedelta | None = None


class Poster:
    """Posts to checked addresses, without proxies, redirects or cookies; `close()` at the end."""

    def __init__(self, allowed: Sequence[Network], *, trusted: ssl.SSLContext | None = None) -> None:
        self._allowed = tuple(allowed)
        self._client = httpx.AsyncClient(
            verify=trusted or ssl.create_default_context(),
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Never raises for what the receiver does, or is."""
        try:
            async with asyncio.timeout(WHOLE_S):
                return await self._post(url, body, headers)
        except Refused as refusal:
            return Answer(None, str(refusal))
        except TimeoutError:
            return Answer(None, f"no answer within {WHOLE_S:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            return Answer(None, f"{type(error).__name__}: {error}"[:300])

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if (fault := url_fault(url)) is not None:
            raise Refused(fault)
        parts = urlsplit(url)
        host = parts.hostname or ""
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        address = checked(await resolve(host, port), self._allowed, secure=secure)
        literal = f"[{address}]" if address.version == 6 else str(address)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named = f"[{host}]" if ":" in host else host
        request = self._client.build_request(
            "POST",
            f"{parts.scheme}://{literal}:{port}{path}",
            content=body,
            headers={**headers, "Host": named if parts.port is None else f"{named}:{port}"},
            extensions={"sni_hostname": host},  # the certificate is checked against the name, not the address
        )
        answer = await self._client.send(request, stream=True)
        try:
            return _judged(answer)  # its body is nobody's business
        finally:
            await answer.aclose()


def _judged(answer: httpx.Response) -> Answer:
    if answer.is_success:
        return Answer(answer.status_code, None)
    if answer.is_redirect:
        return Answer(answer.status_code, "a redirect, which is not followed: enter the new address")
    wait = answer.headers.get("retry-after", "")
    asked = timedelta(seconds=int(wait)) if wait.isdigit() and len(wait) < 7 else None
    return Answer(answer.status_code, f"HTTP {answer.status_code}", asked)
