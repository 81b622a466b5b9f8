"""Two replicas of the registry on one cluster of engines, and writers who keep a ledger."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import grpc
from sqlmodel import col, select

from plumbing import audit_walk, certificates
from plumbing.addresses import Endpoint
from plumbing.client import Refusal, ask, new_request_id, open_channel
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.encrypted import tls_of
from plumbing.events.envelope import Attributes
from plumbing.events.outbox import Outbox
from plumbing.events.subjects import Stream
from plumbing.identity import Caller, Role
from plumbing.settings import Settings, child_environment
from plumbing.tokens import Signer, make_keys
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1.registry_pb2_grpc import RegistryServiceStub
from services.registry.identity.keys import hand_out
from services.registry.tables import Subject
from tests.bound import bound
from tests.cluster.engines import MovingAddress, NatsCluster
from tests.integration.registry import running_registry
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import PostgresServer

WRITERS = 6
AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


@dataclass
class Replica:
    """One process of the registry."""

    settings: Settings
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                bound([sys.executable, "-P", "-m", "services.registry"]),
                env=child_environment(self.settings),
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def says(self, path: str = "/ready") -> str:
        """What it answers at its metrics port."""
        address = self.settings.registry_metrics_address
        try:
            with urlopen(f"http://{address}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            return error.read().decode()
        except OSError:
            return ""

    def has_said(self, words: str) -> bool:
        """Whether it says that now."""
        return self.says().strip() == words

    @property
    def is_ready(self) -> bool:
        return self.says().startswith("ready")

    @property
    def leads(self) -> bool:
        return "quanheng_relay_leader 1.0" in self.says("/metrics")


@dataclass
class Ledger:
    """What was acknowledged, and when; what was not is tried again until it is."""

    names: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    began: datetime = field(default_factory=SystemClock().now)

    def note(self, name: str) -> None:
        self.names.append(name)
        self.moments.append(time.monotonic())

    @property
    def outage(self) -> float:
        """The longest time in which nothing was acknowledged, in seconds."""
        pairs = zip(self.moments, self.moments[1:], strict=False)
        return max(after - before for before, after in pairs)


class Register:
    """The cluster: engines, two replicas behind two addresses, and what is stored there."""

    def __init__(self, folder: Path) -> None:
        hand_out(folder / "keys")
        self.keys = folder / "keys" / "registry"
        authorization = (folder / "keys" / "nats" / "authorization.conf").read_text()
        self.tls = folder / "nats-tls"
        certificates.provide(self.tls, SystemClock(), ["nats"])
        self.nats = NatsCluster(folder, authorization, self.tls)
        self.primary, self.standby = PostgresServer(), PostgresServer()
        self.address = MovingAddress()
        self.replicas = [self._replica(folder / name) for name in ("a", "b")]

    def _replica(self, folder: Path) -> Replica:
        folder.mkdir()
        settings = Settings(
            data_dir=folder,
            keys_dir=self.keys,
            tls_dir=self.keys / "tls",
            registry_address=f"127.0.0.1:{free_port()}",
            registry_metrics_address=f"127.0.0.1:{free_port()}",
            database=f"postgresql://postgres@127.0.0.1:{self.address.port}/registry",
            # Two of the three: the client learns of the last from them.
            nats_url=",".join(server.url for server in self.nats.servers[:2]),
            nats_tls_dir=str(self.tls),
            nats_replicas=3,
            temporal_address=running_registry.NO_TEMPORAL,
        )
        return Replica(settings, folder / "log")

    def start_database(self) -> None:
        """Starts the primary with a standby that has whatever it acknowledges."""
        self.primary.start("synchronous_commit=on")
        self.primary.create("registry")
        self.standby.follow(self.primary)
        self.primary.wait_for_standby()
        self.address.to = self.primary.port

    def endpoint(self, *replicas: Replica) -> Endpoint:
        """Where a client reaches these replicas, the first one first."""
        one = replicas[0].settings.endpoint("registry")
        places = ",".join(replica.settings.registry_address for replica in replicas)
        return replace(one, address=f"ipv4:{places}")

    async def until_ready(self) -> None:
        """Waits until both replicas are ready; fails if one of them has ended."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not all(replica.is_ready for replica in self.replicas):
                assert all(replica.runs for replica in self.replicas), self.logs()
                await asyncio.sleep(0.2)

    def logs(self) -> str:
        return "\n".join(replica.log.read_text()[-3000:] for replica in self.replicas)

    def token(self, *roles: Role, bureau: str) -> str:
        life = self.replicas[0].settings.token_life
        signer = Signer(make_keys(self.keys, ()), SystemClock(), life)
        return signer.issue(Caller("someone", "someone", frozenset(roles), bureau))[0]

    @asynccontextmanager
    async def client(self, *replicas: Replica) -> AsyncIterator[RegistryServiceStub]:
        """A caseworker who calls the first of these replicas that answers."""

        async def token() -> str:
            return self.token(Role.CASEWORKER, bureau=running_registry.DISTRICT)

        async with open_channel(self.endpoint(*replicas), token) as channel:
            yield RegistryServiceStub(channel)

    async def found_bureau(self) -> None:
        async def token() -> str:
            return self.token(Role.ADMINISTRATOR, bureau=running_registry.PLATFORM)

        bureau = pb.Bureau(code=running_registry.DISTRICT, name="测试区局")
        request = pb.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
        async with open_channel(self.endpoint(*self.replicas), token) as channel:
            await ask(RegistryServiceStub(channel).PutBureau(request))

    @asynccontextmanager
    async def under_load(self, *replicas: Replica) -> AsyncIterator[Ledger]:
        """Writers who register subjects all the while, and until some more were registered."""
        ledger, ending = Ledger(), asyncio.Event()
        async with self.client(*(replicas or self.replicas)) as stub, asyncio.TaskGroup() as group:
            for _ in range(WRITERS):
                group.create_task(_write(stub, ledger, ending))
            await _more(ledger, 10)
            yield ledger
            await _more(ledger, 10)
            ending.set()

    async def require_all(self, ledger: Ledger) -> float:
        """Waits until all is published, and fails if anything acknowledged is lost or doubled.

        Returns how many seconds an event of the ledger waited at most to be published.
        """
        database = Database(self.replicas[0].settings.database_url("registry"))
        try:
            delay = await _published(database, ledger.began)
            async with database.snapshot() as session:
                known = Counter((await session.exec(select(Subject.name))).all())
                events = Counter(map(str, (await session.exec(select(Outbox.event_id))).all()))
            walk = await audit_walk.verify(database)
        finally:
            await database.close()
        assert [name for name in ledger.names if known[name] != 1] == []
        assert await self.stored_events() == events
        assert walk.breaks == ()
        return delay

    async def stored_events(self) -> Counter[str]:
        """The ids of the events in the stream, and how often each is there."""
        settings = self.replicas[0].settings
        credentials = Credentials.of(self.keys, "registry")
        client = await connect(settings.nats_servers, credentials, tls_of(settings))
        try:
            js, ids = client.jetstream(), Counter[str]()
            state = (await js.stream_info(Stream.REGISTRY)).state
            for seq in range(state.first_seq, state.last_seq + 1):
                message = await js.get_msg(Stream.REGISTRY, seq)
                ids[str(Attributes.read(message.headers).id)] += 1
            return ids
        finally:
            await client.close()

    def stop(self) -> None:
        for replica in self.replicas:
            if replica.process is not None:
                replica.process.kill()
                replica.process.wait()
        self.nats.stop()
        self.address.stop()
        for server in (self.primary, self.standby):
            if server.runs:
                server.wake()
            server.stop()


async def _write(stub: RegistryServiceStub, ledger: Ledger, ending: asyncio.Event) -> None:
    while not ending.is_set():
        request = running_registry.put_subject()
        while True:
            try:
                await ask(stub.PutSubject(request))
            except Refusal as refusal:
                ledger.refused[f"{refusal.code.name} {refusal.reason}"] += 1
                if refusal.code not in AWAY:
                    raise
            else:
                break
        ledger.note(request.subject.name)
        await asyncio.sleep(0.02)


async def _more(ledger: Ledger, number: int) -> None:
    enough = len(ledger.names) + number
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(ledger.names) < enough:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _published(database: Database, since: datetime) -> float:
    waiting = select(Outbox.seq).where(col(Outbox.published_at).is_(None)).limit(1)
    times = select(Outbox.created_at, Outbox.published_at).where(col(Outbox.created_at) >= since)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await _first(database, waiting) is not None:  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0.2)
    async with database.snapshot() as session:
        rows = (await session.exec(times)).all()
    return max(((published or made) - made).total_seconds() for made, published in rows)


async def _first(database: Database, query: Any) -> Any:
    async with database.snapshot() as session:
        return (await session.exec(query)).first()
