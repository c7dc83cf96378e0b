"""Registry records as a clerk enters them: no ids, no versions; the fields are named like the columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fleet.model.registry import Body, Energy, Management, OrganKind, VehicleStatus, VehicleUse


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganRecord:
    code: str
    name: str
    kind: OrganKind
    division: int
    parent_id: int | None = None
    energy_saving: bool = False
    vehicle_quota: int | None = None
    retired_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleRecord:
    """Money in fen, volumes in millilitres, energy in watt-hours, places in 1e-7 degrees (WGS-84)."""

    plate: str
    vin: str | None = None
    organ_id: int
    lender_organ_id: int | None = None
    division: int
    use: VehicleUse
    management: Management
    energy: Energy
    status: VehicleStatus = VehicleStatus.IN_SERVICE
    body: Body
    seats: int
    model: str | None = None
    equipment: tuple[str, ...] = ()
    displacement_ml: int | None = None
    price_fen: int | None = None
    tank_ml: int | None = None
    battery_wh: int | None = None
    rated_range_km: int | None = None
    purchased_on: date | None = None
    registered_on: date | None = None
    retired_on: date | None = None
    marked: bool = True
    confidential: bool = False
    parking_lat_e7: int | None = None
    parking_lon_e7: int | None = None
    parking_area_id: int | None = None
    remarks: str | None = None


HISTORY_FIELDS = ("organ_id", "division", "use", "management", "energy", "status")
"""What is kept of a vehicle for every day, so that a figure of last year stays that of last year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverRecord:
    label: str
    organ_id: int
    licence_class: str
    licence_expires_on: date
    phone: str | None = None
    retired_on: date | None = None


LICENCE_CLASSES = ("A1", "A2", "A3", "B1", "B2", "C1", "C2", "C3", "C4", "C5", "C6", "D", "E", "F", "M", "N", "P")
"""Classes of the driving licence in the order of the ordinance; C6 is the light trailer's."""
