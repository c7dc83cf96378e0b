"""The live map under load: 6,000 vehicles that all change once a second, drawn by software in a headless Chromium.

Figures of one view each: how long after navigation its map was ready, how long the browser's main thread was held
(tasks over 50 ms), frames a second, and the heap after a forced collection at both ends.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from fleet.model.registry import Role
from tests import services
from tests.api.builders import PASSWORD, World
from tests.api.dashboard.conftest import CHROMIUM, Town, town_on

VEHICLES = 6_000
VIEWS = (
    ("city", (1366, 768), ""),
    ("clusters, z 10", (1366, 768), "?at=103.8,25.5,10"),
    ("single, z 12.5", (1366, 768), "?at=103.8,25.5,12.5"),
    ("clusters, z 10", (1920, 1080), "?at=103.8,25.5,10"),
)

WATCH = """() => {
  window.tasks = []; window.frames = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) window.tasks.push(one.duration); })
    .observe({ type: 'longtask' });
  const frame = () => { window.frames += 1; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""


@dataclass(frozen=True, slots=True)
class Result:
    view: str
    size: str
    ready_ms: int
    """From navigation to the first drawing of the map's layers."""
    long_tasks: int
    longest_ms: int
    frames_a_second: float
    heap_mb_begin: float
    heap_mb_end: float


async def _spread(world: World) -> None:
    """Over the nine counties' middle, on a grid with noise that needs no randomness."""
    await world.many(VEHICLES)
    await world.account("watcher", Role.CITY_DISPATCHER)
    await world.execute_sql(
        "update latest_state set lat_e7 = 255000000 + ((unit_id * 7919) % 9000 - 4500) * 1000,"
        " lon_e7 = 1038000000 + ((unit_id * 104729) % 9000 - 4500) * 1000,"
        " division = 530302, heading_deg = unit_id % 360"
    )


async def _move(world: World) -> None:
    """One batch in which everybody has moved."""
    world.revision += 1
    await world.execute_sql(
        f"update latest_state set revision = {world.revision}, lat_e7 = lat_e7 + 300, lon_e7 = lon_e7 + 200,"
        " position_at = now(), position_received_at = now()"
    )
    await world.execute_sql(f"update live_revision set revision = {world.revision}")


def _drive(town: Town, stop: threading.Event) -> None:
    while not stop.is_set():
        began = time.monotonic()
        town.run(_move(town.world))
        stop.wait(max(0.0, 1 - (time.monotonic() - began)))


def _heap_mb(devtools: CDPSession) -> float:
    devtools.send("HeapProfiler.collectGarbage")
    used: dict[str, Any] = devtools.send("Runtime.getHeapUsage")
    return round(float(used["usedSize"]) / 1e6, 1)


def _ready_ms(page: Page) -> int:
    for _ in range(600):
        marks: list[float] = page.evaluate("performance.getEntriesByName('map-drawn').map((one) => one.startTime)")
        if marks:
            return round(marks[0])
        page.wait_for_timeout(100)
    raise RuntimeError("the map was not drawn within a minute")


def measure_all(seconds: int = 20) -> list[Result]:
    """Each view for so many seconds; prints a line for each as it ends."""
    print(f"{'view':<18}{'size':<12}{'ready s':>8}{'tasks > 50 ms':>15}{'longest ms':>12}{'frames/s':>10}  heap MB")
    services.open_session()
    try:
        return _measure(seconds)
    finally:
        services.close_session()


def _measure(seconds: int) -> list[Result]:
    results = []
    with services.fresh_database(services.shared_cluster()) as url, town_on(url) as town:
        town.run(_spread(town.world))
        stop = threading.Event()
        driver = threading.Thread(target=_drive, args=(town, stop))
        driver.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
                )
                for view, (width, height), query in VIEWS:
                    context = browser.new_context(viewport={"width": width, "height": height})
                    context.request.post(
                        f"{town.url}/api/v1/auth/token", form={"username": "watcher", "password": PASSWORD}
                    )
                    page = context.new_page()
                    page.goto(f"{town.url}/map{query}")
                    ready_ms = _ready_ms(page)
                    page.wait_for_timeout(3_000)
                    devtools = context.new_cdp_session(page)
                    begin_mb = _heap_mb(devtools)
                    page.evaluate(WATCH)
                    page.wait_for_timeout(seconds * 1000)
                    tasks: list[float] = page.evaluate("window.tasks")
                    frames: int = page.evaluate("window.frames")
                    result = Result(
                        view=view,
                        size=f"{width}x{height}",
                        ready_ms=ready_ms,
                        long_tasks=len(tasks),
                        longest_ms=round(max(tasks, default=0)),
                        frames_a_second=round(frames / seconds, 1),
                        heap_mb_begin=begin_mb,
                        heap_mb_end=_heap_mb(devtools),
                    )
                    print(
                        f"{result.view:<18}{result.size:<12}{ready_ms / 1000:>8.1f}{result.long_tasks:>15}"
                        f"{result.longest_ms:>12}{result.frames_a_second:>10.1f}"
                        f"  {result.heap_mb_begin}, {result.heap_mb_end}",
                        flush=True,
                    )
                    results.append(result)
                    context.close()
                browser.close()
        finally:
            stop.set()
            driver.join()
    return results
