"""Lists of the files of a case, or of those that a subject holds for one."""

from __future__ import annotations

from sqlmodel import col, select

from law.errors import Fault, InvalidInput, NotFound
from plumbing.identity import Role
from plumbing.settings import Settings
from plumbing.view import View
from protos.objection.v1 import evidence_pb2 as pb
from services.objection.evidence import wire
from services.objection.evidence.access import case_of_files, choices, seen_files
from services.objection.steps import UNDECIDED
from services.objection.tables import Case, CaseEvidence


async def list_evidence(
    view: View, request: pb.ListEvidenceRequest, *, settings: Settings
) -> pb.ListEvidenceResponse:
    """Lists the files of a case that the caller may see, or those held for its own subject.

    Raises NotFound for a case or a subject that the caller may not see.
    """
    rows = select(CaseEvidence)
    if request.case_id:
        case = await case_of_files(view, request.case_id)
        of_case = col(CaseEvidence.case_id) == case.case_id
        rows = rows.where(of_case, await seen_files(view, case))
        may = _may_send(view, case)
    else:
        _require_own(view, request.subject_id)
        of_subject = col(CaseEvidence.subject_id) == request.subject_id
        rows, may = rows.where(col(CaseEvidence.case_id) == "", of_subject), True
    in_order = rows.order_by(col(CaseEvidence.uploaded_at), col(CaseEvidence.evidence_id))
    return pb.ListEvidenceResponse(
        evidence=map(wire.evidence, await view.session.exec(in_order)),
        may_upload=may,
        longest=settings.evidence_max_bytes,
        most=settings.evidence_max_files,
        classifications=choices(view.caller),
    )


def _may_send(view: View, case: Case) -> bool:
    caller = view.caller
    hears = caller.has(Role.CASEWORKER, Role.MUNICIPAL_REVIEWER)
    ours = hears and caller.bureau[:6] == case.bureau[:6]
    return case.state in UNDECIDED and (caller.has(Role.OPERATOR) or ours)


def _require_own(view: View, subject_id: str) -> None:
    if not subject_id:
        zh, en = "须写明案件，或者主体", "name a case, or a subject"
        raise InvalidInput(faults=[Fault("case_id", zh, en)])
    if not view.caller.has(Role.OPERATOR) or not view.caller.sees(subject_id, ""):
        raise NotFound("没有该信用主体", "There is no such subject", subject_id=subject_id)
