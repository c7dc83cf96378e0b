"""The report of an import as plain data: the same for the HTTP interface and the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from fleet.registry.imports import Outcome
from fleet.store.imports import Mask, Report


def as_data(report: Report, mask: Mask) -> dict[str, Any]:
    """`kind, dry_run, applied, counts, items`; unchanged rows without a remark are left out, phones are masked."""
    data: dict[str, Any] = msgspec.to_builtins(
        {
            "kind": report.kind,
            "dry_run": report.dry_run,
            "applied": report.applied,
            "counts": report.counts(),
            "items": [
                {
                    "line": entry.line,
                    "key": entry.key,
                    "outcome": entry.outcome,
                    "changes": [
                        {
                            "field": one.field,
                            "old": mask(one.old) if one.field == "phone" else one.old,
                            "new": mask(one.new) if one.field == "phone" else one.new,
                        }
                        for one in entry.changes
                    ],
                    "problems": [
                        {
                            "field": one.field,
                            "code": one.code,
                            "severity": one.severity,
                            "message": one.en,
                            "message_zh": one.zh,
                        }
                        for one in entry.problems
                    ],
                }
                for entry in report.entries
                if entry.outcome is not Outcome.UNCHANGED or entry.problems
            ],
        }
    )
    return data
