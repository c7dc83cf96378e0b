"""Bad messages: each of one element that ingest must refuse, and keep. Prints how many the broker took."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

MARK = b"storm-noise-"
"""In every payload, with its number, so that each is found again."""

_WINDOW = 1_000
_TIME = "2026-11-18T09:00:00+08:00"

KINDS: tuple[Callable[[str, np.random.Generator], bytes], ...] = (
    lambda mark, _: b'{"time": "' + _TIME.encode() + b'", "lat": 25.5, "x": "' + mark.encode(),  # cut short
    lambda mark, rng: mark.encode() + rng.bytes(40),
    lambda mark, _: json.dumps({"time": _TIME, "lat": 999, "lon": 103.8, "x": mark}).encode(),
    lambda mark, _: json.dumps({"time": "yesterday", "lat": 25.5, "lon": 103.8, "x": mark}).encode(),
    lambda mark, _: json.dumps({"time": "1999-01-01T00:00:00Z", "lat": 25.5, "lon": 103.8, "x": mark}).encode(),
    lambda mark, _: json.dumps({"lat": 25.5, "lon": 103.8, "x": mark}).encode(),
    lambda mark, _: json.dumps({"time": _TIME, "lat": "north", "lon": [], "x": mark}).encode(),
    lambda mark, _: b'{"time": 1e400, "lat": NaN, "lon": 103.8, "x": "' + mark.encode() + b'"}',
    lambda mark, _: b'{"x": "' + mark.encode() + b'", "y": ' + b"[" * 500 + b"]" * 500 + b"}",
    lambda mark, _: json.dumps({"time": _TIME, "lat": 25.5, "lon": 103.8, "seq": 10**30, "x": mark}).encode(),
    lambda mark, _: b'"' + mark.encode() + b'"',
    lambda mark, _: b"\xff\xfe" + mark.encode(),
)


def payload(number: int, rng: np.random.Generator) -> bytes:
    """The one of that number."""
    return KINDS[number % len(KINDS)](f"{MARK.decode()}{number}", rng)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--division", type=int, required=True)
    parser.add_argument("--known", required=True)
    options = parser.parse_args()
    rng = np.random.default_rng([options.seed, 2])
    taken = 0

    def on_publish(*_: object) -> None:
        nonlocal taken
        taken += 1

    name = f"gateway.noise.{options.division}"
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="storm-noise", protocol=paho.MQTTv5)
    client.username_pw_set(name, os.environ["STORM_PASSWORD"])
    client.max_inflight_messages_set(_WINDOW)
    client.on_publish = on_publish
    client.connect("127.0.0.1", options.port)
    client.loop_start()
    units = (options.known, "UNKNOWN1", "UNKNOWN2")
    for number in range(options.count):
        while number - taken >= _WINDOW:
            time.sleep(0.001)
        kind = ("position", "usage", "event")[number % 3] if number % len(KINDS) in (0, 1, 10, 11) else "position"
        topic = f"fleet/v1/{options.division}/{units[number % len(units)]}/{kind}"
        client.publish(topic, payload(number, rng), qos=1)
    until = time.monotonic() + 60
    while taken < options.count and time.monotonic() < until:
        time.sleep(0.01)
    client.disconnect()
    client.loop_stop()
    sys.stdout.write(f"{taken}\n")


if __name__ == "__main__":
    main()
