"""The data directory of one machine: its lock, which databases it works with, and the addresses."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from law.errors import Fault, InvalidInput, NotFound, WrongState
from plumbing.addresses import (
    GRPC,
    SERVICES,
    Addresses,
    addresses_of_environment,
    names_in,
)

if TYPE_CHECKING:
    from plumbing.settings import Settings

# What a client of a running platform needs to know; the file holds no URL with a password.
ADDRESSES = {
    "sandbox",
    "tls_dir",
    "plaintext",
    *(f"{service}_address" for service in SERVICES),
    *(f"{service}_metrics_address" for service in SERVICES),
    "portal_address",
    "portal_metrics_address",
    "portal_url",
    "nats_url",
    "nats_tls_dir",
    "temporal_address",
    "temporal_namespace",
}


class DirectoryLock:
    """A lock that lets one platform at a time use a data directory.

    The kernel frees the lock if the platform dies.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._file: int | None = None

    def acquire(self) -> None:
        """Locks the data directory.

        Raises WrongState if another process uses the directory, and names that process.
        """
        while not self._is_in_place(file := self._open_locked()):
            os.close(file)  # its last user removed the file just after it was opened
        os.truncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        self._file = file

    def release(self) -> None:
        """Removes the lock file, then frees the lock, so that nobody can lock it in between."""
        if self._file is not None:
            self._path.unlink()
            os.close(self._file)
            self._file = None

    def _open_locked(self) -> int:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise _in_use(self._path) from None
        return file

    def _is_in_place(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False


def is_held(data_dir: Path) -> bool:
    """Returns True if a platform runs on the data directory now."""
    try:
        file = os.open(data_dir / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def remember_databases(settings: Settings) -> None:
    """Writes to the data directory which databases it works with, without their password.

    Raises InvalidInput if these are not the databases of the first start: the keys and workflows in
    the directory belong to the rows of the first databases.
    """
    file, now = settings.data_dir / "database", _databases(settings)
    if not file.exists():
        file.write_text(now, encoding="utf-8")
    elif (known := file.read_text(encoding="utf-8")) != now:
        zh = f"{settings.data_dir} 使用的数据库是 {known}，不能改用 {now}"
        en = f"{settings.data_dir} works with {known} and cannot change to {now}"
        raise InvalidInput(zh, en, faults=[Fault("database", zh, en)])


def _databases(settings: Settings) -> str:
    if not settings.database:
        return "sqlite"
    from sqlalchemy import make_url  # noqa: PLC0415 - slow to load, and SQLite's files do without

    return make_url(settings.database).render_as_string(hide_password=True)


def publish(settings: Settings, monitor: str) -> None:
    """Writes the addresses of all processes to a file in the data directory, for other commands.

    The file is replaced as a whole or not at all. `monitor` is host:port of the NATS monitor.
    """
    addresses = {
        "pid": os.getpid(),
        "nats_monitor": monitor,
        "settings": settings.model_dump(mode="json", include=_published_fields(settings)),
    }
    path = _endpoints(settings.data_dir)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(addresses, indent=2) + "\n")
    os.replace(fresh, path)


def _published_fields(settings: Settings) -> set[str]:
    """What others may read; the address of the mail server too, unless it holds a password."""
    return ADDRESSES if "@" in settings.smtp_url else {*ADDRESSES, "smtp_url"}


def withdraw(data_dir: Path) -> None:
    """Removes the file of addresses that `publish` wrote."""
    _endpoints(data_dir).unlink(missing_ok=True)


def platform_addresses(data: Path | None) -> Addresses:
    """Returns the addresses of the platform that runs on the data directory (None: the usual one).

    If no platform runs on the usual directory and the environment names the address of the
    registry, the platform runs elsewhere and its addresses are read from the environment. Raises
    NotFound if no platform can be reached.
    """
    environment = addresses_of_environment(data)
    if _is_elsewhere(data, environment):
        return environment
    known = _published(environment.data_dir)
    by_service = {service: str(known[f"{service}_address"]) for service in SERVICES}
    tls_dir = None if GRPC in names_in(known["plaintext"]) else Path(known["tls_dir"])
    data_dir = environment.data_dir.resolve()
    return Addresses(data_dir, environment.keys_dir, tls_dir, by_service)


def platform_settings(data: Path | None) -> Settings:
    """Returns all settings to reach a platform, which is found as by `platform_addresses`."""
    from plumbing.settings import Settings  # noqa: PLC0415 - slow to load, and few need it

    environment = addresses_of_environment(data)
    if _is_elsewhere(data, environment):
        return Settings()
    return running_settings(environment.data_dir)


def running_settings(data_dir: Path) -> Settings:
    """Returns the settings to reach the platform that runs on a data directory.

    Raises NotFound if no platform runs on it.
    """
    from plumbing.settings import Settings  # noqa: PLC0415 - slow to load, and few need it

    return Settings(data_dir=data_dir.resolve(), **_published(data_dir))


def _is_elsewhere(data: Path | None, environment: Addresses) -> bool:
    return data is None and environment.elsewhere and not is_held(environment.data_dir)


def _published(data_dir: Path) -> dict[str, Any]:
    """What `publish` wrote for the platform that now runs on a directory; else NotFound."""
    path = _endpoints(data_dir)
    if not is_held(data_dir) or not path.exists():
        raise NotFound(
            f"{data_dir} 上没有正在运行的平台；请先运行 quanheng up --data {data_dir}",
            f"No platform is running on {data_dir}; start it with: quanheng up --data {data_dir}",
        )
    settings: dict[str, Any] = json.loads(path.read_text())["settings"]
    return settings


def _endpoints(data_dir: Path) -> Path:
    return data_dir / "endpoints.json"


def _in_use(path: Path) -> WrongState:
    holder = path.read_text() or "?"
    return WrongState(
        f"数据目录 {path.parent} 正由进程 {holder} 使用；同一目录只能运行一个平台",
        f"The data directory {path.parent} is in use by process {holder}; "
        "only one platform can run on it",
        pid=holder,
    )
