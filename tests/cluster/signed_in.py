"""A person who stays signed in through a trial, with one login, and asks every service."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import grpc

from plumbing.client import Refusal, ask
from plumbing.settings import SERVICES
from plumbing.tokens import session_id_of
from protos.identity.v1 import identity_pb2 as pb
from protos.operations.v1 import operations_pb2 as operations
from services.cli.client import Client, fixed_token, log_in, new_password_step
from tests.cluster.platform import Cluster

PASSWORD = "a-synthetic-password"
PAUSE_SECONDS = 0.5


class SignedIn:
    """The first administrator, who has signed in; `asked` counts the answers of each service."""

    def __init__(self, cluster: Cluster, token: str) -> None:
        self.token, self.asked = token, Counter[str]()
        self._client, self._leaving = Client(cluster, self._present), asyncio.Event()

    async def stay(self) -> None:
        """Asks every service again and again until the trial ends; raises Refusal if one refuses.

        The calls are those of the command line, which repeats them while a service is away.
        """
        while not self._leaving.is_set():
            for service in SERVICES:
                await self._ask(service)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), PAUSE_SECONDS)
        await self._client.close()

    def leave(self) -> None:
        """Ends the questions."""
        self._leaving.set()

    async def renew(self) -> None:
        """Gets another token for the same login."""
        before = session_id_of(self.token)
        self.token = (await ask(self._client.identity.RenewToken(pb.RenewTokenRequest()))).token
        assert session_id_of(self.token) == before

    async def _ask(self, service: str) -> None:
        request = operations.GetCheckpointRequest()
        await ask(self._client.operations[service].GetCheckpoint(request))
        self.asked[service] += 1

    async def _present(self) -> str:
        return self.token


@asynccontextmanager
async def signed_in(cluster: Cluster) -> AsyncIterator[SignedIn]:
    """The administrator signs in, with the first password once, and stays."""
    file = cluster.keys / "registry" / "administrator.password"
    session = await log_in(cluster, "administrator", file.read_text(), new_password_step(PASSWORD))
    file.write_text(PASSWORD)
    person = SignedIn(cluster, session.token)
    async with asyncio.TaskGroup() as group:
        group.create_task(person.stay())
        yield person
        person.leave()


async def refused(cluster: Cluster, token: str) -> set[str]:
    """The services that take a token for none."""
    client, found = Client(cluster, fixed_token(token)), set[str]()
    try:
        for service, stub in client.operations.items():
            try:
                await ask(stub.GetCheckpoint(operations.GetCheckpointRequest()))
            except Refusal as refusal:
                if refusal.code is not grpc.StatusCode.UNAUTHENTICATED:
                    raise
                found.add(service)
    finally:
        await client.close()
    return found
