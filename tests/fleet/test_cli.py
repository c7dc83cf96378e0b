"""The command line: help for everything, one line for every error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fleet.cli import app


def fleet(*arguments: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fleet.cli", *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", [[], ["up"], ["doctor"], ["migrate"]])
def test_every_command_explains_itself(command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_a_wrong_setting_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    result = fleet("doctor", directory=tmp_path, FLEET_HTTP_PORT="eighty")
    assert result.returncode == 2
    assert result.stderr.startswith("fleet: FLEET_HTTP_PORT: ")
    assert result.stderr.count("\n") == 1


def test_half_of_the_servers_is_not_enough(tmp_path: Path) -> None:
    result = fleet("up", directory=tmp_path, FLEET_MQTT_URL="mqtt://127.0.0.1:1")
    assert result.returncode == 2
    assert "set both FLEET_DATABASE_URL and FLEET_MQTT_URL" in result.stderr


def test_without_a_database_there_is_nothing_to_migrate(tmp_path: Path) -> None:
    result = fleet("migrate", directory=tmp_path)
    assert result.returncode == 2
    assert "FLEET_DATABASE_URL is not set" in result.stderr
