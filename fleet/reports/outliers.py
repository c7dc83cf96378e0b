"""Which vehicles use so much more or less than their like that somebody should look: flagged, never left out.

The rule: of all vehicles of the city with the same energy kind and body (confidential ones, and those told in part
only, apart) that have at least 200 km told in the period, the median of the use per 100 km, and the median of the
distances from it. A vehicle with at least 200 km told, in part or not, is flagged where it lies more than 30 % of the
median and more than five such distances away, and there are at least eight of its like. For the same days the peers are
the same whoever asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from fleet.reports.usage import Medium, Method

LEAST_M = 200_000
LEAST_PEERS = 8
APART_PCT = 30
DISTANCES = 5


class Told(NamedTuple):
    """A vehicle's figure in the period: millilitres or watt-hours for 100 km over `distance_m`."""

    vehicle_id: int
    kind: tuple[str, str]  # energy, body
    medium: Medium
    method: Method
    milli_per_100km: int
    distance_m: int


class Peers(NamedTuple):
    median: int
    distance: int  # the median distance from it
    vehicles: int


class Side(StrEnum):
    HIGH = "high"
    LOW = "low"


class Outlier(NamedTuple):
    side: Side
    peers: Peers


Like = tuple[tuple[str, str], Medium]


def peers_of(told: Iterable[Told]) -> dict[Like, Peers]:
    """Only of kinds with enough vehicles."""
    figures: dict[Like, list[int]] = defaultdict(list)
    for one in told:
        if one.distance_m >= LEAST_M and one.method is not Method.PARTIAL:
            figures[one.kind, one.medium].append(one.milli_per_100km)
    found: dict[Like, Peers] = {}
    for like, some in figures.items():
        if len(some) >= LEAST_PEERS:
            median = _median(some)
            found[like] = Peers(median, _median(abs(one - median) for one in some), len(some))
    return found


def outlier(told: Told, peers: Mapping[Like, Peers]) -> Outlier | None:
    like = peers.get((told.kind, told.medium))
    if like is None or told.distance_m < LEAST_M:
        return None
    apart = told.milli_per_100km - like.median
    if abs(apart) * 100 <= like.median * APART_PCT or abs(apart) <= DISTANCES * like.distance:
        return None
    return Outlier(Side.HIGH if apart > 0 else Side.LOW, like)


def _median(numbers: Iterable[int]) -> int:
    """The lower one of the two in the middle."""
    ordered = sorted(numbers)
    return ordered[(len(ordered) - 1) // 2]
