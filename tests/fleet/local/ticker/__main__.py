"""A stand-in for a service: says what it was given, and runs until SIGTERM."""

from __future__ import annotations

import os
import signal
import sys
import time


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended in order"))
    sys.stderr.write(f"login {os.environ['FLEET_INGEST_DATABASE_URL'].split(':')[1]}\n")
    while True:
        time.sleep(0.05)


if __name__ == "__main__":
    main()
