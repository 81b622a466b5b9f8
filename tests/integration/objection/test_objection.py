"""Objections over gRPC, on real processes: who may do what, and what follows, through crashes."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from sqlmodel import col, select

from law.objection import Outcome
from plumbing import migrations
from plumbing.audit import AuditEntry
from plumbing.client import Refusal, ask, new_request_id, refusal_of
from plumbing.database import Database
from plumbing.events.outbox import Outbox
from protos.identity.v1 import identity_pb2, identity_pb2_grpc
from protos.objection.v1 import desk_pb2 as desk
from protos.objection.v1 import objection_pb2 as pb
from protos.operations.v1 import operations_pb2 as operations
from protos.registry.v1 import registry_pb2
from services.grading.receipts.cutting import whole
from services.grading.receipts.storing import texts
from services.grading.tables import Receipt
from tests.integration.objection.processes import (
    BUREAU,
    OTHER_BUREAU,
    PASSWORD,
    ROLES,
    Cast,
    Person,
    engaged,
    local,
    refused,
)
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")
Refused = grpc.StatusCode


async def until(
    condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_SECONDS
) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def announced(cast: Cast, case: pb.Case) -> Counter[str]:
    """How often each event of a case was announced."""
    database = Database(cast.processes.settings.database_url("objection"))
    async with database.snapshot() as session:
        query = select(Outbox.headers).where(col(Outbox.aggregate) == f"case/{case.case_id}")
        headers = (await session.exec(query)).all()
    await database.close()
    return Counter(header["ce-type"].rpartition(".")[2] for header in headers)


async def contested(cast: Cast, record: registry_pb2.Record) -> bool:
    return (await cast.record(record.record_id)).contested


def lodging(cast: Cast, *record_ids: str, subject_id: str = "") -> pb.LodgeObjectionRequest:
    return pb.LodgeObjectionRequest(
        request_id=new_request_id(),
        subject_id=subject_id or cast.subject_id,
        record_ids=record_ids,
        grounds="记录有误",
    )


async def reconcile(cast: Cast) -> operations.ReconcileResponse:
    request = operations.ReconcileRequest(request_id=new_request_id())
    return await ask(cast.administrator.operations.Reconcile(request))


async def test_a_granted_objection_restores_register_and_grade(cast: Cast) -> None:
    record = await cast.penalty()
    case = await cast.lodge(record)
    assert (case.state, case.number) == ("lodged", "异议〔2026〕330106-0001号")
    await until(lambda: contested(cast, record))
    accepted = await cast.accept(case)
    assert (accepted.term.started_on, accepted.term.target_on) == ("2026-09-14", "2026-09-20")
    assert (accepted.term.remaining_days, accepted.term.cite) == (5, "S3 28")
    extended = await cast.extend(case, 15)
    # Across 中秋 and 国庆, with the make-up days 20 September and 10 October.
    assert (extended.term.target_on, extended.term.remaining_days) == ("2026-10-16", 20)
    decided = await cast.decide(case, "delete")
    assert decided.state == "decided"
    read = await cast.closed(case)
    after = await cast.record(record.record_id)
    assert (after.status, after.contested) == ("withdrawn", False)
    assert (read.case.grade_before, read.case.grade_after) == ("C", "B")
    assert [(step.step, step.cite) for step in read.steps] == [
        ("lodge", "S3 27"),
        ("accept", "S3 28"),
        ("request_extension", "S3 28"),
        ("approve_extension", "S3 28"),
        ("decide", "S4 五(三)"),
        ("close", "S4 五(三)"),
    ]
    assert set((await announced(cast, case)).values()) == {1}
    request = operations.ListAuditRequest(object=f"case/{case.case_id}")
    entries = (await ask(cast.administrator.operations.ListAudit(request))).entries
    assert all(entry.ground for entry in entries)
    assert [entry.action for entry in reversed(entries)] == [
        "objection.lodge",
        "objection.accept",
        "objection.request_extension",
        "objection.approve_extension",
        "objection.decide",
        "objection.grade_before",
        "objection.mark_ended",
        "objection.grade_after",
        "objection.letter",
        "objection.close",
    ]
    assert {entry.on_behalf_of for entry in entries[1:5]} == {cast.caseworker.account_id}


async def test_the_letter_explains_both_grades_and_the_remedy(cast: Cast) -> None:
    case = await cast.accept(await cast.lodge(await cast.penalty()))
    await cast.decide(case, "delete")
    read = await cast.closed(case)
    (letter,) = read.letters
    assert (letter.title, letter.template) == ("异议处理决定书", "objection_decision/2")
    for text in (
        "测试加油站",
        case.number,
        f"杭市监测罚〔2026〕{cast.entered}号",
        "删除",
        read.case.reasons,
        read.case.receipt_before,
        read.case.receipt_after,
        "减分",
        "已撤销，不计",
        "测试市市场监督管理局申请复核",
        "0571-00000000",
    ):
        assert text in letter.body


async def test_a_correction_changes_the_record_and_nothing_else_of_it(cast: Cast) -> None:
    record = await cast.penalty()
    case = await cast.accept(await cast.lodge(record))
    missing = await refused(
        cast.caseworker.objection.DecideObjection(cast.decision(case, "correct"))
    )
    assert [fault[0] for fault in missing.faults] == ["corrections"]
    wrong = pb.Correction(record_id=record.record_id, kind="no_such", determined_on="2026-07-01")
    bad = await refused(
        cast.caseworker.objection.DecideObjection(
            cast.decision(case, "correct", corrections=[wrong])
        )
    )
    assert {fault[0] for fault in bad.faults} == {
        "corrections[0].kind",
        "corrections[0].determined_on",
    }
    right = pb.Correction(record_id=record.record_id, points=3, summary="已及时改正")
    await cast.decide(case, "correct", corrections=[right])
    read = await cast.closed(case)
    after = await cast.record(record.record_id)
    assert (after.points, after.summary, after.contested) == (3, "已及时改正", False)
    assert (after.kind, after.status, after.determined_on) == (
        record.kind,
        "active",
        record.determined_on,
    )
    assert "更正为：分值：3；摘要：已及时改正" in read.letters[0].body
    assert record.summary in read.letters[0].body  # it answers to what was objected to


@pytest.mark.parametrize("outcome", [Outcome.UPHOLD, Outcome.STOP_DISCLOSURE])
async def test_an_outcome_without_effect_on_the_grade_sends_a_letter_and_closes(
    cast: Cast, outcome: Outcome
) -> None:
    record = await cast.penalty()
    case = await cast.accept(await cast.lodge(record))
    await cast.decide(case, outcome)
    read = await cast.closed(case)
    after = await cast.record(record.record_id)
    assert (after.status, after.contested) == ("active", False)
    assert after.disclosure_stopped is (outcome is Outcome.STOP_DISCLOSURE)
    assert read.case.grade_before == read.case.grade_after
    assert len(read.letters) == 1


async def test_a_declined_objection_ends_with_a_letter(cast: Cast) -> None:
    record = await cast.penalty()
    case = await cast.lodge(record)
    await until(lambda: contested(cast, record))
    request = pb.DeclineObjectionRequest(
        request_id=new_request_id(), case_id=case.case_id, reasons="未附证据"
    )
    assert (await refused(cast.enterer.objection.DeclineObjection(request))).reason == (
        "NOT_PERMITTED"
    )
    request.request_id = new_request_id()
    await ask(cast.caseworker.objection.DeclineObjection(request))
    read = await cast.until(case, lambda read: bool(read.letters))
    assert read.letters[0].title == "异议不予受理通知书"
    assert "未附证据" in read.letters[0].body
    assert not await contested(cast, record)


async def test_a_withdrawn_objection_frees_its_records(cast: Cast) -> None:
    record, anew = await cast.penalty(), list[pb.Case]()
    case = await cast.lodge(record)
    request = pb.WithdrawObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
    theirs = await refused(cast.rival.objection.WithdrawObjection(request))
    assert theirs.reason == "NOT_PERMITTED"
    await ask(cast.operator.objection.WithdrawObjection(request))
    assert (await cast.read(case)).case.state == "withdrawn"

    async def lodged_again() -> bool:
        try:
            again = await cast.lodge(record)
        except Refusal as refusal:
            if refusal.reason == "WRONG_STATE":  # what follows the withdrawal is not over yet
                return False
            raise
        anew.append(again)
        return again.case_id != case.case_id

    await until(lodged_again)
    assert not await contested(cast, record)  # lodged anew, it marks the record once accepted
    await cast.accept(anew[0])
    await until(lambda: contested(cast, record))
    read = await cast.read(case)
    assert (read.case.state, list(read.letters)) == ("withdrawn", [])


async def test_a_subject_lodges_on_its_own_records_with_one_open_case_each(cast: Cast) -> None:
    record, theirs = await cast.penalty(), await cast.penalty(cast.rival_id)
    lodge = cast.operator.objection.LodgeObjection
    assert (await refused(lodge(lodging(cast, theirs.record_id)))).code is Refused.INVALID_ARGUMENT
    unknown = await refused(lodge(lodging(cast, "no-such", "nor-this")))
    assert len(unknown.faults) == 2
    for_rival = lodging(cast, theirs.record_id, subject_id=cast.rival_id)
    assert (await refused(lodge(for_rival))).reason == "NOT_PERMITTED"
    blank = lodging(cast, record.record_id)
    blank.grounds = "  "
    assert [f[0] for f in (await refused(lodge(blank))).faults] == ["grounds"]
    staff = await refused(cast.caseworker.objection.LodgeObjection(lodging(cast, record.record_id)))
    assert staff.reason == "NOT_PERMITTED"
    request = lodging(cast, record.record_id)
    first = (await ask(lodge(request))).case
    assert (await ask(lodge(request))).case == first  # asked again: the same answer
    second = await refused(lodge(lodging(cast, record.record_id)))
    assert (second.reason, second.facts["case"]) == ("WRONG_STATE", first.case_id)
    assert first.number in second.message_zh


async def test_numbers_of_a_bureau_follow_one_another(cast: Cast) -> None:
    records = [await cast.penalty() for _ in range(4)]
    cases = await asyncio.gather(*(cast.lodge(record) for record in records))
    places = sorted(int(case.number.removesuffix("号").rpartition("-")[2]) for case in cases)
    assert places == list(range(places[0], places[0] + 4))


async def test_nobody_decides_on_their_own_record_or_for_another_bureau(cast: Cast) -> None:
    case = await cast.lodge(await cast.penalty())
    request = pb.AcceptObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
    outside = await refused(cast.elsewhere.objection.AcceptObjection(request))
    assert (outside.reason, outside.facts["bureau"]) == ("NOT_PERMITTED", BUREAU)
    await cast.accept(case)
    twice = await refused(
        cast.caseworker.objection.AcceptObjection(
            pb.AcceptObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
        )
    )
    assert (twice.reason, twice.facts["state"]) == ("WRONG_STATE", "accepted")
    decide = cast.decision(case, "delete")
    own = await refused(cast.enterer.objection.DecideObjection(decide))
    assert (own.reason, own.facts["cite"]) == ("NOT_PERMITTED", "S3 27")
    away = await refused(cast.elsewhere.objection.DecideObjection(decide))
    assert away.reason == "NOT_PERMITTED"
    head = await refused(cast.unit_head.objection.DecideObjection(decide))
    assert head.reason == "NOT_PERMITTED"
    assert (await cast.read(case)).case.state == "accepted"


async def test_an_extension_needs_the_unit_head_and_stays_within_the_cap(cast: Cast) -> None:
    case = await cast.accept(await cast.lodge(await cast.penalty()))
    request = pb.RequestExtensionRequest(
        request_id=new_request_id(), case_id=case.case_id, days=16, ground="案情复杂"
    )
    beyond = await refused(cast.caseworker.objection.RequestExtension(request))
    assert (beyond.reason, beyond.facts["cite"]) == ("WRONG_STATE", "S3 28")
    request.days, request.request_id = 5, new_request_id()
    await ask(cast.both.objection.RequestExtension(request))
    approve = pb.DecideExtensionRequest(
        request_id=new_request_id(), case_id=case.case_id, approve=True
    )
    assert (await refused(cast.caseworker.objection.DecideExtension(approve))).reason == (
        "NOT_PERMITTED"
    )
    # Head of the unit, but of their own request.
    assert (await refused(cast.both.objection.DecideExtension(approve))).facts["cite"] == "S3 28"
    refuse = pb.DecideExtensionRequest(request_id=new_request_id(), case_id=case.case_id)
    refusal = (await ask(cast.unit_head.objection.DecideExtension(refuse))).case
    assert (refusal.state, refusal.term.budget_days) == ("accepted", 5)
    assert (await cast.extend(case, 10)).term.budget_days == 15
    assert (await cast.extend(case, 5)).term.budget_days == 20


async def test_cases_are_listed_by_remaining_term_within_scope(cast: Cast) -> None:
    lodged = await cast.lodge(await cast.penalty())
    short = await cast.accept(await cast.lodge(await cast.penalty()))
    long = await cast.extend(await cast.accept(await cast.lodge(await cast.penalty())), 15)

    async def listed(person: Person, size: int = 2, order: str = "") -> list[str]:
        ids: list[str] = []
        request = pb.ListCasesRequest(page_size=size, order_by=order)
        while True:
            page = await ask(person.objection.ListCases(request))
            ids += [case.case_id for case in page.cases]
            if not page.next_page_token:
                return ids
            request.page_token = page.next_page_token

    everything = await listed(cast.caseworker)
    places = [everything.index(case.case_id) for case in (short, long, lodged)]
    assert places == sorted(places)
    assert len(everything) == len(set(everything))
    assert everything == await listed(cast.operator, 100)
    assert everything[::-1] == await listed(cast.caseworker, 3, "due_on desc")
    newest = await listed(cast.caseworker, 3, "lodged_at desc")
    places = [newest.index(case.case_id) for case in (long, short, lodged)]
    assert places == sorted(places)
    assert await listed(cast.rival) == await listed(cast.elsewhere) == []
    theirs = await refused(cast.rival.objection.GetCase(pb.GetCaseRequest(case_id=short.case_id)))
    assert theirs.reason == "NOT_PERMITTED"


async def test_the_overview_counts_what_the_list_shows(cast: Cast) -> None:
    await cast.lodge(await cast.penalty())
    await cast.accept(await cast.lodge(await cast.penalty()))
    accepted = await cast.accept(await cast.lodge(await cast.penalty()))
    await cast.decide(accepted, "uphold")
    said = await ask(cast.unit_head.objection.SummariseCases(pb.SummariseCasesRequest()))

    async def listed(**filters: Any) -> int:
        request = pb.ListCasesRequest(page_size=1000, **filters)
        return len((await ask(cast.unit_head.objection.ListCases(request))).cases)

    for count in said.counts:
        assert await listed(kind=count.kind, state=count.state) == count.cases
    waiting = sum(count.cases for count in said.counts)
    assert waiting == sum(load.waiting for load in said.loads) == sum(a.cases for a in said.ages)
    for age in said.ages:
        days = {"lodged_from": age.lodged_from, "lodged_to": age.lodged_to}
        assert await listed(**days) - await listed(**days, state="decided") == age.cases
    mine = next(one for one in said.loads if one.caseworker == cast.caseworker.account_id)
    soon = await listed(caseworker=mine.caseworker, due_to=said.due_soon_to)
    assert soon == mine.due_soon + mine.overdue
    assert said.decided == said.decided_in_time == await listed(decided_from=said.decided_from)
    assert said.decided >= 1
    assert await listed(decided_from=said.decided_from, late=True) == 0
    for day in said.forecast:
        assert await listed(due_from=day.day, due_to=day.day) == day.terms
        assert await listed(accept_from=day.day, accept_to=day.day) == day.intakes
    assert sum(day.intakes for day in said.forecast) >= 1
    assert sum(day.terms for day in said.forecast) >= 1
    [bureau] = said.bureaus
    assert (bureau.bureau, bureau.waiting, bureau.decided) == (BUREAU, waiting, said.decided)
    month = said.timeliness[-1]
    days = {"decided_from": month.decided_from, "decided_to": month.decided_to}
    assert (month.decided, len(said.timeliness)) == (await listed(**days), 6)
    elsewhere = cast.elsewhere.objection
    assert not (await ask(elsewhere.SummariseCases(pb.SummariseCasesRequest()))).counts
    foreign = pb.SummariseCasesRequest(bureau=accepted.bureau)
    assert (await refused(elsewhere.SummariseCases(foreign))).reason == "NOT_PERMITTED"


async def test_cases_are_found_by_sector_and_by_subject(cast: Cast) -> None:
    case = await cast.lodge(await cast.penalty())
    request = registry_pb2.GetSubjectRequest(subject_id=case.subject_id)
    owner = (await ask(cast.caseworker.registry.GetSubject(request))).subject

    async def found(**filters: Any) -> bool:
        wanted = pb.ListCasesRequest(page_size=1000, **filters)
        cases = (await ask(cast.caseworker.objection.ListCases(wanted))).cases
        return case.case_id in [one.case_id for one in cases]

    assert await found(sector=owner.sector, subject_ids=[case.subject_id, "nobody"])
    assert not await found(sector="scenic_area")
    assert not await found(subject_ids=["nobody"])
    assert not await found(state="closed")
    assert await found(name_contains=owner.name[:2])
    assert await found(name_contains="jyz")
    assert not await found(name_contains="没有这个名称")
    assert not await found(mine=True)
    await cast.accept(case)
    assert await found(mine=True)
    short = cast.caseworker.objection.ListCases(pb.ListCasesRequest(name_contains="加"))
    assert (await refused(short)).faults[0][1] == "主体名称请至少写两个字"
    theirs = pb.ListCasesRequest(name_contains=owner.name[:2], page_size=1000)
    assert not (await ask(cast.elsewhere.objection.ListCases(theirs))).cases


async def test_of_two_people_who_take_a_case_one_has_it_and_the_other_is_told_who(
    cast: Cast,
) -> None:
    case = await cast.lodge(await cast.penalty())
    takes = [assigns(one, case) for one in (cast.caseworker, cast.both)]
    answers = await asyncio.gather(*takes, return_exceptions=True)
    [taken] = [one.case for one in answers if not isinstance(one, BaseException)]
    [lost] = [refusal_of(one) for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    names = {cast.caseworker.account_id: "caseworker", cast.both.account_id: "both"}
    assert lost.message_zh == f"案件现由{names[taken.caseworker]}办理，您看到以后已有变化"
    assert (lost.code, lost.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "WRONG_STATE")
    # Whoever accepts it, it stays with the person who took it.
    assert (await cast.accept(case)).caseworker == taken.caseworker
    elsewhere = await refused(assigns(cast.elsewhere, case, from_account=taken.caseworker))
    assert elsewhere.code is grpc.StatusCode.PERMISSION_DENIED
    given = {"account_id": cast.both.account_id, "from_account": taken.caseworker}
    if taken.caseworker != cast.both.account_id:
        await ask(assigns(cast.unit_head, case, reasons="外出学习", **given))
    [step] = [one for one in (await cast.read(case)).steps if one.step == "assign"][-1:]
    assert step.note.endswith("→both")
    assert "外出学习" not in str(await cast.read(case))  # the subject reads no note
    await taken_back(cast, case)
    over = await refused(assigns(cast.unit_head, case, account_id=cast.caseworker.account_id))
    assert over.message_zh == "案件已有结果，不再分派"


async def test_only_somebody_who_may_hear_a_case_is_given_it(cast: Cast) -> None:
    case = await cast.lodge(await cast.penalty())
    listed = await ask(
        cast.unit_head.desk.ListAssignees(desk.ListAssigneesRequest(case_id=case.case_id))
    )
    reasons = {one.name: one.reason_zh for one in listed.people}
    assert reasons == {"enterer": "不得对本人录入的记录作出决定", "caseworker": "", "both": ""}
    for person, why in (
        (cast.enterer, "不得对本人录入的记录作出决定"),
        (cast.reviewer, "不是本单位办理这类案件的人员"),
    ):
        given = await refused(assigns(cast.unit_head, case, account_id=person.account_id))
        assert given.faults[0][:2] == ("account_id", why)
    # Nobody but the head chooses who hears a case, least of all the author of its record.
    chosen = await refused(assigns(cast.enterer, case, account_id=cast.caseworker.account_id))
    assert chosen.reason == "NOT_PERMITTED"
    await ask(assigns(cast.unit_head, case, account_id=cast.caseworker.account_id))
    mine = {"account_id": cast.both.account_id, "from_account": cast.caseworker.account_id}
    assert (await refused(assigns(cast.enterer, case, **mine))).reason == "NOT_PERMITTED"
    await ask(assigns(cast.caseworker, case, **mine))
    nobody = pb.ListCasesRequest(unassigned=True, page_size=1000)
    free = (await ask(cast.caseworker.objection.ListCases(nobody))).cases
    assert case.case_id not in {one.case_id for one in free}
    await taken_back(cast, case)


async def test_who_stands_in_gives_the_cases_of_whoever_is_away(cast: Cast) -> None:
    case = await cast.accept(await cast.lodge(await cast.penalty()))
    mine = {"account_id": cast.both.account_id, "from_account": cast.caseworker.account_id}
    assert (await refused(assigns(cast.enterer, case, **mine))).reason == "NOT_PERMITTED"
    day = (await ask(cast.unit_head.objection.SummariseCases(pb.SummariseCasesRequest()))).on
    identity = identity_pb2_grpc.IdentityServiceStub(cast.unit_head.channels["registry"])
    absence = identity_pb2.SetAbsenceRequest(
        request_id=new_request_id(),
        account_id=cast.caseworker.account_id,
        from_on=day,
        to_on=day,
        substitute_id=cast.enterer.account_id,
    )
    absence_id = (await ask(identity.SetAbsence(absence))).absence.absence_id
    people = desk.ListAssigneesRequest(case_id=case.case_id)
    listed = (await ask(cast.enterer.desk.ListAssignees(people))).people
    away = {one.name: (one.away_until, one.substitute) for one in listed if one.away_until}
    assert away == {"caseworker": (day, "enterer")}
    given = (await ask(assigns(cast.enterer, case, **mine))).case
    assert given.caseworker == cast.both.account_id
    # It is no longer that of whoever is away.
    back = {"account_id": cast.caseworker.account_id, "from_account": cast.both.account_id}
    assert (await refused(assigns(cast.enterer, case, **back))).reason == "NOT_PERMITTED"
    end = identity_pb2.EndAbsenceRequest(request_id=new_request_id(), absence_id=absence_id)
    await ask(identity.EndAbsence(end))
    await taken_back(cast, case)


async def test_a_note_names_colleagues_and_no_subject_reads_it(cast: Cast) -> None:
    case = await cast.lodge(await cast.penalty())
    note = desk.AddCaseNoteRequest(
        request_id=new_request_id(),
        case_id=case.case_id,
        note="请核对检定机构的答复",
        mentions=[cast.both.account_id],
    )
    written = (await ask(cast.caseworker.desk.AddCaseNote(note))).note
    assert (await ask(cast.caseworker.desk.AddCaseNote(note))).note == written
    mine = await ask(cast.both.desk.ListMentions(desk.ListMentionsRequest()))
    assert [one for one in mine.notes if one.case_id == case.case_id] == [written]
    asked = desk.ListCaseNotesRequest(case_id=case.case_id)
    assert list((await ask(cast.unit_head.desk.ListCaseNotes(asked))).notes) == [written]
    for person in (cast.operator, cast.rival, cast.elsewhere):
        call = person.desk.ListCaseNotes(asked)
        assert (await refused(call)).code is grpc.StatusCode.PERMISSION_DENIED
    assert "答复" not in str(await cast.read(case))
    seen = desk.SeeMentionsRequest(request_id=new_request_id(), case_id=case.case_id)
    assert (await ask(cast.both.desk.SeeMentions(seen))).confirmed == 1
    assert await audited(cast, case, "objection.see_mentions") == [cast.both.account_id]
    mine = await ask(cast.both.desk.ListMentions(desk.ListMentionsRequest()))
    assert case.case_id not in {one.case_id for one in mine.notes}
    stranger = desk.AddCaseNoteRequest(
        request_id=new_request_id(),
        case_id=case.case_id,
        note="请留意",
        mentions=[cast.operator.account_id],
    )
    assert (await refused(cast.caseworker.desk.AddCaseNote(stranger))).faults[0][0] == "mentions"
    await taken_back(cast, case)


async def test_who_has_left_the_bureau_reads_none_of_its_notes(cast: Cast) -> None:
    case, roles = await cast.lodge(await cast.penalty()), [ROLES.ROLE_CASEWORKER]
    leaving = await engaged(cast.processes, cast.administrator, "leaving", roles, BUREAU)
    note = desk.AddCaseNoteRequest(
        request_id=new_request_id(),
        case_id=case.case_id,
        note="请核对",
        mentions=[leaving.account_id],
    )
    await ask(cast.caseworker.desk.AddCaseNote(note))
    assert (await ask(leaving.desk.ListMentions(desk.ListMentionsRequest()))).notes
    change = identity_pb2.ChangeAccountRequest(
        request_id=new_request_id(),
        account_id=leaving.account_id,
        roles=roles,
        bureau=OTHER_BUREAU,
        ground="调动（合成）",
    )
    changed = await ask(cast.administrator.identity.ChangeAccount(change))
    assert changed.account.bureau == OTHER_BUREAU
    left = await cast.processes.log_in("leaving", PASSWORD)
    assert not (await ask(left.desk.ListMentions(desk.ListMentionsRequest()))).notes
    await taken_back(cast, case)


async def test_models_and_migrations_agree(cast: Cast) -> None:
    database = Database(cast.processes.settings.database_url("objection"))
    assert await migrations.differences(database, "objection") == []
    await database.close()


async def test_a_crash_that_loses_the_temporal_store_loses_nothing(cast: Cast) -> None:
    waiting = await cast.accept(await cast.lodge(await cast.penalty()))
    await cast.processes.advance_to(local("2026-09-18", 10))
    await until(lambda: reached(cast, waiting, 1))
    records = [await cast.penalty() for _ in range(3)]
    granted = await cast.accept(await cast.lodge(*records))
    await until(lambda: contested(cast, records[-1]))
    await cast.decide(granted, "delete")
    cast.processes.pause("registry")  # mostly before the follow-through has come to it
    await cast.until(granted, lambda read: bool(read.case.grade_before))
    cast.processes.kill("objection", "temporal")
    for file in (cast.processes.folder / "temporal").glob("temporal.db*"):
        file.unlink()
    cast.processes.go_on("registry")
    await cast.processes.start("temporal", "objection")

    await until(lambda: agrees(cast))  # the service starts by itself what Temporal has lost
    read = await cast.closed(granted)  # else it may end just before it is looked for, and run anew
    assert list((await reconcile(cast)).started) == []
    assert len(read.letters) == 1
    assert await withdrawn(cast, granted)
    counted = await announced(cast, granted)
    assert (counted["LetterIssued"], counted["ObjectionClosed"]) == (1, 1)

    await cast.processes.advance_to(local("2026-09-21", 10))
    await until(lambda: reached(cast, waiting, 2))
    overdue = (await cast.read(waiting)).case
    assert (overdue.state, overdue.term.overdue, overdue.term.remaining_days) == (
        "accepted",
        True,
        -1,
    )
    late = pb.RequestExtensionRequest(
        request_id=new_request_id(), case_id=waiting.case_id, days=1, ground="迟了"
    )
    assert (await refused(cast.caseworker.objection.RequestExtension(late))).reason == "WRONG_STATE"
    await cast.decide(waiting, "uphold")
    await cast.closed(waiting)
    assert await reached(cast, waiting, 2)


async def agrees(cast: Cast) -> bool:
    return not (await cast.check()).problems


async def withdrawn(cast: Cast, case: pb.Case) -> bool:
    records = [await cast.record(record_id) for record_id in case.record_ids]
    return all(record.status == "withdrawn" for record in records)


async def reached(cast: Cast, case: pb.Case, count: int) -> bool:
    return (await announced(cast, case))["TermRungReached"] == count


async def test_cases_and_register_agree_on_what_is_contested(cast: Cast) -> None:
    async def agree() -> bool:
        ours = {d.topic: d for d in (await cast.check()).digests}
        theirs = await ask(cast.registry_operations.Check(operations.CheckRequest()))
        return ours["contested"] in list(theirs.digests)

    await until(agree)
    response = await cast.check()
    assert list(response.problems) == []
    figures = {figure.name: figure.value for figure in response.figures}
    assert figures["cases.open"] > 0
    assert figures["cases.overdue"] > 0
    assert figures["dead_letters"] == 0


async def test_a_receipt_changed_behind_a_case_is_found(cast: Cast) -> None:
    """The attacker has the database of grading, and changes what a letter rests on.

    They alter the former receipt, from which no grade is computed any more, and then remove it.
    """
    case = await cast.accept(await cast.lodge(await cast.penalty()))
    await cast.decide(case, "delete")
    receipt_id = (await cast.closed(case)).case.receipt_before
    await until(lambda: agrees(cast))
    grading = Database(cast.processes.settings.database_url("grading"))
    try:
        async with grading.transaction() as session:
            receipt = await session.get_one(Receipt, receipt_id)
            content = receipt.content
            [text] = (await texts(session, [receipt])).values()
            receipt.content = whole(json.dumps({**json.loads(text), "score": 999}))
        assert await receipts_found(cast) == {("receipt.differs", f"case/{case.case_id}")}
        async with grading.transaction() as session:
            subject_id = (await session.get_one(Receipt, receipt_id)).subject_id
            await session.delete(await session.get_one(Receipt, receipt_id))
        assert await receipts_found(cast) == {("receipt.missing", f"case/{case.case_id}")}
        async with grading.transaction() as session:  # for the tests that follow
            session.add(Receipt(receipt_id=receipt_id, subject_id=subject_id, content=content))
    finally:
        await grading.close()
    assert await receipts_found(cast) == set()


async def receipts_found(cast: Cast) -> set[tuple[str, str]]:
    """What `check` finds about the receipts that cases cite."""
    problems = (await cast.check()).problems
    return {(one.name, one.object) for one in problems if one.name.startswith("receipt.")}


def assigns(person: Person, case: pb.Case, **fields: str) -> Any:
    request = desk.AssignCaseRequest(request_id=new_request_id(), case_id=case.case_id, **fields)
    return person.desk.AssignCase(request)


async def audited(cast: Cast, case: pb.Case, action: str) -> list[str]:
    """Who did something in a case, as the audit has it."""
    database = Database(cast.processes.settings.database_url("objection"))
    entries = select(AuditEntry.actor).where(
        col(AuditEntry.object) == f"case/{case.case_id}", col(AuditEntry.action) == action
    )
    async with database.snapshot() as session:
        actors = list(await session.exec(entries))
    await database.close()
    return actors


async def taken_back(cast: Cast, case: pb.Case) -> None:
    request = pb.WithdrawObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
    await ask(cast.operator.objection.WithdrawObjection(request))
    await cast.settled(case)
