"""Tells of cases and findings in one order that no reader can skip, and reads what was told.

Numbers are given under the lock of one row, which its transaction holds until it commits: they become visible in
their order, so whoever has read up to one misses nothing by asking for later ones. Telling is therefore the last thing
a transaction does before it commits, after every row of a case it needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.notices import NoticeKind
from fleet.store.tables import notice, notice_revision, organ, vehicle

Row = RowMapping | Mapping[str, Any]
Rows = Sequence[RowMapping]

_OF_CASE = (
    *("number", "state", "severity", "rules", "findings", "withdrawn", "end_at", "opened_at"),
    *("explain_by", "due_at", "escalated_at", "decided_at", "closed_at"),
)
_OF_FINDING = (
    *("version", "rule", "rule_version", "severity", "subject_kind", "subject_id", "end_at", "proven_at"),
    *("found_at", "withdrawn_at", "count"),
)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that is to be written. `data`: the facts of the row as they are now; never what people wrote."""

    kind: NoticeKind
    at: datetime
    case_id: int
    finding_id: int | None
    vehicle_id: int
    organ_id: int
    division: int
    begin_at: datetime
    data: dict[str, Any]


def of_case(kind: NoticeKind, row: Row, at: datetime) -> Told:
    """About a row of `misuse_case`."""
    return Told(
        kind=kind,
        at=at,
        case_id=row["id"],
        finding_id=None,
        vehicle_id=row["vehicle_id"],
        organ_id=row["organ_id"],
        division=row["division"],
        begin_at=row["begin_at"],
        data=msgspec.to_builtins({name: row[name] for name in _OF_CASE}),
    )


def of_finding(kind: NoticeKind, row: Row, case: Row, at: datetime) -> Told:
    """About a row of `finding` that belongs to the case."""
    return Told(
        kind=kind,
        at=at,
        case_id=case["id"],
        finding_id=row["id"],
        vehicle_id=row["vehicle_id"],
        organ_id=case["organ_id"],
        division=case["division"],
        begin_at=row["begin_at"],
        data=msgspec.to_builtins({"number": case["number"], **{name: row[name] for name in _OF_FINDING}}),
    )


async def tell(connection: AsyncConnection, told: Sequence[Told]) -> None:
    """Writes them in their order. The caller commits next."""
    if not told:
        return
    raised = update(notice_revision).values(revision=notice_revision.c.revision + len(told))
    last: int = (await connection.execute(raised.returning(notice_revision.c.revision))).scalar_one()
    first = last - len(told) + 1
    rows = [{**msgspec.structs.asdict(one), "revision": first + place} for place, one in enumerate(told)]
    await connection.execute(insert(notice), rows)


async def revision_now(connection: AsyncConnection) -> int:
    """Up to which notice everything is committed."""
    revision: int = (await connection.execute(select(notice_revision.c.revision))).scalar_one()
    return revision


async def oldest(connection: AsyncConnection) -> int | None:
    """The first notice that is kept; None when none is."""
    found: int | None = (await connection.execute(select(func.min(notice.c.revision)))).scalar_one()
    return found


async def after(connection: AsyncConnection, revision: int, *, limit: int) -> Rows:
    """The notices that were told after `revision`, in their order, with `plate`, `confidential` and `organ_name`.

    The reader judges by its scope what of them it may pass on.
    """
    statement = (
        select(notice, vehicle.c.plate, vehicle.c.confidential, organ.c.name.label("organ_name"))
        .select_from(
            notice.join(vehicle, vehicle.c.id == notice.c.vehicle_id).join(organ, organ.c.id == notice.c.organ_id)
        )
        .where(notice.c.revision > revision)
        .order_by(notice.c.revision)
        .limit(limit)
    )
    return (await connection.execute(statement)).mappings().all()


async def confidential_vehicles(connection: AsyncConnection) -> frozenset[int]:
    """The vehicles that exist for few: asked again while what was told of them is still in memory."""
    found = await connection.execute(select(vehicle.c.id).where(vehicle.c.confidential))
    return frozenset(found.scalars())


async def forget(connection: AsyncConnection, before: datetime, *, limit: int) -> int:
    """Lets old notices go, with their deliveries; gives how many. What became of the cases stays."""
    chosen = select(notice.c.revision).where(notice.c.at < before).order_by(notice.c.revision).limit(limit)
    done = await connection.execute(delete(notice).where(notice.c.revision.in_(chosen)))
    return done.rowcount
