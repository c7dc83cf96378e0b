"""Every right of every service on every table, declared here and compared with what the database does.

A table that is added without its line fails; so does a right that nobody declared, and one that is missing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import asyncpg
import pytest

from fleet.store.tables import metadata

pytestmark = pytest.mark.store

SERVICES = ("fleet_ingest", "fleet_monitor", "fleet_api")

# c insert, r select, u update, d delete. Nobody may truncate, refer to, or change the shape of anything.
RIGHTS = """
                      ingest  monitor  api
organ                 -       r        crud
vehicle               -       r        crud
vehicle_history       -       r        cru
driver                -       r        crud
unit                  r       r        crud
binding               r       r        crud
area                  -       r        crud
policy_value          -       r        cr
fuel_card             -       r        crud
sealing_list          -       r        crud
sealing_list_vehicle  -       r        crd
exemption             -       r        crud
recompute             -       crud     cr
registry_revision     r       -        -

position_reading      cr      r        r
usage_reading         cr      r        r
event_reading         cr      r        r
latest_state          cru     -        r
live_revision         ru      -        r

batch                 cr      r        r
ledger                cru     -        r
ledger_hour           cru     -        r
receipt               cru     -        r
quarantine            cru     -        r
ingest_worker         cru     r        r

account               -       -        cru
token                 -       -        crud
login_session         -       -        crud
refresh_token         -       -        crud
login_failure         -       -        crud
second_factor         -       -        crud
broker_account        -       -        -
audit_log             -       -        cr
audit_pending         c       c        crd
alembic_version       -       -        -

trip                  -       crud     r
stop                  -       crud     r
gap                   -       crud     r
trip_version          -       cr       r
stop_version          -       cr       r
gap_version           -       cr       r
trip_track            -       crud     r
trip_cells            -       crud     r
vehicle_day           -       crud     r
vehicle_day_division  -       crud     r
vehicle_month         -       crud     r
follow_cursor         -       cru      -
fold_snapshot         -       crud     -
fold_checkpoint       -       crud     -
late_span             -       crud     r
recompute_refused     -       cr       r
unit_state            -       crud     r
monitor_status        -       cru      r

dispatch_order        -       r        cru
order_number          -       r        cru
order_amendment       -       r        cru
order_approval        -       r        cr
order_assignment      -       r        cru
order_outing          -       r        crud
order_event           -       r        cr
booking               -       r        crud
order_sighting        -       cru      rd
unit_command          r       r        cr

task                  -       r        cru
task_number           -       -        cru
task_need             -       r        cr
task_call             -       r        cru
task_event            -       -        cr

verdict               -       crud     r
verdict_version       -       cr       r
finding               -       cru      r
finding_version       -       cr       r
misuse_case           -       cru      ru
case_number           -       cru      r
case_step             -       cr       cr
calendar_entry        -       r        crud

energy_import         -       -        cr
fuel_record           -       -        cr
charging_record       -       -        cr

tally_horizon         -       r        r
tally_due             -       crd      r
tally_month           -       cru      r
tally_group           -       cr       r
tally_day             -       crd      r
tally_verdict         -       crd      r
tally_case            -       crd      r
tally_order           -       crd      r

notice_revision       -       ru       ru
notice                -       c        crd
judge_status          -       cru      r
webhook               -       -        crud
webhook_delivery      -       -        cru
webhook_attempt       -       -        cr
webhook_cursor        -       -        ru
"""

COLUMNS: Mapping[tuple[str, str], Mapping[str, frozenset[str]]] = {
    ("unit_command", "fleet_api"): {"u": frozenset({"state", "withdrawn_at"})},
    ("unit_command", "fleet_ingest"): {
        "u": frozenset(
            {"state", "unit_id", "tries", "tried_at", "next_at", "sent_at"}
            | {"answered_at", "answer", "reason", "observed_at", "expired_at"}
        )
    },
    ("quarantine", "fleet_api"): {"u": frozenset({"retry_requested_at"})},
    ("audit_pending", "fleet_ingest"): {"r": frozenset({"id"})},
    ("audit_pending", "fleet_monitor"): {"r": frozenset({"id"})},
    ("account", "fleet_monitor"): {"r": frozenset({"id", "username", "role", "organ_id", "disabled_at"})},
}
"""Rights on some columns only, beside those on the whole table."""

DEFINERS = {
    *("raise_registry_revision", "move_tally_horizon", "note_tally_standing", "note_tally_history"),
    *("note_tally_vehicle", "note_tally_vehicle_day", "note_tally_verdict", "note_tally_misuse_case"),
    *("note_tally_case_step", "note_tally_dispatch_order", "note_tally_order_assignment"),
}
"""Functions that work with their owner's rights."""


def declared() -> dict[tuple[str, str], frozenset[str]]:
    """(table, service) -> rights on the whole table."""
    found = {}
    for line in RIGHTS.strip().splitlines()[1:]:
        if line:
            table, *cells = line.split()
            for service, cell in zip(SERVICES, cells, strict=True):
                found[table, service] = frozenset(cell.replace("-", ""))
    return found


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def columns_of(connection: asyncpg.Connection) -> dict[str, list[str]]:
    rows = await connection.fetch(
        "select c.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') group by 1"
    )
    return {row["name"]: row["columns"] for row in rows}


async def test_every_table_has_its_line(owner: asyncpg.Connection) -> None:
    known = {table for table, _ in declared()}
    there = set(await columns_of(owner))
    assert there - known == set(), "tables without declared rights"
    assert known - there == set(), "declared, but not there"
    assert set(metadata.tables) <= known


@pytest.mark.parametrize("service", SERVICES)
async def test_each_right_is_there_or_refused_as_declared(
    database_url: str, owner: asyncpg.Connection, service: str
) -> None:
    columns = await columns_of(owner)
    wrong: list[str] = []
    connection = await asyncpg.connect(database_url, server_settings={"role": service})
    try:
        for (table, name), rights in declared().items():
            if name != service:
                continue
            only = COLUMNS.get((table, service), {})
            attempts: list[tuple[str, bool]] = [
                (f"insert into {table} default values", "c" in rights),
                (f"select * from {table} limit 1", "r" in rights),
                (f"delete from {table} where false", "d" in rights),
                (f"truncate {table}", False),
                (f"alter table {table} disable trigger all", False),
                (f"drop table {table}", False),
            ]
            for column in columns[table]:
                allowed = "u" in rights or column in only.get("u", ())
                attempts.append((f"update {table} set {column} = null where false", allowed))
                attempts.append((f"select {column} from {table} limit 1", "r" in rights or column in only.get("r", ())))
            for statement, allowed in attempts:
                if await refused(connection, statement) == allowed:
                    wrong.append(f"{statement}: {'is refused' if allowed else 'is not refused for want of a right'}")
        wrong += [
            statement
            for statement in ("create table mine (x integer)", "create schema mine")
            if not await refused(connection, statement)
        ]
    finally:
        await connection.close()
    assert wrong == []


async def refused(connection: asyncpg.Connection, statement: str) -> bool:
    """Whether a right is missing. Tried for real, and undone."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return True
    except asyncpg.PostgresError:
        return False  # it was let so far as to be wrong for another reason
    finally:
        await transaction.rollback()
    return False


async def test_no_service_gets_more_by_another_way(owner: asyncpg.Connection) -> None:
    """By membership, by sequences, by functions with their owner's rights, or by the pieces of a hypertable."""
    members = await owner.fetch(
        "select member::regrole::text as member, roleid::regrole::text as role from pg_auth_members"
        " where member::regrole::text = any($1::text[])",
        list(SERVICES),
    )
    assert [tuple(row) for row in members] == []
    sequences = await owner.fetch(
        "select relname::text, service from pg_class cross join unnest($1::text[]) as service"
        " where relkind = 'S' and relnamespace = 'public'::regnamespace"
        " and has_sequence_privilege(service, oid, 'usage, select, update')",
        list(SERVICES),
    )
    assert [tuple(row) for row in sequences] == []
    functions = await owner.fetch(
        "select proname::text as name, coalesce(array_to_string(proconfig, ' '), '') as settings from pg_proc p"
        " where prosecdef and pronamespace = 'public'::regnamespace"
        " and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')"
    )
    assert {row["name"] for row in functions} == DEFINERS
    assert all("search_path=" in row["settings"] for row in functions), "else the caller decides what a name means"
    await owner.execute(
        "set role fleet_owner; insert into position_reading (observed_at, batch, unit_id, run, lat_e7, lon_e7, flags)"
        " values (now(), 17, 1, 0, 0, 0, 0); reset role"
    )
    chunks = await owner.fetch(
        "select c.relname::text, service from pg_class c join pg_inherits i on i.inhrelid = c.oid"
        " cross join unnest($1::text[]) as service"
        " where i.inhparent = 'position_reading'::regclass"
        " and has_table_privilege(service, c.oid, 'update, delete, truncate')",
        list(SERVICES),
    )
    assert [tuple(row) for row in chunks] == []
    assert await owner.fetchval("select count(*) from pg_inherits where inhparent = 'position_reading'::regclass") == 1
