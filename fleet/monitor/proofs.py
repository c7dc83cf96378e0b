"""Which readings may prove something of a trip that still runs: those are shown to the judge at once.

Running trips are brought up to date now and then; what a rule says of one follows the reading that proves it. The
monitor knows one kind of proof itself, the end of the least time above the speed limit, and is told of the others by
the judge, which asks to see each reading of a trip from a moment on (a watch).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from fleet.misuse.speeding import UNBROKEN_US
from fleet.model.moments import from_us, to_us
from fleet.model.policies import POLICIES, PolicyVersion, lineage, resolve
from fleet.model.readings import IMPLAUSIBLE
from fleet.model.trips import PositionReading

SPEEDING_SLUGS = ("speeding.limit_kmh", "speeding.least_s")

_IMPLAUSIBLE = int(IMPLAUSIBLE)

SPEAKING = frozenset({"power_cut", "antenna_cut", "unit_removed", "unit_fitted"})
"""Events that a rule judges by themselves, whatever becomes of the segments around them."""


class SpeedLimit(NamedTuple):
    """Above `dkmh` for at least `least_us` is a stretch."""

    dkmh: int
    least_us: int


class SpeedLimits:
    """The limits of each organ at each moment, as the rule has them."""

    def __init__(self, versions: Sequence[PolicyVersion], parents: Mapping[int, int | None]) -> None:
        self._versions = versions
        self._parents = parents
        self._borders_us = sorted({to_us(version.effective_from) for version in versions})
        self._found: dict[tuple[int | None, int], SpeedLimit] = {}

    def at(self, organ_id: int | None, at_us: int) -> SpeedLimit:
        key = (organ_id, bisect_right(self._borders_us, at_us) if self._borders_us else 0)
        found = self._found.get(key)
        if found is None:
            limit_kmh, least_s = (
                int(resolve(POLICIES[slug], self._versions, lineage(organ_id, self._parents), from_us(at_us)).value)
                for slug in SPEEDING_SLUGS
            )
            found = self._found[key] = SpeedLimit(limit_kmh * 10, least_s * 1_000_000)
        return found


class Stretch(msgspec.Struct):
    """Readings above the limit without a break. `told`: that it is long enough was shown."""

    since_us: int
    last_us: int
    told: bool = False


def follow(stretch: Stretch | None, reading: PositionReading, limit: SpeedLimit) -> Stretch | None:
    """The stretch that the reading goes on or begins; None where it is not above the limit."""
    if reading.flags & _IMPLAUSIBLE:
        return stretch
    at_us = reading.observed_at_us
    if reading.speed_dkmh is None or reading.speed_dkmh <= limit.dkmh:
        return None
    if stretch is None or at_us - stretch.last_us > UNBROKEN_US:
        return Stretch(at_us, at_us)
    stretch.last_us = at_us
    return stretch
