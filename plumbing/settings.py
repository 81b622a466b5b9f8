"""Settings: the environment, read once into one frozen object. The only reader of it.

Every field is documented in `deploy/env.example`; a test keeps the two alike.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SERVICES = ("registry", "grading", "objection", "alerts")


def _keys_beside_the_data(known: dict[str, Any]) -> Path:
    return Path(known["data_dir"]) / "keys"


class Settings(BaseSettings):
    """What one process needs to know. `QUANHENG_DATA_DIR` sets `data_dir`, and so on."""

    # An empty value is as good as none: compose files and env files cannot leave a name out.
    model_config = SettingsConfigDict(
        env_prefix="QUANHENG_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    data_dir: Path = Path("quanheng-data")
    # Where the keys are made on first start, readable by the owner alone. Elsewhere they may be
    # given beforehand, read-only: to the registry all, to another service its own.
    keys_dir: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        default_factory=_keys_beside_the_data
    )
    sandbox: bool = False

    registry_address: str = "127.0.0.1:7301"
    grading_address: str = "127.0.0.1:7302"
    objection_address: str = "127.0.0.1:7303"
    alerts_address: str = "127.0.0.1:7304"
    listen_host: str = ""

    database: str = ""
    nats_url: str = "nats://127.0.0.1:7305"
    nats_replicas: int = Field(default=1, ge=1, le=5)
    temporal_address: str = "127.0.0.1:7306"
    temporal_namespace: str = "default"

    smtp_url: str = "smtp://127.0.0.1:7307"
    mail_from: str = "quanheng@localhost"

    token_minutes: int = Field(default=30, ge=1, le=24 * 60)
    call_timeout_seconds: float = Field(default=10.0, gt=0)
    import_max_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    log_level: str = "INFO"

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
        host = self.listen_host or self.address(service).rpartition(":")[0]
        return f"{host}:{self.port(service)}"

    def database_url(self, service: str) -> str:
        """The SQLAlchemy URL of a service's own database.

        Empty `database` means one SQLite file per service under `data_dir`; otherwise it is a
        URL with `{service}` where the name of the service belongs. `postgresql://` will do.
        """
        if self.database:
            url = self.database.replace("{service}", service)
            return url.replace("postgresql://", "postgresql+asyncpg://", 1)
        return f"sqlite+aiosqlite:///{(self.data_dir / f'{service}.db').resolve()}"

    @property
    def clock_file(self) -> Path:
        """The sandbox's clock; its presence is what makes a data directory a sandbox."""
        return self.data_dir / "sandbox-clock.json"

    @property
    def mailbox_dir(self) -> Path:
        """Where a sandbox's mail server keeps every mail as a file."""
        return self.data_dir / "mailbox"

    @property
    def token_life(self) -> timedelta:
        """How long an access token is valid."""
        return timedelta(minutes=self.token_minutes)


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment in which a child process reads exactly these settings."""
    prefix = str(Settings.model_config["env_prefix"])
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(prefix)}
    values = settings.model_dump(mode="json")
    handed = {f"{prefix}{name.upper()}": str(value) for name, value in values.items()}
    return {**inherited, **handed, "PYTHONUNBUFFERED": "1"}
