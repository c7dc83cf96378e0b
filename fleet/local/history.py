"""The past that `fleet up` gives a new city: how much was settled at its first start, and how far it has come.

The simulator does the work and keeps its own progress; here is only decided whether it is to work, and said how it is
getting on.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

_CELLS = 20
_STEPS = 20  # lines from nothing to all


class History:
    """One data directory's history."""

    def __init__(self, data_dir: Path) -> None:
        self._plan = data_dir / "run" / "history-plan.json"
        self._progress = data_dir / "run" / "history.json"
        self._said: object = None
        self._read_at = 0  # change of the progress file that was read last

    def module(self, days: int, now: datetime, *, fresh: bool) -> tuple[str, ...]:
        """The child process, with arguments, that loads what is missing; empty when there is nothing to do.

        Days are settled when the city is `fresh`: a city that has lived already keeps the past it has.
        """
        if days == 0:
            return ()
        if fresh and not self._plan.exists():
            self._plan.parent.mkdir(parents=True, exist_ok=True)
            partial = self._plan.with_suffix(".partial")
            partial.write_text(json.dumps({"days": days, "until": now.isoformat(timespec="seconds")}))
            partial.replace(self._plan)
        plan, progress = _read(self._plan), _read(self._progress)
        if plan is None or (progress is not None and progress.get("share") == 1):
            return ()
        return ("simulators", "--history", f"{plan['days']}d", "--until", str(plan["until"]))

    def news(self) -> str | None:
        """A line for people whenever the load has come noticeably further."""
        try:
            changed_at = self._progress.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if changed_at == self._read_at:
            return None
        self._read_at = changed_at
        progress = _read(self._progress)
        if progress is None or not progress.get("slices"):
            return None
        share = float(progress["share"])
        step = int(share * _STEPS)
        if step == self._said:
            return None
        self._said = step
        days = round((progress["until"] - progress["begin"]) / 86_400)
        done = int(share * _CELLS)
        bar = "█" * done + "░" * (_CELLS - done)
        if share == 1:
            return f"history  {bar}  {days} days are loaded ({progress['samples']:,} samples)"
        left_s = progress.get("left_s")
        left = "" if left_s is None else f", about {max(1, round(left_s / 60))} min left"
        return f"history  {bar}  {share:.0%} of {days} days, {progress['samples_a_second']:,.0f} samples/s{left}"


def _read(path: Path) -> dict[str, Any] | None:
    """The file's content; None while there is none, or when it is not whole."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return content if isinstance(content, dict) else None
