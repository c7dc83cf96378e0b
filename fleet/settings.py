"""Settings: environment variables with the prefix `FLEET_` (or a `.env` file), read once by an entry point.

Core packages never import this module; entry points build one `Settings` and pass its values down.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from fleet.errors import InvalidSettings

Service = Literal["ingest", "monitor", "api"]
Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Every setting of the product; each field's description is also a line of the README's table."""

    model_config = SettingsConfigDict(
        env_prefix="FLEET_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: str | None = Field(
        None,
        description="PostgreSQL with TimescaleDB, as the owner (migrations, retention). Unset: a private one",
    )
    ingest_database_url: str | None = Field(None, description="The ingest service's own login. Default: derived")
    monitor_database_url: str | None = Field(None, description="The monitor's own login. Default: derived")
    api_database_url: str | None = Field(None, description="The API's own login. Default: derived")
    mqtt_url: str | None = Field(
        None,
        description="Broker as `mqtt[s]://user:password@host:port`, as the service account. Unset: a private one",
    )
    http_host: str = Field("127.0.0.1", description="Address the API listens on")
    http_port: Port = Field(8000, description="Port the API listens on")
    data_dir: Path = Field(Path("var"), description="Where the private servers, their logs and secrets live")
    database_port: Port = Field(5433, description="Port of the private PostgreSQL")
    mqtt_port: Port = Field(1884, description="Port of the private Mosquitto")
    simulated_vehicles: int = Field(
        6000, ge=0, le=6000, description="Onboard units the simulator plays; 0 = no simulator"
    )
    simulated_interval_s: int = Field(
        10, ge=1, le=60, description="Seconds between a moving unit's positions in the simulator"
    )
    simulated_history_days: int = Field(
        14, ge=0, le=400, description="Past days that `fleet up` loads in the background into a new city; 0 = none"
    )
    admin_password: SecretStr | None = Field(
        None, description="Password of the account `admin`. Unset: generated and printed once"
    )
    require_totp: bool = Field(
        False,
        description="Whether administrators and supervisors must set up a second factor (TOTP) before anything else",
    )
    broker_dir: Path | None = Field(
        None,
        description="Where the broker's password and access files are rendered. Default: `FLEET_DATA_DIR/mosquitto`",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Lowest level that is logged")
    retention_days: int = Field(
        90,
        ge=1,
        le=3650,
        description="Days raw readings are kept (the demonstration started by `fleet up` keeps 2)",
    )

    @property
    def private(self) -> bool:
        """Whether `fleet up` starts its own database and broker (neither address is given)."""
        return self.database_url is None and self.mqtt_url is None

    @property
    def broker_directory(self) -> Path:
        return self.broker_dir or self.data_dir / "mosquitto"

    def service_database_url(self, service: Service) -> str:
        """The URL `service` connects with: its own where given, else the owner's with the role assumed at connect.

        Raises InvalidSettings when no database is configured.
        """
        own: str | None = getattr(self, f"{service}_database_url")
        if own is not None:
            return _checked_database_url(f"FLEET_{service.upper()}_DATABASE_URL", own)
        return assume_role(self.require_database_url(), f"fleet_{service}")

    def require_database_url(self) -> str:
        if self.database_url is None:
            raise InvalidSettings(
                "FLEET_DATABASE_URL is not set: start everything with `fleet up`, or name a PostgreSQL with TimescaleDB"
            )
        return _checked_database_url("FLEET_DATABASE_URL", self.database_url)

    def require_mqtt_url(self) -> str:
        if self.mqtt_url is None:
            raise InvalidSettings("FLEET_MQTT_URL is not set: start everything with `fleet up`, or name an MQTT broker")
        return self.mqtt_url


def _checked_database_url(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("postgresql", "postgres") and bool(parts.path.strip("/")) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InvalidSettings(f"{name} must look like postgresql://user:password@host:5432/database")
    return url


def assume_role(url: str, role: str) -> str:
    """`url` with a query parameter that makes every connection work as `role` from its first statement on."""
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query) if pair[0] != "role"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("role", role)])))


def with_credentials(url: str, user: str, password: str) -> str:
    """`url` with its user and password replaced."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}{port}"))


def without_password(url: str) -> str:
    """`url` fit for a log line: the password is replaced by `***`."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user = unquote(parts.username or "")
    return urlunsplit(parts._replace(netloc=f"{user}:***@{parts.netloc.rpartition('@')[2]}"))


def load_settings() -> Settings:
    """Read the environment. Raises InvalidSettings with one line per wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"FLEET_{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            f" (got {problem['input']!r})"
            if "password" not in str(problem["loc"])
            else f"FLEET_{str(problem['loc'][0]).upper()}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise InvalidSettings("; ".join(lines)) from None
