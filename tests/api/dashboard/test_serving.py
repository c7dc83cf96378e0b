"""The page's files: where they are, how long they are kept, and under which policy."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.dashboard.build import FOLDER, recent_enough
from api.dashboard.serve import PAGES, WORKER_POLICY, dashboard_router


@pytest.fixture(scope="module")
def client(built: Path) -> TestClient:
    app = FastAPI()
    app.include_router(dashboard_router(built))
    return TestClient(app, raise_server_exceptions=False)


def files_of(built: Path, pattern: str) -> list[str]:
    return [f"/assets/{path.name}" for path in sorted((built / "assets").glob(pattern))]


def test_every_address_of_the_page_is_the_page_with_a_nonce_of_its_own(client: TestClient) -> None:
    nonces = set()
    for path in (*PAGES, "/map/", "/dispatch/orders/7", "/statistics/nev", "/cases/12"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        (nonce,) = set(re.findall(r"nonce-([\w-]+)", answer.headers["content-security-policy"]))
        assert f'content="{nonce}"' in answer.text
        nonces.add(nonce)
    assert len(nonces) == len(PAGES) + 4


def test_the_page_opens_nothing_in_its_policy(client: TestClient) -> None:
    policy = client.get("/").headers["content-security-policy"]
    for word in ("unsafe", "data:", "blob:", "http:", "https:", "*"):
        assert word not in policy
    for rule in ("default-src 'none'", "script-src 'self';", "require-trusted-types-for 'script'", "object-src 'none'"):
        assert rule in policy


def test_files_are_kept_for_good_and_what_is_missing_is_no_page(client: TestClient, built: Path) -> None:
    addresses = re.findall(r'(?:src|href)="(/assets/[^"]+)"', client.get("/").text)
    assert len(addresses) >= 3
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]
    for address in (
        "/assets/nothing.js",
        addresses[0] + "x",
        "/assets/../index.html",
        "/assets/index.html",
        "/nothing",
    ):
        assert "text/html" not in client.get(address).headers.get("content-type", ""), address
    with pytest.raises(Exception, match="There is nothing at"):
        TestClient(client.app).get("/assets/nothing.js")


def test_files_go_packed_to_whom_accepts_that(client: TestClient, built: Path) -> None:
    (script,) = files_of(built, "react-*.js")
    plain = client.get(script, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with client.stream("GET", script, headers={"Accept-Encoding": "br, gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert len(raw) < len(plain.content) / 2
    assert gzip.decompress(raw) == plain.content
    assert "content-encoding" not in client.get(script, headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_the_maps_worker_has_a_policy_of_its_own(client: TestClient, built: Path) -> None:
    (worker,) = files_of(built, "*worker*.js")
    answer = client.get(worker)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-security-policy"] == WORKER_POLICY


def test_without_a_build_the_service_says_what_to_do(tmp_path: Path) -> None:
    app = FastAPI()
    app.include_router(dashboard_router(tmp_path))
    answer = TestClient(app).get("/map")
    assert answer.status_code == 503
    assert "make setup" in answer.text


def test_the_build_takes_the_node_that_it_runs_with() -> None:
    wanted = {"v18.19.0": False, "v20.18.0": False, "v20.19.2": True, "v21.7.0": False, "v22.11.0": False}
    wanted |= {"v22.20.0": True, "v24.1.0": True, "": False}
    assert {version: recent_enough(version) for version in wanted} == wanted


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    unsound = [name for name, package in lock["packages"].items() if name and "integrity" not in package]
    assert unsound == []


def test_the_units_of_the_page(built: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.dashboard.build", "test"], capture_output=True, text=True, check=False, timeout=170
    )
    assert done.returncode == 0, done.stdout + done.stderr
