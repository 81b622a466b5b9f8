"""The platform of the end-to-end tests, and the people who use its public interface."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from plumbing.client import ask, new_request_id
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.demo.cast import Part, engage
from services.cli.machine.platform import Platform
from tests.patience import PATIENCE_SECONDS

BUREAU = "330106"
T = TypeVar("T")


@dataclass
class RunningPlatform:
    """The platform, clients by role, and a subject that disputes records of its bureau."""

    machine: Platform
    exits: AsyncExitStack
    administrator: Client
    clients: dict[str, Client] = field(default_factory=dict)
    subject: registry.Subject = field(default_factory=registry.Subject)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    async def another_subject(self) -> tuple[str, Client]:
        """The id of a new subject, and its operator."""
        name = uuid4().hex[:8]
        subject = registry.Subject(
            kind="organisation", name=f"测试主体{name}", bureau=BUREAU, sector="fuel_station"
        )
        put = registry.PutSubjectRequest(request_id=new_request_id(), subject=subject)
        subject = (await ask(self.clients["caseworker"].registry.PutSubject(put))).subject
        part = Part(f"test.{name}", "测试经营者", "operator", subject_id=subject.subject_id)
        settings = self.machine.settings
        return subject.subject_id, await engage(settings, self.administrator, part, self.exits)

    async def enter_penalty(self, subject_id: str = "", **changed: Any) -> registry.Record:
        """Enters a record that lowers the grade to E, of the platform's subject unless told."""
        today = await self.today()
        fields: dict[str, Any] = {
            "subject_id": subject_id or self.subject.subject_id,
            "kind": "penalty",
            "occurred_on": (today - timedelta(days=3)).isoformat(),
            "determined_on": today.isoformat(),
            "verified": True,
            "points": 20,
            "source_ref": f"测试罚字第{next(self._numbers)}号",
            "summary": "测试",
        }
        record = registry.Record(**(fields | changed))
        request = registry.EnterRecordRequest(request_id=new_request_id(), record=record)
        return (await ask(self.clients["inspector"].registry.EnterRecord(request))).record

    async def lodged_case(
        self, record: registry.Record, grounds: str = "记录有误", operator: Client | None = None
    ) -> objection.Case:
        """Lodges an objection to a record, by the platform's operator if no other is given."""
        request = objection.LodgeObjectionRequest(
            request_id=new_request_id(),
            subject_id=record.subject_id,
            record_ids=[record.record_id],
            grounds=grounds,
        )
        operator = operator or self.clients["operator"]
        return (await ask(operator.objection.LodgeObjection(request))).case

    async def accepted_case(
        self, record: registry.Record, operator: Client | None = None
    ) -> objection.Case:
        """Lodges an objection to a record and accepts it."""
        lodged = await self.lodged_case(record, operator=operator)
        request = objection.AcceptObjectionRequest(
            request_id=new_request_id(), case_id=lodged.case_id
        )
        return (await ask(self.clients["caseworker"].objection.AcceptObjection(request))).case

    async def grant(self, case: objection.Case) -> None:
        """Decides that the record is to be deleted."""
        request = objection.DecideObjectionRequest(
            request_id=new_request_id(),
            case_id=case.case_id,
            outcome="delete",
            reasons="经核实记录有误",
        )
        await ask(self.clients["caseworker"].objection.DecideObjection(request))

    async def case(self, case_id: str) -> objection.GetCaseResponse:
        request = objection.GetCaseRequest(case_id=case_id)
        return await ask(self.clients["caseworker"].objection.GetCase(request))

    async def closed(self, case_id: str) -> objection.GetCaseResponse:
        """The case once everything that follows from its decision is done."""

        async def look() -> objection.GetCaseResponse | None:
            answer = await self.case(case_id)
            return answer if answer.case.state == "closed" else None

        return await until(look)

    async def grade_after(self, record: registry.Record) -> grading.Grade:
        """The grade once it rests on this version of a record."""
        request = grading.GetRecordGradedRequest(record_id=record.record_id, version=record.version)

        async def look() -> grading.Grade | None:
            answer = await ask(self.clients["caseworker"].grading.GetRecordGraded(request))
            return answer.grade if answer.graded else None

        return await until(look)

    async def record(self, record_id: str) -> registry.Record:
        request = registry.GetRecordRequest(record_id=record_id)
        return (await ask(self.clients["caseworker"].registry.GetRecord(request))).record

    async def find_again(self) -> None:
        """Makes new clients for the new addresses of the platform; tokens stay valid."""
        settings = self.machine.settings
        everyone = {"administrator": self.administrator, **self.clients}
        moved = {name: Client(settings, client.token) for name, client in everyone.items()}
        for client in moved.values():
            self.exits.push_async_callback(client.close)
        self.administrator = moved.pop("administrator")
        self.clients = moved

    async def today(self) -> date:
        answer = await ask(self.administrator.clock.GetClock(registry.GetClockRequest()))
        return date.fromisoformat(answer.today)


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """Calls `look` until it returns something other than None, at most PATIENCE_SECONDS long.

    The longer that takes, the seldomer it looks: a look may ask every process.
    """
    ends, pause = time.monotonic() + PATIENCE_SECONDS, 0.1
    while (value := await look()) is None:
        assert time.monotonic() < ends, f"still None: {look.__qualname__}"
        await asyncio.sleep(pause)
        pause = min(pause * 1.2, 1.0)
    return value
