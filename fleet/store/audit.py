"""Who did what to what, and why: entries committed with what they tell of, and the log as it is read.

`record` writes an entry in the caller's transaction, as `audit_pending`; the journal (`fleet.store.audit_journal`)
chains it as soon as it is committed. Reads, which commit nothing, go to the journal directly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    RowMapping,
    Select,
    Text,
    and_,
    cast,
    false,
    func,
    insert,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.audit.entry import Actor, describe
from fleet.model.scope import Scope
from fleet.store.tables import (
    account as account_table,
)
from fleet.store.tables import (
    area,
    audit_log,
    audit_pending,
    binding,
    calendar_entry,
    dispatch_order,
    driver,
    exemption,
    fuel_card,
    misuse_case,
    organ,
    sealing_list,
    task,
    token,
    trip,
    vehicle,
)

RECORDED = "audit_recorded"
"""Where a connection keeps the ids of the entries of its transaction, for whoever commits it."""


# ---------------------------------------------------------------- writing


async def record(
    connection: AsyncConnection,
    *,
    account: Actor | str,
    action: str,
    subject: str,
    purpose: str | None = None,
    detail: Mapping[str, Any] | None = None,
    organ_ids: Iterable[int] | None = None,
) -> None:
    """Add an entry in the caller's transaction: what is recorded and what is done are committed together.

    `subject` is `kind:id` where there is one. `detail` says what was so before and after; never a password, a token or
    a whole telephone number. `organ_ids`: whose affair it is, which decides who may read the entry; default: the organ
    that `subject` belongs to now, else the actor's.
    """
    organs = await organs_of(connection, subject) if organ_ids is None else organ_ids
    values = describe(account, action=action, subject=subject, organ_ids=organs, purpose=purpose, detail=detail)
    written: Any = values | {
        "organ_ids": list(values["organ_ids"]),
        "detail": cast(literal(values["detail"], Text), JSON),
    }
    result = await connection.execute(insert(audit_pending).values(written).returning(audit_pending.c.id))
    connection.info.setdefault(RECORDED, []).append(result.scalar_one())


def _in_vehicle(vehicle_id: ColumnElement[Any], condition: ColumnElement[bool]) -> Select[Any]:
    return select(vehicle.c.organ_id).where(vehicle.c.id == vehicle_id, condition)


_ORGAN_OF: Mapping[str, Callable[[int], Select[Any]]] = MappingProxyType(
    {
        "organ": lambda one: select(organ.c.id).where(organ.c.id == one),
        "vehicle": lambda one: select(vehicle.c.organ_id).where(vehicle.c.id == one),
        "driver": lambda one: select(driver.c.organ_id).where(driver.c.id == one),
        "account": lambda one: select(account_table.c.organ_id).where(account_table.c.id == one),
        "token": lambda one: (
            select(account_table.c.organ_id).select_from(token.join(account_table)).where(token.c.id == one)
        ),
        "unit": lambda one: (
            select(vehicle.c.organ_id)
            .select_from(binding.join(vehicle))
            .where(binding.c.unit_id == one, binding.c.period.contains(func.now()))
        ),
        "binding": lambda one: _in_vehicle(binding.c.vehicle_id, binding.c.id == one),
        "fuel card": lambda one: _in_vehicle(fuel_card.c.vehicle_id, fuel_card.c.id == one),
        "area": lambda one: select(area.c.organ_id).where(area.c.id == one),
        "calendar entry": lambda one: select(calendar_entry.c.organ_id).where(calendar_entry.c.id == one),
        "sealing list": lambda one: select(sealing_list.c.organ_id).where(sealing_list.c.id == one),
        "case": lambda one: select(misuse_case.c.organ_id).where(misuse_case.c.id == one),
        "trip": lambda one: select(trip.c.organ_id).where(trip.c.id == one),
        "order": lambda one: select(dispatch_order.c.organ_id).where(dispatch_order.c.id == one),
        "task": lambda one: select(task.c.organ_id).where(task.c.id == one),
        "exemption": lambda one: (
            select(func.coalesce(exemption.c.organ_id, vehicle.c.organ_id))
            .select_from(exemption.outerjoin(vehicle, exemption.c.vehicle_id == vehicle.c.id))
            .where(exemption.c.id == one)
        ),
    }
)
"""Whose affair a subject is. A kind that is not named here is the whole city's, unless `organ_ids` says otherwise."""


async def organs_of(connection: AsyncConnection, subject: str) -> list[int]:
    """The organ that a subject (`vehicle:12`) belongs to now; none for what belongs to nobody."""
    kind, _, number = subject.partition(":")
    if kind not in _ORGAN_OF or not number.isdigit():
        return []
    found = await connection.execute(_ORGAN_OF[kind](int(number)))
    return [organ_id for organ_id in found.scalars() if organ_id is not None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Entries that are committed and not chained yet; `oldest_at` is None when there are none."""

    entries: int
    oldest_at: datetime | None


async def waiting(connection: AsyncConnection) -> Waiting:
    row = (await connection.execute(select(func.count(), func.min(audit_pending.c.at)))).one()
    return Waiting(row[0], row[1])


# ---------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What of the log is wanted; None = no matter. `action` may end with a dot: all that begins so."""

    account: str | None = None
    action: str | None = None
    subject: str | None = None
    organ_id: int | None = None
    purpose: str | None = None
    begin: datetime | None = None
    end: datetime | None = None


Place = tuple[datetime, int, int]
"""Where a page ended: moment, chain and number of its last entry."""


async def list_log(
    connection: AsyncConnection, wanted: LogFilter, *, scope: Scope, before: Place | None, limit: int
) -> Sequence[RowMapping]:
    """Entries that the scope may see, newest first; at most `limit`, from `before` on."""
    log = audit_log.c
    statement = select(audit_log).where(_visible(scope), *_matching(wanted, scope))
    if before is not None:
        place = tuple_(log.at, log.chain, log.n)
        statement = statement.where(place < tuple_(*(literal(part) for part in before)))
    statement = statement.order_by(log.at.desc(), log.chain.desc(), log.n.desc()).limit(limit)
    return (await connection.execute(statement)).mappings().all()


def _visible(scope: Scope) -> ColumnElement[bool]:
    """An entry is seen by whoever answers for one of its organs; one without organs by whoever sees the whole city.

    The log names confidential vehicles, so nobody reads it who may not see those.
    """
    if not scope.see_confidential:
        return false()
    conditions: list[ColumnElement[bool]] = [true()]
    if scope.organs is not None:
        conditions.append(audit_log.c.organ_ids.op("&&")(literal(sorted(scope.organs), ARRAY(Integer))))
    if scope.division is not None:
        at_home = select(func.coalesce(func.array_agg(organ.c.id), cast(literal("{}"), ARRAY(Integer))))
        conditions.append(
            audit_log.c.organ_ids.op("&&")(at_home.where(organ.c.division == scope.division).scalar_subquery())
        )
    return and_(*conditions)


def _matching(wanted: LogFilter, scope: Scope) -> list[ColumnElement[bool]]:
    log = audit_log.c
    begin, end = scope.clipped(wanted.begin, wanted.end)
    conditions: list[ColumnElement[bool]] = []
    if wanted.account is not None:
        conditions.append(log.account == wanted.account)
    if wanted.action is not None and wanted.action.endswith("."):
        conditions.append(log.action.startswith(wanted.action, autoescape=True))
    elif wanted.action is not None:
        conditions.append(log.action == wanted.action)
    if wanted.subject is not None:
        conditions.append(log.subject == wanted.subject)
    if wanted.organ_id is not None:
        conditions.append(log.organ_ids.op("&&")(literal([wanted.organ_id], ARRAY(Integer))))
    if wanted.purpose is not None:
        conditions.append(log.purpose.icontains(wanted.purpose, autoescape=True))
    if begin is not None:
        conditions.append(log.at >= begin)
    if end is not None:
        conditions.append(log.at < end)
    return conditions
