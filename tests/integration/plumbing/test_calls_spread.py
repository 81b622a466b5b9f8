"""A replica that joins later gets its share of calls, also of clients that were there before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from plumbing import rpc as plumbing_rpc
from plumbing.client import ask
from plumbing.settings import Settings
from protos.identity.v1 import identity_pb2 as pb
from tests.integration.plumbing.test_transport import (
    Identity,
    calling,
    serving,
    settings_of,
    token_of,
)
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port


class Counting(Identity):
    """Counts its calls."""

    calls = 0

    async def GetCaller(self, request: Any, context: Any) -> pb.GetCallerResponse:  # noqa: N802
        self.calls += 1
        return await super().GetCaller(request, context)


class OneAddress:
    """One address for several replicas, as a Service of Kubernetes: a connection goes to one."""

    def __init__(self, *replicas: int) -> None:
        self.port, self.replicas = free_port(), [*replicas]
        self._turns = count()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        yield
        server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = self.replicas[next(self._turns) % len(self.replicas)]
        there = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_carry(reader, there[1]), _carry(there[0], writer))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while some := await reader.read(1 << 16):
            writer.write(some)
            await writer.drain()
    except OSError:
        pass  # an end is gone
    finally:
        writer.close()


def port_of(settings: Settings) -> int:
    return int(settings.registry_address.rpartition(":")[2])


async def test_a_replica_that_joins_later_gets_calls_and_none_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = dict(plumbing_rpc.CONNECTIONS) | {"grpc.max_connection_age_ms": 300}
    monkeypatch.setattr(plumbing_rpc, "CONNECTIONS", tuple(options.items()))
    settings = settings_of(tmp_path)
    first, second = Counting(), Counting()  # type: ignore[abstract]
    other = settings.model_copy(update={"registry_address": f"127.0.0.1:{free_port()}"})
    address = OneAddress(port_of(settings))
    client = settings.model_copy(update={"registry_address": f"127.0.0.1:{address.port}"})
    async with (
        serving(settings, first) as signer,
        address.open(),
        calling(client, token_of(signer, "alerts")) as stub,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        await ask(stub.GetCaller(pb.GetCallerRequest()))
        async with serving(other, second):
            address.replicas.append(port_of(other))
            while not second.calls:
                await ask(stub.GetCaller(pb.GetCallerRequest()))
            before = first.calls
            while first.calls == before:  # and the first has its share still
                await ask(stub.GetCaller(pb.GetCallerRequest()))
