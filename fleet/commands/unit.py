"""`fleet unit`: what onboard units need to connect."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Onboard units.", no_args_is_help=True)


@app.command()
def credentials(
    unit: Annotated[str, typer.Argument(help="The unit's code, its name in topics")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts")] = False,
) -> None:
    """Create the unit's broker account, or renew its password (an older one ends at once), and print it."""
    from fleet.commands.access import commit_and_apply, print_credentials
    from fleet.commands.session import current_settings, owner_connection, run
    from fleet.errors import Conflict, NotFound
    from fleet.identity.broker_access import hash_password, new_password
    from fleet.local.broker_files import require_broker_directory
    from fleet.model.broker import BrokerAccount, BrokerAccountKind
    from fleet.store import broker_accounts

    password = new_password()

    async def work() -> None:
        settings = current_settings()
        async with owner_connection(settings) as connection:
            require_broker_directory(settings)
            home = await broker_accounts.find_unit(connection, unit)
            if home is None:
                raise NotFound(f"no unit {unit!r} is registered; codes are case-sensitive")
            if home.retired_at is not None:
                raise Conflict(f"the unit {unit!r} is retired since {home.retired_at:%Y-%m-%d}")
            account = BrokerAccount(username=unit, kind=BrokerAccountKind.UNIT, password_hash=hash_password(password))
            await broker_accounts.create(connection, account, replace=True)
            await commit_and_apply(
                connection,
                settings,
                "unit.credentials",
                f"unit:{home.unit_id}",
                {"unit": unit, "division": home.division},
            )

    run(work())
    print_credentials(unit, password, as_json=as_json)


@app.command()
def revoke(unit: Annotated[str, typer.Argument(help="The unit's code")]) -> None:
    """Cut the unit's account off at once; `fleet unit credentials` lets it come back with a new password."""
    from fleet.commands.access import commit_and_apply
    from fleet.commands.session import current_settings, now, owner_connection, run
    from fleet.identity.broker_access import check_username
    from fleet.local.broker_files import require_broker_directory
    from fleet.model.broker import BrokerAccountKind
    from fleet.store import broker_accounts

    check_username(unit, BrokerAccountKind.UNIT)

    async def work() -> None:
        settings = current_settings()
        async with owner_connection(settings) as connection:
            require_broker_directory(settings)
            await broker_accounts.revoke(connection, unit, now())
            home = await broker_accounts.find_unit(connection, unit)
            subject = unit if home is None else f"unit:{home.unit_id}"
            await commit_and_apply(connection, settings, "unit.revoke", subject, {"unit": unit})

    run(work())
    typer.echo(f"{unit} is revoked")
