"""Uses as they leave: the words of their purposes, and what of a confidential mission is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping

from api.trips.shapes import name_of
from fleet.dispatch.purposes import CONFIDENTIAL, PURPOSES
from fleet.dispatch.uses import Because, Driven, Use
from fleet.model.verdicts import OF_ORDERS, GrantKind
from fleet.store.use_records import Explained, Pair

Shown = dict[str, Any]

_KINDS = {
    **{kind.value: Because.ORDER for kind in OF_ORDERS},
    GrantKind.TASK.value: Because.TASK,
    GrantKind.TASK_OPEN.value: Because.TASK,
    GrantKind.EXEMPTION.value: Because.EXEMPTION,
}
_TASK_ZH, _TASK_EN = "任务征调", "Task force"
_DUTY_ZH, _DUTY_EN = "值班免单", "Duty vehicle by list"


def driven(row: RowMapping) -> Driven:
    """A trip, with the first thing that explains it: orders before tasks before exemptions."""
    because, source_id = _explained_by(row["grants"] or ())
    return Driven(
        vehicle_id=row["vehicle_id"],
        because=because,
        source_id=source_id,
        **{name: row[name] for name in ("day", "started_at", "ended_at", "distance_m", "fuel_ml", "energy_wh")},
        origin=name_of(row, "origin_")[0],
        destination=name_of(row, "destination_")[0],
    )


def pairs(uses: Iterable[Use], because: Because) -> list[Pair]:
    """The orders or tasks of these uses, each with its vehicle."""
    found = {(one.source_id, one.vehicle_id) for one in uses if one.because is because and one.source_id is not None}
    return sorted(found)


def use_shown(one: Use, first_trip: RowMapping, known: Explained, *, sees_confidential: bool) -> Shown:
    """`first_trip`: its row, with `plate`, and the `organ_id` and `organ_name` of who had the vehicle then."""
    slug, zh, en, number, emergency, cost_fen, label = _told(one, known)
    masked = slug in CONFIDENTIAL and not sees_confidential
    return {
        "vehicle_id": one.vehicle_id,
        "plate": first_trip["plate"],
        "organ": {"id": first_trip["organ_id"], "name": first_trip["organ_name"]},
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "because": one.because,
        "number": None if masked else number,
        "purpose": slug,
        "purpose_zh": zh,
        "purpose_en": en,
        "emergency": emergency,
        "places": [] if masked else list(one.places),
        "driver": None if masked else label,
        "trips": one.trips,
        "distance_km": one.distance_m / 1000,
        "fuel_l": None if one.fuel_ml is None else one.fuel_ml / 1000,
        "energy_kwh": None if one.energy_wh is None else one.energy_wh / 1000,
        "partly_measured": one.partly_measured,
        "cost_yuan": None if cost_fen is None else cost_fen / 100,
        "masked": masked,
    }


def total_shown(uses: Sequence[Use], known: Explained) -> Shown:
    """Whole numbers are added, and turned into litres and yuan after."""
    costs = (known.paid_fen.get(pair, 0) for pair in pairs(uses, Because.ORDER))
    return {
        "uses": len(uses),
        "trips": sum(one.trips for one in uses),
        "distance_km": sum(one.distance_m for one in uses) / 1000,
        "fuel_l": sum(one.fuel_ml or 0 for one in uses) / 1000,
        "energy_kwh": sum(one.energy_wh or 0 for one in uses) / 1000,
        "cost_yuan": sum(costs) / 100,
    }


def _explained_by(grants: Iterable[Mapping[str, Any]]) -> tuple[Because | None, int | None]:
    ranked = sorted((list(Because).index(_KINDS[one["kind"]]), one["id"]) for one in grants if one["kind"] in _KINDS)
    return (list(Because)[ranked[0][0]], ranked[0][1]) if ranked else (None, None)


def _told(
    one: Use, known: Explained
) -> tuple[str | None, str | None, str | None, str | None, bool, int | None, str | None]:
    """Purpose (slug, Chinese, English), number, whether an emergency, cost in fen, driver."""
    if one.source_id is None:
        return None, None, None, None, False, None, None
    pair = (one.source_id, one.vehicle_id)
    if one.because is Because.ORDER and one.source_id in known.orders:
        order = known.orders[one.source_id]
        purpose = PURPOSES.get(order.purpose)
        zh, en = (order.purpose, order.purpose) if purpose is None else (purpose.zh, purpose.en)
        paid, label = known.paid_fen.get(pair), known.order_drivers.get(pair)
        return order.purpose, zh, en, order.number, order.emergency, paid, label
    if one.because is Because.TASK and one.source_id in known.tasks:
        number, title = known.tasks[one.source_id]
        label = known.task_drivers.get(pair)
        return None, f"{_TASK_ZH}：{title}", f"{_TASK_EN}: {title}", number, True, None, label
    if one.because is Because.EXEMPTION:
        return None, _DUTY_ZH, _DUTY_EN, None, False, None, None
    return None, None, None, None, False, None, None
