"""The short storm: thirty kills of every process of a whole service under load; and an accounting that is not blind."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.storm import accounting, replay
from benchmarks.storm.plan import SHORT, Report
from benchmarks.storm.soak import Memory
from benchmarks.storm.stack import TARGETS, ask
from benchmarks.storm.storm import weather
from benchmarks.storm.town import Town
from fleet.local.mosquitto import Mosquitto
from tests import services

READINGS = ("position_reading", "usage_reading", "event_reading")


@pytest.mark.store
@pytest.mark.seam
@pytest.mark.end_to_end
@pytest.mark.timeout(400)
def test_thirty_kills_lose_and_double_nothing(broker: Mosquitto, tmp_path: Path) -> None:
    with services.durable_postgres() as postgres:
        report = weather(SHORT, tmp_path, postgres, broker)
        assert report.faults == []
        assert sum(report.killed.values()) == 30
        assert set(report.killed) == set(TARGETS)

        # The same accounting sees each way in which it could be otherwise.
        url, town = postgres.url(), Town(SHORT.vehicles)
        ledger = accounting.read_ledger(tmp_path / "ledger.json")
        services.execute(
            postgres.url(superuser=True),
            "delete from position_reading where (unit_id, observed_at) in"
            " (select unit_id, observed_at from position_reading where seq = 2 order by 1 limit 1)",
            "update position_reading set lat_e7 = lat_e7 + 1 where (unit_id, observed_at) in"
            " (select unit_id, observed_at from position_reading where seq = 3 order by 1 limit 1)",
            "insert into usage_reading (observed_at, batch, unit_id, run, seq)"
            " select observed_at + interval '1 s', batch, unit_id, run, seq from usage_reading order by 1 limit 1",
            "insert into event_reading (observed_at, batch, unit_id, run, seq, event)"
            " values ('2026-11-18', 1, 1, 7, 9, 'door_open')",
            "update ledger_hour set received = received + 1, stored = stored + 1 where hour ="
            " (select max(hour) from ledger_hour) and kind = 1",
            "delete from trip where id = (select min(id) from trip)",
            "update finding set severity = 'yellow' where id = (select min(id) from finding where severity = 'red')",
        )
        found = services.run(ask(url, lambda connection: accounting.trace(connection, ledger, town)))
        assert (len(found.lost), len(found.changed), len(found.doubled), len(found.invented)) == (1, 1, 1, 1)
        broken = Report()
        services.run(ask(url, lambda connection: accounting.check_books(connection, broken)))
        services.run(replay.check_replay(url, broken))
        services.run(replay.check_same(url, postgres.url(replay.COPY), broken))
        told = "\n".join(broken.faults)
        for word in ("ledger_hour", "rows and", "replayed", "rows of trip", "rows of finding"):
            assert word in told, told


def test_memory_that_climbs_after_the_warm_up_has_grown() -> None:
    def memory(mb_at: list[float]) -> Memory:
        return Memory([float(at) for at in range(len(mb_at))], [round(mb * 2**20) for mb in mb_at])

    warm_up = [50 + 5.0 * at for at in range(20)]
    assert not memory(warm_up + [150 + at % 3 for at in range(60)]).grows
    assert memory(warm_up + [150 + 0.5 * at for at in range(60)]).grows
    assert not memory(warm_up + [150 - 0.5 * at for at in range(60)]).grows
