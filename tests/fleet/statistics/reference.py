"""Every statistic once more, slow and plain: one row after the other, each asked what its vehicle was on its day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from fleet.model.policies import POLICIES
from fleet.statistics.base import Dimension
from fleet.store.figures import Question
from tests.api.journeys import day_of
from tests.fleet.statistics.city import ORGANS, PARENTS, Random

NEW = {"phev", "erev", "bev", "fcev"}
Counted = tuple[dict[str, Any], date, dict[str, int]]
"""What the vehicle (or the organ) was, the day, and the parts."""


def reference(city: Random, slug: str, question: Question) -> dict[tuple[Any, ...], dict[str, int]]:
    found: dict[tuple[Any, ...], dict[str, int]] = {}
    for whose, day, parts in COUNTED[slug](city, question):
        if not question.first <= day <= question.last or not _holds(whose, question):
            continue
        key = tuple(_value(one, whose, day) for one in question.by)
        total = found.setdefault(key, dict.fromkeys(parts, 0))
        for name, value in parts.items():
            total[name] = total.get(name, 0) + value
    return found


def _value(dimension: Dimension, whose: dict[str, Any], day: date) -> Any:
    names = {Dimension.ORGAN: "organ_id", Dimension.VEHICLE: "id"}
    return day.replace(day=1) if dimension is Dimension.MONTH else whose[names.get(dimension, dimension.value)]


def _holds(whose: dict[str, Any], question: Question) -> bool:
    asked = (("use", question.use), ("management", question.management), ("energy", question.energy))
    return (
        (question.organs is None or whose["organ_id"] in question.organs)
        and (question.division is None or whose["division"] == question.division)
        and all(wanted is None or whose[name] == wanted for name, wanted in asked)
    )


def _who(city: Random, vehicle_id: int, day: date) -> dict[str, Any]:
    return {**city.attributes(vehicle_id, day), "id": vehicle_id}


def _trips(city: Random, parts: Callable[[dict[str, Any], dict[str, Any]], dict[str, int]]) -> Iterator[Counted]:
    for trip in city.trips:
        day = day_of(trip["started_at"])
        who = _who(city, trip["vehicle_id"], day)
        yield who, day, parts(who, trip)


def _split(city: Random, rows: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], date, int]]:
    """Seconds of stops and gaps by the day they lie in."""
    for row in rows:
        at = row["started_at"]
        while at < row["ended_at"]:
            day = day_of(at)
            turns = datetime(day.year, day.month, day.day, 20, tzinfo=at.tzinfo)
            ends = min(row["ended_at"], turns)
            yield _who(city, row["vehicle_id"], day), day, int(ends.timestamp()) - int(at.timestamp())
            at = ends


def _factor(city: Random, slug: str, organ_id: int, day: date) -> int:
    """What held when the day began, of the nearest organ."""
    begins = datetime(day.year, day.month, day.day, 20, tzinfo=city.trips[0]["started_at"].tzinfo) - timedelta(days=1)
    above: int | None = organ_id
    while True:
        held = [
            (one["effective_from"], number, one["value"])
            for number, one in enumerate(city.policies)
            if one["slug"] == slug and one["organ_id"] == above and one["effective_from"] <= begins
        ]
        if held:
            return int(max(held)[2])
        if above is None:
            return int(POLICIES[slug].default)
        above = PARENTS[above]


def _burnt(who: dict[str, Any], trip: dict[str, Any]) -> tuple[str, int]:
    fuel = {"petrol": "petrol", "diesel": "diesel", "hev": "petrol", "phev": "petrol"}.get(who["energy"], "")
    return fuel, (trip["fuel_ml"] or 0) if fuel else 0


def _factored(city: Random, what: str, electricity: str) -> Callable[[dict[str, Any], dict[str, Any]], tuple[int, int]]:
    def of(who: dict[str, Any], trip: dict[str, Any]) -> tuple[int, int]:
        day = day_of(trip["started_at"])
        fuel, ml = _burnt(who, trip)
        factor = _factor(city, f"statistics.{fuel}_{what}", who["organ_id"], day) if fuel else 0
        other = 1_000 if not electricity else _factor(city, f"statistics.{electricity}", who["organ_id"], day)
        return ml * factor, (trip["energy_wh"] or 0) * other

    return of


def _distance(city: Random, _: Question) -> Iterator[Counted]:
    return _trips(
        city, lambda _, trip: {"distance_m": trip["distance_m"], "odometer_m": trip["odometer_distance_m"] or 0}
    )


def _trip_count(city: Random, _: Question) -> Iterator[Counted]:
    names = ("driving_s", "idle_s", "standing_s", "silent_s")
    return _trips(city, lambda _, trip: {"trips": 1} | {name: trip[name] for name in names})


def _nev_distance(city: Random, _: Question) -> Iterator[Counted]:
    return _trips(
        city,
        lambda who, trip: {
            "distance_m": trip["distance_m"],
            "new_energy_m": trip["distance_m"] if who["energy"] in NEW else 0,
        },
    )


def _nev_energy(city: Random, _: Question) -> Iterator[Counted]:
    used = _factored(city, "wh_per_l", "")

    def parts(who: dict[str, Any], trip: dict[str, Any]) -> dict[str, int]:
        fuel, electricity = used(who, trip)
        return {
            "new_energy_mwh": fuel + electricity if who["energy"] in NEW else 0,
            "energy_mwh": fuel + electricity,
            "electricity_mwh": electricity,
        }

    return _trips(city, parts)


def _cost(city: Random, _: Question) -> Iterator[Counted]:
    used = _factored(city, "fen_per_l", "electricity_fen_per_kwh")
    return _trips(city, lambda who, trip: dict(zip(("fuel_mfen", "electricity_mfen"), used(who, trip), strict=True)))


def _co2(city: Random, _: Question) -> Iterator[Counted]:
    used = _factored(city, "g_co2_per_l", "electricity_g_co2_per_kwh")
    return _trips(city, lambda who, trip: dict(zip(("fuel_mg", "electricity_mg"), used(who, trip), strict=True)))


def _per_100km(amount: str, known: str) -> Callable[[Random, Question], Iterator[Counted]]:
    return lambda city, _: _trips(
        city,
        lambda _, trip: {
            amount: trip[amount] or 0,
            known: 0 if trip[amount] is None else trip["distance_m"],
            "distance_m": trip["distance_m"],
        },
    )


def _utilisation(city: Random, _: Question) -> Iterator[Counted]:
    used = {(trip["vehicle_id"], day_of(trip["started_at"])) for trip in city.trips}
    for vehicle_id, day in used:
        yield _who(city, vehicle_id, day), day, {"days_used": 1}
    for row in city.history:
        day, end = row["period"].lower, row["period"].upper or date(2026, 12, 1)
        while row["status"] == "in_service" and day < end:
            yield {**row, "id": row["vehicle_id"]}, day, {"days_available": 1}
            day += timedelta(days=1)
    names = ("driving_s", "idle_s", "standing_s", "silent_s")
    yield from _trips(city, lambda _, trip: {name: trip[name] for name in names})
    for who, day, seconds in _split(city, city.stops):
        yield who, day, {"stopped_s": seconds}
    for who, day, seconds in _split(city, city.gaps):
        yield who, day, {"gap_s": seconds}


def _health(city: Random, _: Question) -> Iterator[Counted]:
    heard = ("driving_s", "idle_s", "standing_s")
    yield from _trips(
        city,
        lambda _, trip: {"communicating_s": sum(trip[name] for name in heard), "silent_s": trip["silent_s"]},
    )
    for who, day, seconds in _split(city, city.stops):
        yield who, day, {"communicating_s": seconds}
    for who, day, seconds in _split(city, city.gaps):
        yield who, day, {"silent_s": seconds}
    for gap in city.gaps:
        day = day_of(gap["started_at"])
        yield _who(city, gap["vehicle_id"], day), day, {"undocumented_m": gap["odometer_m"] or 0}


def _stock(city: Random, question: Question) -> Iterator[Counted]:
    day, ends = question.first, []
    while day <= question.last:
        if day == question.last or (Dimension.MONTH in question.by and (day + timedelta(days=1)).day == 1):
            ends.append(day)
        day += timedelta(days=1)
    for end in ends:
        for row in city.history:
            there = row["period"].lower <= end and (row["period"].upper is None or end < row["period"].upper)
            if there and row["status"] in {"in_service", "repair"}:
                yield {**row, "id": row["vehicle_id"]}, end, {"vehicles": 1, "new_energy": int(row["energy"] in NEW)}


def _purchases(city: Random, _: Question) -> Iterator[Counted]:
    for vehicle_id, row in city.vehicles.items():
        who = _who(city, vehicle_id, row["registered_on"])
        new, communications = int(who["energy"] in NEW), int(who["use"] == "communications")
        yield (
            who,
            row["registered_on"],
            {
                "registered": 1,
                "new_energy": new,
                "communications": communications,
                "communications_new_energy": new * communications,
            },
        )


def _verdicts(city: Random, _: Question) -> Iterator[Counted]:
    for row in city.verdicts:
        day = day_of(row["started_at"])
        yield _who(city, row["vehicle_id"], day), day, {row["kind"]: 1}


def _misuse(city: Random, _: Question) -> Iterator[Counted]:
    yield from _trips(city, lambda _, trip: {"distance_m": trip["distance_m"]})
    for row in city.cases:
        if row["state"] == "withdrawn":
            continue
        decided = [one for one in row["steps"] if one in {"confirmed", "dismissed"}]
        name = decided[-1] if decided and row["state"] in {"confirmed", "dismissed", "closed"} else "undecided"
        day = day_of(row["begin_at"])
        yield _who(city, row["vehicle_id"], day), day, {name: 1}


def _orders(city: Random, _: Question) -> Iterator[Counted]:
    for row in city.orders:
        approved = row["decision"] == "approved" and row["state"] != "cancelled"
        parts = {
            "submitted": 1,
            "approved": int(approved),
            "refused": int(row["state"] == "rejected"),
            "cancelled": int(row["state"] == "cancelled"),
            "undecided": int(row["decision"] == "pending" and row["state"] != "cancelled"),
            "approved_late": int(approved and row["decided_at"] > row["begin"]),
            "assigned": int(row["assigned_at"] is not None),
            "assign_s": 0,
        }
        if row["assigned_at"] is not None and row["decided_at"] is not None:
            parts["assign_s"] = max(0, int((row["assigned_at"] - row["decided_at"]).total_seconds()))
        whose = {"organ_id": row["organ_id"], "division": ORGANS[row["organ_id"]]}
        yield whose, day_of(row["submitted_at"]), parts


def _messages(city: Random, _: Question) -> Iterator[Counted]:
    for row in city.hours:
        parts = {name: row[name] for name in ("received", "stored", "duplicate", "quarantined")}
        yield {}, day_of(row["hour"]), parts


COUNTED: dict[str, Callable[[Random, Question], Iterator[Counted]]] = {
    "nev_share_stock": _stock,
    "nev_share_purchases": _purchases,
    "nev_share_distance": _nev_distance,
    "nev_share_energy": _nev_energy,
    "distance": _distance,
    "trips": _trip_count,
    "fuel_per_100km": _per_100km("fuel_ml", "fuel_distance_m"),
    "electricity_per_100km": _per_100km("energy_wh", "energy_distance_m"),
    "energy_cost": _cost,
    "co2": _co2,
    "utilisation": _utilisation,
    "orders_served": _orders,
    "verdicts": _verdicts,
    "misuse_rate": _misuse,
    "unit_health": _health,
    "message_accounting": _messages,
}
