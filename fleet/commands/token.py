"""`fleet token`: personal access tokens for the HTTP interface."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

app = typer.Typer(help="Access tokens for the HTTP interface.", no_args_is_help=True)


@app.command()
def create(
    account: Annotated[str, typer.Option(help="Name of the account the token stands for")],
    label: Annotated[str, typer.Option(help="What it is for; shown where tokens are listed")],
    days: Annotated[int, typer.Option(min=1, max=366, help="For how long it is valid")],
    organ: Annotated[str | None, typer.Option(help="Code of an organ: only it and those below it")] = None,
    division: Annotated[int | None, typer.Option(help="Only organs and vehicles at home in this division")] = None,
    begin: Annotated[str | None, typer.Option("--from", help="Only what happened at or after this (RFC 3339)")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Only what happened before this")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Refuse everything but reading")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts")] = False,
) -> None:
    """Create a bearer token and print it: `Authorization: Bearer TOKEN`. Auditors' and viewers' tokens only read."""
    import json
    from datetime import timedelta

    from fleet.commands.session import actor, current_settings, now, owner_connection, run
    from fleet.errors import Conflict, InvalidSettings, NotFound
    from fleet.identity.permissions import READERS
    from fleet.identity.tokens import new_token, token_digest
    from fleet.store import accounts, audit, tokens

    token = new_token()
    expires_at = now() + timedelta(days=days)
    since, until = moment("--from", begin), moment("--to", end)
    if since is not None and until is not None and since >= until:
        raise InvalidSettings("--from must lie before --to")
    limits = {"organ": organ, "division": division, "from": begin, "to": end, "read_only": read_only or None}

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
                tokens.PersonalToken(
                    label=label,
                    expires_at=expires_at,
                    organ_id=None if organ is None else await tokens.organ_called(connection, organ),
                    division=division,
                    begin=since,
                    end=until,
                    read_only=read_only or known.role in READERS,
                ),
            )
            await audit.record(
                connection,
                account=actor(),
                action="token.create",
                subject=account,
                detail={"label": label, "days": days, **{name: one for name, one in limits.items() if one is not None}},
            )
            await connection.commit()

    run(work())
    if as_json:
        typer.echo(json.dumps({"token": token, "account": account, "expires_at": expires_at.isoformat()}))
    else:
        typer.echo(token)
        typer.echo(f"Valid until {expires_at:%Y-%m-%d %H:%M} UTC; it is shown this once.", err=True)


@app.command("list")
def list_tokens(
    account: Annotated[str, typer.Option(help="Name of the account")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array")] = False,
) -> None:
    """The personal tokens of an account: valid ones, and those that ended within the last day."""
    import json
    from typing import Any

    from fleet.commands.session import current_settings, now, owner_connection, run
    from fleet.errors import NotFound
    from fleet.store import accounts, tokens

    async def work() -> list[dict[str, Any]]:
        async with owner_connection(current_settings()) as connection:
            known = await accounts.find_credentials(connection, account)
            if known is None:
                raise NotFound(f"there is no account {account!r}")
            return [dict(row) for row in await tokens.list_personal(connection, known.account_id, now())]

    found = run(work())
    if as_json:
        typer.echo(json.dumps([{name: _plain(value) for name, value in row.items()} for row in found]))
        return
    for row in found:
        state = f"until {row['expires_at']:%Y-%m-%d}" if row["revoked_at"] is None else "revoked"
        used = "never used" if row["last_used_at"] is None else f"last used {row['last_used_at']:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"{row['id']}  {row['label']}  {state}  {used}")


@app.command()
def revoke(number: Annotated[int, typer.Argument(help="The token's number, from `fleet token list`")]) -> None:
    """End a token, whoever holds it: within ten seconds it opens nothing any more."""
    from fleet.commands.session import actor, current_settings, now, owner_connection, run
    from fleet.errors import NotFound
    from fleet.store import audit, tokens

    async def work() -> str:
        async with owner_connection(current_settings()) as connection:
            owner = await tokens.revoke_any(connection, number, now())
            if owner is None:
                raise NotFound(f"there is no valid token {number}")
            await audit.record(
                connection, account=actor(), action="token.revoke", subject=f"token:{number}", detail={"account": owner}
            )
            await connection.commit()
            return owner

    typer.echo(f"token {number} of {run(work())} is revoked")


def moment(option: str, text: str | None) -> datetime | None:
    """Raises InvalidSettings for what is no moment with an offset."""
    from fleet.errors import InvalidSettings

    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidSettings(f"{option}: {text!r} is no time with an offset, such as 2026-01-01T00:00:00+08:00")
    return found


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
