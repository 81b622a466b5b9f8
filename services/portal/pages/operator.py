"""Pages of the messages that the platform sent: to a firm, an institution, or a bureau."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from plumbing.client import ask, new_request_id
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1 import escalations_pb2 as escalations
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.invitations import PATH
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_, Tag

READERS = (
    *(Role.OPERATOR, Role.VERIFICATION_INSTITUTION),
    *(Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER),
)


async def messages(visit: Visit) -> Response:
    """Shows the notices sent to whom the visitor acts for, newest first, and which are unopened.

    Those to a bureau are its staff's in common: who opens one first has opened it for all.
    """
    shown: Listing[alerts.Notice] = Listing(
        path="/messages",
        title=N_("消息"),
        columns=[
            Column(N_("标题"), partial(_title, visit)),
            Column(N_("时间"), lambda one: one.created_at.ToDatetime(SHANGHAI)),
            Column(N_("状态"), partial(_state, visit)),
        ],
        read=partial(_read, visit),
        empty=N_("没有消息。平台的提醒、信函会同时出现在这里和登记的邮箱。"),
        filters=[Filter("unread", N_("只看未读"), box=True)],
        counted=N_("共 {total} 条，第 {first}–{last} 条"),
    )
    return await show(visit, shown)


async def message(visit: Visit) -> Response:
    """Shows a message, which is read from then on; acknowledges it when its button is pressed."""
    acknowledge = visit.request.method == "POST"
    request = alerts.MarkNoticesRequest(
        request_id=visit.request_id() if acknowledge else new_request_id(),
        notice_ids=[visit.path("notice_id")],
        acknowledge=acknowledge,
    )
    answer = await ask(visit.services.alerts.MarkNotices(request))
    if acknowledge:
        return visit.redirect(f"/messages/{visit.path('notice_id')}")
    notice = answer.notices[0]
    return visit.page(
        "operator/message.html",
        notice=notice,
        letter=_letter_path(notice),
        interview=await _interview_path(visit, notice),
    )


def _letter_path(notice: alerts.Notice) -> str:
    """The path of the letter, as PDF, that a notice brings; empty if it brings none."""
    thing, _, identity = notice.about.partition("/")
    place = "cases" if thing == "case" else "escalations"
    return f"/{place}/{identity}/letters/{notice.letter_id}.pdf" if notice.letter_id else ""


async def _interview_path(visit: Visit, notice: alerts.Notice) -> str:
    """The path of the interview that a notice of a follow-up may be about; empty without one."""
    thing, _, identity = notice.about.partition("/")
    if thing != "escalation":
        return ""
    request = escalations.GetEscalationRequest(escalation_id=identity)
    steps = (await ask(visit.services.escalations.GetEscalation(request))).steps
    return f"{PATH}/{identity}" if any(step.HasField("interview") for step in steps) else ""


async def tasks(visit: Visit) -> list[Task]:
    """Returns one task if the visitor's firm or institution has messages that nobody opened."""
    if not visit.has(Role.OPERATOR, Role.VERIFICATION_INSTITUTION):
        return []
    request = alerts.ListNoticesRequest(own=True, unread=True, page_size=1)
    answer = await ask(visit.services.alerts.ListNotices(request))
    unread = answer.total or answer.more_than or len(answer.notices)
    text = visit.say(N_("阅读 {n} 条未读消息")).format(n=unread)
    return [Task(text, "/messages?unread=yes", "", (3, ""))] if unread else []


async def _read(visit: Visit, asked: Asked) -> Chunk[alerts.Notice]:
    request = alerts.ListNoticesRequest(own=True, unread=asked["unread"] == "yes", **asked.paging)
    answer = await ask(visit.services.alerts.ListNotices(request))
    return chunk_of(answer, answer.notices)


def _title(visit: Visit, notice: alerts.Notice) -> Cell:
    title = notice.title_en if visit.language == "en" and notice.title_en else notice.title
    return Cell(title, link=f"/messages/{notice.notice_id}")


def _state(visit: Visit, notice: alerts.Notice) -> Cell:
    if notice.HasField("acknowledged_at"):
        return Cell(tag=Tag(visit.say(N_("已签收")), "", "govuk-tag--green"))
    if notice.HasField("read_at"):
        return Cell(tag=Tag(visit.say(N_("已读")), "", "govuk-tag--grey"))
    return Cell(tag=Tag(visit.say(N_("未读")), "●", "govuk-tag--blue"))
