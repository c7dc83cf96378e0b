"""What makes a well-formed reading unacceptable, and what makes an acceptable one doubtful. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.model.readings import EVENT_NAMES, GroundFlag, Reason
from ingest.topics import Address

EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
"""Older times come from clocks that were never set: the product's first unit is younger."""

MOST_AHEAD = timedelta(minutes=10)

KNOWN_EVENTS = frozenset(EVENT_NAMES)


class KnownUnit(NamedTuple):
    """What ingest has to know of a registered unit."""

    unit_id: int
    division: int


def time_reason(observed_at: datetime, received_at: datetime) -> Reason | None:
    if observed_at < EARLIEST:
        return Reason("time_before_2015", "time", f"{observed_at.isoformat()} lies before 2015: set the unit's clock")
    if observed_at > received_at + MOST_AHEAD:
        ahead_s = int((observed_at - received_at).total_seconds())
        return Reason(
            "time_in_future", "time", f"{observed_at.isoformat()} lies {ahead_s} s ahead of the service's clock"
        )
    return None


def event_reason(event: str) -> Reason | None:
    if event in KNOWN_EVENTS:
        return None
    shown = event if len(event) <= 40 else event[:37] + "..."
    return Reason("unknown_event", "event", f"{shown!r} is none of: {', '.join(EVENT_NAMES)}")


def unit_reason(address: Address, units: Mapping[str, KnownUnit]) -> Reason | None:
    unit = units.get(address.unit)
    if unit is None:
        return Reason("unknown_unit", None, f"unit {address.unit!r} is not registered; register it, then retry")
    if unit.division != address.division:
        detail = f"unit {address.unit!r} is registered in {unit.division}, the topic says {address.division:06d}"
        return Reason("wrong_division", None, detail)
    return None


def ground_flags(lat_e7: NDArray[np.int64], lon_e7: NDArray[np.int64]) -> NDArray[np.int16]:
    """Flags of WGS-84 points in 1e-7 degrees: where no vehicle of the fleet can be."""
    flags = np.zeros(len(lat_e7), dtype=np.int16)
    inside = (lat_e7 >= 180_000_000) & (lat_e7 <= 540_000_000) & (lon_e7 >= 730_000_000) & (lon_e7 <= 1_360_000_000)
    flags[~inside] |= np.int16(GroundFlag.OUTSIDE_COUNTRY)
    # A receiver without a fix says exactly 0, 0; some add noise of a few metres (1e-4 degrees are 11 m).
    flags[(np.abs(lat_e7) <= 1_000) & (np.abs(lon_e7) <= 1_000)] |= np.int16(GroundFlag.NULL_ISLAND)
    return flags
