"""Whom to play: accounts from the file that `fleet up` writes, units and vehicles from the public API or a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
import numpy as np

from fleet.errors import DependencyMissing, InvalidSettings, NotAuthenticated
from fleet.geography.divisions import division_index
from fleet.identity.tls import SYSTEM_TLS, ClientTls
from fleet.model.registry import Body, Energy, OrganKind, VehicleStatus, VehicleUse
from simulators.bills import Card
from simulators.city import RegisteredSite, SiteKind
from simulators.days.model import VehicleSpec
from simulators.office.posts import OfficeAccount
from simulators.office.staff import Driver

T = TypeVar("T")

_PAGE = 1_000
_PURPOSE = "simulation of onboard units"


@dataclass(frozen=True, slots=True)
class UnitSpec:
    """One unit and the vehicle it sits in; a roster file is `{"units": [...]}` of these fields.

    Litres and kWh are null where there is no tank or battery; home is the parking place in degrees, null = the
    county's seat. `organ` is the number of the vehicle's organ; vehicles of one organ share a rhythm.
    """

    code: str
    division: int
    energy: Energy = Energy.PETROL
    body: Body = Body.SALOON
    tank_l: float | None = None
    battery_kwh: float | None = None
    home_lat: float | None = None
    home_lon: float | None = None
    vehicle_id: int | None = None
    use: VehicleUse = VehicleUse.OTHER
    status: VehicleStatus = VehicleStatus.IN_SERVICE
    organ: int | None = None
    organ_kind: OrganKind = OrganKind.GOVERNMENT
    seats: int | None = None
    confidential: bool = False
    sits_from: float | None = None  # Unix seconds, of a unit that is still to be fitted

    @property
    def vehicle(self) -> VehicleSpec:
        """The vehicle as its life is drawn from."""
        home = None if self.home_lat is None or self.home_lon is None else (self.home_lat, self.home_lon)
        return VehicleSpec(
            energy=self.energy,
            body=self.body,
            division=self.division,
            tank_l=self.tank_l,
            battery_kwh=self.battery_kwh,
            home=home,
            # A vehicle keeps its ways when its unit is replaced.
            key=self.code if self.vehicle_id is None else f"v{self.vehicle_id}",
            use=self.use,
            status=self.status,
            organ=self.organ,
            organ_kind=self.organ_kind,
        )


@dataclass(frozen=True, slots=True)
class Account:
    """A broker account; `code` names the unit of a single-unit account and is None for a gateway."""

    username: str
    password: str
    division: int
    code: str | None = None


@dataclass(frozen=True, slots=True)
class ApiAccount:
    url: str
    username: str
    password: str
    tls: ClientTls = SYSTEM_TLS


@dataclass(frozen=True, slots=True)
class Credentials:
    """The file that `fleet up` writes for the simulator.

    `gateways` and `units` are the accounts of the living fleet; `history` and `load` are gateways of their own, so
    that each can be told apart at the broker, and cut off alone. `offices`: people who file orders.
    """

    mqtt_url: str
    gateways: tuple[Account, ...] = ()
    units: tuple[Account, ...] = ()
    history: tuple[Account, ...] = ()
    load: tuple[Account, ...] = ()
    api: ApiAccount | None = None
    offices: tuple[OfficeAccount, ...] = ()
    mqtt_tls: ClientTls = SYSTEM_TLS

    @property
    def broker(self) -> BrokerAddress:
        """Raises InvalidSettings."""
        return BrokerAddress.parse(self.mqtt_url, self.mqtt_tls)

    def trusting(self, mqtt_tls: ClientTls, api_tls: ClientTls) -> Credentials:
        """The same, with what the settings say of TLS."""
        api = None if self.api is None else replace(self.api, tls=api_tls)
        return replace(self, api=api, mqtt_tls=mqtt_tls)


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    host: str
    port: int
    tls: bool
    client_tls: ClientTls = SYSTEM_TLS

    @classmethod
    def parse(cls, url: str, client_tls: ClientTls = SYSTEM_TLS) -> BrokerAddress:
        """From `mqtt[s]://host:port`. Raises InvalidSettings."""
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise InvalidSettings(
                f"mqtt_url must look like mqtt://host:port, not {parts.scheme}://{parts.hostname or ''}"
            )
        tls = parts.scheme == "mqtts"
        return cls(parts.hostname, parts.port or (8883 if tls else 1883), tls, client_tls)


@dataclass(frozen=True, slots=True)
class _RosterFile:
    units: tuple[UnitSpec, ...]


@dataclass(frozen=True, slots=True)
class _ApiUnit:
    id: int
    code: str
    division: int
    vehicle_id: int | None = None


class _ApiBinding(msgspec.Struct, frozen=True):
    vehicle_id: int
    begin: datetime = msgspec.field(name="from")


@dataclass(frozen=True, slots=True)
class _Place:
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class _ApiVehicle:
    id: int
    plate: str
    energy: Energy
    body: Body | None = None
    tank_l: float | None = None
    battery_kwh: float | None = None
    parking: _Place | None = None
    use: VehicleUse = VehicleUse.OTHER
    status: VehicleStatus = VehicleStatus.IN_SERVICE
    organ_id: int | None = None
    seats: int | None = None
    confidential: bool = False


class _ApiCard(msgspec.Struct, frozen=True):
    card: str
    vehicle_id: int
    begin: date = msgspec.field(name="from")
    end: date | None = msgspec.field(name="to", default=None)


@dataclass(frozen=True, slots=True)
class _ApiOrgan:
    id: int
    kind: OrganKind


@dataclass(frozen=True, slots=True)
class _ApiArea:
    name: str
    category: str | None = None
    circle: _Place | None = None
    polygon: tuple[_Place, ...] | None = None


_SITE_KINDS = {
    "fuel": SiteKind.STATION,
    "charging": SiteKind.CHARGER,
    "scenic": SiteKind.SCENIC,
    "entertainment": SiteKind.ENTERTAINMENT,
    "private_club": SiteKind.PRIVATE_CLUB,
}


def read_credentials(path: Path) -> Credentials:
    """Raises InvalidSettings naming the file and what is wrong with it."""
    return _read(path, Credentials)


def read_roster(path: Path) -> list[UnitSpec]:
    """The units of a roster file. Raises InvalidSettings."""
    return list(_read(path, _RosterFile).units)


def fetch_roster(account: ApiAccount, *, timeout_s: float = 10.0) -> list[UnitSpec]:
    """All units of the registry with their vehicles, in the order of the API.

    Raises DependencyMissing while the API does not answer, NotAuthenticated when it refuses the account,
    InvalidSettings when what answers is not the API.
    """
    with logged_in(account, timeout_s) as client:
        vehicles = {one.id: one for one in _items(client, "vehicles", _ApiVehicle)}
        units = list(_items(client, "units", _ApiUnit))
        kinds = {one.id: one.kind for one in _items(client, "organs", _ApiOrgan)}
        coming = {unit.id: found for unit in units if unit.vehicle_id is None and (found := _coming(client, unit.id))}
    specs = []
    for unit in units:
        later = coming.get(unit.id)
        spec = _unit_spec(unit, vehicles.get((unit.vehicle_id if later is None else later.vehicle_id) or -1), kinds)
        specs.append(spec if later is None else replace(spec, sits_from=later.begin.timestamp()))
    return specs


def _coming(client: httpx.Client, unit_id: int) -> _ApiBinding | None:
    """Where a unit that sits nowhere is to be fitted."""
    found = read_json(client.get("bindings", params={"unit": unit_id, "limit": _PAGE}))["items"]
    bindings = [msgspec.convert(one, _ApiBinding) for one in found if one["from"] is not None and one["to"] is None]
    return bindings[0] if bindings else None


def fetch_sites(account: ApiAccount, *, timeout_s: float = 10.0) -> list[RegisteredSite]:
    """Stations and restricted places of the registry: vehicles are to be seen where the rules look for them.

    Raises as `fetch_roster`.
    """
    with logged_in(account, timeout_s) as client:
        areas = list(_items(client, "areas", _ApiArea, purpose=["station", "restricted"]))
    found = []
    for area in areas:
        kind, corners = _SITE_KINDS.get(area.category or ""), area.polygon or ()
        lat, lon = (
            (area.circle.lat, area.circle.lon)
            if area.circle is not None
            else (
                sum(c.lat for c in corners) / max(1, len(corners)),
                sum(c.lon for c in corners) / max(1, len(corners)),
            )
        )
        lat_e7, lon_e7 = (np.array([round(degrees * 1e7)], dtype=np.int32) for degrees in (lat, lon))
        division = int(division_index().lookup(lat_e7, lon_e7)[0])
        if kind is not None and division:
            found.append(RegisteredSite(kind, area.name, division, lat, lon))
    return found


def fetch_drivers(account: ApiAccount, *, timeout_s: float = 10.0) -> list[Driver]:
    """All drivers of the registry. Raises as `fetch_roster`."""
    with logged_in(account, timeout_s) as client:
        return list(_items(client, "drivers", Driver))


def fetch_plates(account: ApiAccount, *, timeout_s: float = 10.0) -> dict[int, str]:
    """Plates by vehicle. Raises as `fetch_roster`."""
    with logged_in(account, timeout_s) as client:
        return {one.id: one.plate for one in _items(client, "vehicles", _ApiVehicle)}


def fetch_cards(account: ApiAccount, *, timeout_s: float = 10.0) -> list[Card]:
    """Which fuel card belonged to which vehicle. Raises as `fetch_roster`."""
    with logged_in(account, timeout_s) as client:
        cards = list(_items(client, "fuel-cards", _ApiCard))
    return [Card(one.card, one.vehicle_id, one.begin, one.end) for one in cards]


def import_sheet(account: ApiAccount, path: str, sheet: str, *, timeout_s: float = 60.0) -> None:
    """Has the API take in what it can of a sheet. Raises as `fetch_roster`."""
    with logged_in(account, timeout_s) as client:
        read_json(
            client.post(
                path,
                params={"partial": "true"},
                content=sheet.encode(),
                headers={"Content-Type": "text/csv; charset=utf-8"},
            )
        )


@contextmanager
def logged_in(account: ApiAccount, timeout_s: float) -> Iterator[httpx.Client]:
    """A client of the API with a session; what goes wrong in it is one of our errors."""
    base = account.url.rstrip("/") + "/api/v1/"
    # Proxies of the environment are not for the service we belong to.
    with httpx.Client(
        base_url=base,
        timeout=timeout_s,
        trust_env=False,
        headers={"X-Purpose": _PURPOSE},
        verify=account.tls.context() if base.startswith("https:") else True,
    ) as client:
        try:
            login = {"username": account.username, "password": account.password, "grant_type": "password"}
            answer = client.post("auth/token", data=login)
            if answer.status_code in (400, 401, 403):
                raise NotAuthenticated(f"the API at {account.url} refuses the account {account.username!r}")
            client.headers["Authorization"] = f"Bearer {read_json(answer)['access_token']}"
            yield client
        except httpx.TransportError as error:
            raise DependencyMissing(f"the API at {account.url} does not answer ({error})") from error
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidSettings(f"{account.url} does not answer as the API of this product does ({error})") from error


def choose(roster: list[UnitSpec], count: int | None) -> list[UnitSpec]:
    """`count` units spread evenly over the roster, so that every division keeps its share; None = all."""
    ordered = sorted(roster, key=lambda spec: spec.code)
    if count is None or count >= len(ordered):
        return ordered
    return [ordered[k * len(ordered) // count] for k in range(count)]


def _unit_spec(unit: _ApiUnit, vehicle: _ApiVehicle | None, kinds: Mapping[int, OrganKind]) -> UnitSpec:
    if vehicle is None:
        return UnitSpec(code=unit.code, division=unit.division)
    return UnitSpec(
        code=unit.code,
        division=unit.division,
        energy=vehicle.energy,
        body=vehicle.body or Body.SALOON,
        tank_l=vehicle.tank_l,
        battery_kwh=vehicle.battery_kwh,
        home_lat=vehicle.parking.lat if vehicle.parking else None,
        home_lon=vehicle.parking.lon if vehicle.parking else None,
        vehicle_id=vehicle.id,
        use=vehicle.use,
        status=vehicle.status,
        organ=vehicle.organ_id,
        organ_kind=kinds.get(vehicle.organ_id or -1, OrganKind.GOVERNMENT),
        seats=vehicle.seats,
        confidential=vehicle.confidential,
    )


def _items(client: httpx.Client, path: str, item_type: Callable[..., T], **query: list[str]) -> Iterator[T]:
    cursor: str | None = None
    while True:
        page = read_json(client.get(path, params={"limit": _PAGE, **query, **({"cursor": cursor} if cursor else {})}))
        yield from msgspec.convert(page["items"], list[item_type], strict=False)  # type: ignore[valid-type]
        cursor = page.get("next_cursor")
        if cursor is None:
            return


def read_json(answer: httpx.Response) -> dict[str, Any]:
    """The body. Raises DependencyMissing while the API is not ready, InvalidSettings when it refuses."""
    if answer.status_code >= 500:
        raise DependencyMissing(f"the API at {answer.url} is not ready ({answer.status_code})")
    if answer.status_code >= 400:
        raise InvalidSettings(f"the API at {answer.url} answers {answer.status_code}: {answer.text[:200]}")
    found: dict[str, Any] = msgspec.json.decode(answer.content, type=dict)
    return found


def _read(path: Path, file_type: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=file_type, strict=False)
    except OSError as error:
        raise InvalidSettings(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise InvalidSettings(f"{path} is not as expected: {error}") from error
