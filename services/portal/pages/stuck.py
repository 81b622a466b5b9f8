"""Cases whose follow-up was refused: on the home page, on the page of a case, tried again."""

from __future__ import annotations

from typing import Any

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.objection.v1 import desk_pb2 as desk
from protos.objection.v1 import objection_pb2 as pb
from services.portal.pages.case_desk import DESK
from services.portal.pages.forms import told
from services.portal.pages.reading import subject
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

# What a refused step of the platform does.
STEPS = {
    "mark_contested": N_("标记异议"),
    "carry_out": N_("执行决定"),
    "send_back": N_("退回重新办理"),
    "end_contested": N_("取消异议标记"),
    "repair_records": N_("标记为已修复"),
    "note_grade_before": N_("记下决定前的等级"),
    "note_grade_after": N_("记下决定后的等级"),
    "note_public": N_("记下公开情况"),
    "publish_changes": N_("公布处理结果"),
    "inform_receivers": N_("告知接收单位"),
    "issue_letter": N_("发出文书"),
    "settle": N_("办理完毕"),
}


async def tasks(visit: Visit) -> list[Task]:
    """Returns a task for each case in the visitor's scope whose follow-up waits for a person."""
    if not visit.has(*DESK):
        return []
    answer = await ask(visit.services.desk.ListStuckCases(desk.ListStuckCasesRequest()))
    sentence = visit.say(N_("后续事项无法自动完成，须处理：{number}"))
    return [
        Task(sentence.format(number=one.case.number), f"/cases/{one.case.case_id}", "", (0, ""))
        for one in answer.cases
    ]


async def on_page(visit: Visit, case: pb.Case) -> dict[str, Any]:
    """Returns what the page of a case shows of its refused steps."""
    return {"stuck": await of_case(visit, case), "stuck_names": STEPS}


async def of_case(visit: Visit, case: pb.Case) -> list[desk.StuckStep]:
    """Returns the refused steps of a case that wait for a person; none for a visitor elsewhere."""
    if not visit.has(*DESK):
        return []
    request = desk.ListStuckCasesRequest(case_id=case.case_id)
    try:
        answer = await ask(visit.services.desk.ListStuckCases(request))
    except Refusal as refusal:
        if refusal.code is not grpc.StatusCode.PERMISSION_DENIED:
            raise
        return []  # the page of the case is shown all the same
    return [step for one in answer.cases for step in one.steps]


async def retry(visit: Visit) -> Response:
    """Shows the refused steps of a case with their cause, or has them tried again."""
    case_id = visit.path("case_id")
    if visit.request.method == "GET":
        return await _page(visit, case_id)
    request = desk.RetryCaseRequest(request_id=visit.request_id(), case_id=case_id)
    try:
        await ask(visit.services.desk.RetryCase(request))
    except Refusal as refusal:
        return await _page(visit, case_id, told(visit, refusal)["refusal"])
    return visit.redirect(f"/cases/{case_id}")


async def _page(visit: Visit, case_id: str, refusal: str = "") -> Response:
    asked = pb.GetCaseRequest(case_id=case_id)
    case = (await ask(visit.services.objection.GetCase(asked))).case
    return visit.page(
        "cases/retry.html",
        status=409 if refusal else 200,
        case=case,
        firm=await subject(visit, case.subject_id),
        stuck=await of_case(visit, case),
        names=STEPS,
        refusal=refusal,
        errors={},
    )
