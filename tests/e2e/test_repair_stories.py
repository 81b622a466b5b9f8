"""Stories of credit repair on the platform: refused for each missing condition, and granted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from plumbing.client import Refusal, ask, new_request_id
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import evidence_pb2 as files
from protos.objection.v1 import objection_pb2 as cases
from protos.objection.v1 import repair_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from tests.e2e.running_platform import RunningPlatform, until

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAPERS = ("promise", "proof")


@dataclass
class Shop:
    """A subject with records of its own, and its operator."""

    platform: RunningPlatform
    subject_id: str
    operator: Client

    async def entered(self, days_ago: int, **changed: Any) -> registry.Record:
        """A penalty determined so many days ago, once the grade takes it into account."""
        day = (await self.platform.today() - timedelta(days=days_ago)).isoformat()
        fields = {"severity": "general", "final": True, "points": 5}
        days = {"occurred_on": day, "determined_on": day}
        record = await self.platform.enter_penalty(self.subject_id, **(fields | days | changed))
        await self.platform.grade_after(record)
        return record

    async def check(self, record: registry.Record) -> pb.CheckRepairResponse:
        ask_for = pb.CheckRepairRequest(subject_id=self.subject_id, record_ids=[record.record_id])
        return await ask(self.operator.repair.CheckRepair(ask_for))

    async def lodge(self, record: registry.Record, papers: Sequence[str] = PAPERS) -> cases.Case:
        """Applies for the repair of a record, with these papers."""
        request = pb.LodgeRepairRequest(
            request_id=new_request_id(),
            subject_id=self.subject_id,
            record_ids=[record.record_id],
            grounds="器具已重新检定，罚款已缴清",
            promise="今后按期申请检定",
            evidence_ids=[await self._sent(paper) for paper in papers],
        )
        return (await ask(self.operator.repair.LodgeRepair(request))).case

    async def _sent(self, paper: str) -> str:
        header = files.EvidenceHeader(
            request_id=new_request_id(), subject_id=self.subject_id, purpose=paper,
            file_name="合成.pdf",
        )  # fmt: skip
        parts = [
            files.UploadEvidenceRequest(header=header),
            files.UploadEvidenceRequest(content=b"%PDF-1.7 " + uuid4().bytes),
        ]
        answer = await ask(self.operator.evidence.UploadEvidence(iter(parts)))
        return str(answer.evidence.evidence_id)


@pytest_asyncio.fixture(loop_scope="module")
async def shop(platform: RunningPlatform) -> Shop:
    """A shop for one story, so that no story disturbs another."""
    return Shop(platform, *await platform.another_subject())


async def refused(call: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await ask(call)
    return caught.value


async def accepted(shop: Shop, case: cases.Case, *, unmet: str = "") -> None:
    """Accepts an application; the caseworker finds every fact proven but this one."""
    caseworker = shop.platform.clients["caseworker"].repair
    accept = pb.AcceptRepairRequest(request_id=new_request_id(), case_id=case.case_id)
    case = (await ask(caseworker.AcceptRepair(accept))).case
    for condition in [one for one in case.repair.conditions if one.to_confirm]:
        confirm = pb.ConfirmConditionRequest(
            request_id=new_request_id(), case_id=case.case_id, condition_id=condition.id,
            met=condition.id != unmet, ground="查验缴款凭证和现场",
        )  # fmt: skip
        await ask(caseworker.ConfirmCondition(confirm))


def deciding(case: cases.Case, *, confirm: bool) -> pb.DecideRepairRequest:
    return pb.DecideRepairRequest(
        request_id=new_request_id(), case_id=case.case_id, confirm=confirm, reasons="经逐项核对"
    )


async def decided(shop: Shop, case: cases.Case, *, confirm: bool) -> cases.GetCaseResponse:
    caseworker = shop.platform.clients["caseworker"].repair
    await ask(caseworker.DecideRepair(deciding(case, confirm=confirm)))
    return await shop.platform.closed(case.case_id)


async def test_repair_refused_before_a_year_at_the_lowest_grade(shop: Shop) -> None:
    record = await shop.entered(100, points=20)
    await not_yet(shop, record, "waited")


async def test_repair_refused_before_the_shortest_publication(shop: Shop) -> None:
    record = await shop.entered(30)
    await not_yet(shop, record, "published")


async def not_yet(shop: Shop, record: registry.Record, condition_id: str) -> None:
    """An application is refused with the first day on which a condition will be met."""
    answer = await shop.check(record)
    [condition] = [one for one in answer.repair.conditions if one.id == condition_id]
    assert (answer.may_lodge, condition.met) == (False, False)
    assert condition.met_from == answer.may_lodge_from
    with pytest.raises(Refusal) as caught:
        await shop.lodge(record)
    assert caught.value.facts["met_from"] == condition.met_from
    assert condition.met_from in caught.value.message_zh
    assert condition.cite.split("; ")[0] in caught.value.facts["cite"]
    assert (await shop.platform.record(record.record_id)).status == "active"


async def test_repair_refused_for_a_new_record_of_the_same_kind(shop: Shop) -> None:
    first = await shop.entered(400, points=20)
    newer = await shop.entered(120, points=3)
    answer = await shop.check(first)
    [condition] = [one for one in answer.repair.conditions if one.id == "nothing_new"]
    assert (condition.met, list(condition.in_the_way)) == (False, [newer.record_id])
    case = await shop.lodge(first)
    await accepted(shop, case)
    await refused_for(shop, case, first, "nothing_new")


@pytest.mark.parametrize("paper", PAPERS)
async def test_repair_refused_without_a_paper(shop: Shop, paper: str) -> None:
    record = await shop.entered(120)
    case = await shop.lodge(record, [one for one in PAPERS if one != paper])
    await accepted(shop, case)
    missing = "promised" if paper == "promise" else "proof"
    await refused_for(shop, case, record, missing)


@pytest.mark.parametrize("fact", ["corrected", "impact_removed", "duties_performed"])
async def test_repair_refused_for_a_fact_that_is_not_proven(shop: Shop, fact: str) -> None:
    record = await shop.entered(120)
    case = await shop.lodge(record)
    await accepted(shop, case, unmet=fact)
    await refused_for(shop, case, record, fact)


async def refused_for(shop: Shop, case: cases.Case, record: registry.Record, missing: str) -> None:
    """Nobody can confirm the repair; it is refused by a letter that names what is missing."""
    caseworker = shop.platform.clients["caseworker"].repair
    refusal = await refused(caseworker.DecideRepair(deciding(case, confirm=True)))
    assert refusal.facts["conditions"] == missing
    closed = await decided(shop, case, confirm=False)
    [condition] = [one for one in closed.case.repair.conditions if one.id == missing]
    [letter] = closed.letters
    assert letter.title == "不予信用修复决定书"
    assert f"{condition.text_zh}（依据：" in letter.body
    present = await shop.platform.record(record.record_id)
    assert (present.status, present.contested) == ("active", False)


async def test_repair_granted(shop: Shop) -> None:
    record = await shop.entered(400, points=20)
    case = await shop.lodge(record)
    await accepted(shop, case)
    closed = await decided(shop, case, confirm=True)
    assert (closed.case.grade_before, closed.letters[0].title) == ("E", "准予信用修复决定书")
    present = await shop.platform.record(record.record_id)
    assert present.status == "repaired"

    async def lifted() -> grading.Grade | None:
        request = grading.GetGradeRequest(subject_id=shop.subject_id)
        grade = (await ask(shop.operator.grading.GetGrade(request))).grade
        return grade if grade.grade == closed.case.grade_after != "E" else None

    assert (await until(lifted)).grade == closed.case.grade_after
