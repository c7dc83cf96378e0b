"""A load generator that costs next to nothing: PUBLISH packets encoded beforehand, written to a raw socket.

Run as a process (`python -m benchmarks.publisher PORT USER PASSWORD DIVISION UNITS ROUNDS SAMPLES`), so that its CPU
is counted apart. Prints the seconds from the first byte to the broker's last acknowledgement.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time

WINDOW = 15_000  # unacknowledged packets; below the 65,535 packet numbers there are


def remaining_length(length: int) -> bytes:
    encoded = bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(encoded)


def string(text: str) -> bytes:
    return struct.pack("!H", len(text)) + text.encode()


def connect(port: int, user: str, password: str, client_id: str) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = string("MQTT") + b"\x04\xc2" + struct.pack("!H", 600) + string(client_id) + string(user) + string(password)
    link.sendall(b"\x10" + remaining_length(len(body)) + body)
    answer = link.recv(4)
    if answer[3]:
        raise SystemExit(f"the broker refused the generator: code {answer[3]}")
    return link


def packets(division: int, units: int, rounds: int, samples: int) -> list[bytes]:
    """`units` * `rounds` QoS 1 packets of `samples` positions each, about 250 bytes a sample."""
    start_ms = int(time.time() * 1000) - rounds * samples * 1000
    encoded = []
    for number in range(units * rounds):
        turn, unit = divmod(number, units)
        batch = [
            {
                "time": start_ms + (turn * samples + i) * 1000,
                "seq": turn * samples + i + 1,
                "run": 1,
                "oldest_seq": turn * samples + 1,
                "lat": round(25.40 + unit % 400 * 0.0005 + turn * 0.00001, 6),
                "lon": round(103.75 + unit // 400 * 0.003 + i * 0.00001, 6),
                "speed_kmh": 30 + unit % 50,
                "heading_deg": unit % 360,
                "altitude_m": 1880 + unit % 90,
                "hdop": 0.9,
                "satellites": 12,
                "ignition": True,
                "odometer_km": round(45_213 + unit + (turn * samples + i) * 0.015, 3),
            }
            for i in range(samples)
        ]
        payload = json.dumps(batch if samples > 1 else batch[0], separators=(",", ":")).encode()
        body = string(f"fleet/v1/{division}/B{unit:05d}/position") + struct.pack("!H", number % 65_535 + 1) + payload
        encoded.append(b"\x32" + remaining_length(len(body)) + body)
    return encoded


def main() -> None:
    port, user, password, division, units, rounds, samples = sys.argv[1:8]
    encoded = packets(int(division), int(units), int(rounds), int(samples))
    link = connect(int(port), user, password, f"generator-{time.time_ns()}")
    acknowledged = 0
    done = threading.Event()

    def count_acknowledgements() -> None:
        nonlocal acknowledged
        received = 0
        while received < 4 * len(encoded):
            data = link.recv(1 << 16)
            if not data:
                raise SystemExit("the broker closed the generator's connection")
            received += len(data)
            acknowledged = received // 4
        done.set()

    threading.Thread(target=count_acknowledgements, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    for at in range(0, len(encoded), 100):
        while at - acknowledged > WINDOW:
            time.sleep(0.001)
        link.sendall(b"".join(encoded[at : at + 100]))
    done.wait()
    print(f"{time.perf_counter() - began:.3f}", flush=True)
    link.sendall(b"\xe0\x00")


if __name__ == "__main__":
    main()
