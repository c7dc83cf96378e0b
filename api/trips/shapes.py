"""Rows of the store as answers: kilometres and litres, names for bits, sentences beside the data they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import RowMapping

from api.datum import Datum
from api.trips.wording import aside_words, cut_words, doubt_names, doubt_words, silence_words
from fleet.geography.datum import wgs84_to_gcj02
from fleet.model.moments import from_us
from fleet.model.trips import BridgedGap, Cut, SetAside

Row = RowMapping | Mapping[str, Any]


def km(metres: int | None) -> float | None:
    return None if metres is None else metres / 1_000


def tenths(value: int | None) -> float | None:
    return None if value is None else value / 10


def thousandths(value: int | None) -> float | None:
    return None if value is None else value / 1_000


def degrees(lat_e7: int, lon_e7: int, datum: Datum) -> dict[str, float]:
    lat, lon = lat_e7 / 1e7, lon_e7 / 1e7
    if datum is Datum.GCJ02:
        shifted_lat, shifted_lon = wgs84_to_gcj02(np.array([lat]), np.array([lon]))
        lat, lon = round(float(shifted_lat[0]), 7), round(float(shifted_lon[0]), 7)
    return {"lat": lat, "lon": lon}


def place(row: Row, prefix: str, datum: Datum, *, named: bool = True) -> dict[str, Any] | None:
    """A place of a segment; None where it is not known."""
    if row[f"{prefix}_lat_e7"] is None:
        return None
    shown: dict[str, Any] = degrees(row[f"{prefix}_lat_e7"], row[f"{prefix}_lon_e7"], datum)
    shown["division"] = row[f"{prefix}_division"] or None
    if named:
        shown |= {"area_id": row[f"{prefix}_area_id"], "name": row[f"{prefix}_name"]}
    return shown


def cut(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a cut rests on, and the sentence made of it."""
    if stored is None:
        return None
    one = msgspec.convert(stored, Cut)
    return {
        "kind": one.kind.value,
        "seconds": one.seconds,
        "metres": one.metres,
        "decided_at": from_us(one.decided_at_us),
        "text": cut_words(one).shown(),
    }


def _head(row: Row) -> dict[str, Any]:
    names = ("id", "vehicle_id", "organ_id", "division", "day", "started_at", "ended_at", "known_to", "running")
    return {name: row[name] for name in names} | {"version": row["version"]}


def trip_item(row: Row, datum: Datum, judged: Row | None = None) -> dict[str, Any]:
    """A trip as it stands in lists."""
    return {
        **_head(row),
        "plate": row["plate"],
        "origin": place(row, "origin", datum),
        "destination": place(row, "destination", datum),
        "distance_km": km(row["distance_m"]),
        "odometer_distance_km": km(row["odometer_distance_m"]),
        "driving_s": row["driving_s"],
        "idle_s": row["idle_s"],
        "standing_s": row["standing_s"],
        "silent_s": row["silent_s"],
        "max_speed_kmh": tenths(row["max_speed_dkmh"]),
        "fuel_l": thousandths(row["fuel_ml"]),
        "fuel_method": row["fuel_method"],
        "energy_kwh": thousandths(row["energy_wh"]),
        "energy_method": row["energy_method"],
        "divisions": [division_part(part) for part in row["divisions"]],
        "positions": row["positions"],
        "doubts": doubt_names(row["doubts"]),
        "verdict": verdict_item(judged),
    }


def verdict_item(judged: Row | None) -> dict[str, Any] | None:
    """In brief; None = not judged yet."""
    if judged is None:
        return None
    reasons = list(dict.fromkeys(one["code"] for one in judged["reasons"]))
    return {
        "kind": judged["kind"],
        "deviations": judged["deviations"],
        "reasons": reasons,
        "orders": [one["id"] for one in judged["grants"] if one["kind"] != "exemption"],
        "provisional": judged["provisional"],
    }


def trip_detail(
    row: Row,
    datum: Datum,
    *,
    units: Mapping[int, str],
    before: Row | None,
    after: Row | None,
    judged: Row | None = None,
) -> dict[str, Any]:
    """Everything that is known of a trip, with the reasons of its cuts."""
    return {
        **trip_item(row, datum, judged),
        "begin": cut(row["begin_cut"]),
        "end": cut(row["end_cut"]),
        "bridged": [_bridged(msgspec.convert(one, BridgedGap)) for one in row["bridged"]],
        "set_aside": [_aside(msgspec.convert(one, SetAside), datum) for one in row["set_aside"]],
        "set_aside_count": row["set_aside_count"],
        "doubt_texts": doubt_words(row["doubts"]),
        "units": [units.get(unit_id, str(unit_id)) for unit_id in row["unit_ids"]],
        "written_at": row["written_at"],
        "before": None if before is None else dict(before),
        "after": None if after is None else dict(after),
    }


def stop_item(row: Row, datum: Datum) -> dict[str, Any]:
    return {
        "kind": "stop",
        **_head(row),
        "place": {
            **degrees(row["lat_e7"], row["lon_e7"], datum),
            "division": row["place_division"] or None,
            "area_id": row["area_id"],
            "name": row["name"],
        },
        "radius_m": row["radius_m"],
        "ignition_on_s": row["ignition_on_s"],
        "fuel_change_l": thousandths(row["fuel_change_ml"]),
        "charged_kwh": thousandths(row["charged_wh"]),
        "positions": row["positions"],
        "doubts": doubt_names(row["doubts"]),
        "begin": cut(row["begin_cut"]),
        "end": cut(row["end_cut"]),
    }


def gap_item(row: Row, datum: Datum) -> dict[str, Any]:
    return {
        "kind": "gap",
        **_head(row),
        "before": place(row, "before", datum, named=False),
        "after": place(row, "after", datum, named=False),
        "km_apart": km(row["metres_apart"]),
        "undocumented_km": km(row["odometer_m"]),
        "was_moving": row["was_moving"],
    }


def trip_entry(row: Row, plate: str, datum: Datum) -> dict[str, Any]:
    """A trip in a time line."""
    shown = trip_item({**row, "plate": plate}, datum)
    return {"kind": "trip", **shown, "begin": cut(row["begin_cut"]), "end": cut(row["end_cut"])}


def version_item(row: Row) -> dict[str, Any]:
    """A version of a trip: what it said, and why it no longer holds (None for the one that does)."""
    names = ("version", "written_at", "started_at", "ended_at")
    return {
        **{name: row[name] for name in names},
        "superseded_at": row.get("superseded_at"),
        "reason": row.get("reason"),
        "distance_km": km(row["distance_m"]),
        "odometer_distance_km": km(row["odometer_distance_m"]),
        "driving_s": row["driving_s"],
        "idle_s": row["idle_s"],
        "silent_s": row["silent_s"],
        "positions": row["positions"],
        "doubts": doubt_names(row["doubts"]),
        "begin": cut(row["begin_cut"]),
        "end": cut(row["end_cut"]),
        "origin_name": row["origin_name"],
        "destination_name": row["destination_name"],
    }


def _bridged(one: BridgedGap) -> dict[str, Any]:
    seconds = (one.to_us - one.from_us) // 1_000_000
    return {
        "from": from_us(one.from_us),
        "to": from_us(one.to_us),
        "seconds": seconds,
        "straight_km": km(one.metres),
        "odometer_km": km(one.odometer_m),
        "text": silence_words(seconds, one.metres, one.odometer_m).shown(),
    }


def _aside(one: SetAside, datum: Datum) -> dict[str, Any]:
    return {
        "at": from_us(one.at_us),
        **degrees(one.lat_e7, one.lon_e7, datum),
        "reason": one.reason,
        "needed_kmh": one.kmh,
        "text": aside_words(one.reason, one.kmh).shown(),
    }


def division_part(row: Row) -> dict[str, Any]:
    return {
        "division": row["division"] or None,
        "distance_km": km(row["distance_m"]),
        "seconds": row["seconds"],
    }


def figures(row: Row) -> dict[str, Any]:
    """A day, a month, or the sum of several."""
    seconds = ("driving_s", "idle_s", "standing_s", "stopped_s", "silent_s", "gap_s")
    return {
        "trips": row["trips"],
        "distance_km": km(row["distance_m"]),
        "odometer_km": km(row["odometer_m"]),
        **{name: row[name] for name in seconds},
        "gap_odometer_km": km(row["gap_odometer_m"]),
        "fuel_l": thousandths(row["fuel_ml"]),
        "energy_kwh": thousandths(row["energy_wh"]),
        "max_speed_kmh": tenths(row["max_speed_dkmh"]),
    }
