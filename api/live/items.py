"""One vehicle's last state as it leaves the service, and what `moving`, `idling`, `parked`, `silent` mean."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Row

from fleet.model.readings import IMPLAUSIBLE, GroundFlag

MOVING_DKMH = 30
"""From 3 km/h a vehicle moves; below, receivers drift."""

SILENT_DRIVING = timedelta(minutes=3)
"""Three times the longest interval (60 s) that a unit may leave between two positions while the ignition is on."""

SILENT_PARKED = timedelta(minutes=30)
"""Three times the interval (10 min) of a parked vehicle with its ignition off."""


class State(StrEnum):
    MOVING = "moving"
    IDLING = "idling"
    PARKED = "parked"
    SILENT = "silent"


STATE_DEFINITION = (
    "`silent`: the last position is older than 3 minutes (ignition on, or not reported while at least 3 km/h) or "
    "30 minutes (otherwise), by the unit's clock; else `moving`: at least 3 km/h; else `idling`: ignition on; "
    "else `parked`."
)


class Fitted(msgspec.Struct, frozen=True):
    """A vehicle and the unit that sits in it."""

    unit_id: int
    bound_from: datetime | None
    unit: str
    vehicle_id: int
    plate: str
    organ_id: int
    home_division: int
    energy: str
    confidential: bool


class Item(msgspec.Struct, frozen=True, gc=False):
    """The shape of `items` in `/positions/latest` and in the stream; coordinates in degrees."""

    vehicle_id: int
    plate: str
    unit: str
    organ_id: int
    lat: float
    lon: float
    division: int | None
    home_division: int
    speed_kmh: float | None
    heading_deg: int | None
    altitude_m: int | None
    ignition: bool | None
    odometer_km: float | None
    observed_at: datetime
    received_at: datetime | None
    energy: str
    state: State
    flags: tuple[str, ...]
    plausible: bool
    fuel_level_pct: float | None
    soc_pct: float | None
    charging: bool | None
    online: bool
    revision: int


def silent_after(observed_at: datetime, ignition: bool | None, speed_dkmh: int | None) -> datetime:
    """When a vehicle whose last position says this counts as silent."""
    driving = ignition is True or (ignition is None and (speed_dkmh or 0) >= MOVING_DKMH)
    return observed_at + (SILENT_DRIVING if driving else SILENT_PARKED)


def state_at(now: datetime, silent_from: datetime, ignition: bool | None, speed_dkmh: int | None) -> State:
    if now >= silent_from:
        return State.SILENT
    if speed_dkmh is not None and speed_dkmh >= MOVING_DKMH:
        return State.MOVING
    return State.IDLING if ignition else State.PARKED


@cache
def flag_names(flags: int) -> tuple[str, ...]:
    return tuple(flag.name.lower() for flag in GroundFlag if flag & flags and flag.name)


def make_item(fitted: Fitted, row: Row[*tuple[Any, ...]], now: datetime) -> tuple[Item, datetime] | None:
    """The vehicle's item and when it turns silent; None when its present unit has told no position from it.

    A position from before the unit was fitted belongs to the vehicle the unit sat in then.
    """
    if row.position_at is None or (fitted.bound_from is not None and row.position_at < fitted.bound_from):
        return None
    silent_from = silent_after(row.position_at, row.ignition, row.speed_dkmh)
    flags = row.flags or 0
    item = Item(
        vehicle_id=fitted.vehicle_id,
        plate=fitted.plate,
        unit=fitted.unit,
        organ_id=fitted.organ_id,
        lat=row.lat_e7 / 1e7,
        lon=row.lon_e7 / 1e7,
        division=row.division or None,
        home_division=fitted.home_division,
        speed_kmh=None if row.speed_dkmh is None else row.speed_dkmh / 10,
        heading_deg=row.heading_deg,
        altitude_m=row.altitude_m,
        ignition=row.ignition,
        odometer_km=None if row.odometer_m is None else row.odometer_m / 1000,
        observed_at=row.position_at,
        received_at=row.position_received_at,
        energy=fitted.energy,
        state=state_at(now, silent_from, row.ignition, row.speed_dkmh),
        flags=flag_names(flags),
        plausible=not flags & IMPLAUSIBLE,
        fuel_level_pct=None if row.fuel_level_permille is None else row.fuel_level_permille / 10,
        soc_pct=None if row.soc_permille is None else row.soc_permille / 10,
        charging=row.charging,
        online=bool(row.online),
        revision=row.revision,
    )
    return item, silent_from
