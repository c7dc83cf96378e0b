"""Requests in the name of the people of the organs: log-in, renewal, and what cannot be answered now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
import msgspec

from fleet.errors import DependencyMissing, InvalidSettings, NotAuthenticated
from fleet.identity.tls import SYSTEM_TLS, ClientTls
from simulators.office.posts import OfficeAccount, Post

_TIMEOUT_S = 30.0
_SHUT_OUT_S = 60.0
_AWAY = frozenset({408, 429, 500, 502, 503, 504})


class Away(DependencyMissing):
    """Not now: the service does not answer, or asks for patience. `retry_after_s`: how long, where it said so."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Mapping[str, Any]

    @property
    def slug(self) -> str:
        """The kind of problem, such as `order-state`; empty where all is well."""
        return str(self.body.get("type") or "").rstrip("/").rpartition("/")[2].rpartition(":")[2]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(str(one.get("code")) for one in self.body.get("errors") or () if isinstance(one, dict))


class Offices:
    """All offices on one HTTP client. `sent` counts the requests."""

    def __init__(self, client: httpx.AsyncClient, accounts: Iterable[OfficeAccount]) -> None:
        self._client = client
        self._people = {(one.division, one.organ, one.post): one for one in accounts}
        self._tokens: dict[str, tuple[str, str | None]] = {}  # access and refresh token by name
        self._locks: dict[str, asyncio.Lock] = {}
        self.sent = 0

    @property
    def dispatchers(self) -> tuple[OfficeAccount, ...]:
        """One for each division whose organs file orders."""
        return tuple(one for _, one in sorted(self._people.items(), key=_division) if one.post is Post.DISPATCHER)

    def person(self, division: int, organ: int, post: Post) -> OfficeAccount | None:
        """Whoever holds the post for the organ, else for the division; where nobody manages, an approver."""
        found = self._people.get((division, organ, post)) or self._people.get((division, None, post))
        return self.person(division, organ, Post.APPROVER) if found is None and post is Post.MANAGER else found

    async def ask(
        self,
        person: OfficeAccount,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> Answer:
        """One request with a valid session. Raises Away when there is no answer to it now."""
        for attempt in range(2):
            token = await self._token(person, fresh=attempt > 0)
            answer = await self._send(method, path, token, json=body, params=params)
            if answer.status != 401:
                return answer
            self._forget(person, token)
        raise Away(f"the API refuses the session of {person.username!r}", _SHUT_OUT_S)

    async def _token(self, person: OfficeAccount, *, fresh: bool) -> str:
        async with self._locks.setdefault(person.username, asyncio.Lock()):
            known = self._tokens.get(person.username)
            if known is not None and known[0]:
                return known[0]
            renewed = None
            if known is not None and known[1] and not fresh:
                renewed = await self._log_in({"grant_type": "refresh_token", "refresh_token": known[1]})
            if renewed is None:
                form = {"grant_type": "password", "username": person.username, "password": person.password}
                renewed = await self._log_in(form)
            if renewed is None:
                raise Away(f"the API refuses the account {person.username!r}", _SHUT_OUT_S)
            self._tokens[person.username] = renewed
            return renewed[0]

    def _forget(self, person: OfficeAccount, token: str) -> None:
        """A token that was refused; the one to renew it with is kept."""
        known = self._tokens.get(person.username)
        if known is not None and known[0] == token:
            self._tokens[person.username] = ("", known[1])

    async def _log_in(self, form: Mapping[str, str]) -> tuple[str, str | None] | None:
        answer = await self._send("POST", "auth/token", None, data=form)
        token = answer.body.get("access_token")
        return (str(token), answer.body.get("refresh_token")) if answer.status == 200 and token else None

    async def _send(
        self,
        method: str,
        path: str,
        token: str | None,
        *,
        json: Mapping[str, object] | None = None,
        data: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> Answer:
        self.sent += 1
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            answer = await self._client.request(
                method, path, json=json, data=data, params=params, headers=headers, timeout=_TIMEOUT_S
            )
        except httpx.TransportError as error:
            raise Away(f"the API does not answer ({error or type(error).__name__})") from error
        if answer.status_code in _AWAY:
            raise Away(f"the API answers {answer.status_code}", _seconds(answer.headers.get("Retry-After")))
        try:
            found = msgspec.json.decode(answer.content) if answer.content else {}
        except msgspec.MsgspecError as error:
            raise InvalidSettings(f"{answer.url} does not answer as the API of this product does") from error
        return Answer(answer.status_code, found if isinstance(found, dict) else {})


@asynccontextmanager
async def open_offices(
    url: str, accounts: Iterable[OfficeAccount], tls: ClientTls = SYSTEM_TLS
) -> AsyncIterator[Offices]:
    """Offices at the API of `url`. Raises NotAuthenticated when there are no accounts."""
    known = tuple(accounts)
    if not known:
        raise NotAuthenticated("the credentials file names no office accounts: nobody can file orders")
    base = url.rstrip("/") + "/api/v1/"
    # The cookies are for the page; sent along, they would stand for whoever logged in last.
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    async with httpx.AsyncClient(
        base_url=base,
        trust_env=False,
        cookies=jar,
        verify=tls.context() if base.startswith("https:") else True,
    ) as client:
        yield Offices(client, known)


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdigit() else None


def _division(entry: tuple[tuple[int, int | None, Post], OfficeAccount]) -> int:
    return entry[0][0]
