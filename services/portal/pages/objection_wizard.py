"""The wizard to lodge an objection, one question per page: records, grounds, check, done.

Each form contains the answers given so far; nothing is stored before the objection is lodged.
"""

from __future__ import annotations

import grpc
from starlette.responses import Response

from law.evidence import RecordStatus
from plumbing.client import Refusal, ask
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.case_reviews import decided_records
from services.portal.pages.evidence_choice import HeldFiles, held_files
from services.portal.pages.reading import records_of
from services.portal.pages.record_choice import records_page
from services.portal.visit import Visit, faults_by_field, message_of

RECORDS_PAGE = "objections/records.html"


async def lodge(visit: Visit) -> Response:
    """Shows the next page of the wizard or lodges the objection.

    The form field `step` names the question that was just answered.
    """
    records = await records_of(visit, visit.person.subject_id)
    decided = await decided_records(visit)
    if visit.field("step") != "send":  # sent again, its records are in a case already
        records = [r for r in records if _is_open(r) and r.record_id not in decided]
    if visit.request.method == "GET":
        return records_page(visit, RECORDS_PAGE, records, chosen=[visit.query("record")])
    chosen = [r for r in records if r.record_id in visit.fields("record")]
    step = visit.field("step")
    if not chosen or step == "again":
        errors = {} if step == "again" else {"record": visit.say("请至少选择一条信用记录")}
        return records_page(visit, RECORDS_PAGE, records, errors, chosen=visit.fields("record"))
    if step == "records":
        return _grounds_page(visit, chosen, await held_files(visit))
    held = await held_files(visit)
    if held.asks_again:
        return _grounds_page(visit, chosen, held, dict(held.errors))
    if not visit.field("grounds"):
        error = visit.say("请写明哪里有误、事实是什么，例如：该处罚已被复议撤销")
        return _grounds_page(visit, chosen, held, {"grounds": error})
    return await _send(visit, chosen, held)


async def _send(visit: Visit, chosen: list[registry.Record], held: HeldFiles) -> Response:
    request = pb.LodgeObjectionRequest(
        request_id=visit.request_id(),
        subject_id=visit.person.subject_id,
        record_ids=[record.record_id for record in chosen],
        grounds=visit.field("grounds"),
        evidence=visit.lines("evidence"),
        evidence_ids=visit.fields("evidence_id"),
        check_only=visit.field("step") == "grounds",
    )
    try:
        answer = await ask(visit.services.objection.LodgeObjection(request))
    except Refusal as refusal:
        if refusal.code not in (
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.FAILED_PRECONDITION,
            grpc.StatusCode.ALREADY_EXISTS,
        ):
            raise
        told = faults_by_field(refusal, visit.language)
        return _grounds_page(visit, chosen, held, told, message_of(refusal, visit.language))
    if request.check_only:
        return visit.page(
            "objections/check.html",
            chosen=chosen,
            form=visit.form,
            evidence=visit.lines("evidence"),
            held=held,
        )
    return visit.redirect(f"/cases/{answer.case.case_id}?lodged=yes")


def _grounds_page(
    visit: Visit,
    chosen: list[registry.Record],
    held: HeldFiles,
    errors: dict[str, str] | None = None,
    refusal: str = "",
) -> Response:
    failed = bool(errors or refusal)
    return visit.page(
        "objections/grounds.html",
        status=422 if failed else 200,
        chosen=chosen,
        held=held,
        errors=errors or {},
        refusal=refusal,
        form=visit.form,
    )


def _is_open(record: registry.Record) -> bool:
    return record.status == RecordStatus.ACTIVE and not record.contested
