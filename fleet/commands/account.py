"""`fleet account`: who may log in."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Accounts of the HTTP interface.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keeps `admin` a command of its own while it is the only one."""


@app.command()
def admin(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts")] = False) -> None:
    """Make the account `admin` exist and enabled, with the password FLEET_ADMIN_PASSWORD or a new one.

    A changed password ends every session of the account.
    """
    import json
    import secrets

    from fleet.commands.session import actor, current_settings, owner_connection, run
    from fleet.identity.accounts import ADMINISTRATOR, ensure_admin
    from fleet.store import accounts, audit

    def shown(stored: accounts.Credentials | None) -> dict[str, object] | None:
        return None if stored is None else {"role": stored.role, "disabled": stored.disabled_at is not None}

    settings = current_settings()
    given = settings.admin_password
    password = given.get_secret_value() if given else secrets.token_urlsafe(24)

    async def work() -> None:
        async with owner_connection(settings) as connection:
            before = await accounts.find_credentials(connection, ADMINISTRATOR)
            await ensure_admin(connection, password)
            after = await accounts.find_credentials(connection, ADMINISTRATOR)
            renewed = before is None or after is None or before.password_hash != after.password_hash
            detail = {"before": shown(before), "after": shown(after), "password_changed": renewed}
            await audit.record(
                connection, account=actor(), action="account.admin", subject=ADMINISTRATOR, detail=detail
            )
            await connection.commit()

    run(work())
    printed = None if given else password
    if as_json:
        typer.echo(json.dumps({"username": ADMINISTRATOR, "password": printed}))
    else:
        typer.echo(f"username  {ADMINISTRATOR}\npassword  {printed or 'as FLEET_ADMIN_PASSWORD says'}")
