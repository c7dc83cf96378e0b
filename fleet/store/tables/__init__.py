"""Every table, as SQLAlchemy Core. The migrations create them; a test compares the two.

The registry (who owns what) and its books of rules and lists, the readings (hypertables, one row a sample, daily
chunks), the books (batches, ledger, quarantine, receipts) that prove what became of every message, and access.
"""

from __future__ import annotations

from fleet.store.tables.access import account, audit_log, broker_account, token
from fleet.store.tables.base import INSTANT, metadata
from fleet.store.tables.books import batch, ingest_worker, ledger, ledger_hour, quarantine, receipt
from fleet.store.tables.readings import (
    READING_TABLES,
    event_reading,
    latest_state,
    live_revision,
    position_reading,
    usage_reading,
)
from fleet.store.tables.registry import binding, organ, registry_revision, unit, vehicle

__all__ = [
    "INSTANT",
    "READING_TABLES",
    "account",
    "audit_log",
    "batch",
    "binding",
    "broker_account",
    "event_reading",
    "ingest_worker",
    "latest_state",
    "ledger",
    "ledger_hour",
    "live_revision",
    "metadata",
    "organ",
    "position_reading",
    "quarantine",
    "receipt",
    "registry_revision",
    "token",
    "unit",
    "usage_reading",
    "vehicle",
]
