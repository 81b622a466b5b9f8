"""The check of a service: an event that was given up is always reported."""

from __future__ import annotations

from pathlib import Path

from nats.js import JetStreamContext
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Changes
from plumbing.client import ServiceToken, new_request_id
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.events.consumer import Consumer
from plumbing.events.envelope import Received
from plumbing.events.inbox import EventHandler
from plumbing.events.inspection import dead_letter_counts
from plumbing.events.relay import Relay
from plumbing.identity import Caller, Role, set_current_caller
from plumbing.operations import OperationsServicer
from plumbing.service import Assembly, Parts
from plumbing.settings import Settings
from protos.operations.v1 import operations_pb2 as pb
from protos.registry.v1.events_pb2 import BureausChanged
from tests.integration.events.support import eventually, running

ADMINISTRATOR = Caller("adm", "adm", frozenset({Role.ADMINISTRATOR}))


async def test_a_dead_letter_is_a_problem_until_it_is_handled(
    database: Database, jetstream: JetStreamContext, tmp_path: Path
) -> None:
    broken = True

    async def handle(session: AsyncSession, received: Received[BureausChanged]) -> None:
        if broken:
            raise ValueError("cannot be handled")

    async def buried() -> bool:
        return await dead_letter_counts(jetstream) == {"test": 1}

    clock = SystemClock()
    handlers = [EventHandler(BureausChanged, apply=handle)]
    consumer = Consumer("test", "REGISTRY", database, jetstream, clock, handlers, max_attempts=1)
    token = ServiceToken("test", tmp_path, "127.0.0.1:1", clock)
    changes = Changes(database, clock)
    parts = Parts("test", Settings(), clock, database, changes, jetstream, token)
    servicer = OperationsServicer(parts, Assembly({}, [], consumers=[consumer]))
    async with changes.change(ADMINISTRATOR) as change:
        await change.announce(BureausChanged(), aggregate="a", bureau="330106")
        change.audit("test", "a")
    await Relay(database, jetstream, clock).drain()
    async with running(consumer.run()):
        await eventually(buried)

    findings = await servicer.Check(pb.CheckRequest(), None)
    assert [problem.name for problem in findings.problems] == ["dead_letters"]

    broken = False
    set_current_caller(ADMINISTRATOR)
    again = pb.ReplayDeadLettersRequest(request_id=new_request_id())
    assert (await servicer.ReplayDeadLetters(again, None)).handled == 1
    assert not (await servicer.Check(pb.CheckRequest(), None)).problems
