"""The acts in the sandbox before its databases are recorded: typical work of a bureau."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import grpc

from law.indices.data import Scoring, table
from law.periods import add_years, start_of
from law.repair.data import Paper
from plumbing.client import new_request_id
from plumbing.clock import SHANGHAI
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.grading.v1 import assessments_pb2 as assessments
from protos.grading.v1 import rulesets_pb2 as rulesets
from protos.objection.v1 import evidence_pb2 as evidence
from protos.objection.v1 import objection_pb2 as objection
from protos.objection.v1 import repair_pb2 as repair
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as registry
from tools.release.life import Life, be_graded, enter_penalty, move, now, subject_of, take_in, until

CITY = "330100"
TURN_OF_THE_YEAR = datetime(2027, 1, 4, 9, 30, tzinfo=SHANGHAI)


async def alerts_are_raised(life: Life) -> None:
    """Advances the clock by a day, so that alerts are raised, and records a rejected verification.

    The rejected instrument becomes red at once; the function waits until its notice is delivered.
    """
    await move(life, await now(life) + timedelta(days=1))
    mine = alerts.ListColoursRequest(subject_id=life.subject_id, colour="none")
    colours = (await life.clients["operator"].alerts.ListColours(mine)).instruments
    verification = registry.Verification(
        instrument_id=next(one.instrument_id for one in colours if one.valid_until),
        result="reject",
        verified_on=(await now(life)).date().isoformat(),
        institution="样例·计量检定院",
        certificate_no="样例不合格通知001",
    )
    request = registry.RecordVerificationRequest(
        request_id=new_request_id(), verification=verification
    )
    await life.clients["institution"].registry.RecordVerification(request)
    notices = alerts.ListNoticesRequest(subject_id=life.subject_id, page_size=100)

    async def is_delivered() -> bool | None:
        issued = (await life.administrator.alerts.ListNotices(notices)).notices
        return any((one.kind, one.state) == ("rejected", "delivered") for one in issued) or None

    await until(is_delivered)


async def a_red_alert_escalates(life: Life) -> None:
    """Opens an escalation by a red alert and approves two of its steps.

    The case is left open, so that the data recorded for a release contain an open case.
    """
    client, request = life.clients["caseworker"].escalations, escalations.ListEscalationsRequest
    mine = request(subject_id=life.subject_id)

    async def case() -> escalations.Escalation:
        return (await client.ListEscalations(mine)).escalations[0]

    async def proposed() -> escalations.Escalation | None:
        escalation = await case()
        return escalation if escalation.state == "proposed" else None

    for _ in range(2):
        escalation = await case()
        due_on = date.fromisoformat(escalation.due_on) if escalation.due_on else None
        if due_on and due_on > (await now(life)).date():
            await move(life, start_of(due_on, 9))
        escalation = await until(proposed)
        approve = escalations.ApproveStepRequest(
            request_id=new_request_id(),
            escalation_id=escalation.escalation_id,
            step=escalation.step,
        )
        await client.ApproveStep(approve)


async def repairs_are_heard(life: Life) -> None:
    """Lodges two applications for repair: grants the first, and leaves the second undecided."""
    case = await _asked_to_repair(life)
    client, about = life.clients["caseworker"].repair, {"case_id": case.case_id}
    await client.AcceptRepair(repair.AcceptRepairRequest(request_id=new_request_id(), **about))
    for condition in case.repair.conditions:
        if condition.to_confirm:
            confirm = repair.ConfirmConditionRequest(
                request_id=new_request_id(),
                condition_id=condition.id,
                met=True,
                ground="查验缴款凭证，属实",
                **about,
            )
            await client.ConfirmCondition(confirm)
    decide = repair.DecideRepairRequest(
        request_id=new_request_id(), confirm=True, reasons="法定义务已履行，准予修复", **about
    )
    await client.DecideRepair(decide)
    await until(lambda: _ended(life, case.case_id))
    await _asked_to_repair(life)


async def _asked_to_repair(life: Life) -> objection.Case:
    """Enters a penalty of a year ago and applies for its repair once it is graded."""
    record = await enter_penalty(life, add_years((await now(life)).date(), -1))
    await be_graded(life, record)
    request = repair.LodgeRepairRequest(
        request_id=new_request_id(),
        evidence_ids=[await _handed_in(life, paper) for paper in Paper],
        subject_id=life.subject_id,
        grounds="罚款已缴清，铅封已重新加装",
        evidence=["缴款凭证"],
        promise="今后定期自查",
    )
    return (await life.clients["operator"].repair.LodgeRepair(request)).case


async def _handed_in(life: Life, paper: Paper) -> str:
    """Sends a paper of an application for repair; returns its id."""
    header = evidence.EvidenceHeader(
        request_id=new_request_id(),
        subject_id=life.subject_id,
        file_name=f"{paper}.pdf",
        purpose=paper,
    )
    content = b"%PDF-1.7 " + new_request_id().encode()
    parts = [
        evidence.UploadEvidenceRequest(header=header),
        evidence.UploadEvidenceRequest(content=content),
    ]
    sending = life.clients["operator"].evidence.UploadEvidence(iter(parts))
    return (await sending).evidence.evidence_id


async def objections_are_heard(life: Life) -> None:
    """Lodges five objections and leaves one in each state.

    The states are granted, declined (with a reconsideration lodged), withdrawn, accepted (with an
    extension) and lodged.
    """
    clients = life.clients
    caseworker = clients["caseworker"].objection
    granted, declined, withdrawn, heard, _ = [await _lodged(life) for _ in range(5)]
    for case in granted, heard:
        accept = objection.AcceptObjectionRequest(request_id=new_request_id(), case_id=case)
        await caseworker.AcceptObjection(accept)
    decline = {"request_id": new_request_id(), "case_id": declined, "reasons": "超出受理范围"}
    await caseworker.DeclineObjection(objection.DeclineObjectionRequest(**decline))
    await clients["operator"].objection.WithdrawObjection(
        objection.WithdrawObjectionRequest(request_id=new_request_id(), case_id=withdrawn)
    )
    await caseworker.RequestExtension(
        objection.RequestExtensionRequest(
            request_id=new_request_id(), case_id=heard, days=15, ground="情况复杂"
        )
    )
    await clients["unit_head"].objection.DecideExtension(
        objection.DecideExtensionRequest(
            request_id=new_request_id(), case_id=heard, approve=True, note="同意"
        )
    )
    await caseworker.DecideObjection(
        objection.DecideObjectionRequest(
            request_id=new_request_id(), case_id=granted, outcome="delete", reasons="记录有误"
        )
    )
    for case in granted, declined, withdrawn:
        await until(lambda case=case: _ended(life, case))  # type: ignore[misc]
    await until(lambda: _reconsidered(life, declined))


async def _reconsidered(life: Life, case_id: str) -> str | None:
    """Applies for the reconsideration of a case; None while its result is being carried out."""
    request = objection.LodgeReconsiderationRequest(
        request_id=new_request_id(), case_id=case_id, grounds="申请在受理范围内"
    )
    try:
        answer = await life.clients["operator"].objection.LodgeReconsideration(request)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
            return None
        raise
    return str(answer.case.case_id)


async def _lodged(life: Life) -> str:
    """Enters a penalty, waits until it is graded, objects to it; returns the id of the case."""
    record = await enter_penalty(life)
    await be_graded(life, record)
    request = objection.LodgeObjectionRequest(
        request_id=new_request_id(),
        subject_id=life.subject_id,
        record_ids=[record.record_id],
        grounds="铅封系意外碰断",
        evidence=["报修记录"],
    )
    return str((await life.clients["operator"].objection.LodgeObjection(request)).case.case_id)


async def _ended(life: Life, case_id: str) -> bool | None:
    request = objection.GetCaseRequest(case_id=case_id)
    answer = await life.clients["caseworker"].objection.GetCase(request)
    return answer.case.state in ("closed", "declined", "withdrawn") or None


async def a_text_is_activated(life: Life) -> None:
    """Runs the impact analysis of a text for the city, acknowledges it, and activates the text."""
    today = (await now(life)).date().isoformat()
    impact = await life.clients["reviewer"].rulesets.RunImpact(
        rulesets.RunImpactRequest(
            request_id=new_request_id(), bureau=CITY, ruleset_id="hangzhou-trial", as_of=today
        )
    )
    about = {"request_id": new_request_id(), "impact_id": impact.impact.impact_id}
    await life.clients["reviewer"].rulesets.AcknowledgeImpact(
        rulesets.AcknowledgeImpactRequest(**about)
    )
    await life.clients["city_head"].rulesets.ActivateRuleset(
        rulesets.ActivateRulesetRequest(
            request_id=new_request_id(),
            impact_id=impact.impact.impact_id,
            valid_from=today,
            ground="样例·局务会决定",
            adopt_draft=True,
        )
    )


async def areas_are_assessed(life: Life) -> None:
    """Assesses two areas: publishes and withdraws the index of one; the other stays a draft."""
    zero = (Scoring.FIXED, Scoring.ALL_OR_NOTHING, Scoring.ONCE)
    findings = {
        row.key: False if row.scoring in zero else 0 for row in table("taizhou-scenic").rows
    }
    drafts = []
    for name in ("样例景区甲", "样例景区乙"):
        request = assessments.AssessIndexRequest(
            request_id=new_request_id(),
            area_name=name,
            area_kind="scenic",
            bureau=(await subject_of(life)).bureau,
            findings_json=json.dumps(findings),
        )
        answer = await life.clients["inspector"].assessments.AssessIndex(request)
        drafts.append(answer.index.index_id)
    head = life.clients["unit_head"].assessments
    about = {"request_id": new_request_id(), "index_id": drafts[0]}
    await head.PublishIndex(assessments.PublishIndexRequest(**about))
    about |= {"request_id": new_request_id(), "ground": "样例数据有误"}
    await head.WithdrawIndex(assessments.WithdrawIndexRequest(**about))


async def files_are_taken_in(life: Life) -> None:
    """Imports two files with one bad row each, and undoes the second import.

    The good rows of both files are applied.
    """
    bureau = (await subject_of(life)).bureau
    rows = (
        "kind,name,sector\norganisation,样例·新店{n},retail\norganisation,样例·坏行{n},nonsense\n"
    )
    taken = [
        await take_in(
            life.clients["caseworker"],
            "subjects",
            f"样例{n}.csv",
            rows.format(n=n).encode(),
            bureau=bureau,
            mode="good_rows",
        )
        for n in (1, 2)
    ]
    proposed = await life.clients["caseworker"].imports.UndoBatch(
        registry.UndoBatchRequest(
            request_id=new_request_id(), batch_id=taken[1].batch_id, ground="样例·误传"
        )
    )
    await life.clients["unit_head"].proposals.ReleaseProposal(
        proposals.ReleaseProposalRequest(
            request_id=new_request_id(),
            proposal_id=proposed.proposal.proposal_id,
            reasons="样例·确系误传",
        )
    )


async def a_bulk_batch_is_cut_off(life: Life) -> None:
    """Opens a bulk batch and sends one chunk of it, but never sends the rest."""
    batch_id, client = new_request_id(), life.clients["caseworker"].bulk
    opening = bulk.OpenBulkBatchRequest(
        request_id=new_request_id(),
        batch_id=batch_id,
        family="subjects",
        name="样例推送",
        mode="good_rows",
        bureau=(await subject_of(life)).bureau,
    )
    await client.OpenBulkBatch(opening)
    shop = bulk.SubjectItem(kind="organisation", name="样例·推送店", sector="retail")
    chunk = bulk.SendBulkChunksRequest(batch_id=batch_id, sequence=1, subjects=[shop])
    await client.SendBulkChunks(iter([chunk]))


async def the_year_ends(life: Life) -> None:
    """Moves the clock past the end of the year, and waits until the year is closed.

    Terms expire and alerts are raised on the way.
    """
    await move(life, TURN_OF_THE_YEAR)

    async def closed() -> bool | None:
        request = assessments.ListYearEndsRequest()
        return bool((await life.administrator.assessments.ListYearEnds(request)).year_ends) or None

    await until(closed)
