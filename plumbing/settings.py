"""Settings: the environment, read once into one frozen object.

What a client needs of it is in `addresses`.

Every field is documented in `deploy/env.example`; a test keeps the two alike.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from plumbing.addresses import DATA_DIR, DEFAULTS, PREFIX, SERVICES

__all__ = ["SERVICES"]  # known here to everyone who reads settings

PORTAL = "portal"
# Every process that calls the services in its own name, each with a secret of its own.
CALLERS = (*SERVICES, PORTAL)


def _keys_beside_the_data(known: dict[str, Any]) -> Path:
    return Path(known["data_dir"]) / "keys"


class Settings(BaseSettings):
    """What one process needs to know. `QUANHENG_DATA_DIR` sets `data_dir`, and so on."""

    # An empty value is as good as none: compose files and env files cannot leave a name out.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        validate_by_name=True,
    )

    data_dir: Path = DATA_DIR
    # Where the keys are made on first start, readable by the owner alone. Elsewhere they may be
    # given beforehand, read-only: to the registry all, to another service its own.
    keys_dir: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        default_factory=_keys_beside_the_data
    )
    sandbox: bool = False

    registry_address: str = DEFAULTS["registry"]
    grading_address: str = DEFAULTS["grading"]
    objection_address: str = DEFAULTS["objection"]
    alerts_address: str = DEFAULTS["alerts"]
    portal_address: str = "127.0.0.1:7300"
    listen_host: str = ""
    registry_metrics_address: str = "127.0.0.1:7311"
    grading_metrics_address: str = "127.0.0.1:7312"
    objection_metrics_address: str = "127.0.0.1:7313"
    alerts_metrics_address: str = "127.0.0.1:7314"

    database: str = ""
    nats_url: str = "nats://127.0.0.1:7305"
    nats_replicas: int = Field(default=1, ge=1, le=5)
    temporal_address: str = "127.0.0.1:7306"
    temporal_namespace: str = "default"

    smtp_url: str = "smtp://127.0.0.1:7307"
    mail_from: str = "quanheng@localhost"
    operator_mail: str = ""

    # What people type to reach the portal; with https its cookies travel encrypted only.
    portal_url: str = "http://127.0.0.1:7300"
    portal_idle_minutes: int = Field(default=30, ge=1, le=24 * 60)
    portal_session_hours: int = Field(default=10, ge=1, le=24 * 7)
    token_minutes: int = Field(default=30, ge=1, le=24 * 60)
    call_timeout_seconds: float = Field(default=10.0, gt=0)
    import_max_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    # A workbook is read by a child process that may not take more than this.
    import_max_unpacked_bytes: int = Field(default=512 * 1024 * 1024, gt=0)
    import_max_ratio: int = Field(default=200, gt=1)
    import_max_memory_bytes: int = Field(default=1024 * 1024 * 1024, ge=256 * 1024 * 1024)
    import_max_seconds: int = Field(default=120, gt=0)
    # These hold for every file.
    import_max_rows: int = Field(default=1_000_000, gt=0)
    import_max_columns: int = Field(default=500, gt=0, le=16_384)
    import_max_cell_characters: int = Field(default=131_072, gt=0, le=131_072)
    import_max_faults: int = Field(default=100_000, gt=0)
    # Examples, no law's figures: above these somebody looks at a batch before it is applied.
    import_alert_share: float = Field(default=0.2, ge=0, le=1)
    import_drop_share: float = Field(default=0.05, ge=0, le=1)
    import_burst_least: int = Field(default=20, ge=1)
    import_open_days: int = Field(default=7, ge=1, le=365)
    log_level: str = "INFO"
    # The name that every program which traces goes by; spans are sent to /v1/traces there.
    otlp_endpoint: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")

    def address(self, service: str) -> str:
        """host:port at which the others find a service's gRPC server."""
        return str(getattr(self, f"{service}_address"))

    def port(self, service: str) -> int:
        """The port of a service's gRPC server."""
        return int(self.address(service).rpartition(":")[2])

    def listen_address(self, service: str) -> str:
        """host:port on which a service's gRPC server listens.

        That is its address, unless `listen_host` says otherwise: in a container the address is
        a name of the network, and the server listens on every interface.
        """
        return self._listening(self.address(service))

    def metrics_address(self, service: str) -> str:
        """host:port at which a service's metrics are found."""
        return str(getattr(self, f"{service}_metrics_address"))

    def metrics_listen_address(self, service: str) -> str:
        """host:port on which a service's metrics are served, as with `listen_address`."""
        return self._listening(self.metrics_address(service))

    def database_url(self, service: str) -> str:
        """The SQLAlchemy URL of a service's own database.

        Empty `database` means one SQLite file per service under `data_dir`; otherwise it is a
        URL with `{service}` where the name of the service belongs. `postgresql://` will do.
        """
        if self.database:
            url = self.database.replace("{service}", service)
            return url.replace("postgresql://", "postgresql+asyncpg://", 1)
        return f"sqlite+aiosqlite:///{(self.data_dir / f'{service}.db').resolve()}"

    def _listening(self, address: str) -> str:
        host, _, port = address.rpartition(":")
        return f"{self.listen_host or host}:{port}"

    @property
    def clock_file(self) -> Path:
        """The sandbox's clock; its presence is what makes a data directory a sandbox."""
        return self.data_dir / "sandbox-clock.json"

    @property
    def cast_file(self) -> Path:
        """The synthetic accounts of a sandbox, for one-click signing in at the portal."""
        return self.data_dir / "sandbox-cast.json"

    @property
    def mailbox_dir(self) -> Path:
        """Where a sandbox's mail server keeps every mail as a file."""
        return self.data_dir / "mailbox"

    @property
    def token_life(self) -> timedelta:
        """How long an access token is valid."""
        return timedelta(minutes=self.token_minutes)


def variable(field: str) -> str:
    """The variable of the environment that sets a field."""
    other = Settings.model_fields[field].validation_alias
    return (
        other if isinstance(other, str) else f"{Settings.model_config['env_prefix']}{field}".upper()
    )


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment in which a child process reads exactly these settings."""
    prefix = str(Settings.model_config["env_prefix"])
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(prefix)}
    values = settings.model_dump(mode="json")
    handed = {variable(name): str(value) for name, value in values.items()}
    return {**inherited, **handed, "PYTHONUNBUFFERED": "1"}
