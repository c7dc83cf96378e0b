"""`fleet retention`: lets old readings go."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Lets old raw readings go.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keeps `run` a command of its own while it is the only one."""


@app.command("run")
def run_retention(
    keep_days: Annotated[int | None, typer.Option(min=1, help="Default: FLEET_RETENTION_DAYS")] = None,
    every_hours: Annotated[float | None, typer.Option(min=0.01, help="Repeat until stopped; default: once")] = None,
) -> None:
    """Drop readings, batch rows and resolved quarantined messages older than the retention period."""
    import asyncio

    from fleet.commands.session import actor, current_settings, now, owner_connection, run
    from fleet.store import audit
    from fleet.store.retention import drop_old_readings

    settings = current_settings()
    days = settings.retention_days if keep_days is None else keep_days

    async def work() -> None:
        while True:
            async with owner_connection(settings) as connection:
                dropped = await drop_old_readings(connection, days, now())
                if any((dropped.chunks, dropped.batches, dropped.quarantined)):
                    detail = {
                        "days": days,
                        "chunks": dropped.chunks,
                        "batches": dropped.batches,
                        "quarantined": dropped.quarantined,
                    }
                    await audit.record(
                        connection, account=actor(), action="retention.run", subject="readings", detail=detail
                    )
                await connection.commit()
            typer.echo(
                f"older than {days} days: {dropped.chunks} chunks, {dropped.batches} batches,"
                f" {dropped.quarantined} resolved quarantined messages dropped"
            )
            if dropped.held_from is not None:
                typer.echo(
                    f"readings from {dropped.held_from:%Y-%m-%d %H:%M} UTC on had to stay: the monitor has not folded"
                    " all of them yet (is it running? `fleet doctor`)"
                )
            if every_hours is None:
                return
            await asyncio.sleep(every_hours * 3600)

    run(work())
