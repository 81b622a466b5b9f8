"""What imports leave to decide: the list, and each with its answers, for a caseworker."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.registry.v1 import questions_pb2 as pb
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    list_address,
    show,
)
from services.portal.pages.filters import of_import
from services.portal.pages.forms import told
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/questions"
KINDS = {
    "rejected_alone": N_("只有不合格结果的器具是否在用"),
    "revoked": N_("已撤销的处罚"),
    "disputed": N_("有异议的处罚"),
    "other_state": N_("状态为其他的处罚"),
    "by_name": N_("只按名称找到主体的处罚"),
    "not_final": N_("未生效的处罚"),
}
STATES = {"waiting": N_("待决定"), "decided": N_("已决定")}
ANSWERS = {
    "in_use": N_("仍在使用：保持红色警示"),
    "stopped": N_("已停用"),
    "scrapped": N_("已报废"),
    "enter": N_("录入为信用记录（未生效）"),
    "leave_out": N_("不录入，也不改动"),
    "withdraw": N_("撤销已录入的记录"),
    "final": N_("已生效：法定期限内没有复议、诉讼，或者经维持"),
}


async def listing(visit: Visit) -> Response:
    """Shows what imports leave to decide in the visitor's bureau, the oldest first."""
    shown: Listing[pb.Question] = Listing(
        path=PATH,
        title=N_("导入待决定"),
        columns=[
            Column(N_("事项"), partial(_linked, visit)),
            Column(N_("主体"), _subject),
            Column(N_("器具或者文号"), partial(about, visit)),
            Column(N_("日期"), lambda one: one.day),
            Column(N_("状态"), lambda one: visit.say(STATES[one.state])),
            Column(N_("提出时间"), lambda one: one.opened_at.ToDatetime(SHANGHAI)),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的事项。导入时要由人决定的器具和处罚列在这里。"),
        filters=[
            Filter("state", N_("状态"), [*STATES.items()]),
            Filter("kind", N_("事项"), [*KINDS.items()]),
            *of_import(visit),
        ],
        counted=N_("共 {total} 项，第 {first}–{last} 项"),
    )
    return await show(visit, shown)


def _linked(visit: Visit, one: pb.Question) -> Cell:
    return Cell(visit.say(KINDS[one.kind]), link=f"{PATH}/{one.question_id}")


def _subject(one: pb.Question) -> Cell:
    return Cell(one.subject_name, link=f"/subjects/{one.subject_id}")


def about(visit: Visit, one: pb.Question) -> str:
    """Returns in words what a question is about: an instrument, or the number of a decision."""
    if not one.instrument_id:
        return one.source_ref
    return f"{visit.words.instrument_type(one.type_code)} {one.serial_no}"


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.Question]:
    request = pb.ListQuestionsRequest(
        state=asked["state"], kind=asked["kind"], batch_id=asked["batch"], **asked.paging
    )
    answer = await ask(visit.services.questions.ListQuestions(request))
    return chunk_of(answer, list(answer.questions))


async def tasks(visit: Visit) -> list[Task]:
    """Returns one task if something that imports brought waits for a decision."""
    if not visit.has(Role.CASEWORKER):
        return []
    request = pb.ListQuestionsRequest(state="waiting", now=True, page_size=200)
    answer = await ask(visit.services.questions.ListQuestions(request))
    if not answer.questions:
        return []
    number = answer.total or answer.more_than or len(answer.questions)
    sentence = visit.say(N_("决定导入留下的事项（器具是否在用、处罚是否录入）：{n} 项"))
    return [Task(sentence.format(n=number), f"{PATH}?state=waiting", "", (2, ""))]


async def one(visit: Visit) -> Response:
    """Shows what is to be decided; the form decides it, with the ground."""
    if visit.request.method == "GET":
        return await _page(visit)
    if errors := _faults(visit):
        return await _page(visit, 422, errors=errors)
    request = pb.AnswerQuestionRequest(
        request_id=visit.request_id(),
        question_id=visit.path("question_id"),
        answer=visit.field("answer"),
        ground=visit.field("ground"),
    )
    try:
        response = await ask(visit.services.questions.AnswerQuestion(request))
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    if response.proposal.proposal_id:
        return visit.redirect(f"/proposals/{response.proposal.proposal_id}")
    return visit.redirect(f"{PATH}/{visit.path('question_id')}?decided=yes")


def _faults(visit: Visit) -> dict[str, str]:
    errors = {}
    if visit.field("answer") not in ANSWERS:
        errors["answer"] = visit.say(N_("请选择一项决定"))
    if not visit.field("ground"):
        errors["ground"] = visit.say(N_("请写明依据"))
    return errors


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetQuestionRequest(question_id=visit.path("question_id"))
    question = (await ask(visit.services.questions.GetQuestion(request))).question
    return visit.page(
        "questions/one.html",
        status=status,
        one=question,
        kind=visit.say(KINDS[question.kind]),
        state=visit.say(STATES[question.state]),
        about=about(visit, question),
        answer=visit.say(ANSWERS[question.answer]) if question.answer else "",
        answers=[(code, visit.say(ANSWERS[code])) for code in question.answers],
        may_decide=visit.has(Role.CASEWORKER) and question.state == "waiting",
        decided=visit.just_done("decided") == "yes",
        form=visit.form,
        back=list_address(visit, PATH),
        **values,
    )
