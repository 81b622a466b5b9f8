"""The people of escalation and the calls that they make."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, cast
from uuid import uuid4

from google.protobuf.timestamp_pb2 import Timestamp

from law.periods import start_of
from plumbing.identity import Caller, Role
from plumbing.view import open_view
from protos.alerts.v1 import escalations_pb2 as pb
from protos.grading.v1.grading_pb2 import Grade
from protos.registry.v1 import registry_pb2
from services.alerts.checks import Checks
from services.alerts.escalation import commands, interviews, queries
from services.alerts.escalation.activities import EscalationActivities
from services.alerts.escalation.workflows import EscalationStand, StepDue
from services.alerts.tables import Escalation, EscalationStep
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, verification

CASEWORKER = Caller("account/case", "办案人员", frozenset({Role.CASEWORKER}), BUREAU)
UNIT_HEAD = Caller("account/head", "负责人", frozenset({Role.UNIT_HEAD}), BUREAU)
OTHER_BUREAU = Caller("account/far", "外地", frozenset({Role.CASEWORKER}), "120104")
OPERATOR = Caller("account/op", "经营者", frozenset({Role.OPERATOR}), subject_id="s1")
LADDER = ("reminder", "guidance_letter", "interview")


class FakeClients:
    """A register that enters records, or fails with the next of its failures."""

    def __init__(self) -> None:
        self.entered: dict[str, registry_pb2.Record] = {}
        self.failures: list[Exception] = []

    async def enter_record(self, key: str, record: registry_pb2.Record, account: str) -> str:
        if self.failures:
            raise self.failures.pop()
        self.entered[key] = record
        return f"record-{account}"


class EscalationDesk:
    """The calls of people and the activities of workflows, on the cases of running alerts."""

    def __init__(self, alerts: RunningAlerts) -> None:
        self.alerts, self.clients = alerts, FakeClients()
        self.activities = EscalationActivities(alerts.changes, cast("Any", self.clients))

    async def case(self, escalation_id: str = "s1/1") -> Escalation:
        [case] = [c for c in await self.alerts.rows(Escalation) if c.escalation_id == escalation_id]
        return case

    async def steps(self) -> list[tuple[str, str]]:
        rows = sorted(await self.alerts.rows(EscalationStep), key=lambda step: step.step_id or 0)
        return [(row.step.value, row.state.value) for row in rows]

    async def propose_next_step(self) -> EscalationStand:
        """Moves to the due day of the next step and proposes it, as the workflow does."""
        case = await self.case()
        assert case.due_on is not None
        self.alerts.clock.moment = start_of(case.due_on, 9)
        due = StepDue(escalation_id=case.escalation_id, version=case.version, step=case.step)
        return await self.activities.propose_step(due)

    async def call(self, caller: Caller, command: Any, request: Any, **more: Any) -> Any:
        response = type(request).__name__.replace("Request", "Response")
        bound = partial(command, **more) if more else command
        answer = await self.alerts.changes.once(caller, request, bound, getattr(pb, response))
        await self.alerts.wait_until_idle()
        return answer

    async def approve(
        self, step: str, caller: Caller = CASEWORKER, grade: Grade | None = None, **more: Any
    ) -> pb.Escalation:
        request = pb.ApproveStepRequest(
            request_id=str(uuid4()), escalation_id="s1/1", step=step, **more
        )
        answer = await self.call(caller, commands.approve, request, grade=grade)
        return cast("pb.Escalation", answer.escalation)

    async def record_interview(self, outcome: str = "held") -> pb.Escalation:
        request = pb.RecordInterviewRequest(
            request_id=str(uuid4()), escalation_id="s1/1", outcome=outcome, minutes="已要求立即停用"
        )
        answer = await self.call(CASEWORKER, interviews.record_interview, request)
        return cast("pb.Escalation", answer.escalation)

    def appointment(self, days: int = 2, *, note: bool = False) -> pb.Appointment:
        return pb.Appointment(
            at=stamp(start_of(self.alerts.today + timedelta(days=days), 14)),
            place="市监局三楼",
            attendees="负责人",
            note_in_archive=note,
        )

    async def take_steps(self, *until: str) -> None:
        """Proposes and approves every step up to the given one, inclusive."""
        for step in LADDER[: LADDER.index(until[0]) + 1] if until else ():
            await self.propose_next_step()
            if step == "interview":
                await self.approve(step, appointment=self.appointment())
                self.alerts.pass_days(3)
                await self.record_interview()
            else:
                await self.approve(step)

    async def propose_exposure(self) -> None:
        """Takes every step before the exposure, which a list carries out, and proposes that."""
        await self.take_steps("interview")
        await self.propose_next_step()

    async def read_case(self, caller: Caller) -> pb.GetEscalationResponse:
        request = pb.GetEscalationRequest(escalation_id="s1/1")
        async with open_view(self.alerts.database, self.alerts.clock, caller) as view:
            return await queries.get_escalation(view, request)

    async def problems(self) -> list[str]:
        checks = Checks(self.alerts.database, self.alerts.clock, self.alerts.timers)
        problems = (await checks.check()).problems
        return [p.name for p in problems if p.name.startswith("escalation.")]


def stamp(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def rejected(number: int, version: int = 1, **fields: Any) -> registry_pb2.Verification:
    return verification(
        number, result="reject", verified_on="2026-09-10", version=version, **fields
    )


def passed(number: int, of: int, today: date) -> registry_pb2.Verification:
    until = today + timedelta(days=300)
    day = today.isoformat()
    return verification(number, until, instrument_id=f"i{of}", verified_on=day)
