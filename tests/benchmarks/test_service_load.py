"""What the measurements of latency and of the API rest on: events cut anywhere, ages, and questions that exist."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from fastapi import FastAPI
from starlette.routing import Match

from api.app import create_app
from benchmarks.api_load import Question, questions
from benchmarks.latency import Reader, split_events
from fleet.audit.keys import read_keys
from fleet.identity.totp_keys import TotpKeys
from fleet.store.audit_files import AuditFiles
from fleet.store.audit_journal import Journal
from fleet.store.pool import connect, create_engine

DAYS = 2
AT_S = 1_795_000_000.0


def test_events_are_whole_wherever_the_network_cut_them() -> None:
    said = b"retry: 2000\n\nid: 1\nevent: positions\ndata: {}\n\n: still here\n\nid: 2\ndata"
    whole = [b"retry: 2000", b"id: 1\nevent: positions\ndata: {}", b": still here"]
    for first in range(len(said) + 1):
        for second in range(first, len(said) + 1):
            assert list(split_events([said[:first], said[first:second], said[second:]])) == whole
    assert list(split_events(said[n : n + 1] for n in range(len(said)))) == whole


def _told(observed_at_s: float, *, full: bool) -> bytes:
    items = [{"vehicle_id": 1, "observed_at": datetime.fromtimestamp(observed_at_s, UTC)}]
    return b"id: 7\nevent: positions\ndata: " + msgspec.json.encode({"full": full, "items": items, "gone": []})


def test_an_age_is_counted_of_what_is_new() -> None:
    reader = Reader("http://127.0.0.1:1", {})
    reader._note(_told(AT_S - 60, full=True), AT_S)
    reader._note(b"retry: 2000", AT_S)
    reader._note(b'event: health\ndata: {"revision": 3}', AT_S)
    assert (reader.seen, reader.newest_s) == ([], AT_S - 60)
    reader._note(_told(AT_S - 2, full=False), AT_S)
    reader._note(_told(AT_S - 90, full=False), AT_S)
    assert reader.seen == [(AT_S, 2.0), (AT_S, 90.0)]
    assert reader.newest_s == AT_S - 2


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """Never started: its routes alone are looked at."""
    url, now = "postgresql://nobody@127.0.0.1/nothing", lambda: datetime(2026, 1, 1, tzinfo=UTC)
    journal = Journal(lambda: connect(url), read_keys("k" * 32, "the test"), AuditFiles(Path("nowhere")), now)
    return create_app(create_engine(url), now, journal, TotpKeys("k" * 32, "the test"))


@pytest.mark.parametrize("question", questions(DAYS), ids=lambda question: question.name)
def test_a_question_has_its_route_and_its_plain_way_the_arguments_it_names(app: FastAPI, question: Question) -> None:
    path, _ = question.path(3)
    scope = {"type": "http", "method": "GET", "path": f"/api/v1/{path}", "root_path": "", "headers": []}
    assert any(route.matches(scope)[0] is Match.FULL for route in app.routes)
    named = {int(number) for number in re.findall(r"\$(\d)", question.plain)}
    assert named == set(range(1, len(question.arguments(3)) + 1))
