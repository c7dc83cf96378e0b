"""Commands reach their units, come once more until they are answered, and survive whatever dies in between."""

from __future__ import annotations

import contextlib
import json
import os
import queue
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.downlink import DueCommand
from fleet.settings import assume_role
from fleet.store.pool import create_engine
from fleet.store.unit_commands import enqueue, withdraw
from ingest.commands import pause_s, payload, remaining_s
from simulators.commands import answer
from tests import services
from tests.ingest.stage import DIVISION, PASSWORD, Stage, until

OTHER = 530303


class Units:
    """A gateway's units: what they were sent, in order, and whether they answer by themselves."""

    def __init__(self, stage: Stage, division: int = DIVISION, *, answering: bool = True) -> None:
        self.answering = answering
        self.received: list[tuple[str, dict[str, Any]]] = []
        self._division = division
        self._ready: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"gateway.{division}-{os.getpid()}", protocol=paho.MQTTv5
        )
        self._client.username_pw_set(f"gateway.{division}", PASSWORD)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(f"fleet/v1/{division}/+/command", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.put(None)
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", stage.broker.port)
        self._client.loop_start()
        self._ready.get(timeout=10)

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        unit = message.topic.split("/")[3]
        self.received.append((unit, json.loads(message.payload)))
        if self.answering:
            said = answer(bytes(message.payload), datetime.now(UTC).timestamp())
            assert said is not None
            self._client.publish(f"fleet/v1/{self._division}/{unit}/command/result", said, qos=1)

    def say(self, unit: str, content: Mapping[str, Any], kind: str = "command/result", *, retain: bool = False) -> None:
        body = json.dumps({"time": datetime.now(UTC).isoformat(), **content})
        self._client.publish(f"fleet/v1/{self._division}/{unit}/{kind}", body, qos=1, retain=retain).wait_for_publish(9)

    def numbers(self) -> set[int]:
        return {command["id"] for _, command in self.received}

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def city(stage: Stage) -> Stage:
    """Vehicles 1 to 30 with the units u1 to u30; u30 is of another division, vehicle 31 has no unit. And the tasks 1
    and 2, for commands to be about."""
    stage.fetch("insert into organ (id, code, name, kind, division) values (1, 'O1', 'organ', 'government', 530302)")
    stage.fetch(
        "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats)"
        " select g, 'P' || g, 1, 530302, 'other', 'retained', 'petrol', 'in_service', 'saloon', 5"
        " from generate_series(1, 31) g"
    )
    stage.fetch(
        "insert into unit (id, code, division) select g, 'u' || g, case g when 30 then 530303 else 530302 end"
        " from generate_series(1, 30) g"
    )
    stage.fetch(
        "insert into binding (unit_id, vehicle_id, period) select g, g, '[2020-01-01,)' from generate_series(1, 30) g"
    )
    stage.fetch("insert into account (id, username, password_hash, role) values (1, 'a1', 'x', 'city_dispatcher')")
    stage.fetch(
        "insert into task (id, organ_id, number, number_year, number_n, commander_id, created_at, title, why, place,"
        " radius_m, period, area, approve_by, decision) select g, 1, 'T' || g, 2026, g, 1, now(), 't', 'w', '{}',"
        " 500, '[2026-01-01,2027-01-01)', 'city', now(), 'pending' from generate_series(1, 2) g"
    )
    return stage


@contextlib.asynccontextmanager
async def connected(stage: Stage) -> AsyncIterator[AsyncConnection]:
    """A connection with the rights of the API."""
    engine = create_engine(assume_role(stage.database_url, "fleet_api"), size=1)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


def order(stage: Stage, *vehicles: int, expires_s: float = 600) -> dict[int, int]:
    """Commands as a transaction of the API makes them, about the task 1; their numbers by vehicle."""

    async def work() -> dict[int, int]:
        now = datetime.now(UTC)
        async with connected(stage) as connection:
            numbers = await enqueue(
                connection,
                kind="test",
                content={"say": "到市政府集合"},
                vehicle_ids=vehicles,
                expires_at=now + timedelta(seconds=expires_s),
                now=now,
                task_id=1,
            )
            await connection.commit()
        return numbers

    return services.run(work())


def states(stage: Stage) -> dict[int, str]:
    return {row["vehicle_id"]: row["state"] for row in stage.fetch("select vehicle_id, state from unit_command")}


@pytest.mark.store
@pytest.mark.seam
def test_each_command_reaches_its_own_unit_and_only_that_one_may_answer(city: Stage) -> None:
    city.start_ingest()
    units, others = Units(city, answering=False), Units(city, OTHER, answering=False)
    try:
        numbers = order(city, 1, 2, 30, 31)
        until(lambda: len(units.received) == 2 and others.received, "three commands to arrive", log=city.log())
        assert {unit: command["id"] for unit, command in units.received} == {"u1": numbers[1], "u2": numbers[2]}
        assert [(unit, command["id"]) for unit, command in others.received] == [("u30", numbers[30])]
        assert units.received[0][1]["content"] == {"say": "到市政府集合"}
        assert states(city)[31] == "queued"  # no unit sits in it
        until(lambda: states(city)[1] == "sent", "the broker's word", log=city.log())

        others.say("u30", {"id": numbers[1], "result": "acknowledged"})  # speaks for a vehicle it does not sit in
        others.say("u30", {"id": 10**9, "result": "acknowledged"})
        units.say("u2", {"id": numbers[2], "result": "refused", "reason": "司机不在"})
        units.say("u2", {"id": numbers[2], "result": "refused", "reason": "司机不在"})
        units.say("u2", {"id": numbers[2], "result": "acknowledged"})
        units.say("u1", {"id": numbers[1], "result": "refused", "reason": "a\0b"})
        units.say("u1", {"id": numbers[1], "result": "whatever"})
        until(lambda: city.totals()["received"] == 7, "seven answers to be committed", log=city.log())
        assert {number: states(city)[number] for number in (1, 2, 30)} == {1: "sent", 2: "refused", 30: "sent"}
        assert sorted(codes for _, codes in city.quarantined()) == [
            ["identity_conflict"],
            ["out_of_range"],
            ["unknown_command"],
            ["unknown_command"],
            ["wrong_type"],
        ]
        assert city.totals() == {"received": 7, "stored": 1, "duplicate": 1, "quarantined": 5}
        city.check_books()
    finally:
        units.close()
        others.close()


@pytest.mark.store
@pytest.mark.seam
def test_a_unit_that_was_away_gets_it_at_once_when_it_comes_back(city: Stage) -> None:
    city.start_ingest()
    numbers = order(city, 1)
    until(lambda: city.value("select tries from unit_command") == 1, "the first try", log=city.log())
    # Far away, so that only its coming online can bring the command on its way.
    city.fetch("update unit_command set next_at = next_at + interval '1 hour'")
    assert states(city) == {1: "queued"}  # the broker said that nobody was there
    units = Units(city)
    try:
        units.say("u1", {"online": True}, "status", retain=True)
        until(lambda: states(city) == {1: "acknowledged"}, "the answer", log=city.log())
        assert units.numbers() == {numbers[1]}
        assert city.value("select tries from unit_command") == 2
    finally:
        units.close()


@pytest.mark.store
@pytest.mark.seam
def test_what_nobody_answers_expires_and_a_late_answer_counts_all_the_same(city: Stage) -> None:
    city.start_ingest()
    units = Units(city, answering=False)
    try:
        late, never = order(city, 1, expires_s=5)[1], order(city, 2, expires_s=5)[2]
        until(lambda: states(city) == {1: "expired", 2: "expired"}, "the end of the time", log=city.log())
        assert units.numbers() == {late, never}
        units.say("u1", {"id": late, "result": "acknowledged"})
        until(lambda: states(city) == {1: "acknowledged", 2: "expired"}, "the late answer", log=city.log())
        (row,) = city.fetch("select expired_at, answered_at, expires_at from unit_command where vehicle_id = 1")
        assert row["expires_at"] <= row["expired_at"] <= row["answered_at"]
    finally:
        units.close()


@pytest.mark.store
@pytest.mark.seam
@pytest.mark.end_to_end
@pytest.mark.timeout(120)
def test_nothing_is_lost_when_the_publisher_or_the_broker_is_killed(city: Stage) -> None:
    city.start_ingest()
    units = Units(city)
    try:
        asked: set[int] = set()
        for blow in ("publisher", "broker", "publisher"):
            asked |= set(order(city, *range(1, 30)).values())
            if blow == "publisher":
                city.kill_ingest()
                city.start_ingest()
            else:
                city.broker.kill()
                city.broker.start()
        asked |= set(order(city, 31).values())

        # Pauses of minutes are for a fleet; here the next try is at once.
        def answered() -> bool:
            city.fetch(
                "update unit_command set next_at = now()"
                " where state in ('queued', 'sent') and next_at > now() + interval '1 second'"
            )
            return bool(city.value("select count(*) from unit_command where state = 'acknowledged'") == 3 * 29)

        until(answered, "every command to be answered", 60, city.log())
        assert units.numbers() == asked - {max(asked)}  # the last one has no unit
        for unit, command in units.received:
            assert command["id"] in asked
            row = city.fetch("select unit_id, kind from unit_command where id = $1", command["id"])[0]
            assert (f"u{row['unit_id']}", row["kind"]) == (unit, "test")
        assert city.value("select count(*) from quarantine") == 0
        city.check_books()
    finally:
        units.close()


@pytest.mark.store
@pytest.mark.seam
def test_what_is_withdrawn_is_not_sent_again_and_what_was_rolled_back_never_was(city: Stage) -> None:
    async def begun() -> list[int]:
        now = datetime.now(UTC)
        soon = now + timedelta(minutes=5)
        async with connected(city) as connection:
            await enqueue(connection, kind="lost", content={}, vehicle_ids=[3], expires_at=soon, now=now, task_id=2)
            await connection.rollback()
            await enqueue(connection, kind="test", content={}, vehicle_ids=[1, 2], expires_at=soon, now=now, task_id=2)
            early = await withdraw(connection, now=now, vehicle_ids=[1], task_id=2)
            await connection.commit()
        return early

    async def ended() -> list[int]:
        async with connected(city) as connection:
            told = await withdraw(connection, now=datetime.now(UTC), task_id=2)
            await connection.commit()
        return told

    units = Units(city, answering=False)
    try:
        assert services.run(begun()) == []  # nobody has to be told what nobody was sent
        city.start_ingest()
        until(lambda: states(city).get(2) == "sent", "what was left", log=city.log())
        assert services.run(ended()) == [2]
        assert [unit for unit, _ in units.received] == ["u2"]
        units.say("u2", {"id": units.received[0][1]["id"], "result": "acknowledged"})
        until(lambda: city.value("select answer from unit_command where vehicle_id = 2"), "its answer", log=city.log())
        assert states(city) == {1: "withdrawn", 2: "withdrawn"}
    finally:
        units.close()


def test_pauses_grow_and_stay_bounded() -> None:
    pauses = [pause_s(tries) for tries in range(1, 2_000)]
    assert pauses[:4] == [5, 10, 20, 40]
    assert all(later >= earlier for earlier, later in pairwise(pauses))
    assert pauses[-1] == 300


def test_a_command_says_what_its_unit_needs_to_judge_it() -> None:
    begin = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    command = DueCommand(7, "order", '{"a": "号"}', begin, begin + timedelta(seconds=90), DIVISION, "u1")
    assert json.loads(payload(command)) == {
        "id": 7,
        "kind": "order",
        "time": "2026-11-23T08:00:00Z",
        "expires_at": "2026-11-23T08:01:30Z",
        "content": {"a": "号"},
    }
    assert remaining_s(command, begin + timedelta(seconds=30)) == 60
    assert remaining_s(command, begin + timedelta(seconds=90)) == 1
    taken = json.loads(answer(payload(command), begin.timestamp()) or b"")
    assert (taken["id"], taken["result"]) == (7, "acknowledged")
    late = json.loads(answer(payload(command), begin.timestamp() + 90) or b"")
    assert (late["id"], late["result"], late["reason"]) == (7, "refused", "expired")
    assert answer(b"{}", 0) is None
