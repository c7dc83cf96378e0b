"""Great-circle distance on the mean sphere: within 0.5 % of the ellipsoid, which is finer than the receivers."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8  # mean radius (IUGG)

Degrees = NDArray[np.float64] | float


def haversine_m(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Metres between two points in degrees."""
    phi1, phi2 = radians(lat1_deg), radians(lat2_deg)
    half = sin((phi2 - phi1) / 2) ** 2 + cos(phi1) * cos(phi2) * sin(radians(lon2_deg - lon1_deg) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, half)))


def haversine_many_m(lat1_deg: Degrees, lon1_deg: Degrees, lat2_deg: Degrees, lon2_deg: Degrees) -> NDArray[np.float64]:
    """Metres between points in degrees, element by element; scalars are broadcast."""
    phi1, phi2 = np.radians(lat1_deg), np.radians(lat2_deg)
    half = (
        np.sin((phi2 - phi1) / 2) ** 2
        + np.cos(phi1) * np.cos(phi2) * np.sin(np.radians(np.subtract(lon2_deg, lon1_deg)) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, half))), dtype=np.float64)
