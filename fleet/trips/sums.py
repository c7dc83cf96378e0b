"""A trip's sums: how a leg is added to the distance and to the divisions, so that the parts are always the whole.

Metres are rounded from the sum of all legs in millimetres, and what the rounded sum grew by is what the leg gives to
its division; so neither the order nor the number of the legs changes a digit.
"""

from __future__ import annotations

from fleet.trips.state import Journey


def metres(millimetres: int) -> int:
    """Rounded half up."""
    return (millimetres + 500) // 1_000


def add_seconds(parts: list[list[int]], division: int, seconds: int) -> None:
    """Add time to a division's part, which begins with it if it is new."""
    for part in parts:
        if part[0] == division:
            part[2] += seconds
            return
    parts.append([division, 0, seconds])


def roll(journey: Journey, from_division: int, division: int, leg_m: float, seconds: int) -> None:
    """Add a leg to the distance, and to the divisions' parts of distance and time."""
    before_m = (journey.track_mm + 500) // 1_000
    journey.track_mm += int(leg_m * 1_000 + 0.5)
    grown_m = (journey.track_mm + 500) // 1_000 - before_m
    last = journey.parts[-1]
    if last[0] == division == from_division:
        last[1] += grown_m
        last[2] += seconds
    else:
        # Where the border was crossed is not known: half of the leg to either side.
        add(journey.parts, from_division, grown_m // 2, seconds // 2)
        add(journey.parts, division, grown_m - grown_m // 2, seconds - seconds // 2)


def add(parts: list[list[int]], division: int, grown_m: int, seconds: int) -> None:
    for part in parts:
        if part[0] == division:
            part[1] += grown_m
            part[2] += seconds
            return
    parts.append([division, grown_m, seconds])
