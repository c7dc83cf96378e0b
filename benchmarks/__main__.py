"""`make bench`."""

from __future__ import annotations

from benchmarks import ingest

ingest.main()
