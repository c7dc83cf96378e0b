"""The past that `fleet up` gives a new city, and how far it has come.

What a city's vehicles do follows from a seed and from the day on which their odometers began to count. Both must stay
what they were at the first start, or the odometers would jump: so they are written down then, with the span of the
past. The simulator does the work and keeps its own progress; here is only decided whether it is to work, and said how
it is getting on.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_CELLS = 20
_STEPS = 20  # lines from nothing to all
_DAY_BEGINS = timedelta(hours=8 - 4)  # at 04:00 in Yunnan, the fleet's day


class History:
    """One data directory's history. Call `settle` before anything lives in the city."""

    def __init__(self, data_dir: Path) -> None:
        self._plan_file = data_dir / "run" / "simulation.json"
        self._progress = data_dir / "run" / "history.json"
        self._plan: dict[str, Any] = {}
        self._said: object = None
        self._read_at = 0  # change of the progress file that was read last

    def settle(self, days: int, now: datetime, *, fresh: bool) -> None:
        """Write down, at the first start, from when odometers count and how many `days` of the past there shall be.

        A city that is not `fresh` has lived without us knowing: its past stays as it is.
        """
        plan = _read(self._plan_file)
        if plan is None:
            epoch = (now.astimezone(UTC) + _DAY_BEGINS).date()
            plan = {
                "epoch": epoch.isoformat(),
                "history_days": days if fresh else 0,
                "until": now.isoformat(timespec="seconds"),
            }
            self._plan_file.parent.mkdir(parents=True, exist_ok=True)
            partial = self._plan_file.with_suffix(".partial")
            partial.write_text(json.dumps(plan))
            partial.replace(self._plan_file)
        self._plan = plan

    @property
    def common(self) -> tuple[str, ...]:
        """Arguments of every simulator of this city."""
        return ("--epoch", str(self._plan["epoch"]))

    def module(self, days: int) -> tuple[str, ...]:
        """The child process, with arguments, that loads what is missing; empty when there is nothing to do, or when
        nobody wants it now (`days` is 0)."""
        progress = _read(self._progress)
        if not days or not self._plan["history_days"] or (progress is not None and progress.get("share") == 1):
            return ()
        span = ("--history", f"{self._plan['history_days']}d", "--until", str(self._plan["until"]))
        return ("simulators", *span, "--bills", *self.common)

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
