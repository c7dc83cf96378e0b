"""`docs/auditors.md` is run: each request against a real service, each answer compared with what stands under it.

A question is added by adding its blocks: `sh` with one curl (and `| jq`), then `json` with the parts of the answer that
count. Lists are compared element by element, as long as the document's; "…" stands for anything.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.dialects.postgresql import Range, insert

from fleet.model.readings import Kind
from fleet.model.registry import Role
from fleet.store import tables
from tests.api.builders import PASSWORD, World, connected
from tests.api.case_rows import case
from tests.api.conftest import app, world  # noqa: F401  # fixtures
from tests.api.journeys import Journeys
from tests.api.streams import served
from tests.api.two_organs import ordered

pytestmark = pytest.mark.store

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "auditors.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```\n+```json\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
OF_DAY = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
WITHOUT_ORDER = datetime(2026, 11, 20, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """One request as the document has it."""

    address: str
    headers: dict[str, str]
    query: dict[str, str]
    jq: str | None


def understood(command: str, **variables: str) -> Question:
    """A curl with -s, -G, -H, --data-urlencode and its address, and perhaps a jq behind it."""
    for name, value in variables.items():
        command = command.replace(f"${name}", value)
    words = shlex.split(command.replace("\\\n", " "))
    jq = None
    if "|" in words:
        at = words.index("|")
        assert words[at + 1 : at + 3] == ["jq", "-c"], words
        (jq,) = words[at + 3 :]
        words = words[:at]
    assert words.pop(0) == "curl"
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    address = ""
    while words:
        match words.pop(0):
            case "-s" | "-G":
                pass
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "--data-urlencode":
                name, _, value = words.pop(0).partition("=")
                query[name] = value
            case word:
                assert not word.startswith("-"), f"this test does not know curl's {word}"
                address = word
    return Question(address, headers, query, jq)


def filtered(content: bytes, jq: str) -> bytes:
    return subprocess.run(["jq", "-c", jq], input=content, capture_output=True, check=True, timeout=20).stdout


def differences(declared: Any, found: Any, where: str = "") -> list[str]:
    """What the document declares and the answer does not have."""
    if declared == "…":
        return []
    if isinstance(declared, dict) and isinstance(found, dict):
        missing = [f"{where}.{name} is missing" for name in declared.keys() - found.keys()]
        both = declared.keys() & found.keys()
        return missing + [one for name in both for one in differences(declared[name], found[name], f"{where}.{name}")]
    if isinstance(declared, list) and isinstance(found, list):
        if len(declared) != len(found):
            return [f"{where} has {len(found)} elements, not {len(declared)}: {found}"]
        pairs = enumerate(zip(declared, found, strict=True))
        return [one for i, (mine, theirs) in pairs for one in differences(mine, theirs, f"{where}[{i}]")]
    return [] if declared == found else [f"{where} is {found!r}, not {declared!r}"]


async def driven(world: World) -> None:  # noqa: F811
    """One trip with an order, one without, and the case that came of it."""
    journeys = Journeys(world)
    await ordered(world, 12, 2, 17)
    order = {"kind": "order", "id": 12, "number": "O2-2026-0012", "version": 0}
    for vehicle_id, begin, kind, grants in ((17, OF_DAY, "approved", [order]), (19, WITHOUT_ORDER, "unapproved", [])):
        trip_id = await journeys.trip(vehicle_id, begin, organ_id=2)
        code = "covered_by_order" if grants else "no_order"
        row = {
            "trip_id": trip_id,
            "version": 1,
            "vehicle_id": vehicle_id,
            "organ_id": 2,
            "started_at": begin,
            "kind": kind,
            "deviations": [],
            "reasons": [{"code": code, "source_id": None, "data": {"from": begin.isoformat()}}],
            "grants": grants,
            "uncovered": [],
            "covered_late": [],
            "provisional": False,
            "judged_at": begin,
            "why": "live",
        }
        await world.execute(insert(tables.verdict).values(row))
    await case(world, 5, 2, vehicle_id=19, begin_at=WITHOUT_ORDER)


async def fuelled(world: World) -> None:  # noqa: F811
    """45 litres on the card, 31 in the tank."""
    at = datetime(2026, 11, 20, 3, tzinfo=UTC)
    await Journeys(world).stop(17, at, at + timedelta(minutes=20), organ_id=2, fuel_change_ml=31_000)
    period = Range(date(2024, 1, 1), None, bounds="[)")
    await world.execute(insert(tables.fuel_card).values(card="9900-0017", vehicle_id=17, period=period))
    head = {"id": 1, "kind": "fuel", "at": at + timedelta(days=2), "who": "dispatch-qilin", "sha256": "x", "records": 1}
    await world.execute(insert(tables.energy_import).values(head))
    record = {"import_id": 1, "card": "9900-0017", "vehicle_id": 17, "at": at + timedelta(minutes=5), "fuel": "petrol"}
    record |= {"product": "92号汽油", "ml": 45_000, "cost_fen": 35_100, "station": "城北加油站", "number": "A000017"}
    await world.execute(insert(tables.fuel_record).values(record))


@pytest.fixture
async def november(world: World, app: FastAPI) -> str:  # noqa: F811
    """What the questions are about; answers an auditor's token."""
    world.clock.moment = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局")
    await world.vehicle(17, organ=2, plate="云D12345", use="communications", fitted=False)
    await world.vehicle(18, organ=2, plate="云DD54321", energy="bev")
    await world.vehicle(19, organ=2, plate="云D00019", fitted=False)
    await world.vehicle(20, organ=2, plate="云D00020", energy="hev")
    for vehicle_id, energy in ((17, "petrol"), (18, "bev"), (19, "petrol"), (20, "hev")):
        await world.execute(
            insert(tables.vehicle_history).values(
                vehicle_id=vehicle_id,
                period=Range(date(2024, 1, 1), None, bounds="[)"),
                organ_id=2,
                division=530302,
                use="communications" if vehicle_id == 17 else "other",
                management="retained",
                energy=energy,
                status="in_service",
            )
        )
    exchanged = datetime(2026, 11, 21, 16, tzinfo=UTC)
    for unit_id, begin, end in ((871, datetime(2024, 1, 1, tzinfo=UTC), exchanged), (872, exchanged, None)):
        await world.execute(insert(tables.unit).values(id=unit_id, code=f"QJ000{unit_id}", division=530302))
        await world.bind(unit_id, 17, begin, end)
    readings = [
        {"observed_at": OF_DAY + timedelta(minutes=k), "speed_dkmh": 420, "lat_e7": 255000000 + k} for k in range(3)
    ]
    await world.positions(871, readings)
    await driven(world)
    await fuelled(world)
    await world.booked(OF_DAY.replace(minute=0), 871, Kind.POSITION, 1300, 1210, 60, 30)
    await world.received("QJ000871", "{[0,1200),[1237,1300)}")
    await world.refused(
        1,
        topic="fleet/v1/530381/QJ000871/position",
        unit_id=871,
        reason="wrong_division",
        reasons=[{"code": "wrong_division", "field": None, "detail": "registered in 530302"}],
    )
    await world.account("looker", Role.VIEWER, organ=2)
    auditor = await world.account("auditor-1", Role.AUDITOR)
    async with connected(app) as admin:
        form = {"username": "dispatch-qilin", "password": PASSWORD, "role": "organ_dispatcher", "organ_id": 2}
        assert (await admin.post("/api/v1/accounts", json=form)).status_code == 201
        changed = await admin.patch(
            "/api/v1/vehicles/17?effective_on=2026-11-15",
            json={"use": "law_enforcement"},
            headers={"If-Match": '"1"', "Content-Type": "application/merge-patch+json"},
        )
        assert changed.status_code == 200, changed.text
    track = "/api/v1/vehicles/17/track"
    async with connected(app, "dispatch-qilin") as dispatcher:
        read = await dispatcher.get(track, headers={"X-Purpose": "vehicle did not return"})
        assert read.status_code == 200, read.text
    async with connected(app, "looker") as viewer:
        assert (await viewer.get(track, headers={"X-Purpose": "curiosity"})).status_code == 403
    return (await world.token_of(auditor, read_only=True))["Authorization"].removeprefix("Bearer ")


async def test_every_question_has_the_answer_that_stands_there(app: FastAPI, november: str) -> None:  # noqa: F811
    assert len(BLOCKS) >= 12
    wrong: list[str] = []
    skipped = []
    async with served(app) as server, httpx.AsyncClient(timeout=30) as client:
        for command, declared in BLOCKS:
            question = understood(command, api=f"{server.url}/api/v1", token=november)
            answer = await client.get(question.address, params=question.query or None, headers=question.headers)
            found = answer.json()
            if question.jq is not None:
                if shutil.which("jq") is None:
                    skipped.append(question.address)
                    continue
                found = json.loads(await asyncio.to_thread(filtered, answer.content, question.jq))
            wrong += [f"{question.address}: {one}" for one in differences(json.loads(declared), found)]
    assert wrong == []
    assert len(skipped) <= 2


def test_each_block_of_the_document_is_one_that_is_run() -> None:
    text = DOCUMENT.read_text()
    assert text.count("```sh\n") == text.count("```json\n") == len(BLOCKS)


def test_the_comparison_finds_differences() -> None:
    found = {"a": [1, {"b": 2, "c": 3}], "d": "x"}
    assert differences({"a": [1, {"b": 2}]}, found) == []
    assert differences({"a": ["…", "…"]}, found) == []
    for wrong in ({"e": 1}, {"a": [1]}, {"a": [1, {"b": 3}]}, {"d": None}, {"d": ["x"]}):
        assert differences(wrong, found)
