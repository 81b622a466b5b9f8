"""A letter is seen before the act that sends it, on real processes; nothing of the act stays."""

from __future__ import annotations

from typing import Any

import pytest

from plumbing.client import ask, new_request_id
from protos.objection.v1 import desk_pb2 as desk
from protos.objection.v1 import objection_pb2 as pb
from protos.operations.v1 import operations_pb2 as operations
from tests.integration.objection.processes import Cast, Person, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")
REASONS = "器具在检定有效期内（预览）"
FILLED_IN = "（执行决定时填写）"


def preview(case: pb.Case, act: str, **fields: Any) -> desk.PreviewLetterRequest:
    return desk.PreviewLetterRequest(
        **{"case_id": case.case_id, "act": act, "reasons": REASONS, **fields}
    )


async def shown(person: Person, request: desk.PreviewLetterRequest) -> desk.PreviewLetterResponse:
    return await ask(person.desk.PreviewLetter(request))


async def audited(cast: Cast, case: pb.Case) -> list[str]:
    request = operations.ListAuditRequest(object=f"case/{case.case_id}")
    answer = await ask(cast.administrator.operations.ListAudit(request))
    return [entry.action for entry in answer.entries]


async def test_a_decision_is_seen_as_its_letter_before_it_is_made(cast: Cast) -> None:
    case = await cast.accept(await cast.lodge(await cast.penalty()))
    before, entries = await cast.read(case), await audited(cast, case)
    seen = await shown(cast.caseworker, preview(case, "decide", outcome="delete"))
    assert await cast.read(case) == before
    assert await audited(cast, case) == entries
    assert (await cast.record(case.record_ids[0])).status == "active"
    decision = pb.DecideObjectionRequest(
        request_id=new_request_id(), case_id=case.case_id, outcome="delete", reasons=REASONS
    )
    await ask(cast.caseworker.objection.DecideObjection(decision))
    [letter] = (await cast.closed(case)).letters
    assert (seen.title, seen.template) == (letter.title, letter.template)
    said, sent = seen.body.split("\n"), letter.body.split("\n")
    assert set(said) - set(sent) == {f"决定执行前：{FILLED_IN}", f"决定执行后：{FILLED_IN}"}


async def test_a_supplement_that_is_seen_takes_no_number(cast: Cast) -> None:
    case = await cast.lodge(await cast.penalty())
    request = preview(case, "supplement", reasons="缺铭牌照片")
    seen = [await shown(cast.caseworker, request) for _ in range(2)]
    asking = pb.AskSupplementRequest(
        request_id=new_request_id(), case_id=case.case_id, missing="缺铭牌照片"
    )
    await ask(cast.caseworker.objection.AskSupplement(asking))
    [letter] = (await cast.read(case)).letters
    assert [one.body for one in seen] == [letter.body] * 2
    assert letter.number.endswith("-0001号")


async def test_a_refusal_to_accept_and_a_reconsideration_are_seen(cast: Cast) -> None:
    case = await cast.lodge(await cast.penalty())
    declined = await shown(cast.caseworker, preview(case, "decline"))
    assert declined.title == "异议不予受理通知书"
    assert f"二、理由：{REASONS}" in declined.body
    objection = await cast.refused_objection()
    again = await cast.reconsider(objection)
    accept = pb.AcceptObjectionRequest(request_id=new_request_id(), case_id=again.case_id)
    await ask(cast.reviewer.objection.AcceptObjection(accept))
    sent_back = await shown(cast.reviewer, preview(again, "decide", outcome="send_back"))
    assert sent_back.title == "复核决定书"
    assert "退回" in sent_back.body


async def test_what_refuses_the_act_refuses_the_preview(cast: Cast) -> None:
    lodged = await cast.lodge(await cast.penalty())
    early = await refused(
        cast.caseworker.desk.PreviewLetter(preview(lodged, "decide", outcome="delete"))
    )
    assert early.reason == "WRONG_STATE"
    case = await cast.accept(lodged)
    for person in (cast.operator, cast.unit_head, cast.elsewhere, cast.enterer):
        request = preview(case, "decide", outcome="delete")
        assert (await refused(person.desk.PreviewLetter(request))).reason == "NOT_PERMITTED"
    for outcome in ("", "confirm_repair"):
        wrong = preview(case, "decide", outcome=outcome)
        told = await refused(cast.caseworker.desk.PreviewLetter(wrong))
        assert [field for field, *_ in told.faults] == ["outcome"]
