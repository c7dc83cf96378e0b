"""The built page in a real browser, before the real API on a real database: one browser for a module of tests, one
database and service for each test, so that no test meets what another did."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from api.dashboard.build import DIST
from fleet.model.registry import Role
from tests import services
from tests.api import builders
from tests.api.builders import PASSWORD, World
from tests.api.streams import Served, served

T = TypeVar("T")
CHROMIUM = Path("/usr/bin/chromium")
DESK, SMALL, PHONE = (1366, 768), (1024, 768), (390, 844)
Person = Callable[..., Page]

# Waiting longer costs nothing where it goes well, and other tests share the machine.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built page; built where its sources have changed since."""
    done = subprocess.run(
        [sys.executable, "-m", "api.dashboard.build"], capture_output=True, text=True, check=False, timeout=170
    )
    assert done.returncode == 0, done.stderr
    return DIST


class RunningClock(builders.Clock):
    """The machine's clock, moved on by the test: what the service and the browser call now is never far apart."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, by: timedelta) -> None:
        self._ahead += by


class Town:
    """The application on a database of its own, served from a thread of its own; `run` does work beside it."""

    world: World
    server: Served

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    @property
    def url(self) -> str:
        return self.server.url

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


@contextmanager
def town_on(url: str) -> Iterator[Town]:
    """Serves the database at `url`; each role has an account of its name, with the password of the tests."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="town")
    thread.start()
    town = Town(loop)
    stack = AsyncExitStack()

    async def open_all() -> None:
        town.world = await stack.enter_async_context(builders.world(url))
        town.world.clock = RunningClock()
        app = await stack.enter_async_context(builders.running(town.world))
        # A person tries again when the database takes too long; on a busy machine a test would have to as well.
        app.state.services.database.patience_s = 30.0
        town.server = await stack.enter_async_context(served(app))

    try:
        town.run(open_all())
        yield town
    finally:
        town.run(stack.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def accounts(world: World) -> None:
    """An account of the whole city for every role; organ 2 has those that belong to an organ."""
    for role in Role:
        of_organ = role in {Role.ORGAN_DISPATCHER, Role.APPROVER, Role.ORGAN_MANAGER}
        await world.account(role.value, role, 2 if of_organ else None)


@pytest.fixture
def town(request: pytest.FixtureRequest, cluster: services.Cluster, built: Path) -> Iterator[Town]:
    """A town of this test's own, with what `seed` of its module puts into it."""
    with services.fresh_database(cluster) as url, town_on(url) as running:
        running.run(request.module.seed(running.world))
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For a module and no longer: while it is open no other event loop can run in this thread."""
    if not CHROMIUM.exists():
        pytest.skip("needs Chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


@pytest.fixture
def person(browser: Browser, town: Town) -> Iterator[Person]:
    """`person("supervisor", "/map")`: a page of a browser of one's own, logged in; None = nobody.

    At the end nothing may have been written to its console as an error, and nothing asked from elsewhere.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    addresses: list[str] = []

    def enter(
        username: str | None,
        address: str = "/",
        *,
        size: tuple[int, int] = DESK,
        lang: str = "zh",
        theme: str = "light",
        bypass_policy: bool = False,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN" if lang == "zh" else "en-GB",
            color_scheme="dark" if theme == "dark" else "light",
            bypass_csp=bypass_policy,
            timezone_id="America/New_York",  # the page's times are Shanghai's all the same
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        if username is not None:
            answer = context.request.post(
                f"{town.url}/api/v1/auth/token", form={"username": username, "password": PASSWORD}
            )
            assert answer.ok, answer.text()
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: addresses.append(request.url))
        page.goto(town.url + address)
        return page

    yield enter
    for context in contexts:
        context.close()
    # What the API refuses is in the console too; the page says it in words.
    assert [one for one in complaints if "Failed to load resource" not in one] == []
    assert [one for one in addresses if not one.startswith(town.url)] == []
