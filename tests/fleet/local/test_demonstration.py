"""What `fleet up` puts into an empty house, on real servers."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from fleet.errors import InvalidSettings
from fleet.identity.broker_access import INGEST
from fleet.identity.passwords import password_matches
from fleet.identity.scope import BOUND_TO_AN_ORGAN
from fleet.local.demonstration import Demonstration, prepare_administrator, prepare_city, simulator_file
from fleet.local.mosquitto import Mosquitto
from fleet.local.people import table
from fleet.model.registry import Role
from fleet.settings import Settings
from tests.fleet.identity.wire import NOT_AUTHORISED, Wire
from tests.services import execute

pytestmark = [pytest.mark.store, pytest.mark.seam]

NOON = datetime(2026, 11, 24, 4, 1, tzinfo=UTC)


class House:
    """One data directory with its settings; `prepare` is what a start does."""

    def __init__(self, database_url: str, broker: Mosquitto, data_dir: Path) -> None:
        self.broker = broker
        self.settings = Settings(
            _env_file=None,
            database_url=database_url,
            mqtt_url=broker.url(INGEST, "service-password"),
            data_dir=data_dir,
            broker_dir=broker.directory,
            http_port=8123,
        )
        self.now = NOON
        self.said: list[str] = []

    async def prepare(self) -> Demonstration:
        self.said.clear()
        return await prepare_city(self.settings, self.broker, self.said.append, self.now)

    def simulator(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(simulator_file(self.settings.data_dir).read_text())
        return content


@pytest.fixture
def house(database_url: str, broker: Mosquitto, tmp_path: Path) -> House:
    return House(database_url, broker, tmp_path)


async def test_a_first_and_a_second_start(house: House, database_url: str) -> None:
    city = await house.prepare()
    assert house.said == [
        "demonstration: 520 organs and 6000 vehicles loaded",
        "demonstration: orders count from 12:30 on",
    ]
    first = house.simulator()
    assert len(first["gateways"]) == len(first["history"]) == len(first["load"]) == 10
    assert {one["division"] for one in first["units"]} == {one["division"] for one in first["gateways"]}
    assert len(first["units"]) == 200
    assert first["mqtt_url"] == f"mqtt://127.0.0.1:{house.broker.port}"
    assert first["api"]["url"] == "http://127.0.0.1:8123"
    secrets = house.settings.data_dir / "secrets"
    assert all(path.stat().st_mode & 0o077 == 0 for path in secrets.iterdir())
    assert (secrets / "admin_password").read_text().strip() == city.accounts[0].password
    assert [account.role for account in city.accounts] == [role.value for role in Role]
    assert {account.organ for account in city.accounts if account.role in BOUND_TO_AN_ORGAN} != {""}
    assert len({account.password for account in city.accounts}) == len(Role)
    assert len({len(line.split("  ")[0]) for line in table(city.accounts)}) > 1
    assert city.retention[:3] == ("fleet.cli", "retention", "run")

    before = time.perf_counter()
    again = await house.prepare()
    took_s = time.perf_counter() - before
    assert took_s < 10  # not a minute, as for the first
    assert city.fresh
    assert again == replace(city, fresh=False)
    assert house.said == []
    assert house.simulator() == first
    connection = await asyncpg.connect(database_url)
    try:
        accounts = await connection.fetch("select username, role, password_hash from account order by username")
        roles = {row["username"]: row["role"] for row in accounts}
        offices = {one["username"]: one["password"] for one in first["offices"]}
        people = {name: role for name, role in roles.items() if name not in offices}
        assert people == {**{one.name: one.role for one in city.accounts}, "simulator": "auditor"}
        assert len(offices) == len(roles) - len(people) > 50
        assert {one["post"] for one in first["offices"]} == {"dispatcher", "approver", "manager"}
        hashes = {row["username"]: row["password_hash"] for row in accounts}
        assert all(password_matches(one.password, hashes[one.name]) for one in city.accounts)
        assert all(password_matches(offices[name], hashes[name]) for name in sorted(offices)[::20])
    finally:
        await connection.close()


async def test_the_accounts_work_on_the_broker(house: House) -> None:
    city = await house.prepare()
    port = house.broker.port
    with Wire(port, INGEST, "service-password") as ingest:
        assert ingest.subscribe("fleet/v1/+/+/position") == 1
        for purpose, number in (("gateways", 3), ("history", 1), ("load", 9), ("units", 77)):
            one = house.simulator()[purpose][number]
            with Wire(port, one["username"], one["password"]) as wire:
                unit = one.get("code", "QJ999999")
                assert wire.publish(f"fleet/v1/{one['division']}/{unit}/position") < 0x80
                assert wire.publish("fleet/v1/530300/QJ999998/position") == NOT_AUTHORISED
        assert len(ingest.received()) == 4
    assert city.environment["ingest"]["FLEET_MQTT_URL"] == house.settings.mqtt_url


async def test_what_a_person_changed_stays(house: House, database_url: str) -> None:
    await house.prepare()
    first = house.simulator()
    execute(
        database_url,
        "set role fleet_owner; update broker_account set revoked_at = now()"
        " where username = 'gateway.demonstration-530302';"
        " update broker_account set password_hash = '$7$101$AAAA$AAAA' where username = 'QJ000001'",
    )
    execute(
        database_url,
        "set role fleet_owner; update account set disabled_at = now() where username = 'viewer';"
        " update account set password_hash = 'x' where username = 'auditor'",
    )
    (house.settings.data_dir / "secrets" / "account_approver").unlink()
    shown = {one.role: one.password for one in (await house.prepare()).accounts}
    assert shown.keys() == {role.value for role in Role} - {"viewer", "auditor"}
    assert {one.role: one.password for one in (await house.prepare()).accounts} == shown
    second = house.simulator()
    assert [one for one in first["gateways"] if one["division"] != "530302"] == second["gateways"]
    assert [one for one in first["units"] if one["code"] != "QJ000001"] == second["units"]
    passwords = (house.broker.directory / "passwords").read_text()
    assert "gateway.demonstration-530302:" not in passwords
    assert "QJ000001:$7$101$AAAA$AAAA" in passwords
    await house.prepare()
    assert house.simulator() == second


async def test_lost_passwords_are_made_anew(house: House) -> None:
    await house.prepare()
    first = house.simulator()
    simulator_file(house.settings.data_dir).write_text("{")
    await house.prepare()
    second = house.simulator()
    assert [one["username"] for one in second["units"]] == [one["username"] for one in first["units"]]
    assert second["units"][0]["password"] != first["units"][0]["password"]
    with Wire(house.broker.port, second["units"][0]["username"], second["units"][0]["password"]) as unit:
        assert unit.accepted


async def test_the_administrators_password_may_be_given_and_is_then_not_shown(house: House) -> None:
    house.settings = Settings(**{**house.settings.model_dump(), "admin_password": "short"})
    with pytest.raises(InvalidSettings, match="FLEET_ADMIN_PASSWORD"):
        await house.prepare()
    house.settings = Settings(**{**house.settings.model_dump(), "admin_password": "long-enough"})
    city = await house.prepare()
    assert "long-enough" not in repr(city)


async def test_a_registry_of_its_own_is_left_alone(house: House, database_url: str) -> None:
    execute(
        database_url,
        "set role fleet_owner; insert into unit (code, division) values ('X1', 530302), ('X2', 530381)",
    )
    city = await house.prepare()
    assert house.said == []
    assert [one.name for one in city.accounts] == ["admin"], "the demonstration's people do not belong there"
    assert [one["code"] for one in house.simulator()["units"]] == ["X1", "X2"]


async def test_named_servers_get_an_administrator_and_the_account_of_ingest_and_no_city(
    house: House, database_url: str
) -> None:
    first = await prepare_administrator(house.settings)
    assert [account.name for account in first.accounts] == ["admin"]
    assert await prepare_administrator(house.settings) == Demonstration()  # who exists is left alone
    connection = await asyncpg.connect(database_url)
    try:
        assert await connection.fetchval("select count(*) from organ") == 0
        assert await connection.fetchval("select string_agg(username, ',') from account") == "admin"
        assert await connection.fetchval("select string_agg(username, ',') from broker_account") == INGEST
    finally:
        await connection.close()
