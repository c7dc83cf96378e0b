"""What `fleet up` decides about a city's past, and what it says of it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fleet.local.history import History

NOW = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)  # the 24th, 04:30 in Yunnan
SPAN = ("simulators", "--history", "14d", "--until", "2026-11-23T20:30:00+00:00", "--bills", "--epoch", "2026-11-24")


def settled(data_dir: Path, days: int, now: datetime, *, fresh: bool) -> tuple[str, ...]:
    history = History(data_dir)
    history.settle(days, now, fresh=fresh)
    return history.module(days)


def test_a_new_city_gets_its_past_and_the_next_start_goes_on_with_it(tmp_path: Path) -> None:
    assert settled(tmp_path, 14, NOW, fresh=True) == SPAN
    # Stopped before a single sample came: neither the span nor the epoch moves.
    later = NOW + timedelta(days=3)
    assert settled(tmp_path, 14, later, fresh=False) == SPAN
    assert settled(tmp_path, 30, later, fresh=False) == SPAN
    assert settled(tmp_path, 0, later, fresh=False) == ()
    write(tmp_path, share=0.4)
    assert settled(tmp_path, 14, later, fresh=False) == SPAN
    write(tmp_path, share=1)
    assert settled(tmp_path, 14, later, fresh=False) == ()


def test_a_city_that_has_lived_keeps_the_past_it_has(tmp_path: Path) -> None:
    assert settled(tmp_path, 14, NOW, fresh=False) == ()
    history = History(tmp_path)
    history.settle(14, NOW + timedelta(days=9), fresh=False)
    assert history.common == ("--epoch", "2026-11-24")
    assert settled(tmp_path / "none", 0, NOW, fresh=True) == ()


def test_it_is_said_how_far_it_has_come(tmp_path: Path) -> None:
    history = History(tmp_path)
    assert history.news() is None
    write(tmp_path, share=0.0, left_s=None)
    assert history.news() == "history  ░░░░░░░░░░░░░░░░░░░░  0% of 14 days, 31,000 samples/s"
    assert history.news() is None
    write(tmp_path, share=0.02)
    assert history.news() is None  # hardly any further
    write(tmp_path, share=0.5)
    assert history.news() == "history  ██████████░░░░░░░░░░  50% of 14 days, 31,000 samples/s, about 5 min left"
    (tmp_path / "run" / "history.json").write_text("{")
    assert history.news() is None
    write(tmp_path, share=1)
    assert history.news() == "history  ████████████████████  14 days are loaded (1,234,567 samples)"
    assert history.news() is None


def write(data_dir: Path, *, share: float, left_s: float | None = 290.0) -> None:
    """What the simulator writes, as far as it is read here."""
    path = data_dir / "run" / "history.json"
    path.parent.mkdir(exist_ok=True)
    changed_at = path.stat().st_mtime_ns + 1_000_000 if path.exists() else None
    progress = {"begin": 0, "until": 14 * 86_400, "slices": 15, "samples": 1_234_567, "samples_a_second": 31_000.0}
    path.write_text(json.dumps(progress | {"share": share, "left_s": left_s}))
    if changed_at is not None:
        os.utime(path, ns=(changed_at, changed_at))
