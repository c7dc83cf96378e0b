"""Webhooks: signed CloudEvents, at least once, to whom and where it is allowed; secrets, retries, what is dead."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from cloudevents.core.formats.json import JSONFormat
from fastapi import FastAPI

from api.delivery.guard import Refused, checked, networks_of, url_fault
from api.delivery.patience import FIRST, GIVES_UP, LONGEST, next_attempt
from api.delivery.post import Poster
from api.delivery.process import Deliveries, Means
from api.webhooks.schemas import AttemptList, DeliveryPage, WebhookCreated, WebhookList
from fleet.identity.certificates import issue
from fleet.model.registry import Role
from fleet.settings import assume_role
from fleet.store.pool import create_engine
from tests.api.builders import TOTP_KEYS, World, connected
from tests.api.case_rows import case
from tests.api.test_case_stream import CITY, OFFICE, OTHER, tell
from tests.certificates import authority

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


def documented_check() -> Callable[..., bool]:
    """The example of docs/webhooks.md, run as it stands there."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "webhooks.md").read_text(), re.DOTALL)
    assert block is not None
    names: dict[str, Any] = {}
    exec(block[1], names)  # the reader of the page does the same
    check: Callable[..., bool] = names["is_ours"]
    return check


# ---------------------------------------------------------------- pure


def test_pauses_grow_and_end() -> None:
    at, since, pauses = NOW, NOW, []
    for attempts in range(1, 100):
        following = next_attempt(attempts, since, at, 0.999)
        if following is None:
            break
        pauses.append(following - at)
        at = following
    assert pauses[0] <= FIRST
    assert all(later >= earlier for earlier, later in pairwise(pauses))
    assert max(pauses) <= LONGEST
    assert GIVES_UP - 2 * LONGEST < at - since <= GIVES_UP
    assert next_attempt(1, NOW, NOW, 0.0) == NOW + FIRST / 2, "many that failed together do not come together"
    assert next_attempt(1, NOW, NOW, 0.0, asked_for=timedelta(hours=1)) == NOW + timedelta(hours=1)
    assert next_attempt(1, NOW, NOW, 0.0, asked_for=timedelta(days=30)) == NOW + LONGEST


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::"),
    ],
)
def test_no_address_of_our_own_is_reached(address: str) -> None:
    with pytest.raises(Refused, match="not a public address"):
        checked([ip_address(address)], (), secure=True)
    with pytest.raises(Refused):
        checked([ip_address("1.1.1.1"), ip_address(address)], (), secure=True)


def test_a_setting_names_what_may_be_reached() -> None:
    allowed = networks_of("10.1.0.0/16, 127.0.0.1")
    assert str(checked([ip_address("10.1.2.3")], allowed, secure=False)) == "10.1.2.3"
    assert str(checked([ip_address("1.1.1.1")], allowed, secure=True)) == "1.1.1.1"
    with pytest.raises(Refused, match="without TLS"):
        checked([ip_address("1.1.1.1")], allowed, secure=False)
    with pytest.raises(Refused):
        checked([ip_address("10.2.0.1")], allowed, secure=True)
    with pytest.raises(Refused, match="no address"):
        checked([], allowed, secure=True)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ftp://a.example/",
            "https:///x",
            "https://me:secret@a.example/",
            "https://a.example:0/",
            "https://a.example/#x",
        ),
        *(
            "https://a.example:99999/",
            "nonsense",
            "https://a.example/a b",
            "https://甲.example/",
            "https://a.example/\n",
        ),
    ],
)
def test_what_is_no_address_of_a_receiver(url: str) -> None:
    assert url_fault(url) is not None


# ---------------------------------------------------------------- with a receiver


@dataclass(slots=True)
class Receiver:
    """An HTTP server of its own; answers `status`, keeps what came."""

    url: str = ""
    status: int = 200
    extra: str = ""
    hangs: bool = False
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # whoever asked is gone, or the test is over
        finally:
            self.tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.got.append((headers, body))
        if self.hangs:
            await asyncio.sleep(60)
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\n{self.extra}\r\n".encode())
        await writer.drain()
        with contextlib.suppress(ConnectionError):
            await reader.read()  # until the other side closes

    async def end(self) -> None:
        left = list(self.tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://localhost:{server.sockets[0].getsockname()[1]}/hook?a=b"
    yield made
    server.close()
    await made.end()
    await asyncio.sleep(0.05)  # its transports close in the next turns of the loop


@pytest.fixture
async def town(world: World) -> World:
    await world.organ(CITY, kind="city", division=530300)
    await world.organ(OFFICE, parent_id=CITY)
    await world.organ(OTHER, parent_id=CITY)
    for vehicle_id, organ_id in ((1, OFFICE), (2, OTHER)):
        await world.vehicle(vehicle_id, organ=organ_id)
        await case(world, vehicle_id, organ_id, vehicle_id=vehicle_id)
    return world


@dataclass(slots=True)
class Office:
    """A supervisor of the city with the API, and the one that delivers, on the test's clock."""

    town: World
    client: httpx.AsyncClient
    deliveries: Deliveries

    async def enter(self, url: str, **values: Any) -> dict[str, Any]:
        answer = await self.client.post("/api/v1/webhooks", json={"label": "x", "url": url, **values})
        assert answer.status_code == 201, answer.text
        WebhookCreated.model_validate(answer.json())
        made: dict[str, Any] = answer.json()
        return made

    async def work(self) -> None:
        """Rounds until nothing is due."""
        async with self.deliveries._engine.connect() as connection:
            while await self.deliveries.round(connection):
                pass

    async def listed(self, hook_id: int, **query: Any) -> list[dict[str, Any]]:
        answer = await self.client.get(f"/api/v1/webhooks/{hook_id}/deliveries", params=query)
        DeliveryPage.model_validate(answer.json())
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@pytest.fixture
async def office(town: World, app: FastAPI) -> AsyncIterator[Office]:
    await town.account("boss", Role.SUPERVISOR, CITY)
    engine = create_engine(assume_role(town.url, "fleet_api"))
    poster = Poster(networks_of("127.0.0.0/8, ::1"))
    means = Means(town.clock, lambda: 0.5, TOTP_KEYS.webhooks, poster)
    async with connected(app, "boss") as client:
        yield Office(town, client, Deliveries(engine, means))
    await poster.close()
    await engine.dispose()


pytestmark = pytest.mark.store


async def test_a_signed_event_arrives_once(office: Office, receiver: Receiver) -> None:
    await tell(office.town, 1)  # before there was a webhook: nobody is told of it
    hook = await office.enter(receiver.url)
    await tell(office.town, 1)
    await office.work()
    await office.work()
    ((headers, body),) = receiver.got
    event = JSONFormat().read(None, body)
    assert (event.get_type(), event.get_subject()) == ("one-network.case.changed", "case:1")
    assert event.get_specversion() == "1.0"
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert headers["webhook-id"] == event.get_id()
    assert event.get_data()["revision"] == 2  # type: ignore[index,call-overload]
    now = office.town.clock().timestamp()
    is_ours = documented_check()
    assert is_ours(hook["secret"], headers, body, now)
    assert not is_ours(hook["secret"], headers, body + b" ", now)
    assert not is_ours(hook["secret"], {**headers, "webhook-id": "x"}, body, now)
    assert not is_ours(hook["secret"], headers, body, now + 301), "an old one, sent again"
    assert not is_ours("whsec_AAAA", headers, body, now)
    (delivery,) = await office.listed(hook["id"])
    assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("delivered", 1, 200)
    assert delivery["event_id"] == event.get_id()


async def test_what_is_wanted_and_of_whom(office: Office, receiver: Receiver) -> None:
    await office.enter(receiver.url, kinds=["case.overdue"])
    ours = await office.enter(receiver.url, organ_id=OFFICE)
    for case_id in (1, 2):
        await tell(office.town, case_id)
    await office.work()
    assert [json.loads(body)["data"]["case_id"] for _, body in receiver.got] == [1]
    assert [one["case_id"] for one in await office.listed(ours["id"])] == [1]


async def test_failures_are_tried_again_with_the_same_id_until_they_are_dead(
    office: Office, receiver: Receiver
) -> None:
    hook = await office.enter(receiver.url)
    await tell(office.town, 1)
    receiver.status = 500
    await office.work()
    (delivery,) = await office.listed(hook["id"])
    assert (delivery["state"], delivery["attempts"], delivery["error"]) == ("waiting", 1, "HTTP 500")
    await office.work()
    assert len(receiver.got) == 1, "not before its time"
    office.town.clock.advance(timedelta(seconds=11))
    await office.work()
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in receiver.got}) == 2
    assert len({body for _, body in receiver.got}) == 1
    office.town.clock.advance(timedelta(days=4))
    await office.work()
    await again(office)
    (dead,) = await office.listed(hook["id"], state="dead")
    attempts = await office.client.get(f"/api/v1/webhooks/{hook['id']}/deliveries/{dead['id']}")
    AttemptList.model_validate(attempts.json())
    assert [(one["n"], one["status"]) for one in attempts.json()["items"]] == [(1, 500), (2, 500), (3, 500)]
    receiver.status = 204
    sent = await office.client.post(f"/api/v1/webhooks/{hook['id']}/resend", json={})
    assert sent.json() == {"ids": [dead["id"]]}
    await office.work()
    assert [one["state"] for one in await office.listed(hook["id"])] == ["delivered"]
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


async def again(office: Office) -> None:
    """Logs in anew: sessions do not last for days."""
    account_id = await office.town.scalar("select id from account where username = 'boss'")
    office.client.headers.update(await office.town.session_of(account_id))


async def test_a_kill_in_the_middle_sends_again(office: Office, receiver: Receiver) -> None:
    hook = await office.enter(receiver.url)
    await tell(office.town, 1)
    receiver.hangs = True
    async with office.deliveries._engine.connect() as connection:
        cut_off = asyncio.create_task(office.deliveries.round(connection))
        for _ in range(500):
            if receiver.got:
                break
            await asyncio.sleep(0.02)
        cut_off.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await cut_off
    receiver.hangs = False
    await office.work()
    assert len(receiver.got) == 1, "it may still be under way"
    office.town.clock.advance(timedelta(minutes=3))
    await office.work()
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 2
    (delivery,) = await office.listed(hook["id"])
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 2)


async def test_it_tells_nothing_its_owner_may_not_see_by_then(office: Office, receiver: Receiver) -> None:
    hook = await office.enter(receiver.url)
    for case_id in (1, 2):
        await tell(office.town, case_id)
    await office.town.execute_sql(f"update account set organ_id = {OFFICE} where username = 'boss'")
    await office.work()
    assert [json.loads(body)["data"]["case_id"] for _, body in receiver.got] == [1]
    await office.town.execute_sql("update account set role = 'organ_manager' where username = 'boss'")
    await office.town.execute_sql("update vehicle set confidential = true where id = 1")
    await tell(office.town, 1)
    await office.work()
    await office.town.execute_sql("update account set disabled_at = now() where username = 'boss'")
    await tell(office.town, 1)
    await office.work()
    states = await office.town.rows(f"select state from webhook_delivery where webhook_id = {hook['id']} order by id")
    assert [one["state"] for one in states] == ["delivered", "withheld", "withheld", "withheld"]
    assert len(receiver.got) == 1


async def test_redirects_private_names_and_gone(office: Office, receiver: Receiver) -> None:
    hook = await office.enter(receiver.url)
    receiver.status, receiver.extra = 307, "Location: http://localhost:1/\r\n"
    await tell(office.town, 1)
    await office.work()
    (delivery,) = await office.listed(hook["id"])
    assert delivery["error"].startswith("a redirect")
    receiver.status, receiver.extra = 410, ""
    office.town.clock.advance(timedelta(minutes=1))
    await office.work()
    (shown,) = (await office.client.get("/api/v1/webhooks")).json()["items"]
    assert (shown["active"], shown["dead"]) == (False, 1)
    assert "410" in shown["stopped_why"]
    careful = Poster(())
    answer = await careful.post(receiver.url, b"{}", {})
    await careful.close()
    assert answer.error is not None
    assert "not a public address" in answer.error
    assert len(receiver.got) == 2


@pytest.mark.parametrize(("name", "taken"), [("localhost", True), ("elsewhere.example", False)])
async def test_the_certificate_is_checked_against_the_name(tmp_path: Path, name: str, taken: bool) -> None:
    """Although the connection goes to the address that was checked."""
    ours = authority()
    pair = issue(ours.pair, name, hosts=[name], now=datetime.now(UTC), days=5)
    (tmp_path / "pair.pem").write_bytes(pair.certificate + pair.key)
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(tmp_path / "pair.pem")
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=shown)
    poster = Poster(
        networks_of("127.0.0.0/8, ::1"), trusted=ssl.create_default_context(cadata=ours.pair.certificate.decode())
    )
    port = server.sockets[0].getsockname()[1]
    answer = await poster.post(f"https://localhost:{port}/", b"{}", {})
    await poster.close()
    server.close()
    await made.end()
    assert (answer.status, len(made.got)) == ((200, 1) if taken else (None, 0))
    assert taken or "certificate" in (answer.error or "").lower()


async def test_the_secret_is_shown_once_and_replaced_without_a_gap(office: Office, receiver: Receiver) -> None:
    hook = await office.enter(receiver.url)
    path = f"/api/v1/webhooks/{hook['id']}"
    assert "secret" not in (await office.client.get(path)).json()
    stored = await office.town.scalar("select secret from webhook")
    assert stored.startswith("v1.")
    assert hook["secret"] not in stored
    renewed = (await office.client.post(f"{path}/secret")).json()["secret"]
    await tell(office.town, 1)
    await office.work()
    is_ours, now = documented_check(), office.town.clock().timestamp()
    headers, body = receiver.got[-1]
    assert is_ours(hook["secret"], headers, body, now)
    assert is_ours(renewed, headers, body, now)
    office.town.clock.advance(timedelta(hours=25))
    await tell(office.town, 1)
    await office.work()
    headers, body = receiver.got[-1]
    assert not is_ours(hook["secret"], headers, body, office.town.clock().timestamp())
    assert is_ours(renewed, headers, body, office.town.clock().timestamp())
    assert await office.town.scalar("select older_secret from webhook") is None
    logged = await office.town.rows("select action, detail from audit_log where action like 'webhook.%' order by n")
    assert [one["action"] for one in logged] == ["webhook.create", "webhook.rotate"]
    assert "whsec_" not in json.dumps(logged, default=str)


async def test_changed_removed_and_nobody_elses(office: Office, receiver: Receiver, app: FastAPI) -> None:
    hook = await office.enter(receiver.url)
    path = f"/api/v1/webhooks/{hook['id']}"
    etag = (await office.client.get(path)).headers["etag"]
    for patch, status in (({"url": "ftp://x"}, 422), ({"organ_id": 999}, 422), ({"kinds": ["case.closed"]}, 200)):
        changed = await office.client.patch(path, json=patch, headers={"If-Match": etag})
        assert changed.status_code == status, changed.text
    assert (await office.client.patch(path, json={"label": "y"}, headers={"If-Match": etag})).status_code == 412
    await office.town.account("another", Role.SUPERVISOR, CITY)
    async with connected(app, "another") as another:
        assert WebhookList.model_validate((await another.get("/api/v1/webhooks")).json()).items == []
        for route in ("", "/deliveries", "/deliveries/1"):
            assert (await another.get(path + route)).status_code == 404
        assert (await another.post(f"{path}/resend", json={})).status_code == 404
        assert (await another.post(f"{path}/secret")).status_code == 404
    account_id = await office.town.scalar("select id from account where username = 'boss'")
    token = await office.town.token_of(account_id)
    form = {"label": "x", "url": receiver.url}
    assert (await office.client.post("/api/v1/webhooks", json=form, headers=token)).status_code == 403
    removed = await office.client.delete(path, headers={"If-Match": changed.headers["etag"]})
    assert removed.status_code == 204, removed.text
    assert await office.town.scalar("select count(*) from webhook_delivery") == 0


async def test_one_delivers_and_a_notice_is_made_out_once(office: Office, receiver: Receiver) -> None:
    """Two processes at once: the second waits for the lock, and takes over where the first one ended."""
    hook = await office.enter(receiver.url)
    engines = [create_engine(assume_role(office.town.url, "fleet_api")) for _ in range(2)]
    first, second = (Deliveries(engine, office.deliveries._means) for engine in engines)
    running = [asyncio.create_task(one.run()) for one in (first, second)]
    await tell(office.town, 1)
    for _ in range(500):
        if receiver.got:
            break
        await asyncio.sleep(0.02)
    first.stop()
    await running[0]
    await engines[0].dispose()  # as at the end of a process
    await tell(office.town, 2)
    for _ in range(500):
        if len(receiver.got) == 2:
            break
        await asyncio.sleep(0.02)
    second.stop()
    await running[1]
    await engines[1].dispose()
    assert [json.loads(body)["data"]["case_id"] for _, body in receiver.got] == [1, 2]
    assert [one["attempts"] for one in await office.listed(hook["id"])] == [1, 1]
