"""What the measurement of latency rests on: events cut anywhere, and ages."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from benchmarks.latency import Reader, split_events

AT_S = 1_795_000_000.0


def test_events_are_whole_wherever_the_network_cut_them() -> None:
    said = b"retry: 2000\n\nid: 1\nevent: positions\ndata: {}\n\n: still here\n\nid: 2\ndata"
    whole = [b"retry: 2000", b"id: 1\nevent: positions\ndata: {}", b": still here"]
    for first in range(len(said) + 1):
        for second in range(first, len(said) + 1):
            assert list(split_events([said[:first], said[first:second], said[second:]])) == whole
    assert list(split_events(said[n : n + 1] for n in range(len(said)))) == whole


def _told(observed_at_s: float, *, full: bool) -> bytes:
    items = [{"vehicle_id": 1, "observed_at": datetime.fromtimestamp(observed_at_s, UTC)}]
    return b"id: 7\nevent: positions\ndata: " + msgspec.json.encode({"full": full, "items": items, "gone": []})


def test_an_age_is_counted_of_what_is_new() -> None:
    reader = Reader("http://127.0.0.1:1", {})
    reader._note(_told(AT_S - 60, full=True), AT_S)
    reader._note(b"retry: 2000", AT_S)
    reader._note(b'event: health\ndata: {"revision": 3}', AT_S)
    assert (reader.seen, reader.newest_s) == ([], AT_S - 60)
    reader._note(_told(AT_S - 2, full=False), AT_S)
    reader._note(_told(AT_S - 90, full=False), AT_S)
    assert reader.seen == [(AT_S, 2.0), (AT_S, 90.0)]
    assert reader.newest_s == AT_S - 2
