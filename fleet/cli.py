"""The command line `fleet`. Every command imports what it needs when it is called, so that `--help` stays fast."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from importlib.util import find_spec

import typer

from fleet.errors import FleetError
from fleet.settings import Settings, load_settings

app = typer.Typer(
    name="fleet",
    help="One Network: telemetry, dispatch and supervision of a city's official vehicles.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

COMMANDS: tuple[tuple[str, str], ...] = (
    ("gateway", "fleet.commands.gateway"),
    ("unit", "fleet.commands.unit"),
    ("broker", "fleet.commands.broker"),
    ("certificate", "fleet.commands.certificate"),
    ("account", "fleet.commands.account"),
    ("token", "fleet.commands.token"),
    ("audit", "fleet.commands.audit"),
    ("import", "fleet.commands.sheets"),
    ("quarantine", "fleet.commands.quarantine"),
    ("retention", "fleet.commands.retention"),
    ("replay", "fleet.commands.replay"),
    ("report", "fleet.commands.report"),
)
"""Groups of commands in modules of their own: name, and the module whose `app` it is. One line each."""

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command()
def up() -> None:
    """Start everything on this machine: servers, migrations, demonstration, services. Ctrl-C stops it all.

    With FLEET_DATABASE_URL and FLEET_MQTT_URL set, nothing private is started; a demonstration is then put into that
    database only when FLEET_SIMULATED_VEHICLES is set too.
    """
    from rich.console import Console

    from fleet.local.supervisor import Supervisor

    console = Console(highlight=False, soft_wrap=True)

    def say(line: str) -> None:
        # A terminal that was closed must not keep us from stopping in order.
        with contextlib.suppress(OSError):
            console.print(line, markup=False)

    raise typer.Exit(Supervisor(load_settings(), say).run())


@app.command()
def doctor() -> None:
    """Check everything One Network needs, and say how to mend what is wrong. Exit code 1 when something is."""
    from rich.console import Console

    from fleet.local.doctor import examine

    console = Console(highlight=False, soft_wrap=True)
    findings = examine(load_settings())
    for finding in findings:
        mark = "[green]ok     [/]" if finding.ok else "[bold red]problem[/]"
        console.print(mark, end=" ")
        console.print(f"{finding.subject}: {finding.state}", markup=False)
        if not finding.ok:
            console.print(f"        {finding.remedy}", markup=False)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def migrate() -> None:
    """Bring the database's tables up to this version."""
    from fleet.local.parts import ROOT

    os.environ["FLEET_DATABASE_URL"] = _settings().require_database_url()
    os.chdir(ROOT)  # where the migrations' configuration is
    _become("alembic", ["upgrade", "head"])


@app.command(context_settings=_PASS_ON)
def ingest(context: typer.Context) -> None:
    """Take messages from the broker into the database. Arguments are passed on: `fleet ingest --help`."""
    _service("ingest", context.args)


@app.command(context_settings=_PASS_ON)
def monitor(context: typer.Context) -> None:
    """Fold what units reported into trips, stops and gaps. A second one waits for the end of the first."""
    _service("fleet.monitor", context.args)


@app.command(context_settings=_PASS_ON)
def judge(context: typer.Context) -> None:
    """Hold trips against orders, calendars and rules. A second one waits for the end of the first."""
    _service("fleet.judge", context.args)


@app.command(context_settings=_PASS_ON)
def webhooks(context: typer.Context) -> None:
    """Deliver what is told of cases to webhooks. A second one waits for the end of the first."""
    _service("api.delivery", context.args)


@app.command(context_settings=_PASS_ON)
def api(context: typer.Context) -> None:
    """Serve the HTTP interface and the dashboard. Arguments are passed on: `fleet api --help`."""
    _service("api", context.args)


@app.command(context_settings=_PASS_ON)
def simulate(context: typer.Context) -> None:
    """Play onboard units over MQTT. Arguments are passed on: `fleet simulate --help`."""
    _service("simulators", context.args)


def _settings() -> Settings:
    """The settings, completed by the private servers of a `fleet up` that runs beside us."""
    from fleet.local.discovery import settings_with_private_servers

    return settings_with_private_servers(load_settings())


def _service(module: str, arguments: list[str]) -> None:
    """Become a service. By its name, not by import: the core imports nothing of the services around it."""
    from fleet.local.discovery import read_environment

    settings = load_settings()
    if settings.private:
        os.environ.update(read_environment(settings.data_dir))
    _become(module, arguments)


def _become(module: str, arguments: list[str]) -> None:
    if find_spec(module) is None:
        raise typer.BadParameter(f"the package `{module}` is not installed here")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606  # our own interpreter


def _register() -> None:
    for name, module in COMMANDS:
        app.add_typer(import_module(module).app, name=name)


def main() -> None:
    """Run a command; an error of ours is one line on standard error and an exit code, never a traceback."""
    try:
        _register()
        app()
    except FleetError as error:
        sys.stderr.write(f"fleet: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
