"""Ledger, gaps and quarantine."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.ledger.schemas import GapsAnswer, LedgerAnswer
from api.quarantine.schemas import RefusedPage
from fleet.model.readings import Kind
from tests.api.builders import World

pytestmark = pytest.mark.store

H0 = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def books(world: World) -> World:
    for unit in (1, 2):
        await world.unit(unit)
    await world.booked(H0, 1, Kind.POSITION, 100, 90, 7, 3)
    await world.booked(H0, 2, Kind.POSITION, 50, 50, 0, 0)
    await world.booked(H0, 2, Kind.USAGE, 5, 5, 0, 0)
    await world.booked(H0 + HOUR, 1, Kind.POSITION, 10, 10, 0, 0)
    await world.booked(H0 + 2 * HOUR, 0, None, 4, 0, 0, 4)
    return world


async def test_the_books_add_up(books: World, client: httpx.AsyncClient) -> None:
    answer = LedgerAnswer.model_validate((await client.get("/api/v1/ledger")).json())
    assert answer.totals.model_dump() == {"received": 169, "stored": 155, "duplicate": 7, "quarantined": 7}
    assert answer.difference == 0
    assert {kind: counts.received for kind, counts in answer.by_kind.items()} == {
        "unknown": 4,
        "position": 160,
        "usage": 5,
    }
    assert [(item.hour, item.received) for item in answer.items] == [
        (H0 + 2 * HOUR, 4),
        (H0 + HOUR, 10),
        (H0, 155),
    ]
    assert answer.items[2].by_kind["usage"].stored == 5


@pytest.mark.parametrize(
    ("query", "received"),
    [
        ({"unit": "U1"}, 110),
        ({"unit": "U2"}, 55),
        ({"from": "2026-03-02T09:00:00Z"}, 14),
        ({"to": "2026-03-02T09:00:00Z"}, 155),
        ({"from": "2026-03-02T17:30:00+08:00", "to": "2026-03-02T17:31:00+08:00"}, 10),
        ({"unit": "U1", "from": "2026-03-02T09:00:00Z"}, 10),
        ({"from": "2027-01-01T00:00:00Z"}, 0),
    ],
)
async def test_spans_and_units(books: World, client: httpx.AsyncClient, query: dict[str, str], received: int) -> None:
    answer = (await client.get("/api/v1/ledger", params=query)).json()
    assert answer["totals"]["received"] == received
    assert sum(item["received"] for item in answer["items"]) == received
    assert all(item["unit"] == query.get("unit") for item in answer["items"])


async def test_pages_of_hours(books: World, client: httpx.AsyncClient) -> None:
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        query = {"limit": "1"} | ({} if cursor is None else {"cursor": cursor})
        page = (await client.get("/api/v1/ledger", params=query)).json()
        assert page["totals"]["received"] == 169
        seen += [item["hour"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["2026-03-02T10:00:00Z", "2026-03-02T09:00:00Z", "2026-03-02T08:00:00Z"]


async def test_unknown_units_are_named(books: World, client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/ledger", params={"unit": "U9"})).status_code == 404
    assert (await client.get("/api/v1/ledger/gaps", params={"unit": "U9"})).status_code == 404
    assert (await client.get("/api/v1/ledger", params={"unit": "a/b"})).status_code == 422
    assert (await client.get("/api/v1/ledger/gaps")).status_code == 422


async def test_holes_name_exactly_what_is_missing(books: World, client: httpx.AsyncClient) -> None:
    await books.received("U1", "{[1,11),[13,14),[20,31)}")
    await books.received("U1", "{[0,5),[7,9)}", oldest_seq=6, run=1)
    await books.received("U1", "{[4,6)}", oldest_seq=9, run=2)
    answer = GapsAnswer.model_validate((await client.get("/api/v1/ledger/gaps", params={"unit": "U1"})).json())
    assert [(hole.run, hole.first, hole.last, hole.count, hole.state) for hole in answer.items] == [
        (0, 11, 12, 2, "open"),
        (0, 14, 19, 6, "open"),
        (1, 5, 5, 1, "gone"),
        (1, 6, 6, 1, "open"),
        (2, 1, 3, 3, "gone"),
        (2, 6, 8, 3, "gone"),
    ]
    assert (answer.missing, answer.holes, answer.truncated) == (16, 6, False)
    assert [(run.run, run.first_seq, run.last_seq, run.committed, run.open, run.gone) for run in answer.runs] == [
        (0, 1, 30, 22, 8, 0),
        (1, 0, 8, 7, 1, 1),
        (2, 1, 8, 2, 0, 6),
    ]


async def test_many_holes_are_cut_and_counted(books: World, client: httpx.AsyncClient) -> None:
    even = ",".join(f"[{n},{n + 1})" for n in range(0, 5000, 2))
    await books.received("U1", "{" + even + "}")
    answer = (await client.get("/api/v1/ledger/gaps", params={"unit": "U1"})).json()
    assert (len(answer["items"]), answer["holes"], answer["truncated"]) == (1000, 2499, True)


async def test_a_unit_without_numbers_has_no_runs(books: World, client: httpx.AsyncClient) -> None:
    answer = (await client.get("/api/v1/ledger/gaps", params={"unit": "U2"})).json()
    assert (answer["runs"], answer["items"], answer["missing"]) == ([], [], 0)


@pytest.fixture
async def refused(books: World) -> World:
    now = books.clock()
    await books.refused(1, '{"速度"'.encode(), received_at=now - 3 * HOUR)
    await books.refused(2, b"\xff\x00\xfe", received_at=now - 2 * HOUR, reason="out_of_range")
    await books.refused(
        3,
        received_at=now - HOUR,
        topic="fleet/v1/530302/GHOST/position",
        unit_id=0,
        reason="unknown_unit",
        resolved_at=now,
        resolution="stored",
    )
    await books.refused(4, received_at=now, topic="nonsense", unit_id=0, kind=0, reason="bad_topic")
    return books


async def test_refused_messages_are_shown_with_their_bytes(refused: World, client: httpx.AsyncClient) -> None:
    page = RefusedPage.model_validate((await client.get("/api/v1/quarantine")).json())
    assert [item.id for item in page.items] == [4, 3, 2, 1]
    by_id = {item.id: item for item in page.items}
    assert by_id[1].payload == '{"速度"'
    assert by_id[2].payload is None
    assert base64.b64decode(by_id[2].payload_base64) == b"\xff\x00\xfe"
    assert (by_id[3].unit, by_id[3].resolution, by_id[4].unit, by_id[4].kind) == ("GHOST", "stored", None, "unknown")
    assert by_id[1].reasons[0]["code"] == "malformed_json"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"reason": "out_of_range"}, [2]),
        ({"unit": "U1"}, [2, 1]),
        ({"unit": "GHOST"}, [3]),
        ({"resolved": "true"}, [3]),
        ({"resolved": "false"}, [4, 2, 1]),
        ({"unit": "U1", "resolved": "false", "reason": "malformed_json"}, [1]),
    ],
)
async def test_refused_messages_are_filtered(
    refused: World, client: httpx.AsyncClient, query: dict[str, str], expected: list[int]
) -> None:
    page = (await client.get("/api/v1/quarantine", params=query)).json()
    assert [item["id"] for item in page["items"]] == expected


async def test_refused_messages_by_time_and_in_pages(refused: World, client: httpx.AsyncClient) -> None:
    now = refused.clock()
    query = {"from": (now - 2 * HOUR).isoformat(), "to": now.isoformat()}
    page = (await client.get("/api/v1/quarantine", params=query)).json()
    assert [item["id"] for item in page["items"]] == [3, 2]
    first = (await client.get("/api/v1/quarantine", params={"limit": 3})).json()
    rest = (await client.get("/api/v1/quarantine", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == [4, 3, 2, 1]
    assert rest["next_cursor"] is None


async def test_large_payloads_end_a_page_early(books: World, client: httpx.AsyncClient) -> None:
    for number in (1, 2, 3):
        await books.refused(number, b"x" * 3_000_000)
    page = (await client.get("/api/v1/quarantine")).json()
    assert [item["id"] for item in page["items"]] == [3]
    assert page["next_cursor"] is not None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"ids": [1, 2, 3, 77]}, [1, 2]),
        ({"reason": "malformed_json"}, [1]),
        ({"reason": "malformed_json", "before": "2015-01-01T00:00:00Z"}, []),
        ({"reason": "unknown_unit"}, []),
    ],
)
async def test_a_retry_marks_what_is_unresolved(
    refused: World, client: httpx.AsyncClient, body: dict[str, Any], expected: list[int]
) -> None:
    answer = await client.post("/api/v1/quarantine/retry", json=body)
    assert answer.status_code == 202
    assert answer.json() == {"requested": len(expected)}
    marked = await refused.scalar(
        "select coalesce(jsonb_agg(id order by id), '[]') from quarantine where retry_requested_at is not null"
    )
    assert marked == expected
    logged = await refused.scalar("select detail from audit_log where action = 'quarantine.retry'")
    assert logged["requested"] == len(expected)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"ids": [1], "reason": "x"},
        {"ids": ["a"]},
        {"before": "2026-01-01T00:00:00Z"},
        {"all": True},
        [],
    ],
)
async def test_a_retry_of_nothing_certain_is_refused(client: httpx.AsyncClient, body: Any) -> None:
    answer = await client.post("/api/v1/quarantine/retry", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["location"].startswith("body")
