"""A whole registry as plain data: what a generator or an import hands to the store in one piece.

Ids are part of the records, so that vehicles can name their organ and bindings their unit before anything is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from fleet.model.registry import Body, Energy, Management, OrganKind, VehicleStatus, VehicleUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Organ:
    """A node of the tree. `division` is its home: 530300 for city organs, else the county's code."""

    id: int
    code: str
    name: str
    kind: OrganKind
    division: int
    parent_id: int | None
    energy_saving: bool
    vehicle_quota: int | None
    lat_e7: int  # where it has its yard; not stored, vehicles carry their own parking place
    lon_e7: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """One vehicle. `rated_range_km` is what the battery alone gives; None where no battery drives."""

    id: int
    plate: str
    vin: str
    organ_id: int
    division: int
    use: VehicleUse
    management: Management
    energy: Energy
    status: VehicleStatus
    body: Body
    seats: int
    displacement_ml: int | None
    price_fen: int
    tank_ml: int | None
    battery_wh: int | None
    rated_range_km: int | None
    purchased_on: date
    registered_on: date
    retired_on: date | None
    marked: bool
    confidential: bool
    parking_lat_e7: int
    parking_lon_e7: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An onboard unit; `code` is its name in topics, `division` its registered home."""

    id: int
    code: str
    division: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The unit sits in the vehicle from `bound_from` on (aware), for as long as nothing else is known."""

    id: int
    unit_id: int
    vehicle_id: int
    bound_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    organs: tuple[Organ, ...]
    vehicles: tuple[Vehicle, ...]
    units: tuple[Unit, ...]
    bindings: tuple[Binding, ...]
