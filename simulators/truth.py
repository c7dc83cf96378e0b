"""What really happened, for whoever measures the rules: one JSON object a line. Nothing in the product reads it.

Records: `trip` (each outing with its drives and the order it should have), `habit` and `look_alike` (what a rule should
find, and should not), `card` (a record of a fuel card).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from simulators.days.model import CardRecord, DayPlan, Filing, Leg, OrderWanted
from simulators.days.timeline import Timeline

CARD_COLUMNS = ("vehicle", "time", "volume_ml", "amount_fen", "station", "lat", "lon")


class Truth(Protocol):
    """Takes records; see `TruthFile`."""

    def write(self, records: Iterable[dict[str, Any]]) -> None: ...


class TruthFile:
    """Appends records to a file, one a line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        self._encode = msgspec.json.Encoder(order="sorted").encode

    def write(self, records: Iterable[dict[str, Any]]) -> None:
        for record in records:
            self._file.write(self._encode(record) + b"\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def records_of(vehicle: str, unit: str, plan: DayPlan, timeline: Timeline) -> Iterator[dict[str, Any]]:
    """The truth of one vehicle's day; times are RFC 3339 in UTC."""
    who = {"vehicle": vehicle, "unit": unit, "day": plan.day.isoformat()}
    for order in plan.orders:
        legs = [leg for leg in plan.legs if leg.outing == order.outing]
        yield who | {
            "record": "trip",
            "outing": order.outing,
            "purpose": order.purpose.value,
            "from": moment(legs[0].departs_at),
            "to": moment(legs[-1].arrives_at),
            "distance_m": sum(leg.distance_m for leg in legs),
            "drives": [_drive(leg) for leg in legs],
            "order": _order(order),
            "covered": order.filing in (Filing.IN_TIME, Filing.UNDER_WAY, Filing.EXEMPT),
            "habits": list(plan.outings[order.outing].tags),
        }
    for label in (*plan.labels, *timeline.labels):
        yield who | {
            "record": "look_alike" if label.innocent else "habit",
            "rule": label.rule,
            "name": label.name,
            "from": moment(label.begins_at),
            "to": moment(label.ends_at),
            "facts": {key: _readable(value) for key, value in label.facts.items()},
        }
    for card in timeline.cards:
        yield who | {"record": "card"} | dict(zip(CARD_COLUMNS[1:], card_row(vehicle, card)[1:], strict=True))


def card_row(vehicle: str, card: CardRecord) -> tuple[str, str, int, int, str, float, float]:
    """One line of the fuel cards' sheet, in the order of `CARD_COLUMNS`."""
    lat, lon = (round(degrees, 7) for degrees in card.place)
    return (vehicle, moment(card.at), card.volume_ml, card.amount_fen, card.station, lat, lon)


def moment(at: float) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return datetime.fromtimestamp(round(at), tz=UTC).isoformat().replace("+00:00", "Z")


def _order(order: OrderWanted) -> dict[str, Any]:
    return {
        "filing": order.filing.value,
        "origin": order.origin,
        "destinations": [{"name": name, "place": place} for name, place in order.destinations],
        "window_from": moment(order.window_from),
        "window_to": moment(order.window_to),
        "area": order.area.value,
        "passengers": order.passengers,
        "filed_at": moment(order.filed_at),
        "approved_at": None if order.approved_at is None else moment(order.approved_at),
    }


def _drive(leg: Leg) -> dict[str, Any]:
    return {
        "from": moment(leg.departs_at),
        "to": moment(leg.arrives_at),
        "distance_m": leg.distance_m,
        "start": leg.start.place,
        "end": leg.end.place,
        "destination": leg.name,
    }


def _readable(value: object) -> Any:
    """Drives within facts get readable times too."""
    if isinstance(value, list):
        return [_readable(one) for one in value]
    if isinstance(value, dict):
        return {
            key: moment(one) if key in ("from", "to") and isinstance(one, float) else one for key, one in value.items()
        }
    return value
