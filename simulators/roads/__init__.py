"""The city's roads as the project itself draws them, from one seed and no outside data.

Trunk roads that follow the valleys between the nine county seats, provincial roads, the way out to the capital,
streets in the towns, village roads between. Not a copy of any real road: enough for vehicles to move as on roads, and
for the page to draw them. `python -m simulators.roads` writes the network as the page uses it.
"""

from __future__ import annotations

from simulators.roads.drawing import ROADS_SEED, draw_roads
from simulators.roads.network import (
    LANE_OFFSET_M,
    LANES,
    LIMIT_KMH,
    TOWN_CLASSES,
    Road,
    RoadClass,
    RoadNetwork,
    Town,
    lengths_m,
    moved,
)
from simulators.roads.terrain import DEGREE_M, Floats, Points, Terrain

__all__ = [
    "DEGREE_M",
    "LANES",
    "LANE_OFFSET_M",
    "LIMIT_KMH",
    "ROADS_SEED",
    "TOWN_CLASSES",
    "Floats",
    "Points",
    "Road",
    "RoadClass",
    "RoadNetwork",
    "Terrain",
    "Town",
    "draw_roads",
    "lengths_m",
    "moved",
]
