"""What the units say, held against what is stored: nothing lost, doubled, changed or invented; and the books."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from benchmarks.storm.plan import Report
from benchmarks.storm.town import Town
from fleet.geography.divisions import division_index
from fleet.model.batch import READING_COLUMNS, READING_TABLE, Row
from fleet.model.readings import SAMPLE_KINDS, Kind
from ingest.arrivals import Incoming
from ingest.batch import BatchBuilder
from ingest.codecs import DEFAULT
from ingest.validate import KnownUnit

_ELEMENTS = 200
_ANY_TIME = datetime(2100, 1, 1, tzinfo=UTC)
"""When what the units recorded is read here: what ingest refused as ahead of its clock must be in quarantine."""

_COUNTS = ("received", "stored", "duplicate", "quarantined")
_SUMS = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in _COUNTS)

Number = tuple[str, int, int]
"""Kind, run and sequence number of a sample of one unit."""


class _Totals(msgspec.Struct):
    produced: int
    held: int
    forgotten: int
    messages: int
    samples_sent: int
    samples_resent: int
    receipts: int


class _Unit(msgspec.Struct):
    division: int
    samples: dict[str, list[msgspec.Raw]]
    held: dict[str, list[tuple[int, int, int]]]


class Ledger(msgspec.Struct):
    """What the units wrote down at their end."""

    totals: _Totals
    units: dict[str, _Unit]


def read_ledger(path: Path) -> Ledger:
    return msgspec.json.decode(path.read_bytes(), type=Ledger)


@dataclass(slots=True)
class Found:
    """What became of the samples that units produced."""

    stored: int = 0
    in_quarantine: int = 0
    held: int = 0  # neither: the unit has it still
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)


async def trace(connection: asyncpg.Connection, ledger: Ledger, town: Town) -> Found:
    """Each sample of each unit, every column of it, against its row."""
    found = Found()
    refused = await _quarantined(connection)
    builder = BatchBuilder(DEFAULT, division_index().lookup)
    for code, unit in ledger.units.items():
        known = {code: KnownUnit(town.ids[code], unit.division)}
        for kind in SAMPLE_KINDS:
            table = READING_TABLE[kind]
            columns = [name for name in READING_COLUMNS[table] if name != "batch"]
            rows = await connection.fetch(
                f"select {', '.join(columns)} from {table} where unit_id = $1", town.ids[code]
            )
            stored = [_plain(tuple(row)) for row in rows]
            expected = dict(_expected(builder, kind, code, unit, known))
            _compare(found, code, kind, expected, stored, refused.get(code, set()), _held(kind, unit))
    return found


def _expected(
    builder: BatchBuilder, kind: Kind, code: str, unit: _Unit, known: dict[str, KnownUnit]
) -> Iterator[tuple[Number, Row | None]]:
    """Each number with the row it must have, as ingest itself reads it; None: no clock could be so."""
    topic = f"fleet/v1/{unit.division:06d}/{code}/{kind.value}"
    samples = unit.samples[kind.value]
    for first in range(0, len(samples), _ELEMENTS):
        some = samples[first : first + _ELEMENTS]
        payload = b"[" + b",".join(map(bytes, some)) + b"]"
        batch = builder.build([Incoming(topic, payload, _ANY_TIME)], known, _ANY_TIME)
        for row in map(_plain, batch.staged[kind].every_row()):
            yield _number(kind, row), row
        for one in batch.quarantine:
            for sample in _elements(one.payload):
                yield (kind.value, sample["run"], sample["seq"]), None


def _compare(
    found: Found,
    code: str,
    kind: Kind,
    expected: dict[Number, Row | None],
    stored: list[Row],
    refused: set[Number],
    held: set[Number],
) -> None:
    rows: dict[Number, list[Row]] = {}
    for row in stored:
        rows.setdefault(_number(kind, row), []).append(row)
    for number, wanted in expected.items():
        if number in rows:
            found.stored += 1
            if wanted not in rows[number]:
                found.changed.append(_said(code, number))
        elif number in refused:
            found.in_quarantine += 1
        elif number in held:
            found.held += 1
        else:
            found.lost.append(_said(code, number))
    found.doubled += [_said(code, number) for number, some in rows.items() if len(some) > 1]
    found.invented += [_said(code, number) for number in rows if number not in expected]


def _said(code: str, number: Number) -> str:
    return f"{code} {number[0]} run {number[1]} seq {number[2]}"


def _number(kind: Kind, row: Row) -> Number:
    return kind.value, row[3], row[1]


def _plain(row: Row) -> Row:
    """Documents in one form, so that rows may be compared and counted."""
    return tuple(_document(value) for value in row)


def _document(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("{", "[", '"')):
        value = json.loads(value)
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


def _held(kind: Kind, unit: _Unit) -> set[Number]:
    return {(kind.value, run, seq) for run, first, last in unit.held[kind.value] for seq in range(first, last + 1)}


async def _quarantined(connection: asyncpg.Connection) -> dict[str, set[Number]]:
    """Which numbered samples are in quarantine, by unit."""
    found: dict[str, set[Number]] = {}
    async with connection.transaction():
        query = "select topic, payload from quarantine where resolved_at is null"
        async for row in connection.cursor(query, prefetch=2_000):
            parts = row["topic"].split("/")
            for sample in _elements(row["payload"]):
                run, seq = sample.get("run"), sample.get("seq")
                if len(parts) == 5 and isinstance(run, int) and isinstance(seq, int):
                    found.setdefault(parts[3], set()).add((parts[4], run, seq))
    return found


def _elements(payload: bytes) -> Iterator[dict[str, Any]]:
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return
    for one in content if isinstance(content, list) else [content]:
        if isinstance(one, dict):
            yield one


# ---------------------------------------------------------------- the books


async def totals(connection: asyncpg.Connection, book: str = "batch") -> dict[str, int]:
    """The four counts of a book."""
    (row,) = await connection.fetch(f"select {_SUMS} from {book}")
    return dict(row)


async def check_books(connection: asyncpg.Connection, report: Report) -> dict[str, int]:
    """Every book says the same, and what is in the tables."""
    sums = await totals(connection)
    equation = "received {received:,} = stored {stored:,} + duplicate {duplicate:,} + quarantined {quarantined:,}"
    report.require(
        sums["received"] == sums["stored"] + sums["duplicate"] + sums["quarantined"], equation.format(**sums)
    )
    for book in ("ledger", "ledger_hour"):
        other = await totals(connection, book)
        report.require(other == sums, f"{book} says the same as the batches" + _unless(other == sums, other))
    rows = sum([await connection.fetchval(f"select count(*) from {table}") for table in READING_TABLE.values()])
    others = await connection.fetchval("select coalesce(sum(stored), 0) from ledger where kind in (4, 5)")
    report.require(
        rows + others == sums["stored"], f"{rows:,} rows and {others:,} statuses and answers are what is stored"
    )
    there = await connection.fetchval("select count(*) from quarantine where resolved_at is null")
    report.require(there == sums["quarantined"], f"{there:,} rows in quarantine")
    holes = await connection.fetchval(
        "select coalesce(sum(holes), 0) from"
        " (select max(n) - min(n) + 1 - count(*) as holes from batch group by worker) w"
    )
    report.require(holes == 0, f"no batch number is missing ({holes})")
    return sums


def _unless(holds: bool, what: object) -> str:
    return "" if holds else f": {what}"


_STALE = """
select count(*) from latest_state l, lateral (
    select max(observed_at) as at from position_reading r where r.unit_id = l.unit_id
) newest
where l.position_at is distinct from newest.at
"""

_MISSING = """
select coalesce(sum(upper(piece) - lower(piece)), 0) from receipt r,
lateral unnest(int8multirange(int8range(1, upper(committed))) - committed) as piece
"""


async def check_units(connection: asyncpg.Connection, ledger: Ledger, town: Town, report: Report) -> None:
    """Nothing that a unit holds or has a receipt for is lost or doubled."""
    said = ledger.totals
    report.say(
        f"        the units produced {said.produced:,} samples, sent {said.samples_sent:,} times,"
        f" {said.samples_resent:,} of them again; {said.receipts:,} receipts"
    )
    found = await trace(connection, ledger, town)
    report.say(
        f"        {found.stored:,} are stored, {found.in_quarantine:,} in quarantine, {found.held:,} with their units"
    )
    report.require(said.forgotten == 0, f"no unit had to forget a sample ({said.forgotten:,})")
    report.require(said.held == 0, f"every sample has its receipt ({said.held:,} have none)")
    for word in ("lost", "doubled", "changed", "invented"):
        some: list[str] = getattr(found, word)
        report.require(not some, f"no sample is {word} ({len(some):,}{_examples(some)})")
    missing = await connection.fetchval(_MISSING)
    report.require(missing == 0, f"no number is missing from the receipts ({missing:,})")
    stale = await connection.fetchval(_STALE)
    report.require(stale == 0, f"the last position of every unit is its newest ({stale:,} are not)")


def _examples(some: Iterable[str]) -> str:
    shown = list(some)[:3]
    return f": {'; '.join(shown)}" if shown else ""
