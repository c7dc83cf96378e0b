"""What cuts are made by, at each moment: the city's values of the policies `trips.…`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

import msgspec

from fleet.model.moments import EPOCH, to_us
from fleet.model.policies import POLICIES, PolicyVersion, resolve
from fleet.model.trips import TripParameters

PREFIX = "trips."
CUT_NAMES = tuple(name for name in TripParameters.__struct_fields__ if name != "battery_wh")
SLUGS = tuple(f"{PREFIX}{name}" for name in CUT_NAMES)


class ParameterTimeline:
    """The parameters that hold at a moment; a reading is folded by those of its own time, whenever it is folded."""

    def __init__(self, versions: Sequence[PolicyVersion]) -> None:
        self.newest_id = max((version.id for version in versions), default=0)
        city = [version for version in versions if version.organ_id is None]
        moments = sorted({version.effective_from for version in city})
        self.moments_us = [to_us(moment) for moment in moments]
        self._city = [_at(city, EPOCH), *(_at(city, moment) for moment in moments)]
        self._of_battery: dict[int | None, list[TripParameters]] = {None: self._city}

    def at(self, at_us: int, battery_wh: int | None = None) -> TripParameters:
        """For a vehicle with such a battery (None: none, or not known)."""
        parameters = self._of_battery.get(battery_wh)
        if parameters is None:
            parameters = [msgspec.structs.replace(one, battery_wh=battery_wh) for one in self._city]
            self._of_battery[battery_wh] = parameters
        if not self.moments_us or at_us >= self.moments_us[-1]:
            return parameters[-1]
        return parameters[bisect_right(self.moments_us, at_us)]


def _at(versions: Sequence[PolicyVersion], moment: datetime) -> TripParameters:
    values = {name: resolve(POLICIES[f"{PREFIX}{name}"], versions, [], moment).value for name in CUT_NAMES}
    return msgspec.convert(values, TripParameters)
