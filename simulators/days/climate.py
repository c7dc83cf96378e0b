"""How warm it is: mild highland, cold mornings in winter, six degrees less a thousand metres higher."""

from __future__ import annotations

from datetime import date
from math import cos, pi


def temperature_c(day: date, hour: float, altitude_m: float) -> float:
    """Degrees Celsius at an hour of a date."""
    of_year = 15.5 + 6.5 * cos(2 * pi * (day.timetuple().tm_yday - 200) / 365)
    of_day = 5.0 * cos(2 * pi * (hour - 15) / 24)
    return of_year + of_day - 0.006 * (altitude_m - 1_900)
