"""The people who file the demonstration's orders, so that nobody decides on his own; and from when on the city keeps
its orders, so that nobody is accused of the time before.

Whoever approves is bound to an organ. A county's node stands above its organs; those of the city stand below the root,
which is no organ to be bound to: there each organ has an approver of its own, and the city's dispatcher serves all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.identity.broker_access import new_password
from fleet.identity.passwords import hash_password, password_matches
from fleet.model.registry import OrganKind, Role
from fleet.model.scope import CITY
from fleet.store import accounts, policies
from fleet.store.tables import organ

POSTS: Mapping[str, Role] = {
    "dispatcher": Role.ORGAN_DISPATCHER,
    "approver": Role.APPROVER,
    "manager": Role.ORGAN_MANAGER,
}
"""What each does: applies, assigns, records and settles; approves; approves at the second level."""


@dataclass(frozen=True, slots=True)
class OfficeLogin:
    """An account of one post for all organs of a division, or for one `organ` of it."""

    username: str
    password: str
    division: int
    post: str
    organ: int | None = None

    def as_json(self) -> dict[str, str | int]:
        values: dict[str, str | int] = {
            "username": self.username,
            "password": self.password,
            "division": f"{self.division:06d}",
            "post": self.post,
        }
        return values if self.organ is None else {**values, "organ": self.organ}


@dataclass(frozen=True, slots=True)
class _Wanted:
    division: int
    post: str
    role: Role
    bound_to: int | None
    organ: int | None = None


async def ensure_offices(connection: AsyncConnection, kept: Mapping[str, str], *, fresh: bool) -> list[OfficeLogin]:
    """The accounts, made with a `fresh` city or where `kept` (passwords by username) says that they were made before.

    One that a person changed or disabled since is left alone, and left out. The caller commits. Needs the owner's
    rights.
    """
    wanted = await _wanted(connection)
    stored = await accounts.find_named(connection, wanted)
    if not fresh and not stored:
        return []
    found: list[OfficeLogin] = []
    for username, one in wanted.items():
        row = stored.get(username)
        password = kept.get(username)
        if row is not None and row["disabled_at"] is not None:
            continue
        # The first version has the password it was made with, which spares a start the work of comparing.
        changed = row is not None and row["version"] != 1
        if row is not None and changed and (password is None or not password_matches(password, row["password_hash"])):
            continue
        if row is None or password is None:
            password = new_password()
            await accounts.put_account(
                connection,
                username=username,
                password_hash=hash_password(password),
                role=one.role,
                organ_id=one.bound_to,
            )
        found.append(OfficeLogin(username, password, one.division, one.post, one.organ))
    return found


async def _wanted(connection: AsyncConnection) -> dict[str, _Wanted]:
    """By username: three for each county; for the city a dispatcher, and an approver for each of its organs."""
    rows = (
        await connection.execute(
            select(organ.c.id, organ.c.kind, organ.c.division, organ.c.parent_id).order_by(organ.c.id)
        )
    ).all()
    root = next((row for row in rows if row.kind == OrganKind.CITY), None)
    found: dict[str, _Wanted] = {}
    for row in rows:
        if row.kind == OrganKind.COUNTY:
            for post, role in POSTS.items():
                found[f"office-{row.division:06d}-{post}"] = _Wanted(row.division, post, role, row.id)
        elif root is not None and row.parent_id == root.id:
            found[f"office-organ-{row.id}-approver"] = _Wanted(row.division, "approver", Role.APPROVER, row.id, row.id)
    if root is not None:
        name = f"office-{root.division:06d}-dispatcher"
        found[name] = _Wanted(root.division, "dispatcher", Role.CITY_DISPATCHER, None)
    return found


# ---------------------------------------------------------------- from when on orders are kept

ORDERS_KEPT = "reconciliation.orders_kept"
CLOSED_AFTER = timedelta(minutes=30)
"""Offices that were closed for longer open anew; `simulators/office/run.py` says the same."""

_WHO = "demonstration"
_OPENS_WITHIN = timedelta(minutes=15)
_HALF_HOUR = timedelta(minutes=30)


async def ensure_orders_kept(
    connection: AsyncConnection, diary: Path, now: datetime, *, wanted: bool
) -> datetime | None:
    """Give the city's policy the versions that follow from when its offices are open; answers a new beginning.

    Orders count from a full half hour on, a quarter of an hour from now at least: until then the offices file what is
    to leave afterwards. For the time in which they were closed none count. A policy that somebody else gave a value
    stays as it is. The caller commits.
    """
    versions = await policies.list_versions(connection, ORDERS_KEPT, scope=CITY)
    rows = [row for row in versions if row["organ_id"] is None]
    if not rows or any(row["who"] != _WHO for row in rows):
        return None
    last = rows[0]  # the latest beginning first
    closed_at = _alive_at(diary)
    open_still = closed_at is not None and now - closed_at <= CLOSED_AFTER
    if last["value"] is True and wanted and (open_still or last["effective_from"] > now):
        return None
    if last["value"] is True:
        since = last["effective_from"] if closed_at is None else max(last["effective_from"], closed_at)
        await _put(connection, value=False, since=since, why="用车单位停止办理用车单", now=now)
    if not wanted:
        return None
    begins = opening(now)
    await _put(connection, value=True, since=begins, why="各单位开始在本系统办理用车单", now=now)
    return begins


def opening(now: datetime) -> datetime:
    """The first full half hour that lies a quarter of an hour ahead at least."""
    soonest = now.astimezone(UTC) + _OPENS_WITHIN
    hour = soonest.replace(minute=0, second=0, microsecond=0)
    return next(hour + k * _HALF_HOUR for k in range(3) if hour + k * _HALF_HOUR >= soonest)


async def _put(connection: AsyncConnection, *, value: bool, since: datetime, why: str, now: datetime) -> None:
    await policies.add_version(
        connection, slug=ORDERS_KEPT, organ_id=None, value=value, effective_from=since, who=_WHO, why=why, now=now
    )


def _alive_at(diary: Path) -> datetime | None:
    """When the offices were last at work; None when they never were, or nobody knows."""
    try:
        return datetime.fromtimestamp(float(json.loads(diary.read_text(encoding="utf-8"))["alive_at"]), tz=UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return None
