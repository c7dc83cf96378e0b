"""`make bench`: measures, prints tables, writes var/benchmarks.json. `docs/benchmarks.md` holds the quoted figures.

`python -m benchmarks audit` measures one subject alone.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import audit, candidates, ingest

OUTPUT = Path("var/benchmarks.json")


SUBJECTS = ("ingest", "audit", "candidates")


def main() -> None:
    wanted = sys.argv[1:] or list(SUBJECTS)
    if unknown := set(wanted) - set(SUBJECTS):
        sys.exit(f"there is no benchmark {', '.join(sorted(unknown))}: {', '.join(SUBJECTS)}")
    OUTPUT.parent.mkdir(exist_ok=True)
    report: dict[str, object] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }
    if "ingest" in wanted:
        results = ingest.measure_all()
        report["ingest"] = [{**asdict(result), "samples_a_second": round(result.rate)} for result in results]
    if "audit" in wanted:
        report["audit"] = [asdict(result) for result in audit.measure_all()]
    if "candidates" in wanted:
        report["candidates"] = [asdict(result) for result in candidates.measure_all()]
    OUTPUT.write_text(json.dumps(report, indent=1) + "\n")
    print(f"written to {OUTPUT}")


if __name__ == "__main__":
    main()
