"""A call whose replica ends before it has an answer is made again on another one."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc

from plumbing.addresses import Endpoint
from plumbing.client import ask, open_channel
from protos.identity.v1 import identity_pb2 as pb
from protos.identity.v1 import identity_pb2_grpc as rpc


class Identity(rpc.IdentityServiceServicer):
    """Answers, unless it is `slow`: then it says that it has been called and answers nobody."""

    def __init__(self, *, slow: bool) -> None:
        self._slow, self.called = slow, asyncio.Event()

    async def GetCaller(self, request: Any, context: Any) -> pb.GetCallerResponse:  # noqa: N802
        self.called.set()
        if self._slow:
            await asyncio.Event().wait()
        return pb.GetCallerResponse()


def identity(*, slow: bool) -> Identity:
    return Identity(slow=slow)  # type: ignore[abstract]


async def serving(servicer: Identity) -> tuple[grpc.aio.Server, int]:
    server = grpc.aio.server()
    rpc.add_IdentityServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, port


async def test_a_call_that_an_ending_replica_cut_off_is_made_again() -> None:
    ending = identity(slow=True)
    (first, one), (second, two) = await serving(ending), await serving(identity(slow=False))
    try:
        places = f"ipv4:127.0.0.1:{one},127.0.0.1:{two}"
        async with open_channel(Endpoint(places), None) as channel:
            stub = rpc.IdentityServiceStub(channel)
            call = asyncio.ensure_future(ask(stub.GetCaller(pb.GetCallerRequest())))
            await ending.called.wait()
            await first.stop(0)
            await call
    finally:
        await second.stop(0)


async def test_whoever_cancels_a_call_of_their_own_hears_of_it_at_once() -> None:
    slow = identity(slow=True)
    server, port = await serving(slow)
    try:
        async with open_channel(Endpoint(f"127.0.0.1:{port}"), None) as channel:
            stub = rpc.IdentityServiceStub(channel)
            call = asyncio.ensure_future(ask(stub.GetCaller(pb.GetCallerRequest())))
            await slow.called.wait()
            slow.called.clear()
            call.cancel()
            done, _ = await asyncio.wait({call}, timeout=5)
            assert done
            assert call.cancelled()
            assert not slow.called.is_set()
    finally:
        await server.stop(0)
