"""All units of one run: who wakes when, which connection carries whom, what the service answers.

Times are passed in; the only thing that happens by itself is the network. Units live by a clock that may run faster
than real time, which the network lives by. They wake at planned moments spread evenly over the interval, and a sample
bears its planned moment, so that a run can be replayed.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from fleet.errors import InvalidSettings
from fleet.model.readings import SAMPLE_KINDS
from simulators.clock import Clock
from simulators.commands import answer
from simulators.connection import Connection, Network, Subscriber
from simulators.onboard import MeasuringUnit, Play
from simulators.roster import Credentials, UnitSpec
from simulators.unit import Outgoing
from simulators.vehicle import Vehicle
from simulators.workshop import TRIED_S, Exchange, Workshop

log = logging.getLogger(__name__)

_LONGEST_SPREAD_S = 25.0
_SPREAD_A_UNIT_S = 0.01
_CONNECT_SPREAD_S = 10.0
_GOLDEN = 0.6180339887498949  # multiples of it, modulo one, spread evenly for any count
_LATE_S = 30.0
_RETRY_S = 0.5
_MOST_WAKES_A_TURN = 100  # then the network has its turn: planning the first day of all units takes half a minute
_MOST_DELAYED = 50_000  # beyond, a message is no longer delayed but delivered
_OUT_LOOKS_S = 60.0
_OFFLINE = b'{"online":false}'


class PlayedUnit(MeasuringUnit):
    """A unit with its connection."""

    __slots__ = ("connection", "heap_at", "last_faults_at", "number", "offline_until", "out", "status_sent", "topics")

    def __init__(self, spec: UnitSpec, play: Play, starts_at: float, number: int, connection: Connection) -> None:
        super().__init__(spec, play, starts_at)
        self.number = number
        self.connection = connection
        self.topics = {kind: f"fleet/v1/{spec.division:06d}/{spec.code}/{kind.value}" for kind in SAMPLE_KINDS}
        self.heap_at = starts_at
        self.last_faults_at = starts_at
        self.offline_until: float | None = None
        self.status_sent = False
        self.out = False  # of its vehicle: it only sends what is not covered yet

    @property
    def share(self) -> float:
        """This unit's place, 0 to 1, in whatever is spread over the fleet."""
        return self.number * _GOLDEN % 1

    @property
    def single(self) -> bool:
        return self.connection.account.code is not None

    @property
    def status_topic(self) -> str:
        return f"fleet/v1/{self.spec.division:06d}/{self.spec.code}/status"


class Fleet:
    """Call `turn` for ever, then `goodbye` until it answers True, then `close`; each takes the real time."""

    def __init__(
        self,
        roster: list[UnitSpec],
        credentials: Credentials,
        play: Play,
        clock: Clock,
        workshop: Workshop | None = None,
    ) -> None:
        """Raises InvalidSettings when no account fits any unit."""
        self._clock = clock
        self._play = play
        self._workshop = workshop
        self._real, self._now = clock.started_at, clock.begins_at  # the network's time, the units' time
        self._network = Network(credentials.broker, Subscriber(self._up, self._down, self._message, self._done))
        self._wakes: list[tuple[float, int]] = []
        self._delayed: list[tuple[float, int, str, bytes, PlayedUnit]] = []
        self._delayed_count = 0
        self._farewells: list[PlayedUnit] | None = None
        self._measuring = True
        self.published = 0
        self._units = self._build(roster, credentials, play)
        self._by_code = {unit.spec.code: unit for unit in self._units}
        self._by_connection: dict[Connection, list[PlayedUnit]] = {}
        for unit in self._units:
            self._by_connection.setdefault(unit.connection, []).append(unit)
            heapq.heappush(self._wakes, (unit.heap_at, unit.number))

    @property
    def units(self) -> tuple[PlayedUnit, ...]:
        return tuple(self._units)

    @property
    def awake(self) -> bool:
        """Whether every unit has begun to measure."""
        return all(unit.begun for unit in self._units)

    @property
    def connected(self) -> int:
        return sum(connection.up for connection in self._network.connections)

    @property
    def connections(self) -> int:
        return len(self._network.connections)

    def turn(self, real: float) -> None:
        """Do what is due at the real time, then wait for the network until something is due again."""
        now = self._tell(real)
        if self._workshop is not None and self._measuring:
            self._exchange(self._workshop, now)
        woken = 0
        while self._wakes and self._wakes[0][0] <= now and woken < _MOST_WAKES_A_TURN:
            at, number = heapq.heappop(self._wakes)
            unit = self._units[number]
            if at == unit.heap_at:
                self._wake(unit, at, now)
                woken += 1
        while self._delayed and self._delayed[0][0] <= now:
            _, _, topic, payload, unit = heapq.heappop(self._delayed)
            self.published += unit.connection.publish(topic, payload, self)
        next_at = min(self._wakes[0][0] if self._wakes else now + 1, self._delayed[0][0] if self._delayed else now + 1)
        self._network.turn(real, self._clock.real_s(next_at - now, real))

    def heal(self, real: float) -> None:
        """From now on nothing is measured and nothing goes wrong: units only send what is not covered yet."""
        self._clock = replace(self._clock, ends_at=float("inf"))
        now = self._tell(real)
        self._measuring = False
        for unit in self._units:
            unit.unit.in_reach()
            if unit.offline_until is not None:
                unit.offline_until = None
                if unit.connection.up:
                    unit.unit.connected(now)
            self._plan(unit, now + min(_CONNECT_SPREAD_S, _SPREAD_A_UNIT_S * len(self._units)) * unit.share)

    def goodbye(self, real: float) -> bool:
        """Say offline for every unit that said online; True once the broker has acknowledged all of it."""
        self._tell(real)
        if self._farewells is None:
            self._farewells = [unit for unit in self._units if unit.status_sent and unit.connection.up]
        waiting = self._farewells = [
            unit
            for unit in self._farewells
            if unit.connection.up and not unit.connection.publish(unit.status_topic, _OFFLINE, self, retain=True)
        ]
        self._network.turn(real, 0.01)
        return not waiting and not any(one.pending for one in self._network.connections if one.up)

    def close(self) -> None:
        self._network.close()

    def _tell(self, real: float) -> float:
        """Take note of the time; answers the units' time."""
        self._real, self._now = real, self._clock.at(real)
        return self._now

    def _build(self, roster: Iterable[UnitSpec], credentials: Credentials, play: Play) -> list[PlayedUnit]:
        real, now = self._real, self._now
        singles = {account.code: account for account in credentials.units}
        gateways: dict[int, Connection] = {}
        units: list[PlayedUnit] = []
        specs = list(roster)
        spread_s = min(_LONGEST_SPREAD_S, _SPREAD_A_UNIT_S * len(specs))
        by_division = {account.division: account for account in credentials.gateways}
        left_out = 0
        for number, spec in enumerate(specs):
            share = number * _GOLDEN % 1
            account = singles.get(spec.code)
            if account is not None:
                place = f"fleet/v1/{spec.division:06d}/{spec.code}"
                will = f"{place}/status"
                first_at = real + min(_CONNECT_SPREAD_S, spread_s) * share
                connection = self._network.add(account, (f"{place}/receipt", f"{place}/command"), will, first_at)
            elif spec.division in by_division:
                if spec.division not in gateways:
                    place = f"fleet/v1/{spec.division:06d}/+"
                    topics = (f"{place}/receipt", f"{place}/command")
                    gateways[spec.division] = self._network.add(by_division[spec.division], topics, None, real)
                connection = gateways[spec.division]
            else:
                left_out += 1
                continue
            starts_at = max(now + spread_s * share, 0.0 if spec.sits_from is None else spec.sits_from + TRIED_S)
            units.append(PlayedUnit(spec, play, starts_at, len(units), connection))
        if left_out:
            log.warning("%d units are left out: no account speaks for them", left_out)
        if not units:
            raise InvalidSettings("no account in the credentials file speaks for any unit of the roster")
        return units

    def _wake(self, unit: PlayedUnit, at: float, now: float) -> None:
        if now - at > _LATE_S * self._clock.speed:
            # The process was held up: what a real unit would have measured meanwhile is not invented afterwards.
            at = now
        if unit.wire is not None and self._measuring:
            self._suffer(unit, at)
        if unit.wakes_at <= at and self._measuring and not unit.out:
            unit.measure(at)
        if not unit.status_sent and unit.connection.up:
            online = datetime.fromtimestamp(at, tz=UTC).isoformat(timespec="milliseconds")
            payload = b'{"online":true,"time":"%s"}' % online.encode()
            unit.status_sent = unit.connection.publish(unit.status_topic, payload, self, retain=True)
        retry = self._send(unit, at)
        next_at = at + _OUT_LOOKS_S if unit.out else unit.wakes_at if self._measuring else at + 1.0
        wish = unit.unit.next_due(at)
        if wish is not None:
            next_at = min(next_at, at + _RETRY_S if retry else max(wish, at + _RETRY_S))
        if unit.offline_until is not None:
            next_at = min(next_at, max(unit.offline_until, at + _RETRY_S))
        self._plan(unit, max(next_at, at + 0.001))

    # Units that are replaced

    def _exchange(self, workshop: Workshop, now: float) -> None:
        leaving, coming = workshop.turn(now, self._sitting)
        for one in leaving:
            self._take_out(one, now)
        for one in coming:
            self._fit(one, now)

    def _sitting(self) -> list[tuple[UnitSpec, Vehicle]]:
        """Units of gateways: one that connects by itself needs an account, which a person has to make."""
        return [(unit.spec, unit.life.vehicle) for unit in self._units if not unit.single and not unit.out]

    def _take_out(self, exchange: Exchange, now: float) -> None:
        unit = self._by_code[exchange.removed]
        unit.say("unit_removed", now)
        unit.out = True
        unit.connection.publish(unit.status_topic, _OFFLINE, self, retain=True)
        log.info("unit %s is taken out, %s comes in its place", exchange.removed, exchange.fitted)
        if self._play.truth is not None:
            self._play.truth.write([exchange.label])
        self._plan(unit, now)

    def _fit(self, exchange: Exchange, now: float) -> None:
        old = self._by_code[exchange.removed]
        spec = replace(old.spec, code=exchange.fitted)
        unit = PlayedUnit(spec, self._play, now, len(self._units), old.connection)
        unit.unit.connected(now)
        unit.fitted(now)
        self._units.append(unit)
        self._by_code[spec.code] = unit
        self._by_connection[unit.connection].append(unit)
        self._plan(unit, now)

    def _plan(self, unit: PlayedUnit, at: float) -> None:
        unit.heap_at = at
        heapq.heappush(self._wakes, (at, unit.number))

    def _send(self, unit: PlayedUnit, now: float) -> bool:
        """Publish what is due; True when the connection was full and it must be tried again soon."""
        if not unit.connection.ready:
            return unit.connection.up
        for outgoing in unit.unit.due(now):
            if not self._publish(unit, outgoing, now):
                unit.unit.not_sent(outgoing)
        return False

    def _publish(self, unit: PlayedUnit, outgoing: Outgoing, now: float) -> bool:
        topic = unit.topics[outgoing.kind]
        if unit.wire is None or not self._measuring:
            sent = unit.connection.publish(topic, outgoing.payload, (unit, outgoing.number))
            self.published += sent
            return sent
        at_once = False
        for delivery in unit.wire.carry(outgoing.payload):
            if delivery.after_s > 0 and len(self._delayed) < _MOST_DELAYED:
                self._delayed_count += 1
                late = (now + delivery.after_s, self._delayed_count, topic, delivery.payload, unit)
                heapq.heappush(self._delayed, late)
            else:
                if not unit.connection.publish(topic, delivery.payload, (unit, outgoing.number)):
                    return False
                self.published += 1
                at_once = True
        if not at_once:
            # A wire that loses or delays does so behind a broker that acknowledged.
            unit.unit.acknowledged(outgoing.number)
        return True

    def _suffer(self, unit: PlayedUnit, now: float) -> None:
        """Outages, reboots and jumps of the clock."""
        assert unit.wire is not None
        hours = (now - unit.last_faults_at) / 3_600
        unit.last_faults_at = now
        unit.wire.clock_jumps(hours)
        if unit.offline_until is not None:
            if now >= unit.offline_until:
                unit.offline_until = None
                if unit.connection.up:
                    unit.unit.connected(now)
            return
        outage_s = unit.wire.outage_s(hours)
        if outage_s is not None:
            unit.offline_until = now + outage_s
            unit.unit.disconnected(now)
            if unit.single:
                self._network.cut(unit.connection, self._real, self._real + self._clock.real_s(outage_s, self._real))
        elif unit.wire.reboots(hours):
            unit.unit.reboot(now)
            if unit.connection.up:
                unit.unit.connected(now)

    # What the network tells

    def _up(self, connection: Connection) -> None:
        level = logging.DEBUG if connection.account.code is not None else logging.INFO
        log.log(level, "%s is connected", connection.account.username)
        for unit in self._by_connection.get(connection, ()):
            if unit.offline_until is not None and not unit.single:
                continue
            unit.offline_until = None
            unit.unit.connected(self._now)
            unit.status_sent = False
            if unit.unit.held_count or unit.single:
                # A gateway's thousand units do not all send again in the same second.
                spread_s = 0.0 if unit.single else 10.0
                self._plan(unit, min(unit.heap_at, self._now + spread_s * unit.share))

    def _down(self, connection: Connection) -> None:
        for unit in self._by_connection.get(connection, ()):
            unit.unit.disconnected(self._now)

    def _message(self, topic: str, payload: bytes) -> None:
        unit = self._by_code.get(topic.split("/")[3])
        if unit is None or unit.offline_until is not None:
            return
        if topic.endswith("/command"):
            self._answer(unit, payload)
            return
        unit.unit.receive_receipt(payload, self._now)
        self._send_if_due(unit)

    def _answer(self, unit: PlayedUnit, payload: bytes) -> None:
        """Where the connection is full no answer is sent: the service asks again."""
        said = answer(payload, self._now)
        if said is not None:
            unit.connection.publish(f"fleet/v1/{unit.spec.division:06d}/{unit.spec.code}/command/result", said, self)

    def _done(self, token: object, taken: bool) -> None:
        if isinstance(token, tuple):
            unit, number = token
            unit.unit.acknowledged(number)
            if taken:
                self._send_if_due(unit)

    def _send_if_due(self, unit: PlayedUnit) -> None:
        wish = unit.unit.next_due(self._now)
        if wish is not None and wish <= self._now and unit.heap_at > self._now:
            self._plan(unit, self._now)


def moving(units: Iterable[PlayedUnit]) -> int:
    """How many vehicles are driving."""
    return sum(unit.driving for unit in units if not unit.out)


def held(units: Iterable[PlayedUnit]) -> int:
    """Samples that no receipt has covered yet."""
    return sum(unit.unit.held_count for unit in units)
