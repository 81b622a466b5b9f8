"""With whom records were shared: the list, entering and ending, and notices sent by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
from starlette.responses import Response

from law.errors import NotFound
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.objection.v1 import objection_pb2 as cases
from protos.objection.v1 import sharings_pb2 as pb
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    day_of,
    show,
)
from services.portal.pages.case_desk import DESK
from services.portal.pages.forms import NOT_A_DAY, is_day, told
from services.portal.pages.letter_deliveries import means_of
from services.portal.pages.platform_mail import FAILURES
from services.portal.pages.reading import records_of, subject, subject_names
from services.portal.pages.tasks import Task
from services.portal.pages.tellings import faults_of_service
from services.portal.visit import Visit
from services.portal.wording import N_

PATH, NOTICES_PATH = "/sharings", "/receiver-notices"
READERS = (*DESK, Role.INSPECTOR)
MOST_TASKS = 30
WAYS = {
    "letter": N_("发函、通报"),
    "feed": N_("接口"),
    "export": N_("文件"),
    "other": N_("其他方式"),
    "platform": N_("由平台现在发送邮件"),
}
_DONE = WAYS | {"platform": N_("平台发送的邮件"), "circular": N_("通报")}
STATES = {
    "mailed": N_("邮件"),
    "not_delivered": N_("邮件未送达，须人工送达"),
    "to_send": N_("须人工送达"),
    "sent": N_("已人工送达"),
}


_FILTERS = (
    Filter("subject", N_("主体编号"), asks="subject_id"),
    Filter("ended", N_("含已终止的"), box=True),
)


async def listing(visit: Visit) -> Response:
    """Shows the sharings that the visitor may see, those of one subject where it is named."""

    async def read(asked: Asked) -> Chunk[tuple[pb.Sharing, str]]:
        request = pb.ListSharingsRequest(
            subject_id=asked["subject"], include_ended=asked["ended"] == "yes", **asked.paging
        )
        answer = await ask(visit.services.sharings.ListSharings(request))
        firms = await subject_names(visit, (one.subject_id for one in answer.sharings))
        named = [
            (one, firms[one.subject_id].name if one.subject_id in firms else "")
            for one in answer.sharings
        ]
        return chunk_of(answer, named)

    def receiver(one: pb.Sharing) -> Cell:
        running = not one.HasField("ended_at") and visit.has(*DESK)
        contact = " ".join(filter(None, (one.contact, one.email)))
        return Cell(one.receiver, f"{PATH}/{one.sharing_id}/end" if running else "", note=contact)

    def state(one: pb.Sharing) -> Cell:
        ended = one.HasField("ended_at")
        return Cell(visit.say(N_("已终止") if ended else N_("共享中")), note=one.ended_reasons)

    def records(one: pb.Sharing) -> Cell:
        note = visit.say(N_("连同等级")) if one.with_grade else ""
        return Cell(len(one.record_ids), note=note)

    shown: Listing[tuple[pb.Sharing, str]] = Listing(
        path=PATH,
        title=N_("信用记录的共享"),
        columns=(
            Column(N_("接收单位"), lambda row: receiver(row[0])),
            Column(
                N_("主体"),
                lambda row: Cell(row[1], link=f"/subjects/{row[0].subject_id}"),
            ),
            Column(N_("记录"), lambda row: records(row[0]), numeric=True),
            Column(
                N_("方式"), lambda row: Cell(visit.say(_DONE[row[0].way]), note=row[0].document)
            ),
            Column(N_("日期"), lambda row: day_of(row[0].shared_on)),
            Column(N_("用途"), lambda row: row[0].purpose),
            Column(N_("状态"), lambda row: state(row[0])),
        ),
        read=read,
        empty=N_("没有登记的共享。"),
        filters=_FILTERS,
    )
    return await show(visit, shown, "sharings/list.html")


async def enter(visit: Visit) -> Response:
    """Shows the form for a sharing of a subject's records, or enters it."""
    if visit.request.method == "GET":
        return await _form(visit)
    if errors := _faults(visit):
        return await _form(visit, 422, errors=errors)
    request = pb.RecordSharingRequest(
        request_id=visit.request_id(),
        record_ids=visit.fields("record"),
        with_grade=visit.field("with_grade") == "yes",
        receiver=visit.field("receiver"),
        email=visit.field("email"),
        contact=visit.field("contact"),
        way=visit.field("way"),
        shared_on=visit.field("shared_on"),
        document=visit.field("document"),
        purpose=visit.field("purpose"),
    )
    try:
        answer = await ask(visit.services.sharings.RecordSharing(request))
    except Refusal as refusal:
        return await _form(visit, 422, **_in_form(told(visit, refusal)))
    return visit.redirect(f"{PATH}?subject={answer.sharing.subject_id}")


async def end(visit: Visit) -> Response:
    """Shows a sharing with the form that ends it, or ends it."""
    found = await _sharing(visit, visit.path("sharing_id"))
    if visit.request.method == "GET":
        return _ending(visit, found)
    request = pb.EndSharingRequest(
        request_id=visit.request_id(),
        sharing_id=found.sharing_id,
        reasons=visit.field("reasons"),
    )
    if not visit.field("reasons").strip():
        return _ending(visit, found, 422, errors={"reasons": visit.say(N_("请写明原因"))})
    try:
        await ask(visit.services.sharings.EndSharing(request))
    except Refusal as refusal:
        return _ending(visit, found, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}?ended=yes")


async def notice(visit: Visit) -> Response:
    """Shows a notice to a receiver, or records that it was sent by hand."""
    found = await _notice(visit, visit.path("told_id"))
    if visit.request.method == "GET":
        return _sending(visit, found)
    if errors := faults_of_service(visit, "sent_on"):
        return _sending(visit, found, 422, errors=errors)
    request = pb.RecordNoticeSentRequest(
        request_id=visit.request_id(),
        notice_id=found.notice_id,
        means=visit.field("means"),
        sent_on=visit.field("sent_on"),
        remark=visit.field("remark"),
    )
    try:
        await ask(visit.services.sharings.RecordNoticeSent(request))
    except Refusal as refusal:
        return _sending(visit, found, 422, **told(visit, refusal))
    return visit.redirect(f"/cases/{found.case_id}" if found.case_id else PATH)


async def tasks(visit: Visit) -> list[Task]:
    """Returns a task for each notice that waits to be sent by hand, also after a failed mail."""
    if not visit.has(*DESK):
        return []
    request = pb.ListReceiverNoticesRequest(page_size=MOST_TASKS)
    answer = await ask(visit.services.sharings.ListReceiverNotices(request))
    sentences = {
        "to_send": visit.say(N_("把 {number} 的处理结果告知 {receiver}")),
        "not_delivered": visit.say(N_("邮件未送达：把 {number} 的处理结果另行告知 {receiver}")),
    }
    of_circulars = {
        "to_send": visit.say(N_("把 {number} 中主体的变动告知 {receiver}")),
        "not_delivered": visit.say(N_("邮件未送达：把 {number} 中主体的变动另行告知 {receiver}")),
    }
    by_when = visit.say(N_("应于 {day} 前"))
    return [
        Task(
            (sentences if one.case_id else of_circulars)[one.state].format(
                number=one.case_number, receiver=one.receiver
            ),
            f"{NOTICES_PATH}/{one.notice_id}",
            by_when.format(day=visit.words.day(one.due_on)),
            (1, one.due_on),
        )
        for one in answer.notices
    ]


async def of_case(visit: Visit, case: cases.Case) -> Sequence[pb.ReceiverNotice]:
    """Returns the notices of a case to receivers; none for a visitor elsewhere."""
    if not visit.has(*DESK):
        return []
    request = pb.ListReceiverNoticesRequest(case_id=case.case_id)
    try:
        answer = await ask(visit.services.sharings.ListReceiverNotices(request))
    except Refusal as refusal:
        if refusal.code is not grpc.StatusCode.PERMISSION_DENIED:
            raise
        return []
    return list(answer.notices)


def _faults(visit: Visit) -> dict[str, str]:
    needed = {
        "record": N_("请至少选择一条信用记录"),
        "receiver": N_("请写明接收单位"),
        "purpose": N_("请写明用途"),
    }
    errors = {name: visit.say(text) for name, text in needed.items() if not visit.field(name)}
    if visit.field("way") not in WAYS:
        errors["way"] = visit.say(N_("请选择方式"))
    day = visit.field("shared_on")
    if day and not is_day(day):
        errors["shared_on"] = visit.say(NOT_A_DAY)
    return errors


def _in_form(values: dict[str, Any]) -> dict[str, Any]:
    """The faults with those of the records at the field of the form."""
    errors = dict(values["errors"])
    for name in [one for one in errors if one.startswith("record_ids")]:
        errors["record"] = errors.pop(name)
    return {**values, "errors": errors}


async def _form(visit: Visit, status: int = 200, **values: Any) -> Response:
    firm = await subject(visit, visit.path("subject_id"))
    given: dict[str, Any] = {"errors": {}, **values}
    return visit.page(
        "sharings/new.html",
        status=status,
        firm=firm,
        records=await records_of(visit, firm.subject_id),
        chosen=visit.fields("record") if visit.form else [],
        ways=[(code, visit.say(text)) for code, text in WAYS.items()],
        form=visit.form or {},
        **given,
    )


async def _sharing(visit: Visit, sharing_id: str) -> pb.Sharing:
    request = pb.ListSharingsRequest(sharing_id=sharing_id)
    found = (await ask(visit.services.sharings.ListSharings(request))).sharings
    if not found:
        raise NotFound("没有这项共享登记", "There is no such sharing")
    return found[0]


def _ending(visit: Visit, found: pb.Sharing, status: int = 200, **values: Any) -> Response:
    given: dict[str, Any] = {"errors": {}, **values}
    way = visit.say(_DONE[found.way])
    return visit.page(
        "sharings/end.html", status=status, one=found, way=way, form=visit.form or {}, **given
    )


async def _notice(visit: Visit, notice_id: str) -> pb.ReceiverNotice:
    request = pb.ListReceiverNoticesRequest(notice_id=notice_id)
    found = (await ask(visit.services.sharings.ListReceiverNotices(request))).notices
    if not found:
        raise NotFound("没有这份告知", "There is no such notice")
    return found[0]


def _sending(visit: Visit, found: pb.ReceiverNotice, status: int = 200, **values: Any) -> Response:
    given: dict[str, Any] = {"errors": {}, **values}
    return visit.page(
        "sharings/notice.html",
        status=status,
        one=found,
        state=visit.say(STATES[found.state]),
        why=visit.say(FAILURES.get(found.failure, FAILURES["unreachable"])),
        means=list(means_of(visit).items()),
        named=means_of(visit),
        form=visit.form or {},
        **given,
    )
