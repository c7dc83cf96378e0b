"""`fleet token`: personal access tokens for the HTTP interface."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Access tokens for the HTTP interface.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keeps `create` a command of its own while it is the only one."""


@app.command()
def create(
    account: Annotated[str, typer.Option(help="Name of the account the token stands for")],
    label: Annotated[str, typer.Option(help="What it is for; shown where tokens are listed")],
    days: Annotated[int, typer.Option(min=1, max=366, help="For how long it is valid")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts")] = False,
) -> None:
    """Create a bearer token and print it: `Authorization: Bearer TOKEN`."""
    import json
    from datetime import timedelta

    from fleet.commands.session import ACTOR, current_settings, now, owner_connection, run
    from fleet.errors import Conflict, NotFound
    from fleet.identity.tokens import new_token, token_digest
    from fleet.store import accounts, audit, tokens

    token = new_token()
    expires_at = now() + timedelta(days=days)

    async def work() -> None:
        async with owner_connection(current_settings()) as connection:
            known = await accounts.find_credentials(connection, account)
            if known is None:
                raise NotFound(f"there is no account {account!r}")
            if known.disabled_at is not None:
                raise Conflict(f"the account {account!r} is disabled")
            await tokens.add_personal(
                connection,
                known.account_id,
                token_digest(token),
                tokens.PersonalToken(label=label, expires_at=expires_at),
            )
            await audit.record(
                connection, account=ACTOR, action="token.create", subject=account, detail={"label": label, "days": days}
            )
            await connection.commit()

    run(work())
    if as_json:
        typer.echo(json.dumps({"token": token, "account": account, "expires_at": expires_at.isoformat()}))
    else:
        typer.echo(token)
        typer.echo(f"Valid until {expires_at:%Y-%m-%d %H:%M} UTC; it is shown this once.", err=True)
