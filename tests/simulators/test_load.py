"""Mere load: exact numbers, its own words about itself, and packets as MQTT wants them."""

import json
import re
from pathlib import Path

import pytest

from fleet.local.mosquitto import Mosquitto
from fleet.model.readings import Kind
from ingest.codecs.json_v1 import JsonV1
from simulators.load import Composer, remaining_length
from simulators.load_feed import Report
from simulators.roster import UnitSpec
from tests.simulators.stage import ended, service_behind, simulator, wait_until, write_files

NOW_MS = 1_790_000_000_000


@pytest.mark.parametrize("array", [1, 7])
def test_a_codec_of_the_service_reads_it(array: int) -> None:
    composer = Composer([UnitSpec(f"L{k}", 530302) for k in range(3)], array, 5)
    seen: set[tuple[str, int | None]] = set()
    for packet in composer.packets(12, NOW_MS) + composer.packets(12, NOW_MS + 10):
        match = re.match(rb"\x32([\x80-\xff]*[\x00-\x7f])..fleet/v1/530302/(L\d)/position(..)", packet, re.DOTALL)
        assert match is not None
        assert match[1] == remaining_length(len(packet) - match.end(1))
        decoded = JsonV1().decode(Kind.POSITION, packet[match.end() :])
        assert not decoded.refused
        assert decoded.unknown_fields == 0
        assert len(decoded.readings) == array
        for reading in decoded.readings:
            assert reading.run == 5  # type: ignore[union-attr]
            seen.add((match[2].decode(), reading.seq))  # type: ignore[union-attr]
    assert seen == {(f"L{k}", seq) for k in range(3) for seq in range(1, 8 * array + 1)}


@pytest.mark.parametrize(
    ("length", "encoded"), [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\x01"), (16_384, b"\x80\x80\x01")]
)
def test_lengths(length: int, encoded: bytes) -> None:
    assert remaining_length(length) == encoded


@pytest.mark.seam
@pytest.mark.parametrize("work", [("--once", "6000"), ("--once", "2100", "--array", "7", "--rate", "3000")])
def test_everything_that_is_said_to_be_sent_arrives(broker: Mosquitto, tmp_path: Path, work: tuple[str, ...]) -> None:
    credentials, roster = write_files(tmp_path, broker, 90, 0, (530302, 530381, 530324))
    with service_behind(broker) as service:
        with simulator("--credentials", credentials, "--roster", roster, *work, "--json") as process:
            report = Report(**json.loads(ended(process).splitlines()[-1]))
        assert process.returncode == 0
        assert report.samples == int(work[1])
        assert report.acknowledged == report.messages
        wait_until(lambda: service.samples == report.samples, 20, "all of it arrives")
        assert service.messages == report.messages
        assert len(service.units) == 90
        if "--rate" in work:
            assert report.seconds >= 2_100 / 3_000 - 0.05


@pytest.mark.seam
def test_a_wrong_password_and_a_broker_that_is_away_are_one_line(broker: Mosquitto, tmp_path: Path) -> None:
    credentials, roster = write_files(tmp_path, broker, 3, 0)
    credentials.write_text(credentials.read_text().replace("secret", "wrong"))
    arguments = ("--credentials", credentials, "--roster", roster, "--once", "10")
    with simulator(*arguments) as process:
        assert "the broker refuses gateway.g530302" in ended(process)
    assert process.returncode == 5
    broker.stop()
    with simulator(*arguments) as process:
        assert re.fullmatch(r"simulators: the broker at 127.0.0.1:\d+ cannot be reached.*\n", ended(process))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--history", "3d", "--rate", "5"), "two ways to play"),
        (("--rate", "0"), "--rate must be more than 0"),
        (("--once", "0"), "--once must be at least 1"),
        (("--once", "5", "--array", "1001"), "--array must lie between 1 and 1000"),
        (("--history", "week"), "is no number of days such as 30d"),
        (("--from", "2026-03-04T09:00:00"), "lacks its offset"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], sentence: str) -> None:
    with simulator(*arguments) as process:
        output = ended(process)
    assert process.returncode == 2
    assert sentence in output
    assert "Traceback" not in output
