"""Supplements before acceptance and recusal, on real processes."""

from __future__ import annotations

from typing import Any

import pytest

from plumbing.client import ask, new_request_id
from protos.objection.v1 import delivery_pb2 as delivery
from protos.objection.v1 import objection_pb2 as pb
from tests.integration.objection.processes import CITY, Cast, Person, local, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


def asking(case: pb.Case, missing: str = "检定证书复印件") -> pb.AskSupplementRequest:
    return pb.AskSupplementRequest(
        request_id=new_request_id(), case_id=case.case_id, missing=missing
    )


def supplying(case: pb.Case) -> pb.SupplementObjectionRequest:
    return pb.SupplementObjectionRequest(
        request_id=new_request_id(),
        case_id=case.case_id,
        note="补交检定证书",
        evidence=["检定证书 测检字第2号"],
    )


def declining(case: pb.Case) -> pb.DeclineObjectionRequest:
    return pb.DeclineObjectionRequest(
        request_id=new_request_id(), case_id=case.case_id, reasons="逾期未补正"
    )


def recusal(case: pb.Case, person: str = "", **changed: Any) -> pb.AskRecusalRequest:
    fields: dict[str, Any] = {"ground": "relation", "reasons": "曾共同经营（合成）"} | changed
    return pb.AskRecusalRequest(
        request_id=new_request_id(), case_id=case.case_id, person=person, **fields
    )


async def asked_of(cast: Cast, case: pb.Case, person: Person) -> pb.Recusal:
    request = recusal(case, person.account_id)
    return (await ask(cast.operator.objection.AskRecusal(request))).recusal


def answer(one: pb.Recusal, *, approve: bool, successor: str = "") -> pb.DecideRecusalRequest:
    return pb.DecideRecusalRequest(
        request_id=new_request_id(),
        recusal_id=one.recusal_id,
        approve=approve,
        reasons="情况属实" if approve else "不影响公正办理",
        successor=successor,
    )


async def test_an_objection_is_supplemented_and_goes_on(cast: Cast) -> None:
    case = await cast.lodge(await cast.penalty())
    asked = (await ask(cast.caseworker.objection.AskSupplement(asking(case)))).case
    assert (asked.state, asked.acts_next) == ("supplement_requested", "applicant")
    assert asked.supplement.term.target_on == "2026-09-28"  # 10 working days; the 25th is none
    assert asked.supplement.example
    read = await cast.until(case, lambda read: bool(read.letters))
    assert read.letters[0].title == "异议申请补正通知书"
    assert "检定证书复印件" in read.letters[0].body
    early = await refused(cast.caseworker.objection.DeclineObjection(declining(case)))
    assert (early.reason, early.facts["until"]) == ("WRONG_STATE", "2026-09-28")
    wrong = await refused(cast.rival.objection.SupplementObjection(supplying(case)))
    assert wrong.reason == "NOT_PERMITTED"
    supplied = (await ask(cast.operator.objection.SupplementObjection(supplying(case)))).case
    assert (supplied.state, supplied.acts_next) == ("lodged", "caseworker")
    assert not supplied.HasField("supplement")
    assert list(supplied.evidence) == ["检定证书 测检字第1号", "检定证书 测检字第2号"]
    accepted = await cast.accept(case)
    late = await refused(cast.caseworker.objection.AskSupplement(asking(case)))
    assert late.reason == "WRONG_STATE"
    await cast.decide(accepted, "uphold")
    await cast.closed(case)


async def test_a_reconsideration_is_supplemented_by_its_own_letter(cast: Cast) -> None:
    case = await cast.reconsider(await cast.refused_objection())
    wrong = await refused(cast.caseworker.objection.AskSupplement(asking(case)))
    assert wrong.reason == "NOT_PERMITTED"
    await ask(cast.reviewer.objection.AskSupplement(asking(case)))
    await ask(cast.operator.objection.SupplementObjection(supplying(case)))
    again = await ask(cast.reviewer.objection.AskSupplement(asking(case, "委托书")))
    assert again.case.supplement.missing == "委托书"
    titles = [letter.title for letter in (await cast.read(case)).letters]
    assert titles == ["复核申请补正通知书", "复核申请补正通知书（第2次）"]


async def test_who_stands_back_gives_the_case_to_another(cast: Cast) -> None:
    case = await cast.accept(await cast.lodge(await cast.penalty()))
    nobody = await refused(
        cast.operator.objection.AskRecusal(recusal(case, cast.reviewer.account_id))
    )
    assert [fault[0] for fault in nobody.faults] == ["person"]
    one = await asked_of(cast, case, cast.caseworker)
    assert (one.name, one.own_accord, one.answer) == ("caseworker", False, "")
    again = await refused(
        cast.operator.objection.AskRecusal(recusal(case, cast.caseworker.account_id))
    )
    assert again.reason == "WRONG_STATE"
    # The term goes on, and only the decision waits.
    waits = await refused(cast.caseworker.objection.DecideObjection(cast.decision(case, "uphold")))
    assert (waits.reason, "单位负责人决定" in waits.message_zh) == ("WRONG_STATE", True)
    waiting = (await ask(cast.unit_head.objection.ListRecusals(pb.ListRecusalsRequest()))).recusals
    assert [row.recusal_id for row in waiting] == [one.recusal_id]
    asked = pb.ListRecusalsRequest(case_id=case.case_id)
    able = (await ask(cast.unit_head.objection.ListRecusals(asked))).successors
    assert cast.both.account_id in {person.account_id for person in able}
    above = await refused(cast.city_head.objection.DecideRecusal(answer(one, approve=True)))
    assert above.reason == "NOT_PERMITTED"
    wrong = answer(one, approve=True, successor=cast.reviewer.account_id)
    unable = await refused(cast.unit_head.objection.DecideRecusal(wrong))
    assert [fault[0] for fault in unable.faults] == ["successor"]
    request = answer(one, approve=True, successor=cast.both.account_id)
    decided = (await ask(cast.unit_head.objection.DecideRecusal(request))).recusal
    assert (decided.answer, decided.successor) == ("approved", cast.both.account_id)
    read = await cast.read(case)
    assert read.case.caseworker == cast.both.account_id
    assert [step.step for step in read.steps][-2:] == ["ask_recusal", "approve_recusal"]
    out = await refused(cast.caseworker.objection.DecideObjection(cast.decision(case, "uphold")))
    assert (out.reason, "回避本案" in out.message_zh) == ("NOT_PERMITTED", True)
    await ask(cast.both.objection.DecideObjection(cast.decision(case, "uphold")))
    [letter] = (await cast.closed(case)).letters
    served = delivery.RecordDeliveryRequest(
        request_id=new_request_id(),
        case_id=case.case_id,
        letter_id=letter.letter_id,
        means="served",
        served_on="2026-09-14",
        remark="送达回证〔2026〕9号",
    )
    out = await refused(cast.caseworker.deliveries.RecordDelivery(served))
    assert (out.reason, "回避本案" in out.message_zh) == ("NOT_PERMITTED", True)
    await ask(cast.both.deliveries.RecordDelivery(served))


async def test_a_unit_head_is_decided_on_by_the_head_above(cast: Cast) -> None:
    case = await cast.accept(await cast.lodge(await cast.penalty()))
    one = await asked_of(cast, case, cast.unit_head)
    assert one.decided_above
    own = await refused(cast.unit_head.objection.DecideRecusal(answer(one, approve=False)))
    assert "不得决定本人的回避" in own.message_zh
    beside = await refused(cast.both.objection.DecideRecusal(answer(one, approve=False)))
    assert "上级机关" in beside.message_zh
    request = answer(one, approve=False)
    decided = (await ask(cast.city_head.objection.DecideRecusal(request))).recusal
    assert decided.answer == "refused"
    # On the same ground it is not asked twice.
    again = recusal(case, cast.unit_head.account_id)
    twice = await refused(cast.operator.objection.AskRecusal(again))
    assert twice.reason == "WRONG_STATE"


async def test_of_ones_own_accord_in_the_city(cast: Cast) -> None:
    case = await cast.reconsider(await cast.refused_objection())
    assert case.bureau == CITY
    own = await ask(cast.reviewer.objection.AskRecusal(recusal(case, reasons="亲属任职（合成）")))
    assert own.recusal.own_accord
    shown = await ask(
        cast.operator.objection.ListRecusals(pb.ListRecusalsRequest(case_id=case.case_id))
    )
    assert shown.recusals[0].reasons == ""  # personal, and not the applicant's
    approved = await ask(cast.city_head.objection.DecideRecusal(answer(own.recusal, approve=True)))
    assert approved.recusal.answer == "approved"
    accept = pb.AcceptObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
    assert (
        await refused(cast.reviewer.objection.AcceptObjection(accept))
    ).reason == "NOT_PERMITTED"
    accept.request_id = new_request_id()
    await ask(cast.city_caseworker.objection.AcceptObjection(accept))


async def test_a_lapsed_supplement_is_declined_by_a_person_alone(cast: Cast) -> None:
    case = await cast.lodge(await cast.penalty())
    await ask(cast.caseworker.objection.AskSupplement(asking(case)))
    await cast.processes.advance_to(local("2026-10-09", 12))
    read = await cast.until(
        case, lambda read: any(step.note.endswith("或者继续等待") for step in read.steps)
    )
    assert (read.case.state, read.case.supplement.term.overdue) == ("supplement_requested", True)
    await ask(cast.caseworker.objection.DeclineObjection(declining(case)))
    letters = (await cast.until(case, lambda read: len(read.letters) > 1)).letters
    assert letters[-1].title == "异议不予受理通知书"
