"""Objections to entries, a disclosure and a grade: decided item by item, lodged by an agent."""

from __future__ import annotations

from typing import Any

import pytest

from plumbing.client import Refusal, ask, new_request_id
from protos.grading.v1 import grading_pb2
from protos.objection.v1 import archive_pb2, delivery_pb2, evidence_pb2
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2
from tests.integration.objection.processes import Cast, Person, refused
from tests.integration.objection.test_evidence import pdf, send

pytestmark = pytest.mark.asyncio(loop_scope="module")
Item = pb.ItemDecision


def values(**changed: str) -> list[pb.EntryValue]:
    return [pb.EntryValue(field=name, value=value) for name, value in changed.items()]


async def instrument(cast: Cast, serial_no: str) -> registry_pb2.Instrument:
    """A new instrument of the subject."""
    filed = registry_pb2.Instrument(
        subject_id=cast.subject_id, type_code="FUEL", serial_no=serial_no, model="JDK50"
    )
    request = registry_pb2.PutInstrumentRequest(request_id=new_request_id(), instrument=filed)
    return (await ask(cast.enterer.registry.PutInstrument(request))).instrument


async def verification(cast: Cast, of: registry_pb2.Instrument) -> registry_pb2.Verification:
    """A verification of an instrument that was recorded as rejected."""
    recorded = registry_pb2.Verification(
        instrument_id=of.instrument_id,
        result="reject",
        verified_on="2026-09-01",
        institution="测试市计量院",
        certificate_no=f"测检字{of.serial_no}号",
    )
    request = registry_pb2.RecordVerificationRequest(
        request_id=new_request_id(), verification=recorded
    )
    return (await ask(cast.enterer.registry.RecordVerification(request))).verification


async def now(cast: Cast, instrument_id: str) -> registry_pb2.Instrument:
    request = registry_pb2.GetInstrumentRequest(instrument_id=instrument_id)
    return (await ask(cast.operator.registry.GetInstrument(request))).instrument


async def against(cast: Cast, *names: str, by: Person | None = None, **more: Any) -> pb.Case:
    """An objection to what is named kind/id."""
    given = {"subject_id": cast.subject_id, "grounds": "登记有误，附铭牌照片", **more}
    request = pb.LodgeObjectionRequest(request_id=new_request_id(), against=names, **given)
    return (await ask((by or cast.operator).objection.LodgeObjection(request))).case


def letter_of(read: pb.GetCaseResponse) -> str:
    [letter] = [one.body for one in read.letters if one.title == "异议处理决定书"]
    return letter


async def test_an_instrument_and_its_verification_are_corrected_in_the_register(cast: Cast) -> None:
    filed = await instrument(cast, "K-1001")
    checked = await verification(cast, filed)
    named = f"instrument/{filed.instrument_id}", f"verification/{checked.verification_id}"
    case = await against(cast, *named)
    assert [(one.target, one.id) for one in case.items] == [
        ("instrument", filed.instrument_id),
        ("verification", checked.verification_id),
    ]
    assert {one.field: one.value for one in case.items[0].facts}["serial_no"] == "K-1001"
    again = await refused(cast.operator.objection.LodgeObjection(
        pb.LodgeObjectionRequest(
            request_id=new_request_id(), subject_id=cast.subject_id, against=named[:1], grounds="又"
        )
    ))  # fmt: skip
    assert (again.reason, again.facts["number"]) == ("WRONG_STATE", case.number)
    await cast.accept(case)
    decided = await cast.decide(
        case,
        "by_item",
        items=[
            Item(item=named[0], outcome="correct", values=values(serial_no="K-1007")),
            Item(
                item=named[1],
                outcome="correct",
                values=values(result="pass", valid_until="2027-03-01"),
            ),
        ],
    )
    assert decided.outcome == "correct"  # the same for all
    read = await cast.closed(case)
    assert (await now(cast, filed.instrument_id)).serial_no == "K-1007"
    listed = registry_pb2.ListVerificationsRequest(subject_id=cast.subject_id)
    found = (await ask(cast.operator.registry.ListVerifications(listed))).verifications
    [after] = [v.verification for v in found
               if v.verification.verification_id == checked.verification_id]  # fmt: skip
    assert (after.result, after.valid_until, after.version) == ("pass", "2027-03-01", 2)
    letter = letter_of(read)
    assert "一、异议所涉事项" in letter
    assert "更正为：出厂编号：K-1007" in letter
    assert "更正为：检定结果：合格；有效期至：2027年3月1日" in letter


async def test_what_the_register_would_refuse_is_refused_before_the_decision(cast: Cast) -> None:
    filed = await instrument(cast, "K-2001")
    checked = await verification(cast, filed)
    named = f"verification/{checked.verification_id}"
    case = await cast.accept(await against(cast, named))

    async def fields(outcome: str, **corrected: str) -> list[str]:
        item = Item(item=named, values=values(**corrected))
        request = cast.decision(case, outcome, items=[item])
        refusal = await refused(cast.caseworker.objection.DecideObjection(request))
        assert refusal.reason == "INVALID_INPUT"
        assert all(zh and en for _, zh, en in refusal.faults)
        return [fault[0] for fault in refusal.faults]

    assert await fields("correct", verified_on="2027-01-01") == ["items[0].verified_on"]
    assert await fields("correct", result="pass") == ["items[0].valid_until"]
    assert await fields("correct", instrument_id="another") == ["items[0]"]
    assert await fields("correct", result="reject") == ["items[0]"]  # it changes nothing
    assert await fields("correct") == ["items[0]"]
    assert await fields("uphold", result="pass") == ["items[0]"]
    assert await fields("delete") == ["items[0]"]  # an entry is corrected, or stays
    assert await fields("by_item") == ["items[0]"]
    assert (await cast.read(case)).case.state == "accepted"


async def test_some_items_are_granted_and_others_upheld(cast: Cast) -> None:
    wrong, right, shown = [await cast.penalty() for _ in range(3)]
    case = await against(
        cast, f"disclosure/{shown.record_id}", record_ids=[wrong.record_id, right.record_id]
    )
    assert [one.target for one in case.items] == ["record", "record", "disclosure"]
    await cast.contested(case)
    await cast.accept(case)
    await cast.decide(
        case,
        "by_item",
        items=[
            Item(item=f"record/{wrong.record_id}", outcome="delete"),
            Item(item=f"record/{right.record_id}", outcome="uphold"),
            Item(item=f"disclosure/{shown.record_id}", outcome="stop_disclosure"),
        ],
    )
    read = await cast.closed(case)
    assert read.case.outcome == "by_item"
    after = [await cast.record(one.record_id) for one in (wrong, right, shown)]
    assert [one.status for one in after] == ["withdrawn", "active", "active"]
    assert [one.disclosure_stopped for one in after] == [False, False, True]
    assert not any(one.contested for one in after)
    letter = letter_of(read)
    assert "部分支持，分项决定：删除1项、终止披露1项、维持1项" in letter
    assert letter.count("处理结果：") == 4  # of the whole, and of each
    assert "下列记录的公开——" in letter
    # Its disclosure was decided about, the record itself was not.
    await cast.lodge(shown)
    told = await refused(cast.operator.objection.LodgeObjection(pb.LodgeObjectionRequest(
        request_id=new_request_id(), subject_id=cast.subject_id, grounds="仍然有误",
        record_ids=[right.record_id],
    )))  # fmt: skip
    assert told.facts["number"] == case.number


async def test_a_grade_is_contested_with_its_inputs_and_follows_them(cast: Cast) -> None:
    record = await cast.penalty()
    await cast.contested(case := await cast.lodge(record))  # graded by then
    await ask(cast.operator.objection.WithdrawObjection(
        pb.WithdrawObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
    ))  # fmt: skip
    await cast.settled(case)
    request = grading_pb2.GetGradeRequest(subject_id=cast.subject_id)
    grade = (await ask(cast.operator.grading.GetGrade(request))).grade
    named = f"grade/{grade.receipt_id}"
    contested = await against(cast, named, record_ids=[record.record_id])
    shown = contested.contested_grade
    assert (shown.receipt_id, shown.grade) == (grade.receipt_id, grade.grade)
    assert shown.score_without > shown.score
    assert shown.explanation_zh
    assert shown.explanation_en
    await cast.accept(contested)
    await cast.decide(contested, "delete")
    read = await cast.closed(contested)
    assert read.case.grade_after == shown.grade_without
    assert f"异议针对信用等级{shown.grade}（{shown.score}分）" in letter_of(read)


async def test_a_grade_is_contested_only_with_what_it_rests_on(cast: Cast) -> None:
    record = await cast.penalty(cast.rival_id)
    request = grading_pb2.GetGradeRequest(subject_id=cast.subject_id)
    grade = (await ask(cast.operator.grading.GetGrade(request))).grade

    async def faults(*names: str, **more: Any) -> list[str]:
        given = {"subject_id": cast.subject_id, "grounds": "等级有误", **more}
        lodging = pb.LodgeObjectionRequest(request_id=new_request_id(), against=names, **given)
        refusal = await refused(cast.operator.objection.LodgeObjection(lodging))
        assert refusal.reason == "INVALID_INPUT"
        return [fault[0] for fault in refusal.faults]

    named = f"grade/{grade.receipt_id}"
    assert await faults(named) == ["record_ids"]
    assert await faults(named, record_ids=[record.record_id]) == ["record_ids"]
    assert await faults("grade/another", record_ids=[record.record_id]) == ["against"]
    assert await faults() == ["record_ids"]
    assert await faults(f"subject/{cast.rival_id}") == ["against"]
    assert await faults("instrument/nothing") == ["against"]
    filed = await instrument(cast, "K-3001")
    short = f"instrument/{filed.instrument_id[:20]}"
    assert await faults(short, f"instrument/{filed.instrument_id}") == ["against"]
    case = await against(cast, short)
    assert case.items[0].id == filed.instrument_id


async def test_register_data_that_was_upheld_goes_to_reconsideration(cast: Cast) -> None:
    named = f"subject/{cast.subject_id}"
    case = await cast.accept(await against(cast, named, grounds="地址登记有误"))
    await cast.decide(case, "uphold")
    first = (await cast.closed(case)).case
    told = await refused(cast.operator.objection.LodgeObjection(
        pb.LodgeObjectionRequest(
            request_id=new_request_id(), subject_id=cast.subject_id, against=[named], grounds="又"
        )
    ))  # fmt: skip
    assert told.facts["number"] == case.number
    decision = [Item(item=named, values=values(address="测试路1号"))]
    again = await cast.reconsidered(first, "correct", items=decision)
    read = await cast.closed(again)
    request = registry_pb2.GetSubjectRequest(subject_id=cast.subject_id)
    assert (await ask(cast.operator.registry.GetSubject(request))).subject.address == "测试路1号"
    [letter] = [one.body for one in read.letters if one.title == "复核决定书"]
    assert "更正为：地址：测试路1号" in letter
    assert "所涉事项按上列内容更正" in letter


async def mandate(cast: Cast, until: str = "2026-12-31", *scope: str) -> pb.Mandate:
    """A mandate that the agent has sent."""
    file = await send(cast.rival, pdf(), file_name="委托书.pdf", subject_id=cast.rival_id)
    return pb.Mandate(
        agent_name="测试代理人",
        mandate_id=file.evidence_id,
        scope=scope or ["objection"],
        until=until,
    )


async def sees_nothing_of_the_register(cast: Cast, case: pb.Case) -> None:
    """Before the check an agent sees what it sent: anybody can send a file as a mandate."""
    request = pb.GetCaseRequest(case_id=case.case_id)
    seen = await ask(cast.rival.objection.GetCase(request))
    whole = await ask(cast.operator.objection.GetCase(request))
    assert (seen.case.number, seen.case.state) == (case.number, "lodged")
    assert (list(seen.steps), list(seen.letters), list(seen.related)) == ([], [], [])
    assert whole.steps
    mine = await ask(cast.rival.objection.ListCases(pb.ListCasesRequest(as_agent=True)))
    [listed] = [one for one in mine.cases if one.case_id == case.case_id]
    for shown in (case, seen.case, listed):
        assert shown.items == [pb.ContestedItem(target=one.target, id=one.id) for one in case.items]
        assert not shown.HasField("contested_grade")
    files = evidence_pb2.ListEvidenceRequest(case_id=case.case_id)
    own = (await ask(cast.rival.evidence.ListEvidence(files))).evidence
    assert {file.uploaded_by for file in own} == {cast.rival.account_id}
    deliveries = delivery_pb2.ListDeliveriesRequest(case_id=case.case_id)
    proof = archive_pb2.ProveCaseRequest(case_id=case.case_id)
    for call in (
        cast.rival.deliveries.ListDeliveries(deliveries),
        cast.rival.case_archive.ProveCase(proof),
    ):
        assert (await refused(call)).reason == "NOT_FOUND"
    people = pb.ListRecusalsRequest(case_id=case.case_id)
    assert (await refused(cast.rival.objection.ListRecusals(people))).reason == "NOT_PERMITTED"
    by_sector = pb.ListCasesRequest(as_agent=True, sector="fuel_station")
    assert (await refused(cast.rival.objection.ListCases(by_sector))).reason == "INVALID_INPUT"


async def test_an_agent_reads_no_entry_of_another_firm_by_lodging(cast: Cast) -> None:
    entry = f"instrument/{(await instrument(cast, 'K-1009')).instrument_id}"
    case = await against(cast, entry, by=cast.rival, mandate=await mandate(cast))
    await sees_nothing_of_the_register(cast, case)
    with pytest.raises(Refusal) as told:
        await against(cast, entry, by=cast.rival, mandate=await mandate(cast))
    assert told.value.reason == "WRONG_STATE"
    assert case.number not in told.value.message_zh
    assert not {"case", "number"} & set(told.value.facts)
    [held] = (
        await ask(cast.operator.objection.GetCase(pb.GetCaseRequest(case_id=case.case_id)))
    ).case.items
    assert held.facts
    await cast.accept(case)
    [seen] = (
        await ask(cast.rival.objection.GetCase(pb.GetCaseRequest(case_id=case.case_id)))
    ).case.items
    assert seen == held


async def test_an_agent_whose_mandate_was_never_checked_takes_no_reconsideration(
    cast: Cast,
) -> None:
    record = await cast.penalty()
    scope = "objection", "reconsideration"
    case = await against(
        cast, by=cast.rival, record_ids=[record.record_id],
        mandate=await mandate(cast, "2026-12-31", *scope),
    )  # fmt: skip
    file = await send(cast.rival, pdf(), file_name="铭牌.pdf", case_id=case.case_id)
    declining = pb.DeclineObjectionRequest(
        request_id=new_request_id(), case_id=case.case_id, reasons="委托书不实"
    )
    await ask(cast.caseworker.objection.DeclineObjection(declining))
    await cast.settled(case)
    read = await ask(cast.rival.objection.GetCase(pb.GetCaseRequest(case_id=case.case_id)))
    assert (read.case.state, read.case.reasons) == ("declined", "")
    files = evidence_pb2.ListEvidenceRequest(case_id=case.case_id)
    listed = {
        one.evidence_id for one in (await ask(cast.operator.evidence.ListEvidence(files))).evidence
    }
    assert file.evidence_id in listed
    taken = await refused(cast.rival.objection.LodgeReconsideration(cast.reconsideration(case)))
    assert taken.reason == "NOT_PERMITTED"
    assert (await cast.reconsider(case)).follows == case.case_id  # it is the firm's own


async def test_an_agent_lodges_with_a_mandate_that_the_bureau_checks(cast: Cast) -> None:
    record = await cast.penalty()
    case = await against(
        cast, by=cast.rival, record_ids=[record.record_id], mandate=await mandate(cast)
    )
    assert (case.subject_id, case.agent.subject_id) == (cast.subject_id, cast.rival_id)
    assert not (await cast.record(record.record_id)).contested
    await sees_nothing_of_the_register(cast, case)
    accepted = await cast.accept(case)
    assert accepted.agent.checked_by == cast.caseworker.account_id
    await cast.contested(case)
    files = evidence_pb2.ListEvidenceRequest(case_id=case.case_id)
    for person in (cast.rival, cast.operator, cast.caseworker):  # both sides and the bureau
        seen = await ask(person.objection.GetCase(pb.GetCaseRequest(case_id=case.case_id)))
        assert seen.case.number == case.number
        [file] = (await ask(person.evidence.ListEvidence(files))).evidence
        assert file.evidence_id == case.agent.mandate_id
    mine = await ask(cast.rival.objection.ListCases(pb.ListCasesRequest(as_agent=True)))
    assert case.case_id in [one.case_id for one in mine.cases]
    await cast.decide(case, "delete")
    read = await cast.closed(case)
    noted = {step.step: step.note for step in read.steps}
    assert "已核对：代理人测试代理人，委托书（异议，有效至2026年12月31日）" in noted["accept"]
    assert "测试加油站（代理人测试代理人，委托书" in letter_of(read)
    # The mandate does not cover the reconsideration.
    refusal = await refused(
        cast.rival.objection.LodgeReconsideration(cast.reconsideration(read.case))
    )
    assert refusal.reason == "NOT_PERMITTED"


async def test_no_mandate_no_agent(cast: Cast) -> None:
    record = await cast.penalty()
    given: dict[str, Any] = {
        "subject_id": cast.subject_id, "record_ids": [record.record_id], "grounds": "有误"
    }  # fmt: skip

    async def refusal(**more: Any) -> Any:
        request = pb.LodgeObjectionRequest(request_id=new_request_id(), **given, **more)
        return await refused(cast.rival.objection.LodgeObjection(request))

    assert (await refusal()).reason == "NOT_PERMITTED"
    expired = await refusal(mandate=await mandate(cast, "2026-09-13"))
    assert [fault[0] for fault in expired.faults] == ["mandate.until"]
    assert "到期" in expired.faults[0][1]
    other = await refusal(mandate=await mandate(cast, "2026-12-31", "reconsideration"))
    assert [fault[0] for fault in other.faults] == ["mandate.scope"]
    unsent = pb.Mandate(
        agent_name="测试代理人", mandate_id="none", scope=["objection"], until="2026-12-31"
    )
    assert [fault[0] for fault in (await refusal(mandate=unsent)).faults] == ["evidence_ids"]


async def test_an_agent_names_things_by_the_numbers_that_the_firm_sees(cast: Cast) -> None:
    record, filed = await cast.penalty(), await instrument(cast, "AGT-1")
    checked = await verification(cast, filed)
    whole = {
        f"record/{record.record_id}",
        f"instrument/{filed.instrument_id}",
        f"verification/{checked.verification_id}",
    }
    short = [f"{kind}/{id_[:8]}" for kind, _, id_ in (one.partition("/") for one in whole)]
    case = await against(cast, *short, by=cast.rival, mandate=await mandate(cast))
    accepted = await cast.accept(case)
    assert {f"{item.target}/{item.id}" for item in accepted.items} == whole
