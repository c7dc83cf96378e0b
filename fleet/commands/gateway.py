"""`fleet gateway`: accounts that speak for every unit of a division (protocol gateways, load tests)."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Broker accounts that speak for every unit of a division.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Letters, digits, '_', '-' and dots; the account is `gateway.NAME`")]


@app.command()
def create(
    name: Name,
    division: Annotated[int, typer.Option(help="Code of the division, such as 530302; 530300 for city organs")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts")] = False,
    replace: Annotated[bool, typer.Option(help="Give an existing account a new password and this division")] = False,
) -> None:
    """Create an account, effective at once, and print its username and password."""
    from fleet.commands.access import commit_and_apply, gateway_state, print_credentials
    from fleet.commands.session import current_settings, owner_connection, run
    from fleet.errors import Conflict, InvalidSettings
    from fleet.geography.divisions import DIVISIONS
    from fleet.identity.broker_access import gateway_username, hash_password, new_password
    from fleet.local.broker_files import require_broker_directory
    from fleet.model.broker import BrokerAccount, BrokerAccountKind
    from fleet.store import broker_accounts

    username, password = gateway_username(name), new_password()
    if division not in {known.code for known in DIVISIONS}:
        known = ", ".join(f"{one.code} {one.name}" for one in DIVISIONS)
        raise InvalidSettings(f"there is no division {division}; the divisions are {known}")

    async def work() -> None:
        settings = current_settings()
        async with owner_connection(settings) as connection:
            require_broker_directory(settings)
            account = BrokerAccount(
                username=username,
                kind=BrokerAccountKind.GATEWAY,
                division=division,
                password_hash=hash_password(password),
            )
            before = await broker_accounts.find(connection, username)
            try:
                await broker_accounts.create(connection, account, replace=replace)
            except Conflict:
                raise Conflict(f"the gateway {username} exists; --replace gives it a new password") from None
            detail = {"before": gateway_state(before), "after": {"division": division, "revoked": False}}
            await commit_and_apply(connection, settings, "gateway.create", username, detail)

    run(work())
    print_credentials(username, password, as_json=as_json)


@app.command()
def revoke(name: Name) -> None:
    """Cut the account off at once; it cannot connect again."""
    from fleet.commands.access import commit_and_apply, gateway_state
    from fleet.commands.session import current_settings, now, owner_connection, run
    from fleet.identity.broker_access import gateway_username
    from fleet.local.broker_files import require_broker_directory
    from fleet.store import broker_accounts

    username = gateway_username(name)

    async def work() -> None:
        settings = current_settings()
        async with owner_connection(settings) as connection:
            require_broker_directory(settings)
            before = await broker_accounts.find(connection, username)
            await broker_accounts.revoke(connection, username, now())
            after = await broker_accounts.find(connection, username)
            detail = {"before": gateway_state(before), "after": gateway_state(after)}
            await commit_and_apply(connection, settings, "gateway.revoke", username, detail)

    run(work())
    typer.echo(f"{username} is revoked")


@app.command("list")
def list_gateways(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array")] = False) -> None:
    """All gateways, revoked ones too, in the order of their names."""
    import json

    from fleet.commands.session import current_settings, owner_connection, run
    from fleet.model.broker import BrokerAccountKind
    from fleet.store import broker_accounts

    async def work() -> list[broker_accounts.StoredBrokerAccount]:
        async with owner_connection(current_settings()) as connection:
            return await broker_accounts.list_all(connection, BrokerAccountKind.GATEWAY)

    found = run(work())
    if as_json:
        rows = [
            {
                "username": one.account.username,
                "division": str(one.account.division),
                "created_at": one.created_at.isoformat(),
                "revoked_at": None if one.revoked_at is None else one.revoked_at.isoformat(),
            }
            for one in found
        ]
        typer.echo(json.dumps(rows))
        return
    for one in found:
        state = "active" if one.revoked_at is None else f"revoked {one.revoked_at:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"{one.account.username}  {one.account.division}  {state}")
