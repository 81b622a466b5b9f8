"""Two replicas of every service on one cluster of engines, and writers who keep a ledger."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from nats.js import JetStreamContext

from plumbing.addresses import Endpoint
from plumbing.client import TokenSource, ask, new_request_id, open_channel
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.encrypted import tls_of
from plumbing.events.envelope import Attributes
from plumbing.events.subjects import stream_of
from plumbing.identity import Caller, Role
from plumbing.settings import SERVICES, Settings
from plumbing.tokens import Signer, make_keys
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1.registry_pb2_grpc import RegistryServiceStub
from services.cli.client import Client
from services.registry.identity.keys import hand_out
from tests.cluster.engines import MovingAddress, NatsCluster, TemporalServer
from tests.cluster.ledger import Ledger
from tests.cluster.replica import Replica
from tests.integration.registry.running_registry import DISTRICT, PLATFORM
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import PostgresServer

WRITERS = 3


class Cluster:
    """The cluster: its engines, the replicas of each service, and what is stored there.

    `former` is the folder with another release, of which the first replica of each service is.
    Then each service has a database role of its own, which changes no table.
    """

    def __init__(self, folder: Path, former: Path | None = None) -> None:
        self.folder, self._former = folder, former
        self.keys = folder / "keys"
        hand_out(self.keys)
        self.nats = NatsCluster(folder, self.keys / "nats")
        self.temporal = TemporalServer(folder)
        self._servers: list[PostgresServer] = []
        self.primary, self.standby = self.another_server(), self.another_server()
        self.server = self.primary  # to which the address leads
        self.address = MovingAddress()
        self._ports = {name: (free_port(), free_port()) for name in self._names("a", "b")}
        self.replicas = [
            self.replica(name, former if name.endswith("-a") else None) for name in self._ports
        ]
        self.archive = folder  # of the log of PostgreSQL; known once this has started
        self._stored: dict[str, Counter[str]] = {service: Counter() for service in SERVICES}
        self._read_to = dict.fromkeys(SERVICES, 0)

    @staticmethod
    def _names(*sets: str) -> Iterator[str]:
        return (f"{service}-{one}" for one in sets for service in SERVICES)

    def replica(self, name: str, code: Path | None = None) -> Replica:
        """A process of a service at a place such as `grading-a`; `code` is of another release."""
        service, folder = name.partition("-")[0], self.folder / name
        folder.mkdir(exist_ok=True)
        port, metrics = self._ports[name]
        places = {f"{other}_address": self._places(other) for other in SERVICES}
        places |= {f"{service}_address": f"127.0.0.1:{port}"}
        places |= {f"{service}_metrics_address": f"127.0.0.1:{metrics}"}
        role = service if self._former else "postgres"
        shown = self.keys / service / "engines"
        tls = f"sslmode=verify-full&sslrootcert={shown}/ca.pem"
        tls += f"&sslcert={shown}/client.pem&sslkey={shown}/client.key"
        # Two of the three: the client learns of the last from them. Formerly there was one address.
        servers = self.nats.servers[: 1 if code else 2]
        settings = Settings(
            data_dir=folder,
            keys_dir=self.keys / service,
            tls_dir=self.keys / service / "tls",
            tls_client_certificates=True,
            database=f"postgresql://{role}@127.0.0.1:{self.address.port}/{service}?{tls}",
            nats_url=",".join(server.url for server in servers),
            nats_tls_dir=str(shown),
            nats_replicas=3,
            temporal_address=self.temporal.address,
        ).model_copy(update=places)
        return Replica(service, settings, folder / "log", code)

    def _places(self, service: str, *first: Replica) -> str:
        """Where clients find a service: its replicas, of which gRPC uses the first that answers."""
        ports = [port for name, (port, _) in self._ports.items() if name.startswith(f"{service}-")]
        known = [replica.address for replica in first] or [f"127.0.0.1:{port}" for port in ports]
        return f"ipv4:{','.join(known)}"

    def of(self, service: str) -> list[Replica]:
        """The replicas of a service."""
        return [replica for replica in self.replicas if replica.service == service]

    def leader(self, service: str = "registry") -> Replica:
        """The replica of a service that publishes its events, as soon as one says so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for replica in self.of(service):
                if replica.leads:
                    return replica
            time.sleep(0.1)
        raise AssertionError(f"No replica of {service} leads:\n{self.logs()}")

    def start_database(self) -> None:
        """Starts the primary with a standby that has whatever it acknowledges.

        Not in a thread of its own: the kernel ends servers with the thread that they are of.
        """
        self.archive = self.primary.folder("archive")
        keeping = (
            f"archive_command=cp %p {self.archive}/.%f && mv {self.archive}/.%f {self.archive}/%f"
        )
        self.primary.start("synchronous_commit=on", "archive_mode=on", keeping)
        if self._former:
            self.primary.make_roles()
        else:
            for service in SERVICES:
                self.primary.create(service)
        self.standby.follow(self.primary, "archive_mode=on", keeping)
        self.primary.wait_for_standby()
        self.move_to(self.primary)

    def another_server(self) -> PostgresServer:
        """A further server of PostgreSQL, which has nothing yet and ends with the cluster."""
        server = PostgresServer()
        server.certify(self.keys / "postgresql")
        self._servers.append(server)
        return server

    def reload_engines(self) -> None:
        """Has NATS and PostgreSQL take certificates and users that were replaced."""
        self.nats.reload()
        for server in self._servers:
            if server.runs:
                server.certify(self.keys / "postgresql")

    def move_to(self, server: PostgresServer) -> None:
        """Has the address of PostgreSQL lead to a server."""
        self.server, self.address.to = server, server.port

    async def until_ready(self, *some: Replica) -> None:
        """Waits until all replicas, or some, are ready; fails if one of them has ended."""
        awaited = some or self.replicas
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not all(replica.is_ready for replica in awaited):
                assert all(replica.runs for replica in awaited), self.logs()
                await asyncio.sleep(0.2)

    def keep_logs(self) -> Path:
        """Copies the logs of replicas and databases to a folder that is not removed."""
        folder = Path(tempfile.mkdtemp(prefix="quanheng-cluster-"))
        for log in self.folder.glob("*/*log"):  # of replicas in their folders
            shutil.copyfile(log, folder / f"{log.parent.name}.{log.name}")
        for name, server in (("primary", self.primary), ("standby", self.standby)):
            if server.log.exists():
                shutil.copyfile(server.log, folder / f"{name}.log")
        return folder

    def logs(self) -> str:
        return "\n".join(replica.log.read_text()[-3000:] for replica in self.replicas)

    def endpoint(self, service: str, *replicas: Replica) -> Endpoint:
        """Where a client reaches a service, these replicas only if some are named, in order."""
        one = self.of(service)[0].settings
        found = one.model_copy(update={"tls_dir": self.keys / "registry" / "tls"})
        return replace(found.endpoint(service), address=self._places(service, *replicas))

    def token(self, *roles: Role, bureau: str) -> TokenSource:
        """Makes tokens of somebody in these roles, as the registry does."""

        async def made() -> str:
            life = self.replicas[0].settings.token_life
            signer = Signer(make_keys(self.keys / "registry", ()), SystemClock(), life)
            return signer.issue(Caller("someone", "someone", frozenset(roles), bureau))[0]

        return made

    @asynccontextmanager
    async def administrator(self) -> AsyncIterator[Client]:
        """The platform's administrator, as the command line calls every service."""
        client = Client(self, self.token(Role.ADMINISTRATOR, bureau=PLATFORM))
        try:
            yield client
        finally:
            await client.close()

    async def found_bureau(self) -> None:
        bureau = pb.Bureau(code=DISTRICT, name="测试区局")
        request = pb.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
        async with self.administrator() as client:
            await ask(client.registry.PutBureau(request))

    @asynccontextmanager
    async def under_load(self, *replicas: Replica) -> AsyncIterator[Ledger]:
        """Caseworkers who register all the while, and until some more was acknowledged.

        They call the first of these replicas of the registry that answers.
        """
        ledger = Ledger()
        async with self.caseworkers(*replicas) as stub, asyncio.TaskGroup() as group:
            for _ in range(WRITERS):
                group.create_task(ledger.write(stub))
            await ledger.more()
            yield ledger
            await ledger.more()
            ledger.ending.set()

    @asynccontextmanager
    async def caseworkers(self, *replicas: Replica) -> AsyncIterator[RegistryServiceStub]:
        """What caseworkers call the registry with."""
        token = self.token(Role.CASEWORKER, bureau=DISTRICT)
        async with open_channel(self.endpoint("registry", *replicas), token) as channel:
            yield RegistryServiceStub(channel)

    def owner_url(self, service: str) -> str:
        """The database of a service, or of each with {service}, under the role of its owner."""
        return f"postgresql+asyncpg://{service}_owner@127.0.0.1:{self.address.port}/{service}"

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        """The database of a service, to be read."""
        url = f"postgresql+asyncpg://postgres@127.0.0.1:{self.address.port}/{service}"
        database = Database(url)
        try:
            yield database
        finally:
            await database.close()

    @asynccontextmanager
    async def jetstream(self, service: str) -> AsyncIterator[JetStreamContext]:
        """The streams, as a service may read them."""
        settings = self.of(service)[0].settings
        credentials = Credentials.of(settings.keys_dir, service)
        client = await connect(settings.nats_servers, credentials, tls_of(settings))
        try:
            yield client.jetstream()
        finally:
            await client.close()

    async def stored_events(self, service: str) -> Counter[str]:
        """The ids of the events in the stream of a service, and how often each is there."""
        stored, stream = self._stored[service], stream_of(service)
        async with self.jetstream(service) as js:
            state = (await js.stream_info(stream)).state
            first = max(state.first_seq, self._read_to[service] + 1)
            for seq in range(first, state.last_seq + 1):
                message = await js.get_msg(stream, seq)
                stored[str(Attributes.read(message.headers).id)] += 1
        self._read_to[service] = state.last_seq
        return stored

    def forget_streams(self) -> None:
        """Has the streams read from their beginning, as they were emptied and filled anew."""
        self._stored = {service: Counter() for service in SERVICES}
        self._read_to = dict.fromkeys(SERVICES, 0)

    def stop(self) -> None:
        for replica in self.replicas:
            replica.kill()
        self.nats.stop()
        self.temporal.kill()
        self.address.stop()
        for server in self._servers:
            if server.runs:
                server.wake()
            server.stop()
