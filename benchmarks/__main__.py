"""`make bench`: measures, prints tables, writes var/benchmarks.json. `docs/benchmarks.md` holds the quoted figures.

`make bench ARGS=audit` measures one subject alone. Only when they are named are measured: `latency` (7 minutes, 4 GB;
`latency 20 200000`: 20 s at each rate and a backlog of 200,000), `api` (8 minutes and 4 GB; `api 2000000 5`: so many
positions, seconds a question), `dashboard` (2 minutes, needs Chromium), `monitor` (3 minutes), `findings` (5 minutes),
`statistics` (a year: 30 minutes and 6 GB; `statistics 60`: so many days), and `trips` (10 million positions: 5 minutes
and 4 GB; `trips 10000000 100000000`: hours). `truth` (up to 10 minutes) ends with exit code 1 where a rule does not
keep its bounds.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OUTPUT = Path("var/benchmarks.json")


def _ingest(_: Sequence[str]) -> Any:
    from benchmarks import ingest, ingest_stages

    stages = {name: [asdict(stage) for stage in found] for name, found in ingest_stages.measure_all().items()}
    cases = [{**asdict(result), "samples_a_second": round(result.rate)} for result in ingest.measure_all()]
    return {"stages": stages, "cases": cases}


def _audit(_: Sequence[str]) -> Any:
    from benchmarks import audit

    return [asdict(result) for result in audit.measure_all()]


def _candidates(_: Sequence[str]) -> Any:
    from benchmarks import candidates

    return [asdict(result) for result in candidates.measure_all()]


def _task_force(_: Sequence[str]) -> Any:
    from benchmarks import task_force

    return [asdict(result) for result in task_force.measure_all()]


def _dashboard(arguments: Sequence[str]) -> Any:
    from benchmarks import dashboard

    return [asdict(result) for result in dashboard.measure_all(int(next(iter(arguments), 20)))]


def _load(_: Sequence[str]) -> Any:
    from benchmarks import load

    return [{**asdict(case), **asdict(found)} for case, found in load.measure_all()]


def _latency(arguments: Sequence[str]) -> Any:
    from benchmarks import latency

    return latency.measure_all(*(int(one) for one in arguments[:2]))


def _api(arguments: Sequence[str]) -> Any:
    from benchmarks import api_load

    return api_load.measure_all(*(int(one) for one in arguments[:2]))


def _monitor(_: Sequence[str]) -> Any:
    from benchmarks import monitor

    return [asdict(figure) for figure in monitor.measure_all()]


def _findings(_: Sequence[str]) -> Any:
    from benchmarks import findings

    return [asdict(delay) for delay in findings.measure_all()]


def _trips(arguments: Sequence[str]) -> Any:
    from benchmarks import trips

    return trips.measure_all([int(one) for one in arguments] or [10_000_000])


def _statistics(arguments: Sequence[str]) -> Any:
    from benchmarks import statistics, statistics_year

    days = int(next(iter(arguments), statistics_year.DAYS))
    return [asdict(result) for result in statistics.measure_all(days)]


def _truth(_: Sequence[str]) -> Any:
    from benchmarks.truth import measure

    report, faults = measure.measure_all()
    BROKEN.extend(faults)
    return report


BROKEN: list[str] = []
"""What must hold and did not; then the exit code is 1."""

SUBJECTS: dict[str, Callable[[Sequence[str]], Any]] = {
    "load": _load,
    "ingest": _ingest,
    "audit": _audit,
    "candidates": _candidates,
    "task_force": _task_force,
    "latency": _latency,
    "api": _api,
    "monitor": _monitor,
    "findings": _findings,
    "trips": _trips,
    "dashboard": _dashboard,
    "statistics": _statistics,
    "truth": _truth,
}
USUAL = ("load", "ingest", "audit", "candidates", "truth")


def main() -> None:
    names = [one for one in sys.argv[1:] if not one.isdigit()] or list(USUAL)
    numbers = [one for one in sys.argv[1:] if one.isdigit()]
    if unknown := set(names) - set(SUBJECTS):
        sys.exit(f"there is no benchmark {', '.join(sorted(unknown))}: {', '.join(SUBJECTS)}")
    report: dict[str, object] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }
    for name in names:
        report[name] = SUBJECTS[name](numbers)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(report, indent=1) + "\n")
    print(f"written to {OUTPUT}")
    if BROKEN:
        sys.exit(1)


if __name__ == "__main__":
    main()
