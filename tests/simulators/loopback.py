"""The other end of the wire, made by hand: what a service that keeps its promise stores and answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from fleet.model.readings import Kind


@dataclass
class LoopbackService:
    """Stores samples by (kind, run, seq) and answers receipts as the public interface says."""

    stored: dict[tuple[Kind, int], dict[int, str]] = field(default_factory=dict)
    gone_below: dict[tuple[Kind, int], int] = field(default_factory=dict)
    covered: dict[tuple[Kind, int], int] = field(default_factory=dict)
    duplicates: int = 0

    def take(self, kind: Kind, payload: bytes) -> None:
        message = json.loads(payload)
        for sample in message if isinstance(message, list) else [message]:
            oldest_seq = sample.pop("oldest_seq", 0)
            key = kind, sample["run"]
            self.gone_below[key] = max(self.gone_below.get(key, 0), oldest_seq)
            content = json.dumps(sample)
            previous = self.stored.setdefault(key, {}).setdefault(sample["seq"], content)
            assert previous == content, "the same identity came with other content"
            self.duplicates += previous is not content

    def receipt(self) -> bytes:
        """The receipt of everything so far, the highest run of each kind as the current one."""
        kinds: dict[str, dict[str, object]] = {}
        for kind, run in sorted(self.stored, reverse=True):
            one = self._one(kind, run)
            if kind.value in kinds:
                others = kinds[kind.value].setdefault("others", [])
                assert isinstance(others, list)
                others.append(one)
            else:
                kinds[kind.value] = one
        return json.dumps(kinds).encode()

    def _one(self, kind: Kind, run: int) -> dict[str, object]:
        stored, gone_below = self.stored[kind, run], self.gone_below[kind, run]
        covered = self.covered.get((kind, run), 0)
        while covered + 1 in stored or covered + 1 < gone_below:
            covered += 1
        self.covered[kind, run] = covered
        holes: list[list[int]] = []
        for seq in range(covered + 1, max(stored) + 1):
            if seq not in stored and seq >= gone_below:
                if holes and holes[-1][1] == seq - 1:
                    holes[-1][1] = seq
                else:
                    holes.append([seq, seq])
        return {"run": run, "seq": covered or None, "time": "2026-01-01T00:00:00Z", "again": holes[:16]}
