"""Imports and exports of whole registries: read what is stored, plan (pure), write in bulk, in one transaction."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Table, Text, any_, bindparam, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.audit.entry import Actor
from fleet.geography.divisions import DIVISION_CODES
from fleet.model.scope import Scope
from fleet.registry import sheets
from fleet.registry.cells import Codes
from fleet.registry.imports import Entry, Outcome, Rules, plan
from fleet.store import audit, history, policies, vehicles
from fleet.store.recompute import today
from fleet.store.records import Clash
from fleet.store.scoped import one_of, organ_visible, owned_by, vehicle_visible
from fleet.store.tables import driver, organ, vehicle

TABLES: Mapping[str, Table] = {"organs": organ, "vehicles": vehicle, "drivers": driver}

Mask = Callable[[str | None], str | None]


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do. `applied`: whether anything was stored."""

    kind: str
    dry_run: bool
    applied: bool
    entries: tuple[Entry, ...]

    def counts(self) -> dict[str, int]:
        """Rows by outcome, every outcome named."""
        found = Counter(entry.outcome for entry in self.entries)
        return {outcome.value: found[outcome] for outcome in Outcome}


async def run(
    connection: AsyncConnection,
    kind: str,
    content: bytes,
    *,
    dry_run: bool,
    partial: bool,
    effective_on: date | None,
    account: Actor | str,
    mask: Mask,
    now: datetime,
) -> Report:
    """Import a sheet in the caller's transaction. Raises sheets.Unreadable, and Clash where two rows swap a key.

    All or nothing: with a refused row nothing is stored, unless `partial`. `effective_on`: the day since when changes
    of organ, division, use, management, energy and status are so; default today.
    """
    columns, rows = await asyncio.to_thread(sheets.read, kind, content)
    if not dry_run:
        # No clerk's change may slip in between what is planned and what is written. Reads go on.
        await connection.execute(text(f"lock table {TABLES[kind].name} in share row exclusive mode"))
    stored = await _stored(connection, TABLES[kind])
    rules = Rules(
        today=today(now), divisions=DIVISION_CODES, mask=mask, limits=await policies.standards_at(connection, now)
    )
    codes = Codes(await _organ_ids(connection))
    # A second of work for a whole fleet: others are served meanwhile.
    entries = await asyncio.to_thread(plan, kind, columns, rows, stored, codes, rules)
    writing = [entry for entry in entries if entry.outcome in (Outcome.NEW, Outcome.CHANGED)]
    refused = any(entry.outcome is Outcome.REFUSED for entry in entries)
    applied = bool(writing) and not dry_run and (partial or not refused)
    if applied:
        new = [entry for entry in writing if entry.outcome is Outcome.NEW]
        changed = [entry for entry in writing if entry.outcome is Outcome.CHANGED]
        try:
            if kind == "organs":
                await _write_organs(connection, new, changed)
            else:
                await _change(connection, TABLES[kind], changed)
                await _add(connection, TABLES[kind], [entry.values for entry in new])
        except IntegrityError as refusal:
            sentence = "Two records exchange a plate or VIN in one sheet: nothing was stored; import them in two steps."
            raise Clash("taken", sentence) from refusal
        if kind == "vehicles":
            await _keep_history(connection, new, changed, stored, effective_on or today(now), now)
    report = Report(kind, dry_run, applied, tuple(entries))
    if applied:
        await audit.record(
            connection, account=account, action=f"import.{kind}", subject=kind, detail=_evidence(report, content, mask)
        )
    return report


async def _stored(connection: AsyncConnection, table: Table) -> dict[int, Any]:
    return {row["id"]: row for row in (await connection.execute(select(table))).mappings()}


async def _organ_ids(connection: AsyncConnection) -> dict[str, int]:
    return {row.code: row.id for row in await connection.execute(select(organ.c.code, organ.c.id))}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


async def _add(connection: AsyncConnection, table: Table, records: Sequence[Mapping[str, Any]]) -> None:
    if records:
        await connection.execute(insert(table), [_plain(record) for record in records])


async def _change(connection: AsyncConnection, table: Table, entries: Sequence[Entry]) -> None:
    """Every field of the changed records, in the order of their ids: two imports cannot wait for each other."""
    if not entries:
        return
    names = list(entries[0].values)
    statement = (
        update(table)
        .where(table.c.id == bindparam("at_id"))
        .values({name: bindparam(f"to_{name}", type_=table.c[name].type) for name in names})
    )
    rows = [
        {"at_id": entry.stored_id, **{f"to_{name}": value for name, value in _plain(entry.values).items()}}
        for entry in sorted(entries, key=lambda entry: entry.stored_id or 0)
    ]
    await connection.execute(statement, rows)


async def _write_organs(connection: AsyncConnection, new: Sequence[Entry], changed: Sequence[Entry]) -> None:
    """Level by level, so that every organ finds the one above it; changes last, for they may hang below new ones."""
    ids: dict[int, int] = {}
    waiting = list(new)
    while waiting:
        ready = [entry for entry in waiting if _found(entry, ids)]
        await _add(connection, organ, [_hung(entry, ids) for entry in ready])
        by_code = await connection.execute(
            select(organ.c.code, organ.c.id).where(organ.c.code.in_([entry.values["code"] for entry in ready]))
        )
        known = {row.code: row.id for row in by_code}
        ids |= {-entry.line: known[entry.values["code"]] for entry in ready}
        waiting = [entry for entry in waiting if entry not in ready]
    await _change(
        connection,
        organ,
        [Entry(one.line, one.key, one.outcome, one.stored_id, _hung(one, ids)) for one in changed],
    )


def _found(entry: Entry, ids: Mapping[int, int]) -> bool:
    parent = entry.values["parent_id"]
    return parent is None or parent > 0 or parent in ids


def _hung(entry: Entry, ids: Mapping[int, int]) -> dict[str, Any]:
    parent = entry.values["parent_id"]
    return {**entry.values, "parent_id": ids.get(parent, parent)}


async def _keep_history(
    connection: AsyncConnection,
    new: Sequence[Entry],
    changed: Sequence[Entry],
    stored: Mapping[int, RowMapping],
    effective_on: date,
    now: datetime,
) -> None:
    plates = [entry.values["plate"] for entry in new]
    ids = [entry.stored_id for entry in changed if entry.stored_id is not None]
    statement = select(vehicle).where(
        (vehicle.c.plate == any_(literal(plates, ARRAY(Text)))) | one_of(vehicle.c.id, ids)
    )
    rows = (await connection.execute(statement)).mappings().all()
    begun = [
        (row, row["registered_on"] or row["purchased_on"] or effective_on) for row in rows if row["id"] not in stored
    ]
    await history.begin(connection, begun)
    await vehicles.changed_all(
        connection,
        [(stored[row["id"]], row) for row in rows if row["id"] in stored],
        effective_on=effective_on,
        now=now,
    )


def _evidence(report: Report, content: bytes, mask: Mask) -> dict[str, Any]:
    """For the audit log: which file, and what of which record was how before and after."""

    def said(field: str, value: Any) -> Any:
        return mask(value) if field == "phone" else value

    evidence: dict[str, Any] = msgspec.to_builtins(
        {
            "sha256": hashlib.sha256(content).hexdigest(),
            "counts": report.counts(),
            "new": [entry.key for entry in report.entries if entry.outcome is Outcome.NEW],
            "changed": [
                {
                    "id": entry.stored_id,
                    "key": entry.key,
                    "before": {one.field: said(one.field, one.old) for one in entry.changes},
                    "after": {one.field: said(one.field, one.new) for one in entry.changes},
                }
                for entry in report.entries
                if entry.outcome is Outcome.CHANGED
            ],
        }
    )
    return evidence


async def export(connection: AsyncConnection, kind: str, *, scope: Scope, mask: Mask, chinese: bool) -> bytes:
    """The records of a kind that may be seen, by id, as CSV; personal data masked."""
    table = TABLES[kind]
    visible = {
        "organs": lambda: organ_visible(scope),
        "vehicles": lambda: vehicle_visible(scope),
        "drivers": lambda: owned_by(scope, driver.c.organ_id),
    }[kind]()
    rows = (await connection.execute(select(table).where(visible).order_by(table.c.id))).mappings().all()
    masked: Sequence[Any] = [{**row, "phone": mask(row["phone"])} for row in rows] if kind == "drivers" else rows
    codes = {organ_id: code for code, organ_id in (await _organ_ids(connection)).items()}
    return sheets.write(kind, masked, codes, chinese=chinese)
