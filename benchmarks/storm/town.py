"""The registry of the storm's town, its accounts at the broker, and the two files that the simulator reads."""

from __future__ import annotations

import json
from pathlib import Path

import asyncpg

from fleet.demonstration.units import unit_code
from fleet.geography.divisions import COUNTIES
from fleet.identity.accounts import ensure_admin
from fleet.identity.broker_access import INGEST, hash_password, new_password, render_access, render_passwords
from fleet.local.mosquitto import Mosquitto
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from fleet.store.pool import connect, create_engine

ADMINISTRATOR_PASSWORD = "a storm that ends well"
_ENERGIES = ("petrol", "diesel", "bev", "phev", "hev", "gas")
_VEHICLES_AN_ORGAN = 12
_SINGLE_EVERY = 10
"""Each so many-th unit has a connection of its own; the others speak through the gateway of their county."""

_REGISTER = (
    "insert into organ (id, code, name, kind, division)"
    " select id, 'O' || id, 'organ ' || id, 'government', division"
    " from unnest($1::int[], $2::int[]) as o (id, division)",
    "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats)"
    " select id, 'P' || id, organ, division, 'other', 'retained', energy, 'in_service', 'saloon', 5"
    " from unnest($1::int[], $2::int[], $3::int[], $4::text[]) as v (id, organ, division, energy)",
    "insert into vehicle_history (vehicle_id, period, organ_id, division, use, management, energy, status)"
    " select id, '[2020-01-01,)', organ_id, division, use, management, energy, status from vehicle",
    "insert into unit (id, code, division) select * from unnest($1::int[], $2::text[], $3::int[])",
    "insert into binding (unit_id, vehicle_id, period) select id, id, '[2020-01-01,)' from unit",
)


class Town:
    """`vehicles` vehicles 1 … n, each with the unit of the same number, in organs of all counties.

    Every journey of it is without an order: plenty to judge.
    """

    def __init__(self, vehicles: int) -> None:
        self.codes = {number: unit_code(number) for number in range(1, vehicles + 1)}
        self.ids = {code: number for number, code in self.codes.items()}
        self._organ = {number: 1 + (number - 1) // _VEHICLES_AN_ORGAN for number in self.codes}
        self.password = new_password()

    def division(self, number: int) -> int:
        """Of a vehicle and its unit."""
        return COUNTIES[(self._organ[number] - 1) % len(COUNTIES)].code

    def energy(self, number: int) -> str:
        return _ENERGIES[number % len(_ENERGIES)]

    async def register(self, url: str) -> None:
        numbers = list(self.codes)
        divisions = [self.division(number) for number in numbers]
        organs = {organ: self.division(number) for number, organ in self._organ.items()}
        connection: asyncpg.Connection = await connect(url, application_name="one-network storm")
        try:
            await connection.execute(_REGISTER[0], list(organs), list(organs.values()))
            energies = [self.energy(number) for number in numbers]
            await connection.execute(_REGISTER[1], numbers, list(self._organ.values()), divisions, energies)
            await connection.execute(_REGISTER[2])
            await connection.execute(_REGISTER[3], numbers, list(self.codes.values()), divisions)
            await connection.execute(_REGISTER[4])
        finally:
            await connection.close()
        engine = create_engine(url, size=1)
        try:
            async with engine.connect() as one:
                await ensure_admin(one, ADMINISTRATOR_PASSWORD)
                await one.commit()
        finally:
            await engine.dispose()

    def open_broker(self, broker: Mosquitto) -> None:
        """Ingest's account, a gateway for each county, some units with accounts of their own; and one for noise."""
        hashed = hash_password(self.password)
        accounts = [BrokerAccount(username=INGEST, kind=BrokerAccountKind.SERVICE, password_hash=hashed)]
        for county in COUNTIES:
            for name in (f"gateway.{county.code}", f"gateway.noise.{county.code}"):
                kind = BrokerAccountKind.GATEWAY
                accounts.append(BrokerAccount(username=name, kind=kind, division=county.code, password_hash=hashed))
        accounts += [
            BrokerAccount(username=self.codes[number], kind=BrokerAccountKind.UNIT, password_hash=hashed)
            for number in self._singles()
        ]
        broker.write_access(render_passwords(accounts), render_access(accounts))

    def write_files(self, directory: Path, port: int) -> tuple[Path, Path]:
        """Credentials and roster for `python -m simulators`, which reaches the broker at `port`."""
        gateways = [
            {"username": f"gateway.{one.code}", "password": self.password, "division": one.code} for one in COUNTIES
        ]
        units = [
            {
                "username": self.codes[number],
                "password": self.password,
                "division": self.division(number),
                "code": self.codes[number],
            }
            for number in self._singles()
        ]
        roster = [
            {
                "code": code,
                "division": self.division(number),
                "energy": self.energy(number),
                "vehicle_id": number,
                "organ": self._organ[number],
            }
            for number, code in self.codes.items()
        ]
        credentials = {"mqtt_url": f"mqtt://127.0.0.1:{port}", "gateways": gateways, "units": units}
        (directory / "credentials.json").write_text(json.dumps(credentials))
        (directory / "roster.json").write_text(json.dumps({"units": roster}))
        return directory / "credentials.json", directory / "roster.json"

    def _singles(self) -> list[int]:
        return [number for number in self.codes if number % _SINGLE_EVERY == 0]
