"""`fleet quarantine`: messages that were refused."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Messages that were refused.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keeps `retry` a command of its own while it is the only one."""


@app.command()
def retry(
    reason: Annotated[str | None, typer.Option(help="Only messages refused for this reason")] = None,
    numbers: Annotated[list[int] | None, typer.Option("--id", help="Only this message; may be repeated")] = None,
) -> None:
    """Ask ingest to read refused messages again: after a unit was registered, or a codec mended."""
    from fleet.commands.session import actor, current_settings, now, owner_connection, run
    from fleet.errors import InvalidSettings
    from fleet.model.readings import REASON_CODES
    from fleet.model.scope import CITY
    from fleet.store import audit
    from fleet.store.quarantine import request_retry

    if reason is not None and reason not in REASON_CODES:
        raise InvalidSettings(f"there is no reason {reason!r}; the reasons are {', '.join(REASON_CODES)}")

    async def work() -> int:
        async with owner_connection(current_settings()) as connection:
            asked = await request_retry(connection, scope=CITY, at=now(), ids=numbers or None, reason=reason)
            await audit.record(
                connection,
                account=actor(),
                action="quarantine.retry",
                subject="quarantine",
                detail={"reason": reason, "ids": numbers, "messages": asked},
            )
            await connection.commit()
            return asked

    asked = run(work())
    typer.echo(f"{asked} unresolved {'message' if asked == 1 else 'messages'} will be read again by ingest")
