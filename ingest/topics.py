"""The topic grammar: `fleet/v1/{division}/{unit}/{kind}`. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from fleet.errors import InvalidTopic
from fleet.model.readings import Kind

ROOT = "fleet/v1"
RECEIPT = "receipt"
COMMAND = "command"

# \Z, not $: a trailing line feed is not part of a unit's code. [0-9], not \d: other scripts' digits are not digits.
_GRAMMAR = re.compile(rf"fleet/v1/([0-9]{{6}})/([A-Za-z0-9_-]{{1,32}})/({'|'.join(kind.value for kind in Kind)})\Z")


class Address(NamedTuple):
    """Where a message came from: 6-digit division code, the unit's code, and the kind."""

    division: int
    unit: str
    kind: Kind


def parse(topic: str) -> Address:
    """The address in an uplink topic. Raises InvalidTopic."""
    match = _GRAMMAR.match(topic)
    if match is None:
        raise InvalidTopic(f"topic {topic!r} is not {ROOT}/{{division}}/{{unit}}/{{kind}} with a known uplink kind")
    return Address(int(match[1]), match[2], Kind(match[3]))


def build(division: int, unit: str, kind: str) -> str:
    """The topic of `kind` (an uplink kind, `receipt` or `command`) for one unit."""
    return f"{ROOT}/{division:06d}/{unit}/{kind}"


def subscriptions(group: str) -> list[str]:
    """What ingest workers of one shared `group` subscribe to; status is retained and has its own plain subscription."""
    shared = (Kind.POSITION, Kind.USAGE, Kind.EVENT, Kind.COMMAND_RESULT)
    return [f"$share/{group}/{ROOT}/+/+/{kind.value}" for kind in shared]


STATUS_SUBSCRIPTION = f"{ROOT}/+/+/{Kind.STATUS.value}"
"""Plain: Mosquitto gives retained messages to shared subscriptions, the standard does not."""
