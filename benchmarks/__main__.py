"""`make bench`: measures, prints a table, writes var/benchmarks.json. `docs/benchmarks.md` holds the quoted figures."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import ingest, load

OUTPUT = Path("var/benchmarks.json")


def main() -> None:
    generator = load.measure_all()
    results = ingest.measure_all()
    OUTPUT.parent.mkdir(exist_ok=True)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load": [{**asdict(case), **asdict(found)} for case, found in generator],
        "ingest": [{**asdict(result), "samples_a_second": round(result.rate)} for result in results],
    }
    OUTPUT.write_text(json.dumps(report, indent=1) + "\n")
    print(f"written to {OUTPUT}")


if __name__ == "__main__":
    main()
