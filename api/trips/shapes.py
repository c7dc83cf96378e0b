"""Rows of the store as answers: kilometres and litres, names for bits, sentences beside the data they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import RowMapping

from api.datum import Datum, degrees
from api.trips.wording import aside_words, cut_words, doubt_names, doubt_words, place_words, silence_words
from fleet.model.moments import from_us
from fleet.model.trips import BridgedGap, Cut, SetAside
from fleet.model.verdicts import OF_ORDERS, GrantKind

_OF_ORDERS = frozenset(one.value for one in OF_ORDERS)
_OF_TASKS = frozenset({GrantKind.TASK.value, GrantKind.TASK_OPEN.value})
Row = RowMapping | Mapping[str, Any]


def km(metres: int | None) -> float | None:
    return None if metres is None else metres / 1_000


def tenths(value: int | None) -> float | None:
    return None if value is None else value / 10


def thousandths(value: int | None) -> float | None:
    return None if value is None else value / 1_000


def point(row: Row, prefix: str, datum: Datum) -> dict[str, Any] | None:
    """A place of a segment; None where it is not known."""
    lat_e7, lon_e7 = row[f"{prefix}lat_e7"], row[f"{prefix}lon_e7"]
    if lat_e7 is None:
        return None
    return {**degrees(lat_e7, lon_e7, datum), "division": row[f"{prefix or 'place_'}division"] or None}


def place(row: Row, prefix: str, datum: Datum) -> dict[str, Any] | None:
    """The same with what it is called."""
    shown = point(row, prefix, datum)
    if shown is None:
        return None
    zh, en = name_of(row, prefix)
    return {**shown, "area_id": row[f"{prefix}area_id"], "name": zh, "name_en": en}


def name_of(row: Row, prefix: str) -> tuple[str | None, str | None]:
    """The area a place lies in, by the name it had then; else where it lies from the nearest town, made here.

    None for a place that is not known, and for where a running trip is: that is no destination.
    """
    lat_e7, lon_e7, stored = (row[f"{prefix}{name}"] for name in ("lat_e7", "lon_e7", "name"))
    if stored is not None:
        return stored, None
    if lat_e7 is None or (prefix == "destination_" and row["ended_at"] is None):
        return None, None
    return place_words(lat_e7, lon_e7, row[f"{prefix or 'place_'}division"])


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
        "origin": place(row, "origin_", datum),
        "destination": place(row, "destination_", datum),
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
        "orders": [one["id"] for one in judged["grants"] if one["kind"] in _OF_ORDERS],
        "tasks": [one["id"] for one in judged["grants"] if one["kind"] in _OF_TASKS],
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
        "place": place(row, "", datum),
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
        "before": point(row, "before_", datum),
        "after": point(row, "after_", datum),
        "km_apart": km(row["metres_apart"]),
        "undocumented_km": km(row["odometer_m"]),
        "was_moving": row["was_moving"],
    }


def trip_entry(row: Row, plate: str, datum: Datum, judged: Row | None) -> dict[str, Any]:
    """A trip in a time line."""
    shown = trip_item({**row, "plate": plate}, datum, judged)
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
        "origin_name": name_of(row, "origin_")[0],
        "destination_name": name_of(row, "destination_")[0],
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
