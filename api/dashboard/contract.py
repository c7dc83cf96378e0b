"""Writes the application's OpenAPI document without a database: `python -m api.dashboard.contract FILE`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from api.app import create_app
from fleet.audit.keys import read_keys
from fleet.identity.totp_keys import TotpKeys
from fleet.store.audit_files import AuditFiles
from fleet.store.audit_journal import Journal
from fleet.store.pool import connect, create_engine

NOWHERE = "postgresql://nobody@127.0.0.1/nothing"
ANY_KEY = "opens and encrypts nothing for this document alone"


def write_contract(path: Path) -> None:
    """Into `path`, where it differs from what stands there. Nothing is connected to."""

    def now() -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    keys = read_keys(ANY_KEY, "the contract")
    journal = Journal(lambda: connect(NOWHERE), keys, AuditFiles(Path("nowhere")), now)
    app = create_app(create_engine(NOWHERE), now, journal, TotpKeys(ANY_KEY, "the contract"))
    document = json.dumps(app.openapi(), ensure_ascii=False)
    if not path.is_file() or path.read_text() != document:
        path.write_text(document)


if __name__ == "__main__":
    write_contract(Path(sys.argv[1]))
