"""Reads cases, findings and verdicts within a scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, RowMapping, Select, and_, any_, func, literal, not_, or_, select, true
from sqlalchemy import case as sql_case
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.scope import Scope
from fleet.store.policies import lineage
from fleet.store.registry import subtree
from fleet.store.scoped import one_of, owned_by
from fleet.store.tables import account, case_step, finding, misuse_case, organ, vehicle, verdict, verdict_version


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Empty or None = any. `begin`, `end`: cases whose incident lies in [begin, end)."""

    states: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    rule: str | None = None
    organ: int | None = None
    division: int | None = None
    vehicle: int | None = None
    assignee: str | None = None
    overdue: bool | None = None  # at `now`
    now: datetime | None = None
    begin: datetime | None = None
    end: datetime | None = None


class Below(msgspec.Struct, frozen=True, array_like=True):
    """The last case of the page before: its id, and in the order of severity its rank too."""

    case_id: int
    rank: int | None = None


class FindingFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`withdrawn`, `doubts`: whether those are listed too."""

    rule: str | None = None
    severities: tuple[str, ...] = ()
    organ: int | None = None
    vehicle: int | None = None
    begin: datetime | None = None
    end: datetime | None = None
    withdrawn: bool = False
    doubts: bool = False


def _in_period(scope: Scope, begin_at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    conditions = []
    if scope.begin is not None:
        conditions.append(begin_at >= scope.begin)
    if scope.end is not None:
        conditions.append(begin_at < scope.end)
    return conditions


def _cases(scope: Scope) -> Select[Any]:
    """A case is of the organ that had the vehicle then; confidential vehicles stay hidden."""
    assignee = account.alias("assignee")
    return (
        select(
            misuse_case,
            vehicle.c.plate,
            organ.c.name.label("organ_name"),
            assignee.c.username.label("assignee"),
        )
        .select_from(
            misuse_case.join(organ, organ.c.id == misuse_case.c.organ_id)
            .join(vehicle, vehicle.c.id == misuse_case.c.vehicle_id)
            .outerjoin(assignee, assignee.c.id == misuse_case.c.assignee_id)
        )
        .where(
            owned_by(scope, misuse_case.c.organ_id, misuse_case.c.division),
            true() if scope.see_confidential else vehicle.c.confidential.is_(False),
            *_in_period(scope, misuse_case.c.begin_at),
        )
    )


_RANK = sql_case({"blue": 1, "yellow": 2, "red": 3}, value=misuse_case.c.severity, else_=0)


async def list_cases(
    connection: AsyncConnection,
    wanted: CaseFilter,
    *,
    scope: Scope,
    worst_first: bool = False,
    below: Below | None = None,
    limit: int,
) -> Sequence[RowMapping]:
    """The newest first; `worst_first`: by severity, and within one the newest first. With `rank` for the next page."""
    statement = _cases(scope).add_columns(_RANK.label("rank")).where(*_matching(wanted))
    newest = misuse_case.c.id.desc()
    if below is not None:
        older = misuse_case.c.id < below.case_id
        if worst_first:
            rank = literal(below.rank)
            older = or_(rank > _RANK, and_(rank == _RANK, older))
        statement = statement.where(older)
    statement = statement.order_by(*((_RANK.desc(), newest) if worst_first else (newest,))).limit(limit)
    return (await connection.execute(statement)).mappings().all()


async def count_cases(connection: AsyncConnection, wanted: CaseFilter, *, scope: Scope) -> Sequence[RowMapping]:
    """How many cases there are of each `state` and `severity`: `cases`, and `overdue` of them at `wanted.now`."""
    late = misuse_case.c.due_at <= wanted.now
    matching = (
        _cases(scope)
        .where(*_matching(wanted))
        .with_only_columns(
            misuse_case.c.state,
            misuse_case.c.severity,
            func.count().label("cases"),
            func.count().filter(late).label("overdue"),
        )
    )
    statement = matching.group_by(misuse_case.c.state, misuse_case.c.severity).order_by(
        misuse_case.c.state, misuse_case.c.severity
    )
    return (await connection.execute(statement)).mappings().all()


def _matching(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    table = misuse_case.c
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(table.state.in_(wanted.states))
    if wanted.severities:
        found.append(table.severity.in_(wanted.severities))
    if wanted.rule is not None:
        found.append(table.rules.contains([wanted.rule]))
    if wanted.organ is not None:
        found.append(table.organ_id.in_(subtree(wanted.organ)))
    for name, column in (("division", table.division), ("vehicle", table.vehicle_id)):
        if getattr(wanted, name) is not None:
            found.append(column == getattr(wanted, name))
    if wanted.assignee is not None:
        found.append(table.assignee_id.in_(select(account.c.id).where(account.c.username == wanted.assignee)))
    if wanted.overdue is not None and wanted.now is not None:
        late = table.due_at <= wanted.now
        found.append(late if wanted.overdue else or_(table.due_at.is_(None), not_(late)))
    if wanted.begin is not None:
        found.append(or_(table.end_at.is_(None), table.end_at >= wanted.begin))
    if wanted.end is not None:
        found.append(table.begin_at < wanted.end)
    return found


async def find_case(
    connection: AsyncConnection, case_id: int, *, scope: Scope, lock: bool = False
) -> RowMapping | None:
    """The case with `plate`, `organ_name`, `assignee`; None also for one that may not be seen."""
    statement = _cases(scope).where(misuse_case.c.id == case_id)
    if lock:
        statement = statement.with_for_update(of=misuse_case)
    row: RowMapping | None = (await connection.execute(statement)).mappings().one_or_none()
    return row


async def findings_of(connection: AsyncConnection, case_id: int) -> Sequence[RowMapping]:
    """Of a case that may be seen: its findings, the withdrawn ones too, in the order of time."""
    statement = select(finding).where(finding.c.case_id == case_id).order_by(finding.c.begin_at, finding.c.id)
    return (await connection.execute(statement)).mappings().all()


async def steps_of(connection: AsyncConnection, case_id: int) -> Sequence[RowMapping]:
    """Of a case that may be seen: its history, first to last, with `username`."""
    statement = (
        select(case_step, account.c.username)
        .select_from(case_step.outerjoin(account))
        .where(case_step.c.case_id == case_id)
        .order_by(case_step.c.n)
    )
    return (await connection.execute(statement)).mappings().all()


async def list_findings(
    connection: AsyncConnection, wanted: FindingFilter, *, scope: Scope, before: int | None, limit: int
) -> Sequence[RowMapping]:
    """The newest first, with `plate`."""
    table = finding.c
    statement = (
        select(finding, vehicle.c.plate)
        .select_from(finding.join(vehicle, vehicle.c.id == table.vehicle_id))
        .where(
            owned_by(scope, table.organ_id),
            true() if scope.see_confidential else vehicle.c.confidential.is_(False),
            *_in_period(scope, table.begin_at),
        )
    )
    if not wanted.withdrawn:
        statement = statement.where(table.withdrawn_at.is_(None))
    if not wanted.doubts:
        statement = statement.where(table.outcome == "finding")
    if wanted.severities:
        statement = statement.where(table.severity.in_(wanted.severities))
    if wanted.organ is not None:
        statement = statement.where(table.organ_id.in_(subtree(wanted.organ)))
    for name, column in (("rule", table.rule), ("vehicle", table.vehicle_id)):
        if getattr(wanted, name) is not None:
            statement = statement.where(column == getattr(wanted, name))
    if wanted.begin is not None:
        statement = statement.where(or_(table.end_at.is_(None), table.end_at >= wanted.begin))
    if wanted.end is not None:
        statement = statement.where(table.begin_at < wanted.end)
    if before is not None:
        statement = statement.where(table.id < before)
    return (await connection.execute(statement.order_by(table.id.desc()).limit(limit))).mappings().all()


async def verdicts_of(connection: AsyncConnection, trip_ids: Collection[int]) -> dict[int, RowMapping]:
    """The verdicts of trips that may be seen, by trip."""
    if not trip_ids:
        return {}
    wanted = any_(literal(sorted(trip_ids), ARRAY(BigInteger)))
    rows = (await connection.execute(select(verdict).where(verdict.c.trip_id == wanted))).mappings()
    return {row["trip_id"]: row for row in rows}


async def verdict_history(connection: AsyncConnection, trip_id: int) -> Sequence[RowMapping]:
    """Earlier verdicts of a trip that may be seen, oldest first."""
    statement = select(verdict_version).where(verdict_version.c.trip_id == trip_id)
    return (await connection.execute(statement.order_by(verdict_version.c.version))).mappings().all()


async def find_supervisor(connection: AsyncConnection, username: str, *, organ_id: int) -> RowMapping | None:
    """An account that may decide on cases of the organ: a supervisor of an organ above it, or of the whole city."""
    statement = select(account.c.id, account.c.username, account.c.role, account.c.organ_id).where(
        account.c.username == username, account.c.role == "supervisor", account.c.disabled_at.is_(None)
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    if row is None or row["organ_id"] is None:
        return row
    within = select(organ.c.id).where(organ.c.id == organ_id, organ.c.id.in_(subtree(row["organ_id"])))
    return row if (await connection.execute(within)).scalar_one_or_none() is not None else None


async def list_supervisors(
    connection: AsyncConnection, *, scope: Scope, organ_id: int | None, limit: int
) -> Sequence[RowMapping]:
    """Who may be given cases, with `organ` (None: of the whole city), by name.

    `organ_id` None: all whose office lies in the scope. An organ: those above it, whose office is not the organ itself.
    """
    office = organ.alias("office")
    statement = (
        select(account.c.username, account.c.organ_id, office.c.name.label("organ"))
        .select_from(account.outerjoin(office, office.c.id == account.c.organ_id))
        .where(account.c.role == "supervisor", account.c.disabled_at.is_(None))
    )
    if organ_id is not None:
        above = (await lineage(connection, organ_id))[1:]
        statement = statement.where(or_(account.c.organ_id.is_(None), account.c.organ_id.in_(above)))
    elif scope.organs is not None:
        statement = statement.where(or_(account.c.organ_id.is_(None), one_of(account.c.organ_id, scope.organs)))
    return (await connection.execute(statement.order_by(account.c.username).limit(limit))).mappings().all()
