"""From token to account: verified against the database, remembered for a few seconds.

A revoked token therefore works at most `REMEMBER` longer in another process; in this one it ends at once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth.throttle import Throttle
from api.database import Database
from api.errors import ApiProblem
from fleet.audit.entry import Actor
from fleet.errors import NotAuthenticated
from fleet.identity.passwords import password_matches
from fleet.identity.tokens import (
    ACCESS_LIFETIME,
    REFRESH_LIFETIME,
    SESSION_LIFETIME,
    new_refresh_token,
    new_token,
    token_digest,
)
from fleet.identity.totp import matching_step, recovery_digest
from fleet.identity.totp_keys import TotpKeys
from fleet.model.failures import Failures, one_more
from fleet.model.registry import Role
from fleet.store import accounts, audit, lockouts, second_factor, tokens
from fleet.store.accounts import Credentials
from fleet.store.tokens import Session

REMEMBER = timedelta(seconds=10)
MAX_REMEMBERED = 10_000

# Per address over all accounts: someone who tries one password on many accounts.
ADDRESS_LIMIT = 100

NEEDS_SECOND_FACTOR = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
"""Where the policy is switched on (FLEET_REQUIRE_TOTP)."""

WRONG = "The name or the password is wrong."


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What a log-in or a renewal gives: shown once, stored as digests."""

    access: str
    access_expires_at: datetime
    refresh: str
    refresh_expires_at: datetime


class Sessions:
    """Opens, renews, verifies and ends sessions."""

    def __init__(
        self, database: Database, now: Callable[[], datetime], totp_keys: TotpKeys, *, require_totp: bool = False
    ) -> None:
        self._totp_keys = totp_keys
        self._database = database
        self._now = now
        self._require_totp = require_totp
        self._known: OrderedDict[bytes, tuple[Session, datetime]] = OrderedDict()
        self._per_address = Throttle(limit=ADDRESS_LIMIT)
        self._guesses = Throttle()
        # One attempt at a time for a name and address: otherwise many at once would all be the tenth.
        self._attempts: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        # Each check takes 20 MiB and a core for tens of milliseconds: a flood of log-ins waits here.
        self._checking = asyncio.Semaphore(2)

    async def open(self, username: str, password: str, otp: str | None, address: str) -> Opened:
        """A new session. Raises NotAuthenticated, ApiProblem (401 otp_required, 429) or StoreUnavailable."""
        lock = self._attempts.setdefault((username, address), asyncio.Lock())
        async with lock:
            return await self._open(username, password, otp, address)

    async def _open(self, username: str, password: str, otp: str | None, address: str) -> Opened:
        now = self._now()
        wait_s = self._per_address.wait_s(address, now)
        async with self._database.begin() as connection:
            failures = await lockouts.find_failures(connection, username, address)
            stored = await accounts.find_credentials(connection, username)
        wait_s = max(wait_s, failures.wait_s(now) if failures is not None else 0)
        if wait_s:
            raise too_many(wait_s)
        matches = await self.check_password(password, stored.password_hash if stored is not None else None)
        if stored is None or not matches or stored.disabled_at is not None:
            await self._failed(username, address, failures, stored, "password", now)
            raise NotAuthenticated(WRONG)
        if not await self._second_factor(stored.account_id, otp, now):
            await self._failed(username, address, failures, stored, "one-time password", now)
            raise otp_required("The one-time password is wrong, or was used before.")
        async with self._database.begin() as connection:
            if failures is not None:
                await lockouts.clear(connection, username, address)
            expires_at = now + SESSION_LIFETIME
            session_id = await tokens.begin_session(connection, stored.account_id, at=now, expires_at=expires_at)
            await audit.record(
                connection,
                account=Actor(account=username, role=stored.role, address=address),
                action="session.open",
                subject=f"account:{stored.account_id}",
                detail={"address": address},
            )
            opened = new_pair(now, expires_at)
            await self._store(connection, account_id=stored.account_id, session_id=session_id, pair=opened)
        return opened

    async def check_password(self, password: str, stored_hash: str | None) -> bool:
        async with self._checking:
            return await asyncio.to_thread(password_matches, password, stored_hash)

    def check_guesses(self, session: Session) -> None:
        """Raises ApiProblem (429) when a logged-in account has guessed too often at its own password or codes."""
        if wait_s := self._guesses.wait_s(str(session.account_id), self._now()):
            raise too_many(wait_s)

    def guessed_wrong(self, session: Session) -> None:
        self._guesses.failed(str(session.account_id), self._now())

    async def _second_factor(self, account_id: int, otp: str | None, now: datetime) -> bool:
        """Whether the account has none, or `otp` is its code. Raises ApiProblem (401) when it must be asked for."""
        async with self._database.begin() as connection:
            factor = await second_factor.find_factor(connection, account_id)
            if factor is None or not factor.confirmed:
                return True
            if not otp:
                raise otp_required("Send the one-time password of your authenticator as `otp`, or a recovery code.")
            secret = await open_secret(connection, self._totp_keys, account_id, factor.secret)
            step = matching_step(secret, otp, now, after=factor.last_step)
            if step is not None:
                await second_factor.take_step(connection, account_id, step)
                return True
            return await second_factor.take_recovery(connection, account_id, recovery_digest(otp))

    async def _failed(
        self,
        username: str,
        address: str,
        before: Failures | None,
        stored: Credentials | None,
        wrong: str,
        now: datetime,
    ) -> None:
        self._per_address.failed(address, now)
        failures = one_more(before, now)
        # What is no account's name may be a password typed into the wrong field: it is not written down.
        name, subject = ("unknown", "account") if stored is None else (username, f"account:{stored.account_id}")
        actor = Actor(account=name, role=None if stored is None else stored.role, address=address)
        async with self._database.begin() as connection:
            await lockouts.put_failures(connection, username, address, failures)
            await audit.record(
                connection,
                account=actor,
                action="session.failed",
                subject=subject,
                detail={"address": address, "wrong": wrong, "failures": failures.count},
            )
            if failures.locked_until is not None:
                await audit.record(
                    connection,
                    account=actor,
                    action="session.locked",
                    subject=subject,
                    detail={"address": address, "until": failures.locked_until.isoformat()},
                )

    async def renew(self, refresh: str) -> Opened:
        """A new pair for a refresh token, which is used up; shown a second time it ends the whole session.

        Raises NotAuthenticated or StoreUnavailable.
        """
        now = self._now()
        opened = None
        async with self._database.begin() as connection:
            found = await tokens.take_refresh(connection, token_digest(refresh), now)
            if found is not None and found.used:
                await tokens.end_session(connection, found.session_id, now)
                await audit.record(
                    connection,
                    account=found.username,
                    action="session.reuse",
                    subject=f"account:{found.account_id}",
                    detail={"session": found.session_id},
                )
            elif found is not None:
                opened = new_pair(now, found.session_expires_at)
                await self._store(connection, account_id=found.account_id, session_id=found.session_id, pair=opened)
        if found is not None and found.used:
            self.forget(found.account_id)
        if opened is None:
            raise NotAuthenticated("The session has ended: log in again.")
        return opened

    async def verify(self, token: str) -> Session:
        """Whom the token stands for. Raises NotAuthenticated or StoreUnavailable."""
        digest = token_digest(token)
        now = self._now()
        known = self._known.get(digest)
        if known is not None and now - known[1] < REMEMBER and known[0].expires_at > now:
            return known[0]
        async with self._database.begin() as connection:
            session = await tokens.find_session(connection, digest, now)
            if session is not None and session.personal:
                await tokens.note_use(connection, digest, now)
        if session is None:
            self._known.pop(digest, None)
            raise NotAuthenticated("The token is not valid, or no longer: log in again.")
        self._known[digest] = (session, now)
        self._known.move_to_end(digest)
        while len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return session

    async def verify_stream(self, token: str, opened_as: Session) -> Session:
        """Like `verify`, for what runs longer than an access token: its session may have been renewed since.

        Answers what `opened_as` is by now. Raises NotAuthenticated or StoreUnavailable.
        """
        try:
            return await self.verify(token)
        except NotAuthenticated:
            if opened_as.session_id is None:
                raise
        async with self._database.begin() as connection:
            present = await tokens.find_going_on(connection, opened_as.session_id, self._now())
        if present is None:
            raise NotAuthenticated("The session has ended: log in again.")
        return present

    def must_enrol(self, session: Session) -> bool:
        """Whether the account has to set up its second factor before it may do anything else."""
        return self._require_totp and session.role in NEEDS_SECOND_FACTOR and not session.second_factor

    async def close(self, token: str, session: Session) -> None:
        """Ends the session with all its tokens; a personal token is revoked."""
        digest = token_digest(token)
        now = self._now()
        async with self._database.begin() as connection:
            await tokens.revoke_token(connection, digest, now)
            if session.session_id is not None:
                await tokens.end_session(connection, session.session_id, now)
            await audit.record(
                connection,
                account=session.username,
                action="session.close",
                subject=f"account:{session.account_id}",
            )
        self.forget(session.account_id)

    def forget(self, account_id: int | None = None) -> None:
        """Ask the database again about this account, or (after a change of the organs' tree) about everybody."""
        for digest in [
            digest for digest, (session, _) in self._known.items() if account_id in (None, session.account_id)
        ]:
            del self._known[digest]

    async def _store(self, connection: AsyncConnection, *, account_id: int, session_id: int, pair: Opened) -> None:
        await tokens.add_access(
            connection,
            account_id=account_id,
            session_id=session_id,
            sha256=token_digest(pair.access),
            expires_at=pair.access_expires_at,
        )
        await tokens.add_refresh(
            connection,
            session_id=session_id,
            sha256=token_digest(pair.refresh),
            expires_at=pair.refresh_expires_at,
        )


async def open_secret(connection: AsyncConnection, keys: TotpKeys, account_id: int, stored: str) -> str:
    """The secret of a second factor; what was stored bare, or with an older key, is written anew."""
    secret = keys.decrypt(stored, account_id)
    if not keys.is_current(stored):
        await second_factor.put_secret(connection, account_id, keys.encrypt(secret, account_id))
    return secret


def new_pair(now: datetime, session_expires_at: datetime) -> Opened:
    return Opened(
        access=new_token(),
        access_expires_at=min(now + ACCESS_LIFETIME, session_expires_at),
        refresh=new_refresh_token(),
        refresh_expires_at=min(now + REFRESH_LIFETIME, session_expires_at),
    )


def too_many(wait_s: int) -> ApiProblem:
    return ApiProblem(
        429,
        "too-many-attempts",
        "Too many failed attempts",
        f"Too many failed attempts: try again in {wait_s} s.",
        headers={"Retry-After": str(wait_s)},
    )


def otp_required(detail: str) -> ApiProblem:
    return ApiProblem(
        401, "otp_required", "A one-time password is required", detail, headers={"WWW-Authenticate": "Bearer"}
    )
