"""What the values of the registry are called in Chinese; a sheet may say either."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from fleet.model.registry import Body, Energy, Management, OrganKind, VehicleStatus, VehicleUse

LABELS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    OrganKind: {
        OrganKind.CITY: "市",
        OrganKind.COUNTY: "县",
        OrganKind.PARTY: "党委",
        OrganKind.GOVERNMENT: "政府",
        OrganKind.PEOPLES_CONGRESS: "人大",
        OrganKind.CONSULTATIVE_CONFERENCE: "政协",
        OrganKind.COURT: "法院",
        OrganKind.PROCURATORATE: "检察院",
        OrganKind.INSTITUTION: "事业单位",
        OrganKind.MASS_ORGANISATION: "群团组织",
    },
    VehicleUse: {
        VehicleUse.COMMUNICATIONS: "机要通信",
        VehicleUse.EMERGENCY: "应急保障",
        VehicleUse.LAW_ENFORCEMENT: "执法执勤",
        VehicleUse.SPECIAL_PURPOSE: "特种专业技术",
        VehicleUse.OTHER: "其他",
    },
    Management: {Management.RETAINED: "保留", Management.PLATFORM: "平台", Management.LEASED: "租赁"},
    Energy: {
        Energy.PETROL: "汽油",
        Energy.DIESEL: "柴油",
        Energy.GAS: "天然气",
        Energy.HEV: "油电混合动力",
        Energy.PHEV: "插电式混合动力",
        Energy.EREV: "增程式",
        Energy.BEV: "纯电动",
        Energy.FCEV: "燃料电池",
    },
    VehicleStatus: {
        VehicleStatus.IN_SERVICE: "在用",
        VehicleStatus.REPAIR: "维修",
        VehicleStatus.SEALED: "封存",
        VehicleStatus.RETIRED: "报废",
    },
    Body: {
        Body.SALOON: "轿车",
        Body.SUV: "越野车",
        Body.MPV: "商务车",
        Body.BUS: "客车",
        Body.PICKUP: "皮卡",
        Body.TRUCK: "货车",
        Body.AMBULANCE: "救护车",
        Body.LABORATORY: "检测车",
        Body.COLD_CHAIN: "冷链车",
        Body.DISINFECTION: "消杀车",
    },
}
"""Every value of every enumeration once; no label twice in one enumeration."""
