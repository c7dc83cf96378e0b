"""What every payload dialect must keep; runs over the registry."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.downlink import CommandAnswer
from fleet.model.readings import (
    EVENT_NAMES,
    REASON_CODES,
    SAMPLE_KINDS,
    CommandResult,
    Event,
    Kind,
    Position,
    Status,
    Usage,
)
from ingest.codecs import CODECS, Codec
from ingest.codecs.base import Reading
from tests.services import ROOT

GOLDEN = Path(__file__).parents[1] / "golden"
codecs = pytest.mark.parametrize("name", CODECS)


def golden_samples() -> list[tuple[str, Path]]:
    return [
        (name, path)
        for name in CODECS
        for path in sorted((GOLDEN / name.replace("-", "_")).glob("*.json"))
        if not path.name.endswith(".expected.json")
    ]


@pytest.mark.parametrize(("name", "path"), golden_samples(), ids=lambda value: getattr(value, "name", value))
def test_golden_samples_mean_what_they_always_meant(name: str, path: Path) -> None:
    kind = Kind(path.name.partition("-")[0].replace("_", "/"))
    decoded = msgspec.to_builtins(CODECS[name].decode(kind, path.read_bytes()))
    expected = path.with_suffix(".expected.json")
    assert decoded == json.loads(expected.read_text()), f"{path.name} changed its meaning"


@codecs
def test_it_has_golden_samples_a_law_and_a_page(name: str) -> None:
    module = __import__(type(CODECS[name]).__module__, fromlist=["_"])
    assert "Law of the format" in (module.__doc__ or "")
    assert {path.name.partition("-")[0] for of, path in golden_samples() if of == name} >= {
        k.value for k in SAMPLE_KINDS
    }
    assert f"`{name}`" in (ROOT / "docs" / "interface.md").read_text()


whole = st.integers(0, 2**31 - 1)
maybe = st.none() | st.integers(0, 1000)
moments = st.datetimes(datetime(2015, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 naive bounds
    lambda at: at - timedelta(microseconds=at.microsecond % 1000)
)
heads = {"observed_at": moments, "run": st.integers(0, 9), "seq": st.none() | st.integers(7, 2**40)}
heads["oldest_seq"] = st.none() | st.integers(0, 7)
flags = st.none() | st.booleans()


def without_contradiction(reading: Reading) -> bool:
    return isinstance(reading, Status | CommandResult) or reading.oldest_seq is None or reading.seq is not None


readings = st.one_of(
    st.builds(
        Position,
        **heads,
        lat_e7=st.integers(-900_000_000, 900_000_000),
        lon_e7=st.integers(-1_800_000_000, 1_800_000_000),
        speed_dkmh=maybe,
        heading_deg=st.none() | st.integers(0, 359),
        altitude_m=maybe,
        hdop_tenths=maybe,
        satellites=st.none() | st.integers(0, 255),
        ignition=flags,
        odometer_m=st.none() | st.integers(0, 2_000_000_000),
        gcj02=st.booleans(),
    ),
    st.builds(
        Usage,
        **heads,
        odometer_m=st.none() | st.integers(0, 2_000_000_000),
        fuel_level_permille=maybe,
        fuel_level_ml=maybe,
        fuel_used_ml=maybe,
        soc_permille=maybe,
        charging=flags,
        energy_used_wh=maybe,
        energy_charged_wh=maybe,
        engine_s=st.none() | st.integers(0, 1_800_000_000),
        ignition=flags,
    ),
    st.builds(
        Event,
        **heads,
        event=st.sampled_from(EVENT_NAMES),
        detail=st.none()
        | st.dictionaries(st.text(), st.none() | st.integers(0, 9) | st.text()).map(
            lambda detail: msgspec.json.encode(detail, order="sorted").decode()
        ),
    ),
    st.builds(Status, online=st.booleans(), observed_at=st.none() | moments),
    st.builds(
        CommandResult,
        observed_at=moments,
        command_id=st.integers(1, 2**62),
        answer=st.sampled_from(CommandAnswer),
        reason=st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=500),
    ),
).filter(without_contradiction)


@codecs
@given(reading=readings)
def test_what_is_encoded_is_decoded_to_the_same(name: str, reading: Reading) -> None:
    codec = CODECS[name]
    decoded = codec.decode(reading.kind, codec.encode(reading))
    assert (decoded.received, decoded.readings, decoded.refused) == (1, [reading], [])


def assert_everything_is_accounted_for(codec: Codec, kind: Kind, payload: bytes) -> None:
    decoded = codec.decode(kind, payload)
    assert decoded.received == len(decoded.readings) + len(decoded.refused) >= 1
    for refused in decoded.refused:
        assert refused.reasons
        assert {reason.code for reason in refused.reasons} <= REASON_CODES.keys()
        assert refused.raw in payload


@codecs
@given(kind=st.sampled_from(Kind), payload=st.binary(max_size=200))
def test_no_bytes_raise_and_none_are_lost(name: str, kind: Kind, payload: bytes) -> None:
    assert_everything_is_accounted_for(CODECS[name], kind, payload)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
fields = st.sampled_from(
    [
        *("time", "lat", "lon", "seq", "run", "oldest_seq", "event", "detail", "online", "speed_kmh", "datum"),
        *("id", "result", "reason", "other"),
    ]
)


@codecs
@given(
    kind=st.sampled_from(Kind),
    content=st.dictionaries(fields, anything) | st.lists(st.dictionaries(fields, anything), max_size=4) | anything,
)
def test_no_json_raises_and_none_is_lost(name: str, kind: Kind, content: object) -> None:
    assert_everything_is_accounted_for(CODECS[name], kind, json.dumps(content).encode())
