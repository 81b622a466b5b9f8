"""What every service answers to those who run the platform: checks, figures, audit entries."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from nats.js import JetStreamContext
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import InvalidInput
from plumbing.addresses import Endpoint
from plumbing.change import Changes
from plumbing.client import ServiceToken, new_request_id
from plumbing.clock import FixedClock, SystemClock
from plumbing.database import Database
from plumbing.events.consumer import Consumer
from plumbing.events.envelope import Received
from plumbing.events.inbox import EventHandler
from plumbing.events.inspection import dead_letter_counts
from plumbing.events.relay import Relay
from plumbing.identity import Caller, Role, service_caller, set_current_caller
from plumbing.metrics import counted
from plumbing.operations import OperationsServicer
from plumbing.service import Assembly, Parts
from plumbing.settings import Settings
from protos.operations.v1 import operations_pb2 as pb
from protos.registry.v1.events_pb2 import BureausChanged
from tests.integration.events.support import eventually, running
from tests.service_keys import SIGNATURES, SIGNER

ADMINISTRATOR = Caller("adm", "adm", frozenset({Role.ADMINISTRATOR}), "000000")


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
    consumer = Consumer(
        "test", "REGISTRY", database, jetstream, SIGNATURES, clock, handlers, max_attempts=1
    )
    token = ServiceToken("test", tmp_path, Endpoint("127.0.0.1:1"), clock)
    changes = Changes(database, clock)
    parts = Parts("test", Settings(), clock, database, changes, jetstream, SIGNATURES, token)
    servicer = OperationsServicer(parts, Assembly({}, [], consumers=[consumer]))
    async with changes.change(ADMINISTRATOR) as change:
        await change.announce(BureausChanged(), aggregate="a", bureau="330106")
        change.audit("test", "a")
    await Relay(database, jetstream, SIGNER, clock).drain()
    async with running(consumer.run()):
        await eventually(buried)

    findings = await servicer.Check(pb.CheckRequest(), None)
    assert [problem.name for problem in findings.problems] == ["dead_letters"]

    broken = False
    set_current_caller(ADMINISTRATOR)
    again = pb.ReplayDeadLettersRequest(request_id=new_request_id())
    assert (await servicer.ReplayDeadLetters(again, None)).handled == 1
    assert not (await servicer.Check(pb.CheckRequest(), None)).problems


async def test_a_stream_whose_service_never_started_is_a_problem_named_in_the_findings(
    database: Database, jetstream: JetStreamContext, tmp_path: Path
) -> None:
    parts = operator_of(database, jetstream, tmp_path)[0]._parts
    absent: list[EventHandler[Any]] = []
    consumer = Consumer("test", "ABSENT", database, jetstream, SIGNATURES, parts.clock, absent)
    servicer = OperationsServicer(parts, Assembly({}, [], consumers=[consumer]))
    findings = await servicer.Check(pb.CheckRequest(), None)
    assert [(one.name, one.object) for one in findings.problems] == [("stream_missing", "ABSENT")]


async def test_streams_lost_by_nats_are_named_and_the_rest_is_still_checked(
    database: Database, jetstream: JetStreamContext, tmp_path: Path
) -> None:
    servicer, _ = operator_of(database, jetstream, tmp_path)
    await jetstream.delete_stream("DEAD_LETTERS")
    findings = await servicer.Check(pb.CheckRequest(), None)
    assert [(one.name, one.object) for one in findings.problems] == [
        ("stream_missing", "DEAD_LETTERS")
    ]
    assert {"outbox.pending", "audit.sealed"} <= {figure.name for figure in findings.figures}


def operator_of(
    database: Database, jetstream: JetStreamContext, folder: Path
) -> tuple[OperationsServicer, Changes]:
    """The operations of a service without consumers, and what changes its database."""
    clock = FixedClock(datetime(2026, 9, 14, 1, 0, tzinfo=UTC))
    token = ServiceToken("test", folder, Endpoint("127.0.0.1:1"), clock)
    changes = Changes(database, clock)
    settings = Settings(nats_url="nats://127.0.0.1:9", temporal_address="127.0.0.1:9")
    parts = Parts("test", settings, clock, database, changes, jetstream, SIGNATURES, token)
    return OperationsServicer(parts, Assembly({}, [])), changes


async def test_figures_are_those_of_the_metrics_and_tell_which_engines_answer(
    database: Database, jetstream: JetStreamContext, tmp_path: Path
) -> None:
    servicer, _ = operator_of(database, jetstream, tmp_path)
    counted.READY.set(1)
    answer = await servicer.GetFigures(pb.GetFiguresRequest(), None)
    values = {sample.name: sample.value for sample in answer.samples}
    assert values["quanheng_ready"] == 1
    assert not any(name.endswith("_bucket") for name in values)
    assert (answer.nats_answers, answer.temporal_answers) == (False, False)


async def test_the_audit_is_searched_by_who_what_and_when(
    database: Database, jetstream: JetStreamContext, tmp_path: Path
) -> None:
    servicer, changes = operator_of(database, jetstream, tmp_path)
    for caller, action, object_ in (
        (Caller("anna", "anna", frozenset({Role.CASEWORKER})), "enter", "record/1"),
        (Caller("anna", "anna", frozenset({Role.CASEWORKER})), "correct", "record/1"),
        (service_caller("registry", "anna"), "mark", "record/2"),
        (ADMINISTRATOR, "close", "account/9"),
    ):
        async with changes.change(caller) as change:
            change.audit(action, object_)
    set_current_caller(ADMINISTRATOR)

    async def found(**asked: Any) -> list[str]:
        answer = await servicer.ListAudit(pb.ListAuditRequest(**asked), None)
        return [entry.action for entry in answer.entries]

    assert await found() == ["close", "mark", "correct", "enter"]
    assert await found(actor="anna") == ["mark", "correct", "enter"]
    assert await found(action="correct") == ["correct"]
    assert await found(object="record/1") == ["correct", "enter"]
    assert await found(kind="record") == ["mark", "correct", "enter"]
    assert await found(from_day="2026-09-14", to_day="2026-09-14", kind="account") == ["close"]
    assert await found(to_day="2026-09-13") == await found(from_day="2026-09-15") == []
    with pytest.raises(InvalidInput):
        await found(from_day="2026-02-30")
