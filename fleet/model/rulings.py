"""What the rules go by besides policies: kinds of areas and of exemptions."""

from __future__ import annotations

from enum import StrEnum


class AreaPurpose(StrEnum):
    PARKING = "parking"  # designated parking of an organ
    DEPOT = "depot"  # shared yards and platforms
    RESTRICTED = "restricted"  # entertainment, scenic spots, private clubs
    STATION = "station"  # fuel and charging


class ExemptionKind(StrEnum):
    DUTY = "duty"  # on call round the clock
    SECURITY = "security"  # confidential tasks
    RESCUE = "rescue"  # ambulances, fire, disaster relief
    OTHER = "other"
