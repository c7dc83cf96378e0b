"""Fixtures for every test, and two house rules: sockets only to loopback, and nothing is left running."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from fleet.local.mosquitto import Mosquitto
from tests import services

# On a shared machine a slow example says nothing about the code; in CI the same examples every time.
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.register_profile("fuzz", settings.get_profile("house"), max_examples=10_000, derandomize=False)
settings.load_profile("house")


def _loopback_only(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: it cannot be removed, and it sees every library."""
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and address[0] != "localhost":
        host = str(address[0])
        if not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
            raise RuntimeError(f"a test tried to reach {host}; tests connect to loopback only")


class PagesTogether(LoadScopeScheduling):  # type: ignore[misc]  # the plugin has no types
    """Browser tests module by module, all others one by one.

    A module of browser tests has one server and one database, and its journeys go on from each other. (Groups by mark
    do nothing with this pytest: the plugin writes them into a name that is not read any more.)
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return path if path.startswith("tests/api/dashboard/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> PagesTogether:
    return PagesTogether(config, log)


def pytest_configure(config: pytest.Config) -> None:
    sys.addaudithook(_loopback_only)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        # Settings of the person who runs the tests must not decide what they find.
        for name in [name for name in os.environ if name.startswith("FLEET_")]:
            del os.environ[name]
        services.open_session()
        # Processes that tests start must not leave heads and keys of their databases in the data directory of a person.
        os.environ["FLEET_AUDIT_DIR"] = str(services.fresh_directory("audit"))
        os.environ["FLEET_AUDIT_KEY"] = "a key of the tests that is long enough"


def pytest_unconfigure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ and services.SHARED in os.environ:
        services.close_session()


@pytest.fixture(scope="session")
def cluster() -> services.Cluster:
    """The session's PostgreSQL, shared by all workers."""
    return services.shared_cluster()


@pytest.fixture
def database_url(cluster: services.Cluster) -> Iterator[str]:
    """URL, as the owner, of a fresh, fully migrated database of this test's own."""
    with services.fresh_database(cluster) as url:
        yield url


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    """A running Mosquitto of this test's own, without accounts: `broker.write_access(passwords, acl)`."""
    with services.fresh_broker() as running:
        yield running
