"""A whole registry as plain data: what a generator or an import hands to the store in one piece.

Ids are part of the records, so that vehicles can name their organ and bindings their unit before anything is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from fleet.model.registry import Body, Energy, Management, OrganKind, VehicleStatus, VehicleUse
from fleet.model.rulings import AreaPurpose, ExemptionKind


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
class Driver:
    """A driver by number; no person."""

    id: int
    label: str
    organ_id: int
    licence_class: str
    licence_expires_on: date
    phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A polygon (`ring`: (lat_e7, lon_e7), the last joins the first) or a circle; `organ_id` None = the city's."""

    id: int
    name: str
    purpose: AreaPurpose
    category: str | None
    organ_id: int | None
    ring: tuple[tuple[int, int], ...] | None = None
    centre: tuple[int, int] | None = None
    radius_m: int | None = None
    holds_from: datetime  # aware


@dataclass(frozen=True, slots=True, kw_only=True)
class FuelCard:
    id: int
    card: str
    vehicle_id: int
    held_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGiven:
    """A version of a policy value; `organ_id` None = for the whole city."""

    slug: str
    organ_id: int | None
    value: int | str | bool
    effective_from: datetime  # aware
    who: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    vehicle_id: int
    kind: ExemptionKind
    holds_from: datetime  # aware
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    organs: tuple[Organ, ...]
    vehicles: tuple[Vehicle, ...]
    units: tuple[Unit, ...]
    bindings: tuple[Binding, ...]
    drivers: tuple[Driver, ...] = ()
    areas: tuple[Area, ...] = ()
    fuel_cards: tuple[FuelCard, ...] = ()
    policies: tuple[PolicyGiven, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
