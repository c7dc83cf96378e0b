"""How orders are made into the shapes of `shapes.py`. Vehicles that the reader may not see are left out everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from api.datum import Datum, degrees
from fleet.dispatch.commands import Actor, Name
from fleet.dispatch.coverage import Permit
from fleet.dispatch.guards import FROM, may_from, who_reasons
from fleet.dispatch.purposes import PURPOSES
from fleet.dispatch.reasons import Reason
from fleet.identity.scope import mask_phone
from fleet.model.orders import Amendment, Assignment, Order, Outing, Place, Plan
from fleet.store.orders import Names, Stored

_FEN = ("fuel_fen", "energy_fen", "tolls_fen", "parking_fen", "other_fen")
_VEHICLES = frozenset({"assignments", "outings"})


def shown(
    stored: Stored, names: Names, actor: Actor, now: datetime, *, unmasked: bool = False, datum: Datum = Datum.WGS84
) -> dict[str, Any]:
    """One order as `OrderShown`."""
    order = stored.order
    purpose = PURPOSES.get(order.purpose)
    given = [_given(order, one, names) for one in order.assignments if one.vehicle_id in names.plates]
    present = [one for one in given if one["ended_at"] is None]
    amended = order.effective_plan != order.plan
    return {
        "id": order.id,
        "version": stored.version,
        "number": order.number,
        "state": order.state,
        "organ_id": order.organ_id,
        "organ": {"id": order.organ_id, "name": stored.organ_name},
        "applicant": _person(order.applicant_id, names),
        "submitter": None if order.submitter_id is None else _person(order.submitter_id, names),
        **{name: getattr(order, name) for name in ("created_at", "submitted_at", "purpose", "facts", "emergency")},
        "purpose_zh": order.purpose if purpose is None else purpose.zh,
        "purpose_en": order.purpose if purpose is None else purpose.en,
        **plan_shown(order.effective_plan, datum),
        "bodies": order.bodies,
        "equipment": order.equipment,
        "contact_name": order.contact_name if unmasked else mask_name(order.contact_name),
        "contact_phone": order.contact_phone if unmasked else mask_phone(order.contact_phone),
        **{name: getattr(order, name) for name in ("remarks", "round", "levels", "decision", "decided_at")},
        **{name: getattr(order, name) for name in ("approve_by", "cancelled_at", "settled_at")},
        "overdue": order.overdue(now),
        "vehicle_id": present[0]["vehicle"]["id"] if present else None,
        "driver_id": (present[0]["driver"] or {}).get("id") if present else None,
        "vehicles": present,
        "earlier_vehicles": [one for one in given if one["ended_at"] is not None],
        "submitted_plan": plan_shown(order.plan, datum) if amended else None,
        "amendments": [_amendment(one, names, datum) for one in order.amendments],
        "approvals": [
            {
                **{name: getattr(one, name) for name in ("amendment", "round", "level", "approved")},
                "approver": _person(one.approver_id, names),
                "decided_at": one.decided_at,
                "why": one.why,
            }
            for one in order.approvals
        ],
        "next": steps_open_to(order, actor),
    }


def steps_open_to(order: Order, actor: Actor) -> list[str]:
    """The steps that person and state allow, by name; what data or time refuse is said when they are taken."""
    waiting = order.pending_amendment is not None
    of_amendments = (Name.APPROVE_AMENDMENT, Name.REJECT_AMENDMENT, Name.WITHDRAW_AMENDMENT)
    return [
        name.value
        for name in FROM
        if may_from(order, name) and not who_reasons(order, name, actor) and (waiting or name not in of_amendments)
    ]


def plan_shown(plan: Plan, datum: Datum = Datum.WGS84) -> dict[str, Any]:
    return {
        "planned_from": plan.begins_at,
        "planned_to": plan.ends_at,
        "area": plan.area,
        "division": plan.division,
        "origin": _place(plan.origin, datum),
        "destinations": [_place(one, datum) for one in plan.destinations],
        "passengers": plan.passengers,
    }


def permit_shown(permit: Permit, names: Names, datum: Datum) -> dict[str, Any]:
    same = ("known_from", "known_until", "standing", "permits", "amendment", "approved_at", "plan_approved_at")
    return {
        **{name: getattr(permit, name) for name in (*same, "emergency", "approve_by")},
        "plan": plan_shown(permit.plan, datum),
        "vehicles": [
            {"vehicle_id": one.vehicle_id, "driver_id": one.driver_id, "at": one.at}
            for one in permit.assigned
            if one.vehicle_id in names.plates
        ],
    }


def event_shown(row: RowMapping, names: Names) -> dict[str, Any]:
    """One step of the history."""
    same = ("n", "at", "role", "command", "state_before", "state_after", "why", "doubts")
    return {
        **{name: row[name] for name in same},
        "account": None if row["account_id"] is None else {"id": row["account_id"], "username": row["username"]},
        "before": _seen(row["before"], names),
        "after": _seen(row["after"], names),
    }


def said(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    return [{"field": one.field, "code": one.code, "message": one.en, "message_zh": one.zh} for one in reasons]


def mask_name(name: str | None) -> str | None:
    """The first character stays."""
    return None if name is None else name[:1] + "*" * (len(name) - 1)


def _seen(changes: Mapping[str, Any], names: Names) -> dict[str, Any]:
    return {
        name: [one for one in value if one["vehicle_id"] in names.plates] if name in _VEHICLES else value
        for name, value in changes.items()
    }


def _person(account_id: int, names: Names) -> dict[str, Any]:
    return {"id": account_id, "username": names.accounts[account_id]}


def _place(place: Place, datum: Datum) -> dict[str, Any]:
    return {"name": place.name, **degrees(place.lat_e7, place.lon_e7, datum), "area_id": place.area_id}


def _amendment(one: Amendment, names: Names, datum: Datum) -> dict[str, Any]:
    return {
        "number": one.number,
        "plan": plan_shown(one.plan, datum),
        "why": one.why,
        "requester": _person(one.requester_id, names),
        "requested_at": one.requested_at,
        "decision": one.decision,
        "decided_at": one.decided_at,
    }


def _given(order: Order, one: Assignment, names: Names) -> dict[str, Any]:
    # What a vehicle did stands beside its last assignment only: it drove once, whoever was named for it.
    last = [each for each in order.assignments if each.vehicle_id == one.vehicle_id][-1]
    outing = order.outing_of(one.vehicle_id) if one is last else None
    driver = None if one.driver_id is None else {"id": one.driver_id, "label": names.drivers[one.driver_id]}
    return {
        "vehicle": {"id": one.vehicle_id, "plate": names.plates[one.vehicle_id]},
        "driver": driver,
        "assigned_at": one.at,
        "assigned_by": _person(one.by_id, names),
        "ended_at": one.ended_at,
        **_outing(outing),
    }


def _outing(outing: Outing | None) -> dict[str, Any]:
    same = ("departed_at", "departure_recorded_at", "departure_source", "returned_at", "return_recorded_at")
    fen = [getattr(outing, name, None) for name in _FEN]
    known = [value for value in fen if value is not None]
    out, back = getattr(outing, "odometer_out_m", None), getattr(outing, "odometer_in_m", None)
    return {
        **{name: getattr(outing, name, None) for name in (*same, "return_source", "remarks")},
        "odometer_out_km": _of(out, 1000),
        "odometer_in_km": _of(back, 1000),
        "driven_km": None if out is None or back is None else (back - out) / 1000,
        "fuel_l": _of(getattr(outing, "fuel_ml", None), 1000),
        "energy_kwh": _of(getattr(outing, "energy_wh", None), 1000),
        **{name.replace("_fen", "_yuan"): _of(value, 100) for name, value in zip(_FEN, fen, strict=True)},
        "total_yuan": sum(known) / 100 if known else None,
    }


def _of(value: int | None, parts: int) -> float | None:
    return None if value is None else value / parts
