"""`fleet audit`: whether the audit log is intact, anchors of it, and the log as JSON lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.store.audit_check import Report

app = typer.Typer(help="The audit log: who did what, and whether that was changed since.", no_args_is_help=True)

SHOWN = 50
"""Findings on a terminal; `--json` prints them all."""


@app.command()
def verify(
    anchors: Annotated[
        list[str] | None, typer.Option("--anchor", help="CHAIN:N:CODE of a printed anchor; may be repeated")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object for scripts")] = False,
) -> None:
    """Check every entry, every chain's end and every anchor. Exit code 1 when anything was changed."""
    import json
    from dataclasses import asdict

    from fleet.audit.seals import read_mark
    from fleet.commands.session import current_settings, run
    from fleet.local.audit_key import audit_keys
    from fleet.settings import assume_role
    from fleet.store.audit_check import check_database
    from fleet.store.audit_files import AuditFiles

    settings = current_settings()
    keys = audit_keys(settings, make=False)
    marks = [read_mark(text) for text in anchors or ()]
    if None in marks:
        raise typer.BadParameter("--anchor: CHAIN:N:CODE with 64 hexadecimal digits, as `fleet audit anchor` prints it")

    report = run(
        check_database(
            assume_role(settings.require_database_url(), "fleet_owner"),
            keys,
            AuditFiles(settings.audit_directory),
            marks=[mark for mark in marks if mark is not None],
            progress=_progress(),
        )
    )
    if as_json:
        data = {**asdict(report), "intact": report.intact, "entries": report.entries}
        typer.echo(json.dumps(data, default=str, ensure_ascii=False))
    else:
        _print(report)
    if not report.intact:
        raise typer.Exit(1)


def _print(report: Report) -> None:
    for chain in report.chains:
        span = (
            "empty"
            if chain.last_at is None
            else f"{chain.first_at:%Y-%m-%d %H:%M} to {chain.last_at:%Y-%m-%d %H:%M} UTC"
        )
        origin = " (from before the chains)" if chain.chain == 0 else ""
        typer.echo(f"chain {chain.chain}{origin}: {chain.entries} entries, {span}")
    typer.echo(f"anchors: {report.anchors}")
    if report.pending:
        typer.echo(
            f"{report.pending} entries are committed and wait to be chained by the API; no code protects them yet"
        )
    for finding in report.findings[:SHOWN]:
        typer.echo(f"{finding.fault.value.upper()}  {finding.message}")
    if len(report.findings) > SHOWN:
        typer.echo(f"… and {len(report.findings) - SHOWN} more; --json prints them all")
    typer.echo("intact" if report.intact else f"NOT INTACT: {len(report.findings)} findings")


def _progress() -> Callable[[int, int], None]:
    """Says how far it is, on a terminal and in steps."""
    import sys

    shown = 0

    def progress(checked: int, expected: int) -> None:
        nonlocal shown
        if sys.stderr.isatty() and checked - shown >= 50_000:
            shown = checked
            typer.echo(f"{checked} of about {expected} entries checked", err=True)

    return progress


@app.command()
def anchor(
    print_it: Annotated[
        bool, typer.Option("--print", help="For paper: the end of every chain, and how to check it later")
    ] = False,
) -> None:
    """Anchor the ends of all chains now, beside the hourly anchors of the service, and show the anchor."""
    from fleet.audit.seals import printed
    from fleet.commands.session import current_settings, now
    from fleet.errors import NotFound
    from fleet.local.audit_key import audit_keys
    from fleet.store.audit_files import AuditFiles

    settings = current_settings()
    made = AuditFiles(settings.audit_directory).anchor(now(), audit_keys(settings, make=False), due=lambda _: True)
    if made is None:
        raise NotFound(f"there is no chain to anchor yet: {settings.audit_directory} has no heads")
    typer.echo(printed(made[0]) if print_it else made[1])


@app.command()
def export(
    begin: Annotated[str | None, typer.Option("--from", help="At or after; RFC 3339 with an offset")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Before; RFC 3339 with an offset")] = None,
    purpose: Annotated[str, typer.Option(help="Why; goes into the log")] = "",
) -> None:
    """Print the log as JSON lines, newest first, each entry with its code. The export itself is logged."""
    import sys
    from datetime import datetime

    import msgspec

    from fleet.commands.session import actor, current_settings, owner_connection, run
    from fleet.model.scope import CITY
    from fleet.store import audit

    def moment(text: str | None) -> datetime | None:
        if text is None:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is no moment: write 2026-01-31T00:00:00+08:00") from None
        if at.tzinfo is None:
            raise typer.BadParameter(f"{text!r} lacks its offset: write 2026-01-31T00:00:00+08:00")
        return at

    if len(purpose.strip()) < 2:
        raise typer.BadParameter("--purpose: say why, in at least 2 characters")
    wanted = audit.LogFilter(begin=moment(begin), end=moment(end))

    async def work() -> None:
        async with owner_connection(current_settings()) as connection:
            detail = {"begin": wanted.begin, "end": wanted.end}
            await audit.record(
                connection, account=actor(), action="audit.export", subject="audit", purpose=purpose, detail=detail
            )
            await connection.commit()
            before: audit.Place | None = None
            while rows := await audit.list_log(connection, wanted, scope=CITY, before=before, limit=1000):
                for row in rows:
                    sys.stdout.buffer.write(msgspec.json.encode({**row, "mac": row["mac"].hex()}) + b"\n")
                before = (rows[-1]["at"], rows[-1]["chain"], rows[-1]["n"])
                await connection.rollback()  # no transaction stays open over years of entries

    run(work())
