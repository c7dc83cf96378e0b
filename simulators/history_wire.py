"""Past readings as the payloads of the wire: columns in, arrays of up to 1,000 samples out. Pure.

The same samples as a unit would have sent one by one, written in bulk: a few microseconds each. `oldest_seq` is left
out, since nothing is ever declared gone, and so the bytes follow from the readings and their numbers alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from fleet.model.readings import Kind
from simulators.readings import Events, Moments, Positions, Readings, Usages

MAX_SAMPLES_A_MESSAGE = 1_000

_encode = msgspec.json.Encoder().encode
_BOOLEANS = (b"false", b"true")


@dataclass(frozen=True, slots=True)
class Message:
    """One array: its samples bear the numbers `first` to `last`, both included."""

    kind: Kind
    first: int
    last: int
    payload: bytes


def messages(readings: Readings, run: int, numbers: Sequence[int], *, integer_times: bool) -> list[Message]:
    """The arrays of all `readings`; `numbers` are the first `seq` of positions, usages and events."""
    return [
        *_arrays(Kind.POSITION, numbers[0], _positions(readings.positions, run, numbers[0], integer_times)),
        *_arrays(Kind.USAGE, numbers[1], _usages(readings.usages, run, numbers[1], integer_times)),
        *_arrays(Kind.EVENT, numbers[2], _events(readings.events, run, numbers[2], integer_times)),
    ]


def _arrays(kind: Kind, first: int, samples: list[bytes]) -> Iterable[Message]:
    for at in range(0, len(samples), MAX_SAMPLES_A_MESSAGE):
        piece = samples[at : at + MAX_SAMPLES_A_MESSAGE]
        yield Message(kind, first + at, first + at + len(piece) - 1, b"[%b]" % b",".join(piece))


def _times(when: Moments, integer_times: bool) -> list[bytes]:
    if integer_times:
        return [b"%d" % ms for ms in when.observed_ms.tolist()]
    moments = when.observed_ms.astype("datetime64[ms]")
    return [b'"%bZ"' % moment.encode() for moment in np.datetime_as_string(moments).tolist()]


def _positions(table: Positions, run: int, first: int, integer_times: bool) -> list[bytes]:
    ending = b',"datum":"gcj02"}' if table.gcj02 else b"}"
    layout = (
        b'{"time":%b,"lat":%.7f,"lon":%.7f,"speed_kmh":%.1f,"heading_deg":%d,"altitude_m":%d,"hdop":%.1f,'
        b'"satellites":%d,"ignition":%b,"odometer_km":%.3f,"seq":%d,"run":' + b"%d" % run + ending
    )
    rows = zip(
        _times(table.when, integer_times),
        (table.lat_e7 / 1e7).tolist(),
        (table.lon_e7 / 1e7).tolist(),
        (table.speed_dkmh / 10).tolist(),
        table.heading_deg.tolist(),
        table.altitude_m.tolist(),
        (table.hdop_tenths / 10).tolist(),
        table.satellites.tolist(),
        [_BOOLEANS[on] for on in table.ignition.tolist()],
        (table.odometer_m / 1_000).tolist(),
        range(first, first + len(table)),
        strict=True,
    )
    return [layout % row for row in rows]


def _usages(table: Usages, run: int, first: int, integer_times: bool) -> list[bytes]:
    layout = b'{"time":%b,"odometer_km":%.3f'
    columns: list[Iterable[object]] = [_times(table.when, integer_times), (table.odometer_m / 1_000).tolist()]
    known: tuple[tuple[bytes, NDArray[np.int64] | None, int], ...] = (
        (b',"fuel_level_pct":%.1f', table.fuel_level_permille, 10),
        (b',"fuel_level_l":%.3f', table.fuel_level_ml, 1_000),
        (b',"fuel_used_l":%.3f', table.fuel_used_ml, 1_000),
        (b',"engine_hours_h":%.4f', table.engine_s, 3_600),
        (b',"soc_pct":%.1f', table.soc_permille, 10),
        (b',"energy_used_kwh":%.3f', table.energy_used_wh, 1_000),
        (b',"energy_charged_kwh":%.3f', table.energy_charged_wh, 1_000),
    )
    for field, column, scale in known:
        if column is not None:
            layout += field
            columns.append((column / scale).tolist())
    for field, flags in ((b',"ignition":%b', table.ignition), (b',"charging":%b', table.charging)):
        if flags is not None:
            layout += field
            columns.append([_BOOLEANS[on] for on in flags.tolist()])
    layout += b',"seq":%d,"run":' + b"%d}" % run
    columns.append(range(first, first + len(table)))
    return [layout % row for row in zip(*columns, strict=True)]


def _events(table: Events, run: int, first: int, integer_times: bool) -> list[bytes]:
    times = _times(table.when, integer_times)
    found = []
    for row, (time, name, detail) in enumerate(zip(times, table.names, table.details, strict=True)):
        more = b"" if detail is None else b',"detail":%b' % _encode(detail)
        found.append(b'{"time":%b,"event":"%b"%b,"seq":%d,"run":%d}' % (time, name.encode(), more, first + row, run))
    return found
