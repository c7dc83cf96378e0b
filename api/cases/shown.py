"""Cases, findings and verdicts as they leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from api.cases.wording import sentences
from api.datum import Datum, degrees
from api.trips.wording import place_words
from fleet.geography.divisions import division_of
from fleet.misuse.registry import RULES

_RULES = {rule.slug: rule for rule in RULES}
Shown = dict[str, Any]


def case_shown(row: RowMapping, now: datetime) -> Shown:
    names = ("id", "number", "version", "state", "severity", "vehicle_id", "plate", "organ_id", "organ_name")
    return {
        **{name: row[name] for name in names},
        "division": row["division"],
        "from": row["begin_at"],
        "to": row["end_at"],
        "opened_at": row["opened_at"],
        "rules": [{"slug": slug, **titles(slug)} for slug in row["rules"]],
        "findings": row["findings"],
        "withdrawn": row["withdrawn"],
        "assignee": row["assignee"],
        "explain_by": row["explain_by"],
        "due_at": row["due_at"],
        "overdue": row["due_at"] is not None and row["due_at"] <= now,
        "escalated_at": row["escalated_at"],
        "decided_at": row["decided_at"],
        "closed_at": row["closed_at"],
    }


def titles(slug: str) -> Shown:
    rule = _RULES.get(slug)
    return {"title_zh": rule.title_zh if rule else slug, "title_en": rule.title_en if rule else slug}


def finding_shown(row: RowMapping, datum: Datum) -> Shown:
    """With its evidence: grounds in data and words, cited readings, parameters and versions."""
    return {
        "id": row["id"],
        "version": row["version"],
        "outcome": row["outcome"],
        "rule": row["rule"],
        **titles(row["rule"]),
        "rule_version": row["rule_version"],
        "severity": row["severity"],
        "vehicle_id": row["vehicle_id"],
        "subject": {"kind": row["subject_kind"], "id": row["subject_id"]},
        "from": row["begin_at"],
        "to": row["end_at"],
        "proven_at": row["proven_at"],
        "found_at": row["found_at"],
        "count": row["count"],
        "grounds": said(row["grounds"]),
        "readings": [_reading(one, datum) for one in row["readings"]],
        "parameters": row["parameters"],
        "order_ids": row["order_ids"],
        "area_ids": row["area_ids"],
        "calendar": row["calendar"],
        "withdrawn_at": row["withdrawn_at"],
        "why": row["why"],
        "case_id": row["case_id"],
    }


def verdict_shown(row: RowMapping | None) -> Shown | None:
    """None = not judged yet."""
    if row is None:
        return None
    return {
        "kind": row["kind"],
        "deviations": row["deviations"],
        "reasons": said(row["reasons"]),
        "grants": row["grants"],
        "provisional": row["provisional"],
        "version": row["version"],
        "judged_at": row["judged_at"],
    }


def said(grounds: Iterable[Mapping[str, Any]]) -> list[Shown]:
    return [{**one, **sentences(one["code"], one.get("data") or {})} for one in grounds]


def step_shown(row: RowMapping) -> Shown:
    names = ("n", "at", "command", "state_before", "state_after", "role", "why", "data")
    return {**{name: row[name] for name in names}, "by": row["username"]}


def _reading(one: Mapping[str, Any], datum: Datum) -> Shown:
    speed = one.get("speed_dkmh")
    odometer = one.get("odometer_m")
    return {
        "observed_at": one["observed_at"],
        **_place(one.get("lat_e7"), one.get("lon_e7"), datum),
        "speed_kmh": None if speed is None else speed / 10,
        "odometer_km": None if odometer is None else odometer / 1_000,
        "ignition": one.get("ignition"),
        "event": one.get("event"),
    }


def _place(lat_e7: int | None, lon_e7: int | None, datum: Datum) -> Shown:
    if lat_e7 is None or lon_e7 is None:
        return {"lat": None, "lon": None, "place": None}
    place = place_words(lat_e7, lon_e7, division_of(lat_e7, lon_e7))
    return {**degrees(lat_e7, lon_e7, datum), "place": place.shown()}
