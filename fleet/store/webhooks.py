"""Webhooks: who wants to be told what; what was made out for them; what came of each attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, and_, delete, func, insert, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.policies import lineage
from fleet.store import notices
from fleet.store.latest import organ_parents
from fleet.store.tables import (
    account,
    notice,
    organ,
    vehicle,
    webhook,
    webhook_attempt,
    webhook_cursor,
    webhook_delivery,
)

Rows = Sequence[RowMapping]

LEASE = timedelta(minutes=2)
"""An attempt that says nothing for so long was cut off, and is made again."""

MOST_WAITING = 10_000
"""Of one webhook. What comes beyond is dead at once: seen in the list, and sent when somebody asks for it."""

AT_ONCE = 500


# ---------------------------------------------------------------- for their owners


def owned(account_id: int) -> Select[Any]:
    """An account's own webhooks, with the counts of their deliveries by state."""
    delivery = webhook_delivery.c
    states = ("waiting", "delivered", "dead", "withheld")
    counts = (
        select(*(func.count().filter(delivery.state == state).label(state) for state in states))
        .where(delivery.webhook_id == webhook.c.id)
        .lateral()
    )
    return (
        select(webhook, *counts.c).select_from(webhook.join(counts, true())).where(webhook.c.account_id == account_id)
    )


async def list_owned(connection: AsyncConnection, account_id: int) -> Rows:
    rows: Rows = (await connection.execute(owned(account_id).order_by(webhook.c.id))).mappings().all()
    return rows


async def find(
    connection: AsyncConnection, webhook_id: int, *, account_id: int, lock: bool = False
) -> RowMapping | None:
    """One of the account's; None also for another's."""
    if lock:
        locked = select(webhook.c.id).where(webhook.c.id == webhook_id, webhook.c.account_id == account_id)
        await connection.execute(locked.with_for_update())
    found = await connection.execute(owned(account_id).where(webhook.c.id == webhook_id))
    row: RowMapping | None = found.mappings().one_or_none()
    return row


async def count_owned(connection: AsyncConnection, account_id: int) -> int:
    """It stays so until the transaction ends: whoever else counts the account's webhooks waits."""
    await connection.execute(select(account.c.id).where(account.c.id == account_id).with_for_update(key_share=True))
    found = select(func.count()).select_from(webhook).where(webhook.c.account_id == account_id)
    count: int = (await connection.execute(found)).scalar_one()
    return count


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    """The new webhook's id. It is told what happens from now on."""
    row = {**values, "after_revision": await notices.revision_now(connection)}
    created: int = (await connection.execute(insert(webhook).values(row).returning(webhook.c.id))).scalar_one()
    return created


async def change(connection: AsyncConnection, webhook_id: int, values: Mapping[str, Any]) -> None:
    await connection.execute(update(webhook).where(webhook.c.id == webhook_id).values(**values))


async def remove(connection: AsyncConnection, webhook_id: int) -> None:
    """With all that was made out for it."""
    await connection.execute(delete(webhook).where(webhook.c.id == webhook_id))


async def list_deliveries(
    connection: AsyncConnection, webhook_id: int, *, states: Sequence[str], before: int | None, limit: int
) -> Rows:
    """Of a webhook that may be seen, the newest first, with the notice's `kind`, `notice_id`, `case_id`, `at`."""
    statement = (
        select(
            webhook_delivery,
            notice.c.kind,
            notice.c.id.label("notice_id"),
            notice.c.case_id,
            notice.c.at,
        )
        .select_from(webhook_delivery.join(notice))
        .where(webhook_delivery.c.webhook_id == webhook_id)
    )
    if states:
        statement = statement.where(webhook_delivery.c.state.in_(states))
    if before is not None:
        statement = statement.where(webhook_delivery.c.id < before)
    return (await connection.execute(statement.order_by(webhook_delivery.c.id.desc()).limit(limit))).mappings().all()


async def summary(connection: AsyncConnection) -> dict[str, int]:
    """How many webhooks are told and how many were stopped; how many deliveries wait, and how many are dead."""
    hooks = select(
        func.count().filter(webhook.c.active).label("active"),
        func.count().filter(~webhook.c.active, webhook.c.stopped_why.is_not(None)).label("stopped"),
    )
    deliveries = select(webhook_delivery.c.state, func.count()).where(webhook_delivery.c.state.in_(("waiting", "dead")))
    counted = await connection.execute(deliveries.group_by(webhook_delivery.c.state))
    told = (await connection.execute(hooks)).one()
    waits = {"waiting": 0, "dead": 0, **{row[0]: row[1] for row in counted}}
    return {"active": told.active, "stopped": told.stopped, **waits}


async def attempts_of(connection: AsyncConnection, webhook_id: int, delivery_id: int) -> Rows | None:
    """Every attempt of a delivery, first to last; None where the webhook has no such delivery."""
    wanted = and_(webhook_delivery.c.id == delivery_id, webhook_delivery.c.webhook_id == webhook_id)
    if (await connection.execute(select(webhook_delivery.c.id).where(wanted))).scalar_one_or_none() is None:
        return None
    statement = select(webhook_attempt).where(webhook_attempt.c.delivery_id == delivery_id)
    return (await connection.execute(statement.order_by(webhook_attempt.c.n))).mappings().all()


async def send_again(
    connection: AsyncConnection, webhook_id: int, *, ids: Sequence[int] | None, now: datetime
) -> list[int]:
    """Lets settled deliveries wait once more: those named, whatever became of them, or (None) the oldest dead ones."""
    table = webhook_delivery.c
    chosen = select(table.id).where(table.webhook_id == webhook_id, table.state != "waiting")
    chosen = chosen.where(table.state == "dead") if ids is None else chosen.where(table.id.in_(ids))
    statement = (
        update(webhook_delivery)
        .where(table.id.in_(chosen.order_by(table.id).limit(AT_ONCE)))
        .values(state="waiting", next_at=now, since=now, settled_at=None)
        .returning(table.id)
    )
    return sorted((await connection.execute(statement)).scalars())


# ---------------------------------------------------------------- for the one who delivers


async def make_out(connection: AsyncConnection, now: datetime) -> int:
    """Makes out deliveries for the next notices and moves the cursor past them, in the caller's transaction.

    A kill before its end leaves the cursor where it was. Gives how many notices there were.
    """
    held = select(webhook_cursor.c.revision).with_for_update()
    cursor: int = (await connection.execute(held)).scalar_one()
    told = await notices.after(connection, cursor, limit=AT_ONCE)
    if not told:
        return 0
    # Held to the end: one that somebody removes meanwhile would take the round and all its deliveries with it.
    active = select(webhook).where(webhook.c.active).order_by(webhook.c.id)
    hooks = (await connection.execute(active.with_for_update(read=True, key_share=True))).mappings().all()
    waiting = await _waiting(connection) if hooks else {}
    parents = await organ_parents(connection) if any(one["organ_id"] is not None for one in hooks) else {}
    rows = []
    for hook in hooks:
        for one in told:
            if one["revision"] > hook["after_revision"] and _wanted(hook, one, parents):
                full = waiting.get(hook["id"], 0) >= MOST_WAITING
                rows.append(_made_out(hook["id"], one["revision"], now, full=full))
                waiting[hook["id"]] = waiting.get(hook["id"], 0) + 1
    if rows:
        await connection.execute(upsert(webhook_delivery).on_conflict_do_nothing(), rows)
    await connection.execute(update(webhook_cursor).values(revision=told[-1]["revision"]))
    return len(told)


def _made_out(webhook_id: int, revision: int, now: datetime, *, full: bool) -> dict[str, Any]:
    row = {"webhook_id": webhook_id, "revision": revision, "created_at": now, "since": now}
    if not full:
        return {**row, "state": "waiting", "next_at": now, "settled_at": None, "error": None}
    error = f"more than {MOST_WAITING} were waiting: the receiver did not answer for long"
    return {**row, "state": "dead", "next_at": None, "settled_at": now, "error": error}


def _wanted(hook: RowMapping, one: RowMapping, parents: Mapping[int, int | None]) -> bool:
    if hook["kinds"] and one["kind"] not in hook["kinds"]:
        return False
    return hook["organ_id"] is None or hook["organ_id"] in lineage(one["organ_id"], parents)


async def _waiting(connection: AsyncConnection) -> dict[int, int]:
    counted = (
        select(webhook_delivery.c.webhook_id, func.count())
        .where(webhook_delivery.c.next_at.is_not(None))  # those that wait, as their index knows them
        .group_by(webhook_delivery.c.webhook_id)
    )
    return {row[0]: row[1] for row in await connection.execute(counted)}


async def take_due(connection: AsyncConnection, now: datetime, *, each: int, limit: int, after: int) -> Rows:
    """The deliveries that are due, at most `each` of one webhook, with webhook, owner and notice.

    Webhooks take turns: first those whose id comes after `after`, then the others from the first one on.
    Their next attempt is put off by `LEASE` in the caller's transaction: whoever is killed in the middle lets them come
    again.
    """
    table = webhook_delivery.c
    place = func.row_number().over(partition_by=table.webhook_id, order_by=(table.next_at, table.id)).label("place")
    due = select(table.id, table.webhook_id, place).where(table.next_at <= now).subquery()
    turn = (due.c.webhook_id <= after, due.c.webhook_id, due.c.place)
    chosen = select(due.c.id).where(due.c.place <= each).order_by(*turn).limit(limit)
    taken = (
        update(webhook_delivery)
        .where(table.id.in_(chosen))
        .values(next_at=literal(now + LEASE), attempts=table.attempts + 1)
        .returning(table.id)
    )
    ids = sorted((await connection.execute(taken)).scalars())
    if not ids:
        return []
    owners = organ.alias("owners")
    statement = (
        select(
            *(table.id.label("delivery_id"), table.attempts, table.since, notice),
            *(vehicle.c.plate, vehicle.c.confidential, organ.c.name.label("organ_name")),
            *(webhook.c[name].label(f"hook_{name}") for name in ("id", "url", "secret", "older_secret", "older_until")),
            webhook.c.active.label("hook_active"),
            *(account.c.id.label("owner_id"), account.c.role, account.c.organ_id.label("owner_organ_id")),
            *(account.c.disabled_at, owners.c.kind.label("owner_organ_kind")),
        )
        .select_from(
            webhook_delivery.join(notice)
            .join(webhook, webhook.c.id == table.webhook_id)
            .join(account, account.c.id == webhook.c.account_id)
            .join(vehicle, vehicle.c.id == notice.c.vehicle_id)
            .join(organ, organ.c.id == notice.c.organ_id)
            .outerjoin(owners, owners.c.id == account.c.organ_id)
        )
        .where(table.id.in_(ids))
        .order_by(table.next_at, table.id)
    )
    return (await connection.execute(statement)).mappings().all()


async def settle(
    connection: AsyncConnection,
    delivery_id: int,
    *,
    n: int,
    at: datetime,
    took_ms: int,
    status: int | None,
    error: str | None,
    state: str,
    next_at: datetime | None,
    now: datetime,
) -> None:
    """Notes an attempt and what follows from it, in one transaction; nothing where the webhook is gone by then."""
    values = {"state": state, "next_at": next_at, "status": status, "error": error}
    settled = {"settled_at": None if state == "waiting" else now}
    noted = await connection.execute(
        update(webhook_delivery).where(webhook_delivery.c.id == delivery_id).values(**values, **settled)
    )
    if noted.rowcount:
        attempt = {"delivery_id": delivery_id, "n": n, "at": at, "took_ms": took_ms, "status": status, "error": error}
        await connection.execute(insert(webhook_attempt).values(attempt))


async def stop(connection: AsyncConnection, webhook_id: int, url: str, why: str) -> None:
    """Switches a webhook off whose receiver said that it is gone; not one that goes elsewhere by now."""
    gone = update(webhook).where(webhook.c.id == webhook_id, webhook.c.url == url)
    await connection.execute(gone.values(active=False, stopped_why=why))


async def forget_older(connection: AsyncConnection, now: datetime) -> None:
    """Lets secrets go that were replaced long enough ago."""
    over = or_(webhook.c.older_until <= now, webhook.c.older_until.is_(None))
    await connection.execute(
        update(webhook).where(webhook.c.older_secret.is_not(None), over).values(older_secret=None, older_until=None)
    )
