"""Certificates, listeners and accounts by command, for a broker that somebody else starts."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet.identity.broker_access import INGEST
from fleet.identity.certificates import ends_at
from fleet.identity.tls import ClientTls
from fleet.local.broker_probe import knock
from fleet.local.mosquitto import PRODUCTION, find_program
from fleet.local.places import remove, server_user, settle, write_private
from fleet.local.processes import spawn
from tests.certificates import shown_by
from tests.fleet.commands.test_commands import call
from tests.fleet.identity.wire import Wire, eventually
from tests.services import ROOT, execute, free_port, fresh_directory


class Site:
    """A broker of somebody's own: the production file, in a directory of its user."""

    def __init__(self, database_url: str, certificates: Path) -> None:
        self.user = server_user("mosquitto", "postgres", "nobody")
        self.directory = settle(fresh_directory("site"), self.user)
        self.port, self.tls_port = free_port(), free_port()
        self.certificates = certificates
        self.process: subprocess.Popen[bytes] | None = None
        self.settings = {
            "FLEET_DATABASE_URL": database_url,
            "FLEET_MQTT_URL": f"mqtts://{INGEST}:service-word@127.0.0.1:{self.tls_port}",
            "FLEET_BROKER_DIR": str(self.directory),
            "FLEET_MQTT_TLS_PORT": str(self.tls_port),
            "FLEET_MQTT_TLS_CERT": str(certificates / "server.crt"),
            "FLEET_MQTT_TLS_KEY": str(certificates / "server.key"),
            "FLEET_MQTT_TLS_CA": str(certificates / "ca.crt"),
        }

    def fleet(self, *arguments: str) -> str:
        done = call(*arguments, **self.settings)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def start(self) -> None:
        write_private(self.directory / "mosquitto.conf", PRODUCTION.read_text(), self.user)
        self.process = spawn(
            [str(find_program()), "-c", str(self.directory / "mosquitto.conf")],
            directory=self.directory,
            log=self.directory / "log",
            death=signal.SIGKILL,
            user=self.user,
        )
        assert eventually(lambda: not self.knock().startswith("[Errno"), 10), (self.directory / "log").read_text()

    def knock(self) -> str:
        tls = ClientTls(self.certificates / "ca.crt")
        return knock(self.settings["FLEET_MQTT_URL"], tls).problem

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        remove(self.directory)


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    made = Site(database_url, tmp_path / "certificates")
    try:
        yield made
    finally:
        made.end()


@pytest.mark.seam
@pytest.mark.store
def test_a_site_from_its_first_certificate_to_a_unit_retired_by_a_clerk(site: Site, database_url: str) -> None:
    execute(
        database_url, "set role fleet_owner; insert into unit (code, division) values ('X1', 530302), ('X2', 530302)"
    )
    files = site.certificates
    site.fleet("certificate", "authority", str(files))
    site.fleet("certificate", "server", str(files), "--host", "127.0.0.1", "--days", "40")
    site.fleet("certificate", "client", str(files), "gateway.west")
    assert {path.name for path in files.iterdir()} == {
        f"{name}.{kind}" for name in ("ca", "server", "gateway.west") for kind in ("crt", "key")
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in files.glob("*.key"))
    assert "Restart the broker" in site.fleet(
        "broker", "listeners", "--address", "127.0.0.1", "--plain", str(site.port)
    )
    assert "no running broker" in site.fleet("broker", "render")
    site.start()
    assert site.knock() == ""

    # Renewed while it runs.
    before = ends_at(shown_by(site.tls_port))
    site.fleet("certificate", "server", str(files), "--host", "127.0.0.1", "--days", "80", "--force")
    assert "was told" in site.fleet("broker", "certificates")
    assert eventually(lambda: ends_at(shown_by(site.tls_port)) > before)

    # What is wrong is said before the broker has it.
    mixed = call("broker", "certificates", **{**site.settings, "FLEET_MQTT_TLS_CERT": str(files / "gateway.west.crt")})
    assert mixed.returncode == 2
    assert "no certificate with its key" in mixed.stderr

    tls = ClientTls(files / "ca.crt").context()
    words = {}
    for code in ("X1", "X2"):
        words[code] = site.fleet("unit", "credentials", code).split("password  ")[1].splitlines()[0]
    follower = subprocess.Popen(
        [sys.executable, "-m", "fleet.cli", "broker", "follow", "--every-s", "0.2"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **site.settings},
        stderr=subprocess.DEVNULL,
    )
    try:
        with Wire(site.tls_port, "X1", words["X1"], tls=tls) as retired, Wire(site.port, "X2", words["X2"]) as kept:
            execute(database_url, "set role fleet_owner; update unit set retired_at = now() where code = 'X1'")
            assert retired.lost.wait(15)
            assert kept.publish("fleet/v1/530302/X2/position") < 0x80
            assert not kept.lost.is_set()
            site.fleet("unit", "revoke", "X2")
            assert kept.lost.wait(5)
    finally:
        follower.kill()
        follower.wait()
    assert site.knock() == "", "ingest's own account stays"


def test_nothing_is_overwritten_unasked_and_an_authority_is_needed(tmp_path: Path) -> None:
    lonely = call("certificate", "server", str(tmp_path))
    assert lonely.returncode == 2
    assert "fleet certificate authority" in lonely.stderr
    assert call("certificate", "authority", str(tmp_path)).returncode == 0
    again = call("certificate", "authority", str(tmp_path))
    assert again.returncode == 1
    assert "--force" in again.stderr
    assert ends_at((tmp_path / "ca.crt").read_bytes()) > datetime.now(UTC)
    assert call("certificate", "client", str(tmp_path), "../x").returncode == 2
