"""The private PostgreSQL starts, stops, survives its own death and its parent's."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from fleet.errors import DependencyMissing
from fleet.local.postgres import Postgres
from fleet.local.processes import await_end
from tests.services import execute, run

pytestmark = pytest.mark.store


def value(url: str, query: str) -> object:
    async def work() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return run(work())


def test_starts_with_timescaledb_and_keeps_its_data_over_a_restart(postgres: Postgres) -> None:
    postgres.start()
    postmaster = psutil.Process(postgres.pid)
    execute(postgres.url(), "create table kept as select 42 as answer")
    postgres.stop()
    assert not postmaster.is_running()
    postgres.start()
    assert value(postgres.url(), "select answer from kept") == 42
    assert value(postgres.url(), "select extversion is not null from pg_extension where extname = 'timescaledb'")


def test_is_closed_and_checked(postgres: Postgres) -> None:
    postgres.start()
    url = postgres.url()
    assert value(url, "show data_checksums") == "on"
    assert value(url, "show fsync") == "on"
    assert value(url, "show listen_addresses") == "127.0.0.1"
    assert value(url, "show server_encoding") == "UTF8"
    assert value(url, "select rolsuper from pg_roles where rolname = current_user") is False
    with pytest.raises(asyncpg.InvalidPasswordError):
        value(url.replace("fleet:", "fleet:not"), "select 1")
    for name in ("fleet.password", "postgres.password"):
        assert (postgres.directory / name).stat().st_mode & 0o777 == 0o600
    assert not (postgres.directory / "initdb.password").exists()


def test_committed_rows_survive_a_power_failure(postgres: Postgres) -> None:
    postgres.start()
    execute(postgres.url(), "create table kept as select generate_series(1, 1000) as number")
    tree = psutil.Process(postgres.pid).children(recursive=True)
    postgres.kill()
    assert not await_end(tree, within_s=5)
    postgres.start()
    assert value(postgres.url(), "select count(*) from kept") == 1000


def test_recovers_when_only_the_postmaster_was_killed(postgres: Postgres) -> None:
    postgres.start()
    assert postgres.pid is not None
    postmaster = psutil.Process(postgres.pid)
    postmaster.kill()
    assert not await_end([postmaster], within_s=5)
    postgres.start()
    assert value(postgres.url(), "select 1") == 1


def test_ends_in_order_when_its_parent_is_killed(postgres: Postgres) -> None:
    parent = _start_in_another_process(postgres, then="time.sleep(60)")
    postmaster = psutil.Process(int((postgres.directory / "data" / "postmaster.pid").read_text().split()[0]))
    parent.kill()
    parent.wait()
    assert not await_end([postmaster], within_s=10)
    assert "database system is shut down" in postgres.log.read_text()


def test_a_server_that_an_earlier_owner_left_running_is_replaced(postgres: Postgres) -> None:
    left = _start_in_another_process(postgres, then="time.sleep(60)")
    before = int((postgres.directory / "data" / "postmaster.pid").read_text().split()[0])
    postgres.start()
    assert postgres.pid != before
    assert value(postgres.url(), "select 1") == 1
    left.kill()
    left.wait()


def test_a_stale_pid_file_of_an_unrelated_process_is_no_obstacle(postgres: Postgres) -> None:
    postgres.start()
    postgres.stop()
    (postgres.directory / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.directory / 'data'}\n")
    postgres.start()
    assert postgres.running
    assert psutil.pid_exists(os.getpid())


def test_a_port_in_use_is_named_with_the_setting_to_change(postgres: Postgres) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", postgres.port))
        other.listen()
        with pytest.raises(DependencyMissing, match=rf"port {postgres.port} .* set FLEET_DATABASE_PORT"):
            postgres.start()


def test_an_interrupted_initdb_is_done_again(postgres: Postgres) -> None:
    (postgres.directory / "data").mkdir(parents=True)
    (postgres.directory / "data" / "half").write_text("")
    postgres.start()
    assert postgres.running


def test_service_roles_can_be_given_a_login(postgres: Postgres) -> None:
    postgres.start()
    execute(postgres.url(), "create role fleet_api nologin")
    postgres.allow_login({"fleet_api": "secret-word_1"})
    url = postgres.url().replace(postgres.url().split("//")[1].split("@")[0], "fleet_api:secret-word_1")
    assert value(url, "select current_user") == "fleet_api"


def _start_in_another_process(server: Postgres, *, then: str) -> subprocess.Popen[str]:
    program = (
        "import time; from pathlib import Path; from fleet.local.postgres import Postgres\n"
        f"Postgres(Path({str(server.directory)!r}), {server.port}, {{'shared_buffers': '32MB'}}).start()\n"
        f"print('started', flush=True); {then}"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == "started\n"
    return parent
