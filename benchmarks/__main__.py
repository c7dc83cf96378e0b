"""`make bench`: measures, prints a table, writes var/benchmarks.json. `docs/benchmarks.md` holds the quoted figures.

`make bench ARGS=monitor` follows and folds (3 minutes). `make bench ARGS=trips` asks millions of positions (10 million:
5 minutes and 4 GB; `trips 10000000 100000000`: hours).
"""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OUTPUT = Path("var/benchmarks.json")


def main() -> None:
    name, *arguments = sys.argv[1:] or ["ingest"]
    if name == "ingest":
        from benchmarks import ingest

        results: list[dict[str, Any]] = [
            {**asdict(result), "samples_a_second": round(result.rate)} for result in ingest.measure_all()
        ]
    elif name == "trips":
        from benchmarks import trips

        results = trips.measure_all([int(one) for one in arguments] or [10_000_000])
    elif name == "monitor":
        from benchmarks import monitor

        results = [asdict(figure) for figure in monitor.measure_all()]
    else:
        raise SystemExit(f"There is no benchmark {name!r}: ingest, monitor, trips.")
    OUTPUT.parent.mkdir(exist_ok=True)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        name: results,
    }
    OUTPUT.write_text(json.dumps(report, indent=1) + "\n")
    print(f"written to {OUTPUT}")


if __name__ == "__main__":
    main()
