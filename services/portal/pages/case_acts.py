"""The actions in a case, one page each: shows the form, checks the input, calls the service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from starlette.responses import Response

from law.evidence import RecordKind
from law.kind_names import kind_name
from law.objection import OUTCOMES, CaseKind, Outcome
from plumbing.client import Refusal, ask
from protos.grading.v1 import assessments_pb2 as assessments
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1 import repair_pb2 as repair
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.cases import contested_records, open_acts
from services.portal.pages.reading import subject
from services.portal.visit import Visit, faults_by_field, message_of
from services.portal.wording import N_

Send = Callable[[pb.Case], Awaitable[Any]]
# What the services refuse because of what was written, rather than of who writes.
_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.ABORTED,
)


async def accept(visit: Visit) -> Response:
    """Accepts an objection, whose term starts now, or a repair, whose term already runs."""

    async def send(case: pb.Case) -> None:
        which = {"request_id": visit.request_id(), "case_id": case.case_id}
        if case.kind == CaseKind.REPAIR:
            await ask(visit.services.repair.AcceptRepair(repair.AcceptRepairRequest(**which)))
        else:
            request = pb.AcceptObjectionRequest(**which)
            await ask(visit.services.objection.AcceptObjection(request))

    return await _act(visit, "cases/accept.html", send)


async def decline(visit: Visit) -> Response:
    """Declines to accept a case and sends the reasons."""

    async def send(case: pb.Case) -> None:
        what = {
            "request_id": visit.request_id(),
            "case_id": case.case_id,
            "reasons": visit.field("reasons"),
        }
        if case.kind == CaseKind.REPAIR:
            await ask(visit.services.repair.DeclineRepair(repair.DeclineRepairRequest(**what)))
        else:
            request = pb.DeclineObjectionRequest(**what)
            await ask(visit.services.objection.DeclineObjection(request))

    needed = {"reasons": N_("请写明不予受理的理由")}
    return await _act(visit, "cases/decline.html", send, needed=needed)


async def ask_extension(visit: Visit) -> Response:
    """Requests the unit head to extend the term of a case by some working days."""

    async def send(case: pb.Case) -> None:
        request = pb.RequestExtensionRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            days=visit.whole("days") or 0,
            ground=visit.field("ground"),
        )
        await ask(visit.services.objection.RequestExtension(request))

    needed = {"days": N_("请写明延长几个工作日，例如 5"), "ground": N_("请写明案件复杂的理由")}
    errors = {}
    if visit.field("days") and visit.whole("days") is None:
        errors["days"] = visit.say("工作日数应为整数，例如 5")
    return await _act(visit, "cases/extend.html", send, needed=needed, errors=errors)


async def extension(visit: Visit) -> Response:
    """Approves or refuses, as unit head, the requested extension of a case's term."""

    async def send(case: pb.Case) -> None:
        request = pb.DecideExtensionRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            approve=visit.field("answer") == "approve",
            note=visit.field("note"),
        )
        await ask(visit.services.objection.DecideExtension(request))

    return await _act(
        visit, "cases/extension.html", send, needed={"answer": N_("请选择批准或者不批准")}
    )


async def withdraw(visit: Visit) -> Response:
    """Withdraws an objection or an application for repair, as the subject that lodged it."""

    async def send(case: pb.Case) -> None:
        which = {"request_id": visit.request_id(), "case_id": case.case_id}
        if case.kind == CaseKind.REPAIR:
            await ask(visit.services.repair.WithdrawRepair(repair.WithdrawRepairRequest(**which)))
        else:
            request = pb.WithdrawObjectionRequest(**which)
            await ask(visit.services.objection.WithdrawObjection(request))

    return await _act(visit, "cases/withdraw.html", send)


async def ask_supplement(visit: Visit) -> Response:
    """Requests the applicant to supplement an application for repair, before it is accepted."""

    async def send(case: pb.Case) -> None:
        request = repair.RequestSupplementRequest(
            request_id=visit.request_id(), case_id=case.case_id, missing=visit.field("missing")
        )
        await ask(visit.services.repair.RequestSupplement(request))

    needed = {"missing": N_("请一次写明需要补正的全部内容")}
    return await _act(visit, "cases/ask_supplement.html", send, needed=needed)


async def supplement(visit: Visit) -> Response:
    """Sends the applicant's supplement to an application for repair."""

    async def send(case: pb.Case) -> None:
        request = repair.SupplementRepairRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            note=visit.field("note"),
            evidence=visit.lines("evidence"),
        )
        await ask(visit.services.repair.SupplementRepair(request))

    needed = {"note": N_("请写明补正的内容")}
    return await _act(visit, "cases/supplement.html", send, needed=needed)


async def confirm_condition(visit: Visit) -> Response:
    """Records, as caseworker, whether a condition of a repair is met, and on what ground."""
    condition_id = visit.path("condition_id")

    async def send(case: pb.Case) -> None:
        request = repair.ConfirmConditionRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            condition_id=condition_id,
            met=visit.field("answer") == "met",
            ground=visit.field("ground"),
        )
        await ask(visit.services.repair.ConfirmCondition(request))

    needed = {
        "answer": N_("请选择已满足或者未满足"),
        "ground": N_("请写明查看了什么、说明了什么"),
    }
    return await _act(visit, "cases/condition.html", send, needed=needed, condition_id=condition_id)


async def decide_repair(visit: Visit) -> Response:
    """Confirms or refuses a repair and sends the reasons."""

    async def send(case: pb.Case) -> None:
        request = repair.DecideRepairRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            confirm=visit.field("answer") == "confirm",
            reasons=visit.field("reasons"),
        )
        await ask(visit.services.repair.DecideRepair(request))

    needed = {
        "answer": N_("请选择确认修复或者不予修复"),
        "reasons": N_("请写明决定的理由"),
    }
    return await _act(visit, "cases/decide_repair.html", send, needed=needed)


async def decide(visit: Visit) -> Response:
    """Decides an objection: first shows the effect on the grade, then sends the decision.

    The form gives the outcome, the reasons and the corrections of records.
    """
    case = await _case(visit)
    records = await contested_records(visit, case)
    values: dict[str, Any] = {
        "outcomes": OUTCOMES[CaseKind.OBJECTION],
        "records": records,
        "kinds": [(kind.value, kind_name(kind, "zh")) for kind in RecordKind],
    }
    if visit.request.method == "GET":
        return await _form(visit, "cases/decide.html", case, **values)
    needed = {"outcome": N_("请选择处理意见"), "reasons": N_("请写明决定的理由")}
    errors = _missing(visit, needed) | _bad_points(visit, records)
    if errors:
        return await _form(visit, "cases/decide.html", case, 422, errors=errors, **values)
    corrections = _corrections(visit, records)
    if visit.field("confirmed") != "yes":
        effect = await _effect(visit, case, records, corrections)
        values |= {"effect": effect, "corrections": corrections}
        return await _form(visit, "cases/decide_check.html", case, **values)

    async def send(case: pb.Case) -> None:
        request = pb.DecideObjectionRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            outcome=visit.field("outcome"),
            reasons=visit.field("reasons"),
            corrections=corrections,
        )
        await ask(visit.services.objection.DecideObjection(request))

    return await _act(visit, "cases/decide.html", send, **values)


async def _act(
    visit: Visit,
    template: str,
    send: Send,
    *,
    needed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    **values: Any,
) -> Response:
    """The form of an act, or the act itself and then the page of the case."""
    case = await _case(visit)
    if visit.request.method == "GET":
        return await _form(visit, template, case, **values)
    errors = _missing(visit, needed or {}) | (errors or {})
    if errors:
        return await _form(visit, template, case, 422, errors=errors, **values)
    try:
        await send(case)
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        told = faults_by_field(refusal, visit.language)
        values |= {"refusal": message_of(refusal, visit.language), "errors": told}
        case = await _case(visit)  # somebody else may have acted since the page was opened
        values["is_stale"] = _is_stale(visit, case)
        return await _form(visit, template, case, 409 if values["is_stale"] else 422, **values)
    return visit.redirect(f"/cases/{case.case_id}")


def _is_stale(visit: Visit, case: pb.Case) -> bool:
    """Whether the act of this page is no longer possible in the case."""
    act = visit.request.url.path.split("/")[3]
    return {"conditions": "decide-repair"}.get(act, act) not in open_acts(visit, case)


async def _form(
    visit: Visit, template: str, case: pb.Case, status: int = 200, **values: Any
) -> Response:
    return visit.page(
        template,
        status=status,
        case=case,
        firm=await subject(visit, case.subject_id),
        form=visit.form,
        **values,
    )


async def _case(visit: Visit) -> pb.Case:
    request = pb.GetCaseRequest(case_id=visit.path("case_id"))
    return (await ask(visit.services.objection.GetCase(request))).case


def _missing(visit: Visit, needed: dict[str, str]) -> dict[str, str]:
    return {name: visit.say(text) for name, text in needed.items() if not visit.field(name)}


def _bad_points(visit: Visit, records: list[registry.Record]) -> dict[str, str]:
    return {
        f"points-{record.record_id}": visit.say("分值应为不小于 0 的整数，例如 10")
        for record in records
        if visit.field(f"points-{record.record_id}")
        and visit.whole(f"points-{record.record_id}") is None
    }


def _corrections(visit: Visit, records: list[registry.Record]) -> list[pb.Correction]:
    """What the form corrects of each record, where the outcome is a correction."""
    if visit.field("outcome") != Outcome.CORRECT:
        return []
    found = []
    for record in records:
        correction = pb.Correction(
            record_id=record.record_id,
            kind=visit.field(f"kind-{record.record_id}"),
            determined_on=visit.field(f"determined_on-{record.record_id}"),
            summary=visit.field(f"summary-{record.record_id}"),
        )
        points = visit.whole(f"points-{record.record_id}")
        if points is not None:
            correction.points = points
        if len(correction.ListFields()) > 1:
            found.append(correction)
    return found


async def _effect(
    visit: Visit,
    case: pb.Case,
    records: list[registry.Record],
    corrections: list[pb.Correction],
) -> assessments.WhatIfResponse | None:
    """What a decision would do to the grade; None where it changes no record that counts."""
    changes = _changes(visit.field("outcome"), records, corrections)
    if not changes:
        return None
    request = assessments.WhatIfRequest(subject_id=case.subject_id, changes=changes)
    try:
        return await ask(visit.services.assessments.WhatIf(request))
    except Refusal as refusal:
        if refusal.code in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
            return None
        raise


def _changes(
    outcome: str, records: list[registry.Record], corrections: list[pb.Correction]
) -> list[assessments.Hypothesis]:
    if outcome == Outcome.DELETE:
        return [
            assessments.Hypothesis(
                ended=assessments.EndedRecord(record_id=record.record_id, status="withdrawn")
            )
            for record in records
        ]
    return [
        assessments.Hypothesis(
            corrected=assessments.CorrectedRecord(
                record_id=correction.record_id, points=correction.points
            )
        )
        for correction in corrections
        if correction.HasField("points")
    ]
