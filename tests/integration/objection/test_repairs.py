"""Repairs over gRPC, on real processes: conditions, the term, the decision, and what follows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from plumbing.client import Refusal, ask, new_request_id
from protos.grading.v1 import grading_pb2
from protos.objection.v1 import objection_pb2 as cases
from protos.objection.v1 import repair_pb2 as pb
from protos.operations.v1 import operations_pb2 as operations
from protos.registry.v1 import registry_pb2
from tests.integration.objection.processes import (
    ROLES,
    Cast,
    Person,
    engaged,
    local,
    refused,
    registered,
)
from tests.integration.objection.test_evidence import pdf, send
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")
FACTS = ("duties_performed", "impact_removed")
FACTS_BELOW_E = ("corrected", *reversed(FACTS))
# A general record of that day has been public for its shortest time (C-37).
YEAR_AGO, TOO_LATE, PUBLIC = "2025-09-10", "2026-09-01", "2026-06-10"


@dataclass
class Shop:
    """A subject and its operator for one test, so that no test disturbs another."""

    cast: Cast
    subject_id: str
    operator: Person

    async def entered(self, **changed: Any) -> registry_pb2.Record:
        """A record, once the grade takes it into account."""
        fields = {"determined_on": PUBLIC, "occurred_on": PUBLIC} | changed
        record = await self.cast.penalty(self.subject_id, **fields)
        request = grading_pb2.GetRecordGradedRequest(record_id=record.record_id, version=1)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (  # noqa: ASYNC110
                await ask(self.cast.caseworker.grading.GetRecordGraded(request))
            ).graded:
                await asyncio.sleep(0.05)
        return record

    async def check(self, *records: registry_pb2.Record) -> pb.CheckRepairResponse:
        ids = [record.record_id for record in records]
        request = pb.CheckRepairRequest(subject_id=self.subject_id, record_ids=ids)
        return await ask(self.operator.repair.CheckRepair(request))

    async def papers(self, *papers: str) -> list[str]:
        """The ids of papers that are held for an application."""
        own = self.subject_id
        return [
            (await send(self.operator, pdf(), purpose=paper, subject_id=own)).evidence_id
            for paper in papers
        ]

    def lodging(self, *records: registry_pb2.Record, files: Any = ()) -> pb.LodgeRepairRequest:
        return pb.LodgeRepairRequest(
            request_id=new_request_id(),
            evidence_ids=files,
            subject_id=self.subject_id,
            record_ids=[record.record_id for record in records],
            grounds="器具已重新检定，罚款已缴清",
            evidence=["缴款凭证"],
            promise="今后按期申请检定",
        )

    async def lodge(
        self, *records: registry_pb2.Record, papers: Any = ("promise", "proof")
    ) -> cases.Case:
        request = self.lodging(*records, files=await self.papers(*papers))
        return (await ask(self.operator.repair.LodgeRepair(request))).case

    async def closed(self, case: cases.Case, state: str = "closed") -> cases.GetCaseResponse:
        """The case once nothing more follows from it."""
        request = cases.GetCaseRequest(case_id=case.case_id)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                read: cases.GetCaseResponse = await ask(self.operator.objection.GetCase(request))
                if read.case.state == state and (state == "withdrawn" or read.letters):
                    return read
                await asyncio.sleep(0.05)


async def shop_of(cast: Cast, name: str) -> Shop:
    subject_id = await registered(cast.enterer, f"测试加油站{name}")
    operator = await engaged(
        cast.processes, cast.administrator, name, [ROLES.ROLE_OPERATOR], "", subject_id
    )
    return Shop(cast, subject_id, operator)


async def accept(person: Person, case: cases.Case) -> cases.Case:
    request = pb.AcceptRepairRequest(request_id=new_request_id(), case_id=case.case_id)
    return (await ask(person.repair.AcceptRepair(request))).case


def confirming(case: cases.Case, condition: str, *, met: bool = True) -> pb.ConfirmConditionRequest:
    return pb.ConfirmConditionRequest(
        request_id=new_request_id(),
        case_id=case.case_id,
        condition_id=condition,
        met=met,
        ground="查验缴款凭证和现场，属实",
    )


def deciding(case: cases.Case, *, confirm: bool) -> pb.DecideRepairRequest:
    return pb.DecideRepairRequest(
        request_id=new_request_id(), case_id=case.case_id, confirm=confirm, reasons="经逐项核对"
    )


def met_by_condition(case: cases.Case) -> dict[str, bool]:
    """Which condition is met."""
    return {condition.id: condition.met for condition in case.repair.conditions}


async def test_a_confirmed_repair_lifts_the_grade_and_says_why(cast: Cast) -> None:
    shop = await shop_of(cast, "restored")
    record = await shop.entered(points=20, occurred_on=YEAR_AGO, determined_on=YEAR_AGO)
    answer = await shop.check()
    assert (answer.may_lodge, list(answer.record_ids)) == (True, [record.record_id])
    assert (answer.repair.grade, answer.repair.spell_began_on) == ("E", YEAR_AGO)
    case = await shop.lodge()
    assert case.number == "修复〔2026〕330106-0001号"
    assert (case.kind, case.state, case.repair.whole_spell) == ("repair", "lodged", True)
    # From submission, across 中秋 and 国庆 with their make-up days (C-13).
    assert (case.term.started_on, case.term.target_on) == ("2026-09-14", "2026-10-10")
    assert met_by_condition(case) == {
        "duties_performed": False,
        "impact_removed": False,
        "waited": True,
        "nothing_new": True,
        "published": True,
        "promised": True,
        "proof": True,
    }
    assert list(case.repair.papers) == ["promise", "proof"]
    await accept(cast.caseworker, case)
    early = await refused(cast.caseworker.repair.DecideRepair(deciding(case, confirm=True)))
    assert early.facts["conditions"] == "duties_performed,impact_removed"
    author = await refused(cast.enterer.repair.ConfirmCondition(confirming(case, FACTS[0])))
    assert author.code is grpc.StatusCode.PERMISSION_DENIED
    unknown = await refused(cast.caseworker.repair.ConfirmCondition(confirming(case, "waited")))
    assert unknown.code is grpc.StatusCode.INVALID_ARGUMENT
    confirmed = [
        (await ask(cast.caseworker.repair.ConfirmCondition(confirming(case, one)))).case
        for one in FACTS
    ]
    assert all(met_by_condition(confirmed[-1]).values())
    assert confirmed[-1].repair.conditions[0].confirmed_by == cast.caseworker.account_id
    groundless = await refused(cast.caseworker.repair.DecideRepair(deciding(case, confirm=False)))
    assert groundless.code is grpc.StatusCode.FAILED_PRECONDITION
    await ask(cast.caseworker.repair.DecideRepair(deciding(case, confirm=True)))
    await carried_through(shop, case, record)


async def carried_through(shop: Shop, case: cases.Case, record: registry_pb2.Record) -> None:
    """The record is repaired, the grade is lifted, and the letter says why."""
    read = await shop.closed(case)
    assert (read.case.outcome, read.case.grade_before, read.case.grade_after) == (
        "confirm_repair",
        "E",
        "B",
    )
    after = await shop.cast.record(record.record_id)
    assert (after.status, after.status_on) == ("repaired", "2026-09-14")
    [letter] = read.letters
    assert letter.title == "准予信用修复决定书"
    for part in (read.case.receipt_before, read.case.receipt_after, "满1年", "浙江省", "属实"):
        assert part in letter.body
    assert [step.step for step in read.steps] == [
        "lodge",
        "add_evidence",
        "add_evidence",
        "accept",
        "confirm_condition",
        "confirm_condition",
        "decide",
        "close",
    ]


async def test_an_application_before_its_day_is_refused_with_that_day(cast: Cast) -> None:
    shop = await shop_of(cast, "too-early")
    await shop.entered(points=20, determined_on=TOO_LATE)
    answer = await shop.check()
    assert (answer.may_lodge, answer.may_lodge_from) == (False, "2027-09-01")
    refusal = await refused(shop.operator.repair.LodgeRepair(shop.lodging()))
    assert refusal.code is grpc.StatusCode.FAILED_PRECONDITION
    assert refusal.facts["met_from"] == "2027-09-01"
    assert "2027-09-01" in refusal.message_zh


async def test_a_record_is_repaired_once_it_was_public_for_its_shortest_time(cast: Cast) -> None:
    shop = await shop_of(cast, "still-public")
    record = await shop.entered(points=5, determined_on="2026-08-20", occurred_on="2026-08-10")
    answer = await shop.check(record)
    assert (answer.may_lodge, answer.may_lodge_from) == (False, "2026-11-20")
    [why] = [one for one in answer.repair.conditions if one.met_from and not one.met]
    assert (why.id, list(why.in_the_way)) == ("published", [record.record_id])
    refusal = await refused(shop.operator.repair.LodgeRepair(shop.lodging(record)))
    assert refusal.facts["met_from"] == "2026-11-20"
    assert "NDRC-REPAIR" in refusal.facts["cite"]
    minor = await shop.entered(
        points=2, severity="minor", determined_on="2026-09-10", occurred_on="2026-09-09"
    )
    assert (await shop.check(minor)).may_lodge


async def test_no_repair_is_confirmed_without_its_papers(cast: Cast) -> None:
    shop = await shop_of(cast, "paperless")
    record = await shop.entered(points=5)
    case = await shop.lodge(record, papers=["proof"])
    await accept(cast.caseworker, case)
    for condition in FACTS_BELOW_E:
        await ask(cast.caseworker.repair.ConfirmCondition(confirming(case, condition)))
    missing = await refused(cast.caseworker.repair.DecideRepair(deciding(case, confirm=True)))
    assert missing.facts["conditions"] == "promised"
    assert "NDRC-REPAIR 申请条件(三)" in missing.facts["cite"]
    promise = await send(shop.operator, pdf(), case_id=case.case_id, purpose="promise")
    read = await ask(shop.operator.objection.GetCase(cases.GetCaseRequest(case_id=case.case_id)))
    assert list(read.case.repair.papers) == ["promise", "proof"]
    assert all(met_by_condition(read.case).values())
    assert promise.purpose == "promise"
    await ask(cast.caseworker.repair.DecideRepair(deciding(case, confirm=True)))
    await shop.closed(case)
    assert (await cast.record(record.record_id)).status == "repaired"


async def test_a_refused_applicant_may_apply_again(cast: Cast) -> None:
    shop = await shop_of(cast, "refused-once")
    record = await shop.entered(points=5)
    case = await shop.lodge(record)
    await accept(cast.caseworker, case)
    for condition in FACTS_BELOW_E:
        request = confirming(case, condition, met=condition != "impact_removed")
        await ask(cast.caseworker.repair.ConfirmCondition(request))
    unmet = await refused(cast.caseworker.repair.DecideRepair(deciding(case, confirm=True)))
    assert unmet.facts["conditions"] == "impact_removed"
    await ask(cast.caseworker.repair.DecideRepair(deciding(case, confirm=False)))
    [letter] = (await shop.closed(case)).letters
    assert letter.title == "不予信用修复决定书"
    assert "社会不良影响已消除（依据：" in letter.body
    again = await lodged_once_free(shop, record)
    await accept(cast.caseworker, again)
    for condition in FACTS_BELOW_E:
        await ask(cast.caseworker.repair.ConfirmCondition(confirming(again, condition)))
    await ask(cast.caseworker.repair.DecideRepair(deciding(again, confirm=True)))
    await shop.closed(again)
    assert (await cast.record(record.record_id)).status == "repaired"


async def lodged_once_free(shop: Shop, record: registry_pb2.Record) -> cases.Case:
    """A further application, once the one before is settled."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await shop.lodge(record)
            except Refusal:
                await asyncio.sleep(0.05)


async def test_a_supplement_is_asked_for_by_letter_and_the_term_runs_on(cast: Cast) -> None:
    shop = await shop_of(cast, "supplemented")
    record = await shop.entered(points=5)
    case = await shop.lodge(record)
    met = met_by_condition(case)
    assert {name for name, is_met in met.items() if not is_met} == set(FACTS_BELOW_E)
    request = pb.RequestSupplementRequest(
        request_id=new_request_id(), case_id=case.case_id, missing="检定证书"
    )
    waiting = (await ask(cast.caseworker.repair.RequestSupplement(request))).case
    assert (waiting.state, waiting.repair.supplement_requested) == (
        "supplement_requested",
        "检定证书",
    )
    assert waiting.term == case.term
    adding = pb.SupplementRepairRequest(
        request_id=new_request_id(), case_id=case.case_id, note="补交", evidence=["检定证书1号"]
    )
    stranger = await refused(cast.rival.repair.SupplementRepair(adding))
    assert stranger.code is grpc.StatusCode.PERMISSION_DENIED
    added = (await ask(shop.operator.repair.SupplementRepair(adding))).case
    assert (added.state, list(added.evidence)) == ("lodged", ["缴款凭证", "检定证书1号"])
    await accept(cast.caseworker, case)
    late = await refused(
        cast.caseworker.repair.RequestSupplement(
            pb.RequestSupplementRequest(
                request_id=new_request_id(), case_id=case.case_id, missing="又想起一件"
            )
        )
    )
    assert late.code is grpc.StatusCode.FAILED_PRECONDITION
    not_met = confirming(case, "corrected", met=False)
    answered = (await ask(cast.caseworker.repair.ConfirmCondition(not_met))).case
    assert (met_by_condition(answered)["corrected"], answered.repair.conditions[0].ground) == (
        False,
        "查验缴款凭证和现场，属实",
    )
    await ask(cast.caseworker.repair.DecideRepair(deciding(case, confirm=False)))
    read = await shop.closed(case)
    titles = [letter.title for letter in read.letters]
    assert titles == ["信用修复申请补正通知书", "不予信用修复决定书"]
    assert "重新申请" in read.letters[1].body
    assert (await cast.record(record.record_id)).status == "active"


async def test_roles_kinds_and_open_cases_are_kept_apart(cast: Cast) -> None:
    shop = await shop_of(cast, "to-and-fro")
    record = await shop.entered(points=5)
    rival = await refused(cast.rival.repair.LodgeRepair(shop.lodging(record)))
    assert rival.code is grpc.StatusCode.PERMISSION_DENIED
    case = await shop.lodge(record)
    second = await refused(shop.operator.repair.LodgeRepair(shop.lodging(record)))
    assert second.facts["number"] == case.number
    # The subject may also object to the record meanwhile: that is a separate question.
    disputed = cases.LodgeObjectionRequest(
        request_id=new_request_id(),
        subject_id=shop.subject_id,
        record_ids=[record.record_id],
        grounds="记录有误",
    )
    objection = (await ask(shop.operator.objection.LodgeObjection(disputed))).case
    wrong_door = cases.AcceptObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
    strayed = await refused(cast.caseworker.objection.AcceptObjection(wrong_door))
    assert strayed.code is grpc.StatusCode.NOT_FOUND
    listing = cases.ListCasesRequest(subject_id=shop.subject_id, kind="repair")
    listed = (await ask(cast.caseworker.objection.ListCases(listing))).cases
    assert [one.case_id for one in listed] == [case.case_id]
    elsewhere = pb.AcceptRepairRequest(request_id=new_request_id(), case_id=case.case_id)
    foreign = await refused(cast.elsewhere.repair.AcceptRepair(elsewhere))
    assert foreign.code is grpc.StatusCode.PERMISSION_DENIED
    taking_back = pb.WithdrawRepairRequest(request_id=new_request_id(), case_id=case.case_id)
    await ask(shop.operator.repair.WithdrawRepair(taking_back))
    assert not (await shop.closed(case, "withdrawn")).letters
    await _free_again(shop, record)
    assert objection.kind == "objection"


async def _free_again(shop: Shop, record: registry_pb2.Record) -> None:
    again = await lodged_once_free(shop, record)
    request = pb.DeclineRepairRequest(
        request_id=new_request_id(), case_id=again.case_id, reasons="材料不实"
    )
    await ask(shop.cast.caseworker.repair.DeclineRepair(request))
    read = await shop.closed(again, "declined")
    assert [letter.title for letter in read.letters] == ["信用修复不予受理通知书"]


async def test_a_late_decision_is_escalated_and_a_crash_loses_nothing(cast: Cast) -> None:
    shop = await shop_of(cast, "late")
    record = await shop.entered(points=5)
    case = await shop.lodge(record)
    await accept(cast.caseworker, case)
    for condition in FACTS_BELOW_E:
        await ask(cast.caseworker.repair.ConfirmCondition(confirming(case, condition)))
    await cast.processes.advance_to(local("2026-10-13", 10))
    request = cases.GetCaseRequest(case_id=case.case_id)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            read = await ask(shop.operator.objection.GetCase(request))
            if any(step.step == "rung" for step in read.steps):
                break
            await asyncio.sleep(0.05)
    # The clock jumped over four reminders: three are noted, and only the last was announced.
    told = [step.step for step in read.steps if step.step.startswith("rung")]
    assert told == [*["rung_overtaken"] * 3, "rung"]
    assert read.case.term.overdue
    checked = await cast.check()
    assert [p.message_en for p in checked.problems] == []
    assert {f.name: f.value for f in checked.figures}["cases.overdue"] >= 1
    await ask(cast.caseworker.repair.DecideRepair(deciding(case, confirm=True)))
    cast.processes.kill("objection", "registry")
    await cast.processes.start("registry", "objection")
    reconcile = operations.ReconcileRequest(request_id=new_request_id())
    await ask(cast.administrator.operations.Reconcile(reconcile))
    await shop.closed(case)
    assert (await cast.record(record.record_id)).status == "repaired"
    assert not (await cast.check()).problems
