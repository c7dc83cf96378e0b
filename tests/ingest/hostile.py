"""Topics and payloads as no well-meaning unit sends them, and many that are almost good."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import strategies as st

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
_NOW_MS = int(NOW.timestamp() * 1_000)

_numbers = st.sampled_from(
    [
        *("0", "-0", "-0.0", "1", "2", "7", "25.4", "103.8", "359.5", "1.0", "1e0", "1E2", "-1", "12.00049999"),
        *("1e999", "-1e999", "1e-999", "NaN", "-NaN", "Infinity", "-Infinity", "nan", "0x1f", "01", "+1", ".5", "5."),
        *(str(power) for power in (2**31 - 1, 2**31, 2**62, 2**62 + 1, 2**63, 2**64, -(2**63) - 1, 2**200)),
        *(
            "9" * 310,
            "9" * 5_000,
            "0." + "3" * 500,
            "1e308",
            "2e9",
            str(_NOW_MS),
            str(_NOW_MS * 1_000),
            "-62135596800000",
        ),
    ]
)
_texts = st.one_of(
    st.text(max_size=6).map(json.dumps),
    st.text(max_size=6).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from(
        [
            *(r'"\u0000"', r'"a\u0000b"', r'"\ud800"', r'"\udfff\ud800"', r'"\x41"', '"\t"', '"\x00"', '"', '"\\"'),
            *('"wgs84"', '"gcj02"', '"bd09"', '"acknowledged"', '"refused"', '"sos"', '"door_open"', '"ufo"'),
            *(
                '"2026-11-23T07:00:00Z"',
                '"2026-11-23T07:00:00"',
                '"2026-02-30T07:00:00Z"',
                '"0001-01-01T00:00:00+08:00"',
            ),
            *('"9999-12-31T23:59:60Z"', '"2014-12-31T23:59:59.999Z"', '"2026-11-23T07:00:00.123456789+08:00"'),
            *('"' + "x" * 501 + '"', '"' + "车" * 70_000 + '"', "'one'", '"2026-11-23T08:10:01Z"'),
        ]
    ),
)
_depths = st.sampled_from([1, 2, 30, 400, 5_000, 100_000]) | st.integers(850, 1_100)
"""Around a thousand a reader of JSON gives up; each of those depths is a place to give up in."""


def _deep(depth: int, opening: str, inner: str, closing: str) -> str:
    return opening * depth + inner + closing * depth


_deeps = st.builds(
    _deep,
    _depths,
    st.sampled_from(["[", '{"a":', '[{"a":', "[1,"]),
    st.sampled_from(["", "1", "{}", "null"]),
    st.sampled_from(["", "]", "}", "}]"]),
) | st.builds(lambda depth: _deep(depth, '{"a":', "1", "}"), _depths)
_words = st.sampled_from(["true", "false", "null", "nul", "True", "undefined", "", "{}", "[]", "[[]]", "//"])
_scalars = _numbers | _texts | _words
_values = st.one_of(
    _scalars,
    _scalars,
    _deeps,
    st.lists(_scalars, max_size=3).map(lambda parts: "[" + ",".join(parts) + "]"),
    st.lists(st.tuples(_texts, _scalars), max_size=3).map(
        lambda pairs: "{" + ",".join(f"{name}:{value}" for name, value in pairs) + "}"
    ),
)

FIELDS = (
    *("time", "seq", "run", "oldest_seq", "lat", "lon", "speed_kmh", "heading_deg", "altitude_m", "hdop", "satellites"),
    *("ignition", "odometer_km", "datum", "fuel_level_pct", "fuel_level_l", "fuel_used_l", "soc_pct", "charging"),
    *("energy_used_kwh", "energy_charged_kwh", "engine_hours_h", "event", "detail", "online", "id", "result", "reason"),
    *("other", "", "Time", "tıme"),
)
_GOOD = (
    (("time", str(_NOW_MS - 60_000)), ("lat", "25.4"), ("lon", "103.8"), ("seq", "1")),
    (("time", '"2026-11-23T15:00:00+08:00"'), ("lat", "25.4"), ("lon", "103.8"), ("datum", '"gcj02"')),
    (("time", str(_NOW_MS)), ("odometer_km", "12.5"), ("fuel_level_pct", "33"), ("seq", "3"), ("oldest_seq", "2")),
    (("time", str(_NOW_MS)), ("event", '"sos"'), ("detail", '{"a":1}'), ("seq", "4")),
    (("online", "true"),),
    (("id", "7"), ("time", str(_NOW_MS)), ("result", '"refused"'), ("reason", '"no"')),
)
_pairs = st.lists(st.tuples(st.sampled_from(FIELDS), _values), max_size=2)
"""Written behind what is good: a name that stands there already comes twice, and the later one counts."""

_spaces = st.sampled_from(["", "", "", " ", "\n\t ", "\r\n"])


def _object(pairs: list[tuple[str, str]], space: str) -> str:
    return "{" + space + ("," + space).join(f'"{name}":{space}{value}' for name, value in pairs) + space + "}"


samples = st.one_of(
    st.builds(lambda good, more, space: _object([*good, *more], space), st.sampled_from(_GOOD), _pairs, _spaces),
    st.builds(lambda good, space: _object(list(good), space), st.sampled_from(_GOOD), _spaces),
    st.builds(_object, st.lists(st.tuples(st.sampled_from(FIELDS), _values), max_size=5), _spaces),
)


def _array(parts: list[str], space: str) -> str:
    return space + "[" + space + ("," + space).join(parts) + "]" + space


_written = st.one_of(
    samples,
    samples,
    st.builds(_array, st.lists(samples | _values, max_size=5), _spaces),
    st.builds(_array, st.lists(samples, min_size=1, max_size=4), _spaces),
    _values,
    st.builds(
        lambda one, count: _array([one] * count, ""),
        st.sampled_from(["{}", "7", '{"time":1}', _object(list(_GOOD[0]), "")]),
        st.sampled_from([999, 1_000, 1_001, 40_000]),
    ),
).map(lambda text: text.encode("utf-8", "surrogatepass"))


def _cut(payload: bytes, share: float) -> bytes:
    return payload[: int(len(payload) * share)]


def _spoilt(payload: bytes, share: float, byte: int) -> bytes:
    place = int(len(payload) * share)
    return payload[:place] + bytes((byte,)) + payload[place + 1 :]


_shares = st.floats(0, 1, exclude_max=True)
payloads: st.SearchStrategy[bytes] = st.one_of(
    _written,
    _written,
    _written,
    st.builds(_cut, _written, _shares),
    st.builds(_spoilt, _written, _shares, st.integers(0, 255)),
    st.builds(lambda before, payload, after: before + payload + after, *3 * (_written | st.binary(max_size=4),)),
    st.sampled_from([b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b" ", b"\n"]).flatmap(
        lambda before: _written.map(lambda payload: before + payload)
    ),
    st.binary(max_size=60),
)

_parts = st.one_of(
    st.sampled_from(
        [
            *("fleet", "v1", "v2", "530302", "530303", "53030", "５３０３０２", "u1", "u2", "nobody", "u" * 33, "车"),
            *(
                "position",
                "usage",
                "event",
                "status",
                "command",
                "result",
                "receipt",
                "positions",
                "",
                "+",
                "#",
                "$SYS",
            ),
        ]
    ),
    st.text(max_size=5),
)
topics: st.SearchStrategy[str] = st.one_of(
    st.builds(
        lambda unit, kind: f"fleet/v1/{unit}/{kind}",
        st.sampled_from(["530302/u1", "530302/u1", "530303/u2", "530302/u2", "530302/nobody"]),
        st.sampled_from(["position", "position", "usage", "event", "status", "command/result"]),
    ),
    st.lists(_parts, max_size=7).map("/".join),
    st.builds(lambda topic, more: topic + more, st.just("fleet/v1/530302/u1/position"), st.text(max_size=3)),
)
