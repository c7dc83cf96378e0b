"""Whether trips and cases are what a clean replay of the same readings makes of them.

Two ways: the product's own `fleet replay` on the database as it is; and a copy of it in which everything that follows
from readings is emptied, for a monitor and a judge that nobody kills.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.storm.plan import Report
from fleet.local.parts import Part
from fleet.local.postgres import DATABASE, Postgres
from fleet.monitor.replay import replay
from fleet.settings import assume_role
from fleet.store import tables
from fleet.store.pool import connect

COPY = "replayed"
_ATTEMPTS = 20
_END_SESSIONS = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"

EMPTIED = (
    *("trip", "stop", "gap", "trip_version", "stop_version", "gap_version", "trip_track", "trip_cells"),
    *("vehicle_day", "vehicle_day_division", "vehicle_month", "follow_cursor", "fold_snapshot", "fold_checkpoint"),
    *("late_span", "recompute", "recompute_refused", "unit_state", "monitor_status", "judge_status"),
    *("verdict", "verdict_version", "finding", "finding_version", "misuse_case", "case_step", "case_number"),
    *("notice", "order_sighting", "tally_day", "tally_verdict", "tally_case", "tally_group", "tally_due"),
)
"""What the monitor and the judge make."""

_HOW_OFTEN = {"version", "written_at"}
"""A row that was written twice says so, and is the same for all that."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A table that must be the same, but for columns that say when and how often it was written."""

    table: str
    but: frozenset[str] = frozenset()
    where: str = "true"

    @property
    def columns(self) -> tuple[str, ...]:
        columns = tables.metadata.tables[self.table].columns
        return tuple(one.name for one in columns if one.name not in self.but)


_OVER = "(select 1 from {kind} s where s.id = {id} and not s.running)"
_TRIP_OVER = _OVER.format(kind="trip", id="trip_id")
_SUBJECT_OVER = "subject_kind not in ('trip', 'stop', 'gap') or " + " or ".join(
    f"subject_kind = '{kind}' and exists {_OVER.format(kind=kind, id='subject_id')}" for kind in ("trip", "stop", "gap")
)

COMPARED = (
    *(Compared(name, frozenset(_HOW_OFTEN), "not running") for name in ("trip", "stop", "gap")),
    *(Compared(name, where=f"exists {_TRIP_OVER}") for name in ("trip_track", "trip_cells")),
    *(Compared(name, where="day < current_date - 1") for name in ("vehicle_day", "vehicle_day_division")),
    Compared("vehicle_month", frozenset({"gap_s"})),
    Compared("verdict", frozenset({*_HOW_OFTEN, "judged_at", "why"}), f"exists {_TRIP_OVER}"),
    Compared(
        "finding",
        frozenset({*_HOW_OFTEN, "id", "case_id", "found_at", "proven_at", "why", "withdrawn_at"}),
        f"withdrawn_at is null and ({_SUBJECT_OVER})",
    ),
)
"""What is over. The units fell silent when they ended, so that what runs is a gap which grows by the clock.

Of findings those that stand: one that half a journey gave rise to, and the whole one took back, is right as well.
"""

_IN_A_CASE = f"""
select f.vehicle_id, f.rule, f.subject_kind, f.subject_id, c.organ_id, c.division, c.state
from finding f left join misuse_case c on c.id = f.case_id
where f.withdrawn_at is null and f.outcome = 'finding' and ({_SUBJECT_OVER})
"""

_CASES = f"""
select c.vehicle_id, array_agg(f.rule || ' ' || f.subject_id order by f.rule, f.subject_id) as findings
from misuse_case c join finding f on f.case_id = c.id and f.withdrawn_at is null and ({_SUBJECT_OVER})
where c.state <> 'withdrawn'
group by c.id
"""

_WAITING = """
select (select count(*) from batch b where n > coalesce(
           (select c.n from follow_cursor c where c.worker = b.worker), 0))
     + (select count(*) from late_span)
     + (select count(*) from recompute where stage = 'readings' or (stage = 'trips' and (
           due is null or due <= clock_timestamp() or reason in ('late', 'silence'))))
"""
"""The stage 'watch' is no work: where no more readings come, watches stay as long as their running trips do."""


_HURRY = """
update recompute set due = clock_timestamp(), at = at - interval '1 hour'
where stage = 'trips' and reason in ('late', 'silence') and due > clock_timestamp()
"""


async def waiting(connection: asyncpg.Connection) -> int:
    """How much monitor and judge still have to do. What late readings changed is made due: the judge would wait five
    minutes for more of them, and none will come."""
    await connection.execute(_HURRY)
    found: int = await connection.fetchval(_WAITING)
    return found


async def check_replay(url: str, report: Report) -> None:
    """`fleet replay` over all time finds nothing that would be another."""
    same: Counter[str] = Counter()
    differences: list[str] = []
    refused = readings = 0
    begins, ends = datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    async for one in replay(assume_role(url, "fleet_owner"), begins, ends, None):
        same += one.same
        readings += one.readings
        refused += one.refused_to is not None
        differences += [f"{each.fate} {each.kind} of vehicle {one.vehicle_id}" for each in one.differences]
    shown = f": {'; '.join(differences[:3])}" if differences else ""
    report.require(
        not differences and not refused and sum(same.values()) > 0,
        f"replayed, {readings:,} readings give the same {same['trip']:,} trips, {same['stop']:,} stops and"
        f" {same['gap']:,} gaps ({len(differences):,} differ{shown})",
    )


async def copy_and_empty(postgres: Postgres) -> str:
    """A copy of the database without what follows from readings; its address. Nobody else may be connected."""
    superuser: asyncpg.Connection = await connect(postgres.url("postgres", superuser=True))
    try:
        await superuser.execute(f"drop database if exists {COPY}")
        # Without connections nothing holds it while it is copied, not even TimescaleDB's scheduler.
        await superuser.execute(f"alter database {DATABASE} with allow_connections false")
        for attempt in range(1, _ATTEMPTS + 1):
            await superuser.execute(_END_SESSIONS, DATABASE)
            try:
                await superuser.execute(f"create database {COPY} template {DATABASE} owner fleet strategy file_copy")
                break
            except asyncpg.ObjectInUseError:
                if attempt == _ATTEMPTS:
                    raise
                await asyncio.sleep(0.5)
        for name in (DATABASE, COPY):
            await superuser.execute(f"alter database {name} with allow_connections true")
    finally:
        await superuser.close()
    url = postgres.url(COPY)
    owner: asyncpg.Connection = await connect(assume_role(url, "fleet_owner"))
    try:
        await owner.execute(f"truncate {', '.join(EMPTIED)} restart identity cascade")
    finally:
        await owner.close()
    return url


def clean_parts(url: str, environment: dict[str, str], directory: Path) -> list[Part]:
    """A monitor and a judge for the copy."""
    of_copy = {**environment, "FLEET_DATABASE_URL": url}
    return [
        Part(name, (f"fleet.{name}",), of_copy, directory / f"replayed-{name}.log") for name in ("monitor", "judge")
    ]


async def check_same(url: str, copy_url: str, report: Report) -> None:
    """Trips, days, verdicts, findings and cases of both databases."""
    one, other = await connect(url), await connect(copy_url)
    try:
        for compared in COMPARED:
            columns = ", ".join(compared.columns)
            query = f"select {columns} from {compared.table} where {compared.where}"
            await _check(one, other, compared.table, query, report)
        await _check(one, other, "findings in their case", _IN_A_CASE, report)
        found, wanted = Counter(await _content(one, _CASES)), Counter(await _content(other, _CASES))
        report.say(f"        {(found - wanted).total():,} of {found.total():,} cases group their findings otherwise")
    finally:
        await one.close()
        await other.close()


async def _check(one: asyncpg.Connection, other: asyncpg.Connection, name: str, query: str, report: Report) -> None:
    found, wanted = Counter(await _content(one, query)), Counter(await _content(other, query))
    differing = list((found - wanted).elements()) + list((wanted - found).elements())
    example = ""
    if differing:
        example = "; e.g. " + _difference(found - wanted, wanted - found, (await one.prepare(query)).get_attributes)
    report.require(
        not differing, f"{found.total():,} rows of {name} as in a clean replay ({len(differing):,} differ{example})"
    )


async def _content(connection: asyncpg.Connection, query: str) -> list[tuple[Any, ...]]:
    return [
        tuple(tuple(value) if isinstance(value, list) else value for value in row)
        for row in await connection.fetch(query)
    ]


def _difference(more: Counter[tuple[Any, ...]], less: Counter[tuple[Any, ...]], attributes: Callable[[], Any]) -> str:
    """The first row that differs, beside the one that is like it most."""
    names = [one.name for one in attributes()]
    if not more or not less:
        row = next(iter(more or less))
        return f"{'only here' if more else 'only there'}: " + ", ".join(
            f"{name} {str(value)[:60]}" for name, value in list(zip(names, row, strict=True))[:8]
        )
    row = next(iter(more))
    like = max(less, key=lambda each: sum(a == b for a, b in zip(row, each, strict=True)))
    return f"{names[0]} {row[0]}: " + ", ".join(
        f"{name} {str(here)[:80]} / {str(there)[:80]}"
        for name, here, there in zip(names, row, like, strict=True)
        if here != there
    )
