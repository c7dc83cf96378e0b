"""The grammar of topics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import InvalidTopic
from fleet.model.readings import Kind
from ingest.topics import build, parse


@given(
    st.integers(0, 999_999),
    st.text("ABCxyz0189_-", min_size=1, max_size=32),
    st.sampled_from(list(Kind)),
)
def test_what_is_built_is_parsed_back(division: int, unit: str, kind: Kind) -> None:
    assert parse(build(division, unit, kind)) == (division, unit, kind)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "fleet/v1/530302/u1",
        "fleet/v1/530302/u1/positions",
        "fleet/v1/530302/u1/position/",
        "fleet/v1/530302/u1/position\n",
        "fleet/v1/530302//position",
        "fleet/v1/530302/u 1/position",
        "fleet/v1/530302/车/position",
        "fleet/v1/53030/u1/position",
        "fleet/v1/５３０３０２/u1/position",
        "fleet/v2/530302/u1/position",
        "fleet/v1/530302/u1/receipt",
        "Fleet/v1/530302/u1/position",
        "fleet/v1/530302/" + "u" * 33 + "/position",
    ],
)
def test_outside_the_grammar(topic: str) -> None:
    with pytest.raises(InvalidTopic, match="is not fleet/v1"):
        parse(topic)
