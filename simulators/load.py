"""Load: as many samples as are asked for, at a rate that does not depend on the answers, at next to no cost. Pure.

Not a living fleet: each unit's samples are cut from a few pieces that were encoded beforehand, and only time and
number are written anew. Nothing is kept and nothing is sent again, so every message declares what went before as gone
(`oldest_seq`). For a database of its own: a vehicle under load is in two places at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

from simulators.roads import DEGREE_M
from simulators.roster import UnitSpec

RUNS_FROM = 1_000_000_000
"""Runs of load lie above those of living units (seconds since 2023) and of history (days since 1970)."""

_VARIANTS = 8  # places of a unit's drive that are encoded beforehand; about 10 MB for 6,000 units
_STEP_M = 140.0
_CENTRE = (25.49, 103.79)
_QOS_1 = b"\x32"


@dataclass(frozen=True, slots=True)
class Workload:
    """What is to be sent: `total` samples (None: without end) in messages of `array` samples each, at `rate` samples
    a second (None: as fast as the broker acknowledges)."""

    rate: float | None
    total: int | None
    array: int = 1


class Composer:
    """Writes the PUBLISH packets (MQTT 3.1.1, QoS 1) of some units, one unit after the other, round and round."""

    def __init__(self, units: Sequence[UnitSpec], array: int, run: int) -> None:
        self._heads = [_topic(unit) for unit in units]
        self._tails = [_tails(number) for number in range(len(units))]
        self._array, self._run = array, run
        self._number = 0  # of the next message
        self._seq = [1] * len(units)

    def packets(self, count: int, now_ms: int) -> list[bytes]:
        """The next `count` packets. The last sample of each bears `now_ms`, those before it lie a second apart."""
        heads, tails, seqs = self._heads, self._tails, self._seq
        array, run, units = self._array, self._run, len(self._heads)
        packets = []
        for number in range(self._number, self._number + count):
            turn, unit = divmod(number, units)
            seq = seqs[unit]
            seqs[unit] = seq + array
            if array == 1:
                tail = tails[unit][turn % _VARIANTS]
                payload = b'{"time":%d,"seq":%d,"oldest_seq":%d,"run":%d%b' % (now_ms, seq, seq, run, tail)
            else:
                variants, first_ms = tails[unit], now_ms - (array - 1) * 1_000
                payload = b"[%b]" % b",".join(
                    b'{"time":%d,"seq":%d,"oldest_seq":%d,"run":%d%b'
                    % (first_ms + k * 1_000, seq + k, seq, run, variants[(turn + k) % _VARIANTS])
                    for k in range(array)
                )
            body = b"%b%b%b" % (heads[unit], (number % 65_535 + 1).to_bytes(2, "big"), payload)
            packets.append(b"%b%b%b" % (_QOS_1, remaining_length(len(body)), body))
        self._number += count
        return packets


def remaining_length(length: int) -> bytes:
    """The length field of an MQTT packet: seven bits a byte, the lowest first."""
    encoded = bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(encoded)


def text(value: str) -> bytes:
    """A string as MQTT writes it."""
    encoded = value.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _topic(unit: UnitSpec) -> bytes:
    return text(f"fleet/v1/{unit.division:06d}/{unit.code}/position")


def _tails(number: int) -> list[bytes]:
    """All of a sample but time and number, for some places along a short drive; about 250 bytes with them."""
    lat = _CENTRE[0] + number % 77 * 0.0007
    lon = _CENTRE[1] + number // 77 * 0.0005
    step = _STEP_M / (DEGREE_M * cos(radians(lat)))
    return [
        b',"lat":%.7f,"lon":%.7f,"speed_kmh":%.1f,"heading_deg":%d,"altitude_m":%d,"hdop":%.1f,"satellites":%d,'
        b'"ignition":true,"odometer_km":%.3f}'
        % (
            *(lat, lon + k * step, 30 + (number + 7 * k) % 55, 80 + number % 20, 1_880 + number % 90),
            *(0.7 + number % 5 / 10, 9 + number % 6, 45_213 + number + k * _STEP_M / 1_000),
        )
        for k in range(_VARIANTS)
    ]
