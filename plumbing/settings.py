"""Settings: the environment variables, read once into one frozen object.

The settings that a client needs are also in `addresses`. `deploy/env.example` documents every
field; a test compares that file with the fields.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from plumbing.addresses import (
    CLIENT,
    DATA_DIR,
    DEFAULTS,
    GRPC,
    PREFIX,
    SERVICES,
    Endpoint,
    endpoint_by_tls,
    names_in,
)
from plumbing.setting_checks import (
    kept_long_enough,
    known_links,
    known_ports,
    mail_address,
    sender,
    servers_of_one_kind,
)

__all__ = ["SERVICES"]  # readers of settings import it from here

PORTAL = "portal"
# The processes that call services under their own name, each with its own secret.
CALLERS = (*SERVICES, PORTAL)

_OF_BUCKETS = ("AWS_", "LITESTREAM_")


def _certificates_beside_the_data(known: dict[str, Any]) -> Path:
    return Path(known["data_dir"]) / "tls"


def _keys_beside_the_data(known: dict[str, Any]) -> Path:
    return Path(known["data_dir"]) / "keys"


class Settings(BaseSettings):
    """The settings of a process, read from environment variables.

    For example, the variable `QUANHENG_DATA_DIR` sets the field `data_dir`.
    """

    # An empty variable counts as absent, because compose and env files cannot leave a name out.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        validate_by_name=True,
    )

    data_dir: Path = DATA_DIR
    # Here the registry makes the keys on its first start, readable by their owner only. Keys made
    # beforehand may be mounted read-only: all for the registry, for another service its own.
    keys_dir: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        default_factory=_keys_beside_the_data
    )
    # ca.pem, and for each process NAME.pem with its NAME.key. On one machine `quanheng up` makes
    # them; elsewhere they are given.
    tls_dir: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        default_factory=_certificates_beside_the_data
    )
    # Whether whoever calls a service must show a certificate: so for services on many machines.
    tls_client_certificates: bool = False
    # Connections, with commas between, that other software encrypts, such as a mesh. All others
    # that leave this machine are encrypted, and those between clients and services in any case.
    plaintext: Annotated[str, AfterValidator(known_links)] = ""
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
    portal_metrics_address: str = "127.0.0.1:7310"

    database: str = ""
    # One address, or several of one cluster with commas between.
    nats_url: Annotated[str, AfterValidator(servers_of_one_kind)] = "nats://127.0.0.1:7305"
    # A directory with ca.pem, the authorities of the NATS server, for one at tls://; client.pem and
    # client.key beside it where the server asks for a certificate. Empty for those of the machine.
    nats_tls_dir: str = ""
    nats_replicas: int = Field(default=1, ge=1, le=5)
    temporal_address: str = "127.0.0.1:7306"
    temporal_namespace: str = "default"
    # A directory with ca.pem, client.pem and client.key, for a Temporal that asks for certificates.
    temporal_tls_dir: str = ""
    # Programs of the vendors in place of those that the wheels bring, for one machine.
    nats_program: str = ""
    nats_program_digest: str = ""
    temporal_program: str = ""
    temporal_program_digest: str = ""
    litestream_program: str = ""
    litestream_program_digest: str = ""
    # Where Litestream keeps a copy of the SQLite databases at all times, such as file:///mnt/copy
    # or s3://bucket/prefix; empty for none.
    replica_url: str = ""
    # How often a service looks for workflows that should run and do not.
    workflow_look_seconds: float = Field(default=180.0, ge=1)

    # Without a mail server no mail is sent: notices wait until one is set.
    smtp_url: str = ""
    smtp_ca_file: str = ""  # the authorities of the mail server; empty for those of the machine
    mail_from: Annotated[str, AfterValidator(sender)] = "quanheng@localhost"
    operator_mail: Annotated[str, AfterValidator(mail_address)] = ""

    # Checkpoints of the audit chains: the name under which they are signed, how often they are
    # made, and the directory, mail address and webhook to which they go; empty for none.
    checkpoint_origin: str = Field(default="quanheng", pattern=r"^[^\s+]+$")
    checkpoint_minutes: int = Field(default=60, ge=1, le=24 * 60)
    checkpoint_dir: str = ""
    checkpoint_mail: str = ""
    checkpoint_webhook: str = ""
    checkpoint_webhook_secret: str = ""  # whsec_ and base64, which the receiver knows too
    checkpoint_webhook_ca_file: str = ""  # its authorities; empty for those of the machine
    checkpoint_webhook_private: bool = False  # whether it may have an address of an inner network
    webhook_ca_file: str = ""  # the authorities of the webhooks of subjects, likewise
    webhook_ports: Annotated[str, AfterValidator(known_ports)] = "443"  # which these may have
    webhook_private: bool = False  # for trials: inner addresses, any port, and http

    # How many days the access log keeps an entry; at least as long as the law says.
    access_log_days: Annotated[int, AfterValidator(kept_long_enough)] = 400

    # The bureau that runs the platform, in both languages; the public's pages name it.
    bureau_name: str = Field(default="", max_length=100)
    bureau_name_en: str = Field(default="", max_length=100)
    # How many days events, answers to requests and closed workflows are kept at least, and notices
    # that prove nothing any more. Technical settings, not figures of the law.
    events_days: int = Field(default=90, ge=7)
    answers_days: int = Field(default=90, ge=7)
    notices_days: int = Field(default=1100, ge=366)
    histories_days: int = Field(default=90, ge=7)
    # After how many hours without a backup somebody is told; an example, no figure of the law. The
    # file whose time of change is that of the last backup; empty for `last-backup` in the data.
    backup_hours: int = Field(default=36, ge=1)
    backup_mark: str = ""

    # The address of the portal for browsers; with https its cookies are sent over https only.
    portal_url: str = "http://127.0.0.1:7300"
    # The portal's own certificate and key (PEM); empty where a web server in front of it has one.
    portal_tls_certificate: str = ""
    portal_tls_key: str = ""
    # Fonts beside those of the machine, for letters and labels; empty for none.
    font_dir: str = ""
    portal_idle_minutes: int = Field(default=30, ge=1, le=24 * 60)
    portal_session_hours: int = Field(default=10, ge=1, le=24 * 7)
    # Addresses of proxies whose X-Forwarded-For the portal believes, with commas between.
    portal_proxies: str = ""
    # Roles that sign in with a second factor, with commas between, such as unit_head,administrator.
    second_factor_roles: str = ""
    # The bureau's own sign-in service (OpenID Connect); without an issuer there is none.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = "统一身份认证"
    oidc_mapping_file: str = ""
    # A person signs in there again after so long, and then has the roles that it gives.
    oidc_login_minutes: int = Field(default=240, ge=5, le=24 * 60)
    token_minutes: int = Field(default=30, ge=1, le=24 * 60)
    call_timeout_seconds: float = Field(default=10.0, gt=0)
    import_max_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    # The limits of the child process that reads a workbook.
    import_max_unpacked_bytes: int = Field(default=512 * 1024 * 1024, gt=0)
    import_max_ratio: int = Field(default=200, gt=1)
    import_max_memory_bytes: int = Field(default=1024 * 1024 * 1024, ge=256 * 1024 * 1024)
    import_max_seconds: int = Field(default=120, gt=0)
    # The limits of every file.
    import_max_rows: int = Field(default=1_000_000, gt=0)
    import_max_columns: int = Field(default=500, gt=0, le=16_384)
    import_max_cell_characters: int = Field(default=131_072, gt=0, le=131_072)
    import_max_faults: int = Field(default=100_000, gt=0)
    # Examples, not figures of the law: a batch above them waits for approval.
    import_alert_share: float = Field(default=0.2, ge=0, le=1)
    import_drop_share: float = Field(default=0.05, ge=0, le=1)
    import_burst_least: int = Field(default=20, ge=1)
    import_open_days: int = Field(default=7, ge=1, le=365)
    # Batches that hold content and are not yet checked against the register.
    import_open_of_one: int = Field(default=20, ge=1)
    import_open_of_all: int = Field(default=200, ge=1)
    # Where files are stored, such as s3://bucket/prefix; empty means `files` in the data directory.
    files_url: str = ""
    certificate_max_bytes: int = Field(default=20 * 1024 * 1024, gt=0)
    certificate_max_versions: int = Field(default=20, ge=1, le=1000)
    # For calibration certificates: whose signers are trusted (PEM), a folder of further schemas.
    dcc_trust_file: str = ""
    dcc_schema_dir: str = ""
    photograph_max_files: int = Field(default=10, ge=1, le=100)
    # Of the evidence of a case: the longest file, the most files of each side, how many days a file
    # is kept at least after its case has ended, and how many for a case that is not lodged yet.
    evidence_max_bytes: int = Field(default=20 * 1024 * 1024, gt=0)
    evidence_max_files: int = Field(default=20, ge=1, le=200)
    evidence_keep_days: int = Field(default=365, ge=1)
    evidence_wait_days: int = Field(default=7, ge=1, le=365)
    # The program that looks for viruses in every file, such as `clamdscan -`; empty means none.
    scan_command: str = ""
    scan_seconds: float = Field(default=60.0, gt=0)
    log_level: str = "INFO"
    # On one machine: how many full log files of 16 MiB are kept of each process, and for how many
    # days any is kept, whatever the number.
    log_files: int = Field(default=1, ge=1, le=10_000)
    log_days: int = Field(default=0, ge=0, le=3660)
    # The variable of all programs that trace; spans are sent to /v1/traces at this address.
    otlp_endpoint: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")

    def address(self, service: str) -> str:
        """Returns host:port at which clients call a service's gRPC server."""
        return str(getattr(self, f"{service}_address"))

    def endpoint(self, service: str, caller: str = CLIENT) -> Endpoint:
        """Returns a service's gRPC server as `caller` reaches it: a process or another client."""
        return self.endpoint_at(self.address(service), service, caller)

    def endpoint_at(self, address: str, service: str, caller: str = CLIENT) -> Endpoint:
        """Returns a service's gRPC server at another address than the one in the settings."""
        if self.is_plain(GRPC):
            return Endpoint(address)
        return endpoint_by_tls(address, service, self.tls_dir, caller)

    def is_plain(self, link: str) -> bool:
        """Returns whether connections of that name are left to other software to encrypt."""
        return link in names_in(self.plaintext)

    @property
    def temporal_endpoint(self) -> Endpoint:
        """The gRPC server of Temporal, whose certificate must name its host."""
        if not self.temporal_tls_dir:
            return Endpoint(self.temporal_address)
        return endpoint_by_tls(self.temporal_address, "", Path(self.temporal_tls_dir))

    @property
    def nats_servers(self) -> list[str]:
        """The addresses of the NATS servers, of which any one will do."""
        return [url.strip() for url in self.nats_url.split(",")]

    def port(self, service: str) -> int:
        """Returns the port of a service's gRPC server."""
        return int(self.address(service).rpartition(":")[2])

    def listen_address(self, service: str) -> str:
        """Returns host:port on which a service's gRPC server listens.

        This is the service's address, unless `listen_host` is set: in a container the address is a
        name in the network, and the server listens on every interface.
        """
        return self._listening(self.address(service))

    def metrics_address(self, service: str) -> str:
        """Returns host:port at which clients read a service's metrics."""
        return str(getattr(self, f"{service}_metrics_address"))

    def metrics_listen_address(self, service: str) -> str:
        """Returns host:port on which a service serves its metrics; see `listen_address`."""
        return self._listening(self.metrics_address(service))

    def database_url(self, service: str) -> str:
        """Returns the SQLAlchemy URL of a service's own database.

        If the setting `database` is empty, this is one SQLite file per service in `data_dir`.
        Otherwise `database` is a URL with `{service}` in place of the service's name, such as
        `postgresql://…`.
        """
        if self.database:
            url = self.database.replace("{service}", service)
            return url.replace("postgresql://", "postgresql+asyncpg://", 1)
        return f"sqlite+aiosqlite:///{(self.data_dir / f'{service}.db').resolve()}"

    def _listening(self, address: str) -> str:
        host, _, port = address.rpartition(":")
        return f"{self.listen_host or host}:{port}"

    @property
    def backup_file(self) -> Path:
        """The path of the file whose time of change is that of the last backup."""
        return Path(self.backup_mark) if self.backup_mark else self.data_dir / "last-backup"

    @property
    def clock_file(self) -> Path:
        """The path of the sandbox's clock file; a data directory with this file is a sandbox."""
        return self.data_dir / "sandbox-clock.json"

    @property
    def files_dir(self) -> Path:
        """The directory in which files are stored if `files_url` is empty."""
        return self.data_dir / "files"

    @property
    def cast_file(self) -> Path:
        """The path of the file with a sandbox's synthetic accounts, for one-click sign-in."""
        return self.data_dir / "sandbox-cast.json"

    @property
    def mailbox_dir(self) -> Path:
        """The directory in which a sandbox's mail server stores every mail as a file."""
        return self.data_dir / "mailbox"

    @property
    def webhook_port_numbers(self) -> frozenset[int]:
        """The ports that the programs of subjects and gateways may have."""
        return frozenset(map(int, names_in(self.webhook_ports)))

    @property
    def roles_with_second_factor(self) -> frozenset[str]:
        """The roles that sign in with a second factor."""
        return names_in(self.second_factor_roles)

    @property
    def access_log_life(self) -> timedelta:
        """The period for which the access log keeps an entry."""
        return timedelta(days=self.access_log_days)

    @property
    def external_login_life(self) -> timedelta:
        """The period for which a login by the bureau's own sign-in service is renewed."""
        return timedelta(minutes=self.oidc_login_minutes)

    @property
    def token_life(self) -> timedelta:
        """The period for which an access token is valid."""
        return timedelta(minutes=self.token_minutes)


def variable(field: str) -> str:
    """Returns the name of the environment variable that sets a field of `Settings`."""
    alias = Settings.model_fields[field].validation_alias
    return (
        alias if isinstance(alias, str) else f"{Settings.model_config['env_prefix']}{field}".upper()
    )


def child_environment(settings: Settings) -> dict[str, str]:
    """Returns the environment variables for a child process that needs the same settings."""
    prefix = str(Settings.model_config["env_prefix"])
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(prefix)}
    values = settings.model_dump(mode="json")
    settings_of_child = {variable(name): str(value) for name, value in values.items()}
    return {**inherited, **settings_of_child, "PYTHONUNBUFFERED": "1"}


def bucket_keys() -> dict[str, str]:
    """Returns the environment variables with which programs reach a bucket, such as AWS_REGION."""
    return {name: value for name, value in os.environ.items() if name.startswith(_OF_BUCKETS)}


def take_environment(environment: Mapping[str, str]) -> None:
    """Replaces the environment variables of this process, as an execve would."""
    os.environ.clear()
    os.environ.update(environment)
