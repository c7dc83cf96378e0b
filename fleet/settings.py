"""Settings: environment variables with the prefix `FLEET_` (or a `.env` file), read once by an entry point.

Core packages never import this module; entry points build one `Settings` and pass its values down.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from fleet.errors import InvalidSettings
from fleet.identity.tls import ClientTls

Service = Literal["ingest", "monitor", "api"]
Port = Annotated[int, Field(ge=1, le=65535)]

PREFIX = "FLEET_"


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting may hold a secret: kept out of what is printed, and readable from a file (`FLEET_…_FILE`)."""
    return not field.repr


class Settings(BaseSettings):
    """Every setting of the product; each field's description is also a line of the README's table.

    A field with `repr=False` holds a secret.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: str | None = Field(
        None,
        repr=False,
        description="PostgreSQL with TimescaleDB, as the owner (migrations, retention). Unset: a private one",
    )
    ingest_database_url: str | None = Field(
        None, repr=False, description="The ingest service's own login. Default: derived"
    )
    monitor_database_url: str | None = Field(None, repr=False, description="The monitor's own login. Default: derived")
    api_database_url: str | None = Field(None, repr=False, description="The API's own login. Default: derived")
    mqtt_url: str | None = Field(
        None,
        repr=False,
        description="Broker as `mqtt[s]://user:password@host:port`, as the service account. Unset: a private one",
    )
    mqtt_tls_ca: Path | None = Field(
        None,
        description="Authority by which our services check the broker of an `mqtts://` address. Default: the system's",
    )
    mqtt_tls_client_cert: Path | None = Field(
        None, description="Certificate our services show a broker that asks for one"
    )
    mqtt_tls_client_key: Path | None = Field(None, description="Its private key")
    mqtt_tls_port: Port | None = Field(
        None, description="Port of the broker's TLS listener (`fleet up`, `fleet broker listeners`). Unset: none"
    )
    mqtt_tls_cert: Path | None = Field(None, description="Certificate, with its chain, that the broker shows there")
    mqtt_tls_key: Path | None = Field(None, description="Its private key")
    mqtt_tls_client_ca: Path | None = Field(
        None,
        description="Authority of the client certificates the broker demands there, beside the password. Unset: none",
    )
    http_host: str = Field("127.0.0.1", description="Address the API listens on")
    http_port: Port = Field(8000, description="Port the API listens on")
    http_tls_cert: Path | None = Field(
        None, description="Certificate, with its chain, of the API. Set: it speaks HTTPS itself. SIGHUP reads it again"
    )
    http_tls_key: Path | None = Field(None, description="Its private key")
    http_tls_ca: Path | None = Field(
        None, description="Authority by which the simulator checks the API. Default: the system's"
    )
    trusted_proxies: str | None = Field(
        None,
        description="Addresses or networks, with commas, of proxies whose `X-Forwarded-For` and `-Proto` are believed."
        " Unset: nobody's",
    )
    request_rate_per_s: int = Field(
        300,
        ge=0,
        description="Requests a second that one account may keep up, an address three times as many; 0 = no limit",
    )
    webhook_networks: str | None = Field(
        None,
        description="Private addresses or networks, with commas, that webhooks may reach, there without TLS too."
        " Unset: none",
    )
    data_dir: Path = Field(Path("var"), description="Where the private servers, their logs and secrets live")
    database_port: Port = Field(5433, description="Port of the private PostgreSQL")
    mqtt_port: Port = Field(1884, description="Port of the private Mosquitto")
    simulated_vehicles: int = Field(
        6000, ge=0, le=6000, description="Onboard units the simulator plays; 0 = no simulator"
    )
    simulated_interval_s: int = Field(
        10, ge=1, le=60, description="Seconds between a moving unit's positions in the simulator"
    )
    simulated_orders: bool = Field(
        True, description="Whether people file orders for the simulated vehicles; `false`: no trip is held against any"
    )
    simulated_history_days: int = Field(
        14, ge=0, le=400, description="Past days that `fleet up` loads in the background into a new city; 0 = none"
    )
    admin_password: SecretStr | None = Field(
        None, repr=False, description="Password of the account `admin`. Unset: generated and printed once"
    )
    require_totp: bool = Field(
        False,
        description="Whether administrators and supervisors must set up a second factor (TOTP) before anything else",
    )
    totp_key: SecretStr | None = Field(
        None,
        repr=False,
        description="Key, 32 characters or more, that encrypts the secrets of second factors and webhooks; `new,old`"
        " changes it."
        " Unset: kept in `FLEET_DATA_DIR/secrets/totp_key`",
    )
    audit_key: SecretStr | None = Field(
        None,
        repr=False,
        description="Key of the audit log's chain, 32 characters or more; `new,old` changes it."
        " Unset: kept in `FLEET_DATA_DIR/secrets/audit_key`",
    )
    audit_dir: Path | None = Field(
        None,
        description="Where heads and anchors of the audit log are kept, outside the database. Default:"
        " `FLEET_DATA_DIR/audit`",
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

    @field_validator("trusted_proxies", "webhook_networks")
    @classmethod
    def _networks(cls, value: str | None) -> str | None:
        for one in (value or "").split(","):
            if one.strip():
                ipaddress.ip_network(one.strip())  # ValueError says what is wrong; never `*`
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then `.env`; in each a variable counts before the file its `_FILE` names."""
        return (
            init_settings,
            env_settings,
            SecretFiles(settings_cls, env_settings),
            dotenv_settings,
            SecretFiles(settings_cls, dotenv_settings),
        )

    @property
    def private(self) -> bool:
        """Whether `fleet up` starts its own database and broker (neither address is given)."""
        return self.database_url is None and self.mqtt_url is None

    @property
    def files_orders(self) -> bool:
        """Whether `fleet up` lets people file orders for the simulated vehicles."""
        return self.simulated_orders and self.simulated_vehicles > 0

    @property
    def broker_directory(self) -> Path:
        return self.broker_dir or self.data_dir / "mosquitto"

    @property
    def audit_directory(self) -> Path:
        return self.audit_dir or self.data_dir / "audit"

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

    @property
    def mqtt_client_tls(self) -> ClientTls:
        return ClientTls(self.mqtt_tls_ca, self.mqtt_tls_client_cert, self.mqtt_tls_client_key)

    def require_mqtt_url(self) -> str:
        if self.mqtt_url is None:
            raise InvalidSettings("FLEET_MQTT_URL is not set: start everything with `fleet up`, or name an MQTT broker")
        return self.mqtt_url


class SecretFiles(PydanticBaseSettingsSource):
    """`FLEET_X_FILE` for every secret `FLEET_X`: what stands in that file, as container secrets are mounted."""

    def __init__(self, settings_cls: type[BaseSettings], beside: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        assert isinstance(beside, EnvSettingsSource)
        self._variables: Mapping[str, str | None] = beside.env_vars

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        if not is_secret(field):
            return None, field_name, False
        place = self._variables.get(f"{PREFIX}{field_name}_file".lower())
        return (None if not place else _secret_in(Path(place), field_name)), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def _secret_in(path: Path, field_name: str) -> str:
    """Raises InvalidSettings for a file that cannot be read or is empty."""
    variable = f"{PREFIX}{field_name.upper()}_FILE"
    try:
        content = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InvalidSettings(f"{variable}: {path} cannot be read: {reason}") from None
    if not content:
        raise InvalidSettings(f"{variable}: {path} is empty")
    return content


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
        raise InvalidSettings("; ".join(_complaint(problem) for problem in error.errors())) from None


def _complaint(problem: Mapping[str, Any]) -> str:
    """What is wrong with a variable; what it holds is quoted only where that is no secret."""
    name = str(problem["loc"][0]) if problem["loc"] else ""
    field = Settings.model_fields.get(name)
    quoted = "" if field is None or is_secret(field) else f" (got {problem['input']!r})"
    return f"{PREFIX}{name.upper()}: {problem['msg']}{quoted}"
