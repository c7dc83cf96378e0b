"""`python -m simulators.roads > roads.geojson`: the network as the page draws it."""

from __future__ import annotations

import json
import sys

from simulators.roads import draw_roads


def main() -> None:
    json.dump(draw_roads().as_geojson(), sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
