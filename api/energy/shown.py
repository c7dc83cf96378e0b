"""Energy sheets in the shapes of `schemas`, and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.sheets import Cell
from fleet.reports.definitions import DEFINITIONS
from fleet.reports.usage import QUANTITY, SHOWN_UNIT, Medium, Method, Parts, known, main_method, per_100km
from fleet.store.energy_sheet import Registered, VehicleFigure


def definitions_shown() -> list[dict[str, str]]:
    return [one._asdict() for one in DEFINITIONS]


def use_shown(parts: Parts) -> dict[str, Any]:
    media = {medium: medium_shown(medium, parts) for medium in Medium if known(medium, parts)}
    return {
        "distance_km": parts["distance_m"] / 1_000,
        "calculated_yuan": round(parts["calculated_mfen"] / 100_000, 2),
        "media": {medium.value: shown for medium, shown in media.items()},
        "parts": {name: value for name, value in parts.items() if value},
    }


def medium_shown(medium: Medium, parts: Parts) -> dict[str, Any]:
    name, unit = medium.value, QUANTITY[medium]

    def of(part: str) -> int:
        return parts[f"{name}_{part}"]

    figure, method = per_100km(medium, parts), main_method(medium, parts)
    compared = None
    if of("compared_vehicle_months"):
        bought, used = of(f"compared_bought_{unit}"), of(f"compared_used_{unit}")
        compared = {
            "bought": bought / 1_000,
            "used": used / 1_000,
            "difference": (bought - used) / 1_000,
            "vehicle_months": of("compared_vehicle_months"),
        }
    return {
        "unit": SHOWN_UNIT[medium],
        "used": of(f"used_{unit}") / 1_000,
        "bought": of(f"bought_{unit}") / 1_000,
        "paid_yuan": of("paid_fen") / 100,
        "purchases": of("purchases"),
        "unpriced": of("unpriced"),
        "per_100km": {
            "value": None if figure is None else float(round(figure, 2)),
            "method": None if method is None else method.value,
            "by_method_m": {method.value: of(f"{method.value}_m") for method in Method},
        },
        "compared": compared,
    }


def row_shown(parts: Parts, before: Parts) -> dict[str, Any]:
    """With the same months a year before, and what changed."""
    shown, earlier = use_shown(parts), use_shown(before)
    media = {}
    for medium in Medium:
        if not (known(medium, parts) or known(medium, before)):
            continue
        one, other = medium_shown(medium, parts), medium_shown(medium, before)
        now, then = one["per_100km"]["value"], other["per_100km"]["value"]
        media[medium.value] = {
            "used": round(one["used"] - other["used"], 3),
            "bought": round(one["bought"] - other["bought"], 3),
            "per_100km": None if now is None or then is None else round(now - then, 2),
        }
    change = {"distance_km": round(shown["distance_km"] - earlier["distance_km"], 3), "media": media}
    return {**shown, "previous": earlier, "change": change}


def vehicle_shown(one: VehicleFigure, car: Registered) -> dict[str, Any]:
    odd = None
    if one.outlier is not None:
        peers = one.outlier.peers
        odd = {"side": one.outlier.side, "median": round(peers.median / 1_000, 2), "peers": peers.vehicles}
    return {
        "vehicle": {"id": one.vehicle_id, "plate": car.plate},
        "body": car.body,
        "tank_l": None if car.tank_ml is None else car.tank_ml / 1_000,
        "medium": one.medium,
        "distance_km": one.distance_m / 1_000,
        "figures": medium_shown(one.medium, one.parts),
        "outlier": odd,
        "parts": {name: value for name, value in one.parts.items() if value},
    }


def sheet_headers(*first: str) -> list[str]:
    """For each medium used, bought, … and a year before: kinds have columns of their own and are never added."""
    headers = [*first, "distance_km", "distance_km_a_year_before", "calculated_yuan"]
    for medium in Medium:
        unit = SHOWN_UNIT[medium]
        names = [f"used_{unit}", f"bought_{unit}", f"per_100km_{unit}", "method", f"difference_{unit}"]
        names += ["paid_yuan", "purchases", "unpriced"]
        names += [f"used_{unit}_a_year_before", f"bought_{unit}_a_year_before", f"per_100km_{unit}_a_year_before"]
        headers += [f"{medium.value}_{name}" for name in names]
    return headers


def sheet_cells(row: Mapping[str, Any]) -> list[Cell]:
    before = row["previous"]
    cells: list[Cell] = [row["distance_km"], before["distance_km"], row["calculated_yuan"]]
    for medium in Medium:
        now, then = row["media"].get(medium.value), before["media"].get(medium.value)
        if now is None:
            cells += [None] * 8
        else:
            difference = None if now["compared"] is None else now["compared"]["difference"]
            cells += [now["used"], now["bought"], now["per_100km"]["value"], now["per_100km"]["method"], difference]
            cells += [now["paid_yuan"], now["purchases"], now["unpriced"]]
        cells += [None] * 3 if then is None else [then["used"], then["bought"], then["per_100km"]["value"]]
    return cells


VEHICLE_HEADERS: Sequence[str] = (
    *("vehicle_id", "plate", "body", "tank_l", "medium", "unit", "distance_km", "used", "bought", "difference"),
    *("per_100km", "method", "outlier", "median_of_its_like", "paid_yuan", "purchases", "unpriced"),
)


def vehicle_cells(row: Mapping[str, Any]) -> list[Cell]:
    figures, odd = row["figures"], row["outlier"]
    return [
        *(row["vehicle"]["id"], row["vehicle"]["plate"], row["body"], row["tank_l"], row["medium"].value),
        *(figures["unit"], row["distance_km"], figures["used"], figures["bought"]),
        None if figures["compared"] is None else figures["compared"]["difference"],
        *(figures["per_100km"]["value"], figures["per_100km"]["method"]),
        *((None, None) if odd is None else (odd["side"].value, odd["median"])),
        *(figures["paid_yuan"], figures["purchases"], figures["unpriced"]),
    ]
