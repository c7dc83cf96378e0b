"""The outbox as ingest empties it: what is due is noted as tried before it is published, and what units answer is
taken with the batch that brought it.

Noted before, because an answer may be back before the broker's acknowledgement is; and a crash in between costs one
pause, then the command goes out once more under the same number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from fleet.model.batch import AnswerRow, Count, LedgerKey, QuarantineRow
from fleet.model.downlink import DueCommand
from fleet.model.readings import Reason


async def claim(
    connection: asyncpg.Connection, now: datetime, most: int, pause_s: Callable[[int], float]
) -> list[DueCommand]:
    """Up to `most` commands that are due, the oldest first, each noted as tried at `now`.

    Due: not answered, not over, and either its pause is over or its unit has come online since it was tried. `pause_s`
    says how long to wait for an answer after so many tries.
    """
    async with connection.transaction():
        rows = await connection.fetch(DUE, now, most)
        await connection.execute(
            TRIED,
            now,
            [row["id"] for row in rows],
            [row["unit_id"] for row in rows],
            [now + timedelta(seconds=pause_s(row["tries"] + 1)) for row in rows],
        )
    return [
        DueCommand(*(row[name] for name in ("id", "kind", "content", "created_at", "expires_at", "division", "code")))
        for row in rows
    ]


async def note_sent(connection: asyncpg.Connection, ids: Sequence[int], now: datetime) -> None:
    """The broker has handed these to their units."""
    await connection.execute(SENT, sorted(ids), now)


async def expire(connection: asyncpg.Connection, now: datetime) -> int:
    """Ends what nobody answered in time; how many there were."""
    status: str = await connection.execute(EXPIRE, now)
    return int(status.rpartition(" ")[2])


async def take_answers(
    connection: asyncpg.Connection,
    answers: Sequence[AnswerRow],
    counts: Mapping[LedgerKey, Count],
    quarantine: list[QuarantineRow],
    quarantine_of: Callable[[Any, Reason], QuarantineRow],
) -> None:
    """Writes what units answered into their commands, and counts it: the first answer of the unit that was asked is
    stored, the same once more is a duplicate, everything else goes to the quarantine."""
    if not answers:
        return
    rows = await connection.fetch(
        "select id, unit_id, answer, reason from unit_command where id = any($1::bigint[]) order by id for update",
        sorted({one.command_id for one in answers}),
    )
    asked = {row["id"]: row["unit_id"] for row in rows}
    said = {row["id"]: (row["answer"], row["reason"]) for row in rows if row["answer"] is not None}
    fresh: list[AnswerRow] = []
    for one in answers:
        count = counts[one.key]
        content = (one.answer.value, one.reason)
        if asked.get(one.command_id) != one.unit_id:
            count.quarantined += 1
            detail = f"no command {one.command_id} was sent to this unit"
            quarantine.append(quarantine_of(one.origin, Reason("unknown_command", "id", detail)))
        elif one.command_id not in said:
            count.stored += 1
            said[one.command_id] = content
            fresh.append(one)
        elif said[one.command_id] == content:
            count.duplicate += 1
        else:
            count.quarantined += 1
            detail = f"the command {one.command_id} was answered before, and otherwise"
            quarantine.append(quarantine_of(one.origin, Reason("identity_conflict", None, detail)))
    if fresh:
        await connection.execute(
            ANSWERED,
            [one.command_id for one in fresh],
            [one.answer.value for one in fresh],
            [one.reason for one in fresh],
            [one.received_at for one in fresh],
            [one.observed_at for one in fresh],
        )


# A unit that comes online gets at once what waits for it. Locked in the order of their numbers; what somebody is
# changing at this moment is left for the next turn.
DUE = """
select c.id, c.kind, c.content::text as content, c.created_at, c.expires_at, c.tries, b.unit_id, u.code, u.division
from unit_command c
join binding b on b.vehicle_id = c.vehicle_id and b.period @> $1::timestamptz
join unit u on u.id = b.unit_id
left join latest_state l on l.unit_id = b.unit_id
where c.state in ('queued', 'sent') and c.expires_at > $1
    and (c.next_at <= $1 or (l.online and l.online_at > c.tried_at))
order by c.id
limit $2
for update of c skip locked
"""

TRIED = """
update unit_command c set tries = c.tries + 1, tried_at = $1, unit_id = n.unit_id, next_at = n.next_at
from unnest($2::bigint[], $3::int4[], $4::timestamptz[]) as n (id, unit_id, next_at)
where c.id = n.id
"""

SENT = """
update unit_command c set sent_at = coalesce(c.sent_at, $2),
    state = case when c.state = 'queued' then 'sent' else c.state end
from (select id from unit_command where id = any($1::bigint[]) order by id for update) as n
where c.id = n.id
"""

EXPIRE = """
update unit_command c set state = 'expired', expired_at = $1
from (
    select id from unit_command where state in ('queued', 'sent') and expires_at <= $1
    order by id for update skip locked
) as n
where c.id = n.id
"""

# What was withdrawn stays so; that it was answered all the same is kept.
ANSWERED = """
update unit_command c set answer = n.answer, reason = n.reason, answered_at = n.answered_at,
    observed_at = n.observed_at, state = case when c.state = 'withdrawn' then c.state else n.answer end
from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
    as n (id, answer, reason, answered_at, observed_at)
where c.id = n.id
"""
