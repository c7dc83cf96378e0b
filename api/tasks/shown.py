"""Task forces as they leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from api.datum import Datum, degrees
from fleet.dispatch.mobilising import Mobilisation
from fleet.dispatch.roster import answer_of, counted, missing, state_of
from fleet.geography.divisions import COUNTIES
from fleet.model.orders import Decision
from fleet.model.tasks import RosterState, TaskNeed
from fleet.store.task_roster import Member
from fleet.store.tasks import StoredTask

Shown = dict[str, Any]
_NAMES = {county.code: county.name for county in COUNTIES}


def head_shown(stored: StoredTask, now: datetime, datum: Datum = Datum.WGS84) -> Shown:
    task = stored.task
    same = ("id", "number", "version", "title", "why", "created_at", "radius_m", "area", "division", "decision")
    return {
        **{name: getattr(task, name) for name in same},
        "organ": {"id": task.organ_id, "name": stored.organ_name},
        "commander": stored.commander,
        "place": {
            "name": task.place.name,
            **degrees(task.place.lat_e7, task.place.lon_e7, datum),
            "area_id": task.place.area_id,
        },
        "planned_from": task.begins_at,
        "planned_to": task.ends_at,
        **{name: getattr(task, name) for name in ("decided_at", "decision_why", "approve_by", "closed_at")},
        "decider": stored.decider,
        "overdue": task.decision is Decision.PENDING and now > task.approve_by,
        "called": stored.called,
    }


def summary(stored: StoredTask, members: Sequence[Member], now: datetime) -> Shown:
    """How many are in which state: of all, of each need, in each county."""
    states = {id(one): state_of(one.call, now) for one in members}
    lacking = missing(stored.task.needs, [one.call for one in members], now)
    return {
        "states": counted(states.values()),
        "needs": [
            _need(need, lacking.get(need.n, 0), [states[id(one)] for one in members if one.call.need == need.n])
            for need in stored.task.needs
        ],
        "coverage": _coverage(members, now),
    }


def roster_shown(stored: StoredTask, members: Sequence[Member], now: datetime, datum: Datum) -> Shown:
    waiting = [one.call.answer_by for one in members if state_of(one.call, now) is RosterState.CALLED]
    return {
        "task_id": stored.task.id,
        "at": now,
        "answers_due_at": max(waiting, default=None),
        **summary(stored, members, now),
        "items": [member_shown(one, now, datum) for one in members],
    }


def member_shown(one: Member, now: datetime, datum: Datum = Datum.WGS84) -> Shown:
    call, row = one.call, one.row
    by_person = call.answer is not None
    unknown = {"lat": None, "lon": None}
    said = answer_of(call)
    return {
        **{name: row[name] for name in ("vehicle_id", "plate", "body", "seats", "energy", "need")},
        "organ": {"id": row["organ_id"], "name": row["organ_name"]},
        "state": state_of(call, now),
        **{name: getattr(call, name) for name in ("called_at", "answer_by")},
        "answer": said,
        "answered_at": call.answered_at if by_person else call.unit_answered_at,
        "answered_by": None if said is None else "person" if by_person else "unit",
        "why": row["answer_why"] if by_person else row["command_reason"],
        "reachable": row["unit_id"] is not None,
        "command": row["command_state"],
        "driver": None if row["driver_id"] is None else {"id": row["driver_id"], "label": row["driver_label"]},
        **{name: getattr(call, name) for name in ("departed_at", "arrived_at", "released_at")},
        **(unknown if row["lat_e7"] is None else degrees(row["lat_e7"], row["lon_e7"], datum)),
        "position_at": row["position_at"],
        "division": row["position_division"] or None,
        "distance_km": None if one.distance_m is None else round(one.distance_m / 1000, 1),
    }


def selection_shown(needs: Iterable[TaskNeed], found: Mobilisation) -> list[Shown]:
    called: dict[int, int] = defaultdict(int)
    for one in found.picked:
        called[one.need] += 1
    return [
        {
            "need": need.n,
            "wanted": need.count,
            "called": called[need.n],
            "offered": found.offered[need.n],
            "not_offered": found.not_offered[need.n],
        }
        for need in needs
    ]


def step_shown(row: RowMapping) -> Shown:
    return {
        **{name: row[name] for name in ("n", "at", "role", "command", "why", "detail")},
        "account": row["username"],
    }


def _need(need: TaskNeed, lacks: int, states: Sequence[RosterState]) -> Shown:
    names = ("n", "name", "bodies", "equipment", "seats", "count")
    return {**{name: getattr(need, name) for name in names}, "missing": lacks, "states": counted(states)}


def _coverage(members: Sequence[Member], now: datetime) -> list[Shown]:
    """All nine counties, and what is elsewhere or not known where something is."""
    there: dict[int | None, list[RosterState]] = {county.code: [] for county in COUNTIES}
    for one in members:
        state = state_of(one.call, now)
        if state is not RosterState.RELEASED:
            division = one.row["position_division"] or None
            there.setdefault(division if division in there else None, []).append(state)
    return [
        {
            "division": code,
            "name": None if code is None else _NAMES[code],
            "vehicles": len(states),
            "states": counted(states),
        }
        for code, states in there.items()
    ]
