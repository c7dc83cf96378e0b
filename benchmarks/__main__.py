"""`make bench`: measures, prints a table, writes var/benchmarks.json. `docs/benchmarks.md` holds the quoted figures."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import candidates, ingest

OUTPUT = Path("var/benchmarks.json")


def main() -> None:
    results = ingest.measure_all()
    ranked = candidates.measure_all()
    OUTPUT.parent.mkdir(exist_ok=True)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "ingest": [{**asdict(result), "samples_a_second": round(result.rate)} for result in results],
        "candidates": [asdict(result) for result in ranked],
    }
    OUTPUT.write_text(json.dumps(report, indent=1) + "\n")
    print(f"written to {OUTPUT}")


if __name__ == "__main__":
    main()
