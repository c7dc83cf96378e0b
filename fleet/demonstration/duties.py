"""Which vehicles an organ needs: its profile gives the mix of uses, use and profile give the mix of bodies."""

from __future__ import annotations

from fleet.demonstration.draws import Mix
from fleet.demonstration.functions import Profile
from fleet.model.registry import Body, Management, VehicleUse

_COM, _EMG, _LAW, _SPE, _OTH = (
    VehicleUse.COMMUNICATIONS,
    VehicleUse.EMERGENCY,
    VehicleUse.LAW_ENFORCEMENT,
    VehicleUse.SPECIAL_PURPOSE,
    VehicleUse.OTHER,
)

USES: dict[Profile, Mix[VehicleUse]] = {
    Profile.OFFICE: Mix({_COM: 62, _EMG: 18, _OTH: 20}),
    Profile.BUREAU: Mix({_COM: 52, _EMG: 20, _SPE: 6, _OTH: 22}),
    Profile.ENFORCEMENT: Mix({_COM: 16, _EMG: 9, _LAW: 68, _SPE: 4, _OTH: 3}),
    Profile.POLICE: Mix({_COM: 4, _EMG: 6, _LAW: 84, _SPE: 6}),
    Profile.JUDICIAL: Mix({_COM: 16, _LAW: 80, _OTH: 4}),
    Profile.RESCUE: Mix({_COM: 8, _EMG: 58, _LAW: 8, _SPE: 26}),
    Profile.HOSPITAL: Mix({_COM: 5, _EMG: 13, _SPE: 76, _OTH: 6}),
    Profile.DISEASE_CONTROL: Mix({_COM: 8, _EMG: 15, _SPE: 74, _OTH: 3}),
    Profile.WORKS: Mix({_COM: 13, _EMG: 17, _LAW: 8, _SPE: 56, _OTH: 6}),
    Profile.TOWN: Mix({_COM: 40, _EMG: 34, _LAW: 8, _OTH: 18}),
    Profile.ASSOCIATION: Mix({_COM: 72, _OTH: 28}),
}

_BODIES: dict[VehicleUse, Mix[Body]] = {
    _COM: Mix({Body.SALOON: 66, Body.SUV: 20, Body.MPV: 14}),
    _EMG: Mix({Body.SUV: 56, Body.MPV: 14, Body.PICKUP: 20, Body.BUS: 5, Body.SALOON: 5}),
    _LAW: Mix({Body.SALOON: 38, Body.SUV: 44, Body.MPV: 9, Body.PICKUP: 8, Body.BUS: 1}),
    _SPE: Mix({Body.PICKUP: 35, Body.TRUCK: 25, Body.SUV: 30, Body.MPV: 10}),
    _OTH: Mix({Body.SALOON: 34, Body.SUV: 26, Body.MPV: 20, Body.BUS: 16, Body.PICKUP: 4}),
}

_SPECIAL_BODIES: dict[Profile, Mix[Body]] = {
    Profile.RESCUE: Mix({Body.TRUCK: 34, Body.AMBULANCE: 32, Body.SUV: 18, Body.PICKUP: 16}),
    Profile.HOSPITAL: Mix({Body.AMBULANCE: 76, Body.COLD_CHAIN: 5, Body.MPV: 12, Body.LABORATORY: 4, Body.BUS: 3}),
    Profile.DISEASE_CONTROL: Mix({Body.COLD_CHAIN: 34, Body.LABORATORY: 24, Body.DISINFECTION: 34, Body.SUV: 8}),
    Profile.WORKS: Mix({Body.TRUCK: 58, Body.PICKUP: 30, Body.SUV: 8, Body.DISINFECTION: 4}),
}

MANAGEMENT: dict[VehicleUse, Mix[Management]] = {
    _COM: Mix({Management.PLATFORM: 72, Management.RETAINED: 22, Management.LEASED: 6}),
    _EMG: Mix({Management.PLATFORM: 66, Management.RETAINED: 31, Management.LEASED: 3}),
    _LAW: Mix({Management.RETAINED: 98, Management.PLATFORM: 2}),
    _SPE: Mix({Management.RETAINED: 97, Management.PLATFORM: 2, Management.LEASED: 1}),
    _OTH: Mix({Management.PLATFORM: 62, Management.RETAINED: 28, Management.LEASED: 10}),
}


def bodies(profile: Profile, use: VehicleUse) -> Mix[Body]:
    if use is VehicleUse.SPECIAL_PURPOSE and profile in _SPECIAL_BODIES:
        return _SPECIAL_BODIES[profile]
    return _BODIES[use]
