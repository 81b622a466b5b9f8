"""The processes of one machine, with their commands, ports and order.

A process gets its usual port if that port is free, otherwise another free port.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

from law.errors import Fault, InvalidInput
from plumbing import certificates
from plumbing.addresses import Endpoint
from plumbing.clock import SystemClock
from plumbing.events.access import authorization_of
from plumbing.portal_certificate import PortalCertificate
from plumbing.private_files import write_private
from plumbing.service_keys import make_service_keys
from plumbing.settings import CALLERS, PORTAL, SERVICES, Settings, child_environment
from services.cli.machine import replica
from services.cli.machine.engine_programs import (
    litestream_program,
    nats_program,
    temporal_program,
)
from services.cli.machine.readiness import grpc_serves, http_ok, smtp_greets, temporal_serves
from services.cli.machine.supervisor import ProcessSpec

HOST = "127.0.0.1"
NATS, LITESTREAM = "nats", "litestream"
TEMPORAL_STORE = "temporal.db"
# Below the range that Linux uses for outgoing connections.
OTHERS = range(12_000, 32_000)
MAILBOX_PORT, NATS_MONITOR_PORT, LITESTREAM_PORT = 7307, 7308, 7309
SEARCH_ATTRIBUTES = (
    "AggregateId=Keyword",
    "DueAt=Datetime",
    "Bureau=Keyword",
    "CaseKind=Keyword",
    "CaseState=Keyword",
)
# Without these settings a timer of Temporal fires up to a second late.
TIMER_PRECISION = (
    'history.timerProcessorMaxTimeShift="10ms"',
    "history.timerProcessorMaxPollRPS=1000",
)


def usual_ports(settings: Settings) -> dict[str, int]:
    """Returns the port of each process as configured in the settings, by process name."""
    ports = {name: _port(settings.address(name)) for name in CALLERS}
    ports |= {f"{name}_metrics": _port(settings.metrics_address(name)) for name in CALLERS}
    ports |= {"nats": _port(settings.nats_url), "nats_monitor": NATS_MONITOR_PORT}
    ports |= {"temporal": _port(settings.temporal_address)}
    ports |= {LITESTREAM: LITESTREAM_PORT} if settings.replica_url else {}
    return ports | ({"mailbox": MAILBOX_PORT} if settings.sandbox else {})


def is_free(port: int) -> bool:
    """Returns True if no process listens on the port now."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((HOST, port))
        except OSError:
            return False
    return True


def choose_ports(
    usual: Mapping[str, int],
    *,
    insist_on_others: bool = False,
    take: Callable[[int], bool] = is_free,
) -> dict[str, int]:
    """Returns a port for each name: the usual port if it is free, otherwise another free port.

    If `insist_on_others` is set, every name gets another port. `take` says whether a port can be
    had, and may reserve it.
    """
    others = _others(set(usual.values()), take)
    return {
        name: next(others) if insist_on_others or not take(port) else port
        for name, port in usual.items()
    }


def _others(avoiding: set[int], take: Callable[[int], bool]) -> Iterator[int]:
    start = secrets.randbelow(
        len(OTHERS)
    )  # so that platforms that start together choose different ports
    for step in range(len(OTHERS)):
        port = OTHERS[(start + step) % len(OTHERS)]
        if port not in avoiding and take(port):
            yield port


def settings_on(settings: Settings, ports: Mapping[str, int]) -> Settings:
    """Returns a copy of the settings in which every process of this machine has the given port.

    A URL of the portal that somebody set, such as that of a proxy before it, stays.
    """
    places: dict[str, object] = {f"{name}_address": f"{HOST}:{ports[name]}" for name in SERVICES}
    metrics = {f"{name}_metrics_address": f"{HOST}:{ports[f'{name}_metrics']}" for name in CALLERS}
    places |= metrics
    places |= _places_of_portal(settings, ports[PORTAL])
    places["nats_url"] = f"tls://{HOST}:{ports['nats']}"
    places["nats_tls_dir"] = str(nats_certificates(settings))
    places["temporal_address"] = f"{HOST}:{ports['temporal']}"
    if "mailbox" in ports:
        places["smtp_url"] = f"smtp://{HOST}:{ports['mailbox']}"
    return settings.model_copy(update=places)


def _places_of_portal(settings: Settings, port: int) -> dict[str, object]:
    """Where the portal listens, and its URL: beyond this machine only with a certificate."""
    scheme, host = "http", HOST
    if settings.portal_tls_certificate:
        scheme, host = "https", settings.portal_address.rpartition(":")[0]
    places: dict[str, object] = {f"{PORTAL}_address": f"{host}:{port}"}
    if not _url_was_given(settings):
        places[f"{PORTAL}_url"] = f"{scheme}://{HOST}:{port}"
    return places


def nats_certificates(settings: Settings) -> Path:
    """Returns the directory with the certificate of NATS, and an authority that signed only that.

    Services accept no other server, not even one with the certificate of another service.
    """
    return settings.data_dir.resolve() / "nats" / "tls"


def _url_was_given(settings: Settings) -> bool:
    """Whether the portal's URL was set to something else than the address where it listens."""
    of_the_address = f"http://{settings.portal_address}"
    return "portal_url" in settings.model_fields_set and settings.portal_url != of_the_address


def engine_specs(settings: Settings, ports: Mapping[str, int]) -> list[ProcessSpec]:
    """Returns how to start NATS, Temporal and, in a sandbox, the mailbox."""
    engines = [_nats(settings, ports["nats"], ports["nats_monitor"]), _temporal(settings)]
    return [*engines, _mailbox(settings)] if settings.sandbox else engines


def service_specs(settings: Settings) -> list[ProcessSpec]:
    """Returns how to start the services: all at the same time, once NATS and Temporal are ready."""
    return [
        ProcessSpec(
            name=name,
            command=(sys.executable, "-P", "-m", f"services.{name}"),
            module=f"services.{name}.__main__",
            environment=child_environment(settings),
            is_ready=partial(grpc_serves, settings.endpoint(name)),
            ports=(_port(settings.address(name)), _port(settings.metrics_address(name))),
            after=("nats", "temporal"),
        )
        for name in SERVICES
    ]


def replica_specs(settings: Settings, ports: Mapping[str, int]) -> list[ProcessSpec]:
    """Returns how to start Litestream, if a replica is set; it stops after the services.

    Raises InvalidInput if the databases are not SQLite files, which have a replica of their own.
    """
    if not settings.replica_url:
        return []
    if settings.database and not settings.database.startswith("sqlite"):
        zh, en = (
            "只用于 SQLite；PostgreSQL 请用其自身的复制",
            "is for SQLite; PostgreSQL has its own",
        )
        raise InvalidInput(faults=[Fault("replica_url", zh, en)])
    config = settings.data_dir / "litestream.yml"
    metrics = f"{HOST}:{ports[LITESTREAM]}"
    write_private(config, replica.configuration(settings, metrics))
    return [
        ProcessSpec(
            name=LITESTREAM,
            command=(litestream_program(settings), "replicate", "-config", str(config)),
            environment=replica.environment_for(settings.data_dir),
            is_ready=partial(http_ok, metrics, "/metrics"),
            ports=(ports[LITESTREAM],),
            after=SERVICES,
            stop_rank=1,
        )
    ]


def portal_spec(settings: Settings) -> ProcessSpec:
    """Returns how to start the portal, which waits by itself for the services that it calls.

    Raises InvalidInput if the settings name a certificate for it that cannot be used.
    """
    return ProcessSpec(
        name=PORTAL,
        command=(sys.executable, "-P", "-m", f"services.{PORTAL}"),
        module=f"services.{PORTAL}.__main__",
        environment=child_environment(settings),
        is_ready=partial(
            http_ok, settings.address(PORTAL), "/healthz", PortalCertificate.of(settings)
        ),
        ports=(_port(settings.address(PORTAL)), _port(settings.metrics_address(PORTAL))),
    )


def _nats(settings: Settings, port: int, monitor: int) -> ProcessSpec:
    home = settings.data_dir / "nats"
    config = home / "nats.conf"

    def prepare() -> None:  # before each start: whoever loses the store may lose all of it
        home.mkdir(mode=0o700, exist_ok=True)
        make_service_keys(settings.keys_dir, SERVICES)
        certificates.provide(nats_certificates(settings), SystemClock(), [NATS])
        write_private(config, _nats_config(settings, port, monitor))

    prepare()
    return ProcessSpec(
        name=NATS,
        command=(nats_program(settings), "--config", str(config)),
        environment=_bare_environment(home),
        is_ready=partial(http_ok, f"{HOST}:{monitor}", "/healthz?js-enabled-only=true"),
        ports=(port, monitor),
        prepare=prepare,
        stop_rank=2,
        grace=1.5,
        stuck_after="no space left on device",  # a stream then refuses every further event
    )


def _nats_config(settings: Settings, port: int, monitor: int) -> str:
    # There is no flag for sync_interval. Without it a power failure can lose acknowledged events.
    # The patience for a handshake is longer than usual, for a busy machine.
    home, tls = settings.data_dir / "nats", nats_certificates(settings)
    certificate, key = (json.dumps(str(tls / f"{NATS}.{kind}")) for kind in ("pem", "key"))
    return (
        f"server_name: quanheng\nlisten: {json.dumps(f'{HOST}:{port}')}\n"
        f"http: {json.dumps(f'{HOST}:{monitor}')}\n"
        f"jetstream {{ store_dir: {json.dumps(str(home))}, sync_interval: always }}\n"
        f"tls {{ cert_file: {certificate}, key_file: {key}, timeout: 10 }}\n"
        f"{authorization_of(settings.keys_dir)}"
    )


def _temporal(settings: Settings) -> ProcessSpec:
    home = settings.data_dir / "temporal"
    prepare = partial(_provide_store, home)
    prepare()
    host, port = settings.temporal_address.rsplit(":", 1)
    place = ["--ip", host, "--port", port, "--namespace", settings.temporal_namespace]
    store = ["--db-filename", str(home / TEMPORAL_STORE)]
    store += _each("--sqlite-pragma", "journal_mode=WAL", "synchronous=FULL")
    options = ["--headless", "--log-level", "error"]
    options += _each("--search-attribute", *SEARCH_ATTRIBUTES)
    options += _each("--dynamic-config-value", *TIMER_PRECISION)
    frontend = Endpoint(settings.temporal_address)
    kept = timedelta(days=settings.histories_days)
    probe = partial(temporal_serves, frontend, settings.temporal_namespace, kept)
    return ProcessSpec(
        name="temporal",
        command=(temporal_program(settings), "server", "start-dev", *place, *store, *options),
        environment=_bare_environment(home),
        is_ready=probe,
        ports=(int(port),),
        prepare=prepare,
        stop_rank=1,
        grace=2.5,
    )


def _provide_store(home: Path) -> None:
    """Makes the folder of Temporal's store, and removes a store whose making was cut off.

    Temporal makes the tables only in a file that is not there, and is lost with half of them.
    """
    home.mkdir(exist_ok=True)
    if (store := home / TEMPORAL_STORE).exists() and not _was_completed(store):
        for file in home.glob(f"{TEMPORAL_STORE}*"):
            file.unlink()


def _was_completed(store: Path) -> bool:
    """Whether a store has a namespace, which is made last; True too where it cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=rw", uri=True)) as database:
            return database.execute("SELECT 1 FROM namespaces LIMIT 1").fetchone() is not None
    except sqlite3.Error as error:
        return "no such table" not in str(error)


def _mailbox(settings: Settings) -> ProcessSpec:
    return ProcessSpec(
        name="mailbox",
        command=(sys.executable, "-P", "-m", "services.cli.machine.mailbox"),
        environment=child_environment(settings),
        is_ready=partial(smtp_greets, settings.smtp_url.removeprefix("smtp://")),
        ports=(_port(settings.smtp_url),),
        stop_rank=1,
        grace=1.5,
    )


def _bare_environment(home: Path) -> dict[str, str]:
    """An environment without the variables of this machine, which engines would read."""
    return {"HOME": str(home), "PATH": os.defpath}


def _each(flag: str, *values: str) -> list[str]:
    return [part for value in values for part in (flag, value)]


def _port(address: str) -> int:
    return int(address.rsplit(":", 1)[1])
