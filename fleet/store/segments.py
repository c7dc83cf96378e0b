"""Rows of `trip`, `stop` and `gap` as the segments they were made from."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import RowMapping

from fleet.judging.outings import Known
from fleet.model.moments import to_us
from fleet.model.trips import BridgedGap, Cut, DivisionPart, Gap, Place, SetAside, Stop, Trip


def trip_of(row: RowMapping) -> Known:
    """A row of `trip`; of a running one, what is known so far."""
    values = {name: row[name] for name in Trip.__struct_fields__ if name in row}
    return Known(
        row["id"],
        Trip(
            **values
            | _times(row)
            | {
                "begin": _cut(row["begin_cut"]),
                "end": _cut(row["end_cut"]),
                "origin": _place(row, "origin_"),
                "destination": _place(row, "destination_"),
                "divisions": _convert(row["divisions"], tuple[DivisionPart, ...]),
                "bridged": _convert(row["bridged"], tuple[BridgedGap, ...]),
                "set_aside": _convert(row["set_aside"], tuple[SetAside, ...]),
                "unit_ids": tuple(row["unit_ids"]),
            }
        ),
    )


def stop_of(row: RowMapping) -> Known:
    """A row of `stop`."""
    values = {name: row[name] for name in Stop.__struct_fields__ if name in row}
    place = Place(lat_e7=row["lat_e7"], lon_e7=row["lon_e7"], division=row["place_division"])
    ends = {"begin": _cut(row["begin_cut"]), "end": _cut(row["end_cut"])}
    return Known(row["id"], Stop(**values | _times(row) | ends | {"place": place, "unit_ids": tuple(row["unit_ids"])}))


def gap_of(row: RowMapping) -> Known:
    """A row of `gap`."""
    values = {name: row[name] for name in Gap.__struct_fields__ if name in row}
    return Known(
        row["id"], Gap(**values | _times(row) | {"before": _place(row, "before_"), "after": _place(row, "after_")})
    )


def _times(row: RowMapping) -> dict[str, Any]:
    def microseconds(name: str) -> int | None:
        return None if row[name] is None else to_us(row[name])

    return {"started_us": to_us(row["started_at"]), "ended_us": microseconds("ended_at")}


def _cut(value: Any) -> Any:
    return None if value is None else _convert(value, Cut)


def _convert(value: Any, to: Any) -> Any:
    return msgspec.convert(value, to)


def _place(row: RowMapping, prefix: str) -> Place | None:
    lat_e7, lon_e7, division = (row[f"{prefix}{name}"] for name in ("lat_e7", "lon_e7", "division"))
    return None if lat_e7 is None else Place(lat_e7=lat_e7, lon_e7=lon_e7, division=division or 0)
