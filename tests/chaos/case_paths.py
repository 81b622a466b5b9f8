"""The paths of cases in a soak: each is walked from its lodging to its end, step by step."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

from google.protobuf.message import Message

from plumbing.client import Refusal, new_request_id
from plumbing.identity import Caller
from protos.objection.v1 import evidence_pb2 as files
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1 import repair_pb2 as repair
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from tests.chaos.asking import PASSING, Asker
from tests.chaos.people import CLERK, Away, People

LONG_AGO = "2025-09-10"  # a record that was determined then can be repaired
WAIT_SECONDS = 1800.0  # for what follows from the step before; the platform is killed meanwhile
RUNGS = 5  # of a term, the escalations among them
CAP_DAYS, TOO_MANY = 15, 1  # an extension up to the cap, and one day more
Method = Callable[[Client], Any]


class NotYet(Exception):
    """What a path waits for did not come in all that time."""


@dataclass(frozen=True)
class Cast:
    """Who takes part: two caseworkers of the bureau, its head, and a reviewer of the city."""

    first: Caller
    second: Caller
    head: Caller
    reviewer: Caller


@dataclass(frozen=True)
class Firm:
    """A subject and the person who acts for it."""

    subject_id: str
    operator: Caller


@dataclass(frozen=True)
class Ended:
    """How a case must have ended: its path, state, outcome, and what became of its records."""

    path: str
    case_id: str
    state: str
    outcome: str
    record_ids: Sequence[str]
    record_status: str


class Walk:
    """Walks one path; every step is sent until it is answered, and a refusal is a fault."""

    def __init__(
        self, people: People, asker: Asker, people_of: Cast, firm: Firm, late: asyncio.Event
    ) -> None:
        self._people, self._asker, self.cast, self.firm = people, asker, people_of, firm
        self.late = late  # the clock has passed over every reminder
        self._numbers = count(1)
        self.ended: list[Ended] = []

    async def record(self, **more: Any) -> str:
        """Enters an adverse record of the firm; returns its id."""
        fields = {
            "subject_id": self.firm.subject_id,
            "kind": "penalty",
            "severity": "general",
            "occurred_on": "2026-08-10",
            "determined_on": "2026-09-01",
            "verified": True,
            "final": True,
            "source_ref": f"测监罚〔2026〕{new_request_id()[:13]}号",
            "provided_by": "测试市场监管所",
            "summary": "使用未经检定的计量器具",
        }
        record = registry.Record(**{**fields, **more})
        request = registry.EnterRecordRequest(request_id=new_request_id(), record=record)
        answer = await self._asker.do(
            "record", record.source_ref, CLERK, request, lambda c: c.registry.EnterRecord,
            lambda a: a.record.record_id,
        )  # fmt: skip
        return str(self._answered("record", answer).record.record_id)

    async def lodged(self, *record_ids: str) -> pb.Case:
        request = pb.LodgeObjectionRequest(
            request_id=new_request_id(),
            subject_id=self.firm.subject_id,
            record_ids=record_ids,
            grounds="记录有误",
        )
        return await self.case("lodge", self.firm.operator, request, "LodgeObjection")

    async def case(self, step: str, who: Caller, request: Message, method: str) -> pb.Case:
        """Takes a step that the platform must allow; returns the case after it."""
        key = f"{getattr(request, 'case_id', '')}/{step}/{next(self._numbers)}/{new_request_id()}"
        answer = await self._asker.do(
            step, key, who, request, _method(method), lambda a: a.case.case_id
        )
        return cast("pb.Case", self._answered(step, answer).case)

    async def step(self, case: pb.Case, step: str, who: Caller, **fields: Any) -> pb.Case:
        """Takes a step of an objection or a reconsideration."""
        request = _REQUESTS[step](request_id=new_request_id(), case_id=case.case_id, **fields)
        return await self.case(step, who, request, _METHODS[step])

    async def recusal(
        self, step: str, case: pb.Case, who: Caller, request: Message, method: str
    ) -> pb.Recusal:
        """Takes a step of a recusal; returns the request for it after the step."""
        key = f"{case.case_id}/{step}/{new_request_id()}"
        answer = await self._asker.do(
            step, key, who, request, _method(method), lambda _: case.case_id
        )
        return cast("pb.Recusal", self._answered(step, answer).recusal)

    async def reconsideration(self, first: pb.Case) -> pb.Case:
        """Lodges the reconsideration of an objection, once its result is carried out."""
        request = pb.LodgeReconsiderationRequest(
            request_id=new_request_id(), case_id=first.case_id, grounds="未采信检定证书"
        )
        await self._as_soon_as("LodgeReconsideration", self.firm.operator, request)
        return await self.case("lodge", self.firm.operator, request, "LodgeReconsideration")

    async def repair_of(self, record_id: str) -> pb.Case:
        """Applies for the repair of a record, once the grade takes it into account."""
        request = repair.LodgeRepairRequest(
            request_id=new_request_id(),
            evidence_ids=[await self._paper("promise"), await self._paper("proof")],
            subject_id=self.firm.subject_id,
            record_ids=[record_id],
            grounds="已改正",
            evidence=["缴款凭证"],
            promise="今后按期申请检定",
        )
        await self._as_soon_as("LodgeRepair", self.firm.operator, request)
        return await self.case("lodge", self.firm.operator, request, "LodgeRepair")

    async def _paper(self, purpose: str) -> str:
        """Sends a paper that an application for repair asks for; returns its id."""
        about = {"subject_id": self.firm.subject_id, "purpose": purpose}
        header = files.EvidenceHeader(
            request_id=new_request_id(), file_name=f"{purpose}.pdf", **about
        )
        content = b"%PDF-1.7 " + new_request_id().encode()
        parts = [
            files.UploadEvidenceRequest(header=header),
            files.UploadEvidenceRequest(content=content),
        ]
        answer = await self.once_allowed(
            lambda: self._people.ask(
                self.firm.operator, lambda c: c.evidence.UploadEvidence(iter(parts))
            )
        )
        return str(answer.evidence.evidence_id)

    async def repair_step(
        self, case: pb.Case, step: str, kind: Any, method: str, **fields: Any
    ) -> pb.Case:
        request = kind(request_id=new_request_id(), case_id=case.case_id, **fields)
        return await self.case(step, self.cast.first, request, method)

    async def sent_back(self, case: pb.Case) -> pb.Case:
        """Waits for the new objection of a reconsideration that sent its matter back."""
        ends = time.monotonic() + WAIT_SECONDS
        request = pb.GetCaseRequest(case_id=case.case_id)
        while time.monotonic() < ends:
            read = await self.once_allowed(
                lambda: self._people.ask(self.cast.reviewer, lambda c: c.objection.GetCase(request))
            )
            anew = [one.case_id for one in read.related if one.state == "accepted"]
            if anew:
                return await self.read(anew[0])
            await asyncio.sleep(0.3)
        raise NotYet(f"{case.number} is not sent back")

    async def _as_soon_as(self, method: str, who: Caller, request: Any) -> None:
        """Sends a request until it is allowed; sent again, it gets the same answer."""
        await self.once_allowed(
            lambda: self._people.ask(who, lambda c: _method(method)(c)(request))
        )

    async def decided(self, case: pb.Case, who: Caller, outcome: str, **fields: Any) -> pb.Case:
        return await self.step(case, "decide", who, outcome=outcome, reasons="经核实", **fields)

    async def refused(self, who: Caller, request: Message, method: str) -> None:
        """Sends a request that the platform must refuse."""
        key = f"refused/{new_request_id()}"
        answer = await self._asker.do("refused", key, who, request, _method(method))
        if answer is not None:
            self._asker.surprise(f"{method} was not refused: {request!s}")

    async def once_allowed(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Makes a call as soon as the state of things allows it."""
        ends = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < ends:
            try:
                return await call()
            except (Away, TimeoutError):
                pass
            except Refusal as refusal:
                if refusal.reason != "WRONG_STATE" and refusal.code not in PASSING:
                    raise
            await asyncio.sleep(0.3)
        raise NotYet

    async def read(self, case_id: str) -> pb.Case:
        request = pb.GetCaseRequest(case_id=case_id)
        found = await self.once_allowed(
            lambda: self._people.ask(self.cast.first, lambda c: c.objection.GetCase(request))
        )
        return cast("pb.Case", found.case)

    async def until(self, case_id: str, state: str) -> pb.Case:
        """Waits until a case is in a state."""
        ends = time.monotonic() + WAIT_SECONDS
        while (case := await self.read(case_id)).state != state:
            if time.monotonic() > ends:
                raise NotYet(f"{case.number} is {case.state}, not {state}")
            await asyncio.sleep(0.3)
        return case

    async def until_reminded(self, case: pb.Case, rungs: int) -> None:
        """Waits until so many reminders of a case were announced, or noted as overtaken."""
        ends = time.monotonic() + WAIT_SECONDS
        request = pb.GetCaseRequest(case_id=case.case_id)
        while time.monotonic() < ends:
            read = await self.once_allowed(
                lambda: self._people.ask(self.cast.first, lambda c: c.objection.GetCase(request))
            )
            if sum(step.step.startswith("rung") for step in read.steps) >= rungs:
                return
            await asyncio.sleep(0.3)
        raise NotYet(f"{case.number} was not reminded of {rungs} times")

    def end(self, path: str, case: pb.Case, outcome: str = "", record_status: str = "") -> None:
        """Notes how a case must have ended once everything is settled."""
        state = "closed" if outcome else case.state
        status = record_status or _STATUS.get(outcome, "active")
        self.ended.append(Ended(path, case.case_id, state, outcome, list(case.record_ids), status))

    def _answered(self, step: str, answer: Any) -> Any:
        if answer is None:
            raise NotYet(f"{step} was refused or never answered")
        return answer


_STATUS = {"delete": "withdrawn", "confirm_repair": "repaired"}
_REQUESTS: dict[str, Any] = {
    "accept": pb.AcceptObjectionRequest,
    "decline": pb.DeclineObjectionRequest,
    "withdraw": pb.WithdrawObjectionRequest,
    "request_extension": pb.RequestExtensionRequest,
    "approve_extension": pb.DecideExtensionRequest,
    "decline_extension": pb.DecideExtensionRequest,
    "request_supplement": pb.AskSupplementRequest,
    "supplement": pb.SupplementObjectionRequest,
    "decide": pb.DecideObjectionRequest,
}
_METHODS = {
    "accept": "AcceptObjection",
    "decline": "DeclineObjection",
    "withdraw": "WithdrawObjection",
    "request_extension": "RequestExtension",
    "approve_extension": "DecideExtension",
    "decline_extension": "DecideExtension",
    "request_supplement": "AskSupplement",
    "supplement": "SupplementObjection",
    "decide": "DecideObjection",
}


def _method(name: str) -> Method:
    """The method of this name of the service of objections, or of that of repairs."""

    def of(client: Client) -> Any:
        return getattr(client.objection, name, None) or getattr(client.repair, name)

    return of


Path = Callable[[Walk], Awaitable[None]]


async def _accepted(walk: Walk, *record_ids: str) -> pb.Case:
    return await walk.step(await walk.lodged(*record_ids), "accept", walk.cast.first)


async def granted(walk: Walk) -> None:
    case = await _accepted(walk, await walk.record())
    await walk.decided(case, walk.cast.first, "delete")
    walk.end("granted", case, "delete")


async def partly_granted(walk: Walk) -> None:
    """Of two records one has other points afterwards, the other another summary."""
    ids = [await walk.record(), await walk.record()]
    case = await _accepted(walk, *ids)
    corrections = [
        pb.Correction(record_id=ids[0], points=3),
        pb.Correction(record_id=ids[1], summary="已及时改正"),
    ]
    await walk.decided(case, walk.cast.first, "correct", corrections=corrections)
    walk.end("partly granted", case, "correct")


async def disclosure_ended(walk: Walk) -> None:
    case = await _accepted(walk, await walk.record())
    await walk.decided(case, walk.cast.first, "stop_disclosure")
    walk.end("disclosure ended", case, "stop_disclosure")


async def refused(walk: Walk) -> None:
    case = await _accepted(walk, await walk.record())
    await walk.decided(case, walk.cast.first, "uphold")
    walk.end("refused", case, "uphold")


async def declined(walk: Walk) -> None:
    case = await walk.lodged(await walk.record())
    case = await walk.step(case, "decline", walk.cast.first, reasons="超出受理范围")
    walk.end("declined", case)


async def withdrawn(walk: Walk) -> None:
    case = await _accepted(walk, await walk.record())
    walk.end("withdrawn", await walk.step(case, "withdraw", walk.firm.operator))


async def extended_to_the_cap(walk: Walk) -> None:
    case = await _accepted(walk, await walk.record())
    asked = {"days": CAP_DAYS, "ground": "须委托技术鉴定"}
    await walk.step(case, "request_extension", walk.cast.first, **asked)
    await walk.step(case, "approve_extension", walk.cast.head, approve=True, note="同意")
    beyond = pb.RequestExtensionRequest(
        request_id=new_request_id(), case_id=case.case_id, days=TOO_MANY, ground="再延一日"
    )
    await walk.refused(walk.cast.first, beyond, "RequestExtension")
    await walk.decided(case, walk.cast.first, "delete")
    walk.end("extended to the cap", case, "delete")


async def extension_refused(walk: Walk) -> None:
    case = await _accepted(walk, await walk.record())
    await walk.step(case, "request_extension", walk.cast.first, days=5, ground="情况复杂")
    await walk.step(case, "decline_extension", walk.cast.head, approve=False, note="不复杂")
    await walk.decided(case, walk.cast.first, "uphold")
    walk.end("extension refused", case, "uphold")


async def supplemented(walk: Walk) -> None:
    case = await walk.lodged(await walk.record())
    await walk.step(case, "request_supplement", walk.cast.first, missing="检定证书复印件")
    await walk.step(case, "supplement", walk.firm.operator, note="补交检定证书")
    await walk.step(case, "accept", walk.cast.first)
    await walk.decided(case, walk.cast.first, "delete")
    walk.end("supplemented", case, "delete")


async def recused(walk: Walk) -> None:
    """Whoever accepted it stands back, may no longer decide, and the other caseworker decides."""
    case = await _accepted(walk, await walk.record())
    request = pb.AskRecusalRequest(
        request_id=new_request_id(),
        case_id=case.case_id,
        person=walk.cast.first.account_id,
        ground="relation",
        reasons="曾共同经营（合成）",
    )
    asked = await walk.recusal("ask_recusal", case, walk.firm.operator, request, "AskRecusal")
    answer = pb.DecideRecusalRequest(
        request_id=new_request_id(),
        recusal_id=asked.recusal_id,
        approve=True,
        reasons="情况属实",
        successor=walk.cast.second.account_id,
    )
    await walk.recusal("approve_recusal", case, walk.cast.head, answer, "DecideRecusal")
    own = pb.DecideObjectionRequest(
        request_id=new_request_id(), case_id=case.case_id, outcome="uphold", reasons="经核实"
    )
    await walk.refused(walk.cast.first, own, "DecideObjection")
    await walk.decided(case, walk.cast.second, "delete")
    walk.end("recusal", case, "delete")


def reconsidered(outcome: str) -> Path:
    """The path of a refused objection that the city reconsiders with an outcome."""

    async def path(walk: Walk) -> None:
        record = await walk.record()
        first = await _accepted(walk, record)
        await walk.decided(first, walk.cast.first, "uphold")
        first = await walk.until(first.case_id, "closed")
        case = await walk.reconsideration(first)
        await walk.step(case, "accept", walk.cast.reviewer)
        fields = {"corrections": [pb.Correction(record_id=record, points=3)]}
        await walk.decided(
            case, walk.cast.reviewer, outcome, **(fields if outcome == "correct" else {})
        )
        status = _STATUS.get(outcome, "active")
        if outcome == "send_back":
            anew = await walk.sent_back(case)
            await walk.decided(anew, walk.cast.second, "delete")
            status = "withdrawn"
            walk.end("sent back", anew, "delete")
        walk.end("refused", first, "uphold", status)
        walk.end(f"reconsidered: {outcome}", case, outcome, status)

    return path


def repaired(*, confirm: bool) -> Path:
    """The path of an application for repair of a record of long ago."""

    async def path(walk: Walk) -> None:
        record = await walk.record(occurred_on=LONG_AGO, determined_on=LONG_AGO, points=20)
        case = await walk.repair_of(record)
        await walk.repair_step(case, "accept", repair.AcceptRepairRequest, "AcceptRepair")
        for condition in case.repair.conditions:
            if condition.to_confirm:
                await walk.repair_step(
                    case, "confirm_condition", repair.ConfirmConditionRequest, "ConfirmCondition",
                    condition_id=condition.id, met=confirm, ground="查验现场，属实",
                )  # fmt: skip
        await walk.repair_step(
            case, "decide", repair.DecideRepairRequest, "DecideRepair",
            confirm=confirm, reasons="经逐项核对",
        )  # fmt: skip
        outcome = "confirm_repair" if confirm else "decline_repair"
        walk.end("repair granted" if confirm else "repair refused", case, outcome)

    return path


async def overdue(walk: Walk) -> None:
    """Nobody decides while the clock passes over every reminder; then it is decided, late."""
    case = await _accepted(walk, await walk.record())
    await walk.late.wait()
    await walk.until_reminded(case, RUNGS)
    await walk.decided(case, walk.cast.first, "uphold")
    walk.end("overdue", case, "uphold")


# A repair needs a firm of its own: a new record would begin the waiting anew.
REPAIRS: tuple[Path, ...] = (repaired(confirm=True), repaired(confirm=False))
PATHS: tuple[Path, ...] = (
    granted,
    partly_granted,
    disclosure_ended,
    refused,
    declined,
    withdrawn,
    extended_to_the_cap,
    extension_refused,
    supplemented,
    recused,
    *map(reconsidered, ("uphold", "correct", "delete", "send_back")),
    *REPAIRS,
    overdue,
)
