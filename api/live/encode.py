"""Live vehicles as bytes. A vehicle is encoded once a change, and equal readers share one answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np

from api.datum import Datum, many_degrees
from api.live.fleet import Delta, Entry, Fleet, Selection

_ENCODER = msgspec.json.Encoder()

CACHE_BYTES = 32 * 1024 * 1024


def encode_entries(entries: Sequence[Entry], datum: Datum) -> bytes:
    """The items, joined by commas."""
    missing = [entry for entry in entries if datum.value not in entry.encoded]
    if missing and datum is Datum.GCJ02:
        lat, lon = many_degrees(
            np.array([entry.item.lat for entry in missing]), np.array([entry.item.lon for entry in missing]), datum
        )
        for entry, entry_lat, entry_lon in zip(missing, lat.tolist(), lon.tolist(), strict=True):
            entry.encoded[datum.value] = _ENCODER.encode(
                msgspec.structs.replace(entry.item, lat=entry_lat, lon=entry_lon)
            )
    else:
        for entry in missing:
            entry.encoded[datum.value] = _ENCODER.encode(entry.item)
    return b",".join([entry.encoded[datum.value] for entry in entries])


def encode_state(
    entries: Sequence[Entry], *, revision: int, server_time: datetime, datum: Datum, without_position: int
) -> bytes:
    """The answer of `/positions/latest`."""
    head = {
        "revision": revision,
        "server_time": server_time,
        "datum": datum.value,
        "count": len(entries),
        "without_position": without_position,
    }
    return _ENCODER.encode(head)[:-1] + b',"items":[' + encode_entries(entries, datum) + b"]}"


def encode_event(delta: Delta, *, revision: int, server_time: datetime, datum: Datum) -> bytes:
    """One server-sent event of kind `positions`."""
    head = {"revision": revision, "server_time": server_time, "full": delta.full}
    return b"".join(
        (
            b"id: %d\nevent: positions\ndata: " % revision,
            _ENCODER.encode(head)[:-1],
            b',"items":[',
            encode_entries(delta.entries, datum),
            b'],"gone":',
            _ENCODER.encode(delta.gone),
            b"}\n\n",
        )
    )


class Events:
    """Events of the present tick, shared by all readers that have seen the same and want the same."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._tick = -1
        self._size = 0
        self._cache: OrderedDict[tuple[int, Selection, Datum], bytes | None] = OrderedDict()

    def since(self, tick: int, chosen: Selection, datum: Datum, server_time: datetime) -> bytes | None:
        """The event for a reader that has seen `tick` (-1 = nothing yet); None when nothing concerns it."""
        if self._tick != self._fleet.tick:
            self._tick = self._fleet.tick
            self._cache.clear()
            self._size = 0
        key = (tick, chosen, datum)
        if key in self._cache:
            return self._cache[key]
        delta = self._fleet.since(tick, chosen) if tick >= 0 else Delta(self._fleet.everything(chosen), [], full=True)
        event = self.of(delta, datum, server_time) if delta.entries or delta.gone or delta.full else None
        self._cache[key] = event
        self._size += len(event or b"")
        while self._size > CACHE_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._size -= len(dropped or b"")
        return event

    def of(self, delta: Delta, datum: Datum, server_time: datetime) -> bytes:
        return encode_event(delta, revision=self._fleet.revision, server_time=server_time, datum=datum)
