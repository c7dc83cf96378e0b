"""`fleet doctor`: every dependency, whether it is in order, and how to mend it when it is not."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import asyncpg

from fleet.errors import DependencyMissing, InvalidSettings, StoreUnavailable
from fleet.identity.certificates import ends_at
from fleet.identity.tls import ClientTls
from fleet.local.broker_probe import knock
from fleet.local.discovery import is_up, settings_with_private_servers
from fleet.local.mosquitto import find_program
from fleet.local.parts import ROOT
from fleet.local.places import fallback_for, server_user
from fleet.local.postgres import VERSIONS, find_binaries, timescaledb_control
from fleet.local.processes import require_free_port
from fleet.settings import Settings, without_password
from fleet.store.judge_status import read_judge_heartbeat
from fleet.store.monitor_status import read_heartbeat
from fleet.store.pool import connect

_ENOUGH_BYTES = 5 * 1024**3
_ENOUGH_FILES = 16384
_CLOCK_OFFSET_S = 2.0
_ENOUGH_DAYS = 14
_MONITOR_SILENT_S = 30.0
_MONITOR_BEHIND_S = 60.0
_JUDGE_SILENT_S = 60.0
_JUDGE_BEHIND_S = 600.0
# Before this program was written, or absurdly long after it.
_PLAUSIBLE_YEARS = range(2025, 2045)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `remedy` is empty when all is well."""

    subject: str
    ok: bool
    state: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; never raises for what it finds. Local servers are looked at only when they are used."""
    found = [_python(), _packages(), _clock()]
    running = is_up(settings.data_dir)
    if settings.private:
        found += [_postgres(), _timescaledb(), _mosquitto(), _data_directory(settings), _open_files()]
        found.append(_port("port of the database", settings.database_port, "FLEET_DATABASE_PORT", running))
        found.append(_port("port of the broker", settings.mqtt_port, "FLEET_MQTT_PORT", running))
        found.append(_port("port of the API", settings.http_port, "FLEET_HTTP_PORT", running))
        settings = settings_with_private_servers(settings)
    found.append(_disk(settings))
    if settings.database_url is not None:
        found += asyncio.run(_database(settings.database_url))
    if settings.mqtt_url is not None:
        found += _broker(settings.mqtt_url, settings.mqtt_client_tls)
    found += _certificates(settings)
    return found


def _python() -> Finding:
    state = f"{sys.version.split()[0]} ({sys.executable})"
    return Finding("Python", sys.version_info >= (3, 11), state, "install Python 3.11 or newer, then `make setup`")


def _packages() -> Finding:
    lock = ROOT / "requirements.txt"
    if not lock.exists():
        return Finding("Python packages", ok=True, state="no lock file here to compare with")
    pins: dict[str, set[str]] = {}
    optional = set()
    for line in lock.read_text(encoding="utf-8").splitlines():
        match = re.match(r"([A-Za-z0-9_.\-]+)(?:\[[^\]]*\])?==([^ ;\\]+)\s*(;)?", line)
        if match is not None:
            pins.setdefault(match[1], set()).add(match[2])
            if match[3]:  # for some platforms only, or another version for each Python
                optional.add(match[1])
    wrong = []
    for name, allowed in pins.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            if name not in optional:
                wrong.append(f"{name} is missing")
        else:
            if installed not in allowed:
                wrong.append(f"{name} {installed} instead of {' or '.join(sorted(allowed))}")
    state = "as locked" if not wrong else "; ".join(wrong[:5]) + (" ..." if len(wrong) > 5 else "")
    return Finding("Python packages", not wrong, state, "`make setup` installs the locked versions")


def _clock() -> Finding:
    year = time.gmtime().tm_year
    state = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return Finding(
        "clock", year in _PLAUSIBLE_YEARS, state, "set the clock, for instance with `timedatectl set-ntp true`"
    )


def _program(subject: str, find: Callable[[], str], remedy: str) -> Finding:
    try:
        return Finding(subject, ok=True, state=find())
    except DependencyMissing as error:
        return Finding(subject, ok=False, state=str(error), remedy=remedy)


def _postgres() -> Finding:
    def find() -> str:
        major, programs = find_binaries()
        server_user("postgres")
        return f"{major} ({programs})"

    return _program("PostgreSQL", find, "`make setup` installs it on Debian 12 and 13; elsewhere use compose")


def _timescaledb() -> Finding:
    for major in VERSIONS:
        control = timescaledb_control(major)
        if control.exists():
            match = re.search(r"default_version = '([^']+)'", control.read_text(encoding="utf-8"))
            return Finding("TimescaleDB", ok=True, state=f"{match[1] if match else 'installed'} for PostgreSQL {major}")
    return Finding("TimescaleDB", ok=False, state="not installed", remedy="`make setup` installs or builds it")


def _mosquitto() -> Finding:
    def find() -> str:
        program = find_program()
        # It prints its version with the help, and calls that a failure.
        told = subprocess.run([program, "-h"], capture_output=True, text=True, check=False).stdout
        return f"{told.splitlines()[0] if told else 'version unknown'} ({program})"

    return _program("Mosquitto", find, "`make setup` installs it on Debian 12 and 13; elsewhere use compose")


def _data_directory(settings: Settings) -> Finding:
    directory = settings.data_dir.absolute()
    first = directory
    while not first.exists():
        first = first.parent
    remedy = f"make {first} writable, or set FLEET_DATA_DIR to another directory"
    if not os.access(first, os.W_OK):
        return Finding("data directory", ok=False, state=f"{directory} cannot be written", remedy=remedy)
    try:
        user = server_user("postgres")
    except DependencyMissing as error:
        return Finding("data directory", ok=False, state=str(error), remedy="`make setup`")
    if user.may_enter(directory):
        return Finding("data directory", ok=True, state=f"{directory}, servers run as {user.name}")
    place = fallback_for(directory / "postgres").parent
    return Finding("data directory", ok=True, state=f"{directory}; {user.name} cannot enter it, so servers use {place}")


def _open_files() -> Finding:
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    enough = hard == resource.RLIM_INFINITY or hard >= _ENOUGH_FILES
    state = "no limit" if hard == resource.RLIM_INFINITY else str(hard)
    return Finding(
        "open files", enough, state, f"raise `ulimit -Hn` to {_ENOUGH_FILES}: each unit's connection takes one"
    )


def _port(subject: str, port: int, variable: str, running: bool) -> Finding:
    try:
        require_free_port(port, variable)
    except DependencyMissing as error:
        if running:
            return Finding(subject, ok=True, state=f"{port}, used by the `fleet up` that runs here")
        return Finding(subject, ok=False, state=str(error), remedy=f"set {variable} to a free port")
    return Finding(subject, ok=True, state=f"{port} is free")


def _disk(settings: Settings) -> Finding:
    place = settings.data_dir.absolute()
    postgres = place / "postgres"
    place = postgres.resolve() if postgres.is_symlink() else place
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Finding(
        "disk space",
        free >= _ENOUGH_BYTES,
        f"{free / 1024**3:.1f} GiB free at {place}",
        f"free at least {_ENOUGH_BYTES // 1024**3} GiB, or set FLEET_DATA_DIR to a larger disk",
    )


async def _database(url: str) -> list[Finding]:
    name = without_password(url)
    remedy = "start it (`fleet up`), or correct FLEET_DATABASE_URL"
    try:
        connection = await connect(url, application_name="one-network doctor", timeout_s=5)
    except StoreUnavailable as error:
        return [Finding("database", ok=False, state=f"{name}: {error}", remedy=remedy)]
    try:
        server = await connection.fetchval("show server_version")
        found = [Finding("database", ok=True, state=f"{name}, PostgreSQL {server}")]
        found.append(await _extension(connection))
        found.append(await _monitor(connection))
        found.append(await _judge(connection))
        before = time.time()  # noqa: TID251  # the clock itself is what is examined
        theirs = float(await connection.fetchval("select extract(epoch from clock_timestamp())::float8"))
        after = time.time()  # noqa: TID251
    finally:
        await connection.close()
    offset = theirs - (before + after) / 2
    found.append(
        Finding(
            "database's clock",
            abs(offset) <= _CLOCK_OFFSET_S,
            f"{offset:+.3f} s from ours",
            "synchronise both machines with NTP: units more than 10 min ahead are refused by our clock",
        )
    )
    return found


async def _monitor(connection: asyncpg.Connection) -> Finding:
    """Judged by the database's clock, which the heartbeat is compared with."""
    status = await read_heartbeat(connection)
    if status is None:
        return Finding("monitor", ok=True, state="has not run on this database yet: `fleet monitor` folds trips")
    silent_s = float(
        await connection.fetchval("select extract(epoch from clock_timestamp() - $1)::float8", status.seen_at)
    )
    if silent_s > _MONITOR_SILENT_S:
        return Finding(
            "monitor",
            ok=False,
            state=f"not heard for {silent_s:.0f} s, {status.behind_batches} batches behind then",
            remedy="start it (`fleet up`, `fleet monitor`); see its log. Without it no trips are made, no readings go",
        )
    behind_s = status.behind_ms / 1_000
    return Finding(
        "monitor",
        ok=behind_s <= _MONITOR_BEHIND_S,
        state=f"{behind_s:.1f} s behind ingest, {status.late_spans} vehicles with late data, {status.refolds_refused}"
        " corrections refused for want of raw readings",
        remedy="it catches up by itself unless the machine is too slow for it: see its log and the load",
    )


async def _judge(connection: asyncpg.Connection) -> Finding:
    status = await read_judge_heartbeat(connection)
    if status is None:
        return Finding("judge", ok=True, state="has not run on this database yet: `fleet judge` judges trips")
    now = await connection.fetchval("select clock_timestamp()")
    silent_s = (now - status.seen_at).total_seconds()
    waiting_s = 0.0 if status.waiting_since is None else max(0.0, (now - status.waiting_since).total_seconds())
    last = "none yet" if status.round_at is None else f"{status.round_at:%Y-%m-%d %H:%M:%S}Z in {status.round_ms} ms"
    if silent_s > _JUDGE_SILENT_S:
        return Finding(
            "judge",
            ok=False,
            state=f"not heard for {silent_s:.0f} s, {status.waiting} marks wait",
            remedy="start it (`fleet up`, `fleet judge`); see its log. Without it no verdicts, no deadlines",
        )
    return Finding(
        "judge",
        ok=waiting_s <= _JUDGE_BEHIND_S,
        state=f"{status.waiting} marks wait, the oldest for {waiting_s:.0f} s; last round {last}",
        remedy="it catches up by itself: a year that is judged again takes its time. Else see its log and the load",
    )


async def _extension(connection: asyncpg.Connection) -> Finding:
    row = await connection.fetchrow(
        "select default_version, installed_version, current_setting('timescaledb.license', true) as license "
        "from pg_available_extensions where name = 'timescaledb'"
    )
    subject = "TimescaleDB in the database"
    if row is None:
        return Finding(subject, ok=False, state="not available", remedy="install TimescaleDB on that server")
    if row["installed_version"] is None:
        return Finding(subject, ok=True, state=f"{row['default_version']}, not in use yet: `fleet migrate`")
    more = "compression is used" if row["license"] == "timescale" else "everything works; without compression"
    return Finding(subject, ok=True, state=f"{row['installed_version']}, licence {row['license']} ({more})")


def _broker(url: str, tls: ClientTls) -> list[Finding]:
    name = without_password(url)
    found = knock(url, tls)
    state = f"{name}: {found.problem}" if found.problem else f"{name} lets the account in"
    findings = [Finding("broker", ok=not found.problem, state=state, remedy=found.remedy)]
    if found.ends_at is not None:
        findings.append(
            _certificate("broker's certificate", found.ends_at, "renew it, then `fleet broker certificates`")
        )
    return findings


def _certificates(settings: Settings) -> list[Finding]:
    """Those we show ourselves."""
    found = []
    for subject, path, remedy in (
        ("API's certificate", settings.http_tls_cert, "renew FLEET_HTTP_TLS_CERT, then send the API SIGHUP"),
        ("our certificate for the broker", settings.mqtt_tls_client_cert, "renew FLEET_MQTT_TLS_CLIENT_CERT"),
    ):
        if path is not None:
            try:
                found.append(_certificate(subject, ends_at(path.read_bytes()), remedy))
            except (OSError, InvalidSettings) as error:
                found.append(Finding(subject, ok=False, state=f"{path}: {error}", remedy=remedy))
    return found


def _certificate(subject: str, end: datetime, remedy: str) -> Finding:
    days = (end - datetime.now(UTC)).days  # noqa: TID251  # the doctor looks at the clock
    return Finding(subject, days >= _ENOUGH_DAYS, f"ends on {end:%Y-%m-%d}, in {days} days", remedy)
