"""Subjects that nobody has told of an adverse record: the list, the notice, telling by hand."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from plumbing.identity import Role
from protos.registry.v1 import publication_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Listing, chunk_of, show
from services.portal.pages.forms import NOT_A_DAY, is_day, told
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/publication/untold"
MANNERS = {
    "mail": N_("平台的通知已送达主体的邮箱"),
    "portal": N_("主体已在平台上打开通知"),
    "by_hand": N_("另行告知"),
}
MEANS = {
    "served": N_("直接送达"),
    "left": N_("留置送达"),
    "posted": N_("邮寄送达"),
    "announced": N_("公告送达"),
    "other": N_("其他方式"),
}


async def untold(visit: Visit) -> Response:
    """Shows the adverse records of which nobody told the subject; its form sends the notices."""
    if visit.request.method == "GET":
        return await _untold(visit)
    chosen = visit.fields("chosen")
    if not chosen:
        return await _untold(visit, errors={"chosen": visit.say(N_("请至少选择一条信用记录"))})
    request = pb.TellSubjectsRequest(request_id=visit.request_id(), record_ids=chosen)
    try:
        await ask(visit.services.publication.TellSubjects(request))
    except Refusal as refusal:
        return await _untold(visit, chosen=chosen, **told(visit, refusal))
    return await _untold(visit, asked=len(chosen), request_id=new_request_id())


async def _untold(visit: Visit, **values: Any) -> Response:
    words = visit.words

    async def read(asked: Asked) -> Chunk[pb.Publication]:
        request = pb.ListPublicationsRequest(untold=True, **asked.paging)
        answer = await ask(visit.services.publication.ListPublications(request))
        return chunk_of(answer, answer.publications)

    def since(row: pb.Publication) -> Cell:
        if not row.HasField("telling_asked_at"):
            return Cell("")
        return Cell(row.telling_asked_at.ToDatetime())

    listing: Listing[pb.Publication] = Listing(
        path=PATH,
        title=N_("尚未告知主体的失信信息"),
        columns=(
            Column(N_("主体"), lambda row: row.subject_name),
            Column(N_("信息类别"), lambda row: words.record_kind(row.record.kind)),
            Column(
                N_("文书编号"),
                lambda row: Cell(
                    row.record.source_ref, link=f"/publication/{row.record.record_id}"
                ),
            ),
            Column(N_("认定日期"), lambda row: row.record.determined_on),
            Column(N_("已要求发出通知"), since),
        ),
        key=lambda row: row.record.record_id,
        read=read,
        empty=N_("每条有效的失信信息都已告知主体。"),
        counted=N_("共 {total} 条，第 {first}–{last} 条"),
    )
    return await show(visit, listing, "publication/untold.html", **values)


async def tasks(visit: Visit) -> list[Task]:
    """Returns one task if nobody has told the subjects of some adverse records."""
    if not visit.has(Role.CASEWORKER):
        return []
    request = pb.ListPublicationsRequest(untold=True, page_size=1)
    answer = await ask(visit.services.publication.ListPublications(request))
    number = answer.more_than or answer.total or len(answer.publications)
    if not number:
        return []
    sentence = visit.say(N_("尚未告知主体的失信信息：{n} 条"))
    return [Task(sentence.format(n=number), PATH, "", (1, ""))]


async def by_hand(visit: Visit) -> Response:
    """Shows the form that records a telling by hand, and records it."""
    if visit.request.method == "GET":
        return await _form(visit)
    errors = faults_of_service(visit, "told_on")
    if errors:
        return await _form(visit, 422, errors=errors)
    request = pb.RecordTellingRequest(
        request_id=visit.request_id(),
        record_id=visit.path("record_id"),
        version=int(visit.field("version") or 1),
        told_on=visit.field("told_on"),
        means=visit.field("means"),
        remark=visit.field("remark"),
    )
    try:
        await ask(visit.services.publication.RecordTelling(request))
    except Refusal as refusal:
        return await _form(visit, 422, **told(visit, refusal))
    return visit.redirect(f"/publication/{visit.path('record_id')}?told=yes")


def faults_of_service(visit: Visit, day: str) -> dict[str, str]:
    """Returns what is wrong in a form that says how something was served, and when, by field.

    `day` is the field of the day.
    """
    errors = {}
    if not is_day(visit.field(day)):
        errors[day] = visit.say(NOT_A_DAY)
    if visit.field("means") not in MEANS:
        errors["means"] = visit.say(N_("请选择送达方式"))
    if not visit.field("remark"):
        errors["remark"] = visit.say(N_("请写明凭据，例如送达回证编号"))
    return errors


async def _form(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetPublicationRequest(record_id=visit.path("record_id"))
    found = (await ask(visit.services.publication.GetPublication(request))).publication
    means = [(code, visit.say(text)) for code, text in MEANS.items()]
    return visit.page(
        "publication/telling.html", status=status, one=found, means=means, form=visit.form, **values
    )
