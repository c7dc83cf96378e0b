"""Areas: an open polygon ring, or a circle, in 1e-7 degrees of WGS-84."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from fleet.registry.problems import Problem, error

MOST_POINTS = 1_000
MOST_RADIUS_M = 100_000
_PLACE = ((180_000_000, 540_000_000), (730_000_000, 1_360_000_000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Either `ring` ((lat_e7, lon_e7), the last joins the first) or `centre` with `radius_m`."""

    ring: tuple[tuple[int, int], ...] | None = None
    centre: tuple[int, int] | None = None
    radius_m: int | None = None


def shape_problems(shape: Shape) -> list[Problem]:
    if (shape.ring is None) == (shape.centre is None) or (shape.centre is None) != (shape.radius_m is None):
        zh, en = "请提供多边形，或圆心和半径", "Give a polygon, or a centre with a radius"
        return [error("shape", "one_shape", zh, en)]
    points: Sequence[tuple[int, int]] = shape.ring if shape.ring is not None else [shape.centre or (0, 0)]
    if not all(low <= value <= high for point in points for value, (low, high) in zip(point, _PLACE, strict=True)):
        return [error("shape", "outside_country", "坐标不在中国境内（先纬度后经度）", "Lies outside the country")]
    if shape.radius_m is not None and not 5 <= shape.radius_m <= MOST_RADIUS_M:
        return [error("radius_m", "out_of_range", "半径应在 5 米至 100 公里之间", "From 5 m to 100 km")]
    if shape.ring is not None:
        if not 3 <= len(shape.ring) <= MOST_POINTS:
            return [error("shape", "ring_points", f"多边形应有 3 至 {MOST_POINTS} 个点", f"3 to {MOST_POINTS} points")]
        polygon = shapely.Polygon(shape.ring)
        if not polygon.is_valid or polygon.area == 0:
            return [
                error("shape", "ring_crosses", "多边形的边相交或没有面积", "The border crosses itself or has no area")
            ]
    return []
