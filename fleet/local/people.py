"""Accounts of the demonstration, one for each role, so that everybody can see the city as it looks from there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.identity.passwords import hash_password, password_matches
from fleet.identity.scope import BOUND_TO_AN_ORGAN
from fleet.local.places import secret
from fleet.model.registry import OrganKind, Role
from fleet.store import accounts
from fleet.store.tables import organ, vehicle

ROLES = tuple(role for role in Role if role is not Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the demonstration, printed once everything runs. `organ` is empty for the whole city."""

    name: str
    password: str
    role: str
    organ: str = ""


def account_name(role: Role) -> str:
    return role.value.replace("_", "-")


def table(people: tuple[Account, ...]) -> list[str]:
    """One line each, in columns."""
    widths = [max((len(getattr(one, name)) for one in people), default=0) for name in ("name", "password", "role")]
    return [
        "  ".join(
            (one.name.ljust(widths[0]), one.password.ljust(widths[1]), one.role.ljust(widths[2]), one.organ)
        ).rstrip()
        for one in people
    ]


async def ensure_people(connection: AsyncConnection, secrets: Path, *, fresh: bool) -> tuple[Account, ...]:
    """The accounts and their passwords, created with a `fresh` city; a registry of somebody's own gets none.

    What a person changed since stays: an account that is no longer as it was made is not touched, and its password
    not shown. The caller commits. Needs the owner's rights.
    """
    names = {account_name(role): role for role in ROLES}
    stored = await accounts.find_named(connection, names)
    if not fresh and not stored:
        return ()
    home = await _largest_organ(connection)
    people: list[Account] = []
    for name, role in names.items():
        place = home if role in BOUND_TO_AN_ORGAN else None
        if role in BOUND_TO_AN_ORGAN and home is None:
            continue
        row = stored.get(name)
        path = secrets / f"account_{name}"
        # The database counts the changes of an account: the first version has the password it was made with, which
        # spares a start the work of comparing.
        untouched = row is not None and row["version"] == 1
        lost = untouched and not path.exists()
        if row is not None and (row["disabled_at"] is not None or not (untouched or path.exists())):
            continue
        password = secret(path)
        if row is not None and not untouched and not password_matches(password, row["password_hash"]):
            continue
        if row is None or lost:
            await accounts.put_account(
                connection,
                username=name,
                password_hash=hash_password(password),
                role=role,
                organ_id=None if place is None else place[0],
            )
        people.append(Account(name, password, role.value, "" if place is None else place[1]))
    return tuple(people)


async def _largest_organ(connection: AsyncConnection) -> tuple[int, str] | None:
    """Id and name of the organ, below the counties, with the most vehicles."""
    row = (
        await connection.execute(
            select(organ.c.id, organ.c.name)
            .select_from(organ.join(vehicle, vehicle.c.organ_id == organ.c.id))
            .where(organ.c.kind.not_in((OrganKind.CITY, OrganKind.COUNTY)))
            .group_by(organ.c.id, organ.c.name)
            .order_by(func.count().desc(), organ.c.id)
            .limit(1)
        )
    ).one_or_none()
    return None if row is None else (row.id, row.name)
