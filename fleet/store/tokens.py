"""Sessions, their access and refresh tokens, and personal tokens. Only digests are stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, RowMapping, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.errors import NotFound
from fleet.model.registry import OrganKind, Role
from fleet.model.scope import Limits
from fleet.store.registry import subtree
from fleet.store.tables import account, login_session, organ, refresh_token, second_factor, token

USE_NOTED_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=1)
"""How long what has ended stays visible to whoever looks for a reason."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a valid token stands for, and until when.

    `organs` is the account's organ and everything below it; None = the whole city (no organ, or the city's own).
    `session_id` is None for personal tokens, which `limits` may narrow.
    """

    account_id: int
    username: str
    role: Role
    organ_id: int | None
    organ_name: str | None
    organs: frozenset[int] | None
    limits: Limits
    second_factor: bool
    session_id: int | None
    personal: bool
    expires_at: datetime


class PersonalToken(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner asks for; None = no limit."""

    label: str
    expires_at: datetime
    organ_id: int | None = None
    division: int | None = None
    begin: datetime | None = None
    end: datetime | None = None
    read_only: bool = False


class Refreshed(msgspec.Struct, frozen=True):
    """A refresh token as it was found: `used` means that it was shown before."""

    session_id: int
    account_id: int
    username: str
    session_expires_at: datetime
    used: bool


_SESSIONS = (
    select(
        account.c.id.label("account_id"),
        account.c.username,
        account.c.role,
        account.c.organ_id,
        organ.c.name.label("organ_name"),
        organ.c.kind.label("organ_kind"),
        second_factor.c.confirmed_at,
        token.c.organ_id.label("token_organ_id"),
        token.c.division,
        token.c.begin_at,
        token.c.end_at,
        token.c.read_only,
        token.c.session_id,
        token.c.personal,
        token.c.expires_at,
    )
    .select_from(
        token.join(account, account.c.id == token.c.account_id)
        .outerjoin(organ, organ.c.id == account.c.organ_id)
        .outerjoin(second_factor, second_factor.c.account_id == account.c.id)
        .outerjoin(login_session, login_session.c.id == token.c.session_id)
    )
    .where(token.c.revoked_at.is_(None), account.c.disabled_at.is_(None), login_session.c.revoked_at.is_(None))
)


async def find_session(connection: AsyncConnection, sha256: bytes, at: datetime) -> Session | None:
    """The session of a token that is neither expired nor revoked, of an account that is not disabled."""
    statement = _SESSIONS.where(token.c.sha256 == sha256, token.c.expires_at > at)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else await _session(connection, row)


async def find_going_on(connection: AsyncConnection, session_id: int, at: datetime) -> Session | None:
    """A log-in that has not ended and may still be renewed, whichever of its access tokens have run out."""
    renewable = select(refresh_token.c.sha256).where(
        refresh_token.c.session_id == session_id, refresh_token.c.expires_at > at
    )
    statement = (
        _SESSIONS.where(token.c.session_id == session_id, renewable.exists())
        .order_by(token.c.expires_at.desc())
        .limit(1)
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else await _session(connection, row)


async def _session(connection: AsyncConnection, row: Row[*tuple[Any, ...]]) -> Session:
    organs = None
    if row.organ_id is not None and row.organ_kind != OrganKind.CITY:
        organs = await organs_below(connection, row.organ_id)
    limited_to = None if row.token_organ_id is None else await organs_below(connection, row.token_organ_id)
    return Session(
        account_id=row.account_id,
        username=row.username,
        role=Role(row.role),
        organ_id=row.organ_id,
        organ_name=row.organ_name,
        organs=organs,
        limits=Limits(
            organs=limited_to, division=row.division, begin=row.begin_at, end=row.end_at, read_only=row.read_only
        ),
        second_factor=row.confirmed_at is not None,
        session_id=row.session_id,
        personal=row.personal,
        expires_at=row.expires_at,
    )


async def note_use(connection: AsyncConnection, sha256: bytes, at: datetime) -> None:
    """When a personal token was last used, to the minute: a row is not written for every request."""
    await connection.execute(
        update(token)
        .where(
            token.c.sha256 == sha256,
            token.c.personal,
            or_(token.c.last_used_at.is_(None), token.c.last_used_at < at - USE_NOTED_EVERY),
        )
        .values(last_used_at=at)
    )


async def organs_below(connection: AsyncConnection, organ_id: int) -> frozenset[int]:
    """The ids of an organ and of all below it."""
    return frozenset((await connection.execute(subtree(organ_id))).scalars())


async def begin_session(connection: AsyncConnection, account_id: int, *, at: datetime, expires_at: datetime) -> int:
    """Answers the new session's id; clears away sessions and tokens that ended long ago."""
    await connection.execute(delete(login_session).where(login_session.c.expires_at < at - KEPT))
    await connection.execute(
        delete(token).where(
            token.c.personal.is_(False), token.c.expires_at < at - KEPT, token.c.account_id == account_id
        )
    )
    statement = login_session.insert().values(account_id=account_id, created_at=at, expires_at=expires_at)
    session_id: int = (await connection.execute(statement.returning(login_session.c.id))).scalar_one()
    return session_id


async def add_access(
    connection: AsyncConnection, *, account_id: int, session_id: int, sha256: bytes, expires_at: datetime
) -> None:
    await connection.execute(
        token.insert().values(account_id=account_id, session_id=session_id, sha256=sha256, expires_at=expires_at)
    )


async def add_refresh(connection: AsyncConnection, *, session_id: int, sha256: bytes, expires_at: datetime) -> None:
    await connection.execute(refresh_token.insert().values(session_id=session_id, sha256=sha256, expires_at=expires_at))


async def take_refresh(connection: AsyncConnection, sha256: bytes, at: datetime) -> Refreshed | None:
    """Use a refresh token up: of two who show the same one, one finds it used. None = not valid, or no longer."""
    statement = (
        select(
            refresh_token.c.used_at,
            login_session.c.id,
            login_session.c.account_id,
            login_session.c.expires_at,
            account.c.username,
        )
        .select_from(refresh_token.join(login_session).join(account))
        .where(
            refresh_token.c.sha256 == sha256,
            refresh_token.c.expires_at > at,
            login_session.c.revoked_at.is_(None),
            login_session.c.expires_at > at,
            account.c.disabled_at.is_(None),
        )
        .with_for_update(of=refresh_token)
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    if row.used_at is None:
        await connection.execute(update(refresh_token).where(refresh_token.c.sha256 == sha256).values(used_at=at))
    return Refreshed(row.id, row.account_id, row.username, row.expires_at, row.used_at is not None)


async def end_session(connection: AsyncConnection, session_id: int, at: datetime) -> None:
    """With every token of its family: `find_session` and `take_refresh` look at the session."""
    await connection.execute(
        update(login_session)
        .where(login_session.c.id == session_id, login_session.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )


async def end_sessions(
    connection: AsyncConnection, account_id: int, at: datetime, *, but: int | None = None, personal: bool = False
) -> None:
    """All of an account's, except `but`; its personal tokens too where `personal` says so."""
    statement = update(login_session).where(
        login_session.c.account_id == account_id, login_session.c.revoked_at.is_(None)
    )
    if but is not None:
        statement = statement.where(login_session.c.id != but)
    await connection.execute(statement.values(revoked_at=at))
    if personal:
        await connection.execute(
            update(token).where(token.c.account_id == account_id, token.c.revoked_at.is_(None)).values(revoked_at=at)
        )


async def revoke_token(connection: AsyncConnection, sha256: bytes, at: datetime) -> None:
    await connection.execute(
        update(token).where(token.c.sha256 == sha256, token.c.revoked_at.is_(None)).values(revoked_at=at)
    )


# ---------------------------------------------------------------- personal tokens


async def organ_called(connection: AsyncConnection, code: str) -> int:
    """The id of the organ with this code. Raises NotFound."""
    organ_id: int | None = (
        await connection.execute(select(organ.c.id).where(organ.c.code == code))
    ).scalar_one_or_none()
    if organ_id is None:
        raise NotFound(f"there is no organ with the code {code!r}")
    return organ_id


async def add_personal(
    connection: AsyncConnection, account_id: int, sha256: bytes, wanted: PersonalToken, *, at: datetime | None = None
) -> int:
    """Answers the token's id."""
    statement = token.insert().values(
        account_id=account_id,
        sha256=sha256,
        personal=True,
        label=wanted.label,
        expires_at=wanted.expires_at,
        organ_id=wanted.organ_id,
        division=wanted.division,
        begin_at=wanted.begin,
        end_at=wanted.end,
        read_only=wanted.read_only,
        created_at=func.now() if at is None else at,
    )
    token_id: int = (await connection.execute(statement.returning(token.c.id))).scalar_one()
    return token_id


async def list_personal(
    connection: AsyncConnection, account_id: int, at: datetime, *, token_id: int | None = None
) -> Sequence[RowMapping]:
    """The account's personal tokens that are valid, or ended within the last day, newest first."""
    statement = (
        select(
            *(token.c[name] for name in ("id", "label", "created_at", "expires_at", "revoked_at", "last_used_at")),
            *(token.c[name] for name in ("organ_id", "division", "begin_at", "end_at", "read_only")),
        )
        .where(
            token.c.account_id == account_id,
            token.c.personal,
            token.c.expires_at > at - KEPT,
            or_(token.c.revoked_at.is_(None), token.c.revoked_at > at - KEPT),
        )
        .order_by(token.c.id.desc())
    )
    if token_id is not None:
        statement = statement.where(token.c.id == token_id)
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def revoke_any(connection: AsyncConnection, token_id: int, at: datetime) -> str | None:
    """Answers whose personal token it was; None when there is no such valid one. For the owner's command line."""
    statement = (
        update(token)
        .where(
            token.c.id == token_id, token.c.personal, token.c.revoked_at.is_(None), account.c.id == token.c.account_id
        )
        .values(revoked_at=at)
        .returning(account.c.username)
    )
    username: str | None = (await connection.execute(statement)).scalar_one_or_none()
    return username


async def revoke_personal(connection: AsyncConnection, account_id: int, token_id: int, at: datetime) -> bytes | None:
    """Answers the digest of the revoked token; None when the account has no such valid token."""
    statement = (
        update(token)
        .where(token.c.id == token_id, token.c.account_id == account_id, token.c.personal, token.c.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(token.c.sha256)
    )
    digest: bytes | None = (await connection.execute(statement)).scalar_one_or_none()
    return digest
