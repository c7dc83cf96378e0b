"""What the sums of days and months must say, counted again from the stored trips, stops and gaps."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from fleet.model.moments import to_us
from fleet.model.trips import Cut, CutKind, DivisionPart, Gap, Place, Segment, Stop, Trip
from tests.fleet.monitor.stage import City
from tests.fleet.trips.reckoning import Sums, months, roll_up

NOWHERE = Place(lat_e7=0, lon_e7=0, division=0)
CUT = Cut(kind=CutKind.GAP, decided_at_us=0)
SUMS = (
    *("trips", "distance_m", "odometer_m", "driving_s", "idle_s", "standing_s", "stopped_s", "silent_s", "gap_s"),
    *("gap_odometer_m", "fuel_ml", "energy_wh", "fuel_distance_m", "energy_distance_m", "max_speed_dkmh"),
    *("fuel_counter_ml", "fuel_counter_m", "energy_counter_wh", "energy_counter_m"),
)


async def assert_rolled_up(city: City) -> None:
    """Days, counties and months say what the rows say, running ones as far as they are known."""
    vehicles: dict[int, list[Segment]] = {}
    for name in ("trip", "stop", "gap"):
        for row in await city.rows(name):
            vehicles.setdefault(row["vehicle_id"], []).append(segment_of(name, row))
    days: dict[tuple[int, date], Sums] = {}
    by_month: dict[tuple[int, date], Sums] = {}
    for vehicle_id, segments in vehicles.items():
        rolled = roll_up(segments)
        days |= {(vehicle_id, day): sums for day, sums in rolled.items()}
        by_month |= {(vehicle_id, month): sums for month, sums in months(rolled).items()}
    found = {(row["vehicle_id"], row["day"]): row for row in await city.rows("vehicle_day")}
    assert found
    assert {key: tuple(row[name] for name in SUMS) for key, row in found.items()} == {
        key: tuple(getattr(sums, name) for name in SUMS) for key, sums in days.items()
    }
    counties = {
        (row["vehicle_id"], row["day"], row["division"]): [row["distance_m"], row["seconds"]]
        for row in await city.rows("vehicle_day_division")
    }
    assert counties == {
        (*key, division): part for key, sums in days.items() for division, part in sums.divisions.items()
    }
    monthly = {(row["vehicle_id"], row["month"]): row for row in await city.rows("vehicle_month")}
    assert {key: tuple(row[name] for name in SUMS) for key, row in monthly.items()} == {
        key: tuple(getattr(sums, name) for name in SUMS) for key, sums in by_month.items()
    }
    assert {row["organ_id"] for row in found.values()} == {1}


def segment_of(name: str, row: dict[str, Any]) -> Segment:
    """A stored row as the fold made it, as far as sums go."""
    head = {
        "vehicle_id": row["vehicle_id"],
        "started_us": to_us(row["started_at"]),
        "ended_us": to_us(row["known_to"]),
    }
    if name == "gap":
        return Gap(
            **head,
            before=None,
            after=None,
            metres_apart=row["metres_apart"],
            odometer_m=row["odometer_m"],
            was_moving=row["was_moving"],
        )
    if name == "stop":
        return Stop(
            **head,
            begin=CUT,
            end=CUT,
            place=NOWHERE,
            radius_m=0,
            ignition_on_s=0,
            fuel_change_ml=None,
            charged_wh=None,
            unit_ids=(),
            positions=0,
            doubts=0,
        )
    plain = ("distance_m", "odometer_distance_m", "driving_s", "idle_s", "standing_s", "silent_s", "max_speed_dkmh")
    return Trip(
        **head,
        begin=CUT,
        end=CUT,
        origin=NOWHERE,
        destination=None,
        **{one: row[one] for one in plain},
        fuel_ml=row["fuel_ml"],
        fuel_method=row["fuel_method"],
        energy_wh=row["energy_wh"],
        energy_method=row["energy_method"],
        divisions=msgspec.json.decode(row["divisions"], type=tuple[DivisionPart, ...]),
        bridged=(),
        set_aside=(),
        set_aside_count=0,
        unit_ids=(),
        positions=0,
        doubts=0,
    )
