"""Webhooks: signed CloudEvents, at least once, to whom it is allowed; secrets, retries, what is dead."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from cloudevents.core.formats.json import JSONFormat
from fastapi import FastAPI

from api.delivery.guard import networks_of
from api.delivery.post import Answer, Poster
from api.delivery.process import Deliveries
from api.webhooks.routes import MOST
from api.webhooks.schemas import AttemptList, WebhookList
from fleet.identity.certificates import issue
from fleet.model.registry import Role
from fleet.settings import assume_role
from fleet.store.pool import create_engine
from tests.api.builders import World, connected
from tests.api.receivers import Office, Receiver, office, receiver, town
from tests.api.test_case_stream import CITY, OFFICE, tell
from tests.certificates import authority

__all__ = ["office", "receiver", "town"]

pytestmark = pytest.mark.store
ROOT = Path(__file__).resolve().parents[2]


def documented_check() -> Callable[..., bool]:
    """The example of docs/webhooks.md, run as it stands there."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "webhooks.md").read_text(), re.DOTALL)
    assert block is not None
    names: dict[str, Any] = {}
    exec(block[1], names)  # the reader of the page does the same
    check: Callable[..., bool] = names["is_ours"]
    return check


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


class Meanwhile(Poster):
    """Posts, and lets something happen before the answer is settled."""

    def __init__(self, happens: Callable[[], Awaitable[object]]) -> None:
        super().__init__(networks_of("127.0.0.0/8, ::1"))
        self._happens = happens

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        answer = await super().post(url, body, headers)
        await self._happens()
        return answer


async def round_while(office: Office, happens: Callable[[], Awaitable[object]]) -> None:
    deliveries = office.deliveries
    poster = Meanwhile(happens)
    async with deliveries._engine.connect() as connection:
        await Deliveries(deliveries._engine, replace(deliveries._means, poster=poster)).round(connection)
    await poster.close()


async def test_a_webhook_is_removed_while_it_is_told(office: Office, receiver: Receiver) -> None:
    """What was sent to others in the same round is settled all the same."""
    removed, kept = [await office.enter(receiver.url) for _ in range(2)]

    async def remove() -> None:
        await office.client.delete(f"/api/v1/webhooks/{removed['id']}", headers={"If-Match": '"2"'})

    await tell(office.town, 1)
    await round_while(office, remove)
    assert await office.town.rows(
        "select d.webhook_id, a.n, a.status from webhook_attempt a join webhook_delivery d on d.id = a.delivery_id"
    ) == [{"webhook_id": kept["id"], "n": 1, "status": 200}]
    assert [one["state"] for one in await office.listed(kept["id"])] == ["delivered"]


async def somebody_waits(town: World) -> None:
    """For a lock in this database; pg_locks knows the waiting of all tests."""
    for _ in range(1000):
        if await town.rows(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        ):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


async def test_a_webhook_may_be_removed_while_its_end_is_settled(office: Office, receiver: Receiver) -> None:
    hook = await office.enter(receiver.url)
    for vehicle_id in (1, 2):
        await tell(office.town, vehicle_id)
    remover = await asyncpg.connect(office.town.url)
    removal = remover.transaction()
    await removal.start()

    class Ending(Poster):
        """Takes the first and is gone at the second, while somebody is about to remove the webhook."""

        told = 0

        async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            self.told += 1
            if self.told == 1:
                await remover.execute("select from webhook where id = $1 for update", hook["id"])
                return Answer(200, None)
            return Answer(410, "HTTP 410")

    deliveries = office.deliveries
    poster = Ending(())
    async with deliveries._engine.connect() as connection:
        ending = Deliveries(deliveries._engine, replace(deliveries._means, poster=poster))
        settled = asyncio.create_task(ending.round(connection))
        await somebody_waits(office.town)
        await remover.execute("delete from webhook where id = $1", hook["id"])
        await removal.commit()
        assert await settled == 4
    await remover.close()
    await poster.close()
    assert await office.town.scalar("select count(*) from webhook_delivery") == 0


async def test_a_webhook_that_is_being_removed_is_made_out_nothing(office: Office, receiver: Receiver) -> None:
    hook = await office.enter(receiver.url)
    await tell(office.town, 1)
    remover = await asyncpg.connect(office.town.url)
    removal = remover.transaction()
    await removal.start()
    await remover.execute("delete from webhook where id = $1", hook["id"])
    async with office.deliveries._engine.connect() as connection:
        made = asyncio.create_task(office.deliveries.round(connection))
        await somebody_waits(office.town)
        await removal.commit()
        assert await made > 0
    await remover.close()
    assert await office.town.scalar("select count(*) from webhook_delivery") == 0


async def test_an_account_has_so_many_webhooks_and_no_more(office: Office, receiver: Receiver) -> None:
    for _ in range(MOST - 2):
        await office.enter(receiver.url)
    form = {"label": "x", "url": receiver.url}
    answers = await asyncio.gather(*(office.client.post("/api/v1/webhooks", json=form) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [201, 201, 409, 409, 409]


async def test_what_is_gone_is_the_address_that_said_so(office: Office, receiver: Receiver) -> None:
    hook = await office.enter(receiver.url)
    path = f"/api/v1/webhooks/{hook['id']}"
    receiver.status = 410

    async def move() -> None:
        moved = await office.client.patch(path, json={"url": f"{receiver.url}&new"}, headers={"If-Match": '"2"'})
        assert moved.status_code == 200, moved.text

    await tell(office.town, 1)
    await round_while(office, move)
    shown = (await office.client.get(path)).json()
    assert (shown["active"], shown["stopped_why"], shown["dead"]) == (True, None, 1)


async def test_webhooks_take_turns(office: Office, receiver: Receiver) -> None:
    """Nobody waits behind others of whom more is due than one round sends."""
    hooks = [await office.enter(receiver.url) for _ in range(9)]
    for _ in range(5):
        await tell(office.town, 1)
    async with office.deliveries._engine.connect() as connection:
        for _ in range(2):
            await office.deliveries.round(connection)
    told = [sum(one["state"] == "delivered" for one in await office.listed(hook["id"])) for hook in hooks]
    assert sum(told) == 32
    assert min(told) == 2


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
