"""What each service may not do, refused by the database itself, whatever the service's code would like."""

from __future__ import annotations

import asyncpg
import pytest

from fleet.settings import assume_role
from tests import services

pytestmark = pytest.mark.store

SERVICES = ("fleet_ingest", "fleet_monitor", "fleet_api")
READINGS = ("position_reading", "usage_reading", "event_reading")
BOOKS = ("batch", "ledger", "ledger_hour", "receipt")
REGISTRY = ("organ", "vehicle", "unit", "binding")
ORDERS = ("dispatch_order", "order_approval", "order_assignment", "order_event", "booking")
TASKS = ("task", "task_need", "task_call")
ACCESS = ("account", "token", "broker_account")
TRIPS = ("trip", "stop", "gap", "trip_track", "vehicle_day", "vehicle_day_division", "vehicle_month")
SUPERSEDED = ("trip_version", "stop_version", "gap_version", "recompute_refused")
FOLD = ("follow_cursor", "fold_snapshot", "fold_checkpoint", "late_span", "unit_state", "monitor_status")


def destroying(*tables: str) -> list[str]:
    return [f"{verb} {table}" for table in tables for verb in ("delete from", "truncate")]


def updating(*assignments: str) -> list[str]:
    return [f"update {table} set {rest}" for table, _, rest in (one.partition(" ") for one in assignments)]


def reading(*tables: str) -> list[str]:
    return [f"select 1 from {table}" for table in tables]


def inserting(*tables: str) -> list[str]:
    return [f"insert into {table} default values" for table in tables]


NO_READING_CHANGES = updating("position_reading lat_e7 = 0", "usage_reading odometer_m = 0", "event_reading run = 0")

DENIED = {
    "fleet_ingest": [
        *destroying(*READINGS, *BOOKS, "quarantine", "latest_state", "unit"),
        *NO_READING_CHANGES,
        *updating("batch stored = 0", "unit division = 530302", "registry_revision revision = 0"),
        *reading(*ACCESS, *ORDERS, *TASKS, "audit_log", "organ", "vehicle", *TRIPS, *SUPERSEDED, *FOLD),
        "select detail from audit_pending",
        *destroying("audit_log", "audit_pending"),
        *updating("audit_log account = 'somebody else'", "audit_pending account = 'somebody else'"),
        *inserting("unit", "account", "token", "broker_account", "audit_log", "unit_command"),
        *destroying("unit_command"),
        *updating("unit_command content = '{}'", "unit_command vehicle_id = 1", "binding vehicle_id = 1"),
    ],
    "fleet_monitor": [  # what it once said and took back, it cannot take away
        *destroying(*READINGS, *BOOKS, *REGISTRY, *ORDERS, *TASKS, *SUPERSEDED, "follow_cursor", "monitor_status"),
        *[f"truncate {table}" for table in (*TRIPS, *FOLD)],
        *updating(*(f"{table} reason = ''" for table in SUPERSEDED)),
        *NO_READING_CHANGES,
        *updating("batch stored = 0", "unit division = 530302", "dispatch_order state = 'settled'"),
        *inserting(*READINGS, *BOOKS, *REGISTRY, *ACCESS, *ORDERS, *TASKS, "quarantine", "latest_state", "audit_log"),
        # Who supervises whom it may know, for late cases are told to them; never by what they log in.
        *reading("token", "broker_account", "audit_log"),
        *("select password_hash from account", "select * from account"),
        "select detail from audit_pending",
        *destroying("audit_log", "audit_pending"),
        *updating("audit_log account = 'somebody else'", "audit_pending account = 'somebody else'"),
    ],
    "fleet_api": [  # clerks edit the registry through it; it takes nothing away that proves something
        *destroying(*READINGS, *BOOKS, "quarantine", "latest_state", "audit_log", "account", "broker_account"),
        *destroying("policy_value", "vehicle_history", "recompute", *TRIPS, *SUPERSEDED, *FOLD),
        *inserting(*TRIPS, *SUPERSEDED, *FOLD),
        *reading("follow_cursor", "fold_snapshot", "fold_checkpoint"),
        *destroying("dispatch_order", "order_approval", "order_event", "order_assignment", "order_amendment"),
        *destroying("order_number", *TASKS, "task_number", "task_event"),
        *[f"truncate {table}" for table in (*REGISTRY, *ACCESS, "audit_pending")],
        "alter table audit_log disable trigger all",
        *NO_READING_CHANGES,
        *inserting(*READINGS, *BOOKS, "quarantine", "latest_state", "broker_account"),
        *updating(
            "batch stored = 0",
            "ledger stored = 0",
            "ledger_hour stored = 0",
            "receipt oldest_seq = 0",
            "latest_state revision = 0",
            "live_revision revision = 0",
            "broker_account revoked_at = null",
            "quarantine payload = ''",
            "quarantine resolved_at = now()",
            "audit_log account = 'somebody else'",
            "audit_pending account = 'somebody else'",
            "policy_value why = ''",
            "recompute reason = ''",
            "order_approval approved = true",
            "order_event why = ''",
            "trip distance_m = 0",
            "vehicle_day distance_m = 0",
            "unit_state moving = false",
        ),
    ],
}


async def test_services_own_nothing(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        owned = await connection.fetch(
            "select d.classid::regclass::text, d.objid from pg_shdepend d"
            # Staging tables of other databases' writers come and go.
            " where d.dbid in (0, (select oid from pg_database where datname = current_database()))"
            " and d.deptype = 'o' and d.refclassid = 'pg_authid'::regclass"
            " and d.refobjid in (select oid from pg_roles where rolname = any($1::text[]))",
            list(SERVICES),
        )
        owners = await connection.fetch(
            "select distinct pg_get_userbyid(relowner)::text as owner from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind in ('r', 'S', 'i')"
        )
        logins = await connection.fetch(
            "select rolname from pg_roles where rolname = any($1::text[])"
            " and (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls)",
            [*SERVICES, "fleet_owner"],
        )
    finally:
        await connection.close()
    assert owned == []
    assert [row["owner"] for row in owners] == ["fleet_owner"]
    assert logins == []


@pytest.mark.parametrize("role", SERVICES)
async def test_what_is_denied(database_url: str, role: str) -> None:
    connection = await asyncpg.connect(database_url, server_settings={"role": role})
    allowed = []
    try:
        assert await connection.fetchval("select current_user") == role
        for statement in [
            *DENIED[role],
            "create table mine (x integer)",
            "drop table unit",
            "alter table batch add y int",
        ]:
            try:
                await connection.execute(statement)
            except asyncpg.InsufficientPrivilegeError:
                continue
            except asyncpg.PostgresError as error:
                allowed.append(f"{statement}: not refused for want of a right, but {error}")
            else:
                allowed.append(statement)
    finally:
        await connection.close()
    assert allowed == []


async def test_what_a_service_needs_is_allowed(database_url: str) -> None:
    """The other side, so that a typing error above cannot pass for a denial."""
    services.execute(
        assume_role(database_url, "fleet_ingest"),
        "insert into batch (worker, n, received_at, revision, messages, received, stored, duplicate, quarantined)"
        " values (1, 1, now(), 1, 1, 1, 1, 0, 0)",
        "insert into position_reading (observed_at, batch, unit_id, run, lat_e7, lon_e7, flags)"
        " values (now(), 17, 1, 0, 0, 0, 0)",
        "update live_revision set revision = revision + 1",
        "select 1 from unit, registry_revision",
    )
    services.execute(
        assume_role(database_url, "fleet_api"),
        "insert into audit_log (chain, n, at, account, action, subject, organ_ids, key_id, mac)"
        " values (1, 1, now(), 'a', 'b', 'c', '{}', '', '')",
        "delete from audit_pending",
        "select 1 from position_reading, ledger, account, token, audit_log",
        "update quarantine set retry_requested_at = now()",
    )
    services.execute(
        assume_role(database_url, "fleet_monitor"),
        "select 1 from position_reading, batch, vehicle, binding, vehicle_history, area, policy_value, ingest_worker",
        "insert into follow_cursor (worker, n, snapshot_n) values (1, 1, 0)",
        "update follow_cursor set snapshot_n = 1",
        "delete from trip",
        "delete from fold_checkpoint",
        "delete from recompute",
    )
    for role in SERVICES:
        services.execute(
            assume_role(database_url, role),
            "insert into audit_pending (account, action, subject) values ('a', 'b', 'c') returning id",
        )


async def test_not_even_the_owner_changes_the_audit_log_by_a_slip(database_url: str) -> None:
    connection = await asyncpg.connect(database_url, server_settings={"role": "fleet_owner"})
    try:
        for statement in ("update audit_log set account = ''", "delete from audit_log", "truncate audit_log"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
                await connection.execute(statement)
    finally:
        await connection.close()
