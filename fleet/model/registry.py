"""Organs, vehicles, units: who owns what. Values of the enumerations are those of the public interface."""

from __future__ import annotations

from enum import StrEnum


class OrganKind(StrEnum):
    CITY = "city"  # the root of the tree
    COUNTY = "county"  # one node for each county, above its organs
    PARTY = "party"
    GOVERNMENT = "government"
    PEOPLES_CONGRESS = "peoples_congress"
    CONSULTATIVE_CONFERENCE = "consultative_conference"
    COURT = "court"
    PROCURATORATE = "procuratorate"
    INSTITUTION = "institution"
    MASS_ORGANISATION = "mass_organisation"


class VehicleUse(StrEnum):
    COMMUNICATIONS = "communications"  # 机要通信
    EMERGENCY = "emergency"  # 应急保障
    LAW_ENFORCEMENT = "law_enforcement"  # 执法执勤
    SPECIAL_PURPOSE = "special_purpose"  # 特种专业技术
    OTHER = "other"


class Management(StrEnum):
    """Yunnan's classes of 2022."""

    RETAINED = "retained"  # 保留
    PLATFORM = "platform"  # 平台
    LEASED = "leased"  # 租赁


class Energy(StrEnum):
    PETROL = "petrol"
    DIESEL = "diesel"
    GAS = "gas"
    HEV = "hev"
    PHEV = "phev"
    EREV = "erev"
    BEV = "bev"
    FCEV = "fcev"

    @property
    def new_energy(self) -> bool:
        """Whether the kind counts as new energy; a hybrid that cannot be charged (HEV) does not."""
        return self in NEW_ENERGY


NEW_ENERGY = frozenset({Energy.PHEV, Energy.EREV, Energy.BEV, Energy.FCEV})


class VehicleStatus(StrEnum):
    IN_SERVICE = "in_service"
    REPAIR = "repair"
    SEALED = "sealed"
    RETIRED = "retired"


class Body(StrEnum):
    SALOON = "saloon"
    SUV = "suv"
    MPV = "mpv"
    BUS = "bus"
    PICKUP = "pickup"
    TRUCK = "truck"
    AMBULANCE = "ambulance"
    LABORATORY = "laboratory"
    COLD_CHAIN = "cold_chain"
    DISINFECTION = "disinfection"


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    CITY_DISPATCHER = "city_dispatcher"
    ORGAN_DISPATCHER = "organ_dispatcher"
    APPROVER = "approver"
    ORGAN_MANAGER = "organ_manager"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    VIEWER = "viewer"
