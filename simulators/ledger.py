"""What the units produced, hold and were told, as a file that a test in another process compares with the database.

`samples` holds each produced sample as it was sent, without `oldest_seq`; `held` gives [run, first, last].
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from fleet.model.readings import SAMPLE_KINDS
from simulators.onboard import MeasuringUnit


def write_ledger(path: Path, units: Iterable[MeasuringUnit], written_at: float) -> None:
    """Replace the file in one step."""
    entries = {one.spec.code: _entry(one) for one in units}
    totals = {
        name: sum(entry["counters"][name] for entry in entries.values())
        for name in ("messages", "samples_sent", "samples_resent", "receipts", "forgotten")
    }
    totals |= {
        "units": len(entries),
        "produced": sum(sum(entry["produced"].values()) for entry in entries.values()),
        "held": sum(entry["held_count"] for entry in entries.values()),
    }
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(msgspec.json.encode({"written_at": written_at, "totals": totals, "units": entries}))
    partial.replace(path)


def _entry(one: MeasuringUnit) -> dict[str, Any]:
    unit = one.unit
    samples: dict[str, list[msgspec.Raw]] = {kind.value: [] for kind in SAMPLE_KINDS}
    for sample in (unit.truth or {}).values():
        samples[sample.kind.value].append(msgspec.Raw(sample.body))
    return {
        "division": one.spec.division,
        "run": unit.run,
        "produced": {kind.value: unit.produced[kind] for kind in SAMPLE_KINDS},
        "held_count": unit.held_count,
        "held": {kind.value: _spans(unit.held()[kind]) for kind in SAMPLE_KINDS},
        "counters": asdict(unit.counters),
        "faults": one.wire.counts if one.wire is not None else {},
        "clock_offset_s": one.wire.clock_offset_s if one.wire is not None else 0.0,
        "last_receipt": json.loads(unit.last_receipt) if unit.last_receipt is not None else None,
        "samples": samples,
    }


def _spans(numbers: set[tuple[int, int]]) -> list[list[int]]:
    spans: list[list[int]] = []
    for run, seq in sorted(numbers):
        if spans and spans[-1][0] == run and spans[-1][2] == seq - 1:
            spans[-1][2] = seq
        else:
            spans.append([run, seq, seq])
    return spans
