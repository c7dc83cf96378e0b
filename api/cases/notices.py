"""A notice about a case or finding as it leaves: the same in streams and in webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.cases.shown import titles


def notice_shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of `fleet.store.notices.after`. What people wrote is not in it: it is read with the case."""
    data: Mapping[str, Any] = row["data"]
    head = {
        "revision": row["revision"],
        "id": row["id"],
        "type": row["kind"],
        "at": row["at"],
        "case_id": row["case_id"],
        "number": data["number"],
        "vehicle_id": row["vehicle_id"],
        "plate": row["plate"],
        "organ_id": row["organ_id"],
        "organ_name": row["organ_name"],
        "division": row["division"],
        "severity": data["severity"],
        "from": row["begin_at"],
        "to": data["end_at"],
    }
    if row["finding_id"] is None:
        names = ("state", "findings", "withdrawn", "opened_at", "explain_by", "due_at", "escalated_at")
        rules = [{"slug": slug, **titles(slug)} for slug in data["rules"]]
        decided = {name: data[name] for name in ("decided_at", "closed_at")}
        return {**head, "rules": rules, **{name: data[name] for name in names}, **decided}
    names = ("version", "rule", "rule_version", "count", "proven_at", "found_at", "withdrawn_at")
    subject = {"kind": data["subject_kind"], "id": data["subject_id"]}
    said = {name: data[name] for name in names}
    return {**head, "finding_id": row["finding_id"], **said, **titles(data["rule"]), "subject": subject}
