"""From token to account: verified against the database, remembered for a few seconds.

A revoked token therefore works at most `REMEMBER` longer in another process; in this one it ends at once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from api.auth.throttle import Throttle
from api.database import Database
from api.errors import ApiProblem
from fleet.errors import NotAuthenticated
from fleet.identity.passwords import password_matches
from fleet.identity.tokens import LIFETIME, new_token, token_digest
from fleet.store import accounts, audit
from fleet.store.accounts import Session

REMEMBER = timedelta(seconds=10)
MAX_REMEMBERED = 10_000

# Per address over all accounts: someone who tries one password on many accounts.
ADDRESS_LIMIT = 100


class Sessions:
    """Opens, verifies and ends sessions."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._known: OrderedDict[bytes, tuple[Session, datetime]] = OrderedDict()
        self._per_account = Throttle()
        self._per_address = Throttle(limit=ADDRESS_LIMIT)
        # Each check takes 20 MiB and a core for tens of milliseconds: a flood of log-ins waits here.
        self._checking = asyncio.Semaphore(2)

    async def open(self, username: str, password: str, address: str) -> tuple[str, datetime]:
        """A new token and when it ends. Raises NotAuthenticated, ApiProblem (429) or StoreUnavailable."""
        key = f"{address}\n{username}"
        now = self._now()
        wait_s = max(self._per_account.wait_s(key, now), self._per_address.wait_s(address, now))
        if wait_s:
            raise ApiProblem(
                429,
                "too-many-attempts",
                "Too many failed log-ins",
                f"Too many failed log-ins from this address: try again in {wait_s} s.",
                headers={"Retry-After": str(wait_s)},
            )
        async with self._database.begin() as connection:
            stored = await accounts.find_credentials(connection, username)
        async with self._checking:
            matches = await asyncio.to_thread(
                password_matches, password, stored.password_hash if stored is not None else None
            )
        if stored is None or not matches or stored.disabled_at is not None:
            self._per_account.failed(key, now)
            self._per_address.failed(address, now)
            raise NotAuthenticated("The name or the password is wrong.")
        self._per_account.succeeded(key)
        token = new_token()
        expires_at = now + LIFETIME
        async with self._database.begin() as connection:
            await accounts.add_token(
                connection, account_id=stored.account_id, sha256=token_digest(token), expires_at=expires_at
            )
            await audit.record(
                connection,
                account=username,
                action="session.open",
                subject=f"account:{stored.account_id}",
                detail={"address": address},
            )
        return token, expires_at

    async def verify(self, token: str) -> Session:
        """Whom the token stands for. Raises NotAuthenticated or StoreUnavailable."""
        digest = token_digest(token)
        now = self._now()
        known = self._known.get(digest)
        if known is not None and now - known[1] < REMEMBER and known[0].expires_at > now:
            return known[0]
        async with self._database.begin() as connection:
            session = await accounts.find_session(connection, digest, now)
        if session is None:
            self._known.pop(digest, None)
            raise NotAuthenticated("The token is not valid, or no longer: log in again.")
        self._known[digest] = (session, now)
        self._known.move_to_end(digest)
        while len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return session

    async def close(self, token: str, session: Session) -> None:
        digest = token_digest(token)
        async with self._database.begin() as connection:
            await accounts.revoke_token(connection, digest, self._now())
            await audit.record(
                connection,
                account=session.username,
                action="session.close",
                subject=f"account:{session.account_id}",
            )
        self._known.pop(digest, None)
