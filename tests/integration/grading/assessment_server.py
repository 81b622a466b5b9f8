"""A server of assessments for the tests of grading, with callers in every role."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from plumbing.addresses import Endpoint
from plumbing.change import Changes
from plumbing.client import Refusal, open_channel, refusal_of
from plumbing.clock import Clock, SystemClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.rpc import serve
from plumbing.tokens import Signer, Verifier, make_keys, public_key
from protos.grading.v1.assessments_pb2_grpc import AssessmentServiceStub
from services.grading.assessments.policy import ASSESSMENT_POLICY, ASSESSMENTS
from services.grading.assessments.servicer import AssessmentServicer
from tests.logins import none_ended
from tests.ports import free_port

As = Callable[..., AssessmentServiceStub]


@asynccontextmanager
async def serving_assessments(database: Database, clock: Clock, keys: Path) -> AsyncIterator[As]:
    """Serves assessments; yields a function that makes a client for a caller with given roles."""
    signer = Signer(make_keys(keys, []), SystemClock(), timedelta(minutes=5))
    address = f"127.0.0.1:{free_port()}"
    servicer = AssessmentServicer(Changes(database, clock))
    verifier = Verifier(public_key(keys), SystemClock())
    services, rules = {ASSESSMENTS: servicer.register}, [ASSESSMENT_POLICY]
    server, _ = await serve(address, services, verifier, rules, none_ended(), credentials=None)
    channels: list[grpc.aio.Channel] = []

    def sign_in(
        *roles: Role, bureau: str = "", subject_id: str = "", name: str = "test"
    ) -> AssessmentServiceStub:
        account = f"service:{name}" if Role.SERVICE in roles else f"account/{name}"
        caller = Caller(account, "测试", frozenset(roles), bureau, subject_id)
        token, _ = signer.issue(caller)

        async def source() -> str:
            return token

        channels.append(open_channel(Endpoint(address), source))
        return AssessmentServiceStub(channels[-1])

    yield sign_in
    for channel in channels:
        await channel.close()
    await server.stop(None)


async def refused(call: Awaitable[object]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal_of(caught.value)
