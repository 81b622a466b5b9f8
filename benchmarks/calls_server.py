"""The process that `benchmarks.calls` asks: the register, and beside it the least a call can cost.

    python -m benchmarks.calls_server FOLDER NATS_URL [DATABASE_URL] [PROFILE]

Both are answered by the same event loop. The register has its guard, validation, access log, audit,
outbox, relay and sealer. The bare server has an echo, and an insertion of one row by a session of
SQLModel as its documentation shows it. When the process ends, a profile of its calls is written to
the file PROFILE, if one is named.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from benchmarks import serving
from benchmarks.serving import CLOCK, background, guarded, serve_until_stopped
from plumbing import migrations
from plumbing.change import Changes
from plumbing.database import Database, own_registry
from plumbing.identity import Caller, Role
from plumbing.tokens import Signer, make_keys
from protos.registry.v1 import registry_pb2 as pb
from services.registry.policy import POLICY, REGISTRY
from services.registry.servicer import RegistryServicer

BUREAU = "330106"
CASEWORKER = Caller("benchmark", "benchmark", frozenset({Role.CASEWORKER}), BUREAU)
ADMINISTRATOR = Caller("other", "other", frozenset({Role.ADMINISTRATOR}), "000000")


class Bare(SQLModel, registry=own_registry()):
    """Base class of the bare table."""


class BareRecord(Bare, table=True):
    """A row with about as many columns as a record."""

    __tablename__ = "bare_record"

    record_id: str = Field(primary_key=True)
    subject_id: str = Field(index=True)
    kind: str
    severity: str
    occurred_on: date
    determined_on: date
    verified: bool
    source_ref: str
    summary: str


class BareServer:
    """The bare methods; on SQLite its writers take turns, or most would wait and poll."""

    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(url)
        self._sessions = async_sessionmaker(self._engine, class_=AsyncSession)
        self._turn: Any = asyncio.Lock() if url.startswith("sqlite") else nullcontext()
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine.sync_engine, "connect", _durable)

    async def prepare(self) -> None:
        """Makes the table."""
        async with self._engine.begin() as connection:
            await connection.run_sync(Bare.metadata.create_all)

    async def echo(self, request: pb.GetSubjectRequest, _context: Any) -> pb.GetSubjectRequest:
        """Answers what was asked."""
        return request

    async def insert(self, request: pb.EnterRecordRequest, _context: Any) -> pb.EnterRecordResponse:
        """Inserts a row and commits it."""
        record = request.record
        row = BareRecord(
            record_id=uuid4().hex,
            subject_id=record.subject_id,
            kind=record.kind,
            severity=record.severity,
            occurred_on=date.fromisoformat(record.occurred_on),
            determined_on=date.fromisoformat(record.determined_on),
            verified=record.verified,
            source_ref=record.source_ref,
            summary=record.summary,
        )
        async with self._turn, self._sessions() as session:
            session.add(row)
            await session.commit()
        return pb.EnterRecordResponse(record=record)

    def handlers(self) -> Any:
        """The methods, for a server."""
        echo: Any = grpc.unary_unary_rpc_method_handler(
            self.echo, pb.GetSubjectRequest.FromString, pb.GetSubjectRequest.SerializeToString
        )
        insert: Any = grpc.unary_unary_rpc_method_handler(
            self.insert,
            pb.EnterRecordRequest.FromString,
            pb.EnterRecordResponse.SerializeToString,
        )
        return grpc.method_handlers_generic_handler("bare", {"Echo": echo, "Insert": insert})


def _durable(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


@asynccontextmanager
async def register(folder: Path, url: str, nats_url: str) -> AsyncIterator[str]:
    """Serves a register on a new database; yields its address."""
    database = Database(url)
    await migrations.upgrade(database, "registry")
    make_keys(folder / "keys", ())
    services = {REGISTRY: RegistryServicer(Changes(database, CLOCK)).register}
    async with (
        background(database, "registry", nats_url) as access,
        guarded(services, POLICY, folder, access) as address,
    ):
        yield address
    await database.close()


def token_of(folder: Path, caller: Caller) -> str:
    """Returns a token of a caller."""
    return Signer(make_keys(folder / "keys", ()), CLOCK, timedelta(hours=5)).issue(caller)[0]


async def run(folder: Path, nats_url: str, url: str) -> None:
    """Serves until SIGTERM."""
    database = url or f"sqlite+aiosqlite:///{folder}/registry.db"
    async with register(folder, database, nats_url) as own:
        bare = BareServer(url or f"sqlite+aiosqlite:///{folder}/bare.db")
        await bare.prepare()
        server = grpc.aio.server()
        server.add_generic_rpc_handlers([bare.handlers()])
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        await serve_until_stopped(folder, own, f"127.0.0.1:{port}")
        await server.stop(None)


def main(folder: str, nats_url: str, url: str = "", profile: str = "") -> None:
    """Runs the server, with a profile if a file for it is named."""
    serving.run(run(Path(folder), nats_url, url), profile)


if __name__ == "__main__":
    main(*sys.argv[1:])
