"""Where the simulator learns whom to play, and that every failure is one clear sentence."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from fleet.errors import DependencyMissing, FleetError, InvalidSettings, NotAuthenticated
from fleet.model.registry import Body, Energy, OrganKind, VehicleUse
from simulators.city import RegisteredSite, SiteKind
from simulators.roster import (
    ApiAccount,
    BrokerAddress,
    UnitSpec,
    choose,
    fetch_roster,
    fetch_sites,
    read_credentials,
    read_roster,
)
from tests.services import free_port

VEHICLES: list[dict[str, Any]] = [
    {
        "id": 1,
        "plate": "云D00001",
        "energy": "bev",
        "division": 530302,
        "use": "emergency",
        "body": "suv",
        "organ_id": 9,
    }
    | {"tank_l": None, "battery_kwh": 62.5, "parking": {"lat": 25.5, "lon": 103.8}},
    {"id": 2, "plate": "云D00002", "energy": "petrol", "division": 530381, "use": "other", "body": "saloon"}
    | {"tank_l": 50.0, "battery_kwh": None, "parking": None},
]
ORGANS: list[dict[str, Any]] = [{"id": 1, "kind": "city"}, {"id": 9, "kind": "court"}, {"id": 12, "kind": "party"}]
AREAS: list[dict[str, Any]] = [
    {"name": "示范加油站 1", "purpose": "station", "category": "fuel", "circle": {"lat": 25.51, "lon": 103.8}},
    {"name": "示范景区", "purpose": "restricted", "category": "scenic", "circle": None}
    | {"polygon": [{"lat": 25.0, "lon": 103.6}, {"lat": 25.02, "lon": 103.6}, {"lat": 25.01, "lon": 103.63}]},
    {"name": "无类", "purpose": "station", "category": None, "circle": {"lat": 25.5, "lon": 103.8}},
    {"name": "境外", "purpose": "station", "category": "fuel", "circle": {"lat": 20.0, "lon": 100.0}},
]
UNITS: list[dict[str, Any]] = [
    {"id": 31, "code": "QJ000001", "division": "530302", "vehicle_id": 1},
    {"id": 32, "code": "QJ000002-R261124", "division": 530381, "vehicle_id": None},
    {"id": 33, "code": "QJ000003", "division": 530300, "vehicle_id": None},
]
BINDINGS: dict[str, list[dict[str, Any]]] = {
    "32": [{"vehicle_id": 2, "from": "2026-11-24T02:00:00Z", "to": None}],
    "33": [{"vehicle_id": 1, "from": "2026-10-24T02:00:00Z", "to": "2026-10-25T02:00:00Z"}],
}


class Api(BaseHTTPRequestHandler):
    """The routes a simulator asks, two items a page."""

    status = 200

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        right = form["username"] == ["simulator"] and form["password"] == ["secret"]
        self._answer({"access_token": "token"} if right else {}, self.status if right else 401)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        start = int(parse_qs(parts.query).get("cursor", ["0"])[0])
        found: dict[str, list[Any]] = {"vehicles": VEHICLES, "units": UNITS, "organs": ORGANS, "areas": AREAS}
        found["bindings"] = BINDINGS.get(parse_qs(parts.query).get("unit", [""])[0], [])
        items = found[parts.path.rpartition("/")[2]]
        authorised = self.headers["Authorization"] == "Bearer token"
        next_cursor = str(start + 2) if start + 2 < len(items) else None
        page = {"items": items[start : start + 2], "next_cursor": next_cursor}
        self._answer(page, 200 if authorised else 401)

    def _answer(self, content: dict[str, Any], status: int) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def api() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_units_and_vehicles_come_from_the_api_page_by_page(api: str) -> None:
    assert fetch_roster(ApiAccount(api + "/", "simulator", "secret")) == [
        replace(
            UnitSpec("QJ000001", 530302, Energy.BEV, Body.SUV, None, 62.5, 25.5, 103.8, 1),
            use=VehicleUse.EMERGENCY,
            organ=9,
            organ_kind=OrganKind.COURT,
        ),
        # It is fitted later: until then it says nothing.
        UnitSpec(
            *("QJ000002-R261124", 530381, Energy.PETROL, Body.SALOON, 50.0, None, None, None, 2),
            sits_from=datetime(2026, 11, 24, 2, tzinfo=UTC).timestamp(),
        ),
        UnitSpec("QJ000003", 530300),
    ]


def test_stations_and_restricted_places_come_from_the_api_too(api: str) -> None:
    station, scenic = fetch_sites(ApiAccount(api, "simulator", "secret"))
    assert station == RegisteredSite(SiteKind.STATION, "示范加油站 1", 530302, 25.51, 103.8)
    assert (scenic.kind, scenic.division) == (SiteKind.SCENIC, 530322)
    assert [scenic.lat, scenic.lon] == pytest.approx([25.01, 103.61])


def test_a_wrong_password_is_said(api: str) -> None:
    with pytest.raises(NotAuthenticated, match="refuses the account 'simulator'"):
        fetch_roster(ApiAccount(api, "simulator", "wrong"))


@pytest.mark.parametrize(("status", "error"), [(503, DependencyMissing), (404, InvalidSettings)])
def test_another_answer_is_said(
    api: str, status: int, error: type[FleetError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Api, "status", status)
    with pytest.raises(error, match=str(status)):
        fetch_roster(ApiAccount(api, "simulator", "secret"))


def test_an_api_that_is_not_there_may_come_later() -> None:
    with pytest.raises(DependencyMissing, match="does not answer"):
        fetch_roster(ApiAccount(f"http://127.0.0.1:{free_port()}", "simulator", "secret"))


def test_files(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials.json"
    credentials.write_text(
        '{"mqtt_url": "mqtt://127.0.0.1:1884", "api": {"url": "http://a", "username": "u", "password": "p"},'
        ' "gateways": [{"username": "g", "password": "p", "division": "530302"}],'
        ' "units": [{"username": "T1", "password": "p", "code": "T1", "division": 530303}]}'
    )
    found = read_credentials(credentials)
    assert found.gateways[0].division == 530302
    assert found.units[0].code == "T1"
    roster = tmp_path / "roster.json"
    roster.write_text('{"units": [{"code": "T1", "division": "530303", "energy": "fcev"}]}')
    assert read_roster(roster) == [UnitSpec("T1", 530303, Energy.FCEV)]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"units": [{"code": 5}]}'])
def test_a_bad_file_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "roster.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InvalidSettings, match=r"roster\.json"):
        read_roster(path)


def test_broker_addresses() -> None:
    assert BrokerAddress.parse("mqtt://127.0.0.1:1884") == BrokerAddress("127.0.0.1", 1884, False)
    assert BrokerAddress.parse("mqtts://broker.example") == BrokerAddress("broker.example", 8883, True)
    with pytest.raises(InvalidSettings, match="must look like"):
        BrokerAddress.parse("http://127.0.0.1")


def test_a_choice_keeps_every_division() -> None:
    roster = [UnitSpec(f"U{k:04d}", 530302 + k // 100) for k in range(900)]
    chosen = choose(roster, 90)
    assert len({spec.code for spec in chosen}) == 90
    assert {spec.division for spec in chosen} == {530302 + k for k in range(9)}
    assert choose(roster, 5_000) == choose(roster, None) == roster
