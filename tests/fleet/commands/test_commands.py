"""The commands in a second shell, against a real database and a real broker."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from fleet.identity.tokens import token_digest
from fleet.local.mosquitto import Mosquitto
from tests.fleet.identity.wire import NOT_AUTHORISED, Wire
from tests.services import ROOT, execute

Fleet = Callable[..., subprocess.CompletedProcess[str]]


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fleet.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def fleet(database_url: str, broker: Mosquitto) -> Fleet:
    """Calls `fleet` with this test's servers; one unit X1 is registered."""
    execute(database_url, "set role fleet_owner; insert into unit (code, division) values ('X1', 530302)")

    def work(*arguments: str) -> subprocess.CompletedProcess[str]:
        return call(
            *arguments,
            FLEET_DATABASE_URL=database_url,
            FLEET_MQTT_URL=broker.url("service.ingest", "unused"),
            FLEET_BROKER_DIR=str(broker.directory),
        )

    return work


def fetch(url: str, question: str) -> list[asyncpg.Record]:
    async def work() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetch(question)
        finally:
            await connection.close()

    return asyncio.run(work())


@pytest.mark.seam
def test_a_gateway_from_creation_to_revocation(fleet: Fleet, broker: Mosquitto, database_url: str) -> None:
    made = fleet("gateway", "create", "check", "--division", "530303", "--json")
    assert made.returncode == 0, made.stderr
    credentials = json.loads(made.stdout)
    assert set(credentials) == {"username", "password"}
    assert credentials["username"] == "gateway.check"
    with Wire(broker.port, **credentials) as gateway:  # effective at once
        assert gateway.publish("fleet/v1/530303/X9/position") < 0x80
        assert gateway.publish("fleet/v1/530302/X9/position") == NOT_AUTHORISED

        again = fleet("gateway", "create", "check", "--division", "530303")
        assert again.returncode == 1
        assert again.stderr.strip() == "fleet: the gateway gateway.check exists; --replace gives it a new password"
        assert not gateway.lost.is_set()

        other = fleet("gateway", "create", "other", "--division", "530302")
        assert other.stdout.splitlines()[0] == "username  gateway.other"
        renewed = fleet("gateway", "create", "check", "--division", "530304", "--replace", "--json")
        assert gateway.lost.wait(2)
    credentials = json.loads(renewed.stdout)
    with Wire(broker.port, **credentials) as gateway:
        assert gateway.publish("fleet/v1/530304/X9/position") < 0x80
        assert fleet("gateway", "revoke", "check").returncode == 0
        assert gateway.lost.wait(2)
    with Wire(broker.port, **credentials) as gateway:
        assert not gateway.accepted

    listed = json.loads(fleet("gateway", "list", "--json").stdout)
    assert [(one["username"], one["division"], one["revoked_at"] is None) for one in listed] == [
        ("gateway.check", "530304", False),
        ("gateway.other", "530302", True),
    ]
    assert "gateway.other  530302  active" in fleet("gateway", "list").stdout
    actions = fetch(database_url, "select action, subject from audit_pending order by id")
    assert [tuple(row) for row in actions] == [
        ("gateway.create", "gateway.check"),
        ("gateway.create", "gateway.other"),
        ("gateway.create", "gateway.check"),
        ("gateway.revoke", "gateway.check"),
    ]


@pytest.mark.seam
def test_a_unit_gets_and_renews_its_credentials(fleet: Fleet, broker: Mosquitto) -> None:
    first = json.loads(fleet("unit", "credentials", "X1", "--json").stdout)
    assert first["username"] == "X1"
    with Wire(broker.port, **first) as unit:
        assert unit.publish("fleet/v1/530302/X1/position") < 0x80
        second = json.loads(fleet("unit", "credentials", "X1", "--json").stdout)
        assert unit.lost.wait(2)
    with Wire(broker.port, **second) as unit:
        assert unit.accepted


@pytest.mark.seam
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gateway", "create", "x", "--division", "530399"), "there is no division 530399; the divisions are 530300"),
        (("gateway", "create", "a b", "--division", "530303"), "is no name for a gateway"),
        (("gateway", "revoke", "nobody"), "there is no account 'gateway.nobody' to revoke"),
        (("unit", "credentials", "X9"), "no unit 'X9' is registered"),
        (("token", "create", "--account", "nobody", "--label", "x", "--days", "1"), "there is no account 'nobody'"),
        (("quarantine", "retry", "--reason", "mood"), "there is no reason 'mood'"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_is_wrong(fleet: Fleet, arguments: tuple[str, ...], said: str) -> None:
    done = fleet(*arguments)
    assert done.returncode > 0
    assert done.stdout == ""
    assert done.stderr.startswith("fleet: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.store
def test_without_the_brokers_directory_nothing_is_created_and_it_is_said_what_to_do(database_url: str) -> None:
    done = call(
        "gateway", "create", "x", "--division", "530303",
        FLEET_DATABASE_URL=database_url,
        FLEET_MQTT_URL="mqtt://u:p@127.0.0.1:1",
    )  # fmt: skip
    assert done.returncode == 2
    assert "FLEET_BROKER_DIR" in done.stderr
    assert fetch(database_url, "select * from broker_account") == []


@pytest.mark.store
def test_with_no_broker_running_the_files_wait_for_it(database_url: str, tmp_path: Path) -> None:
    done = call(
        "gateway", "create", "x", "--division", "530303", "--json",
        FLEET_DATABASE_URL=database_url,
        FLEET_MQTT_URL="mqtt://u:p@127.0.0.1:1",
        FLEET_BROKER_DIR=str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0
    assert json.loads(done.stdout)["username"] == "gateway.x"
    assert "send it SIGHUP" in done.stderr
    assert (tmp_path / "passwords").read_text().startswith("gateway.x:$7$")
    assert "user gateway.x" in (tmp_path / "access").read_text()


@pytest.mark.store
def test_a_token_is_stored_as_its_digest(database_url: str) -> None:
    execute(
        database_url,
        "set role fleet_owner; insert into account (username, password_hash, role) values ('admin', '-', 'auditor')",
    )
    arguments = ("token", "create", "--account", "admin", "--label", "audit 2026", "--days", "30")
    token = call(*arguments, FLEET_DATABASE_URL=database_url).stdout.strip()
    row = fetch(database_url, "select sha256, label, expires_at - created_at as life from token")[0]
    assert row["sha256"] == token_digest(token)
    assert row["label"] == "audit 2026"
    assert round(row["life"].total_seconds() / 86_400) == 30
    as_json = json.loads(call(*arguments, "--json", FLEET_DATABASE_URL=database_url).stdout)
    assert as_json["account"] == "admin"
    assert as_json["token"] != token


@pytest.mark.store
def test_quarantined_messages_are_marked_for_another_try(database_url: str) -> None:
    row = "(now(), 1, 't', '', '{}', '[]', 0, 0, now())"
    values = ", ".join(row.format(reason) for reason in ("unknown_unit", "unknown_unit", "malformed_json"))
    execute(
        database_url,
        "set role fleet_owner; insert into quarantine (received_at, batch, topic, payload, reason, reasons, unit_id,"
        f" kind, hour) values {values}",
    )
    done = call("quarantine", "retry", "--reason", "unknown_unit", FLEET_DATABASE_URL=database_url)
    assert done.stdout.startswith("2 unresolved messages")
    marked = "select id from quarantine where retry_requested_at is not null order by id"
    assert [row["id"] for row in fetch(database_url, marked)] == [1, 2]
    done = call("quarantine", "retry", "--id", "3", "--id", "99", FLEET_DATABASE_URL=database_url)
    assert done.stdout.startswith("1 unresolved message ")


@pytest.mark.store
def test_retention_says_what_it_dropped(database_url: str) -> None:
    done = call("retention", "run", "--keep-days", "2", FLEET_DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    assert "0 chunks" in done.stdout


@pytest.mark.seam
@pytest.mark.store
def test_ingest_stays_on_a_broker_whose_files_are_rendered_for_the_first_time(fleet: Fleet, broker: Mosquitto) -> None:
    assert fleet("gateway", "create", "west", "--division", "530302").returncode == 0
    with Wire(broker.port, "service.ingest", "unused") as ingest:  # as FLEET_MQTT_URL says
        assert ingest.accepted


@pytest.mark.store
def test_the_first_administrator(database_url: str) -> None:
    made = call("account", "admin", "--json", FLEET_DATABASE_URL=database_url)
    assert made.returncode == 0, made.stderr
    answer = json.loads(made.stdout)
    assert answer["username"] == "admin"
    assert len(answer["password"]) >= 24
    given = call("account", "admin", FLEET_DATABASE_URL=database_url, FLEET_ADMIN_PASSWORD="long-enough")
    assert given.returncode == 0, given.stderr
    assert "long-enough" not in given.stdout
    short = call("account", "admin", FLEET_DATABASE_URL=database_url, FLEET_ADMIN_PASSWORD="short")
    assert (short.returncode, short.stderr.count("\n")) == (2, 1)
    rows = fetch(database_url, "select username, role from account")
    assert [tuple(row) for row in rows] == [("admin", "administrator")]
