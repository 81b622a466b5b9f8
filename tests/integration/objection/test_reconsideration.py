"""Reconsideration from end to end, on real processes: every outcome, and who hears it."""

from __future__ import annotations

from typing import Any

import pytest

from law.objection import Outcome
from plumbing.client import ask, new_request_id
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2
from tests.integration.objection.processes import (
    CITY,
    OTHER_BUREAU,
    Cast,
    Person,
    local,
    refused,
)
from tests.integration.objection.test_case_course import answer, recusal
from tests.integration.objection.test_objection import lodging

pytestmark = pytest.mark.asyncio(loop_scope="module")


def accepting(case: pb.Case) -> pb.AcceptObjectionRequest:
    return pb.AcceptObjectionRequest(request_id=new_request_id(), case_id=case.case_id)


async def declined(cast: Cast, person: Person, case: pb.Case) -> pb.Case:
    request = pb.DeclineObjectionRequest(
        request_id=new_request_id(), case_id=case.case_id, reasons="未附证据"
    )
    await ask(person.objection.DeclineObjection(request))
    return (await cast.until(case, lambda read: bool(read.letters))).case


async def withdrawn(cast: Cast, case: pb.Case) -> None:
    request = pb.WithdrawObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
    await ask(cast.operator.objection.WithdrawObjection(request))
    await cast.settled(case)


async def decided_by(cast: Cast, record_id: str) -> str:
    """The number of the case whose result stands against a new objection to a record, if any.

    What is told beforehand is what is answered to somebody who lodges the objection all the same.
    """
    told = await ask(
        cast.operator.objection.CheckObjection(pb.CheckObjectionRequest(subject_id=cast.subject_id))
    )
    number = {one.record_id: one.case.number for one in told.decided}.get(record_id, "")
    if number:
        refusal = await refused(cast.operator.objection.LodgeObjection(lodging(cast, record_id)))
        assert (refusal.reason, refusal.facts["number"]) == ("WRONG_STATE", number)
    return number


async def record_of(cast: Cast, case: pb.Case) -> registry_pb2.Record:
    return await cast.record(case.record_ids[0])


async def test_lodged_accepted_extended_and_upheld_by_the_city(cast: Cast) -> None:
    objection = await cast.refused_objection()
    case = await cast.reconsider(objection)
    assert (case.kind, case.state, case.bureau) == ("reconsideration", "lodged", CITY)
    assert (case.follows, case.number) == (objection.case_id, "复核〔2026〕330100-0001号")
    await cast.contested(case)
    accepted = (await ask(cast.reviewer.objection.AcceptObjection(accepting(case)))).case
    assert (accepted.term.target_on, accepted.term.cap_days) == ("2026-09-20", 20)
    asked = pb.RequestExtensionRequest(
        request_id=new_request_id(), case_id=case.case_id, days=15, ground="须委托技术鉴定"
    )
    await ask(cast.reviewer.objection.RequestExtension(asked))
    decision = pb.DecideExtensionRequest(
        request_id=new_request_id(), case_id=case.case_id, approve=True
    )
    extended = (await ask(cast.city_head.objection.DecideExtension(decision))).case
    assert (extended.term.target_on, extended.term.remaining_days) == ("2026-10-16", 20)
    await ask(cast.reviewer.objection.DecideObjection(cast.decision(case, "uphold")))
    read = await cast.closed(case)
    record = await record_of(cast, case)
    assert (record.status, record.contested) == ("active", False)
    (letter,) = read.letters
    assert (letter.title, letter.number) == ("复核决定书", "复核决定书〔2026〕330100-0001号")
    assert "维持原处理结果（维持），所涉记录不变" in letter.body
    assert f"未参加{objection.number}的任何环节" in letter.body
    assert [step.step for step in read.steps][:2] == ["lodge", "accept"]
    assert read.steps[1].note == f"办理人未参加{objection.number}的任何环节"


async def test_cases_of_one_matter_name_each_other(cast: Cast) -> None:
    objection = await cast.refused_objection()
    case = await cast.reconsider(objection)
    (later,) = (await cast.read(objection)).related
    (earlier,) = (await cast.read(case)).related
    assert (later.number, later.kind, later.state) == (case.number, "reconsideration", "lodged")
    assert (earlier.number, earlier.outcome) == (objection.number, "uphold")
    # The first bureau reads what the city does with its decision, its neighbour does not.
    request = pb.GetCaseRequest(case_id=case.case_id)
    assert (await ask(cast.caseworker.objection.GetCase(request))).case.number == case.number
    assert (await refused(cast.elsewhere.objection.GetCase(request))).reason == "NOT_PERMITTED"


async def test_the_decision_is_revoked_and_the_record_deleted(cast: Cast) -> None:
    case = await cast.reconsidered(await cast.refused_objection(), "delete")
    read = await cast.closed(case)
    record = await record_of(cast, case)
    assert (record.status, record.contested) == ("withdrawn", False)
    assert read.case.grade_after
    assert "撤销原处理结果（维持），所涉记录予以删除" in read.letters[0].body


async def test_the_decision_is_changed_and_the_record_corrected(cast: Cast) -> None:
    objection = await cast.refused_objection()
    right = pb.Correction(record_id=objection.record_ids[0], points=3, summary="已及时改正")
    case = await cast.reconsidered(objection, "correct", corrections=[right])
    read = await cast.closed(case)
    record = await record_of(cast, case)
    assert (record.points, record.summary, record.contested) == (3, "已及时改正", False)
    assert "变更原处理结果（维持）" in read.letters[0].body
    assert "更正为：分值：3；摘要：已及时改正" in read.letters[0].body


async def test_the_decision_is_changed_and_disclosure_ends(cast: Cast) -> None:
    case = await cast.reconsidered(await cast.refused_objection(), "stop_disclosure")
    await cast.closed(case)
    assert (await record_of(cast, case)).disclosure_stopped


async def test_sent_back_it_is_decided_anew_by_somebody_else_of_the_first_bureau(
    cast: Cast,
) -> None:
    objection = await cast.refused_objection()
    case = await cast.reconsidered(objection, "send_back")
    read = await cast.closed(case)
    assert "退回测试区市场监督管理局" in read.letters[0].body
    assert (await record_of(cast, case)).contested
    anew = (await cast.read(objection)).related[-1]
    assert (anew.kind, anew.state, anew.bureau) == ("objection", "accepted", objection.bureau)
    again = (await cast.read(pb.Case(case_id=anew.case_id))).case
    assert (again.follows, again.term.target_on) == (case.case_id, "2026-09-20")
    decision = cast.decision(again, "delete")
    stands_back = await refused(cast.caseworker.objection.DecideObjection(decision))
    assert "参加过原决定的人员应当回避" in stands_back.message_zh
    decision.request_id = new_request_id()
    await ask(cast.both.objection.DecideObjection(decision))
    closed = await cast.closed(again)
    record = await record_of(cast, case)
    assert (record.status, record.contested) == ("withdrawn", False)
    assert f"经{case.number}复核退回重新办理" in closed.letters[0].body


async def test_a_declined_objection_is_reconsidered_and_a_reconsideration_declined(
    cast: Cast,
) -> None:
    objection = await declined(cast, cast.caseworker, await cast.lodge(await cast.penalty()))
    await cast.settled(objection)
    case = await declined(cast, cast.reviewer, await cast.reconsider(objection))
    (letter,) = (await cast.read(case)).letters
    assert letter.title == "复核不予受理通知书"
    assert "（不予受理）申请复核" in letter.body
    assert not (await record_of(cast, case)).contested


async def test_only_the_city_hears_it_and_nobody_who_took_part(cast: Cast) -> None:
    case = await cast.reconsider(await cast.refused_objection())
    for person in (cast.caseworker, cast.both, cast.elsewhere, cast.unit_head):
        assert (await refused(person.objection.AcceptObjection(accepting(case)))).reason == (
            "NOT_PERMITTED"
        )
    other = await cast.lodge(await cast.penalty())
    wrong = await refused(cast.reviewer.objection.AcceptObjection(accepting(other)))
    assert wrong.reason == "NOT_PERMITTED"
    accepted = await cast.accept(other)
    back = await refused(
        cast.caseworker.objection.DecideObjection(cast.decision(accepted, "send_back"))
    )
    assert [fault[0] for fault in back.faults] == ["outcome"]


async def test_the_city_reconsiders_its_own_record_by_somebody_who_took_no_part(
    cast: Cast,
) -> None:
    record = await cast.penalty_of_the_city()
    objection = await cast.lodge(record)
    assert objection.bureau == CITY
    await ask(cast.city_caseworker.objection.AcceptObjection(accepting(objection)))
    await ask(cast.city_caseworker.objection.DecideObjection(cast.decision(objection, "uphold")))
    await cast.closed(objection)
    case = await cast.reconsider(objection)
    took_part = await refused(cast.city_caseworker.objection.AcceptObjection(accepting(case)))
    assert "参加过原决定的人员应当回避" in took_part.message_zh
    await ask(cast.reviewer.objection.AcceptObjection(accepting(case)))
    await ask(cast.reviewer.objection.DecideObjection(cast.decision(case, Outcome.UPHOLD)))
    read = await cast.closed(case)
    assert read.steps[1].note.startswith("所涉记录由本局作出；")
    assert "所涉记录由本局作出，现行文本未规定此时由谁复核" in read.letters[0].body


async def test_once_for_each_result_and_no_second_objection(cast: Cast) -> None:
    running = await cast.lodge(await cast.penalty())
    lodge = cast.operator.objection.LodgeReconsideration
    early = await refused(lodge(cast.reconsideration(running)))
    assert (early.reason, early.facts["cite"]) == ("WRONG_STATE", "S3 27")
    objection = await cast.refused_objection()
    theirs = await refused(
        cast.rival.objection.LodgeReconsideration(cast.reconsideration(objection))
    )
    assert theirs.reason == "NOT_PERMITTED"
    again = lodging(cast, *objection.record_ids)
    pointed = await refused(cast.operator.objection.LodgeObjection(again))
    assert (pointed.reason, pointed.facts["case"]) == ("WRONG_STATE", objection.case_id)
    assert "申请复核" in pointed.message_zh
    request = cast.reconsideration(objection)
    case = (await ask(lodge(request))).case
    assert (await ask(lodge(request))).case == case  # asked again: the same answer
    second = await refused(lodge(cast.reconsideration(objection)))
    assert (second.facts["number"], second.facts["cite"]) == (case.number, "S3 27")
    of_it = await refused(lodge(cast.reconsideration(case)))
    assert "不再复核" in of_it.message_zh
    withdrawal = pb.WithdrawObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
    await ask(cast.operator.objection.WithdrawObjection(withdrawal))
    await cast.settled(case)
    assert (await cast.reconsider(objection)).number != case.number


async def test_what_a_record_says_anew_can_be_objected_to_although_a_result_is_there(
    cast: Cast,
) -> None:
    objection = await cast.refused_objection()
    (record_id,) = objection.record_ids
    assert await decided_by(cast, record_id) == objection.number
    review = await cast.reconsidered(objection, "uphold")
    await cast.closed(review)
    assert await decided_by(cast, record_id) == review.number
    await cast.corrected(record_id, points=60, summary="使用未经检定的计量器具，拒不改正")
    assert not await decided_by(cast, record_id)
    anew = await cast.accept(await cast.lodge(await cast.record(record_id)))
    await cast.decide(anew, "uphold")
    await cast.closed(anew)
    assert await decided_by(cast, record_id) == anew.number


async def test_the_points_alone_are_other_content(cast: Cast) -> None:
    objection = await cast.refused_objection()
    (record_id,) = objection.record_ids
    await cast.corrected(record_id, points=60)
    assert not await decided_by(cast, record_id)
    await withdrawn(cast, await cast.lodge(await cast.record(record_id)))


async def test_what_a_decision_ordered_is_decided_and_what_it_replaced_is_not(cast: Cast) -> None:
    record = await cast.penalty()
    case = await cast.accept(await cast.lodge(record))
    right = pb.Correction(record_id=record.record_id, points=3, summary="已及时改正")
    await cast.decide(case, "correct", corrections=[right])
    await cast.closed(case)
    assert await decided_by(cast, record.record_id) == case.number
    back = await cast.record(record.record_id)
    assert (back.points, back.summary) == (3, "已及时改正")
    await cast.corrected(record.record_id, summary=record.summary)
    assert not await decided_by(cast, record.record_id)
    await withdrawn(cast, await cast.lodge(await cast.record(record.record_id)))


async def test_a_result_that_the_city_revoked_stands_in_nobodys_way(cast: Cast) -> None:
    objection = await cast.refused_objection()
    (record_id,) = objection.record_ids
    review = await cast.reconsidered(objection, "send_back")
    await cast.closed(review)
    again = (await cast.read(objection)).related[-1]
    await withdrawn(cast, pb.Case(case_id=again.case_id))
    assert not await decided_by(cast, record_id)
    anew = await cast.accept(await cast.lodge(await cast.record(record_id)))
    await cast.decide(anew, "uphold")
    await cast.closed(anew)
    assert await decided_by(cast, record_id) == anew.number
    assert (await cast.reconsider(anew)).follows == anew.case_id


async def test_a_matter_that_nobody_of_the_bureau_may_hear_goes_to_the_city(cast: Cast) -> None:
    """The bureau has three caseworkers: one entered the record, the others heard the objection."""
    first = await cast.lodge(await cast.penalty())
    await ask(cast.both.objection.AcceptObjection(accepting(first)))
    handed = handing_over(first)
    assert "本机关还有人可以办理" in (await refused(hands_over(cast.unit_head, handed))).message_zh
    await cast.decide(first, "uphold")
    review = await cast.reconsidered((await cast.closed(first)).case, "send_back")
    await cast.closed(review)
    case = pb.Case(case_id=(await cast.read(first)).related[-1].case_id)
    deciding = cast.both.objection.DecideObjection(cast.decision(case, "uphold"))
    assert (await refused(deciding)).reason == "NOT_PERMITTED"
    for head in (cast.unit_head, cast.city_head):
        listed = (await ask(head.objection.ListUnheardCases(pb.ListUnheardCasesRequest()))).cases
        [unheard] = [one for one in listed if one.case.case_id == case.case_id]
        reasons = {one.name: one.reason_zh for one in unheard.standbacks}
        assert set(reasons) == {"enterer", "caseworker", "both"}
        assert reasons["enterer"] == "不得对本人录入的记录作出决定"
        assert reasons["both"] == "参加过原决定的人员应当回避"
        assert list(unheard.hand_over_to) == [CITY]
    handed = handing_over(case, bureau=OTHER_BUREAU)
    assert (await refused(hands_over(cast.unit_head, handed))).faults[0][0] == "bureau"
    request = recusal(case)  # still waits when the case goes
    asked = (await ask(cast.caseworker.objection.AskRecusal(request))).recusal
    handed = handing_over(case)
    moved = (await ask(hands_over(cast.unit_head, handed))).case
    assert (moved.bureau, moved.state, moved.caseworker) == (CITY, "accepted", "")
    # As after a lost answer: the same one, although the case is in the bureau's scope no more.
    assert (await ask(hands_over(cast.unit_head, handed))).case == moved
    assert (await refused(hands_over(cast.unit_head, handing_over(case)))).reason == "NOT_PERMITTED"
    waiting = (await ask(cast.city_head.objection.ListRecusals(pb.ListRecusalsRequest()))).recusals
    assert asked.recusal_id in {one.recusal_id for one in waiting}
    answered = await ask(cast.city_head.objection.DecideRecusal(answer(asked, approve=False)))
    assert answered.recusal.answer == "refused"
    await ask(cast.city_caseworker.objection.DecideObjection(cast.decision(case, "delete")))
    read = await cast.closed(case)
    assert (await record_of(cast, first)).status == "withdrawn"
    [step] = [one for one in read.steps if one.step == "hand_over"]
    assert "本局人员均须回避" in step.note


def handing_over(case: pb.Case, bureau: str = CITY) -> pb.HandOverCaseRequest:
    return pb.HandOverCaseRequest(
        request_id=new_request_id(), case_id=case.case_id, bureau=bureau, reasons="本局人员均须回避"
    )


def hands_over(person: Person, request: pb.HandOverCaseRequest) -> Any:
    return person.objection.HandOverCase(request)


async def test_whoever_withdrew_an_objection_contests_the_record_once_the_next_is_accepted(
    cast: Cast,
) -> None:
    record = await cast.penalty()
    first = await cast.lodge(record)
    assert not first.marks_on_acceptance
    await cast.contested(first)
    await withdrawn(cast, first)
    again = await cast.lodge(record)
    assert again.marks_on_acceptance
    await withdrawn(cast, again)  # its workflow has run, and marked nothing
    versions = (await cast.record(record.record_id)).version
    third = await cast.lodge(record)
    assert (await cast.record(record.record_id)).version == versions == record.version + 2
    await cast.accept(third)
    await cast.contested(third)
    await cast.decide(third, "uphold")
    await cast.closed(third)
    assert not (await cast.record(record.record_id)).contested


async def test_a_reconsideration_that_nobody_accepts_is_reminded_of(cast: Cast) -> None:
    case = await cast.reconsider(await cast.refused_objection())
    await cast.processes.advance_to(local("2026-09-18", 10))
    await cast.until(case, lambda read: len(rungs(read)) == 1)
    await cast.processes.advance_to(local("2026-09-22", 10))
    read = await cast.until(case, lambda read: len(rungs(read)) == 2)
    near, over = rungs(read)
    assert "尚未决定是否受理" in near
    assert "天数为示例值" in near
    assert "请单位负责人督办" in over


def rungs(read: pb.GetCaseResponse) -> list[str]:
    return [step.note for step in read.steps if step.step == "rung"]


async def test_everything_agrees_afterwards(cast: Cast) -> None:
    assert [problem.message_en for problem in (await cast.check()).problems] == []
