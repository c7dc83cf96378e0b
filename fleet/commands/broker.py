"""`fleet broker`: the broker's files, on the broker's machine."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="The broker's accounts, listeners and certificates.", no_args_is_help=True)


@app.command()
def render() -> None:
    """Write all accounts from the database into the broker's files, and make a running broker read them."""
    from fleet.commands.session import current_settings, owner_connection, run
    from fleet.local.broker_files import apply_accounts, ensure_service, require_broker_directory

    async def work() -> bool:
        settings = current_settings()
        directory = require_broker_directory(settings)
        async with owner_connection(settings) as connection:
            await ensure_service(connection, settings.mqtt_url)
            await connection.commit()
            return await apply_accounts(connection, directory)

    _tell(run(work()))


@app.command()
def follow(
    every_s: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks at the database")] = 1.0,
) -> None:
    """Keep the broker's accounts as the database has them, until stopped: a unit retired by a clerk is cut off."""
    import logging

    from fleet.commands.session import current_settings, run
    from fleet.local.broker_follower import follow_accounts

    settings = current_settings()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run(follow_accounts(settings, every_s))


@app.command()
def listeners(
    address: Annotated[str, typer.Option(help="Address of the TLS listener")] = "0.0.0.0",  # noqa: S104  # units come from outside
    plain: Annotated[
        int | None, typer.Option(help="Also listen without TLS on this port, for services on this machine")
    ] = None,
    plain_address: Annotated[str, typer.Option(help="Address of the plain listener")] = "127.0.0.1",
) -> None:
    """Write `conf.d/listener.conf` and the certificates that FLEET_MQTT_TLS_* name; the broker's restart opens them."""
    from fleet.commands.session import current_settings
    from fleet.local.broker_files import put_file, require_broker_directory
    from fleet.local.listeners import Listeners, tls_files

    settings = current_settings()
    wanted = Listeners(plain, plain_address, settings.mqtt_tls_port, address, tls_files(settings))
    wanted.render()
    wanted.write(require_broker_directory(settings), put_file)
    typer.echo("Written. Restart the broker where an address, a port or the demand for client certificates changed;")
    typer.echo("for renewed certificates `fleet broker certificates` is enough.")


@app.command()
def certificates() -> None:
    """Take over renewed certificates from FLEET_MQTT_TLS_*: new connections get them, those that are open stay."""
    from fleet.commands.session import current_settings
    from fleet.errors import InvalidSettings
    from fleet.local.broker_files import put_file, require_broker_directory, tell_broker
    from fleet.local.listeners import tls_files, write_certificates

    settings = current_settings()
    files = tls_files(settings)
    if files is None:
        raise InvalidSettings("FLEET_MQTT_TLS_PORT is not set: the broker has no TLS listener of ours")
    directory = require_broker_directory(settings)
    write_certificates(files, directory, put_file)
    _tell(tell_broker(directory))


def _tell(told: bool) -> None:
    if told:
        typer.echo("Written, and the broker was told to read it.")
    else:
        typer.echo("Written; no running broker was found there: send it SIGHUP, or start it.", err=True)
