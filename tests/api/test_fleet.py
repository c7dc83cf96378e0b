"""The fleet in memory: whoever follows the deltas knows what whoever asks for everything is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import numpy as np
import pytest

from api.live.fleet import REMEMBERED_TICKS, Fleet, Selection, StateRow
from api.live.items import Fitted
from fleet.model.scope import CITY, Scope

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Row(msgspec.Struct, kw_only=True):
    """What the store's rows look like."""

    unit_id: int
    revision: int
    position_at: datetime | None = NOW
    position_received_at: datetime | None = NOW
    lat_e7: int = 255000000
    lon_e7: int = 1038000000
    division: int | None = 530302
    speed_dkmh: int | None = 0
    heading_deg: int | None = None
    altitude_m: int | None = None
    flags: int | None = 0
    ignition: bool | None = False
    odometer_m: int | None = None
    usage_at: datetime | None = None
    fuel_level_permille: int | None = None
    soc_permille: int | None = None
    charging: bool | None = None
    online: bool | None = True


def rows(*made: Row) -> list[StateRow]:
    return cast(list[StateRow], list(made))


def fitted(unit: int, vehicle: int, organ: int, *, confidential: bool = False) -> Fitted:
    return Fitted(unit, None, f"U{unit}", vehicle, f"P{vehicle}", organ, 530302, "bev", confidential)


OPEN = Scope(organs=None, see_confidential=False)

SELECTIONS = (
    Selection(Scope(organs=frozenset({2, 3}), see_confidential=False)),
    Selection(Scope(organs=frozenset({1}), see_confidential=True, division=530302)),
    Selection(CITY),
    Selection(OPEN),
    Selection(division=530302, scope=CITY),
    Selection(organ=2, scope=CITY),
    Selection(box=(103.75, 25.4, 103.85, 25.6), scope=CITY),
    Selection(box=(103.75, 25.4, 103.85, 25.6), organ=2, scope=OPEN),
)


class Follower:
    """A reader that looks now and then and keeps what it was told."""

    def __init__(self, fleet: Fleet, chosen: Selection) -> None:
        self.fleet, self.chosen = fleet, chosen
        self.known: dict[int, Any] = {entry.item.vehicle_id: entry.item for entry in fleet.everything(chosen)}
        self.tick, self.epoch = fleet.tick, fleet.epoch

    def look(self) -> None:
        if self.epoch != self.fleet.epoch:
            self.known.clear()
            self.epoch = self.fleet.epoch
        delta = self.fleet.since(self.tick, self.chosen)
        if delta.full:
            self.known.clear()
        for entry in delta.entries:
            self.known[entry.item.vehicle_id] = entry.item
        for vehicle_id in delta.gone:
            self.known.pop(vehicle_id, None)
        self.tick = self.fleet.tick

    def truth(self) -> dict[int, Any]:
        return {entry.item.vehicle_id: entry.item for entry in self.fleet.everything(self.chosen)}


@pytest.mark.parametrize("seed", range(12))
def test_following_equals_asking(seed: int) -> None:
    rng = np.random.default_rng(seed)
    fleet, now, revision = Fleet(), NOW, 0
    parents: dict[int, int | None] = {1: None, 2: 1, 3: 2, 4: 1}

    def registry() -> None:
        units = rng.permutation(12)[:9]
        vehicles = rng.permutation(12)[:9]
        organs = rng.integers(1, 5, 9)
        fleet.apply_registry(
            [
                fitted(int(unit), int(vehicle), int(organ), confidential=bool(vehicle % 5 == 0))
                for unit, vehicle, organ in zip(units, vehicles, organs, strict=True)
            ],
            parents,
            now,
        )

    registry()
    followers = [Follower(fleet, chosen) for chosen in SELECTIONS for _ in range(2)]
    for _ in range(400):
        now += timedelta(seconds=int(rng.integers(1, 240)))
        match int(rng.integers(0, 40)):
            case 0:
                registry()
            case 1 if rng.random() < 0.2:
                fleet.reset()
                revision = 0
            case _:
                revision += 1
                fleet.apply(
                    rows(
                        *(
                            Row(
                                unit_id=int(unit),
                                revision=revision,
                                position_at=now,
                                lat_e7=255000000 + int(rng.integers(-2, 3)) * 1_000_000,
                                division=int(rng.choice([530302, 530381, 0])),
                                ignition=bool(rng.integers(0, 2)),
                            )
                            for unit in rng.permutation(12)[: int(rng.integers(0, 4))]
                        )
                    ),
                    revision,
                    now,
                )
        for follower in followers:
            if rng.random() < 0.3:
                follower.look()
                assert follower.known == follower.truth()


def test_a_reader_that_is_too_far_behind_gets_everything() -> None:
    fleet = Fleet()
    fleet.apply_registry([fitted(1, 1, 1), fitted(2, 2, 1)], {1: None}, NOW)
    fleet.apply(rows(Row(unit_id=2, revision=1)), 1, NOW)
    follower = Follower(fleet, Selection(OPEN))
    for revision in range(2, REMEMBERED_TICKS + 5):
        fleet.apply(rows(Row(unit_id=1, revision=revision)), revision, NOW)
    assert fleet.since(follower.tick, Selection(OPEN)).full
    follower.look()
    assert follower.known == follower.truth()


def test_the_tick_of_a_revision() -> None:
    fleet = Fleet()
    fleet.apply_registry([fitted(1, 1, 1)], {1: None}, NOW)
    assert fleet.tick_of(0) == fleet.tick, "nothing happened yet"
    for revision in (3, 5, 8):
        fleet.apply(rows(Row(unit_id=1, revision=revision)), revision, NOW)
    silent_at = NOW + timedelta(hours=1)
    fleet.apply(rows(), 8, silent_at)
    fleet.apply(rows(), 11, silent_at)
    assert [fleet.tick_of(revision) for revision in (3, 4, 5, 8, 9, 11)] == [1, 1, 2, 3, 4, 4]
    assert fleet.tick_of(2) is None
    resumed = fleet.since(cast(int, fleet.tick_of(8)), Selection(OPEN))
    assert [entry.item.state for entry in resumed.entries] == ["silent"], "told although no revision was raised"


def test_resuming_by_revision_after_a_restart_includes_who_fell_silent_since() -> None:
    fleet = Fleet()
    fleet.apply_registry([fitted(1, 1, 1), fitted(2, 2, 1)], {1: None}, NOW)
    fleet.apply(rows(Row(unit_id=1, revision=4), Row(unit_id=2, revision=9)), 9, NOW)
    assert [entry.item.vehicle_id for entry in fleet.later_than(5, Selection(OPEN)).entries] == [2]
    fleet.apply(rows(Row(unit_id=2, revision=10, position_at=NOW + timedelta(hours=1))), 10, NOW + timedelta(hours=1))
    assert [entry.item.vehicle_id for entry in fleet.later_than(10, Selection(OPEN)).entries] == [1]
