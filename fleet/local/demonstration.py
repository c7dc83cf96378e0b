"""What `fleet up` puts into an empty house before the doors open: the city, the accounts, the broker's files.

Everything is idempotent, keeps what a person has changed since (a revoked account stays revoked), and takes less
than a second when nothing is missing. Passwords are kept in `secrets/` of the data directory, readable by us alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.demonstration.city import build_city
from fleet.errors import StoreUnavailable
from fleet.geography.divisions import DIVISIONS
from fleet.identity.accounts import ADMINISTRATOR, ensure_admin
from fleet.identity.broker_access import INGEST, gateway_username, hash_password, new_password, password_matches
from fleet.identity.passwords import hash_password as hash_account_password
from fleet.identity.passwords import password_matches as account_password_matches
from fleet.local.broker_files import apply_accounts, ensure_service
from fleet.local.mosquitto import Mosquitto
from fleet.local.offices import OfficeLogin, ensure_offices, ensure_orders_kept
from fleet.local.people import Account, ensure_people
from fleet.local.places import secret, write_private
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from fleet.model.moments import LOCAL
from fleet.model.registry import Role
from fleet.settings import Settings, assume_role, with_credentials
from fleet.store import accounts, broker_accounts
from fleet.store.city import load_city, registry_is_empty
from fleet.store.pool import connect, create_engine, store_errors
from fleet.store.tables import unit

SIMULATOR = "simulator"
"""The account with which the simulator reads the registry: an auditor, who may see every unit and change nothing."""

SINGLE_UNITS = 200
"""Units that connect by themselves; all others speak through the gateway of their division."""

PURPOSES = ("gateways", "history", "load", "units")
"""The lists of the simulator's file. History and load have gateways of their own: told apart, and cut off alone."""

OFFICES = ("offices",)
"""The list of those who file orders."""

_GATEWAYS = {"gateways": "demonstration-", "history": "history-", "load": "load-"}

_RETENTION = ("fleet.cli", "retention", "run", "--every-hours", "1")


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What the supervisor needs to know of the city.

    `environment` maps the name of a part (`simulators`, `ingest`, ...) to settings for it alone; `retention` is the
    module, with arguments, of the child process that lets old readings go. `fresh`: the city was put there now.
    `offices`: there are people who file its orders.
    """

    accounts: tuple[Account, ...] = ()
    fresh: bool = False
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    retention: tuple[str, ...] = ()
    offices: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """A broker account of the simulator: `code` is None for a gateway. `purpose` is one of `PURPOSES`."""

    purpose: str
    username: str
    password: str
    division: int
    code: str | None = None

    def as_json(self) -> dict[str, str]:
        values = {"username": self.username, "password": self.password, "division": f"{self.division:06d}"}
        return values if self.code is None else {**values, "code": self.code}


def simulator_file(data_dir: Path) -> Path:
    """Where the simulator finds its accounts (0600)."""
    return data_dir / "secrets" / "simulator.json"


def diary_file(data_dir: Path) -> Path:
    """Where the offices say since when they are open, and when they were last at work."""
    return data_dir / "run" / "office.json"


async def prepare_city(
    settings: Settings, broker: Mosquitto | None, say: Callable[[str], None], now: datetime
) -> Demonstration:
    """Called by `fleet up` after the migrations and before the services, with every address filled in.

    `broker` is the private one, already running, or None; `say` prints one line of progress. Raises StoreUnavailable,
    and InvalidSettings for an unfit FLEET_ADMIN_PASSWORD.
    """
    fresh = await _ensure_city(settings, say)
    mqtt = urlsplit(settings.require_mqtt_url())
    service_password = unquote(mqtt.password or "")
    administrator, admin_password = _administrator(settings)
    simulator_password = secret(settings.data_dir / "secrets" / "simulator_password")
    engine = create_engine(assume_role(settings.require_database_url(), "fleet_owner"), size=1)
    try:
        async with store_errors(), engine.connect() as connection:
            await ensure_admin(connection, admin_password)
            await _ensure_reader(connection, simulator_password)
            await ensure_service(connection, settings.mqtt_url)
            people = await ensure_people(connection, settings.data_dir / "secrets", fresh=fresh)
            kept = _kept_passwords(simulator_file(settings.data_dir), OFFICES)
            offices = await ensure_offices(connection, kept, fresh=fresh or bool(people))
            begins = await ensure_orders_kept(
                connection, diary_file(settings.data_dir), now, wanted=bool(offices) and settings.files_orders
            )
            logins = await _ensure_broker_accounts(connection, settings.data_dir)
            await connection.commit()
            _write_simulator_file(settings, logins, offices, simulator_password)
            if begins is not None:
                say(f"demonstration: orders count from {begins.astimezone(LOCAL):%H:%M} on")
            directory = broker.directory if broker is not None else settings.broker_dir
            if directory is not None:
                await apply_accounts(connection, directory)
            else:
                say("broker: it is not ours and FLEET_BROKER_DIR is not set, so the simulator's accounts are not on it")
    finally:
        await engine.dispose()
    return Demonstration(
        accounts=(administrator, *people),
        fresh=fresh,
        environment=(
            {"ingest": {"FLEET_MQTT_URL": with_credentials(settings.require_mqtt_url(), INGEST, service_password)}}
            if broker is not None
            else {}
        ),
        retention=_RETENTION,
        offices=bool(offices),
    )


async def prepare_administrator(settings: Settings) -> Demonstration:
    """The same for named servers into which no city is put: somebody must be able to log in, and ingest to connect.

    An administrator who exists is left alone unless FLEET_ADMIN_PASSWORD is set. Raises as `prepare_city`.
    """
    engine = create_engine(assume_role(settings.require_database_url(), "fleet_owner"), size=1)
    try:
        async with store_errors(), engine.connect() as connection:
            await ensure_service(connection, settings.mqtt_url)
            known = await accounts.find_credentials(connection, ADMINISTRATOR)
            if known is not None and settings.admin_password is None:
                await connection.commit()
                return Demonstration()
            administrator, password = _administrator(settings)
            await ensure_admin(connection, password)
            await connection.commit()
            return Demonstration(accounts=(administrator,))
    finally:
        await engine.dispose()


def _administrator(settings: Settings) -> tuple[Account, str]:
    """The administrator as it may be printed, and the password: the one that was set, or one that is kept here."""
    given = settings.admin_password
    password = given.get_secret_value() if given else secret(settings.data_dir / "secrets" / "admin_password")
    return Account(ADMINISTRATOR, "as FLEET_ADMIN_PASSWORD says" if given else password, "administrator"), password


async def _ensure_city(settings: Settings, say: Callable[[str], None]) -> bool:
    """Whether the city was put there now."""
    connection = await connect(settings.require_database_url(), application_name="one-network demonstration")
    try:
        async with store_errors():
            if await registry_is_empty(connection):
                city = build_city()
                if await load_city(connection, city):
                    say(f"demonstration: {len(city.organs)} organs and {len(city.vehicles)} vehicles loaded")
                    return True
            return False
    except asyncpg.InsufficientPrivilegeError as error:
        raise StoreUnavailable(f"FLEET_DATABASE_URL must name a member of the role fleet_owner: {error}") from error
    finally:
        await connection.close()


async def _ensure_reader(connection: AsyncConnection, password: str) -> None:
    """The simulator's account for the HTTP interface; a disabled one stays disabled."""
    stored = await accounts.find_credentials(connection, SIMULATOR)
    if stored is not None and (
        stored.disabled_at is not None or account_password_matches(password, stored.password_hash)
    ):
        return
    await accounts.put_account(
        connection, username=SIMULATOR, password_hash=hash_account_password(password), role=Role.AUDITOR
    )


async def _ensure_broker_accounts(connection: AsyncConnection, data_dir: Path) -> list[Login]:
    """Make the accounts exist with the passwords of the last time; answers those that the simulator may use."""
    kept = _kept_passwords(simulator_file(data_dir), PURPOSES)
    stored = {one.account.username: one for one in await broker_accounts.list_all(connection)}
    logins: list[Login] = []
    missing: list[BrokerAccount] = []
    for purpose, username, division, code in await _wanted(connection):
        password = kept.get(username) or new_password()
        one = stored.get(username)
        # When the file with the passwords is lost, nobody can use the accounts: they get new ones. Otherwise an
        # account that is revoked, or has a password we do not know, is somebody else's by now.
        if one is None or (not kept and one.revoked_at is None):
            kind = BrokerAccountKind.GATEWAY if code is None else BrokerAccountKind.UNIT
            missing.append(
                BrokerAccount(username=username, kind=kind, division=division, password_hash=hash_password(password))
            )
        elif one.revoked_at is not None or not password_matches(password, one.account.password_hash):
            continue
        logins.append(Login(purpose, username, password, division, code))
    await broker_accounts.create_many(connection, missing)
    return logins


async def _wanted(connection: AsyncConnection) -> list[tuple[str, str, int, str | None]]:
    """Purpose, username, division and unit code (None: a gateway): gateways for each division, and units from all
    over."""
    rows = (
        await connection.execute(
            select(unit.c.code, unit.c.division).where(unit.c.retired_at.is_(None)).order_by(unit.c.id)
        )
    ).all()
    step = max(1, len(rows) // SINGLE_UNITS)
    return [
        *(
            (purpose, gateway_username(f"{word}{one.code}"), one.code, None)
            for purpose, word in _GATEWAYS.items()
            for one in DIVISIONS
        ),
        *(("units", row.code, row.division, row.code) for row in rows[::step][:SINGLE_UNITS]),
    ]


def _kept_passwords(path: Path, lists: tuple[str, ...]) -> dict[str, str]:
    """Passwords by username from the last time; empty when there was none, or the file is not whole."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {one["username"]: one["password"] for name in lists for one in content.get(name, [])}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}


def _write_simulator_file(settings: Settings, logins: list[Login], offices: list[OfficeLogin], password: str) -> None:
    mqtt = urlsplit(settings.require_mqtt_url())
    host = "127.0.0.1" if settings.http_host in ("0.0.0.0", "::") else settings.http_host  # noqa: S104  # compared
    content = {
        "mqtt_url": urlunsplit((mqtt.scheme, mqtt.netloc.rpartition("@")[2], "", "", "")),
        **{name: [one.as_json() for one in logins if one.purpose == name] for name in PURPOSES},
        OFFICES[0]: [one.as_json() for one in offices],
        "api": {
            "url": f"{'http' if settings.http_tls_cert is None else 'https'}://{host}:{settings.http_port}",
            "username": SIMULATOR,
            "password": password,
        },
    }
    path = simulator_file(settings.data_dir)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
