"""What surrounds every route: headers, limits, faults, and what uvicorn lacks. Generated from the application."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api import access
from api.dashboard.serve import PAGE_POLICY
from api.database import SERVER_SETTINGS
from api.headers import SECURITY_HEADERS
from api.health.metrics import Metrics
from api.limits import LOG_IN_BURST, Buckets, Rates, Seats
from api.middleware import Body, Edge
from api.protocol import GuardedProtocol
from fleet.errors import StoreUnavailable
from fleet.model.registry import Role
from fleet.reports.style import POLICY as REPORT_POLICY
from fleet.store import tables
from tests.api import builders
from tests.api.builders import PASSWORD, World, connected
from tests.api.streams import Served, events, logged_in, next_event, served, until
from tests.api.test_matrix import NOTHING_IN_THE_WAY, address
from tests.certificates import authority, shown_by, written

pytestmark = pytest.mark.store

LOG_IN = "/api/v1/auth/token"
PROBLEM = "application/problem+json"


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


def check_headers(answer: httpx.Response) -> None:
    expected = dict(SECURITY_HEADERS)
    if answer.headers.get("content-type", "").startswith("text/html") and "/reports/" in answer.request.url.path:
        expected["Content-Security-Policy"] = REPORT_POLICY
    elif answer.headers.get("content-type", "").startswith("text/html"):
        nonce = re.search(r"'nonce-([\w-]{20,})'", answer.headers["content-security-policy"])
        assert nonce is not None
        expected["Content-Security-Policy"] = PAGE_POLICY.format(nonce=nonce[1])
    for name, value in expected.items():
        assert answer.headers.get_list(name) == [value], f"{answer.request.method} {answer.request.url}: {name}"
    assert "unsafe" not in answer.headers["content-security-policy"]


async def each_route(app: FastAPI, client: httpx.AsyncClient) -> AsyncIterator[httpx.Response]:
    """The answer of every route but the streams, to a request with nothing in it."""
    for route in access.declared(app):
        if route.path.endswith("stream") or (route.method, route.path) == ("DELETE", LOG_IN):
            continue
        body = b"" if route.method == "GET" else b"{}"
        yield await client.request(route.method, address(route), headers=NOTHING_IN_THE_WAY, content=body)


# ------------------------------------------------------------------------------------------------ headers


async def test_every_answer_of_every_route_carries_the_headers(app: FastAPI, client: httpx.AsyncClient) -> None:
    seen = set()
    async for answer in each_route(app, client):
        check_headers(answer)
        assert "strict-transport-security" not in answer.headers, "it means nothing without TLS"
        seen.add(answer.status_code)
    assert {200, 404, 422} <= seen
    async with connected(app, None) as nobody:
        async for answer in each_route(app, nobody):
            check_headers(answer)
    for method, path in (("GET", "/nothing"), ("PUT", "/api/v1/vehicles"), ("TRACE", "/"), ("GET", "/assets/x/y.js")):
        check_headers(await client.request(method, path))


async def test_what_is_no_http_is_told_so_with_the_same_headers(server: Served) -> None:
    for raw, status in (
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # TLS on the plain port
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    ):
        answer = await exchange(server, raw)
        assert answer.startswith(b"HTTP/1.1 %d" % status), answer
        assert b"Content-Security-Policy" in answer
        assert b"application/problem+json" in answer


async def exchange(server: Served, *parts: bytes) -> bytes:
    """Everything the server says on one connection until it closes it."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


# ------------------------------------------------------------------------------------------------ faults


async def test_no_fault_of_any_route_tells_of_the_inside(
    world: World, app: FastAPI, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Every table is taken away under the running service: whatever reads or writes one fails.

    All but the audit log's, without which the service ends itself.
    """
    await client.get("/api/v1/me")  # from here on the session is remembered
    for table in tables.metadata.tables:
        if not table.startswith("audit"):
            await world.execute_sql(f"drop table {table} cascade")
    failed = 0
    async for answer in each_route(app, client):
        if answer.status_code < 500:
            continue
        failed += 1
        where = f"{answer.request.method} {answer.request.url}"
        assert answer.headers["content-type"] in (PROBLEM, "application/json"), where  # readyz reports itself
        check_headers(answer)
        for word in ("Traceback", "File ", ".py", "asyncpg", "sqlalchemy", "relation", "SELECT", "UndefinedTable"):
            assert word not in answer.text, f"{where}: {answer.text}"
        if answer.status_code == 500:
            assert answer.json()["instance"] in caplog.text, "the operator finds it by its number"
    assert failed > 30


# ------------------------------------------------------------------------------------------------ size and time


async def test_addresses_and_headers_are_bounded(client: httpx.AsyncClient) -> None:
    answers = {
        414: await client.get("/api/v1/vehicles", params={"q": "x" * 9_000}),
        431: await client.get("/api/v1/vehicles", headers={"X-Long": "x" * 40_000}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["content-type"] == PROBLEM
        check_headers(answer)
    many = {f"X-{number}": "x" for number in range(120)}
    assert (await client.get("/api/v1/vehicles", headers=many)).status_code == 431
    assert (await client.get("/api/v1/vehicles/" + "9" * 3_000)).status_code == 414


async def test_endless_headers_end_early(server: Served) -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\n"
    answer = await exchange(server, head, *(b"X-%d: %s\r\n" % (number, b"x" * 8_000) for number in range(200)))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431"), answer[:200]


async def test_a_chunked_body_is_bounded(server: Served) -> None:
    header = await logged_in(server.url)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    async with httpx.AsyncClient(base_url=server.url, headers=header) as client:
        answer = await client.post("/api/v1/quarantine/retry", content=endless())
        assert answer.status_code == 413
        announced = await client.post("/api/v1/quarantine/retry", content=b"x" * 1_100_000)
        assert announced.status_code == 413
        assert (await client.get("/api/v1/me")).status_code == 200


class Hasty(GuardedProtocol):
    head_within_s = 0.3


async def test_who_is_slow_to_ask_is_hung_up_on(app: FastAPI) -> None:
    async with served(app, http=Hasty) as server:
        assert await exchange(server) == b"", "nothing was asked"
        assert (await exchange(server, b"GET / HTTP/1.1\r\n")).startswith(b"HTTP/1.1 408")
        # A second request on the same connection gets no more patience than the first.
        whole = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = await exchange(server, whole, b"GET /livez HT")
        assert answer.count(b"HTTP/1.1 200") == 1


async def test_a_body_that_never_comes_is_given_up() -> None:
    never = asyncio.Event()

    async def receive() -> Message:
        await never.wait()
        return {}

    body = Body("/api/v1/quarantine/retry", receive)
    body.within_s = 0.05
    with pytest.raises(Exception, match="did not come"):
        await body.receive()


async def test_more_at_once_than_a_process_can_bear_are_told_to_come_again() -> None:
    """Around a stand-in for the application, which answers when it is let."""
    go_on = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await go_on.wait()
        await Response()(scope, receive, send)

    edge = Edge(slow, Metrics(), Rates(0, lambda: 0.0))
    edge.most_running = 2
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="http://fleet.test") as client:
        running = [asyncio.create_task(client.get("/")) for _ in range(2)]
        await asyncio.sleep(0.05)
        refused = await client.get("/")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        check_headers(refused)
        go_on.set()
        assert [answer.status_code for answer in await asyncio.gather(*running)] == [200, 200]
        assert (await client.get("/")).status_code == 200


async def test_the_database_ends_by_itself_what_takes_too_long(app: FastAPI) -> None:
    database = app.state.services.database
    async with database.begin() as connection:
        shown = {name: (await connection.execute(text(f"show {name}"))).scalar_one() for name in SERVER_SETTINGS}
        assert shown["statement_timeout"] == "30s"
        assert all(value != "0" for value in shown.values())

    async def too_long() -> None:
        async with database.begin() as connection:
            await connection.execute(text("set local statement_timeout = '50ms'"))
            await connection.execute(text("select pg_sleep(5)"))

    with pytest.raises(StoreUnavailable):
        await too_long()


# ------------------------------------------------------------------------------------------------ rates


def test_a_bucket_gives_a_burst_and_then_its_rate() -> None:
    bucket = Buckets(per_s=2, burst=10)
    assert [bucket.wait_s("a", 0) for _ in range(10)] == [0] * 10
    assert bucket.wait_s("a", 0) == 1
    assert bucket.wait_s("b", 0) == 0, "each key has its own"
    assert [bucket.wait_s("a", 1) for _ in range(3)] == [0, 0, 1]
    assert [bucket.wait_s("a", 1_000) for _ in range(11)] == [0] * 10 + [1]
    small = Buckets(per_s=1, burst=1, max_keys=5)
    for number in range(50):
        small.wait_s(str(number), 0)
    assert len(small) == 5


def test_an_ipv6_caller_is_its_network() -> None:
    rates = Rates(0, lambda: 0.0)
    waits = [rates.log_in_wait_s(f"2001:db8::{number:x}") for number in range(1, int(LOG_IN_BURST) + 2)]
    assert waits[-1] == 1
    assert rates.log_in_wait_s("2001:db8:0:1::1") == 0
    assert rates.address_wait_s("x") == rates.account_wait_s(1) == 0, "0 = no limit"
    mapped = [rates.log_in_wait_s("::ffff:192.0.2.1" if n % 2 else "192.0.2.1") for n in range(int(LOG_IN_BURST) + 1)]
    assert mapped[-1] == 1


async def test_an_account_that_asks_too_much_waits_and_others_do_not(world: World) -> None:
    await world.account("script", Role.VIEWER)
    async with (
        builders.running(world, request_rate_per_s=2) as app,
        connected(app) as client,
        connected(app, "script") as other,
    ):
        answers = [await client.get("/api/v1/me") for _ in range(30)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert 5 <= len(refused) <= 10
        assert int(refused[0].headers["retry-after"]) >= 1
        assert refused[0].headers["content-type"] == PROBLEM
        check_headers(refused[0])
        assert (await other.get("/api/v1/me")).status_code == 200
        for _ in range(40):  # now the address has had enough, too
            last = await other.get("/livez")
        assert last.status_code == 429


async def test_log_ins_from_one_address_are_counted_right_or_wrong(app: FastAPI) -> None:
    async with connected(app, None) as client:
        form = {"username": "x" * 201, "password": PASSWORD}  # refused before any work
        assert (await client.post(LOG_IN, data=form)).status_code == 401
        statuses = []
        for number in range(int(LOG_IN_BURST) + 40):
            answer = await client.post(LOG_IN, data={"username": f"nobody-{number % 3}\N{SNOWMAN}", "password": "x"})
            statuses.append(answer.status_code)
            if answer.json()["type"].endswith(":too-many-requests"):
                break
        else:
            raise AssertionError("never refused for its rate")
        assert answer.status_code == 429
        refresh = await client.post(LOG_IN, data={"grant_type": "refresh_token", "refresh_token": "x"})
        assert refresh.status_code == 401, "renewing guesses at nothing"


async def test_an_account_has_so_many_streams_and_no_more(app: FastAPI, world: World) -> None:
    app.state.services.seats.most = 2
    await world.account("other", Role.VIEWER)
    async with served(app) as server:
        header = await logged_in(server.url)
        async with events(server.url, header) as one, events(server.url, header) as two:
            await next_event(one)
            await next_event(two)
            async with httpx.AsyncClient(base_url=server.url) as client:
                third = await client.get("/api/v1/positions/stream", headers=header)
                assert third.status_code == 429
                assert third.json()["type"].endswith(":too-many-streams")
                form = {"username": "other", "password": PASSWORD}
                token = (await client.post(LOG_IN, data=form)).json()["access_token"]
            async with events(server.url, {"Authorization": f"Bearer {token}"}) as theirs:
                await next_event(theirs)
        account_id = await world.scalar("select id from account where username = 'admin'")
        await until(lambda: not app.state.services.seats.full(account_id))
        async with events(server.url, header) as again:
            await next_event(again)


def test_a_seat_that_is_left_is_free() -> None:
    seats = Seats(1)
    seats.take(7)
    assert seats.full(7)
    assert not seats.full(8)
    seats.leave(7)
    assert not seats.full(7)


# ------------------------------------------------------------------------------------------------ TLS and proxies


async def test_forwarded_headers_are_believed_of_named_proxies_only(app: FastAPI, world: World) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    form = {"username": "admin", "password": PASSWORD}
    for trusted, seen in ((None, "127.0.0.1"), ("192.0.2.0/24", "127.0.0.1"), ("127.0.0.0/8", "203.0.113.9")):
        async with served(app, trusted_proxies=trusted) as server, httpx.AsyncClient() as client:
            answer = await client.post(server.url + LOG_IN, data=form, headers=forged)
            assert answer.status_code == 200
            believed = seen != "127.0.0.1"
            assert ("strict-transport-security" in answer.headers) == believed
            assert ("Secure" in answer.headers["set-cookie"]) == believed
        addresses = await world.scalar("select string_agg(a::text, ' ') from (select * from audit_log) a")
        assert ("203.0.113.9" in addresses) == believed


async def test_over_tls_the_cookies_are_of_this_host_alone(app: FastAPI, tmp_path: Path) -> None:
    pair = authority().server
    files = (tmp_path / "server.crt", tmp_path / "server.key")
    files[0].write_bytes(pair.certificate)
    files[1].write_bytes(pair.key)
    files[1].chmod(0o600)
    context = written(tmp_path / "client", authority()).context()
    async with served(app, tls=files) as server, httpx.AsyncClient(base_url=server.url, verify=context) as client:
        answer = await client.post(LOG_IN, data={"username": "admin", "password": PASSWORD})
        check_headers(answer)
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        cookies = answer.headers.get_list("set-cookie")
        assert cookies[0].startswith("__Host-fleet_session=")
        assert cookies[1].startswith("__Secure-fleet_refresh=")
        assert all("; Secure" in one and "HttpOnly" in one and "SameSite=strict" in one for one in cookies)
        assert "Path=/;" in cookies[0] + ";"
        assert "Domain" not in cookies[0]
        assert (await client.get("/api/v1/me")).status_code == 200
        write = {"X-Fleet-Request": "1"}
        renewed = await client.post(LOG_IN, data={"grant_type": "refresh_token"}, headers=write)
        assert renewed.status_code == 200
        token = renewed.json()["access_token"]
        planted = httpx.AsyncClient(base_url=server.url, verify=context, cookies={"fleet_session": token})
        async with planted:
            assert (await planted.get("/api/v1/me")).status_code == 401, "a cookie anybody could have planted"
        assert (await client.delete(LOG_IN, headers=write)).status_code == 204
        assert not list(client.cookies.jar)

        port = int(server.url.rpartition(":")[2])
        other = authority("renewed").server
        files[0].write_bytes(other.certificate)
        files[1].write_bytes(other.key)
        server.server.read_certificate()
        assert await asyncio.to_thread(shown_by, port) == other.certificate
        files[1].write_bytes(b"nonsense")
        server.server.read_certificate()
        assert await asyncio.to_thread(shown_by, port) == other.certificate, "what does not fit changes nothing"
        assert server.server.config.ssl is not None
        assert server.server.config.ssl.minimum_version is ssl.TLSVersion.TLSv1_2
