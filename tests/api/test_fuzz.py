"""Requests as schemathesis draws them from our own contract, put by an administrator, an auditor and nobody.

Whatever is asked: no fault of ours, no traceback, no answer that the contract denies, and a service that answers as
before. In the suite a few requests for each operation; `make fuzz` puts hundreds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from itertools import cycle
from typing import Any, TypeVar

import httpx
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fleet.model.registry import Role
from tests.api import builders
from tests.api.builders import World
from tests.api.journeys import segment_id
from tests.api.streams import served
from tests.api.two_organs import DRIVEN_AT, OUR_SECRET, THEIR_VEHICLE, THEIRS, city

__all__ = ["city"]

T = TypeVar("T")
IDS = st.sampled_from([1, 2, 5, 11, 12, 21, THEIRS, THEIR_VEHICLE, OUR_SECRET, segment_id(11, DRIVEN_AT), 2**31 - 1])
"""Of things that are there, of each kind; drawn numbers are nearly always of nothing."""

NAMES = {"slug": "unapproved_trip.radius_m", "statistic": "distance", "kind": "vehicles"}
EXAMPLES = max(2, (settings.default.max_examples if settings.default else 100) // 100)
LONG = EXAMPLES > 2
ROLES = (Role.ADMINISTRATOR, Role.AUDITOR, None)
"""Each request is put by all of them where there is time, else by one after the other."""

WITHIN_S = 60
PATIENCE = 4
"""Times a request is put: a log-in may have been ended by the one before, and a busy machine's database be slow."""

AT_THE_EDGE = {413, 414, 431}
"""What is too long is refused before anybody knows for whom it is."""

MAY_BE_UNREADY = ("/readyz",)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
INSIDE = ("Traceback (most recent call last)", "asyncpg.", "sqlalchemy.", "psycopg", "/site-packages/")


class Faults(logging.Handler):
    """What the service wrote to its log as a fault of its own, and what the answers showed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: dict[str, str] = {}
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.add(f"log of {record.name}", self.format(record)[-1_500:])

    def add(self, what: str, detail: str) -> None:
        self.found.setdefault(what, detail)


class Callers:
    """The accounts and their log-ins; what a request ended is made anew, as often as it happens."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop, accounts: dict[Role, int]) -> None:
        self._world, self._loop, self._accounts = world, loop, accounts
        self._headers: dict[Role, dict[str, str]] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)

    def header(self, role: Role | None, *, anew: bool = False) -> dict[str, str]:
        if role is None:
            return {}
        if anew or role not in self._headers:
            self._headers[role] = self.run(self.log_in(role))
        return self._headers[role]

    async def log_in(self, role: Role) -> dict[str, str]:
        await self._world.execute_sql(
            f"update account set disabled_at = null, role = '{role.value}', organ_id = null"
            f" where id = {self._accounts[role]}"
        )
        return await self._world.session_of(self._accounts[role])


class Fuzz:
    """Puts every operation of the contract to a served application."""

    def __init__(self, app: FastAPI, url: str, callers: Callers, faults: Faults) -> None:
        self.url, self.callers, self.faults = url, callers, faults
        self.document = app.openapi()
        self.asked = 0
        self._turns = cycle((*ROLES, Role.ADMINISTRATOR, Role.AUDITOR))
        self._session = requests.Session()
        self._session.trust_env = False

    def run(self) -> None:
        """Every operation once; in a thread, for it does not give way to an event loop."""
        schema = schemathesis.openapi.from_dict(self.document)
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            self.put(found.ok())
        self._session.close()

    def put(self, operation: APIOperation[Any, Any, Any, Any]) -> None:
        streams = "text/event-stream" in str(operation.definition.raw["responses"].get("200", {}).get("content", {}))

        drawn = operation.as_strategy(GenerationMode.POSITIVE)
        if operation.body or operation.query:  # elsewhere nothing could be wrong but the path
            drawn |= operation.as_strategy(GenerationMode.NEGATIVE)

        @given(case=drawn, data=st.data())
        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],  # a fault is noted and the next one looked for: the database is another by then
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def one(case: Case[Any], data: st.DataObject) -> None:
            self.aim(case, data)
            for role in ROLES if LONG else (next(self._turns),):
                self.ask(case, role, streams=streams)

        one()

    def aim(self, case: Case[Any], data: st.DataObject) -> None:
        """At things that are there, mostly."""
        for name in case.path_parameters or {}:
            if data.draw(st.booleans() | st.just(True)):
                case.path_parameters[name] = data.draw(IDS) if name.endswith("_id") else NAMES.get(name, "1")

    def ask(self, case: Case[Any], role: Role | None, *, streams: bool) -> None:
        where = f"{case.method} {case.path} as {role.value if role else 'nobody'}"
        header = self.callers.header(role)
        try:
            for _ in range(PATIENCE):
                answer = self.sent(case, header, streams=streams)
                if answer is not None and answer.status_code == 401 and role is not None:
                    header = self.callers.header(role, anew=True)
                elif answer is None or answer.status_code != 503 or case.path in MAY_BE_UNREADY:
                    break
        except requests.RequestException as error:
            self.faults.add(f"{where}: no answer", f"{error!r}\n{case.as_curl_command()}")
            return
        self.asked += 1
        if answer is not None:
            self.check(case, answer, where)

    def sent(self, case: Case[Any], header: dict[str, str], *, streams: bool) -> Response | None:
        """The answer; None where it is a stream that has begun as it should."""
        self._session.cookies.clear()
        if not streams:
            return case.call(self.url, self._session, header, timeout=WITHIN_S)
        sending = case.as_transport_kwargs(self.url, header)
        with self._session.request(**sending, stream=True, timeout=WITHIN_S) as answer:
            if answer.status_code != 200:
                return Response.from_requests(answer, verify=False)
            assert answer.headers["content-type"].startswith("text/event-stream")
            next(answer.iter_content(1))
        return None

    def check(self, case: Case[Any], answer: Response, where: str) -> None:
        body = answer.content.decode("utf-8", "replace")
        if answer.status_code in AT_THE_EDGE:
            return
        try:
            case.validate_response(answer, CHECKS if case.path not in MAY_BE_UNREADY else CHECKS[1:])
        except FailureGroup as group:
            for failure in group.exceptions:
                what = f"{where}: {answer.status_code}: {failure.title}"
                self.faults.add(what, f"{failure.message[:600]}\n{case.as_curl_command()[:600]}\n{body[:600]}")
        for one in INSIDE:
            if one in body:
                self.faults.add(f"{where}: shows {one}", body[:600])


@pytest.mark.timeout(0 if LONG else 600)
async def test_no_request_does_harm(city: World, caplog: pytest.LogCaptureFixture) -> None:
    accounts = {role: await city.account(f"fuzz-{role.value}", role) for role in (Role.ADMINISTRATOR, Role.AUDITOR)}
    faults = Faults()
    logging.getLogger().addHandler(faults)
    try:
        async with builders.running(city, request_rate_per_s=0) as app, served(app) as server:
            fuzz = Fuzz(app, server.url, Callers(city, asyncio.get_running_loop(), accounts), faults)
            await asyncio.to_thread(fuzz.run)
            assert fuzz.asked >= EXAMPLES * len(fuzz.document["paths"])
            await still_whole(city, server.url, fuzz.callers)
    finally:
        logging.getLogger().removeHandler(faults)
    found = "\n\n".join(f"{what}\n{detail}" for what, detail in faults.found.items())
    assert not faults.found, f"{len(faults.found)} faults:\n{found}"


async def still_whole(world: World, url: str, callers: Callers) -> None:
    """It answers more at once than it has connections, and none of them was left in a transaction."""
    ended = await world.scalar("select now()::text")
    header = await callers.log_in(Role.ADMINISTRATOR)
    async with httpx.AsyncClient(base_url=url, headers=header, timeout=60, trust_env=False) as client:
        assert (await client.get("/livez")).status_code == 200
        answers = await asyncio.gather(*(client.get("/api/v1/vehicles") for _ in range(30)))
        assert {answer.status_code for answer in answers} == {200}
    left = (
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        f" and xact_start < timestamptz '{ended}'"
    )
    for _ in range(100):
        if await world.scalar(left) == 0:
            return
        await asyncio.sleep(0.2)
    raise AssertionError("a request left its transaction open")
