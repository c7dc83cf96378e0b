"""What the guards have to know besides the order: the time, the policies, the vehicles and drivers in question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fleet.dispatch.fitness import DriverFacts, VehicleFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The policy values of the order's organ that its life goes by."""

    approval_levels: int = 1
    longest_window_s: int = 30 * 86_400
    early_departure_s: int = 1_800
    emergency_approve_within_s: int = 2 * 86_400
    amend_within_s: int = 86_400
    correct_within_s: int = 30 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the guards have to know besides the order. `out_elsewhere`: vehicles that are out for another order."""

    now: datetime
    division: int
    rules: Rules = field(default_factory=Rules)
    vehicles: Mapping[int, VehicleFacts] = field(default_factory=dict)
    drivers: Mapping[int, DriverFacts] = field(default_factory=dict)
    out_elsewhere: frozenset[int] = frozenset()
