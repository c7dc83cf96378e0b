"""Versions of policy values: added, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, insert, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.policies import POLICIES, PolicyVersion, Resolved, Value, resolve
from fleet.model.scope import Scope
from fleet.registry.standards import Standards
from fleet.store.recompute import Period, mark_organ
from fleet.store.scoped import owned_by
from fleet.store.tables import organ, policy_value


async def lineage(connection: AsyncConnection, organ_id: int) -> list[int]:
    """The organ, then the organs above it up to the root."""
    chain = select(organ.c.id, organ.c.parent_id).where(organ.c.id == organ_id).cte("chain", recursive=True)
    chain = chain.union(select(organ.c.id, organ.c.parent_id).where(organ.c.id == chain.c.parent_id))
    parents = {row.id: row.parent_id for row in await connection.execute(select(chain))}
    ids: list[int] = []
    current: int | None = organ_id
    while current is not None and current in parents and current not in ids:
        ids.append(current)
        current = parents[current]
    return ids


async def versions(connection: AsyncConnection, slugs: Sequence[str], *, until: datetime) -> list[PolicyVersion]:
    """Every version of these policies that begins at or before `until`."""
    statement = select(policy_value).where(policy_value.c.slug.in_(slugs), policy_value.c.effective_from <= until)
    return [
        PolicyVersion(row.id, row.slug, row.organ_id, row.value, row.effective_from)
        for row in await connection.execute(statement)
    ]


async def values_at(
    connection: AsyncConnection, at: datetime, organ_id: int | None, slugs: Sequence[str] = tuple(POLICIES)
) -> dict[str, Resolved]:
    """What holds at `at` for the organ; None = for the city as a whole."""
    above = [] if organ_id is None else await lineage(connection, organ_id)
    stored = await versions(connection, slugs, until=at)
    return {slug: resolve(POLICIES[slug], stored, above, at) for slug in slugs}


async def standards_at(connection: AsyncConnection, at: datetime) -> Standards:
    """The limits of price and displacement."""
    names = ("communications_price_fen", "communications_displacement_ml", "new_energy_price_fen")
    found = await values_at(connection, at, None, [f"standards.{name}" for name in names])
    return Standards(**{name: int(found[f"standards.{name}"].value) for name in names})


async def number_at(connection: AsyncConnection, slug: str, at: datetime) -> int:
    """A whole number that holds for the city."""
    return int((await values_at(connection, at, None, [slug]))[slug].value)


async def list_versions(connection: AsyncConnection, slug: str, *, scope: Scope) -> Sequence[RowMapping]:
    """The versions of one policy, the latest beginning first; the city's are everybody's."""
    visible = or_(policy_value.c.organ_id.is_(None), owned_by(scope, policy_value.c.organ_id))
    statement = (
        select(policy_value, organ.c.name.label("organ_name"))
        .select_from(policy_value.outerjoin(organ))
        .where(policy_value.c.slug == slug, visible)
        .order_by(policy_value.c.effective_from.desc(), policy_value.c.id.desc())
    )
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


async def add_version(
    connection: AsyncConnection,
    *,
    slug: str,
    organ_id: int | None,
    value: Value,
    effective_from: datetime,
    who: str,
    why: str,
    now: datetime,
) -> dict[str, Any]:
    """Adds the version; one that reaches into the past has the span since then judged again, where that hangs on it."""
    statement = (
        insert(policy_value)
        .values(slug=slug, organ_id=organ_id, value=value, effective_from=effective_from, who=who, why=why, at=now)
        .returning(policy_value)
    )
    row = (await connection.execute(statement)).mappings().one()
    if POLICIES[slug].judged:
        since: Period = Range(effective_from, None, bounds="[)")
        await mark_organ(connection, organ_id, [since], reason=f"policy.{slug}", now=now)
    return dict(row)
