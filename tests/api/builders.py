"""Rows for the tests of the API, written as the owner, and the application on a database of the test's own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.auth.sessions import new_pair
from api.database import SERVER_SETTINGS
from fleet.audit.keys import read_keys
from fleet.identity.accounts import ensure_admin
from fleet.identity.passwords import hash_password
from fleet.identity.tokens import new_token, token_digest
from fleet.identity.totp_keys import TotpKeys
from fleet.model.readings import KIND_NUMBERS, Kind
from fleet.model.registry import Role
from fleet.settings import assume_role
from fleet.store import accounts, tables, tokens
from fleet.store.audit_files import AuditFiles
from fleet.store.audit_journal import APPLICATION_NAME, Journal
from fleet.store.pool import connect, create_engine
from fleet.store.tokens import PersonalToken
from tests import services

AUDIT_KEYS = read_keys("a key of the tests that is long enough", "the tests")
TOTP_KEYS = TotpKeys("another key of the tests long enough to be one", "the tests")
PASSWORD = "correct-horse-battery"
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


class Clock:
    """A clock that the test moves; it starts at the machine's time."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta) -> None:
        self.moment += by


@dataclass(slots=True)
class World:
    """A database with an administrator, and the means to put rows into it."""

    url: str
    engine: AsyncEngine
    clock: Clock
    audit: Path
    revision: int = 0

    async def execute(self, statement: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(statement)

    async def scalar(self, sql: str) -> Any:
        async with self.engine.begin() as connection:
            return (await connection.execute(text(sql))).scalar_one()

    async def execute_sql(self, sql: str) -> None:
        await self.execute(text(sql))

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        async with self.engine.begin() as connection:
            return [dict(row) for row in (await connection.execute(text(sql))).mappings()]

    async def organ(self, organ_id: int, **values: Any) -> int:
        row = {
            "id": organ_id,
            "code": f"O{organ_id}",
            "name": f"单位{organ_id}",
            "kind": "government",
            "division": 530302,
            **values,
        }
        await self.execute(insert(tables.organ).values(row))
        return organ_id

    async def vehicle(self, vehicle_id: int, *, organ: int, fitted: bool = True, **values: Any) -> int:
        """A vehicle and, with the same id, the unit `U<id>` that sits in it since long ago."""
        row = {
            "id": vehicle_id,
            "plate": f"云D{vehicle_id:05d}",
            "organ_id": organ,
            "division": 530302,
            "use": "other",
            "management": "retained",
            "energy": "petrol",
            "status": "in_service",
            "body": "saloon",
            "seats": 5,
            **values,
        }
        await self.execute(insert(tables.vehicle).values(row))
        if fitted:
            await self.unit(vehicle_id)
            await self.bind(vehicle_id, vehicle_id)
        return vehicle_id

    async def many(self, count: int) -> None:
        """So many moving vehicles of one organ, each with its unit and a last state of revision 1."""
        self.revision = 1
        for statement in (
            "insert into organ (id, code, name, kind, division) values (1, 'c', 'c', 'city', 530300)",
            "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats)"
            " select n, '云D' || n, 1, 530302, 'other', 'retained', 'petrol', 'in_service', 'saloon', 5"
            f" from generate_series(1, {count}) n",
            f"insert into unit (id, code, division) select n, 'U' || n, 530302 from generate_series(1, {count}) n",
            "insert into binding (unit_id, vehicle_id, period)"
            f" select n, n, tstzrange('2024-01-01Z', null) from generate_series(1, {count}) n",
            "insert into latest_state (unit_id, revision, position_at, position_received_at, lat_e7, lon_e7, division,"
            " speed_dkmh, flags, ignition, online)"
            " select n, 1, now(), now(), 255000000 + n, 1038000000 + n, 530302, 300, 0, true, true"
            f" from generate_series(1, {count}) n",
            "update live_revision set revision = 1",
        ):
            await self.execute(text(statement))

    async def unit(self, unit_id: int, division: int = 530302) -> int:
        await self.execute(insert(tables.unit).values(id=unit_id, code=f"U{unit_id}", division=division))
        return unit_id

    async def bind(
        self, unit_id: int, vehicle_id: int, begin: datetime = LONG_AGO, end: datetime | None = None
    ) -> None:
        await self.execute(
            insert(tables.binding).values(unit_id=unit_id, vehicle_id=vehicle_id, period=Range(begin, end, bounds="[)"))
        )

    async def states(self, *rows: dict[str, Any]) -> int:
        """Write last states as one batch of ingest does, and answer its revision."""
        self.revision += 1
        now = self.clock()
        complete = [
            {
                "revision": self.revision,
                "position_at": now,
                "position_received_at": now,
                "lat_e7": 255000000,
                "lon_e7": 1038000000,
                "division": 530302,
                "speed_dkmh": 0,
                "flags": 0,
                "ignition": False,
                "online": True,
                "online_at": now,
                **row,
            }
            for row in rows
        ]
        async with self.engine.begin() as connection:
            await connection.execute(update(tables.live_revision).values(revision=self.revision))
            for row in complete:
                await connection.execute(
                    insert(tables.latest_state).values(row).on_conflict_do_update(index_elements=["unit_id"], set_=row)
                )
        return self.revision

    async def positions(self, unit_id: int, readings: Iterable[dict[str, Any]]) -> None:
        rows = [
            {
                "batch": 16,
                "unit_id": unit_id,
                "run": 0,
                "seq": None,
                "lat_e7": 255000000,
                "lon_e7": 1038000000,
                "division": 530302,
                "odometer_m": None,
                "speed_dkmh": None,
                "heading_deg": None,
                "altitude_m": None,
                "hdop_tenths": None,
                "satellites": None,
                "flags": 0,
                "ignition": None,
                **reading,
            }
            for reading in readings
        ]
        async with self.engine.begin() as connection:
            await connection.execute(tables.position_reading.insert(), rows)

    async def booked(self, hour: datetime, unit_id: int, kind: Kind | None, *numbers: int) -> None:
        """Received, stored, duplicate, quarantined of one hour, in both books."""
        names = ("received", "stored", "duplicate", "quarantined")
        counts = dict(zip(names, numbers, strict=True))
        number = 0 if kind is None else KIND_NUMBERS[kind]
        async with self.engine.begin() as connection:
            await connection.execute(tables.ledger.insert().values(hour=hour, unit_id=unit_id, kind=number, **counts))
            total = insert(tables.ledger_hour).values(hour=hour, kind=number, **counts)
            await connection.execute(
                total.on_conflict_do_update(
                    index_elements=["hour", "kind"],
                    set_={name: tables.ledger_hour.c[name] + total.excluded[name] for name in names},
                )
            )

    async def received(self, unit: str, committed: str, oldest_seq: int | None = None, run: int = 0) -> None:
        """The receipt of a unit's positions; `committed` as PostgreSQL writes a multirange."""
        async with self.engine.begin() as connection:
            await connection.execute(
                text(
                    "insert into receipt (division, unit, kind, run, revision, touched_at, observed_at, committed,"
                    " oldest_seq) values (530302, :unit, 1, :run, 1, now(), now(), cast(:committed as text)"
                    "::int8multirange, :oldest)"
                ),
                {"unit": unit, "run": run, "committed": committed, "oldest": oldest_seq},
            )

    async def refused(self, entry_id: int, payload: bytes = b"{", **values: Any) -> None:
        now = self.clock()
        row = {
            "id": entry_id,
            "received_at": now,
            "batch": 16,
            "topic": "fleet/v1/530302/U1/position",
            "payload": payload,
            "reason": "malformed_json",
            "reasons": [{"code": "malformed_json", "field": None, "detail": "not JSON"}],
            "unit_id": 1,
            "kind": 1,
            "hour": now.replace(minute=0, second=0, microsecond=0),
            **values,
        }
        await self.execute(insert(tables.quarantine).values(row))

    async def account(self, username: str, role: Role, organ: int | None = None) -> int:
        async with self.engine.begin() as connection:
            return await accounts.put_account(
                connection, username=username, password_hash=_hashed(), role=role, organ_id=organ
            )

    async def session_of(self, account_id: int) -> dict[str, str]:
        """The header of a log-in of the account, without the cost of one."""
        pair = new_pair(self.clock(), self.clock() + timedelta(days=1))
        async with self.engine.begin() as connection:
            session_id = await tokens.begin_session(
                connection, account_id, at=self.clock(), expires_at=self.clock() + timedelta(days=1)
            )
            await tokens.add_access(
                connection,
                account_id=account_id,
                session_id=session_id,
                sha256=token_digest(pair.access),
                expires_at=pair.access_expires_at,
            )
        return {"Authorization": f"Bearer {pair.access}"}

    async def token_of(self, account_id: int, **limits: Any) -> dict[str, str]:
        """The header of a personal token of the account, without the cost of a log-in."""
        token = new_token()
        wanted = PersonalToken(label="test", expires_at=self.clock() + timedelta(days=1), **limits)
        async with self.engine.begin() as connection:
            await tokens.add_personal(connection, account_id, token_digest(token), wanted)
        return {"Authorization": f"Bearer {token}"}


@cache
def _hashed() -> str:
    """Made once: a hash takes as long as it is meant to."""
    return hash_password(PASSWORD)


@contextlib.asynccontextmanager
async def world(url: str, audit: Path | None = None) -> AsyncIterator[World]:
    """`audit`: where the audit log's files go; default: into the session's directory."""
    engine = create_engine(url, application_name="tests")
    try:
        async with engine.begin() as connection:
            await ensure_admin(connection, PASSWORD)
        yield World(url, engine, Clock(), audit or services.fresh_directory("audit"))
    finally:
        await engine.dispose()


def journal(made: World) -> Journal:
    """The audit log's writer, with the files of this world."""
    url = assume_role(made.url, "fleet_api")
    return Journal(
        lambda: connect(url, application_name=APPLICATION_NAME), AUDIT_KEYS, AuditFiles(made.audit), made.clock
    )


@contextlib.asynccontextmanager
async def running(
    made: World, *, require_totp: bool = False, request_rate_per_s: int = 300, registry_interval_s: float = 0
) -> AsyncIterator[FastAPI]:
    """The application as the role it has in production; by default the registry is read anew at each question."""
    engine = create_engine(assume_role(made.url, "fleet_api"), application_name="api", server_settings=SERVER_SETTINGS)
    app = create_app(
        engine,
        made.clock,
        journal(made),
        TOTP_KEYS,
        registry_interval_s=registry_interval_s,
        require_totp=require_totp,
        request_rate_per_s=request_rate_per_s,
    )
    async with app.router.lifespan_context(app):
        yield app


@contextlib.asynccontextmanager
async def connected(app: FastAPI, username: str | None = "admin") -> AsyncIterator[httpx.AsyncClient]:
    """A client, logged in by bearer token unless `username` is None."""
    # Faults of ours are answered, and raised again for the log: the answer is what is tested.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://fleet.test") as client:
        if username is not None:
            answer = await client.post("/api/v1/auth/token", data={"username": username, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            client.cookies.clear()
        yield client
