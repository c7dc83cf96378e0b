"""The AsyncAPI document that others generate code from says what the codec takes, and what is really sent down."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fleet.model.batch import ReceiptKey
from fleet.model.downlink import DueCommand
from fleet.model.readings import KIND_NUMBERS, Kind
from fleet.store.units import ReceiptRow
from ingest.codecs.json_v1 import JsonV1
from ingest.commands import payload
from ingest.contract import document, written
from ingest.downlink import receipt
from ingest.topics import build
from tests.services import ROOT

GOLDEN = sorted(
    path
    for path in (Path(__file__).parent / "golden" / "json_v1").glob("*.json")
    if not path.name.endswith(".expected.json")
)
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def validator(name: str) -> Draft202012Validator:
    """Of the payload of one message."""
    whole = document()
    return Draft202012Validator({**whole["components"]["messages"][name]["payload"], "components": whole["components"]})


def accepts(name: str, payload: Any) -> bool:
    return bool(validator(name).is_valid(payload))


def test_the_interface_serves_what_the_codec_says() -> None:
    assert (ROOT / "api" / "asyncapi.json").read_text() == written() + "\n", (
        "run: python -m ingest.contract > api/asyncapi.json"
    )


def test_its_addresses_are_those_of_the_topics() -> None:
    addresses = {channel["address"] for channel in document()["channels"].values()}
    kinds = [*(kind.value for kind in Kind), "receipt", "command"]
    assert addresses == {
        build(0, "UNIT", kind).replace("000000", "{division}").replace("UNIT", "{unit}") for kind in kinds
    }


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_golden_samples_fit_it(path: Path) -> None:
    name = path.name.partition("-")[0].replace("_", "-")
    validator(name).validate(json.loads(path.read_bytes()))


numbers = st.integers(-500, 500) | st.floats(-500, 500) | st.booleans() | st.none() | st.just("12")


@given(
    st.dictionaries(
        st.sampled_from(["lat", "lon", "speed_kmh", "heading_deg", "hdop", "satellites", "ignition", "seq", "run"]),
        numbers,
    )
)
def test_it_admits_a_position_exactly_when_the_codec_takes_it(fields: dict[str, Any]) -> None:
    sample = {"time": "2026-11-23T06:00:00Z", **fields}
    taken = not JsonV1().decode(Kind.POSITION, msgspec.json.encode(sample)).refused
    # JSON has one kind of number: 3.0 is an integer to the schema, and so it is to the codec.
    assert accepts("position", sample) == taken


def test_a_receipt_and_a_command_as_they_are_sent_fit_it() -> None:
    rows = {
        run: ReceiptRow(ReceiptKey(530302, "U1", KIND_NUMBERS[Kind.POSITION], run), run, ranges, None)
        for run, ranges in ((1, "{[1,6)}"), (2, "{[3,6),[9,13)}"), (3, "{}"))
    }
    assert [row.committed for row in rows.values()] == [[(1, 5)], [(3, 5), (9, 12)], []]
    promise = json.loads(msgspec.json.encode(receipt({KIND_NUMBERS[Kind.POSITION]: rows}, NOW)))
    assert promise["position"]["seq"] is None
    validator("receipt").validate(promise)
    assert not accepts("receipt", {"position": {"run": 1}})
    command = DueCommand(7, "order", '{"order_id":7}', NOW, NOW, 530302, "U1")
    validator("command").validate(json.loads(payload(command)))
