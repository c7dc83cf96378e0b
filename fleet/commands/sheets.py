"""`fleet import`: whole registries, and what was bought, from CSV sheets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="Import organs, vehicles, drivers, fuel-card or charging records from a CSV sheet.", no_args_is_help=True
)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, UTF-8 or GB18030")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and store nothing")]
Partial = Annotated[bool, typer.Option("--partial", help="Store the good rows although others are refused")]
EffectiveOn = Annotated[
    str | None,
    typer.Option(help="YYYY-MM-DD: since when changes of organ, use, status, … are so; default: today", metavar="DAY"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as one JSON object for scripts")]

SHOWN = 200
"""Lines of the report on a terminal; `--json` prints them all."""


@app.command()
def organs(file: File, dry_run: DryRun = False, partial: Partial = False, as_json: AsJson = False) -> None:
    """Organs, matched by code; an organ above may stand in the same sheet."""
    _import("organs", file, dry_run=dry_run, partial=partial, effective_on=None, as_json=as_json)


@app.command()
def vehicles(
    file: File,
    dry_run: DryRun = False,
    partial: Partial = False,
    effective_on: EffectiveOn = None,
    as_json: AsJson = False,
) -> None:
    """Vehicles, matched by plate or VIN."""
    _import("vehicles", file, dry_run=dry_run, partial=partial, effective_on=effective_on, as_json=as_json)


@app.command()
def drivers(file: File, dry_run: DryRun = False, partial: Partial = False, as_json: AsJson = False) -> None:
    """Drivers, matched by label."""
    _import("drivers", file, dry_run=dry_run, partial=partial, effective_on=None, as_json=as_json)


@app.command()
def fuel(file: File, dry_run: DryRun = False, partial: Partial = False, as_json: AsJson = False) -> None:
    """Fuel-card records, known by card, time and product; the same sheet again changes nothing."""
    _import("fuel", file, dry_run=dry_run, partial=partial, effective_on=None, as_json=as_json)


app.command("refuels", hidden=True, help="The same as `fuel`.")(fuel)


@app.command()
def charging(file: File, dry_run: DryRun = False, partial: Partial = False, as_json: AsJson = False) -> None:
    """Charging records, known by vehicle and beginning; the same sheet again changes nothing."""
    _import("charging", file, dry_run=dry_run, partial=partial, effective_on=None, as_json=as_json)


def _import(kind: str, file: Path, *, dry_run: bool, partial: bool, effective_on: str | None, as_json: bool) -> None:
    """Prints the report; exit code 1 when a row is refused, or the sheet cannot be read."""
    import json
    from datetime import date

    from fleet.commands.session import actor, current_settings, now, owner_connection, run
    from fleet.identity.scope import mask_phone
    from fleet.model.scope import CITY
    from fleet.registry.sheets import Unreadable
    from fleet.store import energy_records, imports
    from fleet.store.recompute import today
    from fleet.store.reports import as_data

    moment = now()
    content = file.read_bytes()
    try:
        since = None if effective_on is None else date.fromisoformat(effective_on)
    except ValueError:
        raise typer.BadParameter(f"{effective_on!r} is no day: write YYYY-MM-DD") from None
    if since is not None and since > today(moment):
        raise typer.BadParameter("--effective-on: today or earlier")

    async def work() -> imports.Report:
        shared: dict[str, Any] = {"dry_run": dry_run, "partial": partial, "account": actor(), "now": moment}
        async with owner_connection(current_settings()) as connection:
            if kind in energy_records.TABLES:
                report = await energy_records.run(connection, kind, content, scope=CITY, **shared)
            else:
                report = await imports.run(connection, kind, content, effective_on=since, mask=mask_phone, **shared)
            await connection.commit()
            return report

    try:
        data = as_data(run(work()), mask_phone)
    except Unreadable as error:
        typer.echo(f"{file}: {error}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False))
    else:
        for item in data["items"][:SHOWN]:
            typer.echo(_line(item))
        if len(data["items"]) > SHOWN:
            typer.echo(f"… and {len(data['items']) - SHOWN} more; --json prints them all")
        counted = ", ".join(f"{count} {outcome}" for outcome, count in data["counts"].items())
        state = "stored" if data["applied"] else "nothing stored" + (" (dry run)" if dry_run else "")
        typer.echo(f"{kind}: {counted}; {state}")
    if data["counts"]["refused"]:
        raise typer.Exit(1)


def _line(item: dict[str, object]) -> str:
    changes, problems = item["changes"], item["problems"]
    assert isinstance(changes, list)
    assert isinstance(problems, list)
    remarks = [
        *(f"{one['field']}: {one['old']} -> {one['new']}" for one in changes),
        *(f"{one['severity']} {one['field']}: {one['message_zh']} / {one['message']}" for one in problems),
    ]
    return f"line {item['line']}  {item['outcome']}  {item['key']}" + (f"  {'; '.join(remarks)}" if remarks else "")
