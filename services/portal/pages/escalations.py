"""Pages of escalation: people approve, decline or defer each step, and end what they opened."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from starlette.responses import Response

from law.escalation import Step, archive_cite, rung
from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.alerts.v1 import escalations_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal import order_words
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    day_of,
    list_address,
    show,
)
from services.portal.pages import interview_acts, permits
from services.portal.pages.drafts import proposed_step
from services.portal.pages.forms import told
from services.portal.pages.reading import account_names, grade_of, subject, subject_names, today
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/escalations"
STATES = ("proposed", "appointed", "waiting", "held", "exhausted", "closed")
ANSWERS = ("approve", "decline", "defer")
Row = tuple[pb.Escalation, registry.Subject | None]


async def listing(visit: Visit) -> Response:
    """Shows the escalation cases that the visitor may see: all, or those in a chosen state."""
    words = visit.words
    states = [(code, words.escalation_state(code)) for code in STATES]
    shown: Listing[Row] = Listing(
        path=PATH,
        title=N_("督促"),
        columns=[
            Column(N_("主体"), _firm),
            Column(N_("事由"), lambda row: words.course(row[0])),
            Column(N_("步骤"), lambda row: words.escalation_step(row[0].step)),
            Column(N_("状态"), lambda row: words.escalation_state(row[0].state)),
            Column(N_("提出日"), lambda row: day_of(row[0].due_on)),
            Column(
                N_("开始时间"),
                lambda row: row[0].opened_at.ToDatetime(SHANGHAI),
                order_by="opened_at",
            ),
        ],
        read=partial(_read, visit),
        empty=N_(
            "没有这样的督促。器具出现红色警示，或者等级须督促时，平台会自动开始；"
            "首次导入时已经变红的器具，在“首次告知”里放行之后才开始。"
        ),
        filters=[
            Filter("state", N_("状态"), states),
            Filter("over", N_("只看承诺的日期已过、还没有登记结果的"), box=True),
        ],
        counted=N_("共 {total} 件督促，第 {first}–{last} 件"),
    )
    return await show(visit, shown, "escalations/list.html")


async def _read(visit: Visit, asked: Asked) -> Chunk[Row]:
    request = pb.ListEscalationsRequest(
        state=asked["state"],
        undertaking_over=bool(asked["over"]),
        order_by=asked.order_by,
        **asked.paging,
    )
    answer = await ask(visit.services.escalations.ListEscalations(request))
    firms = await subject_names(visit, (one.subject_id for one in answer.escalations))
    rows = [(one, firms.get(one.subject_id)) for one in answer.escalations]
    return chunk_of(answer, rows)


def _firm(row: Row) -> Cell:
    case, firm = row
    return Cell(firm.name if firm else case.subject_id[:8], link=f"{PATH}/{case.escalation_id}")


async def one(visit: Visit) -> Response:
    """Shows an escalation case with its steps and drafts.

    Its forms decide on the proposed step, record how the appointed interview went, or end a case
    that a person opened.
    """
    if visit.request.method == "GET":
        return await _page(visit)
    missing, act = _ACTS.get(visit.field("act"), _ACTS[""])
    if errors := missing(visit):
        return await _page(visit, 422, errors=errors)
    try:
        await act(visit)
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{visit.path('escalation_id')}")


async def _close(visit: Visit) -> None:
    request = pb.CloseEscalationRequest(
        request_id=visit.request_id(),
        escalation_id=visit.path("escalation_id"),
        reasons=visit.field("close_reasons"),
    )
    await ask(visit.services.escalations.CloseEscalation(request))


def _missing_of_closing(visit: Visit) -> dict[str, str]:
    if visit.field("close_reasons"):
        return {}
    return {"close_reasons": visit.say(N_("请写明终结的理由"))}


async def _decide(visit: Visit) -> None:
    which = {
        "request_id": visit.request_id(),
        "escalation_id": visit.path("escalation_id"),
        "step": visit.field("step"),
    }
    service = visit.services.escalations
    if visit.field("answer") == "approve":
        await ask(service.ApproveStep(_approval(visit, which)))
        return
    later = {**which, "review_on": visit.field("review_on")}
    if visit.field("answer") == "decline":
        reasons = visit.field("reasons")
        await ask(service.DeclineStep(pb.DeclineStepRequest(**later, reasons=reasons)))
    else:
        await ask(service.DeferStep(pb.DeferStepRequest(**later)))


def _approval(visit: Visit, which: dict[str, Any]) -> pb.ApproveStepRequest:
    request = pb.ApproveStepRequest(**which, draft_sha256=visit.field("draft_sha256"))
    if (seen := visit.whole("draft_version")) is not None:
        request.draft_version = seen
    if visit.field("step") == "interview":
        request.appointment.at.FromDatetime(interview_acts.moment(visit))
        request.appointment.place = visit.field("place")
        request.appointment.attendees = visit.field("attendees")
        request.appointment.note_in_archive = visit.field("note_in_archive") == "yes"
    return request


def _missing(visit: Visit) -> dict[str, str]:
    answer, errors = visit.field("answer"), {}
    if answer not in ANSWERS:
        errors["answer"] = visit.say("请选择批准、不批准或者暂缓")
    if answer == "decline" and not visit.field("reasons"):
        errors["reasons"] = visit.say("请写明不批准的理由")
    if answer == "approve" and visit.field("step") == "interview":
        errors |= interview_acts.missing_of_appointment(visit)
    return errors


_ACTS: dict[str, interview_acts.Act] = {
    "": (_missing, _decide),
    **interview_acts.ACTS,
    "close": (_missing_of_closing, _close),
}


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetEscalationRequest(escalation_id=visit.path("escalation_id"))
    answer = await ask(visit.services.escalations.GetEscalation(request))
    proposed, on = proposed_step(answer), date.fromisoformat(await today(visit))
    is_proposed = answer.escalation.state == "proposed"
    is_stale = "refusal" in values and _is_stale(visit, proposed)
    return visit.page(
        "escalations/one.html",
        status=409 if is_stale else status,
        found=answer.escalation,
        steps=answer.steps,
        proposed=proposed,
        **interview_acts.shown(answer, on),
        is_stale=is_stale,
        **await _noting(visit, answer.escalation, on),
        people=await account_names(
            visit, [answer.escalation.opened_by, *(step.altered_by for step in answer.steps)]
        ),
        alerts=answer.alerts,
        **await _permits(visit, answer.escalation),
        orders=answer.orders,
        contests=answer.contests,
        late=partial(order_words.late, visit.say),
        who_is_late=lambda code: visit.say(order_words.WHO_IS_LATE[code]),
        approver=_approver(answer.escalation, on) if is_proposed else "",
        decides=is_proposed and _decides(visit, answer.escalation, on),
        firm=await subject(visit, answer.escalation.subject_id),
        form=visit.form,
        list_id=answer.exposure_list_id,
        back=list_address(visit, PATH),
        **values,
    )


async def _noting(visit: Visit, case: pb.Escalation, on: date) -> dict[str, Any]:
    """Whether the interview to be approved has to be recorded in the archive, or may be (R-131)."""
    if (case.state, case.step) != ("proposed", Step.INTERVIEW):
        return {}
    if cite := archive_cite(case.ruleset_id, case.grade, on):
        return {"noted_by": cite}
    grade = await grade_of(visit, case.subject_id)
    return {"may_note": bool(grade and archive_cite(grade.ruleset_id, grade.grade, on))}


def _is_stale(visit: Visit, proposed: pb.EscalationStep | None) -> bool:
    """Whether the document is another than when the visitor opened the page."""
    if proposed is None:
        return False
    seen, text = visit.whole("draft_version"), visit.field("draft_sha256")
    is_other = seen is not None and seen != proposed.draft_version
    return is_other or bool(text and text != proposed.sha256)


async def _permits(visit: Visit, case: pb.Escalation) -> dict[str, Any]:
    """What the grade means for permits of the subject, and which of them are in force."""
    found = permits.measures_of(case.ruleset_id, case.grade, await today(visit))
    own = await permits.in_force_of(visit, case.subject_id) if found else ()
    named = [(one.permit, permits.matter(visit, one.permit.matter)) for one in own]
    return {"permit_measures": found, "permits": named}


def _decides(visit: Visit, case: pb.Escalation, on: date) -> bool:
    """Returns whether the visitor may decide about the proposed step of a case.

    Whoever opened the case by stating its facts may not.
    """
    return visit.has(_approver(case, on)) and case.opened_by != visit.person.account_id


def acts(visit: Visit, case: pb.Escalation, on: date) -> bool:
    """Returns whether the visitor decides about the proposed step, or compiles the list for it."""
    of_list = case.step == Step.EXPOSURE and visit.has(Role.CASEWORKER)
    return of_list or _decides(visit, case, on)


def _approver(case: pb.Escalation, on: date) -> Role:
    return Role(rung(Step(case.step), on).approver)
