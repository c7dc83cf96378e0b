"""Vehicles between the form, the row and what is shown: whole numbers inside, people's units outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.datum import Datum, degrees
from api.dependencies import Caller
from api.registry.checks import division_problems, organ_reference
from api.registry.editing import Desk
from api.registry.vehicles.schemas import VehicleForm
from fleet.model.records import VehicleRecord
from fleet.model.registry import NEW_ENERGY
from fleet.registry.problems import Problem
from fleet.registry.vehicle import vehicle_problems
from fleet.store import registry
from fleet.store.policies import standards_at
from fleet.store.recompute import today
from fleet.store.tables import vehicle

_SAME = (
    *("plate", "vin", "organ_id", "lender_organ_id", "division", "use", "management", "energy", "status", "body"),
    *("seats", "model", "displacement_ml", "rated_range_km", "purchased_on", "registered_on", "retired_on", "marked"),
    *("confidential", "parking_area_id", "remarks"),
)
"""Fields that are columns as they are."""


def values(form: VehicleForm) -> dict[str, Any]:
    """The form as columns."""
    place = form.parking
    return {
        **{name: getattr(form, name) for name in _SAME},
        "equipment": list(form.equipment),
        "price_fen": _scaled(form.price_yuan, 100),
        "tank_ml": _scaled(form.tank_l, 1000),
        "battery_wh": _scaled(form.battery_kwh, 1000),
        "parking_lat_e7": None if place is None else round(place.lat * 1e7),
        "parking_lon_e7": None if place is None else round(place.lon * 1e7),
    }


def _scaled(value: Decimal | None, by: int) -> int | None:
    return None if value is None else int(value * by)


def _written(row: RowMapping) -> dict[str, Any]:
    return {name: value for name, value in shown(row).items() if name in VehicleForm.model_fields}


def shown(row: RowMapping, datum: Datum = Datum.WGS84) -> dict[str, Any]:
    """The fields that a vehicle's own row has."""
    lat_e7, lon_e7 = row["parking_lat_e7"], row["parking_lon_e7"]
    return {
        "id": row["id"],
        "version": row["version"],
        **{name: row[name] for name in _SAME},
        "equipment": row["equipment"],
        "price_yuan": None if row["price_fen"] is None else row["price_fen"] / 100,
        "tank_l": None if row["tank_ml"] is None else row["tank_ml"] / 1000,
        "battery_kwh": None if row["battery_wh"] is None else row["battery_wh"] / 1000,
        "parking": None if lat_e7 is None or lon_e7 is None else degrees(lat_e7, lon_e7, datum),
    }


def listed(rows: Sequence[RowMapping], datum: Datum = Datum.WGS84) -> list[dict[str, Any]]:
    """Rows of `fleet.store.registry.list_vehicles` as they leave."""
    return [
        {
            **shown(row, datum),
            "organ": {"id": row["organ_id"], "name": row["organ_name"]},
            "new_energy": row["energy"] in NEW_ENERGY,
            "unit": row["unit"],
        }
        for row in rows
    ]


async def show(connection: AsyncConnection, vehicle_id: int, caller: Caller, now: datetime) -> dict[str, Any] | None:
    row = await registry.find_vehicle(connection, vehicle_id, scope=caller.scope, at=now)
    if row is None:
        return None
    bindings = await registry.list_bindings(connection, vehicle_id)
    return {**listed([row])[0], "bindings": [dict(binding) for binding in bindings]}


async def _check(connection: AsyncConnection, form: VehicleForm, caller: Caller, now: datetime) -> Sequence[Problem]:
    columns = values(form)
    record = VehicleRecord(**{**columns, "equipment": tuple(form.equipment)})
    found = [
        *vehicle_problems(record, today=today(now), limits=await standards_at(connection, now)),
        *division_problems(form.division),
        *await organ_reference(connection, caller, form.organ_id),
    ]
    if form.lender_organ_id is not None:
        found += await organ_reference(connection, caller, form.lender_organ_id, "lender_organ_id")
    return found


DESK = Desk(
    noun="vehicle",
    table=vehicle,
    form=VehicleForm,
    values=values,
    written=_written,
    show=show,
    check=_check,
    names={
        "price_fen": "price_yuan",
        "tank_ml": "tank_l",
        "battery_wh": "battery_kwh",
        "parking_lat_e7": "parking",
        "parking_lon_e7": "parking",
    },
)
