"""The wizard to apply for repair of credit: records, conditions, corrective action, check, done."""

from __future__ import annotations

import grpc
from starlette.responses import Response

from law.evidence import RecordKind, RecordStatus
from plumbing.client import Refusal, ask
from protos.objection.v1 import repair_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.evidence_choice import HeldFiles, held_files
from services.portal.pages.reading import records_of
from services.portal.pages.record_choice import records_page
from services.portal.visit import Visit, faults_by_field, message_of

_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
)

RECORDS_PAGE = "repairs/records.html"


async def apply(visit: Visit) -> Response:
    """Shows the next page of the wizard or lodges the application for repair.

    The form field `step` names the question that was just answered.
    """
    records = await records_of(visit, visit.person.subject_id)
    if visit.field("step") != "send":  # sent again, its records are in a case already
        records = [record for record in records if _may_be_repaired(record)]
    if visit.request.method == "GET":
        return records_page(visit, RECORDS_PAGE, records, chosen=[visit.query("record")])
    chosen = [r for r in records if r.record_id in visit.fields("record")]
    step = visit.field("step")
    if not chosen or step == "again":
        errors = {} if step == "again" else {"record": visit.say("请至少选择一条信用记录")}
        return records_page(visit, RECORDS_PAGE, records, errors, chosen=visit.fields("record"))
    if step == "records":
        return await _conditions_page(visit, chosen, await held_files(visit))
    held = await held_files(visit)
    if held.asks_again:
        return await _conditions_page(visit, chosen, held, dict(held.errors))
    if not visit.field("grounds"):
        error = visit.say("请写明已经改正了什么、怎样改正的")
        return await _conditions_page(visit, chosen, held, {"grounds": error})
    return await _send(visit, chosen, held)


async def _check_page(visit: Visit, chosen: list[registry.Record], held: HeldFiles) -> Response:
    """What is about to be lodged, and which papers are missing without which it is not granted."""
    checked = await _checked(visit, chosen, held)
    missing = [one for one in checked.repair.conditions if one.paper and not one.met]
    return visit.page(
        "repairs/check.html", chosen=chosen, form=visit.form, held=held, missing=missing
    )


async def _checked(
    visit: Visit, chosen: list[registry.Record], held: HeldFiles
) -> pb.CheckRepairResponse:
    request = pb.CheckRepairRequest(
        subject_id=visit.person.subject_id,
        record_ids=[record.record_id for record in chosen],
        papers=sorted({file.purpose for file in held.attached} - {""}),
    )
    answer: pb.CheckRepairResponse = await ask(visit.services.repair.CheckRepair(request))
    return answer


async def _send(visit: Visit, chosen: list[registry.Record], held: HeldFiles) -> Response:
    request = pb.LodgeRepairRequest(
        request_id=visit.request_id(),
        subject_id=visit.person.subject_id,
        record_ids=[record.record_id for record in chosen],
        grounds=visit.field("grounds"),
        promise=visit.field("promise"),
        evidence=visit.lines("evidence"),
        evidence_ids=visit.fields("evidence_id"),
        check_only=visit.field("step") == "grounds",
    )
    try:
        answer = await ask(visit.services.repair.LodgeRepair(request))
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        told = faults_by_field(refusal, visit.language)
        return await _conditions_page(
            visit, chosen, held, told, message_of(refusal, visit.language)
        )
    if request.check_only:
        return await _check_page(visit, chosen, held)
    return visit.redirect(f"/cases/{answer.case.case_id}?lodged=yes")


async def _conditions_page(
    visit: Visit,
    chosen: list[registry.Record],
    held: HeldFiles,
    errors: dict[str, str] | None = None,
    refusal: str = "",
) -> Response:
    """Every condition with its article: met, missing or from when; the form only where one may."""
    try:
        checked = await _checked(visit, chosen, held)
    except Refusal as found:
        if found.code not in _OF_THE_FORM:
            raise
        message = message_of(found, visit.language)
        return visit.page("repairs/not_open.html", status=409, chosen=chosen, refusal=message)
    return visit.page(
        "repairs/conditions.html",
        status=422 if errors or refusal else 200,
        chosen=chosen,
        checked=checked,
        held=held,
        errors=errors or {},
        refusal=refusal,
        form=visit.form,
    )


def _may_be_repaired(record: registry.Record) -> bool:
    active = record.status == RecordStatus.ACTIVE and not record.contested
    return active and not RecordKind(record.kind).positive
