"""Fuel-card and charging records: imported once, never changed, read with what the vehicle itself told.

A fuel-card record counts for the vehicle whose card it was by the bindings as they are entered now; where none holds
for that day any more, for the one that held the card when the record came in.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Text, any_, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.audit.entry import Actor
from fleet.model.registry import Energy
from fleet.model.scope import Scope
from fleet.registry import sheets
from fleet.registry.cells import Codes
from fleet.registry.energy_sheets import Car, Held, Key, Known, Read, plan_records, read_rows
from fleet.registry.imports import Entry, Outcome
from fleet.store import audit
from fleet.store.imports import Report
from fleet.store.scoped import one_of, vehicle_visible
from fleet.store.tables import charging_record, energy_import, fuel_card, fuel_record, vehicle

_IMPORTING = 5303009  # advisory lock

TABLES = {"fuel": fuel_record, "charging": charging_record}


async def run(
    connection: AsyncConnection,
    kind: str,
    content: bytes,
    *,
    scope: Scope,
    dry_run: bool,
    partial: bool,
    account: Actor | str,
    now: datetime,
) -> Report:
    """Import a sheet (`fuel` or `charging`) in the caller's transaction. Raises sheets.Unreadable.

    All or nothing: with a refused row nothing is stored, unless `partial`. Cards and vehicles outside the scope are
    unknown. What was stored before stays as it is.
    """
    columns, rows = await asyncio.to_thread(sheets.read, kind, content)
    if not dry_run:
        # One sheet at a time: two cannot store one record twice. Who may only add to a table cannot lock it.
        await connection.execute(select(func.pg_advisory_xact_lock(_IMPORTING)))
    cars = await _cars(connection, scope)
    codes = Codes(plates={car.plate: vehicle_id for vehicle_id, car in cars.items()})
    read = await asyncio.to_thread(read_rows, columns, rows, codes)
    numbers = {number for one in read if (number := one.values.get("number"))}
    known = Known(
        now=now,
        cards=await _cards(connection, scope) if kind == "fuel" else {},
        cars=cars,
        stored=await (_stored_fuel if kind == "fuel" else _stored_charging)(connection, read),
        numbers=await _numbers(connection, kind, numbers),
    )
    entries = await asyncio.to_thread(plan_records, kind, read, known)
    new = [entry for entry in entries if entry.outcome is Outcome.NEW]
    refused = any(entry.outcome is Outcome.REFUSED for entry in entries)
    applied = bool(new) and not dry_run and (partial or not refused)
    report = Report(kind, dry_run, applied, tuple(entries))
    if applied:
        who = account if isinstance(account, str) else account.account
        sha256 = hashlib.sha256(content).hexdigest()
        head = {"kind": kind, "at": now, "who": who, "sha256": sha256, "records": len(new)}
        inserted = await connection.execute(insert(energy_import).values(head).returning(energy_import.c.id))
        import_id: int = inserted.scalar_one()
        await connection.execute(insert(TABLES[kind]), [_row(kind, entry, import_id) for entry in new])
        organ_ids = await _organs_of(connection, {entry.values["vehicle_id"] for entry in new})
        detail = {
            "sha256": sha256,
            "counts": report.counts(),
            "quantity": sum(entry.values["ml" if kind == "fuel" else "wh"] for entry in new),
            "cost_fen": sum(entry.values["cost_fen"] or 0 for entry in new),
        }
        await audit.record(
            connection,
            account=account,
            action=f"import.{kind}",
            subject=f"energy import:{import_id}",
            detail=msgspec.to_builtins(detail),
            organ_ids=organ_ids,
        )
    return report


def _row(kind: str, entry: Entry, import_id: int) -> dict[str, Any]:
    values = entry.values
    shared = {name: values[name] for name in ("vehicle_id", "cost_fen", "station", "number")} | {"import_id": import_id}
    if kind == "charging":
        return {**shared, "begin_at": values["begin"], "end_at": values["end"], "wh": values["wh"]}
    own = ("card", "at", "product", "ml", "odometer_m")
    return {**shared, **{name: values[name] for name in own}, "fuel": values["fuel"].value}


async def _cars(connection: AsyncConnection, scope: Scope) -> dict[int, Car]:
    names = ("id", "plate", "energy", "tank_ml", "battery_wh")
    rows = await connection.execute(select(*(vehicle.c[name] for name in names)).where(vehicle_visible(scope)))
    return {row.id: Car(row.plate, Energy(row.energy), row.tank_ml, row.battery_wh) for row in rows}


async def _cards(connection: AsyncConnection, scope: Scope) -> dict[str, list[Held]]:
    statement = (
        select(fuel_card.c.card, fuel_card.c.period, fuel_card.c.vehicle_id)
        .select_from(fuel_card.join(vehicle))
        .where(vehicle_visible(scope))
    )
    found: dict[str, list[Held]] = {}
    for card, period, vehicle_id in await connection.execute(statement):
        found.setdefault(card, []).append(Held(period.lower, period.upper, vehicle_id))
    return found


async def _stored_fuel(connection: AsyncConnection, read: Sequence[Read]) -> dict[Key, Mapping[str, Any]]:
    """Records of the sheet's cards within its time."""
    cards = {card for one in read if (card := one.values.get("card"))}
    moments = [at for one in read if (at := one.values.get("at"))]
    if not moments:
        return {}
    table = fuel_record.c
    statement = select(fuel_record).where(_among(table.card, cards), table.at.between(min(moments), max(moments)))
    rows = (await connection.execute(statement)).mappings()
    return {(row["card"], row["at"], row["fuel"]): dict(row) for row in rows}


async def _stored_charging(connection: AsyncConnection, read: Sequence[Read]) -> dict[Key, Mapping[str, Any]]:
    vehicle_ids = {one.values["vehicle_id"] for one in read if one.values.get("vehicle_id")}
    moments = [begin for one in read if (begin := one.values.get("begin"))]
    if not moments:
        return {}
    table = charging_record.c
    statement = select(charging_record).where(
        one_of(table.vehicle_id, vehicle_ids), table.begin_at.between(min(moments), max(moments))
    )
    rows = (await connection.execute(statement)).mappings()
    return {(row["vehicle_id"], row["begin_at"]): {**row, "end": row["end_at"]} for row in rows}


async def _numbers(connection: AsyncConnection, kind: str, numbers: Collection[str]) -> dict[str, Key]:
    table = TABLES[kind].c
    keys = (table.card, table.at, table.fuel) if kind == "fuel" else (table.vehicle_id, table.begin_at)
    rows = await connection.execute(select(table.number, *keys).where(_among(table.number, numbers)))
    return {row[0]: tuple(row[1:]) for row in rows}


def _among(column: Any, words: Collection[str]) -> Any:
    return column == any_(literal(sorted(words), ARRAY(Text)))


async def _organs_of(connection: AsyncConnection, vehicle_ids: Collection[int]) -> set[int]:
    return set(
        (await connection.execute(select(vehicle.c.organ_id).where(one_of(vehicle.c.id, vehicle_ids)))).scalars()
    )
